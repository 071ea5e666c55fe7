"""The report of a sweep: which alternative is better where, how sure that is, and what it costs not to know where."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.analysis.metrics import METRICS
from sim.analysis.readable import readable, readable_interval
from sim.analysis.statistics import interval
from sim.experiments.manifest import StoreError
from sim.experiments.saved import saved
from sim.experiments.standings import Standing, headline, standings
from sim.experiments.store import Store
from sim.experiments.sweep import Table as Conditions
from sim.experiments.sweep import table as read
from sim.palette import looks
from sim.reports.assumptions import assumptions, written
from sim.reports.build import whole
from sim.reports.caveats import incomplete, left_out
from sim.reports.document import Block, Card, Cards, Cell, Column, Figure, Finding, Note, Report, Section, Table
from sim.reports.figures import figure, where_possible
from sim.reports.provenance import of_store
from sim.reports.words import chance, counted
from sim.results import ResultsError

ROWS = 150  # conditions listed one by one; `sim export` has them all


def of_sweep(folder: Path, measure: str = "discounted_profit") -> Report:
    """Read a store and report it. Raises StoreError where it cannot be read or holds no run."""
    with Store.open(folder) as store:
        found, counts, scenario, made = read(store, measure), store.counts(), store.design.scenario, of_store(store)
    if not np.isfinite(found.values).any():
        raise ResultsError(f"{folder}: holds no finished run yet; go on with it: sim resume {folder}")
    compared = standings(found) if len(found.names) > 1 else []
    unit, conditions = METRICS[measure].unit, found.values.shape[1]
    words = headline(compared) if compared else _range(found, unit)
    many = found.seeds[1]
    sections: list[Section | None] = [
        _answer(found, compared, unit, _kept(folder)),
        _where(found) if found.levels else None,
        _conditions(found, compared, unit),
        Section(
            "caveats",
            "What to keep in mind",
            (*incomplete(counts), *_cautions(many, conditions), left_out()),
        ),
        assumptions(scenario.to_dict()),
        made,
    ]
    basis = f"{counted(conditions, 'condition')} · {counted(len(found.names), 'alternative')} · {many} seeds each"
    return whole(found.title, "", words, f"{basis} · {METRICS[measure].label}", sections)


def _answer(found: Conditions, compared: list[Standing], unit: str, kept: tuple[Note, ...]) -> Section:
    if not compared:
        much = Finding("How much?", f"{_range(found, unit)}.", (found.measure,))
        return Section("answer", "The answer", (much, *kept))
    clear = sum(each.clear for each in compared)
    wins = {name: sum(each.best == name for each in compared) for name in found.names}
    cards = [
        Card(name, f"{wins[name]} of {len(compared)}", "conditions in which it is best", found.measure)
        for name in sorted(found.names, key=lambda name: -wins[name])[:4]
    ]
    cards.append(
        Card("clear", f"{clear} of {len(compared)}", "conditions with a lead that is more than luck", "paired")
    )
    sure = (
        f"In {clear} of {counted(len(compared), 'condition')} the lead is more than luck, after correction for picking "
        "the best and for the number of conditions (Holm)."
    )
    findings = [
        Finding(
            "Which strategy?", f"{headline(compared)}.", (found.measure,), len([w for w in wins.values() if w]) > 1
        ),
        Finding("How sure?", sure, ("paired",), clear < len(compared)),
        *([_ignorance(found, unit)] if len(compared) > 1 else []),
    ]
    return Section("answer", "The answer", (Cards(tuple(cards)), *findings, *kept))


def _ignorance(found: Conditions, unit: str) -> Finding:
    """What it costs to choose one alternative for all conditions: mean and greatest shortfall from the best of each."""
    means = np.nanmean(np.where(np.isnan(found.values).any(axis=0), np.nan, found.values), axis=2)  # (A, conditions)
    means = means[:, np.isfinite(means).all(axis=0)]
    shortfall = means.max(axis=0) - means
    careful, usual = int(shortfall.max(axis=1).argmin()), int(shortfall.mean(axis=1).argmin())
    text = (
        f"Whoever does not know the condition does best with “{found.names[usual]}” on average: it falls "
        f"{readable(shortfall[usual].mean(), unit)} short of the best choice in each condition, "
        f"{readable(shortfall[usual].max(), unit)} at worst."
    )
    if careful != usual:
        text += (
            f" The worst case is mildest with “{found.names[careful]}” ({readable(shortfall[careful].max(), unit)})."
        )
    return Finding("What if we do not know where we are?", f"{text} All conditions count alike.", ("regret",))


def _range(found: Conditions, unit: str) -> str:
    means = np.nanmean(found.values[0], axis=1)
    low, high = int(np.nanargmin(means)), int(np.nanargmax(means))
    label = METRICS[found.measure].label.capitalize()
    ends = [f"{readable(means[at], unit)} ({_levels(found, at)})" for at in (low, high)]
    return f"{label} lies between {ends[0]} and {ends[1]}"


def _levels(found: Conditions, at: int) -> str:
    return ", ".join(f"{factor} {written(levels[at])}" for factor, levels in found.levels.items())


def _where(found: Conditions) -> Section:
    """Map, importance of factors, and regions: whatever the design allows."""
    from sim.experiments.discovery import discover
    from sim.experiments.sensitivity import sensitivity

    blocks: list[Block] = [
        *where_possible("strategy_map", "Where which alternative is better", found, measures=(found.measure,)),
        *where_possible("tornado", "One factor after the other", found, measures=(found.measure,)),
    ]
    for ask, name, title in (
        (sensitivity, "sensitivity_bars", "Which conditions matter?"),
        (discover, "region_rows", "Where is which ahead?"),
    ):
        try:
            answer = ask(found)
        except (ValueError, StoreError):  # another design, too few conditions, more than two alternatives
            continue
        picture: Figure = figure(name, title, answer, measures=(found.measure,))
        blocks += [
            Finding(title, f"{answer.headline()[:1].upper()}{answer.headline()[1:]}.", (found.measure,)),
            picture,
        ]
    if len(found.names) > 1:
        blocks += [_by_level(found, factor, number) for number, factor in enumerate(found.levels)]
    return Section("where", "Where", tuple(blocks))


def _by_level(found: Conditions, factor: str, number: int) -> Table:
    """Mean of every alternative at each level of a factor, over all other conditions."""
    levels, unit = found.levels[factor], METRICS[found.measure].unit
    apart = list(dict.fromkeys(map(str, levels)))
    if len(apart) > 12:  # a range: in thirds
        order = np.argsort(np.argsort(np.array(levels, dtype=float), kind="stable"), kind="stable")
        groups = {
            name: np.flatnonzero(order * 3 // len(levels) == k) for k, name in enumerate(("low", "middle", "high"))
        }
    else:
        groups = {name: np.flatnonzero([str(level) == name for level in levels]) for name in apart}
    look, rows = looks(found.strategies), []
    for name, at in groups.items():
        means = [interval(np.nanmean(values[at], axis=0)) for values in found.values]
        best = int(np.nanargmax([mean.mean for mean in means]))
        rows.append(
            (
                Cell(name, counted(len(at), "condition")),
                *(
                    Cell(readable_interval(mean, unit), value=mean.mean, quiet=k != best)
                    for k, mean in enumerate(means)
                ),
                Cell(found.names[best], colour=look[best].colour),
            )
        )
    columns = (
        Column(factor),
        *(Column(name, unit, found.measure, numbers=True) for name in found.names),
        Column("best on average"),
    )
    return Table(f"level-{number}", f"By {factor}", columns, tuple(rows), "Means over all other conditions.", main=True)


def _conditions(found: Conditions, compared: list[Standing], unit: str) -> Section | None:
    if not compared:
        return None
    look = dict(zip(found.names, looks(found.strategies), strict=True))
    shown = sorted(compared, key=lambda each: each.p)[:ROWS]
    rows = tuple(
        (
            *(Cell(written(level)) for level in each.levels.values()),
            Cell(each.best, colour=look[each.best].colour),
            Cell(readable_interval(each.lead, unit, True), value=each.lead.mean, quiet=not each.clear),
            Cell(chance(each.probability), value=each.probability),
            Cell(readable(each.regret, unit), value=each.regret),
        )
        for each in shown
    )
    columns = (
        *(Column(factor) for factor in found.levels),
        Column("best"),
        Column("lead over the next", unit, "paired", numbers=True),
        Column("probability best", "share", "probability-best", numbers=True),
        Column("expected regret", unit, "regret", numbers=True),
    )
    left = len(compared) - len(shown)
    note = "Grey, slanted: may be luck." + (f" {left:,} more conditions: sim export." if left else "")
    table = Table("conditions", "The surest first", columns, rows, note)
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


def _cautions(many: int, conditions: int) -> list[Note]:
    notes = []
    if many == 1:
        text = "Every condition was run once. No interval, probability or regret can be estimated."
        notes.append(Note(text, "A single seed"))
    if conditions > 1:
        text = "Outside the range of the conditions that were run nothing is known; a map interpolates between them."
        notes.append(Note(text, "Between and beyond"))
    return notes
