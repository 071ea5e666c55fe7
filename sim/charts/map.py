"""A map of a sweep: which alternative is better where, over two factors, with the boundary and how sure it is.

What is drawn is worked out in `sim.experiments.surface`. Where the lead of the best over the next best is not clear,
all places taken together, the map is hatched. A third factor makes a map for each of its levels, with one key.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.analysis.metrics import METRICS, readable
from sim.charts.words import label
from sim.experiments.surface import FINE, MOST, Panel, Part, Surface, axes_of, maps, pairs, surface, third_of
from sim.experiments.sweep import Table
from sim.figure import FADED, INK, QUIET, TEXT, axes, finish, fitted, inches, length, slide, styled
from sim.palette import looks

__all__ = ["Surface", "axes_of", "map_picture", "strategy_map", "surface"]
DEEP = 0.95  # share of the places whose lead is not drawn in the deepest colour
SIDE = 0.2  # inches between a map and its key


@styled
def map_picture(table: Table, x: str | None = None, y: str | None = None, by: str | None = None) -> Figure:
    """The map on one slide, with the finding as its headline; of a third factor, a map for each level (or group).

    by: the third factor (default the one on which the lead hangs most); see `sim.experiments.surface.maps`.
    """
    across, up = axes_of(table, x, y)
    found = maps(table, x, y, by)
    third = third_of(table, across, up, by) if len(found) > 1 else None
    below = _caption(table, (across, up, third), found)
    figure, top, bottom = slide(_headline(table, found, third), table.title, below)
    if third is None:
        ax = figure.add_axes((0.1, bottom + 0.05, 0.63, top - bottom - 0.05))
        strategy_map(table, x, y, ax=ax, found=found[0].surface)
        return figure
    _side_by_side(figure, table, found, (across, up, third), top, bottom)
    return figure


@styled
def strategy_map(
    table: Table, x: str | None = None, y: str | None = None, ax: Axes | None = None, found: Surface | None = None
) -> Axes:
    """Colour: the better alternative, deeper with its lead. Line: the lead changes. Hatched: too close to call."""
    across, up = axes_of(table, x, y)
    found = surface(table, x, y) if found is None else found
    ax, own = axes(ax, left=0.11, width=0.53)
    panel = Panel(Part("", np.arange(table.values.shape[1])), found)
    _draw(ax, table, panel, (across, up), _reach([panel]), TEXT + 3)
    wide, tall = inches(ax)
    ax.set_xlabel(fitted(label(table, across), wide + 1.0, lines=2), color=INK)
    ax.set_ylabel(fitted(label(table, up), tall, lines=2), color=INK)
    _key(ax, table, [panel])
    return finish(ax, own, _caption(table, (across, up, None), [panel]))


# ------------------------------------------------------------------------------------------------------------ parts


def _side_by_side(
    figure: Figure, table: Table, found: Sequence[Panel], factors: tuple[str, str, str], top: float, bottom: float
) -> None:
    """A small map for each panel, in one row of up to four or in two, and one key for all to the right of them."""
    across, up, third = factors
    columns = len(found) if len(found) < 5 else 3
    rows = -(-len(found) // columns)
    left, right, low, high = 0.085, 0.755, bottom + 0.03, top - 0.03
    gap, between = 0.02, 0.075
    wide, tall = (right - left - gap * (columns - 1)) / columns, (high - low - between * (rows - 1)) / rows
    reach = _reach(found)
    for k, panel in enumerate(found):
        row, column = divmod(k, columns)
        ax = figure.add_axes((left + column * (wide + gap), high - tall - row * (tall + between), wide, tall))
        _draw(ax, table, panel, (across, up), reach, TEXT)
        ax.set_title(panel.part.words, fontsize=TEXT, pad=5)
        ax.tick_params(labelleft=column == 0, labelbottom=k + columns >= len(found), labelsize=TEXT - 2)
        ax.xaxis.set_major_locator(MaxNLocator(3 if columns > 3 else 4, prune="both" if columns > 1 else None))
        ax.yaxis.set_major_locator(MaxNLocator(5))
    size = figure.get_size_inches()
    figure.text(left, high + 0.048, fitted(f"{label(table, third)}:", (right - left) * size[0]), color=INK, va="bottom")
    words = {"color": INK, "ha": "center"}
    figure.text((left + right) / 2, low - 0.075, fitted(label(table, across), (right - left) * size[0]), **words)
    upwards = fitted(label(table, up), (high - low) * size[1], lines=2)
    figure.text(0.024, (low + high) / 2, upwards, rotation=90, va="center", **words)
    frame = figure.add_axes((left, low, right - left, high - low), zorder=-1)
    frame.set_axis_off()
    _key(frame, table, found)


def _reach(found: Sequence[Panel]) -> float:
    """The lead from which on colours are deepest, the same in all panels."""
    margins = np.concatenate([panel.surface.margin[panel.surface.known] for panel in found])
    return float(np.quantile(margins, DEEP)) or 1.0


def _draw(ax: Axes, table: Table, panel: Panel, factors: tuple[str, str], reach: float, size: float) -> None:
    """One map: colours, hatching, boundaries, dots, and names where there is room for letters of this size."""
    found, (across, up) = panel.surface, factors
    colours = [look.colour for look in looks(table.strategies)]
    depth = 0.2 + 0.6 * np.sqrt(np.clip(found.margin / reach, 0.0, 1.0))
    picture = 1 - depth[..., None] * (1 - np.array([to_rgb(colour) for colour in colours])[found.best])
    picture[~found.known] = to_rgb(FADED)
    extent = (found.x[0], found.x[-1], found.y[0], found.y[-1])
    ax.imshow(picture, origin="lower", extent=extent, aspect="auto", zorder=1)
    doubtful = np.where(found.known, found.unsure, np.inf)
    if (doubtful < 0).any():
        veil = ax.contourf(
            found.x, found.y, np.minimum(doubtful, np.abs(found.unsure).max() + 1.0), levels=[-np.inf, 0.0],
            colors=[(1, 1, 1, 0.55)], hatches=["////"], zorder=2,
        )  # fmt: skip
        veil.set(edgecolor=QUIET, linewidth=0)
    for k in range(len(table.names)):  # the zero of a lead is a smoother line than the edge of a colour
        rivals = np.delete(found.lead[k], k, axis=0).min(axis=0)
        if (rivals[found.known] > 0).any() and (rivals[found.known] < 0).any():
            line = np.ma.masked_where(~found.known, rivals)
            ax.contour(found.x, found.y, line, levels=[0.0], colors=[INK], linewidths=3 * size / (TEXT + 3), zorder=4)
    points = np.array([table.levels[across], table.levels[up]], dtype=float)[:, panel.part.conditions]
    points = points[:, pairs(table)[panel.part.conditions] > 0]
    ax.plot(*np.unique(points, axis=1), ".", color=INK, markersize=3, alpha=0.35, zorder=3, clip_on=False)
    _name_regions(ax, table, found, size)
    ax.set(xlim=extent[:2], ylim=extent[2:])
    ax.grid(False)


def _name_regions(ax: Axes, table: Table, found: Surface, size: float) -> None:
    """Each alternative's name in the middle of where it is better, if there is room for it; the key has them all."""
    from scipy.ndimage import distance_transform_edt

    wide, tall = inches(ax)
    for k, look in enumerate(looks(table.strategies)):
        inside = np.pad((found.best == k) & found.known, 1)  # the edge of the map is a boundary too
        room = distance_transform_edt(inside, sampling=(tall / FINE, wide / FINE))[1:-1, 1:-1]  # inches
        row, column = np.unravel_index(room.argmax(), room.shape)
        half = length(table.names[k], size, bold=True) / 2 + 0.1
        level = inside[1:-1][row]
        ends = np.flatnonzero(~level)
        left, right = ends[ends < column].max(initial=-1), ends[ends > column].min(initial=FINE)
        if room[row, column] < 0.22 or min(column - left, right - column) * wide / FINE < half:
            continue
        box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": "none", "alpha": 0.88}
        ax.text(
            found.x[column], found.y[row], table.names[k], ha="center", va="center", color=look.ink, fontweight="bold",
            fontsize=size, bbox=box, zorder=6,
        )  # fmt: skip


