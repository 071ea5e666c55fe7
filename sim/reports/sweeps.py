"""The report of a sweep: which alternative is better where, how sure that is, and what it costs not to know where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.inference import Judged, choice, judged
from sim.analysis.metrics import METRICS
from sim.analysis.readable import readable, readable_interval, significance
from sim.analysis.statistics import interval
from sim.experiments.axes import numbers
from sim.experiments.discovery import Discovery, discover
from sim.experiments.manifest import StoreError
from sim.experiments.saved import saved
from sim.experiments.sensitivity import Index, Sensitivity, leading, sensitivity
from sim.experiments.standings import Standing, headline, standings
from sim.experiments.store import Store
from sim.experiments.sweep import Table as Conditions
from sim.experiments.sweep import table as read
from sim.palette import looks
from sim.reports.assumptions import Played, assumptions, written
from sim.reports.build import whole
from sim.reports.caveats import decided, incomplete, left_out
from sim.reports.document import Block, Card, Cards, Cell, Column, Finding, Note, Report, Section, Table
from sim.reports.figures import figure, where_possible
from sim.reports.provenance import of_store
from sim.reports.words import SURE, chance, counted, listed
from sim.results import ResultsError

ROWS = 60  # conditions listed one by one; `sim export` has them all
FACTORS = 4  # that have a table of their own
LEVELS = 6  # of a factor side by side; of more, thirds
GROUPS = ("low", "middle", "high")


def of_sweep(folder: Path, measure: str = "discounted_profit") -> Report:
    """Read a store and report it. Raises StoreError where it cannot be read or holds no run."""
    with Store.open(folder) as store:
        found, counts, design, made = read(store, measure), store.counts(), store.design, of_store(store)
        played = _played(store, found)
    if not np.isfinite(found.values).any():
        if counts.done:
            raise ResultsError(f"{folder}: {measure} cannot be estimated in any run; choose another --measure")
        raise ResultsError(f"{folder}: holds no finished run yet; go on with it: sim resume {folder}")
    compared = standings(found) if len(found.names) > 1 else []
    unit, conditions = METRICS[measure].unit, found.values.shape[1]
    words = headline(compared) if compared or len(found.names) > 1 else _range(found, unit)
    many = found.seeds[1]
    sections: list[Section | None] = [
        _answer(found, compared, unit, _kept(folder)),
        _where(found) if found.levels else None,
        _conditions(found, compared, unit),
        Section(
            "caveats",
            "What to keep in mind",
            (*incomplete(counts), *decided(measure), *_cautions(found), left_out()),
        ),
        assumptions(design.scenario.to_dict(), design.scenario.given, played, varied=_varied(found)),
        made,
    ]
    alternatives = f" · {counted(len(found.names), 'alternative')}" if len(found.names) > 1 else ""
    basis = f"{counted(conditions, 'condition')}{alternatives} · {counted(many, 'seed')} each"
    return whole(found.title, "", words, f"{basis} · {METRICS[measure].label}", sections)


def _varied(found: Conditions) -> str:
    """What the sweep varied, and between what."""
    told = []
    for factor, levels in found.levels.items():
        known = list({said(level): level for level in levels})
        if len(known) > LEVELS and numbers(levels):
            known = [f"{said(min(levels))} to {said(max(levels))}"]
        told.append(f"{found.label(factor)} ({listed(known, LEVELS)})")
    return f"{'; '.join(told)}. There, what the lists below say does not hold." if told else ""


def _played(store: Store, found: Conditions) -> tuple[Played, ...]:
    """What the focus firm plays under each alternative, in the first condition."""
    played = []
    for name, arm in zip(found.names, store.design.arms, strict=False):
        scenario = store.design.play(arm)
        number = next(k for k, firm in enumerate(scenario.firms) if firm.name == arm.focus)
        begin = f"firms.{number}.strategy."
        given = {path.removeprefix(begin) for path in scenario.given if path.startswith(begin)}
        played.append(Played(name or arm.focus, scenario.to_dict()["firms"][number]["strategy"], given))
    return tuple(played)


def _answer(found: Conditions, compared: list[Standing], unit: str, kept: tuple[Note, ...]) -> Section:
    if not compared:
        much = Finding("How much?", f"{_range(found, unit)}.", (found.measure,))
        return Section("answer", "The answer", (much, *kept))
    clear = [each for each in compared if each.clear]
    wins = {name: sum(each.best == name for each in clear) for name in found.names}
    several, once = len(compared) > 1, all(each.lead.n < 2 for each in compared)
    cards = [
        Card(name, f"{wins[name]} of {len(compared)}", "conditions in which it is clearly best", "condition")
        for name in sorted(found.names, key=lambda name: -wins[name])[:4]
        if wins[name] or len(found.names) <= 2
    ]
    cards.append(
        Card(
            "no clear difference", f"{len(compared) - len(clear)} of {len(compared)}", "conditions", "clear", not clear
        )
    )
    many = f"{len(clear):,}" if clear else "none"
    lead = "the lead is" if clear else "is the lead"
    sure = (
        f"In {many} of {counted(len(compared), 'condition')} {lead} more than luck, after correction for picking the "
        f"best and for the number of conditions (Holm).{_together(found, unit) if several else ''}"
    )
    if once:
        sure = (
            "That is not known: every condition was run once. Add seeds: sim sweep … --seeds 10 goes on with this one."
        )
    findings = [
        Finding("Which strategy?", f"{headline(compared)}.", (found.measure, "clear"), len(clear) < len(compared)),
        Finding("How sure?", sure, ("clear",), len(clear) < len(compared)),
        *([_ignorance(found, unit)] if several else []),
    ]
    return Section("answer", "The answer", (Cards(tuple(cards)), *findings, *kept))


def _ignorance(found: Conditions, unit: str) -> Finding:
    """What it is expected to cost to choose one alternative for all conditions.

    Means of few runs are no truth: the best of noisy means looks better than it is, and whoever chose it safe. Taken is
    therefore the expected regret of each alternative in each condition (`sim.analysis.inference.choice`).
    """
    asked, words = "What if we do not know where we are?", ("regret", "clear")
    values = METRICS[found.measure].sign * found.values
    chosen = [choice(values[:, c]) for c in range(values.shape[1])]
    regrets = np.array([each.regret for each in chosen])  # (conditions, A)
    known = np.isfinite(regrets).all(axis=1)
    regrets, probable = regrets[known], np.array([each.probability for each in chosen])[known]
    if not len(regrets):
        return Finding(asked, "With one seed that cannot be estimated: it takes luck for a difference.", words, True)
    mean, worst = regrets.mean(axis=0), regrets.max(axis=0)
    usual, careful = int(mean.argmin()), int(worst.argmin())
    level = _level_with(found, usual)
    if not regrets.any():
        return Finding(asked, "In these runs it makes no difference which alternative is chosen.", words, True)
    short = (
        f"it is expected to fall {readable(mean[usual], unit)} short of the best choice in each condition, "
        f"{readable(worst[usual], unit)} in the worst of them."
    )
    if (probable[:, usual] >= SURE).all():
        short = "it almost surely is the best choice in each of them."
    text = f"Whoever does not know the condition does best with “{found.names[usual]}” on average: {short}"
    if level:
        names = listed([f"“{found.names[k]}”" for k in level], 4)
        text = "No alternative is clearly the best choice for all conditions. Highest on average is "
        text += f"“{found.names[usual]}”: {short} {names} may be as good."
    if careful != usual:
        text += f" The worst case is mildest with “{found.names[careful]}” ({readable(worst[careful], unit)})."
    return Finding(asked, f"{text} All conditions count alike.", words, bool(level))


def _over_all(found: Conditions, best: int) -> dict[int, Judged]:
    """Lead of an alternative over each other, over all conditions together and seed by seed, judged together."""
    whole = found.values[:, ~np.isnan(found.values).any(axis=(0, 2))]  # conditions that are known throughout
    means = whole.mean(axis=1) if whole.size else np.full((len(found.names), 0), np.nan)  # (A, seeds)
    rivals = [k for k in range(len(found.names)) if k != best]
    return dict(zip(rivals, judged([means[best] - means[k] for k in rivals]), strict=True))


def _level_with(found: Conditions, best: int) -> list[int]:
    """Alternatives that are not clearly worse than this one over all conditions together."""
    return [k for k, gap in _over_all(found, best).items() if not (gap.clear and gap.mean > 0)]


def _together(found: Conditions, unit: str) -> str:
    """How far ahead the best on average is over all conditions together."""
    best, *_ = leading(found)
    gaps = _over_all(found, found.names.index(best))
    rival, gap = min(gaps.items(), key=lambda each: np.nan_to_num(each[1].mean, nan=np.inf))
    if gap.n < 2:
        return ""
    how = "clearly" if gap.clear and gap.mean > 0 else "not clearly"
    return (
        f" Over all conditions together “{best}” is {how} ahead of “{found.names[rival]}”, the next best "
        f"({readable_interval(gap, unit, signed=True)})."
    )


def _mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Means without what is unknown; NaN where nothing is known."""
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    return np.where(known, values, 0.0).sum(axis=axis) / np.where(count > 0, count, np.nan)


