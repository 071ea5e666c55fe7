"""Playing a run again to see what its results do not hold: the state of customers and dyads at other rounds.

A run is determined by its scenario and seed, both of which results keep, so that nothing has to be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sim.results import Results, ResultsError
from sim.scenario import Scenario, parse
from sim.scenario_errors import ScenarioError
from sim.simulation import Simulation


def scenario_of(results: Results) -> Scenario:
    """The scenario of a run. Raises ResultsError where it cannot be read, say because its edge list is elsewhere."""
    try:
        return parse(results.scenario, "the scenario of these results")
    except ScenarioError as error:
        raise ResultsError(f"the run cannot be played again: {error}") from error


def replay(results: Results, rounds: Sequence[int]) -> Iterator[Simulation]:
    """The simulation at the end of each of the rounds, rising; look at it before asking for the next.

    Raises ResultsError for rounds that were not played, and where the run does not come out as recorded.
    """
    wanted = list(rounds)
    if wanted != sorted(set(wanted)) or not all(1 <= round <= results.rounds for round in wanted):
        raise ResultsError(f"rounds {wanted} were asked for; allowed are 1 to {results.rounds}, rising")
    simulation = Simulation(scenario_of(results), results.seed)
    for round in wanted:
        simulation.advance(round - simulation.round)
        as_recorded(simulation.books.account("profit"), results.account("profit")[:round])
        yield simulation


def as_recorded(profit: np.ndarray, recorded: np.ndarray) -> None:
    """Raise ResultsError where the profit (any shape) of a run played again is not bit by bit what was recorded."""
    if not np.array_equal(profit, recorded, equal_nan=True):
        raise ResultsError(
            "played again, a run comes out differently: it is of another version, or of a window; run it anew"
        )
