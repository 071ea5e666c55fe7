"""Common luck: what a firm does changes what customers make of their fate, never the fate itself."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import Steady, drawn, markets, parsed
from hypothesis import given
from random_scenario import scenario

from sim import state
from sim.run import simulate
from sim.scenario import Scenario, load
from sim.simulation import Simulation
from sim.strategies.base import registry

SHOPS = load(Path(__file__).parents[1] / "scenarios" / "everyday_low_price.toml")
LIBRARY = [kind for kind, strategy in registry().items() if strategy.__module__.startswith("sim.strategies.")]


def fate(of: Scenario, rounds: int) -> dict[str, np.ndarray]:
    """All that chance decides of customers whom nothing drives out of the market."""
    simulation, kept = Simulation(of), {}
    for round in range(rounds):
        simulation.step()
        s = simulation.state
        for name in ("need", "segment", "born", "taste"):
            kept[f"{name} in round {round}"] = getattr(s, name).copy()
        kept[f"traits in round {round}"] = s.customer[: len(state.TRAITS)].copy()
    kept |= {name: simulation.books.series(name) for name in ("occasions", "active", "replaced")}
    return kept | simulation.network._asdict()


def loyal_to_the_market(data: dict[str, Any]) -> dict[str, Any]:
    """Without attrition: who buys more often would leave earlier, and what comes to who is gone is not seen."""
    return data | {"segments": [segment | {"attrition": 0.0} for segment in data["segments"]]}


@drawn
@given(markets())
def test_another_strategy_of_one_firm_changes_no_fate(data):
    data = loyal_to_the_market(data)
    other = deepcopy(data)
    other["firms"][0]["strategy"] = Steady(script=77).model_dump()
    one, two = (fate(parsed(each), data["market"]["rounds"]) for each in (data, other))
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name], err_msg=name)


@drawn
@given(markets(choice="logit"))
def test_another_firm_in_the_market_changes_no_fate(data):
    data = loyal_to_the_market(data)
    more = data | {"firms": [*data["firms"], data["firms"][0] | {"name": "newcomer"}]}
    one, two = (fate(parsed(each), data["market"]["rounds"]) for each in (data, more))
    for name, values in one.items():
        shared = two[name][: len(values)] if name.startswith("taste") else two[name]
        np.testing.assert_array_equal(values, shared, err_msg=name)


@drawn
@given(markets())
def test_another_strategy_leaves_a_firm_known_to_the_same_customers_at_the_start(data):
    other = deepcopy(data)
    other["firms"][0]["strategy"] = Steady(script=77).model_dump()
    one, two = (Simulation(parsed(each)).state.flags for each in (data, other))
    np.testing.assert_array_equal(one, two)


def test_another_seed_is_another_fate():
    of = parsed(loyal_to_the_market(scenario(8)))
    one, two = fate(of, 2), fate(of.with_changes({"seed": 1}), 2)
    assert [
        name for name in ("need in round 1", "traits in round 0", "occasions") if np.array_equal(one[name], two[name])
    ] == []


@pytest.mark.parametrize("kind", LIBRARY)
def test_who_buys_at_the_rival_in_the_same_round_is_served_the_same_whatever_our_shop_does(kind):
    """Failures and the noise of value in use included."""
    of = SHOPS.with_changes(
        {"market.customers": 150, "market.rounds": 20, "firms.1.strategy": {"kind": "everyday_low_price"}}
    )
    frames = [
        simulate(of.with_changes({"firms.0.strategy": strategy}), log=True).log_frame()
        for strategy in ({"kind": "everyday_low_price", "price": 6.0}, {"kind": kind})
    ]
    one, two = (frame[frame.firm == of.firms[1].name].set_index(["round", "customer"]).value for frame in frames)
    both = one.index.intersection(two.index)
    assert len(both) > 100
    assert (one[both] == two[both]).all()


@pytest.fixture(scope="module")
def lives() -> list[Simulation]:
    """A market in which half the customers have not heard of our shop, played with two strategies of that shop."""
    of = SHOPS.with_changes({
        "market.customers": 300, "market.rounds": 15, "firms.0.awareness": 0.5, "network": {"kind": "none"},
    })  # fmt: skip
    kinds = ("everyday_low_price", "crm_blaster")
    lives = [Simulation(of.with_changes({"firms.0.strategy": {"kind": kind}})) for kind in kinds]
    for simulation in lives:
        simulation.advance(15)
    return lives


def strangers(lives: list[Simulation]) -> np.ndarray:
    """(C,) bool: customers who have never heard of our shop."""
    return lives[0].state.flags[0] & state.AWARE == 0


@pytest.mark.parametrize("name", [name for name in state.State._fields if name != "contacted"])  # which is about firms
def test_who_never_hears_of_a_firm_lives_the_same_life_whatever_it_does(lives, name):
    one, two = (state.by_customer(simulation.state, name)[..., strangers(lives)] for simulation in lives)
    np.testing.assert_array_equal(one, two)


def test_who_knows_the_firm_does_not(lives):
    one, two = (simulation.state.ledger[:, ~strangers(lives), state.REVENUE] for simulation in lives)
    assert (one != two).any()
