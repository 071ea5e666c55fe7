"""The market of a stepper as a matplotlib picture, for where there are no widgets."""

from __future__ import annotations

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from sim.figure import FAINT, INK, QUIET, Picture, slide, styled, wrapped
from sim.notebook import scene
from sim.simulation import Simulation

RED = "#b00020"


@styled
def still(
    simulation: Simulation, before: np.ndarray | None, ghost: dict[str, Any], spread: dict[str, tuple[float, float]]
) -> Picture:
    """Network at the left, three charts at the right; `ghost`, the series of the run before, is dotted."""
    stage, now = scene.places(simulation), scene.moment(simulation, before, spread)
    scenario = simulation.scenario
    some = len(stage["numbers"]) < stage["all"]
    figure, top, bottom = slide(
        scenario.title, f"{scenario.market.round_length} {simulation.round} of {scenario.market.rounds}",
        f"Shown are {len(stage['numbers']):,} of {stage['all']:,} customers. " if some else "",
    )  # fmt: skip
    _network(figure.add_axes((0.01, 0.185, 0.5, top - 0.115)), stage, now)
    _legend(figure, stage, now, bool(ghost))
    tall = (top + 0.05 - bottom) / len(scene.CHARTS)
    series = scene.series(simulation)
    for k, (name, title, unit) in enumerate(scene.CHARTS):
        ax = figure.add_axes((0.57, top + 0.05 - (k + 1) * tall + 0.06, 0.4, tall - 0.09))
        for values, old in ((ghost.get(name, []), True), (series[name], False)):
            for firm, path in zip(stage["firms"], values, strict=False):
                numbers = [np.nan if value is None else value for value in path]
                ax.plot(range(1, len(numbers) + 1), numbers, **_line(firm, old))
        ax.set_title(f"{title} ({unit})", fontsize=12, pad=3)
        ax.set_xlim(0, scenario.market.rounds)
        ax.tick_params(labelsize=10, labelbottom=k == len(scene.CHARTS) - 1)
        ax.grid(color=FAINT)
    return figure


def _line(firm: dict[str, Any], old: bool = False) -> dict[str, Any]:
    """How the line of a firm looks, now or in the run before."""
    if old:
        return {"color": firm["colour"], "linestyle": (0, (1, 2)), "alpha": 0.7, "linewidth": 1.4}
    return {"color": firm["colour"], "linestyle": (0, tuple(firm["dash"])) if firm["dash"] else "-", "linewidth": 2.2}


def _network(ax: Axes, stage: dict[str, Any], now: dict[str, Any]) -> None:
    """Customers, firms, and who buys from whom."""
    ax.set_axis_off()
    ax.set_aspect("equal")
    at, supplier = np.array(stage["customers"]), np.array(now["supplier"])
    ax.add_collection(LineCollection([at[tie] for tie in stage["ties"]], colors="#eceef0", linewidths=0.5, zorder=0.5))
    for j, firm in enumerate(stage["firms"]):
        mine, home = supplier == j, np.array((firm["x"], firm["y"]))
        lines = np.stack([at[mine], np.broadcast_to(home, at[mine].shape)], axis=1)
        widths = 0.2 + 2.0 * np.array(now["context"])[mine] / 100
        ax.add_collection(LineCollection(lines, colors=firm["colour"], linewidths=widths, alpha=0.3))
        ax.scatter(*home, 420, color=firm["colour"], edgecolors="white", zorder=4)
        below = firm["y"] > 0.499
        side, shift = ("right", 12) if firm["x"] < 0.2 else ("left", -12) if firm["x"] > 0.8 else ("center", 0)
        ax.annotate(
            wrapped(firm["name"], 12), home, (shift, -15 if below else 15), textcoords="offset points", ha=side,
            va="top" if below else "bottom", color=firm["ink"], fontweight="bold", linespacing=1.0, zorder=6,
        )  # fmt: skip
    shade, here = np.array(now["shade"]), np.array(now["active"]) != 0
    known = here & (shade >= 0)
    size = max(8.0, 6000.0 / len(at))
    ax.scatter(*at[known].T, size, c=shade[known] / 100, cmap="viridis", vmin=0, vmax=1, zorder=3)
    ax.scatter(*at[here & ~known].T, size, color="white", edgecolors=QUIET, linewidths=0.6, zorder=3)
    ax.scatter(*at[now["switched"]].T, 3 * size, color="none", edgecolors=RED, zorder=5)
    ax.set(xlim=(-0.05, 1.05), ylim=(1.05, -0.05))


def _legend(figure: Picture, stage: dict[str, Any], now: dict[str, Any], ghost: bool) -> None:
    """What colours, signs, widths and dashes mean."""
    low, high, measure = now["scale"]
    bar = figure.add_axes((0.085, 0.148, 0.14, 0.017))
    bar.imshow(np.linspace(0, 1, 100)[None], aspect="auto", cmap=matplotlib.colormaps["viridis"])
    bar.set_axis_off()
    words = {"fontsize": 11, "color": QUIET, "va": "center"}
    figure.text(0.08, 0.156, low, ha="right", **words)
    figure.text(0.23, 0.156, f"{high}   {measure}", **words)

    def dot(ink: str, fill: str) -> Line2D:
        return Line2D([], [], marker="o", linestyle="", markersize=7, markeredgecolor=ink, markerfacecolor=fill)

    signs = [
        (dot(QUIET, "white"), "has no supplier yet"),
        (dot(RED, "none"), "has just switched"),
        (Line2D([], [], color=QUIET, linewidth=0.6), "buys there: little shared context"),
        (Line2D([], [], color=QUIET, linewidth=2.4), "much"),
    ]
    firms = [(Line2D([], [], **_line(firm)), firm["name"]) for firm in stage["firms"]]
    if ghost:
        firms.append((Line2D([], [], color=INK, linestyle=(0, (1, 2)), linewidth=1.4), "the run before"))
    for x, columns, entries in ((0.01, 2, signs), (0.56, 4, firms)):
        handles, names = zip(*entries, strict=True)
        figure.legend(
            handles, names, loc="upper left", bbox_to_anchor=(x, 0.125), ncols=columns, frameon=False, fontsize=11,
            labelcolor=QUIET, handlelength=2.2, columnspacing=1.2, handletextpad=0.5,
        )  # fmt: skip
