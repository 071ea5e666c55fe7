"""A market that can be played forwards and backwards, exactly: copies are kept now and then, and replayed from."""

from __future__ import annotations

from bisect import bisect_right
from copy import deepcopy

from sim.scenario import Scenario
from sim.simulation import Simulation

EVERY = 8  # rounds between kept copies
ROOM = 200e6  # bytes that copies may take; farther apart where the market is large


class Timeline:
    """A market at some round, and the way to any other round.

    `simulation` is the market now. Going back and forward again gives the same bits: rounds are replayed from the last
    copy before them, and every random number is a function of its round.
    """

    def __init__(self, scenario: Scenario, seed: int | None = None) -> None:
        self.simulation = Simulation(scenario, seed)
        size = sum(array.nbytes for array in self.simulation.state)
        self.every = max(EVERY, int(scenario.market.rounds * size / ROOM))
        self._kept = {0: self._copy(self.simulation)}

    @property
    def round(self) -> int:
        """Rounds played."""
        return self.simulation.round

    def step(self) -> None:
        """Play one round."""
        self.simulation.advance(1)
        if self.round % self.every == 0 and self.round not in self._kept:
            self._kept[self.round] = self._copy(self.simulation)

    def go(self, round: int) -> None:
        """To any round from 0 on, forwards or backwards. Raises ValueError for a negative one."""
        if round < 0:
            raise ValueError(f"round is {round}; a market begins before round 1, at 0")
        kept = sorted(self._kept)
        nearest = kept[bisect_right(kept, round) - 1]
        if round < self.round or nearest > self.round:
            self.simulation = self._copy(self._kept[nearest])
        while self.round < round:
            self.step()

    @staticmethod
    def _copy(simulation: Simulation) -> Simulation:
        same = (simulation.scenario, simulation.network, simulation.outlook, simulation.plan)  # never written to
        return deepcopy(simulation, {id(part): part for part in same})
