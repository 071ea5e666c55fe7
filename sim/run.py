"""Run a scenario from beginning to end."""

from collections.abc import Callable
from typing import Any, Literal

from sim.in_words import ArgumentError, whole
from sim.plan import Plan
from sim.results import Results
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.together import together


def simulate(
    scenario: Scenario | Plan,
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

    scenario       or, where many seeds of one are played, the `Plan` of it that they share
    seed, rounds   default: the scenario's
    driver         "compiled", or "agents" for the Mesa agents in Python: the same numbers, slower
    alternative    name of one of the scenario's alternatives to play; recorded in the results
    keep           also keep the final dyads and customers
    played         called with the number of rounds just done, for a progress line
    options        precision, log, threads, block: see `Simulation`

    Raises ScenarioError for an unknown alternative, StrategyError for a lever out of its range, ArgumentError for
    fewer than one round and for what is no scenario.
    """
    if not isinstance(scenario, Scenario | Plan):
        raise ArgumentError(f'scenario is {scenario!r}; load it first: sim.load("everyday_low_price")')
    if rounds is not None:
        whole("rounds", rounds, 1)
    if alternative is not None:
        scenario = (scenario.scenario if isinstance(scenario, Plan) else scenario).alternative(alternative)
    plan = scenario if isinstance(scenario, Plan) else Plan(scenario)
    left = plan.scenario.market.rounds if rounds is None else rounds
    if driver == "compiled":  # without Mesa, whose import costs more than many a run
        simulation = Simulation(plan, seed, **options)
        simulation.advance(left, played)
        return simulation.results(alternative=alternative, keep=keep, final=True)
    from sim.market import Market

    market = Market(plan, seed, driver=driver, **options)
    for _ in range(left):
        market.step()
        if played is not None:
            played(1)
    return market.results(alternative=alternative, keep=keep, final=True)


simulate.several = together  # who plays run after run may ask for several at once; what stands in for it cannot