def _range(found: Conditions, unit: str) -> str:
    means = _mean(found.values[0], 1)
    label = METRICS[found.measure].label.capitalize()
    if len(means) == 1 or not found.levels:
        return f"{label} is {readable_interval(interval(found.values[0, 0]), unit)}"
    low, high = int(np.nanargmin(means)), int(np.nanargmax(means))
    ends = [f"{readable(means[at], unit)} ({_levels(found, at)})" for at in (low, high)]
    return f"{label} lies between {ends[0]} and {ends[1]}"


def _levels(found: Conditions, at: int) -> str:
    return ", ".join(f"{found.label(factor)} {said(levels[at])}" for factor, levels in found.levels.items())


def said(level: Any) -> str:
    """A level of a factor as people say it: a number with three digits."""
    return f"{level:.3g}" if isinstance(level, float) else written(level)


# ----------------------------------------------------------------------------------------------------------- where


def _where(found: Conditions) -> Section:
    """Map, importance of factors, and regions: whatever the design allows, and a word on what it does not."""
    several = len(found.names) > 1
    title = "Where which alternative is better"
    blocks: list[Block] = [*where_possible("strategy_map", title, found, measures=(found.measure,))]
    pair = leading(found) if len(found.names) > 2 else ()
    if pair:
        text = (
            f"Of {len(found.names)} alternatives, the difference between “{pair[0]}”, the highest over all conditions, "
            f"and “{pair[1]}” is looked at; another pair: sim chart STORE tornado --of A --of B, and likewise sim "
            "sensitivity and sim discover."
        )
        blocks.append(Note(text, "Which difference"))
    blocks += [*_tornado(found, pair), *_importance(found, pair), *_regions(found, pair)]
    if several:
        blocks += _by_levels(found)
    return Section("where", "Where", tuple(blocks))


