"""The figures of a report: drawn by `sim.charts`, and their numbers for those who want to edit them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from sim.analysis.metrics import METRICS
from sim.analysis.statistics import Interval, interval, paired
from sim.charts import CHARTS, chart
from sim.charts.measures import OWN_SCALES
from sim.charts.words import caption
from sim.experiments.comparison import Comparison
from sim.figure import shortened
from sim.palette import looks
from sim.reports.document import Chart, Figure
from sim.reports.native import NATIVE, bar_chart, panel_lines, paths
from sim.reports.words import DECIDES
from sim.results import Results, ResultsError


def figure(
    name: str, title: str, *arguments: object, measures: tuple[str, ...] = (), native: tuple[Chart, ...] = ()
) -> Figure:
    """A figure of `sim.charts` by its name there, called with the arguments; native: its numbers, where they are not
    those of `sim.reports.native`.
    """

    def draw() -> Drawing:
        drawn = chart(name)(*arguments)
        return drawn.figure if isinstance(drawn, Axes) else drawn

    charts = native or (NATIVE[name](*arguments) if name in NATIVE else ())
    return Figure(name, title, CHARTS[name].shows, draw, measures, charts)


def where_possible(name: str, title: str, *arguments: object, measures: tuple[str, ...] = ()) -> tuple[Figure, ...]:
    """The figure, or none where the result does not hold what it is drawn from."""
    try:
        chart(name)(*arguments)
    except (ResultsError, ValueError):
        return ()
    return (figure(name, title, *arguments, measures=measures),)


def over_time(c: Comparison) -> tuple[Figure, ...]:
    """Profit over time, and its difference to the baseline."""
    profits = c.profit_paths()
    native = paths(c, interval(np.moveaxis(profits, 1, -1)), "Cumulative discounted profit")
    first = figure("profit_paths", "Profit over time", c, measures=(DECIDES,), native=(native,))
    if len(c.names) < 2:
        return (first,)
    gaps = [paired(path.T, profits[c.index(c.baseline)].T) for path in profits]
    found = Interval(*(np.array([gap[part] for gap in gaps]) for part in range(3)), len(c.seeds))
    pairs = "Pair by pair." if len(c.seeds) > 1 else ""
    native = paths(c, found, f"Cumulative discounted profit less {shortened(c.baseline, 30)}", pairs)
    title = f"Profit over time against {c.baseline}"
    return first, figure("profit_difference", title, c, measures=(DECIDES, "paired"), native=(native,))


def ranked(c: Comparison) -> Figure:
    """Everybody's measures as bars."""
    own = caption(c, OWN_SCALES, "Whiskers")  # bars that can be edited have no differences beside them
    native = tuple(replace(bars(c, measure), caption=own) for measure in c.table_measures)
    return figure("measure_bars", "The measures side by side", c, measures=tuple(c.table_measures), native=native)


def panels(results: Results) -> tuple[Figure, ...]:
    """Share, trust and shared context of every firm of a run, round by round."""
    from sim.charts import PANELS, firm_paths

    def drawn(name: str) -> Figure:
        title, known = PANELS[name].title, {"share": ("market_share",)}.get(name, (name,))
        charts = (panel_lines(results, name),)
        return Figure(
            f"run-{name}", title, f"{title}, firm by firm", lambda: firm_paths(results, name).figure, known, charts
        )

    return tuple(drawn(name) for name in PANELS if name != "profit")


def customers(results: Results) -> tuple[Figure, ...]:
    """Who stays, what customers are worth, where they go: what a run with its transactions can show."""
    sent = [("inbox", "Messages and stress")] if results.account("contacts").any() else []  # no picture of nothing
    found = (
        ("retention_curves", "How long customers stay"),
        ("lifetime_values", "What customers are worth"),
        ("switching_flow", "Where customers bought last, and where they went"),
        ("phases_picture", "Phases of the relationship"),
        *sent,
    )
    return tuple(each for name, title in found for each in where_possible(name, title, results))


def bars(c: Comparison, measure: str) -> Chart:
    """One measure of every alternative, the best first."""
    found = [c.value(measure, name) for name in c.names]
    order = sorted(range(len(found)), key=lambda k: -np.nan_to_num(found[k].mean, nan=-np.inf))
    look, metric = looks(c.strategies), METRICS[measure]
    names, colours = tuple(c.names[k] for k in order), tuple(look[k].colour for k in order)
    return bar_chart(names, colours, [found[k] for k in order], metric.label, metric.unit)
