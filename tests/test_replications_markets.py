"""R2, R5, R6 and R8, quick versions, and the same models with other parameters; the strategies they are played with."""

import subprocess
from functools import cache

import numpy as np
import pytest

from sim.analysis.bgnbd import BgNbd
from sim.replications import data, replications
from sim.replications import r02_repeat_buying as buying
from sim.replications import r05_switching_costs as switching
from sim.replications import r06_quality_assurance as quality
from sim.replications import r08_logit_bertrand as bertrand
from sim.replications.picture import picture
from sim.replications.replication import Found
from sim.run import simulate
from sim.scenario import parse
from sim.strategies.base import FirmView
from sim.strategies.best_response import BestResponse
from sim.strategies.linear_markov import LinearMarkov
from sim.strategies.quality_cutter import QualityCutter


@cache
def played(name: str) -> Found:
    return replications()[name].run(False)


def check(name: str, words: str):
    return next(check for check in played(name).checks if words in check.what)


def needs_cdnow():
    try:
        data.cdnow()
    except data.NoData as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("name", ["R2", "R5", "R6", "R8"])
def test_a_published_result_comes_out_and_is_drawn(name):
    if name == "R2":
        needs_cdnow()
    assert [check for check in played(name).checks if check.verdict == "missed"] == []
    assert picture(replications()[name], played(name)).axes[0].get_title(loc="left")


# ------------------------------------------------------------------------------------------------- R2: real customers


def test_simulated_customers_come_back_as_often_as_published():
    needs_cdnow()
    repeats = check("R2", "repeat purchases to week 39 of a population")
    assert repeats.target == 2503
    assert repeats.tolerance == 107
    assert abs(repeats.measured - 2503) <= 107
    assert check("R2", "in 39 weeks").target == 1.195
    assert check("R2", "in 78 weeks").target == 1.858


def test_without_the_data_the_published_expectations_are_checked_all_the_same(monkeypatch):
    def unreachable(*_, **__):
        raise data.NoData("the index cannot be reached")

    monkeypatch.setattr(buying, "cdnow", unreachable)
    found = buying.run(False)
    assert found.seen["missing"] == "the index cannot be reached"
    assert [one for one in found.checks if one.verdict == "missed"] == []
    assert not any("CDNOW" in one.what for one in found.checks)
    picture(buying.REPLICATION, found)


def test_data_that_cannot_be_fetched_are_said_to_be_missing_and_why(monkeypatch, tmp_path):
    refused = subprocess.CompletedProcess([], 1, "", "ERROR: No matching distribution found for lifetimes\n")
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(data.subprocess, "run", lambda *_, **__: refused)
    with pytest.raises(data.NoData, match="lifetimes could not be fetched with pip: ERROR: No matching distribution"):
        data.archive.__wrapped__("lifetimes")


def test_other_customers_are_simulated_as_their_model_expects():
    model = BgNbd(r=1.5, alpha=6.0, a=0.6, b=1.8)
    played = buying.Simulated(model, np.zeros(6000, int), 5).within(39)
    bias = buying.bias_of_days(model, 39)
    assert abs(bias) < 0.01
    assert abs(played.mean() - float(model.expected(39)) - bias) < 3 * played.std() / np.sqrt(played.size)


# ---------------------------------------------------------------------------------------------- R5: switching costs


@pytest.mark.parametrize(
    "case, base, slope", [("half are locked in", 1.3946, 0.3273), ("all may switch", 0.6973, 0.1637)]
)
def test_the_equilibrium_has_the_published_price_and_slope(case, base, slope):
    rule = switching.equilibrium(case)
    assert rule.base == pytest.approx(base, abs=5e-5)
    assert rule.slope == pytest.approx(slope, abs=6e-5)


