"""Trust and shared context: how relationships move in the plane of the two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim import state
from sim.analysis.levels import ratio
from sim.analysis.purchases import firm_number
from sim.charts.replay import replay
from sim.charts.words import focus_of, round_name, run_caption
from sim.figure import TEXT, axes, finish, fitted, inches, note, places, slide, styled
from sim.palette import looks
from sim.results import Results

SHOWN = 8  # customers whose own way is drawn
PANELS = 9
CELLS = 10  # of the field, in each direction
FEW = 5  # steps that a cell of the field must have seen
FRAMES = 60  # rounds that are looked at, at the most
WATCHED = 5_000  # customers, likewise
HOW = (
    "Arrows: mean change of the dyads that were there, {over}. Thin: {shown} customers, smoothed. Thick: mean of all "
    "who have bought, from ring to dot.{watched}"
)


class Ways(NamedTuple):
    """Dyads over time: rounds (n,), trust and context (n, F, C) of the first `WATCHED` customers.

    NaN before the first purchase, and once the customer has left the market.
    """

    rounds: np.ndarray
    trust: np.ndarray
    context: np.ndarray


def ways(results: Results) -> Ways:
    """Trust and context of dyads at up to `FRAMES` rounds, from playing the run again; raises ResultsError."""
    step = -(-results.rounds // FRAMES)
    rounds = np.arange(step, results.rounds + 1, step)
    trust, context = [], []
    for simulation in replay(results, rounds.tolist()):
        s = simulation.state
        known = ((s.record[..., state.PURCHASES] > 0) & (s.active != 0))[:, :WATCHED]
        trust.append(np.where(known, s.dyad[state.TRUST][:, :WATCHED], np.nan).astype(np.float32))
        context.append(np.where(known, simulation.context()[:, :WATCHED], np.nan).astype(np.float32))
    return Ways(rounds, np.array(trust), np.array(context))


@styled
def phase_portrait(results: Results, firm: str | None = None, ax: Axes | None = None) -> Axes:
    """Where trust and shared context with a firm (default the focus firm) are heading, from every place they are at.

    The run is played again; raises ResultsError where that cannot be done.
    """
    ax, own = axes(ax, left=0.1, width=0.62)
    found, j = ways(results), firm_number(results, firm or focus_of(results))
    _portrait(ax, results, found, j)
    ax.set_title(fitted(f"Relationships with {results.firms[j]}", inches(ax)[0], 15, bold=True))
    return finish(ax, own, run_caption(results, _how(results, found)))


@styled
def portraits_picture(results: Results) -> Figure:
    """The same for every firm of a market on one slide; of more than nine, for those with most customers."""
    found = ways(results)
    last = np.array([np.nanmean(row) if np.isfinite(row).any() else np.nan for row in found.trust[-1]])
    focus = results.firms.index(focus_of(results))
    order = np.argsort(-np.isfinite(found.trust[-1]).sum(axis=1), kind="stable").tolist()
    shown = sorted({*order[: PANELS - 1], focus, *(order if len(order) <= PANELS else [])})
    best = results.firms[int(np.nanargmax(last))] if np.isfinite(last).any() else None
    headline = "Nobody has bought anything"
    if best is not None:
        headline = f"{best} ends with the highest trust among all who ever bought from it: {np.nanmax(last):.2f}"
    left_out = len(results.firms) - len(shown)
    more = f" {left_out} firms with fewer customers are left out." if left_out else ""
    figure, top, bottom = slide(headline, results.title, run_caption(results, _how(results, found) + more))
    boxes = places(len(shown), top + 0.02, bottom + 0.02, gap=(0.035, 0.12), left=0.075)
    for j, box in zip(shown, boxes, strict=True):
        ax = figure.add_axes(box)
        _portrait(ax, results, found, j)
        ax.set_title(fitted(results.firms[j], inches(ax)[0], TEXT, bold=True), fontsize=TEXT, pad=5)
        if box[0] > boxes[0][0]:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
        if box[1] > boxes[-1][1] and len(shown) > 1:
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
    return figure


def _how(results: Results, found: Ways) -> str:
    step, unit = int(found.rounds[0]), round_name(results.scenario)
    customers = results.customers["active"].size if results.customers else 0
    watched = f" Of the first {WATCHED:,} customers." if customers > WATCHED else ""
    return HOW.format(
        watched=watched, over=f"from {unit} to {unit}" if step == 1 else f"over {step} {unit}s", shown=SHOWN
    )


def _portrait(ax: Axes, results: Results, found: Ways, j: int) -> None:
    look = looks(results.strategies)[j]
    x, y = found.context[:, j], found.trust[:, j]  # (n, C)
    top = np.ceil(10 * np.nanmax(found.trust, initial=0.1)) / 10
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, top), xticks=(0, 0.5, 1))
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5]))
    ax.set_xlabel("shared context (0 to 1)")
    ax.set_ylabel("trust (0 to 1)")
    ax.grid(axis="x")
    if not np.isfinite(x).any():
        note(ax, "Nobody has bought from this firm.")
        return
    _field(ax, x, y)
    length = np.isfinite(x).sum(axis=0)
    bought = np.argsort(-length, kind="stable")[: int((length > 0).sum())]  # the longest known first
    for i in bought[np.linspace(0, len(bought) - 1, min(SHOWN, len(bought))).round().astype(int)]:
        ax.plot(_smooth(x[:, i]), _smooth(y[:, i]), color=look.colour, linewidth=1.2, alpha=0.6, zorder=3)
    number = np.isfinite(x).sum(axis=1)
    mean = [ratio(np.nansum(part, axis=1, dtype=np.float64), number) for part in (x, y)]
    ax.plot(*mean, color="white", linewidth=6.5, zorder=4)
    ax.plot(*mean, color=look.colour, linewidth=4, zorder=5)
    known = np.flatnonzero(np.isfinite(mean[0]))
    ends = {"color": look.colour, "markeredgewidth": 2.5, "zorder": 6, "clip_on": False}
    ax.plot(mean[0][known[0]], mean[1][known[0]], "o", markersize=9, markerfacecolor="white", **ends)
    ax.plot(mean[0][known[-1]], mean[1][known[-1]], "o", markersize=11, **ends)


def _smooth(way: np.ndarray) -> np.ndarray:
    """Mean of each look and its neighbours, as far as known: single purchases shake a dyad."""
    near = np.stack([np.roll(way, shift) for shift in (-2, -1, 0, 1, 2)])
    near[0, -2:], near[1, -1:], near[3, :1], near[4, :2] = np.nan, np.nan, np.nan, np.nan
    known = np.isfinite(near)
    total = np.where(known, near, 0.0).sum(axis=0)
    return np.where(known[2], total / np.maximum(known.sum(axis=0), 1), np.nan)


def _field(ax: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Arrows: mean change from one look to the next of the dyads in each cell that has seen enough of them."""
    before, change = (x[:-1], y[:-1]), (np.diff(x, axis=0), np.diff(y, axis=0))
    known = np.isfinite(change[0]) & np.isfinite(change[1])
    cell = [np.minimum((part[known] * CELLS).astype(int), CELLS - 1) for part in before]
    flat = cell[0] * CELLS + cell[1]
    count = np.bincount(flat, minlength=CELLS**2)
    seen = np.flatnonzero(count >= FEW)
    if not seen.size:
        return
    at, towards = (
        [np.bincount(flat, weights=part[known], minlength=CELLS**2)[seen] / count[seen] for part in group]
        for group in (before, change)
    )
    size = np.hypot(*towards)
    stretch = 0.085 / max(np.quantile(size, 0.9), 1e-12)
    arrows = [part * stretch for part in towards]
    look = {"color": "#9aa0a6", "width": 0.0045, "headwidth": 4, "headlength": 4.5, "zorder": 2}
    ax.quiver(*at, *arrows, angles="xy", scale_units="xy", scale=1, **look)
