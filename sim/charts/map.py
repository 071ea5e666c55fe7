"""A map of a sweep: which alternative is better where, over two factors, with the boundary and how sure it is.

On a grid the means of the conditions are joined by straight lines. Scattered points (Latin hypercube, Sobol) are
smoothed by a cubic polynomial of both factors, least squares on the paired differences; what other factors do is then
part of the noise. Where the lead of the best over the next best is not clear, all places taken together, the map is
hatched.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.special import fdtri, stdtrit

from sim.analysis.metrics import METRICS
from sim.analysis.statistics import interval
from sim.charts.words import label
from sim.experiments.axes import numbers
from sim.experiments.standings import confidence as clear_from
from sim.experiments.sweep import Table
from sim.figure import INK, QUIET, TEXT, axes, finish, fitted, inches, length, slide, styled
from sim.palette import looks

FINE = 161  # points of the picture in each direction
DEGREE = 3  # of the polynomial through scattered points


class Surface(NamedTuple):
    """Differences on a fine mesh: lead (A, A, n, n) of row over column and its half width; x and y (n,)."""

    x: np.ndarray
    y: np.ndarray
    lead: np.ndarray
    half: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """(n, n) the alternative whose lead over every other is positive."""
        return self.lead.min(axis=1).argmax(axis=0)

    @property
    def margin(self) -> np.ndarray:
        """(n, n) lead of the best over the next best."""
        return self._of_best(self.lead)

    @property
    def unsure(self) -> np.ndarray:
        """(n, n) lead of the best over the next best less its half width: negative where it may be luck."""
        return self._of_best(self.lead - self.half)

    def _of_best(self, values: np.ndarray) -> np.ndarray:
        rivals = np.where(np.eye(len(values), dtype=bool)[:, :, None, None], np.inf, values).min(axis=1)
        return np.take_along_axis(rivals, self.best[None], axis=0)[0]


def axes_of(table: Table, x: str | None = None, y: str | None = None) -> tuple[str, str]:
    """The factors to the right and upwards: those asked for, or the first two that are numbers.

    Raises ValueError where there are no two, or no two alternatives.
    """
    known = [name for name, levels in table.levels.items() if numbers(levels) and len(set(levels)) > 1]
    for name in (x, y):
        if name is not None and name not in known:
            raise ValueError(f"{name} is no factor with numbers; there are: {', '.join(known) or 'none'}")
    free = [name for name in known if name not in (x, y)]
    across = x or (free.pop(0) if free else None)
    up = y or (free.pop(0) if free else None)
    if across is None or up is None or across == up or len(table.names) < 2:
        raise ValueError("a map needs two factors with numbers and two alternatives")
    return across, up


def surface(table: Table, x: str | None = None, y: str | None = None, confidence: float | None = None) -> Surface:
    """Differences between all alternatives over two factors, with half widths of their intervals.

    confidence   of each place by itself; None: such that what excludes zero is clear, all places and rivals taken
                 together: on a grid by the rule of `sim.experiments.standings`, of a smooth surface by the band of
                 Working & Hotelling (1929)

    Raises ValueError for fewer than four conditions, and where some have no run yet: what is not known between the
    others is not guessed.
    """
    across, up = axes_of(table, x, y)
    points, values = np.array([table.levels[across], table.levels[up]], dtype=float), table.values
    begun = _pairs(table) > 0
    if not begun.all():
        many = f"{begun.sum():,} of {begun.size:,} conditions"
        raise ValueError(
            f"{many} have been run under every alternative; sim resume plays the rest, then there is a map"
        )
    if begun.size < 4:
        raise ValueError(f"{begun.size} conditions are too few for a map")
    xs, ys = (np.unique(line) for line in points)
    mesh = np.linspace(xs[0], xs[-1], FINE), np.linspace(ys[0], ys[-1], FINE)
    grid = len(xs) * len(ys) == points.shape[1] and len({tuple(point) for point in points.T}) == points.shape[1]
    shape = (len(values), len(values), FINE, FINE)
    lead, half = np.zeros(shape), np.zeros(shape)
    together = confidence is None
    if confidence is None:
        confidence = clear_from(table) if grid else 1 - 0.05 / (len(values) - 1)
    for a, b in itertools.combinations(range(len(values)), 2):
        difference = values[a] - values[b]  # (conditions, seeds)
        if grid:
            lead[a, b], half[a, b] = _joined(points, difference, xs, ys, mesh, confidence)
        else:
            lead[a, b], half[a, b] = _smoothed(points, difference, mesh, confidence, together)
        lead[b, a], half[b, a] = -lead[a, b], half[a, b]
    return Surface(*mesh, lead, half)


@styled
def map_picture(table: Table, x: str | None = None, y: str | None = None) -> Figure:
    """The map on one slide, with the finding as its headline."""
    across, up = axes_of(table, x, y)
    found = surface(table, x, y)
    figure, top, bottom = slide(_headline(table, found), table.title, _caption(table, across, up))
    ax = figure.add_axes((0.1, bottom + 0.05, 0.63, top - bottom - 0.05))
    strategy_map(table, x, y, ax=ax, found=found)
    return figure


@styled
def strategy_map(
    table: Table, x: str | None = None, y: str | None = None, ax: Axes | None = None, found: Surface | None = None
) -> Axes:
    """Colour: the better alternative, deeper with its lead. Line: the lead changes. Hatched: too close to call."""
    across, up = axes_of(table, x, y)
    found = surface(table, x, y) if found is None else found
    ax, own = axes(ax, left=0.11, width=0.53)
    colours = [look.colour for look in looks(table.strategies)]
    best, margin = found.best, found.margin
    reach = np.quantile(margin, 0.95) or 1.0
    depth = 0.2 + 0.6 * np.sqrt(np.clip(margin / reach, 0.0, 1.0))
    picture = np.array([to_rgb(colour) for colour in colours])[best]
    extent = (found.x[0], found.x[-1], found.y[0], found.y[-1])
    ax.imshow(1 - depth[..., None] * (1 - picture), origin="lower", extent=extent, aspect="auto", zorder=1)
    if (found.unsure < 0).any():
        veil = ax.contourf(
            found.x, found.y, found.unsure, levels=[-np.inf, 0.0], colors=[(1, 1, 1, 0.55)], hatches=["////"], zorder=2
        )
        veil.set(edgecolor=QUIET, linewidth=0)
    for k in range(len(table.names)):  # the zero of a lead is a smoother line than the edge of a colour
        rivals = np.delete(found.lead[k], k, axis=0).min(axis=0)
        if (rivals > 0).any() and (rivals < 0).any():
            ax.contour(found.x, found.y, rivals, levels=[0.0], colors=[INK], linewidths=3, zorder=4)
    points = np.array([table.levels[across], table.levels[up]], dtype=float)
    ax.plot(*points, ".", color=INK, markersize=3, alpha=0.35, zorder=3, clip_on=False)
    _name_regions(ax, table, found)
    ax.set(xlim=extent[:2], ylim=extent[2:])
    wide, tall = inches(ax)
    ax.set_xlabel(fitted(label(table, across), wide + 1.0, lines=2), color=INK)
    ax.set_ylabel(fitted(label(table, up), tall, lines=2), color=INK)
    ax.grid(False)
    _key(ax, table, found, colours)
    return finish(ax, own, _caption(table, across, up))


# ------------------------------------------------------------------------------------------------------------ parts


def _joined(
    points: np.ndarray, difference: np.ndarray, xs: np.ndarray, ys: np.ndarray, mesh: tuple[np.ndarray, np.ndarray],
    confidence: float,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Means and half widths of the cells of a grid, straight lines between them. One seed has no half width: 0."""
    from scipy.interpolate import RegularGridInterpolator

    found = interval(difference, confidence)
    mean, half = found.mean, np.nan_to_num(found.high - found.mean)
    at = np.searchsorted(ys, points[1]), np.searchsorted(xs, points[0])
    upwards, across = np.meshgrid(mesh[1], mesh[0], indexing="ij")
    surfaces = []
    for values in (mean, half):
        table = np.empty((len(ys), len(xs)))
        table[at] = values
        surfaces.append(RegularGridInterpolator((ys, xs), table)((upwards, across)))
    return surfaces[0], surfaces[1]


