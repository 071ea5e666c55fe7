"""Charts of a comparison: profit over time, paired differences, and all measures on one slide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.metrics import METRICS, readable, readable_interval
from sim.analysis.statistics import Interval, interval, paired
from sim.charts.words import caption, claim, round_name
from sim.experiments.comparison import Comparison
from sim.figure import (
    FADED,
    INK,
    QUIET,
    axes,
    beside,
    empty_corner,
    featured,
    finish,
    line,
    money,
    name_lines,
    name_rows,
    round_axis,
    shortened,
    slide,
    styled,
    wrapped,
)  # fmt: skip
from sim.palette import looks


@styled
def profit_paths(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Cumulative discounted profit of each alternative: mean over the seeds, 95 % band, and where the lead changes."""
    ax, own = axes(ax)
    profit = interval(np.moveaxis(comparison.profit_paths(), 1, -1))  # over the seeds, (A, T)
    scale, unit = money(profit.mean)
    rounds, ends, shown = np.arange(1, comparison.rounds + 1), [], _featured(comparison)
    for k, look in enumerate(looks(comparison.strategies)):
        mean, low, high = profit.mean[k] / scale, profit.low[k] / scale, profit.high[k] / scale
        if k not in shown:
            ax.plot(rounds, mean, color=FADED, linewidth=1, zorder=1)
            continue
        ax.fill_between(rounds, low, high, color=look.colour, alpha=0.16, linewidth=0)
        line(ax, mean, look)
        ends.append((mean[-1], comparison.names[k], look.ink))
    ax.axhline(0, color=QUIET, linewidth=1, zorder=0.5)
    round_axis(ax, comparison.rounds, round_name(comparison.scenario))
    ax.set_title(f"Cumulative discounted profit ({unit})")
    name_lines(ax, ends)
    _mark_lead(ax, comparison, profit.mean / scale)
    return finish(ax, own, caption(comparison))


