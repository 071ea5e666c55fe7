"""Charts of a firm's customers: how long they stay, and what they are worth."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.analysis.lifetime import customer_values
from sim.analysis.metrics import readable
from sim.analysis.survival import Curve, survival_curve
from sim.charts.words import grey, left_out, round_name, run_caption
from sim.figure import (
    FADED,
    INK,
    QUIET,
    TEXT,
    axes,
    beside,
    featured,
    finish,
    name_lines,
    name_rows,
    note,
    styled,
    value_axis,
    within,
)
from sim.palette import looks
from sim.results import Results

COLUMNS = (9.0, 66.0, 132.0)  # where the figures beside a hill stand, in points


@styled
def retention_curves(results: Results, ax: Axes | None = None) -> Axes:
    """Share of each firm's customers who are still with it, by rounds since their first purchase; 95 % bands.

    Kaplan & Meier's estimate with Greenwood's error (see `sim.analysis.survival`). Raises ResultsError without a log.
    """
    ax, own = axes(ax, left=0.09, width=0.66)
    curves, shown = many_curves(results)
    look, ends, starts = looks(results.strategies), [], {}
    longest = max((int(curve.time[-1]) for curve in curves if curve.time.size), default=1)
    for j, curve in enumerate(curves):
        if not curve.time.size:
            continue
        time = np.concatenate([[0], curve.time])
        share = np.concatenate([[1.0], curve.survival])
        if j not in shown:
            ax.step(time, share, where="post", color=FADED, linewidth=1, zorder=1)
            continue
        low, high = (np.concatenate([[1.0], limit]) for limit in (curve.low, curve.high))
        ax.fill_between(time, low, high, step="post", color=look[j].colour, alpha=0.18, linewidth=0, zorder=1.5)
        ax.step(time, share, where="post", color=look[j].colour, linestyle=look[j].dash, zorder=3)
        ends.append((share[-1], results.firms[j], look[j].ink))
        if time[-1] < longest:
            starts[results.firms[j]] = float(time[-1])
    ax.set(xlim=(0, longest), ylim=(0, 1.02))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    unit = round_name(results.scenario)
    ax.set_xlabel(f"{unit}s since the first purchase")
    ax.set_title("How long customers stay")
    if not ends:
        note(ax, "Who stays cannot be estimated: nobody bought twice.")
    name_lines(ax, ends, starts)
    others = sum(curve.time.size > 0 for curve in curves) - len(ends)
    how = "Gone: bought from another firm, or left the market. Kaplan-Meier; limits: 95 %, of customers of this run."
    how += f" {grey(others, 'other firms')}" if others else ""
    return finish(ax, own, run_caption(results, how))


def many_curves(results: Results) -> tuple[list[Curve], list[int]]:
    """The curve of every firm, and numbers of the firms that are shown in colour. Raises ResultsError without a log."""
    curves = [survival_curve(results, firm) for firm in results.firms]
    level = np.array([curve.survival.mean() if curve.time.size else np.nan for curve in curves])
    return curves, featured(level)


@styled
def lifetime_values(results: Results, ax: Axes | None = None) -> Axes:
    """How the lifetime values of each firm's customers are spread: a hill per firm, its mean, and who loses money.

    Realised values, discounted to the first purchase. Raises ResultsError without a log.
    """
    values = customer_values(results, from_acquisition=True).value
    known = [row[np.isfinite(row)] for row in values]
    means = np.array([row.mean() if row.size else np.nan for row in known])
    order, left = within([int(j) for j in np.argsort(-np.nan_to_num(means, nan=-np.inf), kind="stable")])
    ax, own = axes(ax, round(1.1 * len(order)) + 1, left=0.24, width=0.5)
    everybody = np.concatenate(known) if known else np.zeros(0)
    look, rows = looks(results.strategies), []
    low, high = np.percentile(everybody, [1, 99]) if everybody.size else (0.0, 1.0)
    low, high = min(low, 0.0), max(high, 0.0) if high > low else low + 1.0
    if (everybody < 0).any():  # however little they lose, they are seen
        low = min(low, -0.05 * high)
    beyond = ((everybody < low) | (everybody > high)).mean() if everybody.size else 0.0
    grid = np.linspace(low, high, 301)
    for row, j in enumerate(order):
        y = -float(row)
        rows.append((y + 0.15, results.firms[j], look[j].ink))
        if known[j].size < 2:
            beside(ax, y + 0.15, "too few customers", QUIET)
            continue
        hill = density(known[j], grid)
        top = 0.86 * hill / hill.max()
        ax.fill_between(grid, y, y + top, color=look[j].colour, alpha=0.85, linewidth=0, zorder=2 + row / 100)
        losing = grid < 0
        if (known[j] < 0).any():
            ax.fill_between(
                grid[losing], y, (y + top)[losing], facecolor="none", edgecolor="white", hatch="////", linewidth=0,
                zorder=2.001 + row / 100,
            )  # fmt: skip
        ax.plot(grid, y + top, color="white", linewidth=1, zorder=2.002 + row / 100)
        ax.plot([means[j]] * 2, [y - 0.08, y + 0.5], color=INK, linewidth=3, solid_capstyle="butt", zorder=5)
        figures = (readable(means[j], "euro"), readable(float((known[j] < 0).mean()), "share"), f"{known[j].size:,}")
        for words, shift in zip(figures, COLUMNS, strict=True):
            beside(ax, y + 0.15, words, INK, shift)
    for words, shift in zip(("mean", "below 0", "n"), COLUMNS, strict=True):
        ax.annotate(
            words, (1, 1), (shift, 6), xycoords="axes fraction", textcoords="offset points", fontsize=TEXT - 1,
            color=QUIET, annotation_clip=False,
        )  # fmt: skip
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=4)
    ax.set(xlim=(grid[0], grid[-1]), ylim=(-len(order) + 0.75, 1.05))
    name_rows(ax, rows)
    if everybody.size:
        value_axis(ax, "value of a customer so far (euro, discounted to its first purchase)")
    ax.set_title("What customers are worth")
    losing = "Hatched: customers who cost more than they brought; nothing is smoothed across zero."
    how = f"Mark: mean. {f'{losing} ' if (everybody < 0).any() else ''}"
    how += f"Beyond the ends of the scale: {100 * beyond:.0f} % of all.{left_out(left, 'firms')}"
    return finish(ax, own, run_caption(results, how))


def density(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Gaussian kernel density of `values` at `grid`, with Silverman's rule of thumb (1986, equation 3.31).

    Those below zero and the others are smoothed each on their side (reflected at zero, his section 2.10): what lies
    below zero is the share of those who are.
    """
    if values.size > 5_000:  # as many evenly spaced quantiles stand for them
        values = np.quantile(values, (np.arange(5_000) + 0.5) / 5_000)
    found = np.zeros(grid.size)
    for side, here in ((values < 0, grid < 0), (values >= 0, grid >= 0)):
        own = values[side]
        width = _width(own, grid[1] - grid[0])
        kernels = [np.exp(-0.5 * ((grid[here, None] - part) / width) ** 2).sum(axis=1) for part in (own, -own)]
        found[here] = sum(kernels) / (values.size * width * np.sqrt(2 * np.pi))
    return found


def _width(values: np.ndarray, least: float) -> float:
    """Silverman's width of the kernels, at least a step of the grid."""
    if values.size < 2:
        return least
    spread = min(values.std(ddof=1), np.subtract(*np.percentile(values, [75, 25])) / 1.34) or values.std(ddof=1)
    return max(0.9 * spread * values.size**-0.2, least)
