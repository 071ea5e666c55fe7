"""The report of entries into drawn markets: who gains by entering, in whose place, and what it does to the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sim.analysis.evidence import Chance, Contrast
from sim.analysis.inference import Judged
from sim.analysis.metrics import METRICS
from sim.analysis.readable import readable, readable_interval, significance
from sim.experiments.design import Arm
from sim.experiments.entry import REPLACED, STAYS, Entry, read
from sim.experiments.store import Store
from sim.experiments.tournament import spoken
from sim.palette import looks
from sim.reports.assumptions import assumptions
from sim.reports.build import whole
from sim.reports.caveats import decided, incomplete, left_out
from sim.reports.document import Card, Cards, Cell, Column, Finding, Note, Report, Section, Table
from sim.reports.drawn import company
from sim.reports.figures import bar_chart
from sim.reports.provenance import of_store
from sim.reports.rankings import played
from sim.reports.tables import scaled
from sim.reports.words import DECIDES, chance, counted, listed


def of_entry(folder: Path, measure: str = DECIDES) -> Report:
    """Read the store of entries and report it. Raises StoreError for one that is not complete."""
    with Store.open(folder) as store:
        found, counts, design, made = read(store, measure), store.counts(), store.design, of_store(store)
    kinds = {arm.alternative: arm.firms[0][1] for arm in design.arms}  # of the first firm, in whose place they play
    evidence = found.evidence()
    # who gains most first
    order = sorted(evidence.contrasts, key=lambda each: -np.nan_to_num(each.difference.mean, nan=-np.inf))
    names = [each.name for each in order]
    colours = dict(zip(names, (look.colour for look in looks([kinds[name] for name in names])), strict=True))
    residents = sorted(set(found.replaced))
    gains = _gains(found, order, {each.name: each for each in evidence.chances}, colours)
    sections: list[Section | None] = [
        Section("answer", "The answer", (_cards(found, order, evidence.best), *_findings(found, order), gains)),
        Section("places", "In whose place", (_places(found, names, residents),)),
        Section("caveats", "What to keep in mind", (*incomplete(counts), *decided(measure), *_cautions(), left_out())),
        assumptions(design.scenario.to_dict(), design.scenario.given, played(design, _players), "firms.*.strategy"),
        made,
    ]
    markets = counted(found.payoffs.shape[1], "drawn market")
    basis = (
        f"{counted(len(names), 'newcomer')} · {counted(len(residents), 'resident')} · {markets} of {found.firms} firms"
    )
    return whole(found.title, "", found.headline(), f"{basis} · {METRICS[measure].label}", sections)


def _players(arm: Arm) -> list[str]:
    """What the firms of a market play: who enters or stays, and the kinds of the others."""
    first = arm.factors[REPLACED] if arm.alternative == STAYS else arm.alternative
    return [first, *(kind for _, kind in arm.firms[1:])]


def _clear(each: Contrast, sign: int) -> bool:
    return each.p < 0.05 and sign * each.difference.mean > 0


def _cards(found: Entry, order: list[Contrast], best: Chance) -> Cards:
    unit, first = METRICS[found.measure].unit, order[0]
    gains = sum(_clear(each, 1) for each in order)
    most = readable_interval(first.difference, unit, signed=True)
    harm = found.harms()[first.name]
    others = readable_interval(harm, unit, signed=True)
    return Cards(
        (
            Card("gain or loss by entering", most, f"{spoken(first.name)}, the highest", "entry", not first.p < 0.05),
            Card("clearly gain", f"{gains} of {len(order)}", "newcomers", "clear"),
            Card("the other firms then", others, "change of their mean payoff", "entry", not harm.clear),
            Card("probability best", chance(best.probability), spoken(best.name), "probability-best"),
        )
    )


def _findings(found: Entry, order: list[Contrast]) -> list[Finding]:
    gain, lose = ([spoken(each.name) for each in order if _clear(each, sign)] for sign in (1, -1))
    rest = [spoken(each.name) for each in order if spoken(each.name) not in (*gain, *lose)]
    sides = (("clearly gains", "clearly gain", gain), ("clearly loses", "clearly lose", lose))
    parts = [f"{listed(who)} {one if len(who) == 1 else many}" for one, many, who in sides if who]
    if rest:
        parts.append(f"no clear gain or loss for {listed(rest)}")
    sure = f"{'; '.join(parts)}. Corrected for their number (Holm)."
    return [
        Finding("Does it pay to enter?", f"{found.headline()}.", (found.measure, "entry"), bool(rest) and not gain),
        Finding("How sure?", f"{sure[:1].upper()}{sure[1:]}", ("clear", "p-holm"), bool(rest)),
        Finding("What does it do to the others?", _harm(found), ("entry", "clear")),
    ]  # fmt: skip


def _harm(found: Entry) -> str:
    """For whom the other firms' mean payoff clearly rises or falls."""
    better, worse = (
        [spoken(n) for n, change in found.harms().items() if sign * change.mean > 0 and change.clear]
        for sign in (1, -1)
    )
    parts = [f"{how} off with {listed(who)}" for how, who in (("better", better), ("worse", worse)) if who]
    if not parts:
        return "No newcomer makes the other firms clearly better or worse off."
    return f"The other firms are clearly {', '.join(parts)} in that place."


