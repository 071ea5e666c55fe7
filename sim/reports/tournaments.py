"""The report of a tournament: who earns most against whom, what is stable, and who would remain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim.analysis.metrics import METRICS
from sim.experiments.store import Store
from sim.experiments.tournament import Tournament, read
from sim.reports.assumptions import assumptions
from sim.reports.build import whole
from sim.reports.caveats import incomplete, left_out
from sim.reports.document import Block, Card, Cards, Cell, Column, Finding, Note, Report, Section, Table
from sim.reports.figures import where_possible
from sim.reports.provenance import of_store
from sim.reports.rankings import first_cards, first_findings, hanging, headline, marked, matrix, ranks
from sim.reports.words import counted, listed


def of_tournament(folder: Path, measure: str = "discounted_profit") -> Report:
    """Read the store of a tournament and report it. Raises StoreError where matches are missing."""
    with Store.open(folder) as store:
        found, counts, scenario, made = read(store, measure), store.counts(), store.design.scenario, of_store(store)
    first = found[0]
    sections: list[Section | None] = [
        *hanging(found),
        *(section for each in marked(found) for section in _condition(*each)),
        Section("caveats", "What to keep in mind", (*incomplete(counts), _game(first), left_out())),
        assumptions(scenario.to_dict()),
        made,
    ]
    runs = counted(first.payoffs.shape[2], "paired run")
    basis = f"{len(first.names)} strategies · {first.firms} firms in a market · {runs} of every match"
    return whole(first.title, "", headline(found), f"{basis} · {METRICS[measure].label}", sections)


def _condition(found: Tournament, mark: str, of: str) -> list[Section]:
    """Answer and numbers of one tournament; of several, one after the other."""
    drawn = [
        replace(each, name=f"{each.name}{mark}")  # names are unique in a report
        for name, title in (("payoff_matrix", "Payoffs"), ("ecology", "Who would remain"))
        for each in where_possible(name, title, found, measures=(found.measure,))
    ]
    replies = {name: Cell(best[0]) for name, best in found.best_replies().items()}
    table = ranks(found, mark, "By mean payoff over all rivals", Column("best reply to it"), replies)
    blocks: tuple[Block, ...] = (_cards(found), *first_findings(found), *_findings(found), table, *drawn)
    return [
        Section(f"answer{mark}", f"The answer{of}", blocks),
        Section(f"payoffs{mark}", f"Who earns what against whom{of}", (_matrix(found, mark),)),
    ]


def _cards(found: Tournament) -> Cards:
    share, left = found.survivors()[0].split(" ", 1)
    return Cards(
        (
            *first_cards(found),
            Card("nobody gains by leaving", f"{len(found.uninvadable())} of {len(found.names)}", "strategies"),
            Card("would spread to", share, left),
        )
    )


def _findings(found: Tournament) -> list[Finding]:
    stable = listed(found.uninvadable(), 8) or "no strategy"
    equilibria = [f"{each} (in {each.share:.0%} of the samples drawn again)" for each in found.equilibria()]
    words = "; ".join(equilibria[:4]) or "none was found"
    remain = f"If the more profitable spread, from equal shares: {listed(found.survivors(), 8)}."
    return [
        Finding("What is stable?", f"Nobody clearly gains by leaving: {stable}.", ("paired",)),
        Finding("Which equilibria?", f"{words[:1].upper()}{words[1:]}."),
        Finding("Who would remain?", remain),
    ]


def _matrix(found: Tournament, mark: str) -> Table:
    best = found.best_replies()
    note = "Columns: rivals that all play the strategy with that number. Black: a best reply, or not clearly worse."
    return matrix(
        found, mark, lambda name, rivals: found.payoff(name, rivals).mean,
        lambda name, rivals: name not in best[rivals], note,
    )  # fmt: skip


def _game(found: Tournament) -> Note:
    text = (
        "A firm chooses a strategy once, from this list and with these parameters; strategies not on the list are not "
        f"considered. Ranks are means over rivals of all {len(found.names)} kinds alike, which no real market has."
    )
    return Note(text, "A game of choices made once")