def _smoothed(
    points: np.ndarray, difference: np.ndarray, mesh: tuple[np.ndarray, np.ndarray], confidence: float,
    together: bool = False,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """A polynomial of k terms through n scattered conditions (n, seeds), and the half width of its mean.

    Two errors add up, as squares: that the conditions do not lie on it, t s sqrt(x' (X'X)^-1 x), or for all places
    together sqrt(k F(k, n - k)) instead of t; and the luck of the seeds, which all conditions share, t over the
    surfaces of single seeds.
    """
    low, high = points.min(axis=1), points.max(axis=1)

    def terms(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        u, v = 2 * (x - low[0]) / (high[0] - low[0]) - 1, 2 * (y - low[1]) / (high[1] - low[1]) - 1
        return np.stack([u**i * v**j for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i)], axis=-1)

    design = terms(*points)
    n, k = design.shape
    if n < 2 * k:
        raise ValueError(f"{n} scattered points are too few for a map; {2 * k} or more, or a grid")
    inverse = np.linalg.inv(design.T @ design)
    mean = np.nanmean(difference, axis=1)
    weights = inverse @ design.T @ mean
    deviation = np.sqrt(((mean - design @ weights) ** 2).sum() / (n - k))
    here = terms(*np.meshgrid(*mesh))
    wide = np.sqrt(k * fdtri(k, n - k, confidence)) if together else stdtrit(n - k, (1 + confidence) / 2)
    half = wide * deviation * np.sqrt(np.einsum("...i,ij,...j", here, inverse, here))
    whole = difference[:, ~np.isnan(difference).any(axis=0)]
    if whole.shape[1] > 1:
        by_seed = interval(here @ (inverse @ design.T @ whole), confidence)
        half = np.hypot(half, by_seed.high - by_seed.mean)
    return here @ weights, half


def _name_regions(ax: Axes, table: Table, found: Surface) -> None:
    """Each alternative's name in the middle of where it is better, if there is room for it; the key has them all."""
    from scipy.ndimage import distance_transform_edt

    wide, tall = inches(ax)
    for k, look in enumerate(looks(table.strategies)):
        inside = np.pad(found.best == k, 1)  # the edge of the map is a boundary too
        room = distance_transform_edt(inside, sampling=(tall / FINE, wide / FINE))[1:-1, 1:-1]  # inches
        row, column = np.unravel_index(room.argmax(), room.shape)
        half = length(table.names[k], TEXT + 3, bold=True) / 2 + 0.1
        level = inside[1:-1][row]
        ends = np.flatnonzero(~level)
        left, right = ends[ends < column].max(initial=-1), ends[ends > column].min(initial=FINE)
        if room[row, column] < 0.22 or min(column - left, right - column) * wide / FINE < half:
            continue
        box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": "none", "alpha": 0.88}
        ax.text(
            found.x[column], found.y[row], table.names[k], ha="center", va="center", color=look.ink, fontweight="bold",
            fontsize=TEXT + 3, bbox=box, zorder=6,
        )  # fmt: skip


def _key(ax: Axes, table: Table, found: Surface, colours: list[str]) -> None:
    """Beside the map: share of it for each alternative that is ahead somewhere, and what hatching and line mean."""
    shares = [(found.best == k).mean() for k in range(len(table.names))]
    order = [k for k in sorted(range(len(shares)), key=lambda k: -shares[k]) if shares[k] > 0]
    wide, tall = inches(ax)
    fit = max(1, int((tall - 1.2) / 0.34))  # lines of text beside the map, hatching and so on apart
    shown = order if len(order) <= fit else order[: fit - 1]
    entries = [(f"{table.names[k]}: {100 * shares[k]:.0f} %", colours[k], "") for k in shown]
    if len(shown) < len(order):
        rest = 100 * sum(shares[k] for k in order[len(shown) :])
        entries.append((f"{len(order) - len(shown)} more: {rest:.0f} %", "", ""))
    if (found.unsure < 0).any():
        entries.append((f"too close to call: {100 * (found.unsure < 0).mean():.0f} %", "white", "////"))
    if len(order) > 1:
        entries.append(("the lead changes", "", "line"))
    if never := len(table.names) - len(order):
        entries.append((f"nowhere ahead: {never} other{'s' * (never > 1)}", "", ""))
    side = 1 + 0.2 / wide
    for k, (words, colour, hatch) in enumerate(entries):
        _mark(ax, (side, 1 - (0.34 * k + 0.27) / tall), words, colour, hatch)


def _mark(ax: Axes, at: tuple[float, float], words: str, colour: str, hatch: str) -> None:
    """One line of the key: a square, a line or nothing, and words that may take two lines."""
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
    ax.text(begin, y + 0.11 / tall, fitted(words, room), transform=ax.transAxes, va="center", color=INK)


def _headline(table: Table, found: Surface) -> str:
    """Who is clearly ahead on how much of the map, and how much of it is too close to call."""
    label, high = METRICS[table.measure].label, "highest" if len(table.names) > 2 else "higher"
    once, sure = _pairs(table).max() < 2, found.unsure > 0
    shares = {name: float((sure & (found.best == k)).mean()) for k, name in enumerate(table.names)}
    (first, most), *others = sorted(shares.items(), key=lambda each: -each[1])
    if once:
        ahead = {name: float((found.best == k).mean()) for k, name in enumerate(table.names)}
        first = max(ahead, key=ahead.get)
        return f"In one run of each condition “{first}” has the {high} {label} on {100 * ahead[first]:.0f} % of the map"
    if not most:
        return f"No clear difference in {label} anywhere on this map"
    if sure.all() and most == 1.0:
        return f"“{first}” has the {high} {label} everywhere on this map"
    parts = [f"“{first}” has clearly the {high} {label} on {_of_map(most)} of the map"]
    parts += [f"“{name}” on {_of_map(share)}" for name, share in others[:2] if share > 0]
    more = sum(share > 0 for share in shares.values()) - len(parts)
    parts += [f"{more} others on the rest"] if more > 0 else []
    close = 1.0 - float(sure.mean())
    return f"{', '.join(parts)}{f'; {_of_map(close)} is too close to call' if close > 0 else ''}"


def _of_map(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.005 else "under 1 %"


def _pairs(table: Table) -> np.ndarray:
    """(conditions,) seeds that were run under every alternative."""
    return (~np.isnan(table.values).any(axis=0)).sum(axis=1)


def _caption(table: Table, across: str, up: str) -> str:
    metric, pairs = METRICS[table.measure], _pairs(table)
    first, many = table.seeds
    others = [table.label(name) for name in table.levels if name not in (across, up)]
    named = ", ".join(others) if len(others) < 4 else f"{', '.join(others[:2])} and {len(others) - 2} more factors"
    rest = f" Varied as well, and part of the noise: {named}." if others else ""
    runs = f"{many} paired runs each (seeds {first}–{first + many - 1})" if many > 1 else f"one run each (seed {first})"
    if pairs.min() < many:
        runs = f"{pairs.min()} to {pairs.max()} of {runs}: not finished"
    whose = " of the focus firm" if metric.per_firm else ""
    return (
        f"Colour: the alternative with the higher {metric.label} ({metric.unit}){whose}, deeper where it "
        "leads by more. Hatched: its lead is not clear, corrected for all places and rivals. "
        f"{table.values.shape[1]:,} conditions (dots), "
        f"{runs}.{rest} {table.title}"
    )
