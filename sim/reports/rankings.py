"""What the reports of tournaments share: who ranks first, ranks with their limits, payoffs, and what they hang on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sim.analysis.metrics import METRICS
from sim.analysis.readable import MISSING, readable, readable_interval
from sim.experiments.design import Arm, Design
from sim.experiments.drawn import DrawnTournament
from sim.experiments.entrants import tables_of
from sim.experiments.rankings import rankings
from sim.experiments.sweep import in_words
from sim.experiments.tournament import Tournament, spoken
from sim.palette import looks
from sim.reports.assumptions import Played, written
from sim.reports.document import Card, Cell, Column, Finding, Section, Table
from sim.reports.figures import bar_chart
from sim.reports.tables import scaled
from sim.reports.words import counted, listed

type Ranked = Tournament | DrawnTournament

WIDE = 8  # strategies up to which every payoff stands in the table; of more the picture has them all


def headline(found: Sequence[Ranked]) -> str:
    """The finding of a tournament, or of the same under several conditions."""
    return found[0].headline() if len(found) == 1 else rankings(found).headline()


def marked(found: Sequence[Ranked]) -> list[tuple[Ranked, str, str]]:
    """Every tournament, what makes the names of its blocks unique, and its condition in words ("" for one alone)."""
    marks = [f"-{number}" for number in range(len(found))] if len(found) > 1 else [""]
    where = [said(each.levels) for each in found]
    return [
        (each, mark, f": {levels}" if levels else "") for each, mark, levels in zip(found, marks, where, strict=True)
    ]


def said(levels: Mapping[str, Any]) -> str:
    """A condition in words."""
    return ", ".join(f"{in_words(name)} {written(level)}" for name, level in levels.items())


def played(design: Design, chosen: Callable[[Arm], Sequence[str]]) -> tuple[Played, ...]:
    """What the strategies of a tournament are; chosen: what the firms of an arm play."""
    return tuple(Played(spoken(name), table, {*table}) for name, table in tables_of(design, chosen).items())


def first_cards(found: Ranked) -> list[Card]:
    """Who earns most, and how sure that rank is."""
    first, *others = found.ranking()
    mean = readable_interval(first.payoff, METRICS[found.measure].unit)
    level = any(rank.low == 1 for rank in others)
    return [
        Card("highest mean payoff", spoken(first.name), mean, "payoff", level),
        Card("its rank (95 %)", first.limits, f"of {len(others) + 1}", "rank-limits", level),
    ]


def first_findings(found: Ranked) -> list[Finding]:
    """Who earns most, and who may be as good."""
    first, *others = found.ranking()
    level = [spoken(rank.name) for rank in others if rank.low == 1]
    sure = f"No other may be first ({spoken(first.name)} ranks 1)."
    if level:
        sure = f"{listed(level)} may be as good, for all these runs can tell."
    return [
        Finding("Which strategy?", f"{found.headline()}.", (found.measure, "payoff"), bool(level)),
        Finding("How sure?", sure, ("rank-limits", "interval"), bool(level)),
    ]


def ranks(found: Ranked, mark: str, title: str, head: Column, further: Mapping[str, Cell]) -> Table:
    """Ranks with their limits and mean payoffs; head and further (by strategy): the last column."""
    unit, order = METRICS[found.measure].unit, found.ranking()
    look = dict(zip(found.names, looks(found.kinds), strict=True))
    spans = scaled([rank.payoff for rank in order])
    rows = tuple(
        (
            Cell(spoken(rank.name), colour=look[rank.name].colour),
            Cell(f"{rank.rank}" if rank.low == rank.high else f"{rank.rank} ({rank.limits})", value=rank.rank),
            Cell("", span=span, colour=look[rank.name].colour),
            _mean(readable_interval(rank.payoff, unit), rank.payoff.mean),
            further[rank.name],
        )
        for rank, span in zip(order, spans, strict=True)
    )
    columns = (
        Column("strategy"),
        Column("rank (95 %)", "", "rank-limits", numbers=True),
        Column("", picture=True),
        Column(f"mean payoff: {METRICS[found.measure].label}", unit, found.measure, numbers=True),
        head,
    )
    names, colours = tuple(spoken(rank.name) for rank in order), tuple(look[rank.name].colour for rank in order)
    native = bar_chart(names, colours, [rank.payoff for rank in order], METRICS[found.measure].label, unit)
    note = "In brackets the limits of the rank, which hold for all ranks at once."
    spans = "Line: 95 % interval of one mean alone."
    return Table(f"ranks{mark}", title, columns, rows, note, main=True, chart=native, spans=spans)


def _mean(words: str, mean: float) -> Cell:
    return Cell(words, value=mean if np.isfinite(mean) else None)


def matrix(
    found: Ranked, mark: str, payoff: Callable[[str, str], float], quiet: Callable[[str, str], bool], note: str
) -> Table:
    """Payoffs of the rows' strategies in the company of the columns', in the order of the ranking.

    Of many strategies only their own kind and the best and worst company; quiet: as the note says.
    """
    unit, order = METRICS[found.measure].unit, [rank.name for rank in found.ranking()]
    title = f"Payoffs in {METRICS[found.measure].label}"
    if len(order) > WIDE:
        return _ends(found, mark, payoff, order, title)
    rows = tuple(
        (Cell(f"{number} {spoken(name)}"), *(_payoff(payoff(name, o), unit, quiet(name, o)) for o in order))
        for number, name in enumerate(order, start=1)
    )
    heads = (Column(f"{n}", unit, "payoff", numbers=True) for n in range(1, len(order) + 1))
    return Table(f"matrix{mark}", title, (Column("what the row earns"), *heads), rows, note)


def _ends(
    found: Ranked, mark: str, payoff: Callable[[str, str], float], order: Sequence[str], title: str
) -> Table:  # fmt: skip
    """Own kind, best and worst company of each of many strategies."""
    unit, rows = METRICS[found.measure].unit, []
    for name in order:
        means = {other: payoff(name, other) for other in order if np.isfinite(payoff(name, other))}
        ends = [max(means, key=means.get), min(means, key=means.get)] if means else []
        cells = [Cell(readable(means[end], unit), spoken(end), means[end]) for end in ends] or [Cell(MISSING)] * 2
        rows.append((Cell(spoken(name)), _payoff(payoff(name, name), unit, False), *cells))
    columns = (
        Column("what the row earns"),
        *(Column(head, unit, "payoff", numbers=True) for head in ("with its own kind", "at best", "at worst")),
    )
    note = f"At best and at worst: the highest and the lowest mean, below it beside whom; of {len(order)} payoffs that "
    note += "are themselves uncertain the ends are further out than the truth."
    return Table(f"matrix{mark}", title, columns, tuple(rows), note)


def _payoff(mean: float, unit: str, quiet: bool) -> Cell:
    return Cell(readable(mean, unit), value=mean if np.isfinite(mean) else None, quiet=quiet)


def hanging(found: Sequence[Ranked]) -> tuple[Section, ...]:
    """What the ranking hangs on; nothing for one condition alone."""
    if len(found) < 2:
        return ()
    over = rankings(found)
    words = {name: said(levels) for name, levels in zip(over.conditions, over.levels, strict=True)}
    rows = tuple(
        (
            Cell(spoken(each.name), quiet=not each.moves),
            Cell(f"{each.best}", value=each.best),
            Cell(words[each.best_where] if each.best < each.worst else "everywhere"),
            Cell(f"{each.worst}", value=each.worst),
            Cell(words[each.worst_where] if each.best < each.worst else ""),
            Cell("yes" if each.moves else "not clearly"),
        )
        for each in over.rows()
    )
    columns = (
        Column("strategy"), Column("best rank", "", "rank-limits", numbers=True), Column("where"),
        Column("worst rank", "", "rank-limits", numbers=True), Column("where"), Column("depends on conditions"),
    )  # fmt: skip
    note = "Clearly: the limits of the rank under two conditions do not meet, corrected for the number of conditions."
    title = f"Ranks under {counted(len(found), 'condition')}, what moves most first"
    moves = any(each.moves for each in over.rows())
    linked = ("rank-limits", "agreement")
    finding = Finding("What does the ranking hang on?", f"{over.headline()}.", linked, not moves)
    return (
        Section("conditions", "What the ranking hangs on", (finding, Table("moves", title, columns, rows, note, True))),
    )
