"""What `sim tournament` prints: rankings, payoffs, equilibria, entries, and what the ranking hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sim.cli.terminal import fill, show, table

if TYPE_CHECKING:
    from sim.experiments.drawn import DrawnTournament
    from sim.experiments.entry import Entry
    from sim.experiments.goal import Goal
    from sim.experiments.rankings import Rankings
    from sim.experiments.tournament import Tournament

WIDE = 8  # strategies up to which every payoff is shown, conditions up to which every rank is
FEW = 6  # equilibria, and names in a sentence


def show_tournament(found: Tournament, start: Mapping[str, float] | None = None, goal: Goal | None = None) -> None:
    """Ranks, payoffs, equilibria, and what becomes of the strategies from these shares (default: equal ones)."""
    from sim.analysis.metrics import METRICS, readable, readable_interval
    from sim.experiments.goal import known
    from sim.experiments.tournament import enumerated, percent, spoken

    unit, ranks = METRICS[found.measure].unit, found.ranking()
    order = [rank.name for rank in ranks]
    own = {name: {rival: found.payoff(name, rival) for rival in order} for name in order}
    small = len(order) <= WIDE
    heads = [f"{at}" for at in range(1, len(order) + 1)] if small else ["own kind", "best against", "worst against"]
    rows = table(_title(found), "strategy", "rank", "payoff", *heads, numbers_from=1)
    for at, rank in enumerate(ranks, start=1):
        payoffs = own[rank.name]
        ends = found.ends(rank.name)
        cells = [
            readable_interval(payoffs[rank.name], unit),
            *(f"{order.index(n) + 1}: {readable(payoffs[n].mean, unit)}" for n in ends),
        ]
        if small:
            cells = [readable_interval(value, unit) for value in payoffs.values()]
        fill(rows, f"{at} {rank.name}", rank.limits, readable_interval(rank.payoff, unit), *cells)
    show(rows)
    what = "the strategy with that number" if small else "its own strategy, or that of the number before the colon"
    show(f"Rank: its limits. Then: what the row earns among rivals that all play {what}. ±: 95 % interval.")
    if str(found.missing):
        words = str(found.missing)
        show(f"{words[:1].upper()}{words[1:]}.")
    if small:
        for rivals, (best, *close) in found.best_replies().items():
            level = f" ({enumerated(close)} may be as good)" if close else ""
            show(f"Best reply to {spoken(rivals)}: {spoken(best)}{level}.")
    stable = sorted(found.equilibria(), key=lambda each: -each.share)
    for each in stable[:FEW]:
        show(f"Equilibrium: {each} (in {percent(each.share)} of the samples drawn again).")
    if len(stable) > FEW:
        show(f"And {len(stable) - FEW} more, found in fewer samples: --json lists them.")
    lasting = _some([spoken(name) for name in found.uninvadable()])
    show(f"Where all play one of these, nobody clearly gains by leaving: {lasting or 'no strategy'}.")
    begin = "equal shares" if start is None else ", ".join(f"{percent(s)} {spoken(n)}" for n, s in start.items())
    show(f"If the more profitable spread, from {begin}: {_some(found.survivors(start))}.")
    show(f"{found.headline()}.")
    if goal is not None:
        now = found.advice(goal.halfwidth).halfwidth
        show(known("Mean payoffs", now, goal, found.payoffs.shape[2] + found.missing.seeds))


def show_drawn(found: DrawnTournament) -> None:
    """Ranks by mean payoff."""
    from sim.analysis.metrics import METRICS, readable_interval

    unit, appearances = METRICS[found.measure].unit, found.appearances
    rows = table(_title(found), "strategy", "rank", "payoff", "markets", numbers_from=1)
    for at, rank in enumerate(found.ranking(), start=1):
        shown = readable_interval(rank.payoff, unit)
        fill(rows, f"{at} {rank.name}", rank.limits, shown, str(appearances[rank.name]))
    show(rows)
    show(f"Rank: its limits. Markets of {found.firms} firms, whose strategies were drawn.")
    if found.missing:
        show(f"{found.missing:,} of {found.payoffs.shape[1]:,} markets are left out: {_why(found)}.")
    show(f"{found.headline()}.")


def show_entry(found: Entry) -> None:
    """What newcomers gain, and what it does to the others."""
    from sim.analysis.metrics import METRICS, readable_interval
    from sim.analysis.readable import MISSING, significance
    from sim.experiments.tournament import spoken

    unit = METRICS[found.measure].unit
    rows = table(found.title, "newcomer", "gain by entering", "p (Holm)", "gains in", "the others", numbers_from=1)
    sign = METRICS[found.measure].sign
    for each in sorted(found.evidence().contrasts, key=lambda each: -sign * each.difference.mean):
        gain = readable_interval(each.difference, unit, signed=True)
        harm = readable_interval(found.harm(each.name), unit, signed=True)
        gains = f"{each.superiority:.0%}" if each.superiority == each.superiority else MISSING
        fill(rows, each.name, gain, significance(each.p), gains, harm)
    show(rows)
    show("Gain over the resident whose place it takes, and change of the other firms' mean; paired by market.")
    for name, many in found.missing.items():
        show(
            f"What {spoken(name)} gains is not known in {many:,} of {found.payoffs.shape[1]:,} markets: {_why(found)}."
        )
    show(f"{found.headline()}.")


def show_rankings(found: Rankings) -> None:
    """Ranks under every condition, what moves most first; or from where to where, if there are many conditions."""
    small = len(found.conditions) <= WIDE
    levels = [", ".join(map(str, each.values())) for each in found.levels]
    heads = levels if small else ["best", "where", "worst", "where"]
    rows = table(f"Ranks by {', '.join(found.levels[0])}", "strategy", *heads, numbers_from=1)
    for each in found.rows():
        k = found.names.index(each.name)
        cells = [f"{own} ({low}–{high})" for own, low, high in found.ranks[:, k].tolist()]
        if not small:
            cells = [str(each.best), each.best_where, str(each.worst), each.worst_where]
        fill(rows, f"{each.name}{' *' if each.moves else ''}", *cells)
    show(rows)
    show("In brackets: limits of the rank. *: it clearly depends on the conditions. What moves most stands first.")
    show(f"{found.headline()}.")


def _why(found: DrawnTournament | Entry) -> str:
    """Why markets are missing."""
    from sim.experiments.sweep import Sweep

    counts = Sweep(found.folder).counts
    return f"{counts.failed:,} of {counts.total:,} runs failed"


def _title(found: Tournament | DrawnTournament) -> str:
    where = ", ".join(f"{name} = {level}" for name, level in found.levels.items())
    return f"{found.title}: {where}" if where else found.title


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"{', '.join(names[:FEW])}{more}"