def _key(ax: Axes, table: Table, found: Sequence[Panel]) -> None:
    """Beside the map: the share of each alternative that is ahead somewhere, and what depth, hatching and line mean."""
    colours = [look.colour for look in looks(table.strategies)]
    shares = [float(np.mean([panel.surface.share(k) for panel in found])) for k in range(len(table.names))]
    order = [k for k in sorted(range(len(shares)), key=lambda k: -shares[k]) if shares[k] > 0]
    wide, tall = inches(ax)
    fit = max(1, int((tall - 2.2) / 0.34))  # lines of text beside the map, hatching and so on apart
    shown = order if len(order) <= fit else order[: fit - 1]
    entries = [(f"{table.names[k]}: {_of_map(shares[k])}", colours[k], "") for k in shown]
    if len(shown) < len(order):
        rest = sum(shares[k] for k in order[len(shown) :])
        entries.append((f"{len(order) - len(shown)} more: {_of_map(rest)}", "", ""))
    if never := len(table.names) - len(order):
        entries.append((f"nowhere ahead: {never} other{'s' * (never > 1)}", "", ""))
    doubt = float(np.mean([panel.surface.doubt for panel in found]))
    if doubt > 0:
        entries.append((f"too close to call: {_of_map(doubt)}", "white", "////"))
    if any(len(np.unique(panel.surface.best[panel.surface.known])) > 1 for panel in found):
        entries.append(("the lead changes", "", "line"))
    if not all(panel.surface.known.all() for panel in found):
        entries.append(("no runs to compare", FADED, ""))
    deepest = readable(_reach(found), METRICS[table.measure].unit, signed=True).removeprefix("+")
    entries.append((f"deepest: leads by {deepest} or more", "", ""))
    at = 0.27
    for words, colour, hatch in entries:
        lines = _mark(ax, (1 + SIDE / wide, 1 - at / tall), words, colour, hatch)
        at += 0.34 if lines == 1 else 0.46


