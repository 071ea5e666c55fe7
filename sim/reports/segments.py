"""For whom: who gains and who loses, segment by segment, from runs that are played again (`sim.reports.replays`)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.inference import Judged, judged
from sim.analysis.levels import need_dyads, ratio
from sim.analysis.readable import readable, readable_interval
from sim.analysis.statistics import interval
from sim.experiments.comparison import Comparison
from sim.figure import shortened
from sim.palette import looks
from sim.reports.document import Block, Cell, Column, Finding, Note, Section, Span, Table
from sim.reports.figures import bar_chart
from sim.reports.replays import affordable, chosen, play
from sim.reports.tables import scaled
from sim.reports.words import counted, listed
from sim.results import Results, ResultsError

WORK = 60_000_000  # customers x rounds that may be played for it: some tens of seconds
MARGIN, SURPLUS = "margin", "surplus"


class Segments(NamedTuple):
    """What the segments got: name -> (alternatives, seeds, segments), euro per customer present at the end.

    names      of the alternatives that were played again; segments, and their shares of customers as declared
    found      MARGIN of the focus firm, SURPLUS with all firms
    fresh      some customers came later: what their predecessors bought is not in it
    """

    names: list[str]
    segments: list[str]
    shares: np.ndarray
    found: dict[str, np.ndarray]
    fresh: bool

    @property
    def seeds(self) -> int:
        """Runs of each alternative."""
        return self.found[MARGIN].shape[1]


def of_results(results: Results, firm: str, many: int) -> dict[str, np.ndarray]:
    """MARGIN, SURPLUS and "customers" of each of so many segments in one run. Raises ResultsError without dyads."""
    dyads = need_dyads(results)
    segment, j = results.customers["segment"].astype(np.int64), results.firms.index(firm)
    customers = np.bincount(segment, minlength=many).astype(float)

    def mean(values: np.ndarray) -> np.ndarray:
        return ratio(np.bincount(segment, weights=values.astype(float), minlength=many), customers)

    surplus = mean(dyads["surplus"].sum(axis=0))
    return {"customers": customers, MARGIN: mean(dyads["margin"][j]), SURPLUS: surplus}


def replayed(c: Comparison) -> Segments | str:
    """The segments of a comparison from runs played again, or why there are none ("" if all are alike)."""
    declared = c.scenario.get("segments", [])
    if len(declared) < 2:
        return ""
    names, segments = chosen(c), [str(each.get("name", number)) for number, each in enumerate(declared)]
    seeds = affordable(c, names, WORK)
    if seeds < 1:
        return "The market is too large to be played again for its segments."
    found = {key: np.full((len(names), seeds, len(segments)), np.nan) for key in (MARGIN, SURPLUS)}
    fresh = False
    try:
        for run in play(c, names, seeds, log=False):
            fresh |= bool((run.results.customers["born"] > 1).any())
            for k, name in enumerate(names):
                if name == run.name or c.within:
                    part = of_results(run.results, c.firms[c.index(name)], len(segments))
                    for key, values in found.items():
                        values[k, run.number] = part[key]
    except ResultsError as error:
        return f"Segments cannot be told apart: {error}."
    shares = np.array([float(each.get("share", np.nan)) for each in declared])
    return Segments(names, segments, shares / shares.sum(), found, fresh)


# -------------------------------------------------------------------------------------------------------- section


def segments(c: Comparison) -> tuple[Section | None, str]:
    """Whom it pays and whom it costs, with a table per measure; or nothing, and why ("" where there is one segment)."""
    found = replayed(c)
    return (None, found) if isinstance(found, str) else (told(c, found), "")


def told(c: Comparison, found: Segments) -> Section:
    """The section about these segments."""
    best = c.ranking()[0]
    other = found.names[0] if found.names[0] != best else found.names[1]
    blocks: list[Block] = [
        _table(c, found, MARGIN, best, other, "What the firm earns from each segment", "margin per customer"),
        _table(c, found, SURPLUS, best, other, "What customers of each segment gain", "surplus per customer"),
        Note(_made(found)),
    ]
    finding = _finding(c, found, best, other)
    return Section("segments", "For whom", (finding, *blocks))


def _gaps(found: Segments, key: str, best: str, other: str) -> list[Judged]:
    """Differences segment by segment, judged together."""
    values = found.found[key]
    gaps = values[found.names.index(best)] - values[found.names.index(other)]
    return judged(list(gaps.T))


def _finding(c: Comparison, found: Segments, best: str, other: str) -> Finding:
    gaps = _gaps(found, SURPLUS, best, other)
    gain, lose = (
        [name for name, gap in zip(found.segments, gaps, strict=True) if gap.clear and sign * gap.mean > 0]
        for sign in (1, -1)
    )
    sides = (("better off", gain), ("worse off", lose))
    parts = [
        f"all {len(gaps)} segments {how}" if len(who) == len(gaps) > 1
        else f"{counted(len(who), 'segment')} {how} ({listed(who)})"
        for how, who in sides if who
    ]  # fmt: skip
    if rest := len(gaps) - len(gain) - len(lose):
        unclear = f"{counted(rest, 'segment')} without a clear difference"
        parts.append(unclear if parts else "no segment differs clearly")
    text = f"Customers under {c.called(best)} against {c.called(other)}: {'; '.join(parts)}."
    return Finding("For which customers?", text, ("surplus", "clear"), not (gain or lose))


def _table(c: Comparison, found: Segments, key: str, best: str, other: str, title: str, what: str) -> Table:
    unit, look = "euro", dict(zip(c.names, looks(c.strategies), strict=True))
    gaps = _gaps(found, key, best, other)
    spans: list[Span | None] = scaled(gaps)
    values = found.found[key]
    order = sorted(range(len(gaps)), key=lambda g: -np.nan_to_num(gaps[g].mean, nan=-np.inf))
    rows = []
    for g in order:
        means = [interval(values[found.names.index(name), :, g]).mean for name in (other, best)]
        rows.append(
            (
                Cell(found.segments[g], f"{readable(float(found.shares[g]), 'share')} of customers"),
                *(Cell(readable(mean, unit), value=mean) for mean in means),
                Cell("", span=spans[g], colour=look[best].colour),
                Cell(
                    readable_interval(gaps[g], unit, signed=True),
                    value=gaps[g].mean,
                    quiet=not gaps[g].clear and gaps[g].n > 1,
                ),
            )
        )
    columns = (
        Column("segment"),
        Column(other, unit, key, numbers=True),
        Column(best, unit, key, numbers=True),
        Column("", picture=True),
        Column("difference", unit, "paired", numbers=True),
    )
    note = f"{what[:1].upper()}{what[1:]} of the segment over the run, not discounted; mean of "
    note += f"{counted(found.seeds, 'run')}."
    grey = f"may be none, corrected for {len(gaps)} segments (Holm)"
    names, colours = tuple(found.segments[g] for g in order), (look[best].colour,) * len(order)
    native = bar_chart(
        names, colours, [gaps[g] for g in order], f"{what}, {shortened(best, 30)} less {shortened(other, 30)}", unit
    )
    return Table(f"segments-{key}", title, columns, tuple(rows), note, True, native, grey=grey)


def _made(found: Segments) -> str:
    text = (
        f"From {counted(found.seeds, 'run')} of each, played again and identical to those compared. Margin: "
        "revenue less production, tailoring and compensation, before the cost of contacts, listening, advertising and "
        "content, which is not known by customer. Surplus: value in use less payments and effort, with all firms."
    )
    if found.fresh:
        text += " Customers who left are not in it; who took their place counts from then on."
    return text
