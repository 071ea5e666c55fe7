"""The figure of an ablation: how far the deciding measure moves when each mechanism is switched off."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.metrics import readable_interval
from sim.analysis.statistics import Interval, interval
from sim.experiments.ablation import Ablation, called
from sim.figure import DOWN, FADED, INK, QUIET, TEXT, UP, axes, beside, finish, name_rows, slide, styled


@styled
def ablation_bars(ablation: Ablation, ax: Axes | None = None) -> Axes:
    """Change of the measure without each mechanism as a bar from zero with its 95 % interval, the greatest on top.

    A change whose interval includes zero is grey. Mechanisms that are not at work in the scenario have no bar.
    """
    rows = ablation.rows()
    ax, own = axes(ax, len(rows))
    bounds = [bound for row in rows for bound in row.change[:3] if np.isfinite(bound)]
    reach = max((abs(bound) for bound in bounds), default=0.0) or 1.0
    names = []
    for y, row in enumerate(rows):
        names.append((-y, called(row.mechanism), QUIET if row.idle else INK))
        if row.idle:
            beside(ax, -y, "not at work here", QUIET)
            continue
        sure = row.change.clear or row.change.n == 1
        if np.isfinite(row.change.mean):
            colour = (UP if row.change.mean > 0 else DOWN) if sure else FADED
            ax.barh(-y, row.change.mean / reach, height=0.62, color=colour, zorder=2)
        if np.isfinite(row.change.low):
            ax.plot([row.change.low / reach, row.change.high / reach], [-y, -y], color=INK, linewidth=1.5, zorder=4)
        known = np.isfinite(row.change.mean)
        words = readable_interval(row.change, ablation.unit, signed=True) if known else "not estimable"
        beside(ax, -y, words, INK if sure else QUIET)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    ax.set(xlim=(-1.08, 1.08), ylim=(-len(rows) + 0.4, 0.6), xlabel="← less without it    more without it →")
    ax.set_title("Change when switched off", x=0.5, ha="center")
    name_rows(ax, names, [])
    return finish(ax, own, caption(ablation))


@styled
def ablation_picture(ablation: Ablation) -> Figure:
    """The finding of an ablation on one slide."""
    figure, top, bottom = slide(ablation.headline(), ablation.title, caption(ablation))
    ax = figure.add_axes((0.2, bottom + 0.02, 0.58, top - bottom))
    ablation_bars(ablation, ax)
    ax.tick_params(axis="y", labelsize=TEXT)
    return figure


def caption(ablation: Ablation) -> str:
    """How the figure came about: runs, seeds, interval, and what the measure is with everything at work."""
    seeds, scenario = ablation.comparison.seeds, ablation.comparison.scenario
    market = f"{scenario.get('title') or 'Untitled scenario'} · {scenario['market']['customers']:,} customers"
    whole: Interval = interval(ablation.whole)
    now = f"With everything at work: {readable_interval(whole, ablation.unit, signed=len(ablation.contrast) > 1)}."
    if len(seeds) == 1:
        return f"{now} A single run of each (seed {seeds[0]}): no interval can be given. {market}"
    return (
        f"{now} Means of {len(seeds)} paired runs (seeds {seeds[0]}–{seeds[-1]}: same customers, same luck). "
        "Whiskers and ±: 95 % t interval, pair by pair; grey: may be zero. "
        f"Mechanisms work together: the changes do not add up. {market}"
    )
