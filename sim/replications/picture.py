"""How pictures of replications look: theory is a dark line, what was simulated are blue dots with 95 % intervals."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.figure import INK, QUIET, slide, styled
from sim.replications.replication import Found, Replication

SIMULATED, SECOND, THIRD = "#1f6fb2", "#c4500a", "#0b7a5b"  # apart for colour-blind readers, and in grey


def theory(ax: Axes, x: np.ndarray, y: np.ndarray, label: str | None = None, **style) -> None:
    """A line of theory."""
    ax.plot(x, y, **({"color": INK, "linewidth": 2, "zorder": 2, "label": label} | style))


def simulated(
    ax: Axes, x: np.ndarray, y: np.ndarray, half: np.ndarray | None = None, label: str | None = "simulated", **style
) -> None:
    """Dots of the simulation with the half width of their intervals."""
    look = {"color": SIMULATED, "fmt": "o", "markersize": 8, "elinewidth": 2, "capsize": 4, "zorder": 3, "label": label}
    ax.errorbar(x, y, half, **(look | style))


def direct_label(ax: Axes, x: float, y: float, words: str, below: bool = False, **style) -> None:
    """Words beside a point."""
    look = {"fontsize": 11, "color": QUIET, "ha": "left" if below else "right", "va": "top" if below else "bottom"}
    ax.annotate(words, (x, y), (9, -6) if below else (-9, 6), textcoords="offset points", **(look | style))


@styled
def picture(replication: Replication, found: Found) -> Figure:
    """The picture of a replication with its title, verdict and source, 16:9."""
    good = sum(check.verdict == "reproduced" for check in found.checks)
    below = f"{replication.name}: {good} of {len(found.checks)} targets reproduced. Line: theory; dots: simulation."
    figure, top, bottom = slide(replication.title, below, f"Source: {replication.source}. Bars: 95 % intervals.")
    ax = figure.add_axes((0.07, bottom + 0.03, 0.9, top - bottom - 0.05))
    replication.draw(ax, found.seen)
    if ax.get_legend() is None and ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False)
    return figure
