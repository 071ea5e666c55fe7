"""Charts of a comparison over time, and its finding on one slide."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.statistics import interval, paired
from sim.charts.measures import bars_beside
from sim.charts.words import caption, claim, grey, round_name
from sim.experiments.comparison import Comparison
from sim.figure import (
    FADED,
    QUIET,
    TEXT,
    axes,
    empty_corner,
    featured,
    finish,
    fitted,
    inches,
    line,
    money,
    name_lines,
    round_axis,
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
    _mark_lead(ax, comparison, profit.mean / scale, [k for k in range(len(comparison.names)) if k in shown])
    return finish(ax, own, caption(comparison, grey(len(comparison.names) - len(shown)), "Bands"))


@styled
def profit_difference(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Cumulative discounted profit less that of the baseline, pair by pair: mean over the seeds and 95 % band."""
    ax, own = axes(ax)
    paths, rounds = comparison.profit_paths(), np.arange(1, comparison.rounds + 1)
    base, look = comparison.index(comparison.baseline), looks(comparison.strategies)
    shown = _featured(comparison)
    gaps = {k: paired(paths[k].T, paths[base].T) for k in range(len(paths)) if k != base}
    scale, unit = money(np.array([gap.mean for gap in gaps.values()] or [[0.0]]))
    ends = [(0.0, comparison.baseline, look[base].ink)]
    for k, gap in gaps.items():
        if k not in shown:
            ax.plot(rounds, gap.mean / scale, color=FADED, linewidth=1, zorder=1)
            continue
        ax.fill_between(rounds, gap.low / scale, gap.high / scale, color=look[k].colour, alpha=0.2, linewidth=0)
        line(ax, gap.mean / scale, look[k])
        ends.append((gap.mean[-1] / scale, comparison.names[k], look[k].ink))
    ax.axhline(0, color=look[base].colour, linestyle=look[base].dash, zorder=2)
    round_axis(ax, comparison.rounds, round_name(comparison.scenario))
    ax.set_title(fitted(f"Difference to {comparison.baseline} ({unit})", inches(ax)[0] + 1.5, 15, bold=True))
    name_lines(ax, ends)
    pairs = "Pair by pair." if len(comparison.seeds) > 1 else ""
    how = f"{pairs} {grey(len(comparison.names) - len(shown))}".strip()
    return finish(ax, own, caption(comparison, how, "Bands"))


@styled
def comparison_picture(comparison: Comparison) -> Figure:
    """The finding on one slide: profit over time, its paired difference, and all measures with their differences."""
    others = grey(len(comparison.names) - len(_featured(comparison)))
    called = comparison.called(comparison.baseline)
    how = f"▲▼: difference to {called}, pair by pair; grey figures: may be zero. {others}"
    how = how.strip() if len(comparison.names) > 1 else ""
    below = caption(comparison, how, "Bands, whiskers and ±")
    figure, top, bottom = slide(comparison.headline(), claim(comparison.scenario), below)
    if len(comparison.names) == 1:
        profit_paths(comparison, figure.add_axes((0.06, bottom, 0.76, top - bottom)))
        return figure
    left, width, gap = 0.066, 0.3, 0.105
    low = 0.4 * (top - bottom - gap)
    right = figure.add_axes((0.55, 0.1, 0.445, top + 0.04 - 0.1))
    right.set_axis_off()  # before names look for room beside them
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
    bars_beside(comparison, [profit, surplus, trust, retention, share][:room], right)
    return figure


# ----------------------------------------------------------------------------------------------------------- parts


def _featured(comparison: Comparison) -> list[int]:
    return featured(comparison.measures["discounted_profit"].mean(axis=1), [comparison.index(comparison.baseline)])


def _mark_lead(ax: Axes, comparison: Comparison, means: np.ndarray, shown: list[int]) -> None:
    """A ring wherever the lead changes, with its round; the last change in words, in the emptiest corner."""
    look, changes = looks(comparison.strategies), comparison.lead_changes()
    for change in changes:
        at = (change.round, means[change.leader, change.round - 1])
        edge = look[change.leader].colour
        ax.plot(*at, "o", markersize=12, color="white", markeredgecolor=edge, markeredgewidth=3, zorder=5)
    for change in changes[:-1]:
        at = (change.round, means[change.leader, change.round - 1])
        ax.annotate(
            f"{round_name(comparison.scenario)} {change.round}", at, (-9, 7), textcoords="offset points", ha="right",
            va="bottom", fontsize=TEXT - 2, color=look[change.leader].ink, zorder=6, annotation_clip=False,
        )  # fmt: skip
    for change in changes[-1:]:
        words = f"{round_name(comparison.scenario)} {change.round}:\n{wrapped(comparison.names[change.leader], 24)}"
        words += "\ntakes the lead"
        ax.text(
            *empty_corner(ax, words, means[shown]), words, transform=ax.transAxes, va="center",
            color=look[change.leader].ink, fontweight="bold", linespacing=1.1, zorder=6,
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2},
        )  # fmt: skip
