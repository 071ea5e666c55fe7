"""Several measures of a comparison side by side: paired differences, and means as bars, each on a scale of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from sim.analysis.metrics import METRICS, readable, readable_interval
from sim.analysis.statistics import Interval
from sim.charts.words import caption, left_out, round_name, scale_of
from sim.experiments.comparison import Comparison
from sim.figure import (
    INK,
    QUIET,
    TEXT,
    axes,
    beside,
    finish,
    fitted,
    inches,
    length,
    name_rows,
    styled,
    value_axis,
    within,
)  # fmt: skip
from sim.palette import Look, looks

ROW, HEAD, SCALE = 0.27, 0.3, 0.5  # inches: a row, the name of a measure above its rows, its scale below them
NARROW = 1.85  # inches of the bars of a column; below, it has no room for numbers
SIDES = 20  # rows of one measure
OWN_SCALES = "Every measure on a scale of its own."


@styled
def difference_forest(comparison: Comparison, measures: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Paired differences to the baseline with 95 % intervals, each measure on its own scale around the common zero.

    A hollow mark says that the difference may be none, corrected for the number of rivals (Holm).
    """
    measures = list(measures or comparison.table_measures)
    rivals, left = within([comparison.index(n) for n in comparison.ranking() if n != comparison.baseline], SIDES)
    names = [comparison.names[k] for k in rivals]
    gaps = {m: [comparison.difference(m, name) for name in names] for m in measures}
    ax, own, panels, numbers = _panels(ax, comparison, measures, names)
    look = _looks(comparison)
    zero = look[comparison.baseline]
    for panel, measure in zip(panels, measures, strict=True):
        scale, unit = _scale(comparison, measure, gaps[measure], change=True)
        for y, (name, gap) in enumerate(zip(names, gaps[measure], strict=True)):
            colour = look[name].colour
            if np.isfinite(gap.low):
                panel.plot([gap.low / scale, gap.high / scale], [-y, -y], color=colour, linewidth=4, zorder=2)
            if np.isfinite(gap.mean):
                face = colour if gap.clear else "white"
                rim = {"markeredgecolor": colour, "markeredgewidth": 2.2, "markersize": 10 if numbers else 8}
                panel.plot(gap.mean / scale, -y, "o", color=face, **rim)
            if numbers:
                beside(panel, -y, in_figures(gap, METRICS[measure].unit), ink_of(gap))
        panel.axvline(0, color=zero.colour, linestyle=zero.dash, linewidth=2, zorder=1)
        panel.margins(x=0.08)
        _dress(panel, unit)
    ax.set_title(fitted(f"Difference to {comparison.baseline}", inches(ax)[0], 15, bold=True), x=0.0, y=1.0, pad=6)
    how = f"Differences to {_baseline(comparison)}, pair by pair, every measure on a scale of its own; hollow: may be "
    how += f"zero.{left_out(left, 'alternatives')}"
    return finish(ax, own, caption(comparison, how))


