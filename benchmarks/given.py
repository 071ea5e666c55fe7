"""What the twins are given: the numbers of a scenario, in plain form. The twins share no code with the simulator."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.inputs import FIRM_TRAITS, POOLING
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.strategies.base import LEVERS

TRAITS = (
    "price_sensitivity", "relational_orientation", "openness", "contact_tolerance", "purchase_rate", "inertia",
    "talkativeness", "attrition",
)  # fmt: skip
COSTS = ("contact_cost", "listening_cost", "identification_cost", "advertising_cost", "content_cost")


def parameters(scenario: Scenario) -> SimpleNamespace:
    """All numbers of [market], [relationship] and [learning] as attributes."""
    sections = (scenario.market, scenario.relationship, scenario.learning)
    return SimpleNamespace(**{name: value for section in sections for name, value in section})


def firms(scenario: Scenario) -> list[dict[str, Any]]:
    """Traits, costs, position, awareness and levers of every firm; the strategies must be constant."""
    first = Simulation(scenario.with_changes({"market.customers": 1}))
    acting = first._decide()
    if not first.desk.settled or (acting.slot >= 0).any() or acting.lever[POOLING].any():
        raise ValueError("the twins play firms whose levers are one number each, stay what they are and do not pool")
    found = []
    for j, firm in enumerate(scenario.firms):
        row = {name: float(getattr(firm, name)) for name in (*FIRM_TRAITS, *COSTS, "awareness")}
        row |= {f"lever_{lever.name}": float(acting.lever[at, j]) for at, lever in enumerate(LEVERS)}
        found.append(row | {"name": firm.name, "position": [float(x) for x in firm.position]})
    return found


def draw(distribution: Any, size: int, rng: np.random.Generator) -> np.ndarray:
    """`size` draws from a declared distribution."""
    match distribution.dist:
        case "fixed":
            return np.full(size, float(distribution.value))
        case "uniform":
            return rng.uniform(distribution.low, distribution.high, size)
        case "normal":
            return rng.normal(distribution.mean, distribution.sd, size)
        case "lognormal":
            return rng.lognormal(distribution.mu, distribution.sigma, size)
        case "beta":
            return rng.beta(distribution.a, distribution.b, size)
        case "gamma":
            return rng.gamma(distribution.shape, distribution.mean / distribution.shape, size)
    raise ValueError(f"the twins do not draw from {distribution.dist!r}")


def people(scenario: Scenario, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Traits of all customers, (C,) each; the twins know one segment."""
    if len(scenario.segments) != 1 or any(firm.taste is not None for firm in scenario.firms):
        raise ValueError("the twins know one segment and no tastes")
    segment, customers = scenario.segments[0], scenario.market.customers
    return {name: draw(getattr(segment, name), customers, rng) for name in TRAITS}