def _by_levels(found: Conditions) -> list[Block]:
    """A table for each factor; of many, for those over whose levels means differ most."""
    factors = list(found.levels)
    shown = sorted(factors, key=lambda factor: -_reach(found, factor))[:FACTORS]
    blocks: list[Block] = [
        _by_level(found, factor, number) for number, factor in enumerate(f for f in factors if f in shown)
    ]
    if left := len(factors) - len(shown):
        text = (
            f"{counted(left, 'factor')} over whose levels means differ less {'has' if left == 1 else 'have'} no table "
        )
        blocks.append(Note(f"{text}here: sim export has every run.", "Further factors"))
    return blocks


def _reach(found: Conditions, factor: str) -> float:
    """How far the means of any alternative lie apart between the levels of a factor; 0 where nothing is known."""
    means = np.array([_mean(found.values[:, at], (1, 2)) for at in _grouped(found.levels[factor]).values()])
    known = means[:, np.isfinite(means).all(axis=0)]
    return float(np.ptp(known, axis=0).max(initial=0.0))


def _tornado(found: Conditions, pair: tuple[str, ...]) -> list[Block]:
    """The tornado, or why there is none."""
    from sim.charts.factors import swings

    if any(len(swing.low) for swing in swings(found, pair)):
        return list(where_possible("tornado", "One factor after the other", found, pair, measures=(found.measure,)))
    text = "No two conditions of this design differ in one factor alone, so that there is no swing to show; "
    text += "the shares of variance say what each factor does." if found.kind == "saltelli" else "a grid has them."
    return [Note(text, "No tornado")]


def _importance(found: Conditions, pair: tuple[str, ...]) -> list[Block]:
    """Shares of variance or sizes of effects, with their intervals; nothing of another design."""
    if found.kind not in ("saltelli", "morris"):
        return []
    try:
        answer = sensitivity(found, pair)
    except (ValueError, StoreError) as error:
        return [Note(f"Which conditions matter cannot be told: {error}.", "Sensitivity")]
    words = ("first-order", "total-order") if answer.kind == "saltelli" else ("morris-size",)
    title = "Which conditions matter?"
    return [
        Finding(title, _sentence(answer.headline()), (found.measure, *words), answer.seeds < 2),
        figure("sensitivity_bars", title, answer, measures=(found.measure, *words)),
        _indices(answer),
    ]


