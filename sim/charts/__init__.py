"""Charts: results in, Axes (or a composed Figure) out; nothing is shown, saved or changed globally.

>>> from sim.charts import comparison_picture, run_dashboard

Every function that gives Axes takes an optional `ax` and makes a figure of its own without one. Lines are named where
they end, not in a legend; units stand at the axes; a caption says how many runs, which seeds and which interval.

`CHARTS` lists them all: documentation, report and command line are made from it. A new chart is a function in a module
of this package and one line here. Functions are fetched when first used, so that the list costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

type Needs = Literal["comparison", "results", "sweep", "ablation"]


class Chart(NamedTuple):
    """home: module of this package; needs: what the function takes; shows: in one line."""

    home: str
    needs: Needs
    shows: str


CHARTS: dict[str, Chart] = {
    "comparison_picture": Chart("comparisons", "comparison", "The finding of a comparison on one slide"),
    "profit_paths": Chart("comparisons", "comparison", "Cumulative discounted profit over time, with bands"),
    "profit_difference": Chart("comparisons", "comparison", "The same less the baseline's, pair by pair"),
    "difference_forest": Chart("comparisons", "comparison", "Paired differences of several measures, with intervals"),
    "measure_bars": Chart("comparisons", "comparison", "Means of several measures, with intervals"),
    "run_dashboard": Chart("run", "results", "One run on one slide: profit, share, trust, shared context"),
    "map_picture": Chart("map", "sweep", "Which alternative is better where, over two factors, on one slide"),
    "strategy_map": Chart("map", "sweep", "The map alone, with the boundary between the alternatives"),
    "ablation_picture": Chart("ablation", "ablation", "What each mechanism contributes, on one slide"),
    "ablation_bars": Chart("ablation", "ablation", "What changes when each mechanism is switched off"),
}

# functions that are no charts of their own, or need more than one argument
_MORE = {"PANELS": "run", "firm_paths": "run", "surface": "map", "axes_of": "map"}


def chart(name: str) -> Callable[..., Axes | Figure]:
    """The function of a chart. Raises KeyError where there is none of that name."""
    return getattr(import_module(f"sim.charts.{CHARTS[name].home}"), name)


def __getattr__(name: str) -> object:
    """Fetch a chart from its module on first use (PEP 562). Raises AttributeError for any other name."""
    home = CHARTS[name].home if name in CHARTS else _MORE.get(name)
    if home is None:
        raise AttributeError(f"module 'sim.charts' has no attribute {name!r}")
    value = getattr(import_module(f"sim.charts.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *CHARTS, *_MORE})
