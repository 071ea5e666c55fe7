"""Small scenarios drawn at random so that, together, they use every lever, trait, event, network and choice rule."""

from random import Random
from typing import Any, Literal

import numpy as np

from sim.parameter import parameter
from sim.strategies.base import LEVERS, FirmView, Levers, Strategy

ROUNDS = 6
NETWORKS = (
    {"kind": "none"},
    {"kind": "mixing"},
    {"kind": "watts_strogatz", "neighbours": 4, "rewiring": 0.3},
    {"kind": "barabasi_albert", "links": 2},
    {"kind": "stochastic_block", "mean_degree": 3, "within": 0.7},
    {"kind": "edge_list", "file": "ties.csv"},
)
TIES = "0,1\n0,2\n1,5\n3,4\n"  # of the edge list; who is in none of them hears nobody
HIGHEST = {"price": 9, "surcharge": 3, "contacts": 3, "exit_fee": 3, "quality": 2, "assortment": 12, "opt_out_fee": 0.5}
ALWAYS_SET = ("price", "quality", "assortment", "memory")


class Scripted(Strategy):
    """Any levers at all: a pure function of a number and the round, different in every round.

    Source: none, a device of the tests.
    """

    kind: Literal["scripted"] = "scripted"
    script: int = parameter(0, ge=0, unit="number", description="which of all scripts")

    def decide(self, view: FirmView) -> Levers:
        levers = scripted(self.script, view.round, view.customers)
        return Levers(**{name: np.array(of) if isinstance(of, list) else of for name, of in levers.items()})


def scripted(script: int, round: int, customers: int) -> dict[str, float | list[float]]:
    """The levers of one round; half of those that may be are unused, a third of the rest differ by customer."""
    dice = Random(f"levers {script} {round}")
    levers: dict[str, float | list[float]] = {}
    for lever in LEVERS:
        unused = lever.name not in ALWAYS_SET and dice.random() < (0.8 if lever.name == "outcome_share" else 0.5)
        low, high = (2 if lever.name == "price" else lever.low), HIGHEST.get(lever.name, min(lever.high, 1))
        if unused:
            levers[lever.name] = 0.0
        elif lever.name == "memory":
            levers[lever.name] = float(dice.random() < 0.6)
        elif lever.personal and dice.random() < 0.35:
            levers[lever.name] = [dice.uniform(low, high) for _ in range(customers)]
        else:
            levers[lever.name] = dice.uniform(low, high)
    return levers


