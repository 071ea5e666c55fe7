"""How figures look: style, the frame of a slide, names where lines end, words cut to size.

`sim.charts` draws with these; they know nothing of simulations.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.palette import Look

SLIDE = (40 / 3, 7.5)  # inches, 16:9
CHART = (9.6, 5.4)  # of a chart of its own; as wide to high
ROWS, MOST_ROWS = 11, 24  # rows of text that fit on a chart, and on a slide
DPI = 144  # 1920 × 1080 dots
ON_SCREEN = 80  # dots per inch in a notebook: a slide is about as wide as a cell
UNIT = 100  # points: the size in which letters are measured
NOTHING = 1e-12  # lengths below it are rounding errors
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
HEADLINE, CAPTION = "headline", "caption"  # what the texts of a figure are, so that a page can take them out of it
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
    """The given axes, or those of a new figure; and whether they are new.

    rows: of text; where they are many, the figure is as large as a slide, and in any case as wide to high as one.
    left, width: of the axes, fractions of a small figure; head: room above them, inches.
    """
    if ax is not None:
        return ax, False
    large = rows > ROWS
    wide, tall = SLIDE if large else CHART
    figure = Picture((wide, tall))
    before, behind = left * CHART[0] * (1.2 if large else 1.0), (1 - left - width) * CHART[0]
    low = 1.25  # ticks, their name and the caption
    return figure.add_axes((before / wide, low / tall, 1 - (before + behind) / wide, 1 - (low + head) / tall)), True


def finish(ax: Axes, own: bool, caption: str) -> Axes:
    """Write the caption under axes that have a figure of their own; return the axes."""
    if own:
        wide, tall = ax.figure.get_size_inches()
        size = 10 if len(filled(caption, int(12.5 * wide))) < 4 else 9
        words = "\n".join(filled(caption, int(125 * wide / size)))
        ax.figure.text(0.02, 0.11 / tall, words, fontsize=size, color=QUIET, va="bottom", gid=CAPTION)
    return ax


def slide(headline: str, below: str, caption: str) -> tuple[Picture, float, float]:
    """A 16:9 figure with its words, and the top and bottom of the room left for axes (fractions of the figure)."""
    figure = Picture(SLIDE)
    size, lines = 24, balanced(headline, 64)
    if "…" in lines[-1]:
        size, lines = 18, filled(headline, 86, lines=3)
    second = balanced(below if below != headline else "", 108)
    figure.text(0.018, 0.975, "\n".join(lines), fontsize=size, fontweight="bold", va="top", gid=HEADLINE)
    under = 0.975 - 0.058 * len(lines) * size / 24
    figure.text(0.018, under, "\n".join(second), fontsize=16, color=QUIET, va="top")
    under_all = filled(caption, 150)
    figure.text(0.018, 0.016, "\n".join(under_all), fontsize=11, color=QUIET, va="bottom", gid=CAPTION)
    return figure, under - 0.038 * len(second) - 0.075, 0.155 + 0.025 * max(0, len(under_all) - 2)


def said(figure: Figure) -> str:
    """Headline and caption of a figure in one paragraph, for where they stand beside the picture."""
    return sentences(
        *(text.get_text() for part in (HEADLINE, CAPTION) for text in figure.texts if text.get_gid() == part)
    )


def sentences(*parts: str) -> str:
    """Parts in one paragraph, a full stop between them where there is none."""
    found = [" ".join(part.split()) for part in parts if part]
    return " ".join(part if part[-1] in ".!?…" or part is found[-1] else f"{part}." for part in found)


def places(
    count: int, top: float, bottom: float, gap: tuple[float, float] = (0.03, 0.09), left: float = 0.06
) -> list[tuple[float, ...]]:
    """Where `count` small charts of a slide stand, row by row: (left, bottom, width, height), fractions of the figure.

    gap: between neighbours, across and upwards; left: where they begin. As many columns as make charts about twice as
    wide as high or less.
    """
    across, up = gap
    right = 0.975
    columns = next(c for c in range(1, count + 1) if -(-count // c) <= max(1, c * 0.85))
    rows = -(-count // columns)
    wide, tall = (right - left - across * (columns - 1)) / columns, (top - bottom - up * (rows - 1)) / rows
    return [
        (left + (k % columns) * (wide + across), top - tall - (k // columns) * (tall + up), wide, tall)
        for k in range(count)
    ]


# ----------------------------------------------------------------------------------------------------------- words


def filled(text: str, width: int, lines: int | None = None) -> list[str]:
    """Lines of at most so many characters, and at most so many lines; see `glued`."""
    return [loose(line) for line in textwrap.wrap(glued(text), width, max_lines=lines, placeholder="…")]


def glued(text: str) -> str:
    """`text` in which no line ends between a number and its % or its ±."""
    return text.replace(" %", "\u00a0%").replace(" ± ", "\u00a0±\u00a0")


def loose(text: str) -> str:
    """What `glued` did, undone."""
    return text.replace("\u00a0", " ")


def wrapped(text: str, width: int) -> str:
    """`text` in at most two lines."""
    return "\n".join(filled(text, width, lines=2))


def balanced(text: str, width: int) -> list[str]:
    """At most two lines of at most `width` characters, of about the same length."""
    lines = filled(text, width, lines=2)
    while len(lines) > 1 and "…" not in lines[-1] and len(tighter := filled(text, width := width - 1)) == 2:
        lines = tighter
    return lines


def shortened(text: str, width: int) -> str:
    """`text` in `width` characters; the middle is left out, since beginnings and endings tell names apart."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 3
    return f"{text[: width - 1 - tail].rstrip()}…{text[-tail:].lstrip()}"


