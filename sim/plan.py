"""What the replications of a scenario have in common: all of a run that its seed does not touch, made once.

Making it takes longer than many a small run. A plan is never written to by the runs that share it, but for what they
work out on the way and any of them would work out alike; they may share it at the same time.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from sim import population, state
from sim.decisions import Decided
from sim.inputs import parameters
from sim.mechanisms import as_played
from sim.network import Network, build
from sim.outlook import Outlook, outlook, turning_points
from sim.scenario import Scenario

COSTS = ("contact_cost", "listening_cost", "identification_cost", "advertising_cost", "content_cost")


class Plan:
    """A scenario made ready to be played with any seed.

    played       the scenario as its switches have it; parameters: of the kernels; news: rounds at whose start an event
                 begins or ends
    means        (K, S) where needs centre at first; people: what customers are drawn from; tastes: whether any firm
                 declares tastes; costs: name -> (F,)
    firm_names, strategies   name of each firm and kind of its strategy, as declared
    decided      round -> what the firms decided then, where that depends on the scenario alone
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.played = as_played(scenario)
        self.parameters = parameters(self.played)
        self.news = turning_points(scenario)
        self.firm_names = tuple(firm.name for firm in scenario.firms)
        self.strategies = tuple(firm.strategy.kind for firm in scenario.firms)
        self.decided: dict[int, Decided] = {}
        self._outlooks: dict[int, Outlook] = {}
        self._fading: dict[int, np.ndarray] = {}
        self._edges: Network | None = None
        first = self.outlook(1)
        needs = np.array([segment.need_mean for segment in scenario.segments]) + first.shift
        self.means = np.ascontiguousarray(needs.T)
        self.people = _people(self.played, first.position)
        self.tastes = any(firm.taste is not None for firm in scenario.firms)
        self.costs = {name: np.array([firm[name] for firm in first.traits], float) for name in COSTS}

    @cached_property
    def hash(self) -> str:
        """Of the scenario, see `Scenario.hash`; found out once."""
        return self.scenario.hash

    @cached_property
    def given(self) -> list[str]:
        """What the scenario sets, see `Scenario.given`; found out once."""
        return self.scenario.given

    @cached_property
    def record(self) -> dict[str, Any]:
        """The scenario as data, see `Scenario.to_dict`; all results of the plan share what is in it."""
        return self.scenario.to_dict()

    def outlook(self, round: int) -> Outlook:
        """The firms in a round at whose start something happens, as they are until the next such round."""
        if round not in self._outlooks:
            self._outlooks[round] = outlook(self.played, round)
        return self._outlooks[round]

    def fading(self, rounds: int) -> np.ndarray:
        """Powers (2, rounds + 2) of what is left of context and expectation; see `state.fading`."""
        if rounds not in self._fading:
            played = self.played
            self._fading[rounds] = state.fading(played.relationship.context_decay, played.learning.forgetting, rounds)
        return self._fading[rounds]

    def network(self, segment: np.ndarray, seed: int) -> Network:
        """Who hears whom, for the customers of a seed; segment (C,). Raises NetworkError."""
        declared = self.played.network
        if declared.kind != "edge_list":  # which is drawn
            return build(declared, segment, seed)
        if self._edges is None:
            self._edges = build(declared, segment, seed, self.played.edge_list)
        return self._edges


def _people(scenario: Any, position: np.ndarray) -> population.Population:
    """The kernels' form of segments, tastes, awareness and fresh dyads."""
    relationship = scenario.relationship
    names = [quantity.name for quantity in state.TRAITS]
    nobody = (0.0, 0.0, 0.0)
    return population.Population(
        shares=np.cumsum([segment.share for segment in scenario.segments]),
        traits=np.array([[population.encode(getattr(group, name)) for name in names] for group in scenario.segments]),
        tastes=np.array([nobody if firm.taste is None else population.encode(firm.taste) for firm in scenario.firms]),
        awareness=np.array([firm.awareness for firm in scenario.firms], float),
        position=position,
        beginning=np.array(
            [
                relationship.initial_expectation, relationship.initial_surcharge, relationship.initial_trust,
                relationship.initial_context, relationship.initial_aspiration,
            ]
        ),
    )  # fmt: skip
