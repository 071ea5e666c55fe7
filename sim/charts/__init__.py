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

type Needs = Literal["comparison", "results", "sweep", "tournament", "ablation", "sensitivity", "discovery"]


class Chart(NamedTuple):
    """home: module of this package; needs: what the function takes; shows: in one line."""

    home: str
    needs: Needs
    shows: str


CHARTS: dict[str, Chart] = {
    "comparison_picture": Chart("comparisons", "comparison", "The finding of a comparison on one slide"),
    "profit_paths": Chart("comparisons", "comparison", "Cumulative discounted profit over time, with bands"),
    "profit_difference": Chart("comparisons", "comparison", "The same less the baseline's, pair by pair"),
    "difference_forest": Chart("measures", "comparison", "Paired differences of several measures, with intervals"),
    "measure_bars": Chart("measures", "comparison", "Means of several measures, with intervals"),
    "profit_bridge": Chart("bridge", "comparison", "What makes the difference between two profits, step by step"),
    "who_gets_the_value": Chart("value", "comparison", "What customers, the firm and its rivals get, and what is lost"),
    "risk_return": Chart("risk", "comparison", "Mean profit against its spread over seeds, and who is dominated"),
    "run_dashboard": Chart("run", "results", "One run on one slide: profit, share, trust, shared context"),
    "retention_curves": Chart("customers", "results", "How long customers stay, with intervals"),
    "lifetime_values": Chart("customers", "results", "How customers' lifetime values are spread, and who loses money"),
    "switching_flow": Chart("flow", "results", "Where customers bought last, and how they went from firm to firm"),
    "relationship_phases": Chart("phases", "results", "Customers by phase of their relationship with a firm"),
    "phases_picture": Chart("phases", "results", "The same for every firm, on one slide"),
    "phase_portrait": Chart("portrait", "results", "Where trust and shared context with a firm are heading"),
    "portraits_picture": Chart("portrait", "results", "The same for every firm, on one slide"),
    "inbox": Chart("messages", "results", "Messages customers get from all firms, and the stress they cause"),
    "customer_network": Chart("network", "results", "Customers on their network at several rounds, by supplier"),
    "customer_firm_graph": Chart("network", "results", "Customers between the firms they buy from"),
    "tournament_picture": Chart(
        "tournament", "tournament", "Who earns how much against whom, and the ranking, on one slide"
    ),
    "ranking": Chart("tournament", "tournament", "Strategies by mean payoff, and how sure their ranks are"),
    "payoff_matrix": Chart("tournament", "tournament", "Who earns how much against whom, with best replies"),
    "ecology": Chart("evolution", "tournament", "Which strategies remain if the more profitable spread"),
    "simplex": Chart("evolution", "tournament", "The same for three strategies, from every mixture of them"),
    "map_picture": Chart("map", "sweep", "Which alternative is better where, over two factors, on one slide"),
    "strategy_map": Chart("map", "sweep", "The map alone, with the boundary between the alternatives"),
    "tornado": Chart("factors", "sweep", "How far one factor after the other moves the outcome"),
    "sensitivity_picture": Chart("sensitivity", "sensitivity", "Which factors an outcome depends on, on one slide"),
    "sensitivity_bars": Chart("sensitivity", "sensitivity", "Importance of every factor, with intervals"),
    "discovery_picture": Chart("sensitivity", "discovery", "Where an alternative is ahead, on one slide"),
    "region_rows": Chart("sensitivity", "discovery", "Regions of conditions with their mean lead"),
    "ablation_picture": Chart("ablation", "ablation", "What each mechanism contributes, on one slide"),
    "ablation_bars": Chart("ablation", "ablation", "What changes when each mechanism is switched off"),
}

# functions that are no charts of their own, or need more than one argument
_MORE = {
    "PANELS": "run",
    "firm_paths": "run",
    "axes_of": "map",
    "surface": "map",
}


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
