"""Very many small runs: what they share does not change them, and costs neither memory nor disk run by run."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from drawn import bits, drawn, markets, parsed
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.many_runs import compiled_calls, once, tiny
from sim.experiments.design import BARE
from sim.market import Market
from sim.network import NetworkError
from sim.plan import Plan
from sim.run import simulate
from sim.scenario import load, parse
from sim.simulation import Simulation
from sim.state import State
from sim.strategies.base import FirmView, Levers, Strategy

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "scenarios" / "everyday_low_price.toml"


class Asked(Strategy):
    """A steady price; notes for which round it was asked. Source: none, a device of the tests."""

    kind: Literal["asked"] = "asked"
    looks: bool = False

    def decide(self, view: FirmView) -> Levers:
        asked.append(view.round if self.looks else None)
        return Levers(price=5.0 + view.unit_cost)


asked: list[int | None] = []


def finished(of, seed):
    """All bits of a market played to its end."""
    simulation = Simulation(of, seed, log=True)
    simulation.advance(simulation.scenario.market.rounds)
    return bits(simulation)


@drawn
@given(st.one_of(markets(kind="steady"), markets()))
def test_replications_that_share_a_plan_are_those_played_on_their_own(data):
    scenario = parsed(data)
    plan = Plan(scenario)
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: finished(plan, seed), [3, 4, 3]))
    assert together == [finished(scenario, seed) for seed in (3, 4, 3)]


def test_an_agents_market_can_share_a_plan_too():
    scenario = load(SHOP).with_changes({"market.customers": 8, "market.rounds": 3})
    one, other = (simulate(of, 5, driver="agents") for of in (scenario, Plan(scenario)))
    np.testing.assert_array_equal(one.dyads["trust"], other.dyads["trust"])
    assert one.provenance == other.provenance


@pytest.mark.parametrize("looks, times", [(False, 1), (True, 3 * 4)])
def test_replications_ask_a_firm_once_if_it_looks_at_nothing_but_its_traits(looks, times):
    changes = {"market.customers": 8, "market.rounds": 4, "firms.0.strategy": {"kind": "asked", "looks": looks}}
    plan = Plan(load(SHOP).with_changes(BARE | changes))
    asked.clear()
    for seed in range(3):
        simulate(plan, seed)
    assert len(asked) == times


def test_what_happens_to_a_market_does_not_reach_the_next_one_with_its_plan():
    plan = Plan(load(SHOP).with_changes({"market.customers": 30, "market.rounds": 6}))
    before = finished(plan, 1)
    market = Market(plan, 1)
    for round in range(6):
        market.customers[round].need[:] = 7.0
        market.relationship(round, 0).trust = 0.0
        market.step()
    assert finished(plan, 1) == before


def test_the_ties_of_a_file_are_read_once_for_all_seeds(tmp_path):
    (tmp_path / "ties.csv").write_text("0,1\n1,2\n")
    bare = load(SHOP).with_changes(BARE | {"market.customers": 5, "market.rounds": 2})
    scenario = parse(bare.to_dict() | {"network": {"kind": "edge_list", "file": "ties.csv"}}, folder=tmp_path)
    plan = Plan(scenario)
    before = finished(plan, 1)
    (tmp_path / "ties.csv").unlink()
    assert finished(plan, 1) == before
    with pytest.raises(NetworkError, match="cannot be read"):
        simulate(scenario, 1)


@drawn
@given(markets())
def test_results_taken_on_the_way_stay_what_they_were(data):
    scenario = parsed(data)
    market = Market(scenario, 1).run(1)
    taken = market.results()
    market.run()
    alone = simulate(scenario, 1, rounds=1)
    for group in ("accounts", "market", "levers", "dyads", "customers"):
        one, other = getattr(taken, group), getattr(alone, group)
        assert list(one) == list(other)
        for name, values in one.items():
            assert values.dtype == other[name].dtype
            np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_final_results_take_over_the_arrays_of_the_run():
    market = Market(load(SHOP).with_changes({"market.customers": 20}), 1).run(2)
    s, final = market.simulation.state, market.results(final=True)
    assert np.shares_memory(final.dyads["trust"], s.dyad)
    assert np.shares_memory(final.dyads["purchases"], s.record)
    assert not np.shares_memory(market.results().dyads["trust"], s.dyad)


def test_the_benchmark_of_many_runs_counts_all_of_their_arithmetic_and_plays_as_many_as_it_says():
    plan = Plan(tiny())
    simulation = Simulation(plan, 4)
    simulation.advance(tiny().market.rounds)
    for name, timed, whole in zip(State._fields, compiled_calls(plan, 4)[1], simulation.state, strict=True):
        np.testing.assert_array_equal(timed, whole, err_msg=name)
    assert once(10)["runs"] == 10


GROWING = """
import json, resource, sys
from sim.experiments.design import BARE
from sim.experiments.sweep import sweep
from sim.scenario import load

scenario = load(sys.argv[1]).with_changes(BARE | {"market.customers": 5, "market.rounds": 2})
found = {}
for runs in (1_000, 4_000):
    sweep(scenario, ["market.heterogeneity=0.5,1"], seeds=runs // 2, out=sys.argv[2])
    found[runs] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps(found))
"""


def test_three_thousand_more_runs_take_no_memory_and_little_disk(tmp_path):
    folder = tmp_path / "runs"
    told = subprocess.run(
        [sys.executable, "-c", GROWING, str(SHOP), str(folder)], capture_output=True, text=True, check=True
    )
    peak = json.loads(told.stdout)
    assert peak["4000"] - peak["1000"] < 3_000 * 1_500  # bytes: not even the accounts of a run, which are larger
    stored = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    assert stored < 4_000 * 1_000  # bytes: a hundred thousand runs stay below 100 MB
