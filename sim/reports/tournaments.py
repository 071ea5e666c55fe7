"""The report of a tournament: who earns most against whom, what is stable, and who would remain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim.analysis.metrics import METRICS
from sim.analysis.readable import readable, readable_interval
from sim.experiments.store import Store
from sim.experiments.tournament import Tournament, read
from sim.palette import looks
from sim.reports.assumptions import assumptions, written
from sim.reports.build import whole
from sim.reports.caveats import left_out
from sim.reports.document import Block, Card, Cards, Cell, Code, Column, Finding, Note, Report, Section, Table
from sim.reports.figures import where_possible
from sim.reports.provenance import provenance, seeds_in_words
from sim.reports.words import counted, listed

ALIVE = 0.005  # share below which a strategy counts as gone


def of_tournament(folder: Path, measure: str = "discounted_profit") -> Report:
    """Read the store of a tournament and report it. Raises StoreError where matches are missing."""
    with Store.open(folder) as store:
        found, manifest, scenario = read(store, measure), store.manifest, store.design.scenario
    sections: list[Section | None] = []
    for number, each in enumerate(found):
        where = ", ".join(f"{name} {written(level)}" for name, level in each.levels.items())
        sections += _condition(each, number, where)
    first = found[0]
    seeds = manifest["arms"][0]["seeds"]
    sections += [
        Section("caveats", "What to keep in mind", (_game(first), left_out())),
        assumptions(scenario.to_dict()),
        provenance(
            manifest["provenance"] | {name: manifest[name] for name in ("scenario_hash", "numbers_version")},
            seeds_in_words(*seeds), scenario.to_dict(), "",
            (Note("The folder's manifest.json is all it takes.", "Reproduce it"), Code(f"sim reproduce {folder.name}")),
        ),
    ]  # fmt: skip
    runs = counted(first.payoffs.shape[2], "paired run")
    basis = f"{len(first.names)} strategies · {first.firms} firms in a market · {runs} of every match"
    words = first.headline() if len(found) == 1 else f"{counted(len(found), 'tournament')}: {first.headline()}"
    return whole(first.title, "", words, f"{basis} · {METRICS[measure].label}", sections)


def _condition(found: Tournament, number: int, where: str) -> list[Section]:
    """Answer and numbers of one tournament; of several, one after the other."""
    mark, of = (f"-{number}", f": {where}") if where else ("", "")
    drawn = [
        replace(each, name=f"{each.name}{mark}")  # names are unique in a report
        for name, title in (("payoff_matrix", "Payoffs"), ("ecology", "Who would remain"))
        for each in where_possible(name, title, found, measures=(found.measure,))
    ]
    blocks: tuple[Block, ...] = (_cards(found), *_findings(found), _ranks(found, mark), *drawn)
    return [
        Section(f"answer{mark}", f"The answer{of}", blocks),
        Section(f"payoffs{mark}", f"Who earns what against whom{of}", (_matrix(found, mark),)),
    ]


def _cards(found: Tournament) -> Cards:
    unit, first = METRICS[found.measure].unit, found.ranking()[0]
    ends = dict(zip(found.names, found.ecology()[-1], strict=True))
    left = max(ends, key=ends.__getitem__)
    return Cards(
        (
            Card("earns most on average", first.name, readable_interval(first.payoff, unit), found.measure),
            Card("rank (95 %)", f"{first.low}–{first.high}" if first.low < first.high else f"{first.low}", first.name),
            Card("nobody gains by leaving", f"{len(found.uninvadable())} of {len(found.names)}", "strategies"),
            Card("would spread to", f"{ends[left]:.0%}", left),
        )
    )


def _findings(found: Tournament) -> list[Finding]:
    first, *others = found.ranking()
    level = [rank.name for rank in others if rank.low == 1]
    stable = found.uninvadable()
    ends = found.ecology()[-1]
    alive = [
        f"{share:.0%} {n}"
        for n, share in sorted(zip(found.names, ends, strict=True), key=lambda p: -p[1])
        if share > ALIVE
    ]
    equilibria = []
    for each in found.equilibria():
        sides = [
            " + ".join(n if p == 1 else f"{p:.0%} {n}" for n, p in side.items()) for side in (each.first, each.second)
        ]
        words = f"All play {sides[0]}" if sides[0] == sides[1] else " against ".join(sides)
        equilibria.append(f"{words} (in {each.share:.0%} of the samples drawn again)")
    sure = (
        f"{listed(level)} may be as good, for all these runs can tell."
        if level
        else f"No other may be first ({first.name} ranks 1)."
    )
    return [
        Finding("Which strategy?", f"{found.headline()}.", (found.measure,), bool(level)),
        Finding("How sure?", sure, ("interval",), bool(level)),
        Finding(
            "What is stable?", f"Nobody clearly gains by leaving: {listed(stable, 8) or 'no strategy'}.", ("paired",)
        ),
        Finding("Which equilibria?", f"{'; '.join(equilibria[:4]) or 'None was found'}.", ()),
        Finding("Who would remain?", f"If the more profitable spread, from equal shares: {listed(alive, 8)}.", ()),
    ]


def _ranks(found: Tournament, mark: str) -> Table:
    unit, look = METRICS[found.measure].unit, dict(zip(found.names, looks(found.kinds), strict=True))
    replies = found.best_replies()
    rows = tuple(
        (
            Cell(rank.name, colour=look[rank.name].colour),
            Cell(f"{rank.rank}" if rank.low == rank.high else f"{rank.rank} ({rank.low}–{rank.high})", value=rank.rank),
            Cell(readable_interval(rank.payoff, unit), value=rank.payoff.mean),
            Cell(replies[rank.name][0]),
        )
        for rank in found.ranking()
    )
    columns = (
        Column("strategy"),
        Column("rank (95 %)", numbers=True),
        Column("mean payoff", unit, found.measure, numbers=True),
        Column("best reply to it"),
    )
    return Table(f"ranks{mark}", "By mean payoff over all rivals", columns, rows, main=True)


def _matrix(found: Tournament, mark: str) -> Table:
    unit, order = METRICS[found.measure].unit, [rank.name for rank in found.ranking()]
    best = found.best_replies()
    rows = tuple(
        (
            Cell(f"{number} {name}"),
            *(
                Cell(readable(mean, unit), value=mean, quiet=name not in best[rivals])
                for rivals in order
                for mean in [found.payoff(name, rivals).mean]
            ),
        )
        for number, name in enumerate(order, start=1)
    )
    columns = (Column("what the row earns"), *(Column(f"{n}", unit, numbers=True) for n in range(1, len(order) + 1)))
    note = "Columns: rivals that all play the strategy with that number. Black: a best reply, or not clearly worse."
    return Table(f"matrix{mark}", f"Payoffs in {METRICS[found.measure].label}", columns, rows, note)


def _game(found: Tournament) -> Note:
    text = (
        "A firm chooses a strategy once, from this list and with these parameters; strategies not on the list are not "
        f"considered. Ranks are means over rivals of all {len(found.names)} kinds alike, which no real market has."
    )
    return Note(text, "A game of choices made once")
