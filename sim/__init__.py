"""A laboratory for strategies in simulated markets of buyers and sellers.

>>> import sim
>>> scenario = sim.load("scenarios/everyday_low_price.toml")
>>> results = sim.simulate(scenario, seed=1)

The public names below are fetched when first used: importing ``sim`` costs nothing, and looking at saved results needs
neither Mesa nor the compiler.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same names, for editors and type checkers
    from sim.experiments.ablation import ablate
    from sim.experiments.compare import compare
    from sim.experiments.comparison import Comparison
    from sim.experiments.drawn import drawn_tournament
    from sim.experiments.rankings import rankings
    from sim.experiments.sweep import sweep
    from sim.experiments.tournament import tournament
    from sim.market import Market
    from sim.reports import report
    from sim.results import Results
    from sim.run import simulate
    from sim.scenario import Scenario, ScenarioError, load, loads
    from sim.stories.life import story
    from sim.strategies.base import FirmView, Levers, Strategy, StrategyError

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "FirmView",
    "Levers",
    "Market",
    "Results",
    "Scenario",
    "ScenarioError",
    "Strategy",
    "StrategyError",
    "ablate",
    "compare",
    "drawn_tournament",
    "load",
    "loads",
    "rankings",
    "report",
    "simulate",
    "story",
    "sweep",
    "tournament",
]

_HOME = {
    "Comparison": "sim.experiments.comparison",
    "FirmView": "sim.strategies.base",
    "Levers": "sim.strategies.base",
    "Market": "sim.market",
    "Results": "sim.results",
    "Scenario": "sim.scenario",
    "ScenarioError": "sim.scenario",
    "Strategy": "sim.strategies.base",
    "StrategyError": "sim.strategies.base",
    "ablate": "sim.experiments.ablation",
    "compare": "sim.experiments.compare",
    "drawn_tournament": "sim.experiments.drawn",
    "load": "sim.scenario",
    "loads": "sim.scenario",
    "rankings": "sim.experiments.rankings",
    "report": "sim.reports",
    "simulate": "sim.run",
    "story": "sim.stories.life",
    "sweep": "sim.experiments.sweep",
    "tournament": "sim.experiments.tournament",
}


def __getattr__(name: str) -> object:
    """Fetch a public name from its module on first use (PEP 562).

    Raises AttributeError for any other name.
    """
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