def expected_profit(case, rule, price, lead, delta, k, rounds=40):
    """Of a firm that asks `price` once and then follows the rule, in expectation; sums by hand, without the engine."""
    share, total = (1 + lead) / 2, 0.0
    for n in range(rounds):
        lead = 2 * share - 1
        own = price if n == 0 else rule.base + rule.slope * lead
        gap = (rule.base - rule.slope * lead - own) / 2
        if case == "half are locked in":
            share = k * share + (1 - k) * (0.5 + gap)
        else:
            share = share * (0.5 + gap + k / 2) + (1 - share) * (0.5 + gap - k / 2)
        total += delta**n * own * share
    return total


@pytest.mark.parametrize("case", switching.TARGETS)
@pytest.mark.parametrize("delta, k", [(0.9, 0.5), (0.8, 0.3), (0.95, 0.6)])
def test_no_single_price_is_better_than_that_of_the_equilibrium_in_expectation(case, delta, k):
    rule = switching.equilibrium(case, delta, k)
    for lead in (-0.5, 0.0, 0.5):
        price = rule.base + rule.slope * lead
        profits = [expected_profit(case, rule, price + step, lead, delta, k) for step in (-0.01, 0.0, 0.01)]
        assert profits[1] > max(profits[0], profits[2])
        peak = 0.01 * (profits[2] - profits[0]) / (2 * (2 * profits[1] - profits[0] - profits[2]))
        assert abs(peak) < 1e-4


def test_the_engine_finds_the_equilibrium_of_other_markets_as_well():
    chosen = switching.market("all may switch", 0.8, 0.3, customers=20_000, rounds=9)
    rule = switching.equilibrium("all may switch", 0.8, 0.3)
    prices = np.array([switching.best_reply(chosen, rule, seed).base for seed in range(1, 7)])
    assert abs(prices.mean() - rule.base) < 0.01 * rule.base + 2 * prices.std(ddof=1) / np.sqrt(6)
    assert rule.base < 1  # switching costs lower the price here


# ------------------------------------------------------------------------------------------ R6: quality and a good name


def test_the_price_that_assures_quality_is_the_published_one():
    assert quality.assuring_price(1.0) == pytest.approx(1.0444, abs=5e-5)
    assert quality.assuring_price(0.5) == pytest.approx(1.0889, abs=5e-5)


@pytest.mark.parametrize("detection, good, poor, delta", [(0.25, 2.0, 1.5, 0.95), (0.8, 1.0, 0.3, 0.8)])
def test_cheating_pays_below_the_price_that_assures_quality_and_not_above(detection, good, poor, delta):
    target = quality.assuring_price(detection, good, poor, delta)
    chosen = quality.market(detection, good, poor, delta, customers=20_000, rounds=round(np.log(1e-5) / np.log(delta)))
    honest, cheating = quality.profits(chosen, np.array([0.99, 1.01]) * target, range(1, 2), "cheats from the start")
    assert cheating[0] > honest[0]
    assert cheating[1] < honest[1]


def test_who_noticed_poor_quality_never_comes_back():
    chosen = quality.market(1.0, customers=500, rounds=10)
    results = simulate(chosen, 1, alternative="cheats later")
    assert results.account("purchases")[:, 0].tolist() == [500] * 6 + [0] * 4


# ---------------------------------------------------------------------------------------------- R8: price competition


def test_equilibrium_prices_are_the_closed_form():
    np.testing.assert_allclose(bertrand.nash([0.5, 0.5], [1, 1], None), 2.5, rtol=1e-9)
    np.testing.assert_allclose(bertrand.nash([0.5, 0.5], [1, 1], 0.0), 1.8083, atol=5e-5)
    np.testing.assert_allclose(bertrand.nash([1, 1, 1], [2, 2, 2], None, 2.0, 0.5), 1 + 1.5, rtol=1e-9)


def test_three_unequal_firms_find_the_equilibrium_of_their_market():
    chosen = bertrand.market("they may also not buy", customers=8000, rounds=800)
    third = {"name": "C", "unit_cost": 2.0, "failure_rate": 0, "strategy": {"kind": "best_response", "test_size": 0.1}}
    firms = [*chosen.to_dict()["firms"], third]
    changes = {"firms": firms, "segments.0.price_sensitivity": 0.5, "market.choice_precision": 1.5}
    changes |= {"market.outside_utility": -0.5}
    found = bertrand.learnt_price(simulate(chosen.with_changes(changes), 1, keep=False))
    exact = bertrand.nash([0.5, 0.5, 2.0], [1, 1, 1], -0.5, 1.5, 0.5)
    np.testing.assert_allclose(found, exact, rtol=0.02)
    assert exact[2] > exact[0] + 0.5