def length(text: str, size: float = TEXT, bold: bool = False) -> float:
    """How long a line of text is, in inches."""
    return _length(text, bold) * size / 72


@cache
def _length(text: str, bold: bool) -> float:
    """The same in units of the size of the letters."""
    font = _font(bold)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return font.get_width_height()[0] / 64 / UNIT


@cache
def _font(bold: bool) -> FT2Font:
    weight = "bold" if bold else "normal"
    font = FT2Font(findfont(FontProperties(family=STYLE["font.family"], weight=weight)))
    font.set_size(UNIT, 72)
    return font


def fitted(text: str, room: float, size: float = TEXT, bold: bool = False, lines: int = 1) -> str:
    """`text` in at most so many lines of `room` inches; what is too much is cut out of its middle."""
    for width in range(len(text), 5, -1):
        broken = broken_lines(shortened(text, width), room, size, bold)
        if len(broken) <= lines and max(length(part, size, bold) for part in broken) <= room:
            return "\n".join(broken)
    return shortened(text, 6)


def all_fitted(texts: Sequence[str], room: float, sizes: Sequence[float], lines: int = 1) -> tuple[float, list[str]]:
    """The first of these sizes in which no bold text is cut, else the last, and the texts as they fit in it."""
    for size in sizes:
        found = [fitted(text, room, size, bold=True, lines=lines) for text in texts]
        if [text.replace("\n", " ") for text in found] == list(texts):
            break
    return size, found


def broken_lines(text: str, room: float, size: float = TEXT, bold: bool = False) -> list[str]:
    """Lines as long as the room (inches) allows, broken between words; a longer word has a line of its own."""
    found: list[str] = [""]
    for word in glued(text).split(" "):
        longer = f"{found[-1]} {word}".strip()
        if found[-1] and length(longer, size, bold) > room:
            found.append(word)
        else:
            found[-1] = longer
    return [loose(line) for line in found]


def ink_over(colour: str) -> str:
    """Ink that can be read on a colour."""
    return "white" if np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) < 0.55 else INK


def sentence(words: str) -> str:
    """Words with a capital in front."""
    return words[:1].upper() + words[1:]


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


def within(order: Sequence[int], most: int = MOST_ROWS) -> tuple[list[int], int]:
    """Of a long order its beginning and its end, as many as a chart has room for; and how many are left out."""
    if len(order) <= most:
        return list(order), 0
    tail = most // 3
    return [*order[: most - tail], *order[-tail:]], len(order) - most


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
    flat = ax.dataLim
    if ax.get_autoscaley_on() and flat.height < NOTHING:  # the locator would spread rounding errors over the axis
        ax.set_ylim(flat.y0 - 1, flat.y0 + 1)


