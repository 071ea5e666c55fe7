"""Which strategies remain if the more profitable ones spread (replicator dynamics)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

from sim.analysis.games import replicator
from sim.charts.words import played, spoken
from sim.experiments.tournament import Tournament, percent
from sim.figure import FADED, QUIET, TEXT, axes, finish, fitted, inches, margin, name_lines, styled, wrapped
from sim.palette import looks

MOST, GROWN = 8, 1.2  # of many strategies so many are coloured, if their share ever grows by a fifth
CLOCK = 0.05  # time of a step of `Tournament.ecology`
STEPS = 4_000
HOW = "Replicator dynamics on the mean payoffs (Taylor & Jonker 1978)"


@styled
def ecology(found: Tournament, ax: Axes | None = None) -> Axes:
    """Shares of the strategies over time, stacked, from equal shares; those that never grow much are grey."""
    ax, own = axes(ax, round(1.1 * len(found.names)), left=0.26, width=0.48)
    path, seen = settled_path(found)
    clock, look = CLOCK * np.arange(len(path)), looks(found.kinds)
    lasting = _lasting(path)
    floor, ends = np.zeros(len(path)), []
    size = min(TEXT - 1, 72 * 0.8 * inches(ax)[1] / len(found.names))
    room = ax.get_window_extent().x0 / ax.get_figure(root=True).dpi - 0.25
    for k in lasting:
        top, name = floor + path[:, k], spoken(found.names[k])
        colour, ink = (look[k].colour, look[k].ink) if k in seen else (FADED, QUIET)
        ax.fill_between(clock, floor, top, color=colour, linewidth=0, zorder=2)
        ax.plot(clock, top, color="white", linewidth=1.0, zorder=3)
        ax.annotate(
            fitted(name, room, size), (0, (floor[0] + top[0]) / 2), (-8, 0), xycoords=("axes fraction", "data"),
            color=ink, textcoords="offset points", ha="right", va="center_baseline", fontsize=size,
            annotation_clip=False,
        )  # fmt: skip
        if path[-1, k] >= 0.01:
            ends.append(((floor[-1] + top[-1]) / 2, f"{percent(float(path[-1, k]))} {name}", ink))
        floor = top
    ax.set(xlim=(0, clock[-1]), ylim=(0, 1), yticks=[])
    ax.spines["left"].set_visible(False)
    slow = ""
    if clock[-1] > 60:  # what happens early would be squeezed against the left
        ax.set_xscale("asinh", linear_width=5)
        ax.set_xticks([tick for tick in (0, 5, 10, 30, 100, 300) if tick <= clock[-1]])
        ax.xaxis.set_major_formatter(ScalarFormatter())
        slow = " From 5 on, the scale of time is more and more pressed together."
    ax.set_xlabel("time" + (", pressed together to the right" if slow else ""))
    ax.set_title("Shares of strategies, if the more profitable spread", x=margin(ax) if own else 0.0)
    name_lines(ax, ends)
    clockwork = "In one unit of time, a lead by the whole spread of payoffs multiplies a share by 2.7."
    return finish(ax, own, played(found, f"From equal shares. {HOW}. {clockwork}{slow}"))


def settled_path(found: Tournament) -> tuple[np.ndarray, list[int]]:
    """(steps, S) shares until they have settled, and the strategies that are shown in colour."""
    path = found.ecology(steps=STEPS)
    end, path = path[-1], path[: _settled(path) + 1]
    path[-1] = end  # where they come to rest, not nearly
    lasting, reach = _lasting(path), path.max(axis=0)
    return path, lasting if len(lasting) <= MOST else [k for k in lasting[:MOST] if reach[k] >= GROWN * path[0, k]]


def _lasting(path: np.ndarray) -> list[int]:
    """Numbers of the strategies, those that last longest first."""
    clock = CLOCK * np.arange(len(path))
    return sorted(range(path.shape[1]), key=lambda k: -(path[:, k] * clock).sum())


@styled
def simplex(found: Tournament, among: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """Where shares of three strategies go: a corner is all of one kind, a path has the colour of who gains most on it.

    among: the three (default: those of highest mean payoff). Raises ValueError where there are not three.
    """
    three = list(among or [rank.name for rank in found.ranking()[:3]])
    if len(three) != 3 or not set(three) <= set(found.names):
        raise ValueError(f"a simplex needs three strategies; the tournament has {', '.join(found.names)}")
    ax, own = axes(ax)
    if own:
        ax.set_position((0.1, 0.17, 0.8, 0.7))
    rows = [found.names.index(name) for name in three]
    game, look = found.matrix[np.ix_(rows, rows)], [looks(found.kinds)[k] for k in rows]
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    ax.fill(*corners.T, facecolor="#f6f7f8", edgecolor=QUIET, linewidth=1.2, zorder=1)
    for start in _starts():
        path = replicator(game, start, steps=1_500, step=0.4)
        path = path[: _settled(path) + 1]
        colour = look[int((path[-1] - path[0]).argmax())].colour
        at = path @ corners
        ax.plot(*at.T, color=colour, linewidth=1.4, zorder=2)
        length = np.hypot(*np.diff(at, axis=0).T).cumsum()
        for part in (0.35, 0.75):
            k = int(np.searchsorted(length, part * length[-1]))
            if length[-1] > 0.08 and 0 < k < len(at) - 1:
                head = {"arrowstyle": "-|>", "color": colour, "linewidth": 0, "mutation_scale": 13}
                ax.annotate("", at[k + 1], at[k] - 1e-3 * (at[k + 1] - at[k]), arrowprops=head, zorder=3)
        ax.plot(*at[-1], "o", color=colour, markersize=9, zorder=4, clip_on=False)
    for corner, name, one, place in zip(corners, three, look, ("right", "left", "center"), strict=True):
        offset = {"right": (-12, 0), "left": (12, 0), "center": (0, 12)}[place]
        ax.annotate(
            wrapped(f"all {spoken(name)}", 18), corner, offset, textcoords="offset points", ha=place,
            va="bottom" if place == "center" else "center", color=one.ink, fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(-0.02, 0.9), aspect="equal")
    ax.set_axis_off()
    title = "Where mixtures of\nthree strategies go"
    ax.text(0, 1, title, transform=ax.transAxes, ha="right", va="center", fontsize=15, fontweight="bold")
    rest = (
        f" Of {len(found.names)} strategies the three of highest mean payoff."
        if not among and len(found.names) > 3
        else ""
    )
    return finish(ax, own, played(found, f"{HOW}; dot: where a path ends.{rest}"))


def _starts() -> np.ndarray:
    """(n, 3) shares to begin with, spread evenly over the inside."""
    steps = 7
    inside = [(a, b, steps - a - b) for a in range(1, steps) for b in range(1, steps - a)]
    return np.array(inside) / steps


def _settled(path: np.ndarray) -> int:
    """Step from which on no share moves by a hundredth any more, and a tenth more; the last one where they still do."""
    moving = np.flatnonzero(np.abs(path - path[-1]).max(axis=1) > 0.01)
    return min(len(path) - 1, int(1.1 * moving[-1]) + 10) if moving.size else len(path) - 1
