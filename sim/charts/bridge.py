"""The profit bridge: what makes the difference between the profits of two alternatives, step by step."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from sim.analysis.bridge import comparison_bridge
from sim.analysis.metrics import readable_interval
from sim.analysis.statistics import interval
from sim.charts.words import caption
from sim.experiments.comparison import Comparison
from sim.figure import DOWN, INK, QUIET, UP, axes, beside, finish, margin, name_rows, note, styled, value_axis
from sim.palette import looks

SMALL = 0.004  # of the reach of the chart: steps that stay below are drawn as one


@styled
def profit_bridge(
    comparison: Comparison, name: str | None = None, to: str | None = None, ax: Axes | None = None
) -> Axes:
    """From the discounted profit of the baseline (or `to`) to that of `name` (default the best other alternative).

    Steps are paired differences with their 95 % intervals; a pale one may be zero.
    """
    start = to or comparison.baseline
    others = [other for other in comparison.ranking() if other != start]
    if name is None and not others:
        ax, own = axes(ax)
        ax.set_axis_off()
        note(ax, "A bridge leads from one alternative to another; only one was played.")
        return finish(ax, own, caption(comparison, ""))
    found = comparison_bridge(comparison, name or others[0], start)
    steps = found.steps()
    ax, own = axes(ax, len(steps) + 2, left=0.28, width=0.47)
    ends = [(found.start, interval(found.before)), (found.end, interval(found.after))]
    look = dict(zip(comparison.names, looks(comparison.strategies), strict=True))
    rows, level, y = [], ends[0][1].mean, -1.0
    _end(ax, 0.0, ends[0], look, rows)
    single = len(comparison.seeds) == 1
    for step in steps:
        sure = single or step.value.clear
        colour = UP if step.value.mean >= 0 else DOWN
        ax.barh(y, step.value.mean, left=level, height=0.62, color=colour, alpha=1.0 if sure else 0.35, zorder=2)
        ax.plot([level, level], [y + 1 - 0.31, y + 0.31], color=QUIET, linewidth=1, zorder=1)
        level += step.value.mean
        if np.isfinite(step.value.low):
            half = step.value.high - step.value.mean
            ax.plot([level - half, level + half], [y, y], color=INK, linewidth=1.5, zorder=4)
        beside(ax, y, readable_interval(step.value, "euro", signed=True), INK if sure else QUIET)
        rows.append((y, step.label, INK))
        y -= 1
    ax.plot([level, level], [y + 1 - 0.31, y + 0.31], color=QUIET, linewidth=1, zorder=1)
    _end(ax, y, ends[1], look, rows)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    ax.set_ylim(y - 0.6, 0.6)
    ax.margins(x=0.04)
    name_rows(ax, rows)
    value_axis(ax, "discounted profit (euro)")
    ax.set_title("Where the difference in discounted profit comes from", x=margin(ax) if own else 0.0)
    how = "Blue: adds; orange: takes away; pale: may be zero. "
    how += "Purchases at the mean of both margins, prices and unit costs at the mean of both volumes."
    return finish(ax, own, caption(comparison, how))


def _end(ax: Axes, y: float, end: tuple, look: dict, rows: list) -> None:
    """One of the two profits, as a bar from zero."""
    name, profit = end
    ax.barh(y, profit.mean, height=0.72, color=look[name].colour, zorder=2)
    if np.isfinite(profit.low):
        ax.plot([profit.low, profit.high], [y, y], color=INK, linewidth=1.5, zorder=4)
    beside(ax, y, readable_interval(profit, "euro"), INK)
    rows.append((y, name, look[name].ink))