def name_lines(ax: Axes, ends: list[tuple[float, str, str]], starts: Mapping[str, float] | None = None) -> None:
    """Name each line (height of its end, name, colour) at its right end; names that would collide are moved apart.

    A name that stands away from its end is joined to it. starts: where a line ends that does not reach the right edge.
    """
    ends, starts = sorted(ends), starts or {}
    if not ends:
        return
    low, high = ax.get_ylim()
    wide, tall = inches(ax)
    dpi = ax.get_figure(root=True).dpi
    room = (_edge(ax) - ax.get_window_extent().x1) / dpi - 0.26
    for size, most in ((TEXT, 2), (TEXT - 2, 2), (TEXT - 2, 1)):  # the largest letters that leave room for all
        row = size * 1.25 / 72 / tall  # height of a line of text, as a fraction of the axes
        names = [fitted(name, room, size, bold=True, lines=most) for _, name, _ in ends]
        half = [row * (name.count("\n") + 1) / 2 for name in names]
        if 2 * sum(half) <= 1 and not any("…" in name for name in names):
            break
    aims = [(end - low) / (high - low) for end, _, _ in ends]
    place = list(aims)
    for _ in range(100):  # push neighbours apart and everybody back inside, until it settles
        for k in range(1, len(place)):
            overlap = half[k - 1] + half[k] - (place[k] - place[k - 1])
            if overlap > 0:
                place[k - 1] -= overlap / 2
                place[k] += overlap / 2
        place = [min(max(at, half[k]), 1 - half[k]) for k, at in enumerate(place)]
    moved = [abs(at - aim) * tall > 0.09 for at, aim in zip(place, aims, strict=True)]
    beyond = 1 + (0.26 if any(moved) else 0.12) / wide
    for (_, whole, ink), name, at, aim, away in zip(ends, names, place, aims, moved, strict=True):
        if away or whole in starts:
            begin = ax.transAxes.inverted().transform(ax.transData.transform((starts.get(whole, 0.0), low)))[0]
            begin = begin if whole in starts else 1 + 0.02 / wide
            path = [begin, max(begin, 1 + 0.05 / wide), beyond - 0.03 / wide], [aim, aim, at]
            ax.plot(*path, color=ink, linewidth=0.9, alpha=0.75, transform=ax.transAxes, clip_on=False, zorder=2.5)
        ax.annotate(
            name, (beyond, at), xycoords="axes fraction", va="center", color=ink, fontweight="bold", linespacing=1.0,
            annotation_clip=False, fontsize=size,
        )  # fmt: skip


def margin(ax: Axes) -> float:
    """Where text begins that is to stand at the left edge of the figure, in axes fractions."""
    return (0.25 - ax.get_window_extent().x0 / ax.get_figure(root=True).dpi) / inches(ax)[0]


def _edge(ax: Axes) -> float:
    """Where the room to the right of the axes ends, in pixels: at that of the next ones (less their ticks) or the
    figure's.
    """
    figure, here = ax.get_figure(root=True), ax.get_position()
    ticks = 0.75 / figure.get_size_inches()[0]
    others = [(other.get_position(), ticks if other.axison else 0.01) for other in figure.axes]
    beside = [box.x0 - less for box, less in others if box.x0 > here.x1 and min(box.y1, here.y1) > max(box.y0, here.y0)]
    return figure.bbox.width * min([0.995, *beside])


def _before(ax: Axes) -> float:
    """Room to the left of the axes, in inches: up to the next ones (with what stands beside them) or the edge."""
    figure, box = ax.get_figure(root=True), ax.get_window_extent()
    others = [other.get_window_extent() for other in figure.axes if other is not ax]
    ends = [one.x1 for one in others if one.x1 < box.x0 and min(one.y1, box.y1) > max(one.y0, box.y0)]
    return (box.x0 - max(ends, default=0.0)) / figure.dpi


