"""The report of drawn markets: who earns most in whatever company, and beside whom it earns how much."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.analysis.metrics import METRICS
from sim.analysis.readable import readable
from sim.experiments.design import Arm
from sim.experiments.drawn import DrawnTournament, read
from sim.experiments.store import Store
from sim.experiments.tournament import spoken
from sim.reports.assumptions import assumptions
from sim.reports.build import whole
from sim.reports.caveats import decided, incomplete, left_out
from sim.reports.document import Block, Card, Cards, Cell, Column, Finding, Note, Report, Section, Table
from sim.reports.provenance import of_store
from sim.reports.rankings import first_cards, first_findings, hanging, headline, marked, matrix, played, ranks
from sim.reports.words import counted


def of_drawn(folder: Path, measure: str = "discounted_profit") -> Report:
    """Read the store of a tournament of drawn markets and report it. Raises StoreError where none was played."""
    with Store.open(folder) as store:
        found, counts, design, made = read(store, measure), store.counts(), store.design, of_store(store)
    first = found[0]
    sections: list[Section | None] = [
        *hanging(found),
        *(section for each in marked(found) for section in _condition(*each)),
        Section(
            "caveats",
            "What to keep in mind",
            (*incomplete(counts), *decided(measure), company(), *_rare(first), left_out()),
        ),
        assumptions(design.scenario.to_dict(), design.scenario.given, played(design, _players), "firms.*.strategy"),
        made,
    ]
    markets = counted(first.payoffs.shape[1], "drawn market")
    basis = f"{counted(len(first.names), 'strategy', 'strategies')} · {markets} of {first.firms} firms"
    return whole(first.title, "", headline(found), f"{basis} · {METRICS[measure].label}", sections)


def _players(arm: Arm) -> list[str]:
    """What the firms of a market play."""
    return [arm.factors[firm] for firm, _ in arm.firms]


def company() -> Note:
    """What a mean over drawn markets is a mean over."""
    text = (
        "Every market is played once, and its firms are drawn from a list of strategies, all alike. A mean is over "
        "companies and luck together, and holds for this list: with other strategies on it, it is another."
    )
    return Note(text, "A mean over drawn companies")


def _rare(found: DrawnTournament) -> tuple[Note, ...]:
    least, most = min(found.appearances.values()), max(found.appearances.values())
    if least >= 10:
        return ()
    text = f"Strategies took part in {least} to {most} markets; from fewer than ten little can be told."
    return (Note(text, "Few markets"),)


def _condition(found: DrawnTournament, mark: str, of: str) -> list[Section]:
    """Answer and numbers under one condition; of several, one after the other."""
    times = {name: Cell(f"{number:,}", value=number) for name, number in found.appearances.items()}
    table = ranks(
        found, mark, "By mean payoff over its markets", Column("markets", "", "condition", numbers=True), times
    )
    cards = Cards(
        (
            *first_cards(found),
            Card("markets", f"{found.payoffs.shape[1]:,}", f"of {found.firms} firms each", "condition"),
        )
    )
    blocks: tuple[Block, ...] = (cards, *first_findings(found), *_company(found), table)
    return [
        Section(f"answer{mark}", f"The answer{of}", blocks),
        Section(f"payoffs{mark}", f"Who earns what beside whom{of}", (_beside(found, mark),)),
    ]


def _company(found: DrawnTournament) -> list[Finding]:
    """Does the first depend on its company?"""
    first, means = found.ranking()[0].name, found.beside()
    own = found.names.index(first)
    row = np.where(np.arange(len(means)) == own, np.nan, means[own])
    if not np.isfinite(row).any() or np.nanmax(row) == np.nanmin(row):  # in every market there are the same
        return []
    unit, ends = METRICS[found.measure].unit, (int(np.nanargmax(row)), int(np.nanargmin(row)))
    most, least = (f"{spoken(found.names[k])} ({readable(row[k], unit)})" for k in ends)
    known = ~np.isnan(found.payoffs[own])
    high, low = (found.payoffs[own, known & ~np.isnan(found.payoffs[k])] for k in ends)
    text = f"The mean of {spoken(first)} is highest in markets with {most}, lowest in those with {least}: means over "
    text += f"{len(high)} and {len(low)} markets, and the highest and lowest of several, which luck alone sets apart."
    return [Finding("In which company?", text, ("payoff",), True)]


def _beside(found: DrawnTournament, mark: str) -> Table:
    means, at = found.beside(), {name: k for k, name in enumerate(found.names)}
    note = "Columns: markets in which the strategy with that number takes part too; on the diagonal, all its own."
    return matrix(found, mark, lambda name, other: float(means[at[name], at[other]]), lambda name, other: False, note)
