"""Submodel 1 of a round, events: what the firms are in round t, as a pure function of the scenario and t."""

from typing import Any, NamedTuple

import numpy as np

from sim.inputs import FIRM_TRAITS
from sim.scenario import Scenario
from sim.strategies.base import Strategy


class Outlook(NamedTuple):
    """The firms of one round, F of them, and how far needs have been shifted by then."""

    traits: tuple[dict[str, Any], ...]  # all declared traits of each firm
    table: np.ndarray  # (9, F) those the kernels read, rows of FIRM_TRAITS
    position: np.ndarray  # (F, K)
    present: np.ndarray  # (F,) uint8
    strategies: tuple[Strategy, ...]
    shift: np.ndarray  # (K,) sum of all need shifts so far


def turning_points(scenario: Scenario) -> frozenset[int]:
    """Rounds at whose start an event begins or ends; between them the outlook stays as it is."""
    points = {1}
    for event in scenario.events:
        points.add(event.round)
        duration = getattr(event, "duration", None)
        if duration is not None:
            points.add(event.round + duration)
    return frozenset(points)


def outlook(scenario: Scenario, round: int) -> Outlook:
    """The firms in `round`: declared traits, overridden by every event that has begun and not ended, in file order."""
    dimensions = scenario.market.dimensions
    names = [firm.name for firm in scenario.firms]
    traits = [firm.model_dump(exclude={"strategy", "taste", "position"}) for firm in scenario.firms]
    strategies = [firm.strategy for firm in scenario.firms]
    present = [firm.present_from_start for firm in scenario.firms]
    shift = np.zeros(dimensions)
    for event in scenario.events:
        duration = getattr(event, "duration", None)
        if round < event.round or (duration is not None and round >= event.round + duration):
            continue
        j = names.index(event.firm) if hasattr(event, "firm") else -1
        match event.kind:
            case "failure_spike" | "cost_shock" | "quality_shock":
                name = {"failure_spike": "failure_rate", "cost_shock": "unit_cost", "quality_shock": "quality"}[
                    event.kind
                ]
                traits[j][name] = getattr(event, name)
            case "entry" | "exit":
                present[j] = event.kind == "entry"
            case "strategy":
                strategies[j] = event.strategy
            case "need_shift":
                shift += event.shift
    return Outlook(
        traits=tuple(traits),
        table=np.array([[float(firm[name]) for firm in traits] for name in FIRM_TRAITS]),
        position=np.array([firm.position or [0.0] * dimensions for firm in scenario.firms], float),
        present=np.array(present, np.uint8),
        strategies=tuple(strategies),
        shift=shift,
    )