# ------------------------------------------------------------------------------------------------------- strategies


class Books:
    """A view with given books, for strategies that look at little else."""

    def __new__(cls, **known):
        accounts = known.pop("accounts", {})

        def see(what):
            kind, _, name = what.partition(":")
            return np.asarray(accounts.get(name, []), float) if kind == "account" else known[kind]

        return FirmView(see)


def test_linear_markov_asks_more_the_more_of_the_customers_it_served():
    strategy, rivals = LinearMarkov(base=2, slope=0.5), (object(),)
    assert strategy.decide(Books(rivals=rivals)).price == 2
    for sold, price in ((0, 1.5), (50, 2.0), (75, 2.25), (100, 2.5)):
        view = Books(rivals=rivals, customers=100, accounts={"purchases": [50, sold]})
        assert strategy.decide(view).price == pytest.approx(price)
    assert strategy.decide(Books(rivals=(), customers=100, accounts={"purchases": [100]})).price == 2


def test_quality_cutter_cuts_when_the_day_comes():
    strategy = QualityCutter(quality=1.2, cut_to=0.5, cut_round=4)
    assert [strategy.decide(Books(round=r)).quality for r in (1, 3, 4, 9)] == [1.2, 1.2, 0.5, 0.5]


def test_best_response_tests_around_its_price_and_firms_do_not_disturb_each_other():
    from sim.strategies.best_response import _side

    for firms in (1, 2, 3, 5):
        length = 1 << firms.bit_length()
        for cycle in range(5):
            rounds = range(cycle * length + 1, (cycle + 1) * length + 1)
            sides = np.array([[_side(rank, r, length) for r in rounds] for rank in range(1, firms + 1)])
            np.testing.assert_array_equal(sides @ sides.T, length * np.eye(firms))
            assert (sides.sum(axis=1) == 0).all()


def test_a_monopolist_finds_the_price_of_the_highest_profit():
    firm = {"name": "Alone", "unit_cost": 2, "failure_rate": 0, "strategy": {"kind": "best_response", "test_size": 0.1}}
    chosen = parse(
        {
            "market": {"customers": 10_000, "rounds": 400, "heterogeneity": 0, "turbulence": 0, "value_noise": 0},
            "relationship": {"search_effort": 0, "trust_weight": 0, "price_tolerance": 0, "initial_expectation": 6},
            "learning": {"value_learning": 0},
            "network": {"kind": "none"},
            "segments": [{"name": "all", "purchase_rate": 0.5, "price_sensitivity": 1}],
            "firms": [firm],
        }
    )
    exact = bertrand.nash([2], [6], 0.0)
    np.testing.assert_allclose(bertrand.learnt_price(simulate(chosen, 1, keep=False)), exact, rtol=0.015)


def test_best_response_lives_with_having_sold_nothing_and_with_rivals_who_come_and_go():
    firm = {"name": "B", "unit_cost": 4, "strategy": {"kind": "best_response"}}
    rivals = [
        {"name": name, "strategy": {"kind": "everyday_low_price"}, "present_from_start": name == "A"} for name in "AC"
    ]
    market = {"customers": 3, "rounds": 60}
    segment = {"name": "rare", "purchase_rate": 0.02}
    events = [{"kind": "entry", "firm": "C", "round": 13}, {"kind": "exit", "firm": "A", "round": 30}]
    chosen = parse({"market": market, "segments": [segment], "firms": [*rivals, firm], "events": events})
    prices = simulate(chosen, 1).account("price")[:, 2]
    assert (prices > 0).all()
    assert np.isfinite(prices).all()
    assert BestResponse().idea().startswith("Tests small price changes")
