"""Charts of a tournament: who earns how much against whom, and how sure the ranking is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from sim.analysis.inference import rank_intervals
from sim.analysis.metrics import METRICS, readable_interval
from sim.analysis.statistics import interval
from sim.charts.words import caption, left_out, played, spoken
from sim.experiments.comparison import Comparison
from sim.experiments.tournament import Tournament
from sim.figure import (
    INK,
    QUIET,
    TEXT,
    all_fitted,
    axes,
    beside,
    finish,
    fitted,
    inches,
    margin,
    money,
    name_rows,
    sentence,
    slide,
    styled,
    within,
)
from sim.palette import looks

MARKS = "Framed: best reply; dot: not clearly worse (95 %). Framed on the diagonal: if all play so, nobody changes."
CELLS = 8  # strategies up to which payoffs are written into the matrix


@styled
def ranking(found: Tournament | Comparison, ax: Axes | None = None) -> Axes:
    """Rank of each strategy by mean payoff, the best on top, with the 95 % limits of the rank."""
    names, kinds, means, unit, words = _competitors(found)
    sign = METRICS[found.measure].sign if isinstance(found, Tournament) else 1
    order, left = within(_ranked(sign * means))
    ax, own = axes(ax, len(order), left=0.28, width=0.47)
    look, rows = looks(kinds), []
    place = {k: rank for rank, k in enumerate(_ranked(sign * means), start=1)}
    limits = rank_intervals(sign * means) if means.shape[1] > 1 else None
    for y, k in enumerate(order):
        own_rank = place[k]
        if limits is not None:
            low, high = limits[k, 1:]
            ax.plot([low, high], [-y, -y], color=look[k].colour, linewidth=9, alpha=0.35, zorder=2)
            own_rank = limits[k, 0]
        ax.plot(own_rank, -y, "o", color=look[k].colour, markersize=11, zorder=3)
        beside(ax, -y, readable_interval(interval(means[k]), unit), INK)
        rows.append((-y, spoken(names[k]), look[k].ink))
    last = len(names)
    ax.set(xlim=(0.4, last + 0.6), ylim=(-len(order) + 0.4, 0.6))
    name_rows(ax, rows)
    steps = sorted({1, last, *range(5, last - 1, 5)}) if last > 10 else range(1, last + 1)
    ax.set_xticks(list(steps))
    ax.tick_params(axis="x", length=0)
    ax.grid(axis="x")
    ax.set_xlabel("rank (1 = best)")
    ax.set_title("Ranking")
    payoff = "mean payoff"
    ax.set_title(payoff, loc="right", x=1.02, ha="left", fontsize=TEXT - 1, fontweight="normal", color=QUIET)
    how = "Dot: rank of the mean; band: its 95 % limits, which hold for all strategies at once; ±: 95 % t interval."
    if limits is None:
        how = "How sure a rank is cannot be estimated."
    return finish(ax, own, words(how + left_out(left, "strategies")))


def _ranked(means: np.ndarray) -> list[int]:
    """Numbers of the strategies, the highest mean first."""
    return [int(k) for k in np.argsort(-np.nan_to_num(np.nanmean(means, axis=1), nan=-np.inf), kind="stable")]


def _competitors(
    found: Tournament | Comparison,
) -> tuple[list[str], list[str], np.ndarray, str, Callable[[str], str]]:
    """Names, kinds, payoffs (S, R), their unit, and what makes a caption."""
    if isinstance(found, Comparison):
        values = found.measures["discounted_profit"]
        return found.names, found.strategies, values, "euro", lambda how: caption(found, how)
    unit = METRICS[found.measure].unit
    return found.names, found.kinds, found.payoffs.mean(axis=1), unit, lambda how: played(found, how)


@styled
def tournament_picture(found: Tournament) -> Figure:
    """Payoffs and ranks on one slide, with the finding as its headline."""
    marks = f"Band: 95 % limits of the rank, which hold for all at once; ±: 95 % t interval.{_missing(found)}"
    figure, top, bottom = slide(sentence(found.headline()), found.title, played(found, f"{MARKS} {marks}"))
    low, tall = bottom + 0.02, top - bottom - 0.05
    payoff_matrix(found, figure.add_axes((0.205, low, 0.32, tall)))
    ranking(found, figure.add_axes((0.738, low, 0.085, tall)))
    return figure


def _missing(found: Tournament) -> str:
    """What had to be left out, as a sentence; "" where nothing was."""
    return f" {sentence(str(found.missing).partition(':')[0])}." if str(found.missing) else ""


@styled
def payoff_matrix(found: Tournament, ax: Axes | None = None) -> Axes:
    """What the row's strategy earns among rivals that play the column's; best replies are framed."""
    ranked = [found.names.index(rank.name) for rank in found.ranking()]
    order, left = within(ranked)
    size = len(order)
    ax, own = axes(ax, round(1.1 * size) if size > CELLS else 0, left=0.28, width=0.55)
    names, look = [found.names[k] for k in order], looks(found.kinds)
    scale, unit = 1.0, METRICS[found.measure].unit
    if unit == "euro":
        scale, unit = money(found.matrix)
    values = found.matrix[np.ix_(order, order)] / scale
    shade = Normalize(values.min(), values.max() if np.ptp(values) else values.min() + 1.0)
    picture = ax.imshow(values, cmap="cividis", norm=shade, aspect="auto")
    inside = min(0.46, 0.5 - 0.045 / inches(ax)[0] * size)  # a frame as thick as it is stays in its cell
    for column, (best, *close) in enumerate(found.best_replies()[name] for name in names):
        for colour, width in (("white", 5.0), (INK, 2.5)):  # two frames: seen on the lightest and the darkest shade
            if best in names:
                corner = column - inside, names.index(best) - 0.46
                frame = {"fill": False, "edgecolor": colour, "linewidth": width, "clip_on": False}
                ax.add_patch(Rectangle(corner, 2 * inside, 0.92, zorder=3, **frame))
        for row in (names.index(name) for name in close if name in names):
            at, ink = (column + 0.36, row - 0.3), _over(shade(values[row, column]))
            ax.plot(*(at if size <= CELLS else (column, row)), "o", color=ink, markersize=5, zorder=3)
    if size <= CELLS:
        largest = np.abs(values).max()
        places = 0 if largest >= 100 else 1 if largest >= 10 else 2
        limits = interval(found.payoffs[np.ix_(order, order)] / scale)
        half = limits.high - limits.mean
        for row, column in np.ndindex(values.shape):
            words = f"{values[row, column]:,.{places}f}".replace("-", "−")
            words += f"\n± {half[row, column]:,.{places}f}" if np.isfinite(half[row, column]) else ""
            ax.text(column, row, words, ha="center", va="center", color=_over(shade(values[row, column])), zorder=4)
        ax.set_yticks(range(size), [fitted(spoken(name), 2.4, TEXT, bold=True) for name in names])
        across = inches(ax)[0] / size - 0.1
        letters, heads = all_fitted(
            [spoken(name) for name in names], across, (TEXT - 2, TEXT - 3, TEXT - 4, TEXT - 5), 3
        )
        ax.set_xticks(range(size), heads, fontsize=letters)
    else:  # columns have no room for names: they are numbered like the rows
        rows = [
            f"{fitted(spoken(name), 2.3, TEXT - 2, bold=True)}  {ranked.index(k) + 1}"
            for name, k in zip(names, order, strict=True)
        ]
        ax.set_yticks(range(size), rows, fontsize=TEXT - 2)
        ax.set_xticks(range(size), [str(ranked.index(k) + 1) for k in order], fontsize=TEXT - 2)
    for label, k in zip([*ax.get_yticklabels(), *ax.get_xticklabels()], [*order, *order], strict=True):
        label.set(color=look[k].ink, fontweight="bold")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.grid(False)
    ax.set_title("Payoff of the row's strategy against the column's", x=margin(ax) if own else 0.0)
    _bar(ax, picture, f"earns ({unit})")
    how = MARKS
    how += " ±: 95 % t interval." if size <= CELLS and found.payoffs.shape[2] > 1 else ""
    return finish(ax, own, played(found, how + left_out(left, "strategies")))


def _over(shade: float) -> str:
    """Ink that can be read on a shade of the matrix (0 dark, 1 light)."""
    return INK if shade > 0.55 else "white"


def _bar(ax: Axes, picture: AxesImage, words: str) -> None:
    """What the shades mean, to the right of the matrix."""
    beside_it = ax.inset_axes((1.03, 0.0, 0.025, 1.0))
    bar = ax.figure.colorbar(picture, cax=beside_it)
    bar.outline.set_visible(False)
    bar.ax.locator_params(nbins=5)
    bar.ax.tick_params(length=0, labelsize=TEXT - 2)
    bar.set_label(words, color=INK)
