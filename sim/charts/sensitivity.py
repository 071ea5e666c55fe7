"""Figures of sensitivity and discovery: which factors matter, and where an alternative wins."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.metrics import readable, readable_interval
from sim.experiments.discovery import Discovery
from sim.experiments.sensitivity import Index, Sensitivity
from sim.figure import DOWN, FADED, FAINT, INK, QUIET, UP, axes, beside, finish, name_rows, slide, styled, wrapped

MOST = 12  # factors in a picture: the most important; the caption says how many are left out


@styled
def sensitivity_bars(found: Sensitivity, ax: Axes | None = None) -> Axes:
    """Importance of the factors, the greatest on top, with 95 % intervals; grey what may be luck.

    Shares of variance: a full bar for what a factor does alone, a pale one with its interactions. Morris: the effect of
    moving the factor through its range, blue where it raises the outcome on the whole, orange where it lowers it, dark
    grey where it goes from name to name, which is neither up nor down.
    """
    ranking = found.ranking()[:MOST]
    ax, own = axes(ax, 2 * len(ranking), left=0.36, width=0.36)
    other = {index.factor: index for index in found.indices if index.name in ("first", "mean")}
    bounds = [bound for index in ranking for bound in (index.value, index.high) if np.isfinite(bound)]
    reach = max([1.0 if found.kind == "saltelli" else 0.0, *bounds]) or 1.0
    for y, index in enumerate(ranking):
        second, clear = other[index.factor], found.clear(index.factor)
        if found.kind == "saltelli":
            ax.barh(-y, index.value / reach, height=0.62, color=_pale(clear), zorder=2)
            ax.barh(-y, max(second.value, 0.0) / reach, height=0.62, color=UP if clear else FADED, zorder=3)
        else:
            colour = QUIET if index.factor in found.named else UP if second.value > 0 else DOWN
            ax.barh(-y, index.value / reach, height=0.62, color=colour if clear else FADED, zorder=2)
        if np.isfinite(index.low):
            ax.plot([max(0.0, index.low) / reach, index.high / reach], [-y, -y], color=INK, linewidth=1.5, zorder=4)
        beside(ax, -y, _in_figures(found, index, second), INK if clear else QUIET)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    ax.set(xlim=(0, 1.02), ylim=(-len(ranking) + 0.4, 0.6))
    ax.set_title(
        "Share of variance: alone, and with interactions" if found.kind == "saltelli" else "Effect of the range"
    )
    name_rows(
        ax,
        [(-y, found.labels[i.factor], INK if found.clear(i.factor) else QUIET) for y, i in enumerate(ranking)],
        [],
        40,
    )
    return finish(ax, own, sensitivity_caption(found))


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
    figure, top, bottom = slide(_sentence(found.headline()), _sentence(found.outcome), sensitivity_caption(found))
    sensitivity_bars(found, figure.add_axes((0.33, bottom - 0.02, 0.42, top - bottom)))
    return figure


@styled
def region_rows(found: Discovery, ax: Axes | None = None) -> Axes:
    """Every region with its mean lead as a bar from zero, 95 % interval, and how much of the conditions it holds."""
    ax, own = axes(ax, 3 * len(found.boxes), left=0.42, width=0.33)
    bounds = [bound for box in found.boxes for bound in box.lead[:3] if np.isfinite(bound)]
    reach = max((abs(bound) for bound in bounds), default=0.0) or 1.0
    for y, box in enumerate(found.boxes):
        sure = box.lead.clear or not found.honest
        colour = (UP if box.lead.mean > 0 else DOWN) if sure else FADED
        ax.barh(-y, box.lead.mean / reach, height=0.5, color=colour, zorder=2)
        if np.isfinite(box.lead.low):
            ax.plot([box.lead.low / reach, box.lead.high / reach], [-y, -y], color=INK, linewidth=1.5, zorder=4)
        share = box.conditions / found.conditions
        words = f"{readable_interval(box.lead, found.unit, signed=True)}\n{_percent(share)} of the conditions"
        beside(ax, -y, words, INK if sure else QUIET)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    ax.set(xlim=(-1.05, 1.05), ylim=(-len(found.boxes) + 0.4, 0.6), xlabel="← behind    ahead →")
    ax.set_title("Mean lead", x=0.5, ha="center")
    name_rows(ax, [(-y, "", INK) for y in range(len(found.boxes))], [])
    ax.set_yticks([-y for y in range(len(found.boxes))], [_stacked(str(box)) for box in found.boxes], fontsize=12)
    return finish(ax, own, discovery_caption(found))


def _stacked(words: str) -> str:
    """Conditions of a region, one a line, long ones in two."""
    return "\n".join(wrapped(line, 44) for line in words.replace(" and ", "\nand ").split("\n"))


@styled
def discovery_picture(found: Discovery) -> Figure:
    """Where the first alternative is ahead and where behind, on one slide."""
    figure, top, bottom = slide(_sentence(found.headline()), _sentence(found.outcome), discovery_caption(found))
    region_rows(found, figure.add_axes((0.42, bottom + 0.03, 0.36, top - bottom - 0.03)))
    return figure


def sensitivity_caption(found: Sensitivity) -> str:
    """How the figure came about."""
    how = f"{found.points} points of Saltelli's design" if found.kind == "saltelli" else f"{found.points} trajectories"
    luck = f" Luck is {_percent(found.luck)} of the variance of single runs." if np.isfinite(found.luck) else ""
    left = len(found.ranking()) - MOST
    more = f" {left} factors that matter less are left out." if left > 0 else ""
    if found.kind == "saltelli" and any(index.value > 1.05 for index in found.ranking()):
        more += " More than 100 % comes of too few points."
    seeds = "one seed each, so that luck cannot be told from effects"
    if found.seeds > 1:
        seeds = f"{found.seeds} seeds each"
    grey = (
        "pale grey: may be luck; dark grey: from name to name"
        if found.kind == "morris" and found.named
        else "grey: may be luck"
    )
    return f"{how}, {seeds}. Whiskers: 95 % bootstrap interval over points and seeds; {grey}.{luck}{more}"


def discovery_caption(found: Discovery) -> str:
    """How the figure came about."""
    checked = (
        "Regions were sought with every second seed and measured with the others; whiskers and ±: 95 % t interval."
        if found.honest
        else "Too few seeds to measure regions apart from seeking them: leads are too large, no interval is given."
    )
    foreseen = f" The regions foresee {_percent(found.explained)} of the variance between conditions left out."
    return f"{found.conditions} conditions.{' ' + checked}{foreseen if np.isfinite(found.explained) else ''}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
