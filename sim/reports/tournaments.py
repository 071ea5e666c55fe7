"""The report of a tournament: who earns most against whom, what is stable, and who would remain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim.analysis.metrics import METRICS
from sim.experiments.design import Arm
from sim.experiments.store import Store
from sim.experiments.tournament import RIVALS, ROW, Tournament, percent, read, spoken
from sim.reports.assumptions import assumptions
from sim.reports.build import whole
from sim.reports.caveats import decided, incomplete, left_out
from sim.reports.document import Block, Card, Cards, Cell, Column, Finding, Note, Report, Section, Table
from sim.reports.figures import where_possible
from sim.reports.provenance import of_store
from sim.reports.rankings import first_cards, first_findings, hanging, headline, marked, matrix, played, ranks
from sim.reports.words import counted, listed

FEW = 10  # paired runs; below, corrections for all pairs leave little that is clear


def of_tournament(folder: Path, measure: str = "discounted_profit") -> Report:
    """Read the store of a tournament and report it. Raises StoreError where matches are missing."""
    with Store.open(folder) as store:
        found, counts, design, made = read(store, measure), store.counts(), store.design, of_store(store)
    first = found[0]
    sections: list[Section | None] = [
        *hanging(found),
        *(section for each in marked(found) for section in _condition(*each)),
        Section(
            "caveats",
            "What to keep in mind",
            (*incomplete(counts), *decided(measure), *_few(first), _game(first), left_out()),
        ),
        assumptions(design.scenario.to_dict(), design.scenario.given, played(design, _players), "firms.*.strategy"),
        made,
    ]
    runs = counted(first.payoffs.shape[2], "paired run")
    strategies = counted(len(first.names), "strategy", "strategies")
    basis = f"{strategies} · {first.firms} firms in a market · {runs} of every match"
    return whole(first.title, "", headline(found), f"{basis} · {METRICS[measure].label}", sections)


def _players(arm: Arm) -> list[str]:
    """What the firms of a match play."""
    return [arm.factors[ROW]] + [arm.factors[RIVALS]] * (len(arm.firms) - 1)


def _condition(found: Tournament, mark: str, of: str) -> list[Section]:
    """Answer and numbers of one tournament; of several, one after the other."""
    drawn = [
        replace(each, name=f"{each.name}{mark}")  # names are unique in a report
        for name, title in (("payoff_matrix", "Payoffs"), ("ecology", "Who would remain"))
        for each in where_possible(name, title, found, measures=(found.measure,))
    ]
    replies = {name: Cell(spoken(best[0])) for name, best in found.best_replies().items()}
    table = ranks(
        found, mark, "By mean payoff over all rivals", Column("best reply to it", measure="best-reply"), replies
    )
    blocks: tuple[Block, ...] = (_cards(found), *first_findings(found), *_findings(found), table, *drawn)
    return [
        Section(f"answer{mark}", f"The answer{of}", blocks),
        Section(f"payoffs{mark}", f"Who earns what against whom{of}", (_matrix(found, mark),)),
    ]


def _cards(found: Tournament) -> Cards:
    (name, share), *others = found.remaining()
    more = f" and {len(others)} more" if others else ""
    return Cards(
        (
            *first_cards(found),
            Card(
                "no clear gain by leaving", f"{len(found.uninvadable())} of {len(found.names)}", "strategies", "stable"
            ),
            Card("would spread to", percent(share), f"{spoken(name)}{more}", "replicator"),
        )
    )


def _findings(found: Tournament) -> list[Finding]:
    stable = listed([spoken(name) for name in found.uninvadable()], 8)
    holds = f"Where all play one of these, no firm clearly gains by leaving it: {stable}."
    if not stable:
        holds = "None: whatever all play, some firm clearly gains by leaving it."
    equilibria = [f"{each} (in {percent(each.share)} of the samples drawn again)" for each in found.equilibria()]
    words = "; ".join(equilibria[:4]) or "none was found"
    words += f"; {len(equilibria) - 4} more" if len(equilibria) > 4 else ""
    remain = (
        f"If the more profitable spread, from equal shares: {listed(found.survivors(), 8)}. Means are taken as true."
    )
    return [
        Finding("What is stable?", holds, ("stable", "clear")),
        Finding("Which equilibria?", f"{words[:1].upper()}{words[1:]}.", ("equilibrium",)),
        Finding("Who would remain?", remain, ("replicator",)),
    ]


def _matrix(found: Tournament, mark: str) -> Table:
    best = found.best_replies()
    note = "Columns: rivals that all play the strategy with that number. Black: a best reply, or not clearly worse."
    return matrix(
        found, mark, lambda name, rivals: found.payoff(name, rivals).mean,
        lambda name, rivals: name not in best[rivals], note,
    )  # fmt: skip


def _few(found: Tournament) -> tuple[Note, ...]:
    runs, many = found.payoffs.shape[2], len(found.names)
    if runs >= FEW:
        return ()
    text = (
        f"{counted(runs, 'paired run')} of every match are few for {many * (many - 1):,} ordered pairs of strategies: "
        "that no gain is clear does not show that there is none."
    )
    return (Note(text, "Few runs"),)


def _game(found: Tournament) -> Note:
    text = (
        "A firm chooses a strategy once, from this list and with these parameters; strategies not on the list are not "
        f"considered. Ranks are means over rivals of all {len(found.names)} kinds alike, which no real market has."
    )
    return Note(text, "A game of choices made once")
