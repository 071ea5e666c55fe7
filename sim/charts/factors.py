"""The tornado: how far the outcome moves when one factor after the other goes from its lowest to its highest level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from sim.analysis.metrics import METRICS, readable_interval
from sim.analysis.statistics import Interval, interval
from sim.charts.words import label, left_out, scale_of
from sim.experiments.sensitivity import outcome
from sim.experiments.sweep import Table
from sim.figure import (
    DOWN,
    INK,
    QUIET,
    TEXT,
    UP,
    axes,
    beside,
    finish,
    fitted,
    inches,
    margin,
    name_rows,
    sentence,
    shortened,
    styled,
    value_axis,
    within,
)  # fmt: skip

MOST = 14  # factors on a slide


class Swing(NamedTuple):
    """What a factor does, all else equal: outcome at its lowest and highest level, (n,) each, pairs of runs.

    levels: those two. Empty arrays where no two conditions differ in this factor alone.
    """

    factor: str
    levels: tuple[object, object]
    low: np.ndarray
    high: np.ndarray

    @property
    def effect(self) -> Interval:
        """Mean change from the lowest to the highest level with its t interval over the seeds."""
        return interval(self.high - self.low)


def swings(table: Table, contrast: Sequence[str] = ()) -> list[Swing]:
    """The swing of every factor of a sweep, the widest first; the outcome is that of `sim.experiments.sensitivity`.

    Grids and one-at-a-time lists have conditions that differ in one factor alone, scattered designs have none. Seed by
    seed the outcome is averaged over all such pairs. Levels that are not numbers count in their order.
    """
    values, found = outcome(table, contrast).values, []
    for factor, levels in table.levels.items():
        ordered = _ordered(levels)
        groups: dict[str, dict[object, int]] = {}  # all else equal -> level -> condition
        for condition, level in enumerate(levels):
            rest = repr([each[condition] for other, each in table.levels.items() if other != factor])
            groups.setdefault(rest, {})[level] = condition
        ends = (ordered[0], ordered[-1]) if len(ordered) > 1 else (None, None)
        pairs = [[group[end] for end in ends] for group in groups.values() if all(end in group for end in ends)]
        both = [values[list(side)].mean(axis=0) for side in zip(*pairs, strict=True)] or [np.zeros(0)] * 2
        found.append(Swing(factor, ends, *both))
    return sorted(found, key=lambda swing: -np.nan_to_num(abs(swing.effect.mean), nan=-1.0))


def _ordered(levels: list[object]) -> list[object]:
    """The levels of a factor, rising; those that are no numbers as they come. "-" (left as it is) is no level."""
    distinct = [level for level in dict.fromkeys(levels) if level != "-"]
    try:
        return sorted(distinct, key=float)  # type: ignore[arg-type]  what is no number raises
    except (TypeError, ValueError):
        return distinct


@styled
def tornado(table: Table, contrast: Sequence[str] = (), ax: Axes | None = None) -> Axes:
    """Outcome at the lowest and the highest level of each factor, all else equal; the factor that matters most on top.

    contrast: one alternative, or two to take the difference of (default: the one that is not the baseline less the
    baseline). A pale bar may be no effect (95 % t interval). Raises ValueError where it cannot be told what is meant.
    """
    found, of = swings(table, contrast), outcome(table, contrast)
    if not any(np.isfinite(swing.effect.mean) for swing in found):
        raise ValueError(
            "no two conditions differ in one factor alone; a grid or a list of single changes has such pairs"
        )
    order, left = within(range(len(found)), MOST)
    found = [found[k] for k in order]
    ax, own = axes(ax, round(1.6 * len(found)), left=0.29, width=0.46)
    scale, unit = scale_of(of.values.ravel(), of.unit, change=bool(of.rivals))
    middle, rows = interval(of.values.ravel() / scale).mean, []
    for y, swing in zip(range(0, -len(found), -1), found, strict=True):
        rows.append((y, label(table, swing.factor), INK))
        effect = swing.effect
        if not np.isfinite(effect.mean):
            beside(ax, y, "cannot be estimated", QUIET)
            continue
        sure = effect.clear or effect.n == 1
        at = [interval(side / scale) for side in (swing.low, swing.high)]
        half = (at[1].mean - at[0].mean) / 2
        for end, level, colour, towards in zip(at, swing.levels, (DOWN, UP), (half, -half), strict=True):
            ax.barh(y, towards, left=end.mean, height=0.56, color=colour, alpha=1 if sure else 0.35, zorder=2)
            if np.isfinite(end.low):
                ax.plot([end.low, end.high], [y, y], color=INK, linewidth=1.5, zorder=4)
            _level(ax, y, level, at, right=towards < 0 or (towards == 0 and colour == UP), colour=colour)
        beside(ax, y, readable_interval(effect, of.unit, signed=True), INK if sure else QUIET)
    ax.axvline(middle, color=QUIET, linewidth=1.2, zorder=3)
    ax.margins(x=0.14)
    ax.set_ylim(-len(found) + 0.4, 0.6)
    name_rows(ax, rows, lines=3)
    words = METRICS[table.measure].label
    shown = f"difference in {words}" if of.rivals else words
    value_axis(ax, f"{shown} ({unit})" if unit else shown, 4)
    title = f"“{of.rivals[0]}” less “{of.rivals[1]}”" if of.rivals else sentence(words)
    start = margin(ax) if own else 0.0
    ax.set_title(fitted(title, (0.95 - start) * inches(ax)[0], 15, bold=True), x=start)
    ax.set_title("low to high", loc="right", x=1.02, ha="left", fontsize=TEXT - 1, fontweight="normal", color=QUIET)
    below = (
        "Ends of a bar: mean outcome at the lowest (orange) and highest (blue) level, all else equal; line: mean of "
        f"all {table.values.shape[1]} conditions. {runs_caption(table, found)}{left_out(left, 'factors')} {table.title}"
    )
    return finish(ax, own, below)


def _level(ax: Axes, y: float, level: object, ends: list[Interval], *, right: bool, colour: str) -> None:
    """Write the level beyond its end of the bar, and of the whiskers of both ends."""
    reach = [bound for end in ends for bound in end[:3] if np.isfinite(bound)]
    ax.annotate(
        shortened(f"{level:g}" if isinstance(level, float) else str(level), 12),
        (max(reach, default=0.0) if right else min(reach, default=0.0), y),
        (6 if right else -6, 0), textcoords="offset points", ha="left" if right else "right", va="center_baseline",
        fontsize=TEXT - 2, color=colour, fontweight="bold",
    )  # fmt: skip


def runs_caption(table: Table, found: Sequence[Swing]) -> str:
    """What the whiskers are, how many runs and seeds stand behind them, and what a pale bar is where there is one."""
    first, many = table.seeds
    last = first + many - 1
    luck = f"95 % t interval over {many} paired runs each (seeds {first}–{last})."
    if any(np.isfinite(swing.effect.mean) and not swing.effect.clear for swing in found):
        luck += " Pale: may be none."
    done = int((~np.isnan(table.values).any(axis=(0, 1))).sum())
    luck = f"Whiskers and ±: {luck}" if many > 1 else f"One run each (seed {first}): no interval can be given."
    return luck + (f" Not finished: {done} of {many} seeds have been run everywhere." if done < many else "")
