"""What the reports of tournaments share: who ranks first, ranks with their limits, payoffs, and what they hang on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sim.analysis.metrics import METRICS
from sim.analysis.readable import readable, readable_interval
from sim.experiments.drawn import DrawnTournament
from sim.experiments.rankings import rankings
from sim.experiments.tournament import Tournament
from sim.palette import looks
from sim.reports.assumptions import written
from sim.reports.document import Card, Cell, Column, Finding, Section, Table
from sim.reports.figures import bar_chart
from sim.reports.tables import scaled
from sim.reports.words import counted, listed

type Ranked = Tournament | DrawnTournament


def headline(found: Sequence[Ranked]) -> str:
    """The finding of a tournament, or of the same under several conditions."""
    return found[0].headline() if len(found) == 1 else rankings(found).headline()


def marked(found: Sequence[Ranked]) -> list[tuple[Ranked, str, str]]:
    """Every tournament, what makes the names of its blocks unique, and its condition in words ("" for one alone)."""
    marks = [f"-{number}" for number in range(len(found))] if len(found) > 1 else [""]
    where = [", ".join(f"{name} {written(level)}" for name, level in each.levels.items()) for each in found]
    return [
        (each, mark, f": {levels}" if levels else "") for each, mark, levels in zip(found, marks, where, strict=True)
    ]


def first_cards(found: Ranked) -> list[Card]:
    """Who earns most, and how sure that rank is."""
    first = found.ranking()[0]
    mean = readable_interval(first.payoff, METRICS[found.measure].unit)
    return [
        Card("earns most on average", first.name, mean, found.measure),
        Card("rank (95 %)", first.limits, first.name),
    ]


def first_findings(found: Ranked) -> list[Finding]:
    """Who earns most, and who may be as good."""
    first, *others = found.ranking()
    level = [rank.name for rank in others if rank.low == 1]
    sure = f"No other may be first ({first.name} ranks 1)."
    if level:
        sure = f"{listed(level)} may be as good, for all these runs can tell."
    return [
        Finding("Which strategy?", f"{found.headline()}.", (found.measure,), bool(level)),
        Finding("How sure?", sure, ("interval",), bool(level)),
    ]


def ranks(found: Ranked, mark: str, title: str, head: Column, further: Mapping[str, Cell]) -> Table:
    """Ranks with their limits and mean payoffs; head and further (by strategy): the last column."""
    unit, order = METRICS[found.measure].unit, found.ranking()
    look = dict(zip(found.names, looks(found.kinds), strict=True))
    spans = scaled([rank.payoff for rank in order])
    rows = tuple(
        (
            Cell(rank.name, colour=look[rank.name].colour),
            Cell(f"{rank.rank}" if rank.low == rank.high else f"{rank.rank} ({rank.limits})", value=rank.rank),
            Cell("", span=span, colour=look[rank.name].colour),
            Cell(readable_interval(rank.payoff, unit), value=rank.payoff.mean),
            further[rank.name],
        )
        for rank, span in zip(order, spans, strict=True)
    )
    columns = (
        Column("strategy"),
        Column("rank (95 %)", numbers=True),
        Column("", picture=True),
        Column("mean payoff", unit, found.measure, numbers=True),
        head,
    )
    names, colours = tuple(rank.name for rank in order), tuple(look[rank.name].colour for rank in order)
    native = bar_chart(names, colours, [rank.payoff for rank in order], METRICS[found.measure].label, unit)
    return Table(f"ranks{mark}", title, columns, rows, main=True, chart=native)


def matrix(
    found: Ranked, mark: str, payoff: Callable[[str, str], float], quiet: Callable[[str, str], bool], note: str
) -> Table:
    """Payoffs of the rows' strategies in the company of the columns', in the order of the ranking."""
    unit, order = METRICS[found.measure].unit, [rank.name for rank in found.ranking()]
    rows = tuple(
        (Cell(f"{number} {name}"), *(_payoff(payoff(name, other), unit, quiet(name, other)) for other in order))
        for number, name in enumerate(order, start=1)
    )
    columns = (Column("what the row earns"), *(Column(f"{n}", unit, numbers=True) for n in range(1, len(order) + 1)))
    return Table(f"matrix{mark}", f"Payoffs in {METRICS[found.measure].label}", columns, rows, note)


def _payoff(mean: float, unit: str, quiet: bool) -> Cell:
    return Cell(readable(mean, unit), value=mean if np.isfinite(mean) else None, quiet=quiet)


def hanging(found: Sequence[Ranked]) -> tuple[Section, ...]:
    """What the ranking hangs on; nothing for one condition alone."""
    if len(found) < 2:
        return ()
    over = rankings(found)
    rows = tuple(
        (
            Cell(each.name, quiet=not each.moves),
            Cell(f"{each.best}", value=each.best),
            Cell(each.best_where if each.best < each.worst else "everywhere"),
            Cell(f"{each.worst}", value=each.worst),
            Cell(each.worst_where if each.best < each.worst else ""),
            Cell("yes" if each.moves else "not clearly"),
        )
        for each in over.rows()
    )
    columns = (
        Column("strategy"), Column("best rank", numbers=True), Column("where"),
        Column("worst rank", numbers=True), Column("where"), Column("depends on conditions"),
    )  # fmt: skip
    note = "Clearly: the limits of the rank under two conditions do not meet, corrected for the number of conditions."
    title = f"Ranks under {counted(len(found), 'condition')}, what moves most first"
    finding = Finding("What does the ranking hang on?", f"{over.headline()}.", (found[0].measure,))
    return (
        Section("conditions", "What the ranking hangs on", (finding, Table("moves", title, columns, rows, note, True))),
    )