def name_rows(
    ax: Axes,
    rows: list[tuple[float, str, str]],
    headings: list[tuple[float, str]] | None = None,
    lines: int = 1,
    size: float = TEXT - 1,
    room: float = 0.0,
) -> None:
    """Name rows (height, name, colour) left of their axis, headings farther left; no axis, no grid.

    Names that are longer than there is room (inches; default up to the edge) are cut, or where rows have room for
    several `lines`, broken.
    """
    ax.set_xticks([])
    room = (room or min(_before(ax), 4.2)) - 0.16
    heights = sorted(y for y, _, _ in rows)
    if len(rows) > 1:
        step = min(b - a for a, b in pairwise(heights)) / abs(np.subtract(*ax.get_ylim())) * inches(ax)[1]
        lines = max(1, min(lines, int(step * 72 / (1.15 * size))))
    fit = [fitted(name, room, size, lines=lines) for _, name, _ in rows]
    ax.set_yticks([y for y, _, _ in rows], fit, fontsize=size, linespacing=1.0)
    for label, (_, _, ink) in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_color(ink)
    for y, heading in headings or ():
        ax.annotate(
            heading, (0, y), (-126, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            va="center_baseline", fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    ax.spines[["left", "bottom"]].set_visible(False)


def value_axis(ax: Axes, words: str, most: int = 6, size: float = TEXT - 1, percent: bool = False) -> None:
    """The axis of a measure below its rows: few round numbers, thin lines upwards, what it is and its unit."""
    if ax.get_autoscalex_on() and ax.dataLim.width < NOTHING:
        ax.set_xlim(ax.dataLim.x0 - 1, ax.dataLim.x0 + 1)
    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2))
    ax.xaxis.set_major_formatter(FuncFormatter(_share if percent else _plain))
    ax.tick_params(axis="x", length=0, labelsize=size)
    ax.grid(axis="x")
    ax.set_xlabel(words, fontsize=size)


def _share(value: float, _: int) -> str:
    return f"{100 * value:.4g} %".replace("-", "−")


def _plain(value: float, _: int) -> str:
    return f"{round(value, 9):,.10g}".replace("-", "−")


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
        0.5, 0.5, "\n".join(filled(words, 42)), transform=ax.transAxes, ha="center", va="center", color=QUIET, bbox=box,
        zorder=9,
    )  # fmt: skip


class Entry(NamedTuple):
    """One entry of a key: an area of a colour and a hatch, or a dot with this marker."""

    words: str
    colour: str
    hatch: str = ""
    marker: str = ""


def key(ax: Axes, entries: Sequence[tuple[str, ...]], x: float = 0.0, above: float = 0.12) -> None:
    """What areas and dots without an end to name mean, in lines `above` the axes (inches); entries as `Entry` has them.

    x: where it begins, in axes fractions.
    """
    wide, tall = inches(ax)
    figure = ax.get_figure(root=True)
    room = (0.99 * figure.bbox.width - ax.get_window_extent().x0) / figure.dpi
    sizes = [0.16 * 1.35 + length(entry[0], TEXT - 2) + 0.22 for entry in entries]
    lines: list[list[int]] = [[]]
    for k, size in enumerate(sizes):
        if lines[-1] and x * wide + sum(sizes[j] for j in lines[-1]) + size > room:
            lines.append([])
        lines[-1].append(k)
    for row, members in enumerate(reversed(lines)):
        at, y = x, 1 + (above + 0.24 * row) / tall
        for k in members:
            _entry(ax, Entry(*entries[k]), at, y)
            at += sizes[k] / wide


def _entry(ax: Axes, entry: Entry, x: float, y: float) -> None:
    """Area or dot, and words beside it; (x, y): its lower left corner in axes fractions."""
    (wide, tall), size = inches(ax), 0.16
    words, colour, hatch, marker = entry
    place = {"transform": ax.transAxes, "clip_on": False}
    if marker:
        middle, rim = (x + size / 2 / wide, y + size / 2 / tall), QUIET if colour == "white" else colour
        dot = {"marker": marker, "markersize": 9, "color": colour, "markeredgecolor": rim, "linestyle": ""}
        ax.add_artist(Line2D(*([part] for part in middle), **dot, **place))
    else:
        thick = 0.8 if colour == "white" and not hatch else 0.0
        look = {"facecolor": colour, "hatch": hatch or None, "edgecolor": QUIET, "linewidth": thick}
        ax.add_patch(Rectangle((x, y), size / wide, size / tall, **look, **place))
    ax.text(
        x + 1.35 * size / wide, y + 0.45 * size / tall, words, transform=ax.transAxes, va="center", fontsize=TEXT - 2
    )


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
        text.set(va="center", ha="center", path_effects=[withStroke(linewidth=3, foreground="white")])
        half = text.get_window_extent().width / 2
        steps = [0.0, *(sign * 0.6 * step for step in range(1, 16) for sign in (1, -1))]
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
