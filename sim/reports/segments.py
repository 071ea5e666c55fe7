"""For whom: who gains and who loses, segment by segment.

A comparison keeps no customers. Some of its runs are therefore played again, which gives the same bits (and is checked:
a run that does not is no longer the same market, and nothing is said about segments).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.analysis.levels import need_dyads, ratio
from sim.analysis.readable import readable, readable_interval
from sim.analysis.statistics import Interval, interval, paired
from sim.charts.replay import as_recorded
from sim.experiments.comparison import Comparison
from sim.figure import shortened
from sim.palette import looks
from sim.reports.document import Block, Cell, Column, Finding, Note, Section, Span, Table
from sim.reports.figures import bar_chart
from sim.reports.tables import scaled
from sim.reports.words import counted, listed
from sim.results import Results, ResultsError
from sim.scenario import Scenario, ScenarioError, parse
from sim.strategies.base import StrategyError

SEEDS = 10  # runs of each alternative that are played again
WORK = 60_000_000  # customers x rounds that may be played for it: some tens of seconds
MANY = 5  # segments, from which on luck alone is likely to make one look clear
MARGIN, SURPLUS = "margin", "surplus"


class Segments(NamedTuple):
    """What the segments got: name -> (alternatives, seeds, segments), euro per customer present at the end.

    names      of the alternatives that were played again; segments, and shares of customers in each
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
    from sim.run import simulate

    try:
        scenario = parse(c.scenario)
        names = [segment.name for segment in scenario.segments]
        if len(names) < 2:
            return ""
        best, *others = c.ranking()
        chosen = list(dict.fromkeys([c.baseline, best, *others[:1]]))
        runs = 1 if c.within else len(chosen)
        seeds = min(SEEDS, len(c.seeds), WORK // (runs * scenario.market.customers * c.rounds))
        if seeds < 1:
            return "The market is too large to be played again for its segments."
        if c.rounds != scenario.market.rounds:
            return "Only some rounds of the market were measured; its segments are not told apart."
        table = [[_run(c, scenario, name, seed, simulate) for name in chosen] for seed in c.seeds[:seeds]]
    except (ScenarioError, StrategyError, ResultsError) as error:
        return f"Segments cannot be told apart: {error}"
    focus = [c.firms[c.index(name)] for name in chosen]
    parts = [[of_results(each, firm, len(names)) for each, firm in zip(row, focus, strict=True)] for row in table]
    found = {key: np.array([[part[key] for part in row] for row in parts]).swapaxes(0, 1) for key in (MARGIN, SURPLUS)}
    customers = parts[0][0]["customers"]
    fresh = any((each.customers["born"] > 1).any() for row in table for each in row)
    return Segments(chosen, names, customers / customers.sum(), found, fresh)


def _run(c: Comparison, scenario: Scenario, name: str, seed: Any, simulate: Any) -> Results:
    """One run again. Raises ResultsError where it is not the run that was compared."""
    played = scenario if c.within else scenario.alternative(name)
    results = simulate(played, seed=int(seed), rounds=c.rounds)
    k, firm = c.index(name), c.firms[c.index(name)]
    profit = results.account("profit")[:, results.firms.index(firm)]
    as_recorded(profit, c.accounts["profit"][k, list(c.seeds).index(seed)])
    return results


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


def _gaps(found: Segments, key: str, best: str, other: str) -> list[Interval]:
    values = found.found[key]
    here, there = values[found.names.index(best)], values[found.names.index(other)]
    return [paired(here[:, g], there[:, g]) for g in range(len(found.segments))]


def _finding(c: Comparison, found: Segments, best: str, other: str) -> Finding:
    gaps = _gaps(found, SURPLUS, best, other)
    gain = [name for name, gap in zip(found.segments, gaps, strict=True) if gap.low > 0]
    lose = [name for name, gap in zip(found.segments, gaps, strict=True) if gap.high < 0]
    sides = (("better off", gain), ("worse off", lose))
    parts = [f"{counted(len(who), 'segment')} {how} ({listed(who)})" for how, who in sides if who]
    if rest := len(gaps) - len(gain) - len(lose):
        unclear = f"{counted(rest, 'segment')} without a clear difference"
        parts.append(unclear if parts else "no segment differs clearly")
    text = f"Customers under {c.called(best)} against {c.called(other)}: {'; '.join(parts)}."
    return Finding("For which customers?", text, ("paired",), not (gain or lose))


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
                Cell(found.segments[g], f"{100 * found.shares[g]:.0f} % of customers"),
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
        Column(other, unit, numbers=True),
        Column(best, unit, numbers=True),
        Column("", picture=True),
        Column("difference", unit, "paired", numbers=True),
    )
    note = f"{what[:1].upper()}{what[1:]} of the segment over the run, not discounted."
    names, colours = tuple(found.segments[g] for g in order), (look[best].colour,) * len(order)
    native = bar_chart(names, colours, [gaps[g] for g in order], f"{what} less {shortened(other, 30)}", unit)
    return Table(f"segments-{key}", title, columns, tuple(rows), note, True, native)


def _made(found: Segments) -> str:
    text = (
        f"From {counted(found.seeds, 'run')} of each, played again and identical to those compared. Margin: "
        "revenue less production, tailoring and compensation, before the cost of contacts, listening, advertising and "
        "content, which is not known by customer. Surplus: value in use less payments and effort, with all firms."
    )
    if len(found.segments) >= MANY:
        text += " Of so many segments one or the other looks clear by luck alone (one in twenty where nothing differs)."
    if found.fresh:
        text += " Customers who left are not in it; who took their place counts from then on."
    return text
