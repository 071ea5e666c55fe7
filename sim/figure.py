"""How figures look: style, the frame of a slide, names where lines end, words cut to size.

`sim.charts` draws with these; they know nothing of simulations.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.palette import Look

SLIDE = (13.333, 7.5)  # inches, 16:9
DPI = 144  # 1920 × 1080 dots
ON_SCREEN = 80  # dots per inch in a notebook: a slide is about as wide as a cell
TEXT = 14  # points; on a slide of this size the last row can read it
INK, QUIET, FADED, FAINT = "#222222", "#5f6368", "#c9ccd0", "#e4e6e8"
UP, DOWN = "#1f5aa6", "#e08a3c"  # more and less; far apart for colour-blind readers and in grey

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a title or name is a dollar sign
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


class Picture(Figure):
    """A figure that a notebook shows by itself, in any kernel; matplotlib's own need `%matplotlib inline`."""

    def __init__(self, size: tuple[float, float]) -> None:
        super().__init__(figsize=size, dpi=DPI)
        FigureCanvasAgg(self)  # a canvas of its own: no window, nothing for pyplot to keep alive

    def png(self, dpi: float = ON_SCREEN) -> bytes:
        """The picture as the bytes of a PNG file."""
        with io.BytesIO() as file:
            self.savefig(file, format="png", dpi=dpi)
            return file.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()

    def _ipython_display_(self) -> None:  # where figures are shown inline, that would be at four times the size
        from IPython.display import Image, display

        display(Image(self.png()))


def axes(
    ax: Axes | None, rows: int = 0, left: float = 0.2, width: float = 0.55, head: float = 0.5
) -> tuple[Axes, bool]:
    """The given axes, or those of a new figure (tall enough for `rows` lines of text); and whether they are new.

    left, width: of the axes, fractions of the figure; head: room above them, inches.
    """
    if ax is not None:
        return ax, False
    height = max(5.4, 1.2 + head + 0.33 * rows)
    figure = Picture((9.6, height))
    return figure.add_axes((left, 1.25 / height, width, 1 - (1.25 + head) / height)), True


def finish(ax: Axes, own: bool, caption: str) -> Axes:
    """Write the caption under axes that have a figure of their own; return the axes."""
    if own:
        low = 0.11 / ax.figure.get_size_inches()[1]  # inches from below, however tall
        ax.figure.text(0.02, low, textwrap.fill(caption, 120), fontsize=10, color=QUIET, va="bottom")
    return ax


def slide(headline: str, below: str, caption: str) -> tuple[Picture, float, float]:
    """A 16:9 figure with its words, and the top and bottom of the room left for axes (fractions of the figure)."""
    figure = Picture(SLIDE)
    lines, second = balanced(headline, 64), balanced(below if below != headline else "", 108)
    figure.text(0.018, 0.975, "\n".join(lines), fontsize=24, fontweight="bold", va="top")
    under = 0.975 - 0.058 * len(lines)
    figure.text(0.018, under, "\n".join(second), fontsize=16, color=QUIET, va="top")
    figure.text(0.018, 0.016, textwrap.fill(caption, 150), fontsize=11, color=QUIET, va="bottom")
    return figure, under - 0.038 * len(second) - 0.075, 0.155


