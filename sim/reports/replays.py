"""Runs of a comparison played again, to see what it does not keep: its customers.

The same scenario and seed give the same bits; that is checked with the profit. A run that comes out differently is no
longer the same market, and nothing is said of its customers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sim.charts.replay import as_recorded, scenario_of
from sim.experiments.comparison import Comparison
from sim.network import Network
from sim.plan import Plan
from sim.results import Results, ResultsError
from sim.scenario import Scenario, ScenarioError, parse
from sim.simulation import Simulation
from sim.strategies.base import StrategyError

SEEDS = 10  # runs of each alternative that are played again at most
FEW = 6  # alternatives of which all are


class Again(NamedTuple):
    """A run played again: which alternative it is, the number of its seed, and who hears whom in it."""

    name: str
    number: int
    results: Results
    network: Network


def chosen(c: Comparison, all_of_few: bool = False) -> list[str]:
    """Baseline, best and next best; or everybody, if asked for and few."""
    best, *others = c.ranking()
    if all_of_few and len(c.names) <= FEW:
        return sorted(c.names, key=lambda name: name != c.baseline)
    return list(dict.fromkeys([c.baseline, best, *others[:1]]))


def affordable(c: Comparison, names: list[str], work: int) -> int:
    """Of how many seeds so many alternatives can be played again with this many customers x rounds."""
    size = c.scenario.get("market", {}).get("customers", 0) * c.rounds * (1 if c.within else len(names))
    return min(SEEDS, len(c.seeds), work // size if size else 0)


def play(c: Comparison, names: list[str], seeds: int, log: bool) -> Iterator[Again]:
    """The runs one after the other, seed by seed; of the firms of one market once for all, under the first name.

    Raises ResultsError where they are not the runs that were compared, and where they cannot be played.
    """
    try:
        scenario = parse(c.scenario)
        if c.rounds != scenario.market.rounds:
            raise ResultsError("only some rounds of the market were measured")
        played = names[:1] if c.within else names
        plans = {name: Plan(scenario if c.within else scenario.alternative(name)) for name in played}
        for number, seed in enumerate(c.seeds[:seeds]):
            for name in played:
                results, network = _run(plans[name], int(seed), c.rounds, log, None if c.within else name)
                profit = results.account("profit")[:, results.firms.index(c.firms[c.index(name)])]
                as_recorded(profit, c.accounts["profit"][c.index(name), number])
                yield Again(name, number, results, network)
    except (ScenarioError, StrategyError, ValueError) as error:
        raise ResultsError(str(error)) from error


def with_log(results: Results) -> tuple[Results, Network | None]:
    """A run with its transactions and its network, played again for them; as it is where that cannot be done."""
    try:
        again, network = _run(scenario_of(results), results.seed, results.rounds, True, results.alternative)
        as_recorded(again.account("profit"), results.account("profit"))
    except (ResultsError, ScenarioError, StrategyError, ValueError):
        return results, None
    return again, network


def _run(
    scenario: Scenario | Plan, seed: int, rounds: int, log: bool, alternative: str | None
) -> tuple[Results, Network]:
    simulation = Simulation(scenario, seed, log=log)
    simulation.advance(rounds)
    network = simulation.network
    return simulation.results(alternative=alternative, keep=True, final=True), network