@styled
def measure_bars(comparison: Comparison, measures: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Mean of each measure and alternative as a bar from zero with its 95 % interval, the paired difference in figures.

    Each measure has its own scale. A difference that may be none (Holm) is grey.
    """
    measures = list(measures or comparison.table_measures)
    names, left = _ordered(comparison)
    ax, own, panels, numbers = _panels(ax, comparison, measures, names)
    for panel, measure in zip(panels, measures, strict=True):
        unit = _draw_bars(panel, comparison, measure, names, numbers)
        _dress(panel, unit)
    ax.set_title("The measures side by side", x=0.0, y=1.0, pad=6)
    how = OWN_SCALES
    if numbers:
        pairs = ", pair by pair; grey: may be zero" if len(comparison.seeds) > 1 else ""
        how = f"▲▼: difference to {_baseline(comparison)}{pairs}. {how}"
    return finish(ax, own, caption(comparison, how + left_out(left, "alternatives")))


def bars_beside(comparison: Comparison, measures: Sequence[str], ax: Axes) -> None:
    """The same below each other, with numbers in place of scales: a part of a slide, in a frame that shows nothing."""
    names, _ = _ordered(comparison)
    (wide, _), tall = inches(ax), len(names) + 1.0
    side = min(max(length(name, TEXT - 1) for name in names) + 0.3, 0.33 * wide)
    behind = max(length(_figures(comparison, m, name)[0], TEXT - 1) for m in measures for name in names) + 0.25
    row = 1 / (len(measures) * (tall + 0.25) - 0.25)
    for k, measure in enumerate(measures):
        low = 1 - row * (k * (tall + 0.25) + tall)
        panel = ax.inset_axes((side / wide, low, 1 - (side + behind) / wide, row * len(names)))
        _draw_bars(panel, comparison, measure, names, numbers=True)
        panel.set_ylim(-len(names) + 0.5, 0.5)
        name_rows(panel, _named(comparison, names), room=side)
        unit = METRICS[measure].unit  # of a rate the reader must know what it is a rate of
        per = f" ({_spoken(comparison, unit)})" if " per " in unit else ""
        ax.text(0, low + row * len(names), METRICS[measure].label + per, va="bottom", fontweight="bold")


# ----------------------------------------------------------------------------------------------------------- parts


def in_figures(gap: Interval, unit: str) -> str:
    """A difference as people read it."""
    return readable_interval(gap, unit, signed=True) if np.isfinite(gap.mean) else "not estimable"


def ink_of(gap: Interval | None) -> str:
    """Grey for a difference that may be none."""
    return INK if gap is None or gap.clear or gap.n == 1 else QUIET


def _looks(comparison: Comparison) -> dict[str, Look]:
    return dict(zip(comparison.names, looks(comparison.strategies), strict=True))


def _baseline(comparison: Comparison) -> str:
    return comparison.called(comparison.baseline)


def _ordered(comparison: Comparison) -> tuple[list[str], int]:
    """The baseline first, then few in the order of the scenario, which may mean something, many by profit."""
    names = comparison.names if len(comparison.names) <= 6 else comparison.ranking()
    kept, left = within([comparison.index(name) for name in names if name != comparison.baseline], SIDES - 1)
    return [comparison.baseline, *(comparison.names[k] for k in kept)], left


def _named(comparison: Comparison, names: Sequence[str]) -> list[tuple[float, str, str]]:
    look = _looks(comparison)
    return [(-float(y), name, look[name].ink) for y, name in enumerate(names)]


def _spoken(comparison: Comparison, unit: str) -> str:
    """A unit in the words of the market: a round is a month there."""
    return unit.replace("round", round_name(comparison.scenario)).replace("euro", "€")


def _scale(comparison: Comparison, measure: str, found: Sequence[Interval], change: bool) -> tuple[float, str]:
    limits = [limit for each in found for limit in each[:3]]
    return scale_of(limits, METRICS[measure].unit, round_name(comparison.scenario), change)


def _figures(comparison: Comparison, measure: str, name: str) -> tuple[str, str]:
    """What stands beside a bar, and its ink: the baseline's mean, the others' difference to it."""
    unit = METRICS[measure].unit
    if name == comparison.baseline:
        return readable(comparison.value(measure, name).mean, unit), INK
    gap = comparison.difference(measure, name)
    # a triangle tells a difference from a value that is negative
    return in_figures(gap, unit).replace("+", "▲ ", 1).replace("−", "▼ ", 1), ink_of(gap)


def _draw_bars(panel: Axes, comparison: Comparison, measure: str, names: Sequence[str], numbers: bool) -> str:
    """Bars of one measure; returns what their scale says."""
    look = _looks(comparison)
    means = [comparison.value(measure, name) for name in names]
    scale, words = _scale(comparison, measure, means, change=False)
    for y, (name, mean) in enumerate(zip(names, means, strict=True)):
        if np.isfinite(mean.mean):
            panel.barh(-y, mean.mean / scale, height=0.66, color=look[name].colour, zorder=2)
            panel.plot([mean.low / scale, mean.high / scale], [-y, -y], color=INK, linewidth=1.5, zorder=4)
        if numbers:
            beside(panel, -y, *_figures(comparison, measure, name))
    panel.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    return words


def _panels(
    ax: Axes | None, comparison: Comparison, measures: list[str], names: list[str]
) -> tuple[Axes, bool, list[Axes], bool]:
    """Axes for each measure, side by side where one below the other would be too tall; names stand at the left.

    Returns the frame, whether it is new, the axes of the measures, and whether they have room for numbers.
    """
    alone = len(names) == 1  # one row of each measure: it bears the measure's name
    tall = 0.6 if alone else len(names) * ROW + SCALE + HEAD
    ax, own = axes(ax, 0 if len(measures) * tall < 3.8 else 99)
    if own:
        wide, high = ax.figure.get_size_inches()
        ax.set_position((0.25 / wide, 0.8 / high, 1 - 0.5 / wide, 1 - 1.3 / high))
    ax.set_axis_off()
    wide, high = inches(ax)
    most = 1 if alone else len(measures)
    columns = next((c for c in range(1, most) if -(-len(measures) // c) * tall <= high), most)
    rows = -(-len(measures) // columns)
    called = [METRICS[m].label for m in measures] if alone else names
    side = min(max(length(name, TEXT - 1) for name in called) + 0.3, 0.3 * wide)
    across, panels = (wide - side) / columns, []
    figures = _room(comparison, measures, names)
    numbers = across >= NARROW + figures or columns == 1
    head = 0.0 if alone else HEAD * (1 if rows > 1 or numbers else 2)
    down = high / rows
    for k in range(len(measures)):
        row, column = divmod(k, columns)
        scale = 0.32 if alone else SCALE
        box = (
            side + column * across, high - (row + 1) * down + scale, across - (figures if numbers else 0.0) - 0.2,
            down - scale - head - 0.06,
        )  # fmt: skip
        panel = ax.inset_axes((box[0] / wide, box[1] / high, box[2] / wide, box[3] / high))
        panels.append(panel)
        panel.set_ylim(-len(names) + 0.5, 0.5)
        if alone:
            name_rows(panel, [(0.0, called[k], INK)], room=side, lines=2)
            continue
        name_rows(panel, _named(comparison, names) if column == 0 else [], room=side)
        heading = fitted(METRICS[measures[k]].label, across - 0.15, TEXT - 1, bold=True, lines=round(head / HEAD))
        panel.set_title(heading, fontsize=TEXT - 1, x=0.0, pad=4)
    return ax, own, panels, numbers


def _room(comparison: Comparison, measures: Sequence[str], names: Sequence[str]) -> float:
    """Inches that the longest difference beside a row takes."""
    others = [name for name in names if name != comparison.baseline]
    words = [f"▲ {in_figures(comparison.difference(m, name), METRICS[m].unit)}" for m in measures for name in others]
    return max([1.3, *(length(each, TEXT - 1) for each in words)]) + 0.25


def _dress(panel: Axes, unit: str) -> None:
    low = panel.get_ylim()
    value_axis(panel, unit, 4, TEXT - 4)
    panel.set_ylim(low)
    panel.xaxis.labelpad = 1