def places(count: int, top: float, bottom: float, gap: tuple[float, float] = (0.03, 0.09)) -> list[tuple[float, ...]]:
    """Where `count` small charts of a slide stand, row by row: (left, bottom, width, height), fractions of the figure.

    gap: between neighbours, across and upwards. As many columns as make charts about twice as wide as high or less.
    """
    across, up = gap
    left, right = 0.06, 0.975
    columns = next(c for c in range(1, count + 1) if -(-count // c) <= max(1, c * 0.85))
    rows = -(-count // columns)
    wide, tall = (right - left - across * (columns - 1)) / columns, (top - bottom - up * (rows - 1)) / rows
    return [
        (left + (k % columns) * (wide + across), top - tall - (k // columns) * (tall + up), wide, tall)
        for k in range(count)
    ]


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


def featured(values: np.ndarray, always: Iterable[int] = (), most: int = 6) -> list[int]:
    """Positions drawn in colour and named: all of up to `most`, else the highest four, the lowest, and `always`."""
    order = [int(k) for k in np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")]
    chosen = order if len(order) <= most else [*order[:4], order[-1]]
    return sorted({*chosen, *always})


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
    edge = _edge(ax)
    for (_, _, ink), name, at in zip(ends, names, place, strict=True):
        text = ax.annotate(
            name, (1.015, at), xycoords="axes fraction", va="center", color=ink, fontweight="bold", linespacing=1.0,
            annotation_clip=False,
        )  # fmt: skip
        width = len(name)
        while text.get_window_extent().x1 > edge and width > 6:
            width -= 1
            text.set_text(shortened(name, width))


def _edge(ax: Axes) -> float:
    """Where the room to the right of the axes ends, in pixels: at that of the next ones (less their ticks) or the
    figure's.
    """
    figure, here = ax.get_figure(root=True), ax.get_position()
    others = [other.get_position() for other in figure.axes]
    beside = [box.x0 for box in others if box.x0 > here.x1 and min(box.y1, here.y1) > max(box.y0, here.y0)]
    ticks = 0.75 / figure.get_size_inches()[0]
    return figure.bbox.width * min([0.995, *(x - ticks for x in beside)])


def name_rows(
    ax: Axes, rows: list[tuple[float, str, str]], headings: list[tuple[float, str]], width: int = 18, lines: int = 1
) -> None:
    """Name rows (height, name, colour) left of their axis, headings farther left; no axis, no grid.

    Names of more than `width` characters are cut, or where rows have room for two `lines`, broken.
    """
    ax.set_xticks([])
    fitted = [shortened(name, width) if lines == 1 else wrapped(name, width) for _, name, _ in rows]
    ax.set_yticks([y for y, _, _ in rows], fitted, fontsize=TEXT - 1, linespacing=1.0)
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


def beside(ax: Axes, y: float, words: str, ink: str, shift: float = 9.0) -> None:
    """Figures to the right of a row; shift: how far, in points."""
    ax.annotate(
        words, (1, y), (shift, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center_baseline",
        annotation_clip=False, fontsize=TEXT - 1, color=ink,
    )  # fmt: skip


def note(ax: Axes, words: str) -> None:
    """Say in the middle of the axes why something is not drawn."""
    box = {"facecolor": "white", "edgecolor": FADED, "boxstyle": "round,pad=0.5"}
    ax.text(
        0.5, 0.5, textwrap.fill(words, 42), transform=ax.transAxes, ha="center", va="center", color=QUIET, bbox=box,
        zorder=9,
    )  # fmt: skip


def key(ax: Axes, entries: list[tuple[str, str, str]], x: float = 0.0, above: float = 0.12) -> None:
    """What areas without an end to name mean, in a line `above` the axes (inches): (words, colour, hatch)."""
    wide, tall = inches(ax)
    at, y, size = x, 1 + above / tall, 0.16
    for words, colour, hatch in entries:
        rim = (
            {"edgecolor": QUIET, "linewidth": 0.0 if hatch else 0.8} if hatch or colour == "white" else {"linewidth": 0}
        )
        square = {"transform": ax.transAxes, "facecolor": colour, "hatch": hatch or None, "clip_on": False}
        ax.add_patch(Rectangle((at, y), size / wide, size / tall, **square, **rim))
        text = ax.text(
            at + 1.35 * size / wide, y + 0.45 * size / tall, words, transform=ax.transAxes, va="center",
            fontsize=TEXT - 2,
        )  # fmt: skip
        at = ax.transAxes.inverted().transform(text.get_window_extent().get_points())[1, 0] + 0.22 / wide


def name_points(ax: Axes, points: list[tuple[float, float, str, str]], lines: np.ndarray | None = None) -> None:
    """Name points (x, y, name, colour) beside them, where the name hides no point and no other name.

    lines: (n, 2) points of lines that names had better not cross. The limits of the axes must be set.
    """
    dot = ax.get_figure(root=True).dpi / 72  # pixels per point
    at = ax.transData.transform([(x, y) for x, y, _, _ in points])
    (left, bottom), (right, top) = ax.transAxes.transform([(0, 0), (1, 1)])
    row, near = 1.2 * TEXT * dot, 6 * dot
    taken = [(x - near, y - near, x + near, y + near) for x, y in at]
    for x, y in [] if lines is None else ax.transData.transform(lines):
        taken.append((x - 2 * dot, y - 2 * dot, x + 2 * dot, y + 2 * dot))
    for (_, _, name, ink), (px, py) in zip(points, at, strict=True):
        text = ax.text(0, 0, shortened(name, 24), color=ink, fontweight="bold", fontsize=TEXT - 2, zorder=7)
        text.set(va="center", ha="center")
        half = text.get_window_extent().width / 2
        steps = (0.0, 0.6, -0.6, 1.2, -1.2, 1.8, -1.8, 2.6, -2.6, 3.6, -3.6, 5.0, -5.0)
        places = [(side * (half + 9 * dot), step * row) for step in steps for side in (1, -1)]
        places += [(0.0, row), (0.0, -row)]

        def cost(place: tuple[float, float], px: float = px, py: float = py, half: float = half) -> float:
            box = (px + place[0] - half, py + place[1] - row / 2, px + place[0] + half, py + place[1] + row / 2)
            beyond = max(0.0, left - box[0]) + max(0.0, box[2] - right) + max(0.0, bottom - box[1])
            return (
                2 * sum(map(_common, taken, [box] * len(taken)))
                + row * (beyond + max(0.0, box[3] - top))
                + np.hypot(*place)
            )

        best = min(places, key=cost)
        x, y = px + best[0], py + best[1]
        text.set_position(ax.transData.inverted().transform((x, y)))
        taken.append((x - half, y - row / 2, x + half, y + row / 2))
        if abs(best[1]) > 1.1 * row:
            ends = ax.transData.inverted().transform([(px, py), (x - np.sign(best[0]) * half, y)])
            ax.plot(*ends.T, color=ink, linewidth=0.8, zorder=1.5, clip_on=False)


def _common(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Area that two boxes (left, bottom, right, top) have in common."""
    wide, tall = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, tall)


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
