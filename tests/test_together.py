"""Runs of one plan that are played in one compiled call are, bit by bit, those that are played one by one."""

import numpy as np
import pytest
from two_shops import SHOP, VARY, exported

from sim.experiments import executors
from sim.experiments.store import Store
from sim.experiments.sweep import sweep
from sim.plan import Plan
from sim.run import simulate
from sim.scenario import load, loads
from sim.together import together

MARKET = """
market = {customers = 60, rounds = 9, heterogeneity = 1.2, turbulence = 0.1}
[[segments]]
name = "few"
share = 0.3
[[segments]]
name = "many"
share = 0.7
[[firms]]
name = "ours"
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "theirs"
strategy = {kind = "learning_relationship"}
[[firms]]
name = "others"
strategy = {kind = "fee_extractor"}
"""
SEEDS = [0, 1, 7, 2**40]


def same(one, other):
    for group in ("accounts", "market", "levers"):
        mine, theirs = getattr(one, group), getattr(other, group)
        assert list(mine) == list(theirs)
        for name, values in mine.items():
            assert values.dtype == theirs[name].dtype, name
            assert values.tobytes() == theirs[name].tobytes(), f"{group} {name}"
    for name in ("scenario", "alternative", "seed", "rounds", "firms", "strategies"):
        assert getattr(one, name) == getattr(other, name), name


@pytest.mark.parametrize("rounds", [None, 1, 4])
@pytest.mark.parametrize(
    "text", [SHOP, MARKET, MARKET + '[network]\nkind = "mixing"\n'], ids=["shop", "three", "mixing"]
)
def test_runs_played_together_have_the_bits_of_runs_played_alone(text, rounds):
    plan = Plan(loads(text))
    found = together(plan, SEEDS, rounds)
    assert found is not None
    for seed, results in zip(SEEDS, found, strict=True):
        same(results, simulate(plan, seed, rounds, keep=False))


@pytest.mark.parametrize("name", ["everyday_low_price", "airline_fees"])
def test_so_have_runs_of_scenarios_people_use(name):
    scenario = load(f"scenarios/{name}.toml").with_changes({"market.customers": 80, "market.rounds": 12})
    checked = 0
    for alternative in scenario.alternatives:
        plan = Plan(scenario.alternative(alternative.name))
        found = together(plan, SEEDS)
        for seed, results in zip(SEEDS, found or [], strict=False):
            same(results, simulate(plan, seed, keep=False))
            checked += 1
    assert name != "everyday_low_price" or checked


@pytest.mark.parametrize(
    "more, changes",
    [
        ('[[events]]\nkind = "failure_spike"\nfirm = "ours"\nround = 4\nduration = 2\nfailure_rate = 0.5\n', {}),
        ("", {"firms.ours.strategy": {"kind": "best_response"}}),
        ("", {"market.turnover": 0.05}),
        ("", {"network": {"kind": "watts_strogatz"}}),
        ("", {"market.customers": 5_000, "market.rounds": 60}),
    ],
    ids=["event", "adaptive", "turnover", "network", "large"],
)
def test_what_cannot_be_played_together_is_left_to_be_played_alone(more, changes):
    plan = Plan(loads(MARKET + more).with_changes(changes))
    assert together(plan, SEEDS) is None
    assert together(plan, SEEDS[:1]) is None


def test_a_sweep_exports_the_same_bytes_with_and_without_it(tmp_path, monkeypatch):
    shop, asked = loads(SHOP), []

    def noted(plan, seeds, rounds=None):
        asked.append(len(seeds))
        return together(plan, seeds, rounds)

    options = {"seeds": 40, "workers": 1, "series": True}
    with monkeypatch.context() as patch:
        patch.setattr(simulate, "several", noted)
        sweep(shop, VARY, out=tmp_path / "together", **options)
    assert max(asked) > 1
    with monkeypatch.context() as patch:
        patch.setattr(executors, "_together", lambda *_: None)
        sweep(shop, VARY, out=tmp_path / "alone", **options)
    assert exported(tmp_path / "together") == exported(tmp_path / "alone")
    with Store.open(tmp_path / "together") as one, Store.open(tmp_path / "alone") as other:
        for point, _ in one.rows():
            for mine, theirs in zip(one.series(point), other.series(point), strict=True):
                assert all(np.array_equal(values, theirs[name], equal_nan=True) for name, values in mine.items())
