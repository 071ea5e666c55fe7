"""The market of a stepper as a matplotlib picture, for where there are no widgets."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from sim.figure import FAINT, QUIET, slide, styled
from sim.notebook import scene
from sim.simulation import Simulation


@styled
def still(simulation: Simulation, before: np.ndarray | None, ghost: dict[str, Any]) -> Figure:
    """Network at the left, three charts at the right; `ghost`, the series of the run before, is dotted."""
    stage, now = scene.places(simulation), scene.moment(simulation, before)
    scenario = simulation.scenario
    figure, top, bottom = slide(
        scenario.title, f"{scenario.market.round_length} {simulation.round} of {scenario.market.rounds}",
        "Customers are coloured by trust in their supplier, dark to bright; lines lead to the supplier, thicker where "
        "more context is shared; red rings have just switched. Dotted: the run before.",
    )  # fmt: skip
    ax = figure.add_axes((0.02, bottom - 0.06, 0.46, top - bottom + 0.12))
    ax.set_axis_off()
    ax.set_aspect("equal")
    at, supplier = np.array(stage["customers"]), np.array(now["supplier"])
    homes = np.array([(firm["x"], firm["y"]) for firm in stage["firms"]])
    for j, firm in enumerate(stage["firms"]):
        mine = supplier == j
        lines = np.stack([at[mine], np.broadcast_to(homes[j], at[mine].shape)], axis=1)
        widths = 0.2 + 2.0 * np.array(now["context"])[mine] / 100
        ax.add_collection(LineCollection(lines, colors=firm["colour"], linewidths=widths, alpha=0.3))
        ax.scatter(*homes[j], 500, color=firm["colour"], zorder=4)
        ax.annotate(firm["name"], homes[j], (0, -24), textcoords="offset points", ha="center", color=firm["ink"])
    shade, here = np.array(now["shade"]), np.array(now["active"]) != 0
    known = here & (shade >= 0)
    size = max(8.0, 6000.0 / len(at))
    ax.scatter(*at[known].T, size, c=shade[known] / 100, cmap="viridis", vmin=0, vmax=1, zorder=3)
    ax.scatter(*at[here & ~known].T, size, color="white", edgecolors=QUIET, linewidths=0.6, zorder=3)
    ax.scatter(*at[now["switched"]].T, 3 * size, color="none", edgecolors="#b00020", zorder=5)
    ax.set(xlim=(-0.02, 1.02), ylim=(1.06, -0.02))
    series = scene.series(simulation)
    tall = (top - bottom) / len(scene.CHARTS)
    for k, (name, title, unit) in enumerate(scene.CHARTS):
        chart = figure.add_axes((0.57, top - (k + 1) * tall + 0.07, 0.4, tall - 0.09))
        for values, dash, alpha in ((ghost.get(name, []), ":", 0.6), (series[name], "-", 1.0)):
            for firm, path in zip(stage["firms"], values, strict=False):
                numbers = [np.nan if value is None else value for value in path]
                rounds = range(1, len(numbers) + 1)
                chart.plot(rounds, numbers, color=firm["colour"], linestyle=dash, alpha=alpha, linewidth=2)
        chart.set_title(f"{title} ({unit})", fontsize=12, pad=3)
        chart.set_xlim(0, scenario.market.rounds)
        chart.tick_params(labelsize=10, labelbottom=k == len(scene.CHARTS) - 1)
        chart.grid(color=FAINT)
    return figure
