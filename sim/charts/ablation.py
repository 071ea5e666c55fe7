"""The figure of an ablation: how far the deciding measure moves when each mechanism is switched off."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.metrics import METRICS, readable_interval
from sim.analysis.statistics import Interval, interval
from sim.charts.words import market, round_name, scale_of
from sim.experiments.ablation import Ablation, called
from sim.figure import DOWN, FADED, INK, QUIET, UP, axes, beside, finish, name_rows, slide, styled, value_axis


@styled
def ablation_bars(ablation: Ablation, ax: Axes | None = None) -> Axes:
    """Change of the measure without each mechanism as a bar from zero with its 95 % interval, the greatest on top.

    A change whose interval includes zero is grey. Mechanisms that are not at work in the scenario have no bar.
    """
    rows = ablation.rows()
    ax, own = axes(ax, len(rows))
    bounds = [bound for row in rows for bound in row.change[:3] if np.isfinite(bound)]
    scale, unit = scale_of(bounds, ablation.unit, round_name(ablation.comparison.scenario), change=True)
    names = []
    for y, row in enumerate(rows):
        names.append((-y, called(row.mechanism), QUIET if row.idle else INK))
        if row.idle:
            beside(ax, -y, "not at work here", QUIET)
            continue
        sure = row.change.clear or row.change.n == 1
        if np.isfinite(row.change.mean):
            colour = (UP if row.change.mean > 0 else DOWN) if sure else FADED
            ax.barh(-y, row.change.mean / scale, height=0.62, color=colour, zorder=2)
        if np.isfinite(row.change.low):
            ax.plot([row.change.low / scale, row.change.high / scale], [-y, -y], color=INK, linewidth=1.5, zorder=4)
        known = np.isfinite(row.change.mean)
        words = readable_interval(row.change, ablation.unit, signed=True) if known else "not estimable"
        beside(ax, -y, words, INK if sure else QUIET)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    ax.margins(x=0.05)
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ax.set_title("Change when switched off")
    name_rows(ax, names)
    value_axis(ax, f"change in {METRICS[ablation.measure].label}{f' ({unit})' if unit else ''}")
    return finish(ax, own, caption(ablation))


@styled
def ablation_picture(ablation: Ablation) -> Figure:
    """The finding of an ablation on one slide."""
    figure, top, bottom = slide(ablation.headline(), ablation.title, caption(ablation))
    ablation_bars(ablation, figure.add_axes((0.2, bottom + 0.02, 0.58, top - bottom)))
    return figure


def caption(ablation: Ablation) -> str:
    """How the figure came about: runs, seeds, interval, and what the measure is with everything at work."""
    seeds, scenario = ablation.comparison.seeds, ablation.comparison.scenario
    where = market(scenario)
    whole: Interval = interval(ablation.whole)
    now = f"With everything at work: {readable_interval(whole, ablation.unit, signed=len(ablation.contrast) > 1)}."
    if len(seeds) == 1:
        return f"{now} A single run of each (seed {seeds[0]}): no interval can be given. {where}"
    return (
        f"{now} Means of {len(seeds)} paired runs (seeds {seeds[0]}–{seeds[-1]}: same customers, same luck). "
        "Whiskers and ±: 95 % t interval, pair by pair; blue: more without it; orange: less; grey: may be zero. "
        f"Mechanisms work together: the changes do not add up. {where}"
    )
