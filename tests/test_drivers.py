"""Two drivers, one market: compiled code and Mesa agents give the same bits, however the work is divided."""

import json
import os
import subprocess
import sys
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import bits, drawn, markets, parsed
from hypothesis import given, settings
from hypothesis import strategies as st
from random_scenario import ROUNDS, scenario, scripted

from sim.market import Market
from sim.results import ACCOUNTS, MARKET
from sim.run import simulate
from sim.scenario import Scenario, load
from sim.simulation import BATCH, Simulation
from sim.strategies.base import LEVERS

TESTS = Path(__file__).parent
FOLDER = TESTS.parent / "scenarios"
DRIVERS = ("compiled", "agents")
EVENTS = {"failure_spike", "cost_shock", "quality_shock", "entry", "exit", "strategy", "need_shift"}
NETWORKS = {"none", "mixing", "watts_strogatz", "barabasi_albert", "stochastic_block", "edge_list"}


def played(of: Scenario, driver: str = "compiled", rounds: int | None = None, **options: Any) -> dict[str, str]:
    """All bits of a market played to its end."""
    return bits(Market(of, driver=driver, **options).run(rounds).simulation)


def large(number: int, customers: int, rounds: int) -> Scenario:
    """A random scenario with more customers than it was made for."""
    data = scenario(number)
    data["market"] |= {"customers": customers, "rounds": rounds}
    return parsed(data)


# ------------------------------------------------------------------------------------------------ the same numbers

seen: Counter[str] = Counter()  # how much of everything the random scenarios below have exercised


@settings(drawn, max_examples=150)
@given(markets(), st.sampled_from(["single", "double"]))
def test_both_drivers_give_the_same_bits_on_random_scenarios(data, precision):
    compiled, agents = (Market(parsed(data), driver=driver, precision=precision, log=True).run() for driver in DRIVERS)
    assert bits(agents.simulation) == bits(compiled.simulation)
    seen.update(exercised(data, compiled.simulation))


def exercised(data: dict[str, Any], simulation: Simulation) -> Counter[str]:
    """What a random scenario made use of."""
    found = Counter({f"account {name}": np.nansum(abs(simulation.books.account(name))) for name in ACCOUNTS})
    found.update({f"market {name}": abs(simulation.books.series(name)).sum() for name in MARKET})
    found.update(f"event {event['kind']}" for event in data["events"])
    found.update([f"network {data['network']['kind']}", f"choice {data['market']['choice']}"])
    found.update("taste" for firm in data["firms"] if "taste" in firm)
    for firm in data["firms"]:
        levers = scripted(firm["strategy"]["script"], 1, data["market"]["customers"])
        found.update(
            f"lever {name} {'by customer' if isinstance(v, list) else 'for all'}" for name, v in levers.items() if v
        )
    return found


@pytest.mark.parametrize(
    "what",
    [
        *(f"account {name}" for name in ACCOUNTS),
        *(f"market {name}" for name in MARKET),
        *(f"event {kind}" for kind in sorted(EVENTS)),
        *(f"network {kind}" for kind in sorted(NETWORKS)),
        *(f"choice {kind}" for kind in ("logit", "hotelling", "best")),
        *(f"lever {lever.name} for all" for lever in LEVERS),
        *(f"lever {lever.name} by customer" for lever in LEVERS if lever.personal),
        "taste",
    ],
)
def test_the_random_scenarios_exercise(what):
    if not seen:
        test_both_drivers_give_the_same_bits_on_random_scenarios()
    assert seen[what] > 0


def variants() -> list[Any]:
    """Every alternative of every scenario file, made small, with its events early enough to happen."""
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        whole = load(file)
        times = sorted({event.round for event in whole.events})
        small = {f"events.{k}.round": 2 + times.index(event.round) for k, event in enumerate(whole.events)}
        small |= {"market.rounds": 8 + len(times)} | ({} if whole.edge_list else {"market.customers": 40})
        whole = whole.with_changes(small)
        for name in [item.name for item in whole.alternatives] or [None]:
            one = whole if name is None else whole.alternative(name)
            found.append(pytest.param(one, id=f"{file.stem}-{name or 'as it is'}"))
    return found


@pytest.mark.parametrize("one", variants())
def test_both_drivers_give_the_same_bits_on_every_scenario_file(one):
    assert played(one, "agents") == played(one)


def test_both_drivers_add_up_the_same_way_beyond_4096_customers():
    assert played(large(4, 4500, 2), "agents") == played(large(4, 4500, 2))


@drawn
@given(markets())
def test_a_market_may_change_drivers_from_round_to_round(data):
    market = Market(parsed(data))
    for round in range(data["market"]["rounds"]):
        market.driver = DRIVERS[round % 2]
        market.step()
    assert bits(market.simulation) == played(parsed(data))


# ------------------------------------------------------------------------------------------- however it is divided


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize(
    "options", [{"block": 1}, {"block": 7}, {"block": 4096}, {"threads": 2}, {"threads": 2, "block": 7}], ids=str
)
def test_blocks_and_threads_change_no_bit(number, options):
    one = large(number, 8500, 3)
    assert played(one, **options) == played(one, threads=1, block=256)


@drawn
@given(st.one_of(markets(kind="steady"), markets()))
def test_a_call_for_many_rounds_plays_them_as_single_steps_do(data):
    together = Simulation(parsed(data))
    together.advance(data["market"]["rounds"])
    assert bits(together) == played(parsed(data))


def test_rounds_in_which_nobody_can_change_their_mind_are_played_in_one_call():
    of, calls = load(FOLDER / "everyday_low_price.toml").with_changes({"market.customers": 5}), []
    Simulation(of).advance(BATCH + 6, calls.append)
    assert calls == [BATCH, 6]


@pytest.mark.parametrize("rounds", [BATCH - 1, 3 * BATCH])
def test_the_horizon_of_a_scenario_does_not_change_what_is_played_beyond_it(rounds):
    short = load(FOLDER / "everyday_low_price.toml").with_changes({
        "market.customers": 20, "market.rounds": 10, "segments.0.purchase_rate": 0.02, "learning.forgetting": 0.01,
        "relationship.initial_context": 0.8, "relationship.context_decay": 0.01, "learning.prior_value": 3.0,
    })  # fmt: skip
    one, other = (simulate(of, rounds=rounds) for of in (short, short.with_changes({"market.rounds": 4 * BATCH})))
    never = one.dyads["purchases"] == 0
    np.testing.assert_allclose(one.dyads["context"][never], 0.8 * 0.99**rounds, rtol=1e-6)
    for name, values in one.dyads.items():
        np.testing.assert_array_equal(values, other.dyads[name], err_msg=name)


@drawn
@given(markets(), st.sampled_from(DRIVERS), st.integers(0, ROUNDS - 1))
def test_a_copy_of_a_market_has_the_same_future(data, driver, pause):
    market = Market(parsed(data), driver=driver).run(min(pause, data["market"]["rounds"]))
    copied = deepcopy(market)
    before = bits(market.simulation)
    copied.run()
    assert bits(market.simulation) == before
    assert bits(market.run().simulation) == bits(copied.simulation) == played(parsed(data))


def test_another_process_gives_the_same_bits():
    code = (
        "import json, sys; sys.path[:0] = sys.argv[1:]\n"
        "from test_drivers import large, played, DRIVERS\n"
        "print(json.dumps([played(large(3, 60, 4), driver) for driver in DRIVERS]))"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", code, str(TESTS), str(TESTS.parent)],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(elsewhere.stdout) == [played(large(3, 60, 4), driver) for driver in DRIVERS]
