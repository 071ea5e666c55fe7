"""How figures look: style, the frame of a slide, names where lines end, words cut to size.

`sim.charts` draws with these; they know nothing of simulations.
"""

from __future__ import annotations

import textwrap

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.palette import Look

SLIDE = (13.333, 7.5)  # inches, 16:9
DPI = 144  # 1920 × 1080 dots
TEXT = 14  # points; on a slide of this size the last row can read it
INK, QUIET, FAINT = "#222222", "#5f6368", "#e4e6e8"

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": TEXT,
    "text.color": INK,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 15,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "lines.linewidth": 3,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "sim",
}
styled = matplotlib.rc_context(STYLE)  # draws a function in this style; what the caller had set is back afterwards

# ---------------------------------------------------------------------------------------------------------- frames


def axes(ax: Axes | None, rows: int = 0) -> tuple[Axes, bool]:
    """The given axes, or those of a new figure (tall enough for `rows` lines of text); and whether they are new."""
    if ax is not None:
        return ax, False
    height = max(5.4, 1.7 + 0.33 * rows)
    figure = Figure(figsize=(9.6, height), dpi=DPI)
    FigureCanvasAgg(figure)  # a canvas of its own: no window, nothing for pyplot to keep alive
    return figure.add_axes((0.2, 1.25 / height, 0.55, 1 - 1.75 / height)), True


def finish(ax: Axes, own: bool, caption: str) -> Axes:
    """Write the caption under axes that have a figure of their own; return the axes."""
    if own:
        ax.figure.text(0.02, 0.02, textwrap.fill(caption, 110), fontsize=10, color=QUIET, va="bottom")
    return ax


def slide(headline: str, below: str, caption: str) -> tuple[Figure, float, float]:
    """A 16:9 figure with its words, and the top and bottom of the room left for axes (fractions of the figure)."""
    figure = Figure(figsize=SLIDE, dpi=DPI)
    FigureCanvasAgg(figure)
    lines, second = balanced(headline, 64), balanced(below if below != headline else "", 108)
    figure.text(0.018, 0.975, "\n".join(lines), fontsize=24, fontweight="bold", va="top")
    under = 0.975 - 0.058 * len(lines)
    figure.text(0.018, under, "\n".join(second), fontsize=16, color=QUIET, va="top")
    figure.text(0.018, 0.016, textwrap.fill(caption, 150), fontsize=11, color=QUIET, va="bottom")
    return figure, under - 0.038 * len(second) - 0.075, 0.155


# ----------------------------------------------------------------------------------------------------------- words


def wrapped(text: str, width: int) -> str:
    """`text` in at most two lines."""
    return "\n".join(textwrap.wrap(text, width, max_lines=2, placeholder="…"))


def balanced(text: str, width: int) -> list[str]:
    """At most two lines of at most `width` characters, of about the same length."""
    lines = textwrap.wrap(text, width, max_lines=2, placeholder="…")
    while len(lines) > 1 and "…" not in lines[-1] and len(tighter := textwrap.wrap(text, width := width - 1)) == 2:
        lines = tighter
    return lines


def shortened(text: str, width: int) -> str:
    """`text` in `width` characters; the middle is left out, since beginnings and endings tell names apart."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 3
    return f"{text[: width - 1 - tail].rstrip()}…{text[-tail:].lstrip()}"


def money(values: np.ndarray) -> tuple[float, str]:
    """Divisor and name of the unit in which `values` (euro) are easy to read."""
    size = np.nanmax(np.abs(values), initial=0.0)
    for limit, name in ((1e9, "billion euro"), (1e6, "million euro"), (1e3, "thousand euro")):
        if size >= limit:
            return limit, name
    return 1.0, "euro"


# ----------------------------------------------------------------------------------------------------------- parts


def line(ax: Axes, values: np.ndarray, look: Look) -> None:
    """A path over the rounds; a dot where there is but one."""
    dot = "o" if len(values) == 1 else None
    ax.plot(np.arange(1, len(values) + 1), values, color=look.colour, linestyle=look.dash, marker=dot, zorder=3)


def round_axis(ax: Axes, rounds: int, name: str) -> None:
    """Rounds to the right, few ticks; name: of a round."""
    ax.set_xlim(1, max(rounds, 2))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))
    ax.set_xlabel(name)


def name_lines(ax: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Name each line (height of its end, name, colour) at its right end; names that would collide are moved apart."""
    ends = sorted(ends)
    low, high = ax.get_ylim()
    names = [wrapped(name, 15) for _, name, _ in ends]
    row = TEXT * 1.25 / 72 / inches(ax)[1]  # height of a line of text, as a fraction of the axes
    half = [row * (name.count("\n") + 1) / 2 for name in names]
    if 2 * sum(half) > 1:  # no room for second lines
        names, half = [shortened(name, 16) for _, name, _ in ends], [row / 2] * len(ends)
    place = [(end - low) / (high - low) for end, _, _ in ends]
    for _ in range(100):  # push neighbours apart and everybody back inside, until it settles
        for k in range(1, len(place)):
            overlap = half[k - 1] + half[k] - (place[k] - place[k - 1])
            if overlap > 0:
                place[k - 1] -= overlap / 2
                place[k] += overlap / 2
        place = [min(max(at, half[k]), 1 - half[k]) for k, at in enumerate(place)]
    for (_, _, ink), name, at in zip(ends, names, place, strict=True):
        ax.annotate(
            name, (1.015, at), xycoords="axes fraction", va="center", color=ink, fontweight="bold", linespacing=1.0,
            annotation_clip=False,
        )  # fmt: skip


def name_rows(ax: Axes, rows: list[tuple[float, str, str]], headings: list[tuple[float, str]]) -> None:
    """Name rows (height, name, colour) left of their axis, headings farther left; no axis, no grid."""
    ax.set_xticks([])
    ax.set_yticks([y for y, _, _ in rows], [shortened(name, 18) for _, name, _ in rows], fontsize=TEXT - 1)
    for label, (_, _, ink) in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_color(ink)
    for y, heading in headings:
        ax.annotate(
            heading, (0, y), (-126, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center_baseline", fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    ax.spines[["left", "bottom"]].set_visible(False)


def beside(ax: Axes, y: float, words: str, ink: str) -> None:
    """Figures to the right of a row."""
    ax.annotate(
        words, (1, y), (9, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center_baseline",
        annotation_clip=False, fontsize=TEXT - 1, color=ink,
    )  # fmt: skip


def empty_corner(ax: Axes, words: str, paths: np.ndarray) -> tuple[float, float]:
    """Where `words` fit with the least overlap with `paths` (lines, points over the whole width), in axes fractions.

    The point is the middle of the left edge of the words.
    """
    width, height = inches(ax)
    wide = 0.62 * TEXT / 72 * max(map(len, words.split("\n"))) / width
    tall = 1.25 * TEXT / 72 * (words.count("\n") + 1) / height
    low, high = ax.get_ylim()
    xs, ys = np.linspace(0, 1, paths.shape[-1]), (paths - low) / (high - low)

    def crossed(corner: tuple[float, float]) -> int:
        x, y = corner
        return int(((xs >= x) & (xs <= x + wide) & (abs(ys - y) <= tall / 2 + 0.04)).sum())

    top, bottom, right = 0.97 - tall / 2, 0.04 + tall / 2, 0.97 - wide
    return min(((0.03, top), (right, bottom), (0.03, bottom), (right, top)), key=crossed)


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes."""
    box = ax.get_window_extent()
    dpi = ax.get_figure(root=True).dpi
    return box.width / dpi, box.height / dpi
