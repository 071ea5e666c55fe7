"""Risk and return: what a strategy earns on average, and how much that varies with luck."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from sim.analysis.statistics import interval
from sim.charts.words import caption
from sim.experiments.comparison import Comparison
from sim.figure import FADED, QUIET, axes, featured, finish, money, name_points, note, styled
from sim.palette import looks


@styled
def risk_return(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Mean discounted profit against its standard deviation over the seeds; hollow: another has more of the one and
    less of the other (mean-variance dominance, Markowitz 1952).
    """
    ax, own = axes(ax, left=0.11, width=0.85)
    profit = comparison.measures["discounted_profit"]
    scale, unit = money(profit)
    found = interval(profit / scale)
    with np.errstate(invalid="ignore"):
        risk = np.nanstd(profit / scale, axis=1, ddof=1) if profit.shape[1] > 1 else np.full(len(profit), np.nan)
    ax.set(xlabel=f"Standard deviation over seeds ({unit})", ylabel=f"Mean discounted profit ({unit})")
    ax.set_title("Risk and return")
    ax.grid(axis="x")
    known = np.flatnonzero(np.isfinite(risk) & np.isfinite(found.mean))
    if not known.size:
        ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
        note(ax, "How much profit varies with luck cannot be estimated: it takes two runs or more.")
        return finish(ax, own, caption(comparison))
    look, beaten = looks(comparison.strategies), dominated(found.mean, risk)
    base, riskiest = comparison.index(comparison.baseline), int(np.nanargmax(risk))
    shown = featured(found.mean, [base, riskiest, *known[~beaten[known]]], most=12)
    front = sorted((risk[k], found.mean[k]) for k in known if not beaten[k])
    ax.plot(*np.array(front).T, color=FADED, linewidth=6, solid_capstyle="round", zorder=1)
    for k in known:
        colour = look[k].colour if k in shown else FADED
        ax.plot([risk[k]] * 2, [found.low[k], found.high[k]], color=colour, linewidth=1.5, alpha=0.6, zorder=2)
        face = "white" if beaten[k] else colour
        ax.plot(risk[k], found.mean[k], "o", markersize=11, color=face, markeredgecolor=colour, markeredgewidth=2.2)
    ax.axhline(0, color=QUIET, linewidth=1, zorder=0.5)
    ax.set_xlim(0, 1.12 * risk[known].max() or 1)
    along = np.concatenate([np.linspace(a, b, 40) for a, b in pairwise(front)] or [np.array(front)])
    points = [(risk[k], found.mean[k], comparison.names[k], look[k].ink) for k in shown if k in known]
    name_points(ax, points, along)
    how = "Hollow: another earns more on average and varies less. Thick line: those of which this is not so."
    if len(shown) < len(known):
        how += f" Grey: {len(known) - len(shown)} others."
    return finish(ax, own, caption(comparison, how))


def dominated(mean: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """(A,) another one has at least the mean and at most the risk of it, and is not the same in both."""
    more, less = mean[None] >= mean[:, None], risk[None] <= risk[:, None]
    same = (mean[None] == mean[:, None]) & (risk[None] == risk[:, None])
    return (more & less & ~same).any(axis=1)