def _indices(answer: Sensitivity) -> Table:
    """Every index with its interval."""
    heads = {
        "first": "alone",
        "total": "in all",
        "size": "size of the effect",
        "mean": "mean effect",
        "spread": "spread",
    }
    words = {"first": "first-order", "total": "total-order"}
    names = list(dict.fromkeys(index.name for index in answer.indices))
    unit = "share" if answer.kind == "saltelli" else answer.unit
    known = {(index.factor, index.name): index for index in answer.indices}
    rows = tuple(
        (Cell(answer.labels[each.factor]), *(_index(known[each.factor, name], answer, unit) for name in names))
        for each in answer.ranking()
    )
    columns = (
        Column("factor"),
        *(Column(heads[name], unit, words.get(name, "morris-size"), numbers=True) for name in names),
    )
    luck = (
        f" Luck is {readable(answer.luck, 'share')} of the variance of single runs." if np.isfinite(answer.luck) else ""
    )
    note = (
        f"{answer.points:,} {'blocks' if answer.kind == 'saltelli' else 'trajectories'}, "
        f"{counted(answer.seeds, 'seed')} each; below: 95 % bootstrap interval over both."
    )
    return Table("indices", f"What {answer.outcome} depends on", columns, rows, f"{note}{luck}", grey="may be luck")


def _index(index: Index, answer: Sensitivity, unit: str) -> Cell:
    signed = index.name == "mean"
    span = ""
    if np.isfinite(index.low):
        span = f"{readable(index.low, unit, signed)} to {readable(index.high, unit, signed)}"
    known = np.isfinite(index.value)
    number = index.value if known else None
    return Cell(readable(index.value, unit, signed), span, number, quiet=known and not answer.clear(index.factor))


def _regions(found: Conditions, pair: tuple[str, ...]) -> list[Block]:
    """Regions in which the first is ahead or behind, with what their intervals rest on."""
    try:
        answer = discover(found, pair)
    except ValueError:  # too few conditions
        return []
    except StoreError as error:
        return [Note(f"Regions cannot be looked for: {error}.", "Regions")]
    title = f"Where is {'which ahead' if answer.rivals else 'how much'}?"
    return [
        Finding(title, _sentence(answer.headline()), (found.measure, "region"), not answer.boxes[0].lead.clear),
        figure("region_rows", title, answer, measures=(found.measure, "region")),
        _boxes(answer),
    ]