def scenario(number: int) -> dict[str, Any]:
    """Plain data of the scenario with this number; about four in ten of its mechanisms are off."""
    dice = Random(f"scenario {number}")

    def some(low: float, high: float, off: float = 0.0) -> float:
        return off if dice.random() < 0.3 else dice.uniform(low, high)

    choice = ("logit", "hotelling", "best", "logit")[number % 4]
    firms = 2 if choice == "hotelling" else dice.randint(1, 4)
    dimensions = dice.randint(1, 6)

    def place(spread: float = 1.0) -> list[float]:
        return [dice.gauss(0, spread) for _ in range(dimensions)]

    return {
        "seed": dice.randrange(2**62),
        "market": {
            "customers": dice.randint(12, 24),
            "rounds": ROUNDS,
            "dimensions": dimensions,
            "latent_dimensions": dice.randint(0, dimensions),
            "base_value": dice.uniform(6, 14),
            "heterogeneity": some(0.2, 1.5),
            "turbulence": some(0.01, 1),
            "turnover": some(0, 0.15),
            "choice": choice,
            "choice_precision": some(0.2, 3),
            "outside_option": dice.random() < 0.7,
            "outside_utility": dice.uniform(-3, 2),
            "transport_cost": some(0.2, 4),
            "value_noise": some(0.1, 1),
            "failure_loss": some(1, 5),
        },
        "relationship": {
            "search_effort": some(0.5, 3),
            "choice_effort": some(0.1, 0.5),
            "trust_weight": some(0.5, 2),
            "price_tolerance": some(0.1, 0.9),
            "context_gain": some(0.1, 0.6),
            "one_sided_context": some(0.1, 1),
            "context_decay": some(0.01, 0.3),
            "fatigue_weight": some(0.2, 2),
            "fatigue_carryover": some(0.1, 1),
            "salience": some(0.1, 1),
            "opt_out_threshold": some(0.05, 0.7),
            "cocreation": some(0.1, 1),
            "initial_expectation": dice.uniform(4, 10),
            "initial_surcharge": some(0, 1),
            "initial_trust": dice.random(),
            "initial_context": some(0, 0.8),
            "initial_aspiration": some(-1, 2),
        },
        "learning": {
            "value_learning": some(0.1, 1),
            "forgetting": some(0.01, 0.3),
            "prior_value": dice.uniform(4, 10),
            "surcharge_learning": some(0.1, 1),
            "trust_gain": some(0.05, 0.3),
            "trust_loss": some(0.1, 0.6),
            "goodwill_scale": dice.uniform(1, 5),
            "loss_aversion": some(0.5, 3),
            "transparency_credit": some(0.05, 0.5),
            "voice_floor": some(0.1, 1),
            "aspiration_learning": some(0.05, 0.5),
            "hearsay_weight": some(0.1, 1),
            "bad_news_bias": some(0.5, 3),
            "observation_noise": some(0.1, 1),
        },
        "segments": [
            {
                "name": name,
                "share": share,
                "need_mean": place(),
                "openness": {"dist": "beta", "a": 1, "b": 2},
                "contact_tolerance": {"dist": "uniform", "low": 0, "high": 2},
                "purchase_rate": {"dist": "gamma", "mean": dice.choice((0.2, 0.8, 2)), "shape": 2},
                "inertia": some(0.1, 1),
                "talkativeness": dice.uniform(0.2, 1),
                "attrition": some(0, 0.15),
            }
            for name, share in (("few", 0.4), ("many", 0.6))
        ],
        "firms": [
            {
                "name": f"firm {j}",
                "position": place(0.5),
                "quality": dice.uniform(0.6, 1.3),
                "unit_cost": dice.uniform(2, 5),
                "failure_rate": some(0.1, 0.6),
                "reading": dice.random(),
                "relevance": dice.random(),
                "imagination": dice.random(),
                "awareness": some(0, 1, off=1.0),
                "contact_cost": dice.random(),
                "personalisation_cost": dice.random(),
                "listening_cost": dice.random(),
                "identification_cost": dice.random(),
                "advertising_cost": dice.random(),
                "content_cost": dice.uniform(1, 100),
                "quality_cost": dice.random(),
                "standardisation_efficiency": some(0, 0.5),
                "present_from_start": j != 2,
                "strategy": {"kind": "scripted", "script": 1000 * number + j},
            }
            | ({"taste": {"dist": "normal", "mean": 0, "sd": 1}} if dice.random() < 0.4 else {})
            for j in range(firms)
        ],
        "network": NETWORKS[number % len(NETWORKS)],
        "events": events(dice, number, firms, place(0.7)),
    }


def events(dice: Random, number: int, firms: int, shift: list[float]) -> list[dict[str, Any]]:
    """Two to four events; firm 2, if there is one, comes in round 3, and in most markets firm 1 leaves."""
    first = {"firm": "firm 0", "round": dice.randint(1, 3), "duration": dice.randint(1, 3)}
    drawn = [
        first | {"kind": "failure_spike", "failure_rate": dice.random()},
        first | {"kind": "cost_shock", "unit_cost": dice.uniform(1, 8)},
        first | {"kind": "quality_shock", "quality": dice.uniform(0.2, 2)},
        first | {"kind": "strategy", "strategy": {"kind": "scripted", "script": 1000 * number + 999}},
        {"kind": "need_shift", "round": dice.randint(2, 4), "shift": shift},
    ]
    happens = dice.sample(drawn, 2)
    if firms > 2:
        happens.append({"kind": "entry", "firm": "firm 2", "round": 3})
    if firms > 1 and dice.random() < 0.7:
        happens.append({"kind": "exit", "firm": "firm 1", "round": dice.randint(2, 5)})
    return happens