def _mark(ax: Axes, at: tuple[float, float], words: str, colour: str, hatch: str) -> int:
    """One entry of the key: a square, a line or nothing, and words; returns how many lines they take, two at most."""
    (wide, tall), place = inches(ax), {"transform": ax.transAxes, "clip_on": False}
    x, y = at
    if hatch == "line":
        ax.plot([x, x + 0.3 / wide], [y + 0.1 / tall] * 2, color=INK, linewidth=3, **place)
    elif colour:
        look = {"facecolor": colour, "hatch": hatch or None, "edgecolor": QUIET, "linewidth": 0}
        ax.add_patch(Rectangle(at, 0.3 / wide, 0.22 / tall, alpha=1.0 if hatch else 0.7, **look, **place))
    figure = ax.get_figure(root=True)
    begin = x + (0.42 / wide if colour or hatch else 0.0)
    room = (figure.bbox.width - ax.transAxes.transform((begin, 0))[0]) / figure.dpi - 0.1
    told = fitted(words, room, lines=2)
    ax.text(begin, y + 0.22 / tall, told, transform=ax.transAxes, va="top", color=INK, linespacing=1.05)
    return told.count("\n") + 1


def _headline(table: Table, found: Sequence[Panel], third: str | None) -> str:
    """Who is clearly ahead on how much of the map, and how much of it is too close to call."""
    metric, many = METRICS[table.measure], len(table.names)
    high = metric.most if many > 2 else metric.further
    what = metric.label
    where = "these maps" if third else "this map"
    whose = "maps" if third else "map"
    sure = {name: _share(found, k, clear=True) for k, name in enumerate(table.names)}
    ahead = {name: _share(found, k) for k, name in enumerate(table.names)}
    (first, most), *others = sorted(sure.items(), key=lambda each: -each[1])
    if pairs(table).max() < 2 and all(len(panel.part.conditions) == _places(table, panel) for panel in found):
        first = max(ahead, key=ahead.get)
        return f"In one run of each condition “{first}” has the {high} {what} on {_of_map(ahead[first])} of the {whose}"
    if not most:
        return f"No clear difference in {what} anywhere on {where}"
    if most == 1.0:
        return f"“{first}” has the {high} {what} everywhere on {where}"
    parts = [f"“{first}” has clearly the {high} {what} on {_of_map(most)} of the {whose}"]
    parts += [f"“{name}” on {_of_map(share)}" for name, share in others[:2] if share > 0]
    more = sum(share > 0 for share in sure.values()) - len(parts)
    parts += [f"{more} others on the rest"] if more > 0 else []
    close = float(np.mean([panel.surface.doubt for panel in found]))
    return f"{', '.join(parts)}{f'; {_of_map(close)} is too close to call' if close > 0 else ''}"


def _share(found: Sequence[Panel], alternative: int, clear: bool = False) -> float:
    return float(np.mean([panel.surface.share(alternative, clear) for panel in found]))


def _places(table: Table, panel: Panel) -> int:
    """Different places of the two factors among the conditions of a panel: as many where nothing else is varied."""
    named = list(table.levels)
    return len({tuple(table.levels[name][c] for name in named[:2]) for c in panel.part.conditions})


def _of_map(share: float) -> str:
    """A share in whole per cent, never all or nothing of what is not quite."""
    if 0 < share < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def _caption(table: Table, factors: tuple[str, str, str | None], found: Sequence[Panel]) -> str:
    third = factors[2]
    metric, known = METRICS[table.measure], pairs(table)
    high = metric.most if len(table.names) > 2 else metric.further
    first, many = table.seeds
    varied = [name for name, levels in table.levels.items() if len({str(level) for level in levels}) > 1]
    others = [table.label(name) for name in varied if name not in factors]
    named = ", ".join(others) if len(others) < 4 else f"{', '.join(others[:2])} and {len(others) - 2} more factors"
    rest = f" Varied as well, each place showing the mean: {named}." if others else ""
    if third and len({str(level) for level in table.levels[third]}) > MOST:
        rest = f" Levels of {table.label(third)} are taken together in groups.{rest}"
    runs = f"{many} paired runs each (seeds {first}–{first + many - 1})" if many > 1 else f"one run each (seed {first})"
    some = known[known > 0]
    if some.min() < many:
        runs = f"{some.min()} to {some.max()} of {runs}: not finished"
    if lost := int((known == 0).sum()):
        runs += f", without {lost:,} that no runs under every alternative are known of"
    whose = " of the focus firm" if metric.per_firm else ""
    every = f"corrected for all places{', maps' if third else ''} and rivals"
    doubt = f" Hatched: its lead is not clear, {every}." if any(panel.surface.doubt for panel in found) else ""
    return (
        f"Colour: the alternative with the {high} {metric.label} ({metric.unit}){whose}, deeper where it "
        f"leads by more.{doubt} {table.values.shape[1]:,} conditions (dots), {runs}.{rest} {table.title}"
    )