def _boxes(answer: Discovery) -> Table:
    """Every region with its lead and how much of the conditions it holds."""
    rows = tuple(
        (
            Cell(str(box)),
            Cell(
                readable_interval(box.lead, answer.unit, signed=bool(answer.rivals)),
                value=box.lead.mean,
                quiet=bool(answer.rivals) and not box.lead.clear,
            ),
            Cell(f"{box.conditions:,}", value=box.conditions),
            *((Cell(readable(box.density, "share"), value=box.density),) if answer.rivals else ()),
        )
        for box in answer.boxes
    )
    columns = (
        Column("region"),
        Column("mean lead" if answer.rivals else "mean", answer.unit, "region", numbers=True),
        Column("conditions", numbers=True),
        *((Column("ahead in", "share", "region", numbers=True),) if answer.rivals else ()),
    )
    return Table("regions", f"Regions: {answer.outcome}", columns, rows, answer.measured)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _grouped(levels: Sequence[Any]) -> dict[str, np.ndarray]:
    """Level in words -> its conditions, rising; of many levels that are numbers, thirds."""
    distinct = list(dict.fromkeys(levels))
    if not numbers(distinct):
        kept = distinct if len(distinct) <= LEVELS else distinct[: LEVELS - 1]
        groups = {said(level): np.flatnonzero([other == level for other in levels]) for level in kept}
        rest = np.flatnonzero([level not in kept for level in levels])
        return groups | ({f"{len(distinct) - len(kept)} others": rest} if rest.size else {})
    values = np.array(levels, dtype=float)
    if len(distinct) <= LEVELS:
        return {said(level): np.flatnonzero(values == level) for level in sorted(distinct)}
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    thirds = [np.flatnonzero(order * 3 // len(values) == k) for k in range(3)]
    return {
        f"{name}: {values[at].min():.3g} to {values[at].max():.3g}": at for name, at in zip(GROUPS, thirds, strict=True)
    }


def _by_level(found: Conditions, factor: str, number: int) -> Table:
    """Mean of every alternative at each level of a factor, over all other conditions; the best first."""
    unit, look, groups = METRICS[found.measure].unit, looks(found.strategies), _grouped(found.levels[factor])
    means = {name: _mean(found.values[:, at], 1) for name, at in groups.items()}  # (A, seeds)
    order = np.argsort(-np.nan_to_num(_mean(found.values, (1, 2)), nan=-np.inf), kind="stable")
    rows = [
        (
            Cell(found.names[k], colour=look[k].colour),
            *(_estimate(values[k], unit) for values in means.values()),
        )
        for k in order
    ]
    rows.append((Cell("best on average"), *(_best(found, values) for values in means.values())))
    columns = (
        Column("alternative"),
        *(
            Column(f"{name} ({counted(len(groups[name]), 'condition')})", unit, found.measure, numbers=True)
            for name in groups
        ),
    )
    note, grey = "Means over all other conditions, ± over seeds.", "not clearly the best"
    return Table(f"level-{number}", f"By {found.label(factor)}", columns, tuple(rows), note, main=True, grey=grey)


def _estimate(values: np.ndarray, unit: str) -> Cell:
    mean = interval(values)
    return Cell(readable_interval(mean, unit), value=mean.mean if np.isfinite(mean.mean) else None)


def _best(found: Conditions, values: np.ndarray) -> Cell:
    """Who is best at one level; grey where the lead over some rival is not clear."""
    means = interval(values).mean
    if np.isnan(means).all():
        return Cell("cannot be estimated")
    best = int(np.nanargmax(means))
    gaps = judged([values[best] - values[k] for k in range(len(values)) if k != best])
    return Cell(found.names[best], quiet=not all(gap.clear for gap in gaps))


# ------------------------------------------------------------------------------------------------------ conditions


def _conditions(found: Conditions, compared: list[Standing], unit: str) -> Section | None:
    if not compared:
        return None
    look = dict(zip(found.names, looks(found.strategies), strict=True))
    shown = sorted(compared, key=lambda each: (each.p, -np.nan_to_num(each.probability)))[:ROWS]
    rows = tuple(
        (
            *(Cell(said(level)) for level in each.levels.values()),
            Cell(each.best, colour=look[each.best].colour),
            Cell(readable_interval(each.lead, unit, True), value=each.lead.mean, quiet=not each.clear),
            Cell(significance(each.p if each.lead.n > 1 else np.nan), value=each.p if each.lead.n > 1 else None),
            Cell(chance(each.probability), value=each.probability if np.isfinite(each.probability) else None),
            Cell(readable(each.regret, unit), value=each.regret if np.isfinite(each.regret) else None),
        )
        for each in shown
    )
    columns = (
        *(Column(found.label(factor), "", "condition") for factor in found.levels),
        Column("highest mean"),
        Column("lead over the next", unit, "paired", numbers=True),
        Column("p (Holm)", "probability", "p-holm", numbers=True),
        Column("probability best", "share", "probability-best", numbers=True),
        Column("expected regret", unit, "regret", numbers=True),
    )
    left = len(compared) - len(shown)
    grey = "not clear, also where its own interval excludes zero: corrected for the choice of the best and for "
    grey += counted(len(compared), "condition")
    note = f"{left:,} more: sim export." if left else ""
    table = Table("conditions", "The surest first", columns, rows, note, grey=grey)
    return Section("conditions", "Condition by condition", (table,))


def _kept(folder: Path) -> tuple[Note, ...]:
    """What is said of runs that a comparison kept: of them, the comparison itself says more."""
    if saved(folder).kind != "runs":
        return ()
    text = (
        "This folder holds the runs of a comparison. What sim compare wrote at the same time (--out) has the scenario "
        "with its alternatives and every round; sim report on that says more."
    )
    return (Note(text, "The runs of a comparison"),)


def _cautions(found: Conditions) -> list[Note]:
    notes = []
    (_, many), conditions = found.seeds, found.values.shape[1]
    if many == 1:
        text = "Every condition was run once. No interval, probability or regret can be estimated."
        notes.append(Note(text, "A single seed"))
    unknown = int(np.isnan(found.values).sum())
    if unknown and not np.isnan(found.values).all():
        text = (
            f"{METRICS[found.measure].label.capitalize()} is not known in {unknown:,} of {found.values.size:,} runs. "
            "Those are left out, together with their partners in a difference; what is left may be a selection."
        )
        notes.append(Note(text, "Partly known"))
    if conditions > 1:
        text = "Outside the range of the conditions that were run nothing is known; a map interpolates between them."
        notes.append(Note(text, "Between and beyond"))
    return notes
