"""Figures of sensitivity and discovery: which factors matter, and where an alternative wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.metrics import readable, readable_interval
from sim.charts.words import origin, scale_of, with_unit
from sim.experiments.discovery import Box, Discovery, Limit
from sim.experiments.sensitivity import Index, Sensitivity
from sim.figure import (
    DOWN,
    FADED,
    FAINT,
    INK,
    QUIET,
    TEXT,
    UP,
    axes,
    beside,
    finish,
    fitted,
    inches,
    key,
    length,
    name_rows,
    sentence,
    shortened,
    slide,
    styled,
    value_axis,
)  # fmt: skip

GAP = 0.9  # lines between regions
FEW, MOST = 7, 12  # factors in a picture: the most important; the caption says how many are left out
EFFECTS = {UP: "raises it", DOWN: "lowers it", QUIET: "from name to name", FADED: "may be luck"}
LEADS = {UP: "ahead", DOWN: "behind", FADED: "may be luck"}


@styled
def sensitivity_bars(found: Sensitivity, ax: Axes | None = None) -> Axes:
    """Importance of the factors, the greatest on top, with 95 % intervals; grey what may be luck.

    Shares of variance: a full bar for what a factor does alone, a pale one with its interactions. Morris: the effect of
    moving the factor through its range, blue where it raises the outcome on the whole, orange where it lowers it, dark
    grey where it goes from name to name, which is neither up nor down.
    """
    ranking = found.ranking()[:MOST]
    ax, own = axes(ax, 2 * len(ranking), left=0.36, width=0.36, head=0.75)
    other = beside_of(found)
    bounds = [bound for index in ranking for bound in (index.value, index.high) if np.isfinite(bound)]
    shares = found.kind == "saltelli"
    scale, unit = (1.0, "share of the variance") if shares else scale_of(bounds, found.unit, change=True)
    for y, (index, colour) in enumerate(zip(ranking, factor_colours(found, ranking), strict=True)):
        second, clear = other[index.factor], found.clear(index.factor)
        if shares:
            ax.barh(-y, index.value, height=0.62, color=_pale(clear), zorder=2)
            ax.barh(-y, max(second.value, 0.0), height=0.62, color=UP if clear else FADED, zorder=3)
        else:
            ax.barh(-y, index.value / scale, height=0.62, color=colour, zorder=2)
        if np.isfinite(index.low):
            ends = [max(0.0, index.low) / scale, index.high / scale]
            ax.plot(ends, [-y, -y], color=INK, linewidth=1.5, zorder=4)
        beside(ax, -y, _in_figures(found, index, second), INK if clear else QUIET)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    reach = max([1.0 if shares else 0.0, *bounds]) or 1.0
    ax.set(xlim=(0, 1.02 * reach / scale), ylim=(-len(ranking) + 0.4, 0.6))
    ax.set_title("Which factors matter", pad=30)
    names = [found.labels[i.factor] for i in ranking]
    if len(ranking) <= FEW:  # of many, the names alone fill the room
        names = [with_unit(name, i.factor) for name, i in zip(names, ranking, strict=True)]
    inks = [INK if found.clear(i.factor) else QUIET for i in ranking]
    name_rows(ax, [(-y, name, ink) for y, (name, ink) in enumerate(zip(names, inks, strict=True))], lines=2)
    value_axis(ax, unit if shares else f"effect of the whole range{f' ({unit})' if unit else ''}", 4, percent=shares)
    key(ax, _entries(found, ranking))
    return finish(ax, own, sensitivity_caption(found))


def _entries(found: Sensitivity, ranking: Sequence[Index]) -> list[tuple[str, str]]:
    """What the colours that are drawn mean."""
    if found.kind != "saltelli":
        return named_colours(EFFECTS, factor_colours(found, ranking))
    luck = [] if all(found.clear(index.factor) for index in ranking) else [(EFFECTS[FADED], FADED)]
    return [("alone", UP), ("with its interactions", _pale(True)), *luck]


def named_colours(meant: Mapping[str, str], drawn: Sequence[str]) -> list[tuple[str, str]]:
    """Words and colour of what is drawn; no word for a colour that is not there."""
    return [(words, colour) for colour, words in meant.items() if colour in drawn]


def beside_of(found: Sensitivity) -> dict[str, Index]:
    """The second figure of each factor: its share alone, or the mean of its effects."""
    return {index.factor: index for index in found.indices if index.name in ("first", "mean")}


def factor_colours(found: Sensitivity, ranking: Sequence[Index]) -> list[str]:
    """Of each factor of Morris: does it raise or lower the outcome, or neither, or may that be luck?"""
    mean = beside_of(found)
    signed = [QUIET if i.factor in found.named else UP if mean[i.factor].value > 0 else DOWN for i in ranking]
    return [colour if found.clear(i.factor) else FADED for i, colour in zip(ranking, signed, strict=True)]


def region_colours(found: Discovery) -> list[str]:
    """Of each region: is the first ahead or behind, or may that be luck?"""
    sure = [box.lead.clear or not found.honest for box in found.boxes]
    ahead = [UP if box.lead.mean > 0 else DOWN for box in found.boxes]
    return [colour if known else FADED for colour, known in zip(ahead, sure, strict=True)]


def _pale(clear: bool) -> str:
    return "#a9c6e6" if clear else FAINT


def _percent(share: float) -> str:
    return f"{100 * max(share, 0.0):.0f} %"


def _in_figures(found: Sensitivity, index: Index, second: Index) -> str:
    if not np.isfinite(index.value):
        return "not estimable"
    if found.kind == "saltelli":
        return f"{_percent(second.value)} alone, {_percent(index.value)} in all"
    if index.factor in found.named:
        return readable(index.value, found.unit)
    return f"{readable(index.value, found.unit)} (mean {readable(second.value, found.unit, signed=True)})"


@styled
def sensitivity_picture(found: Sensitivity) -> Figure:
    """What the outcome depends on, on one slide."""
    figure, top, bottom = slide(sentence(found.headline()), sentence(found.outcome), sensitivity_caption(found))
    sensitivity_bars(found, figure.add_axes((0.35, bottom + 0.02, 0.4, top - bottom - 0.04)))
    return figure


@styled
def region_rows(found: Discovery, ax: Axes | None = None) -> Axes:
    """Every region with its mean lead as a bar from zero, 95 % interval, and how much of the conditions it holds."""
    room = [max(2, len(box.limits)) + GAP for box in found.boxes]  # lines of text that each takes
    ax, own = axes(ax, round(sum(room) + 1), left=0.44, width=0.3, head=0.75)
    middle = np.cumsum(room) - np.array(room) / 2
    bounds = [bound for box in found.boxes for bound in box.lead[:3] if np.isfinite(bound)]
    scale, unit = scale_of(bounds, found.unit, change=True)
    colours = region_colours(found)
    for y, box, colour in zip(middle, found.boxes, colours, strict=True):
        ax.barh(-y, box.lead.mean / scale, height=1.1, color=colour, zorder=2)
        if np.isfinite(box.lead.low):
            ax.plot([box.lead.low / scale, box.lead.high / scale], [-y, -y], color=INK, linewidth=1.5, zorder=4)
        share = box.conditions / found.conditions
        words = f"{readable_interval(box.lead, found.unit, signed=True)}\n{_percent(share)} of the conditions"
        beside(ax, -y, words, QUIET if colour == FADED else INK)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    ax.margins(x=0.05)
    ax.set_ylim(-sum(room), 0.0)
    # letters as large as the lines allow
    size = min(TEXT - 2, 72 * inches(ax)[1] / sum(room) / 1.15)
    name_rows(ax, [(-y, "", INK) for y in middle])
    _write_limits(ax, found.boxes, middle, size)
    value_axis(ax, f"mean lead{f' ({unit})' if unit else ''}", 4)
    ax.set_title("Where it is how far ahead", pad=30)
    key(ax, named_colours(LEADS, colours))
    return finish(ax, own, discovery_caption(found))


def _write_limits(ax: Axes, boxes: Sequence[Box], middle: np.ndarray, size: float) -> None:
    """The conditions of each region left of its bar, one a line."""
    figure = ax.get_figure(root=True)
    room = ax.get_window_extent().x0 / figure.dpi - 0.35
    for y, box in zip(middle, boxes, strict=True):
        lines = [_condition(limit, room, size) for limit in box.limits] or ["everywhere"]
        ax.annotate(
            "\n".join(lines), (0, -y), (-9, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="center", fontsize=size, linespacing=1.1, annotation_clip=False,
        )  # fmt: skip


def _condition(limit: Limit, room: float, size: float) -> str:
    """A condition with the unit behind its number, where it has one; too long a name is cut, not the number."""
    name, _, unit = with_unit(limit.label, limit.factor).rstrip(")").rpartition(" (")
    if not name or limit.levels:
        name, unit = limit.label, ""
    behind = f" {unit}" if unit not in ("", "no unit") else ""
    for width in range(len(name), 5, -1):
        words = f"{limit._replace(label=shortened(name, width))}{behind}"
        if length(words, size) <= room:
            return words
    return fitted(str(limit), room, size)


@styled
def discovery_picture(found: Discovery) -> Figure:
    """Where the first alternative is ahead and where behind, on one slide."""
    figure, top, bottom = slide(sentence(found.headline()), sentence(found.outcome), discovery_caption(found))
    region_rows(found, figure.add_axes((0.42, bottom + 0.02, 0.37, top - bottom - 0.04)))
    return figure


def sensitivity_caption(found: Sensitivity) -> str:
    """How the figure came about."""
    how = f"{found.points} points of Saltelli's design" if found.kind == "saltelli" else f"{found.points} trajectories"
    luck = f" Luck is {_percent(found.luck)} of the variance of single runs." if np.isfinite(found.luck) else ""
    left = len(found.ranking()) - MOST
    what = "1 factor that matters less is" if left == 1 else f"{left} factors that matter less are"
    more = f" {what} left out." if left > 0 else ""
    if found.kind == "saltelli" and any(index.value > 1.05 for index in found.ranking()):
        more += " More than 100 % comes of too few points."
    seeds = "one seed each, so that luck cannot be told from effects"
    if found.seeds > 1:
        seeds = f"{found.seeds} seeds each"
    words = f"{sentence(found.outcome)}: {how}, {seeds}. Whiskers: 95 % bootstrap interval over points and seeds."
    return " ".join(part for part in (f"{words}{luck}{more}", origin(found)) if part)


def discovery_caption(found: Discovery) -> str:
    """How the figure came about."""
    checked = (
        "Regions were sought with every second seed and measured with the others; whiskers and ±: 95 % t interval."
        if found.honest
        else "Too few seeds to measure regions apart from seeking them: leads are too large, no interval is given."
    )
    foreseen = f"The regions foresee {_percent(found.explained)} of the variance between conditions left out."
    known = foreseen if np.isfinite(found.explained) else ""
    words = f"{sentence(found.outcome)}, {found.conditions} conditions."
    return " ".join(part for part in (words, checked, known, origin(found)) if part)