@styled
def profit_difference(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Cumulative discounted profit less that of the baseline, pair by pair: mean over the seeds and 95 % band."""
    ax, own = axes(ax)
    paths, rounds = comparison.profit_paths(), np.arange(1, comparison.rounds + 1)
    base, look = comparison.index(comparison.baseline), looks(comparison.strategies)
    gaps = {k: paired(paths[k].T, paths[base].T) for k in _featured(comparison) if k != base}
    scale, unit = money(np.array([gap.mean for gap in gaps.values()] or [[0.0]]))
    ends = [(0.0, comparison.baseline, look[base].ink)]
    for k, gap in gaps.items():
        ax.fill_between(rounds, gap.low / scale, gap.high / scale, color=look[k].colour, alpha=0.2, linewidth=0)
        line(ax, gap.mean / scale, look[k])
        ends.append((gap.mean[-1] / scale, comparison.names[k], look[k].ink))
    ax.axhline(0, color=look[base].colour, linestyle=look[base].dash, zorder=2)
    round_axis(ax, comparison.rounds, round_name(comparison.scenario))
    ax.set_title(f"Difference to {shortened(comparison.baseline, 24)} ({unit})")
    name_lines(ax, ends)
    return finish(ax, own, caption(comparison))


@styled
def difference_forest(comparison: Comparison, measures: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Paired differences to the baseline with 95 % intervals, one row per measure and alternative.

    Measures have different units, so each has its own scale around the common zero and the numbers stand beside the
    rows. A hollow mark says that the interval includes zero.
    """
    measures = list(measures or comparison.table_measures)
    rivals = [name for name in comparison.ranking() if name != comparison.baseline]
    look = dict(zip(comparison.names, looks(comparison.strategies), strict=True))
    several = len(rivals) > 1
    ax, own = axes(ax, len(measures) * (len(rivals) + several), left=0.22)
    y, rows, headings = 0.0, [], []
    for measure in measures:
        label, unit = METRICS[measure].label, METRICS[measure].unit
        gaps = {name: comparison.difference(measure, name) for name in rivals}
        reach = max((abs(v) for gap in gaps.values() for v in gap[:3] if np.isfinite(v)), default=0.0) or 1.0
        if several:
            headings.append((y, label))
            y -= 1
        for name, gap in gaps.items():
            colour = look[name].colour
            if np.isfinite(gap.low):
                ax.plot([gap.low / reach, gap.high / reach], [y, y], color=colour, linewidth=4, zorder=2)
            if np.isfinite(gap.mean):
                face = colour if gap.clear else "white"
                ax.plot(
                    gap.mean / reach, y, "o", markersize=11, color=face, markeredgecolor=colour, markeredgewidth=2.5
                )
            beside(ax, y, _in_figures(gap, unit), _ink(gap))
            rows.append((y, name if several else label, look[name].ink if several else INK))
            y -= 1
        y -= 0.3 * several
    ax.axvline(0, color=look[comparison.baseline].colour, linestyle=look[comparison.baseline].dash, zorder=1)
    ax.set(xlim=(-1.15, 1.15), ylim=(y + 0.4, 0.6), xlabel="← less    more →")
    ax.set_title(f"Against {shortened(comparison.baseline, 30)}", x=0.5, ha="center")
    name_rows(ax, rows, headings)
    return finish(ax, own, caption(comparison))


@styled
def measure_bars(comparison: Comparison, measures: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Mean of each measure and alternative as a bar from zero with its 95 % interval, the paired difference in figures.

    Each measure has its own scale. A difference whose interval includes zero is grey.
    """
    measures = list(measures or comparison.table_measures)
    # few alternatives in the order of the scenario, which may mean something; many by profit
    names = comparison.names if len(comparison.names) <= 6 else comparison.ranking()
    names = sorted(names, key=lambda name: name != comparison.baseline)
    look = dict(zip(comparison.names, looks(comparison.strategies), strict=True))
    ax, own = axes(ax, len(measures) * (len(names) + 1), left=0.22)
    y, rows, headings = 0.0, [], []
    for measure in measures:
        label, unit = METRICS[measure].label, METRICS[measure].unit
        means = {name: comparison.value(measure, name) for name in names}
        ends = [0.0, *(bound for mean in means.values() for bound in mean[:3] if np.isfinite(bound))]
        reach = (max(ends) - min(ends)) or 1.0
        zero = -min(ends) / reach
        # of a rate the reader must know what it is a rate of
        per = (
            f" ({unit.replace('euro', '€').replace('round', round_name(comparison.scenario))})"
            if " per " in unit
            else ""
        )
        headings.append((y, label + per))
        ax.plot([zero, zero], [y - 0.55, y - len(names) - 0.45], color=QUIET, linewidth=1.2, zorder=3)
        for name, mean in means.items():
            y -= 1
            if np.isfinite(mean.mean):
                ax.barh(y, mean.mean / reach, left=zero, height=0.62, color=look[name].colour, zorder=2)
                ax.plot([zero + mean.low / reach, zero + mean.high / reach], [y, y], color=INK, linewidth=1.5, zorder=4)
            gap = None if name == comparison.baseline else comparison.difference(measure, name)
            words = readable(mean.mean, unit) if gap is None else _in_figures(gap, unit)
            if gap is not None:  # a triangle tells a difference from a value that is negative
                words = words.replace("+", "▲ ", 1).replace("−", "▼ ", 1)
            beside(ax, y, words, _ink(gap))
            rows.append((y, name, look[name].ink))
        y -= 1.25
    ax.set(xlim=(0, 1), ylim=(y + 0.6, 0.6))
    name_rows(ax, rows, headings)
    return finish(ax, own, caption(comparison))


@styled
def comparison_picture(comparison: Comparison) -> Figure:
    """The finding on one slide: profit over time, its paired difference, and all measures with their differences."""
    figure, top, bottom = slide(comparison.headline(), claim(comparison.scenario), caption(comparison))
    if len(comparison.names) == 1:
        profit_paths(comparison, figure.add_axes((0.06, bottom, 0.76, top - bottom)))
        return figure
    left, width, gap = 0.066, 0.335, 0.105
    low = 0.4 * (top - bottom - gap)
    difference = figure.add_axes((left, bottom, width, low))
    paths = figure.add_axes((left, bottom + low + gap, width, top - bottom - low - gap), sharex=difference)
    profit_paths(comparison, paths).set_xlabel("")
    paths.tick_params(labelbottom=False)
    profit_difference(comparison, difference)
    for change in comparison.lead_changes()[-1:]:
        for ax in (paths, difference):
            ax.axvline(change.round, color=QUIET, linewidth=1.2, linestyle=(0, (3, 3)), zorder=0.8)
    # those that decide first, as many as there is room for; equity hardly differs from profit and stays in the table
    profit, _, retention, share, surplus, trust = comparison.table_measures
    room = max(1, round(17 / (len(comparison.names) + 1.25)))
    right = figure.add_axes((0.71, 0.09, 0.122, top + 0.05 - 0.09))
    measure_bars(comparison, [profit, surplus, trust, retention, share][:room], right)
    return figure


# ----------------------------------------------------------------------------------------------------------- parts


def _in_figures(gap: Interval, unit: str) -> str:
    return readable_interval(gap, unit, signed=True) if np.isfinite(gap.mean) else "not estimable"


def _ink(gap: Interval | None) -> str:
    """Grey for a difference that may be none."""
    return INK if gap is None or gap.clear or gap.n == 1 else QUIET


def _featured(comparison: Comparison) -> list[int]:
    return featured(comparison.measures["discounted_profit"].mean(axis=1), [comparison.index(comparison.baseline)])


def _mark_lead(ax: Axes, comparison: Comparison, means: np.ndarray) -> None:
    """A ring wherever the lead changes; the last change in words, in the emptiest corner."""
    look = looks(comparison.strategies)
    for change in comparison.lead_changes():
        at = (change.round, means[change.leader, change.round - 1])
        edge = look[change.leader].colour
        ax.plot(*at, "o", markersize=12, color="white", markeredgecolor=edge, markeredgewidth=3, zorder=5)
    for change in comparison.lead_changes()[-1:]:
        words = f"{round_name(comparison.scenario)} {change.round}:\n{wrapped(comparison.names[change.leader], 24)}"
        words += "\ntakes the lead"
        ax.text(
            *empty_corner(ax, words, means), words, transform=ax.transAxes, va="center", color=look[change.leader].ink,
            fontweight="bold", linespacing=1.1, zorder=6,
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2},
        )  # fmt: skip
