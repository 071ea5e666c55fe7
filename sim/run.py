"""Run a scenario from beginning to end."""

from collections.abc import Callable
from typing import Any, Literal

from sim.results import Results
from sim.scenario import Scenario
from sim.simulation import Simulation


def simulate(
    scenario: Scenario,
    seed: int | None = None,
    rounds: int | None = None,
    *,
    driver: Literal["compiled", "agents"] = "compiled",
    alternative: str | None = None,
    keep: bool = True,
    played: Callable[[int], None] | None = None,
    **options: Any,
) -> Results:
    """Play a scenario and return its results.

    seed, rounds   default: the scenario's
    driver         "compiled", or "agents" for the Mesa agents in Python: the same numbers, slower
    alternative    name of one of the scenario's alternatives to play; recorded in the results
    keep           also keep the final dyads and customers
    played         called with the number of rounds just done, for a progress line
    options        precision, log, threads, block: see `Simulation`

    Raises ScenarioError for an unknown alternative, StrategyError for a lever out of its range.
    """
    chosen = scenario if alternative is None else scenario.alternative(alternative)
    left = chosen.market.rounds if rounds is None else rounds
    if driver == "compiled":  # without Mesa, whose import costs more than many a run
        simulation = Simulation(chosen, seed, **options)
        simulation.advance(left, played)
        return simulation.results(alternative=alternative, keep=keep)
    from sim.market import Market

    market = Market(chosen, seed, driver=driver, **options)
    for _ in range(left):
        market.step()
        if played is not None:
            played(1)
    return market.results(alternative=alternative, keep=keep)
