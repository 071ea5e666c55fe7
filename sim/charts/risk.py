"""Risk and return: what a strategy earns on average, and how much that varies with luck."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from scipy.special import chdtri

from sim.analysis.statistics import interval
from sim.charts.words import caption, left_out
from sim.experiments.comparison import Comparison
from sim.figure import FADED, QUIET, axes, finish, money, name_points, note, styled, within
from sim.palette import looks

FEW = 8  # alternatives whose names fit on a small figure


@styled
def risk_return(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Mean discounted profit against its standard deviation over the seeds; hollow: another has more of the one and
    less of the other (mean-variance dominance, Markowitz 1952).
    """
    profit = comparison.measures["discounted_profit"]
    ax, own = axes(ax, 99 if len(profit) > FEW else 0, left=0.11, width=0.85)
    scale, unit = money(profit)
    found = interval(profit / scale)
    risk, low, high = deviations(profit / scale)
    ax.set(xlabel=f"Standard deviation over seeds ({unit})", ylabel=f"Mean discounted profit ({unit})")
    ax.set_title("Risk and return")
    ax.grid(axis="x")
    known = np.flatnonzero(np.isfinite(risk) & np.isfinite(found.mean))
    if not known.size:
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
        note(ax, "How much profit varies with luck cannot be estimated: it takes two runs or more.")
        return finish(ax, own, caption(comparison))
    look, beaten = looks(comparison.strategies), dominated(found.mean, risk)
    shown, left = within([k for k in np.argsort(-found.mean, kind="stable") if k in known])
    front = sorted((risk[k], found.mean[k]) for k in shown if not beaten[k])
    ax.plot(*np.array(front).T, color=FADED, linewidth=6, solid_capstyle="round", zorder=1)
    for k in shown:
        colour = look[k].colour
        thin = {"color": colour, "linewidth": 1.2, "alpha": 0.4, "zorder": 2}
        ax.plot([risk[k]] * 2, [found.low[k], found.high[k]], **thin)
        ax.plot([low[k], high[k]], [found.mean[k]] * 2, **thin)
        face = "white" if beaten[k] else colour
        ax.plot(risk[k], found.mean[k], "o", markersize=11, color=face, markeredgecolor=colour, markeredgewidth=2.2)
    if np.nanmin(found.low[shown], initial=0.3 * found.mean[shown].max()) < 0.3 * found.mean[shown].max():
        ax.axhline(0, color=QUIET, linewidth=1, zorder=0.5)  # near enough to be shown
    widest = np.nanmax(risk[shown])  # of few seeds an interval may be many times as long
    ax.set_xlim(0, max(1.25 * widest, min(1.03 * np.nanmax(high[shown]), 1.6 * widest)) or 1)
    along = np.concatenate([np.linspace(a, b, 40) for a, b in pairwise(front)] or [np.array(front)])
    name_points(ax, [(risk[k], found.mean[k], comparison.names[k], look[k].ink) for k in shown], along)
    how = "Across: 95 % interval of the deviation (χ², normal). Hollow: in these runs another earned more on average "
    how += f"and varied less.{' Thick line: those of which this is not so.' if len(front) > 1 else ''}"
    return finish(ax, own, caption(comparison, how + left_out(left, "alternatives"), "Whiskers"))


def deviations(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard deviation of each row of (A, R) and its 95 % interval; NaN for rows of fewer than two.

    s sqrt((n − 1) / q) with q the quantiles of χ² with n − 1 degrees of freedom, exact where values are normal.
    """
    n = (~np.isnan(values)).sum(axis=1)
    found = np.full(len(values), np.nan)
    found[n > 1] = np.nanstd(values[n > 1], axis=1, ddof=1)
    free = np.where(n > 1, n - 1, np.nan)
    low, high = (found * np.sqrt(free / chdtri(free, tail)) for tail in (0.025, 0.975))
    return found, low, high


def dominated(mean: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """(A,) another one has at least the mean and at most the risk of it, and is not the same in both."""
    more, less = mean[None] >= mean[:, None], risk[None] <= risk[:, None]
    same = (mean[None] == mean[:, None]) & (risk[None] == risk[:, None])
    return (more & less & ~same).any(axis=1)