def _gains(found: Entry, order: list[Contrast], chances: dict[str, Chance], colours: dict[str, str]) -> Table:
    unit = METRICS[found.measure].unit
    gains = [each.difference for each in order]
    rows = []
    harms = found.harms()
    for each, span in zip(order, scaled(gains), strict=True):
        harm, odds = harms[each.name], chances[each.name]
        rows.append(
            (
                Cell(spoken(each.name), colour=colours[each.name]),
                Cell("", span=span, colour=colours[each.name]),
                Cell(
                    readable_interval(each.difference, unit, signed=True),
                    value=each.difference.mean,
                    quiet=not each.p < 0.05,
                ),
                Cell(significance(each.p), value=each.p),
                Cell(readable(each.superiority, "share"), value=each.superiority),
                Cell(readable_interval(harm, unit, signed=True), value=harm.mean, quiet=not harm.clear),
                Cell(chance(odds.probability), value=odds.probability),
            )
        )
    columns = (
        Column("newcomer"),
        Column("", picture=True),
        Column("gain by entering", unit, "entry", numbers=True),
        Column("p (Holm)", "probability", "p-holm", numbers=True),
        Column("gains in", "share", "superiority", numbers=True),
        Column("the other firms", unit, "entry", numbers=True),
        Column("probability best", "share", "probability-best", numbers=True),
    )
    staying = chances[STAYS].probability
    note = (
        "Gain over the resident whose place the newcomer takes, and change of the other firms' mean payoff, market by "
        f"market. Staying out is best with a probability of {chance(staying)}."
    )
    names = tuple(spoken(each.name) for each in order)
    native = bar_chart(names, tuple(colours[each.name] for each in order), gains, "gain by entering", unit)
    return Table("gains", "Who gains by entering", columns, tuple(rows), note, True, native, grey="may be none (Holm)")


def _places(found: Entry, names: list[str], residents: list[str]) -> Table:
    """Gain of each newcomer in the place of each resident."""
    unit, gains = METRICS[found.measure].unit, found.gains()
    rows = tuple(
        (Cell(spoken(name)), *(_gain(gains[name, resident], unit) for resident in residents)) for name in names
    )
    columns = (
        Column("newcomer"), *(Column(spoken(resident), unit, "entry", numbers=True) for resident in residents)
    )  # fmt: skip
    counts = ", ".join(f"{spoken(resident)} in {found.replaced.count(resident)}" for resident in residents)
    note = f"Whose place is taken in how many markets: {counts}."
    grey = f"may be none, corrected for all {len(gains)} pairs (Holm)"
    return Table("places", "Gain by entering in the place of", columns, rows, note, grey=grey)


def _gain(gain: Judged, unit: str) -> Cell:
    known = gain.mean if np.isfinite(gain.mean) else None
    return Cell(readable_interval(gain, unit, signed=True), value=known, quiet=not gain.clear)


def _cautions() -> list[Note]:
    text = (
        "A newcomer takes a firm's place: the number of firms stays the same, and nobody answers the entry with "
        "another strategy. Entering costs nothing."
    )
    return [Note(text, "A change of strategy, not one firm more"), company()]
