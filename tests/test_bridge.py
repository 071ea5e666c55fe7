"""The bridge of profit: parts worked by hand, and that nothing is ever left over."""

from types import SimpleNamespace

import numpy as np
import pytest
from synthetic import make_results

from sim import compare, loads, simulate
from sim.analysis.accounts import discounted_profit
from sim.analysis.bridge import APART, PARTS, PER_PURCHASE, comparison_bridge, profit_bridge
from sim.results import ResultsError


def booked(**accounts):
    """Accounts of one round whose profit is what they add up to; per firm."""
    given = {name: np.array(values, float) for name, values in accounts.items()}
    signs = PER_PURCHASE | APART
    profit = sum(signs[name] * values for name, values in given.items() if name in signs)
    return make_results(np.atleast_2d(profit), accounts=given)


def test_price_and_volume_are_split_at_the_midpoint():
    # A sells 10 at 5, unit cost 3, and advertises for 4; B sells 20 at 4, unit cost 2
    results = booked(purchases=[10, 20], sales=[50, 80], production=[30, 40], advertising=[4, 0])
    found = profit_bridge(results, "firm A", "firm B")
    parts = {name: float(values[0]) for name, values in found.parts.items() if values.any()}
    # volume: 10 more at the mean margin 4.5 − 2.5; price: −1 on the mean 15; unit cost: 1 less on 15
    assert parts == pytest.approx({"volume": 20, "price": -15, "production": 15, "advertising": 4})
    assert (found.before, found.after) == (16, 40)
    assert found.residual == pytest.approx(0)
    assert [step.name for step in found.steps()] == ["volume", "price", "production", "advertising"]
    assert [step.name for step in found.steps(everything=True)] == list(PARTS)
    assert np.isnan(found.steps()[0].value.low)  # one run


def test_the_way_back_is_the_same_with_the_signs_turned():
    results = booked(purchases=[10, 20], sales=[50, 80], compensation=[3, 8], surcharges=[0, 7], contacting=[2, 5])
    there, back = profit_bridge(results, "firm A", "firm B"), profit_bridge(results, "firm B", "firm A")
    for name in PARTS:
        assert there.parts[name] == pytest.approx(-back.parts[name]), name


def test_a_firm_that_sold_nothing_differs_by_volume():
    found = profit_bridge(booked(purchases=[0, 8], sales=[0, 40], production=[0, 24]), "firm A", "firm B")
    assert found.parts["volume"] == pytest.approx(16)
    assert not found.parts["price"].any()
    nobody = profit_bridge(booked(purchases=[0, 0], content=[1, 3]), "firm A", "firm B")
    assert [(step.name, step.value.mean) for step in nobody.steps()] == [("content", -2)]


def test_another_discount_rate_has_a_part_of_its_own():
    one, two = (make_results([[10.0]], accounts={"sales": 10.0, "purchases": 1.0}, discount_rate=i) for i in (0, 0.25))
    found = profit_bridge(one, "firm A", "firm A", two)
    assert (found.before, found.after) == (10, 8)
    assert {name: values[0] for name, values in found.parts.items() if values.any()} == {
        "discounting": pytest.approx(-2)
    }
    plain = profit_bridge(one, "firm A", "firm A", two, discount=False)
    assert plain.difference == 0
    assert plain.steps() == []


def test_accounts_that_do_not_make_up_the_profit_cannot_be_bridged():
    with pytest.raises(ResultsError, match="do not add up to its profit"):
        profit_bridge(make_results([[1.0, 2.0]]), "firm A", "firm B")
    with pytest.raises(ResultsError, match="there is no firm 'C'"):
        profit_bridge(make_results([[0.0, 0.0]]), "firm A", "C")
    with pytest.raises(ResultsError, match="runs of 1 and 2 rounds"):
        profit_bridge(make_results([[0.0]]), "firm A", "firm A", make_results([[0.0], [0.0]]))


MARKET = """
[market]
customers = 150
rounds = 14
[relationship]
search_effort = 1
[[segments]]
name = "all"
[[firms]]
name = "A"
strategy = {kind = "learning_relationship", price = 6}
[[firms]]
name = "B"
strategy = {kind = "fee_extractor", price = 4, surcharge = 2, transparency = 0.5}
[[alternatives]]
name = "low price"
set = {"firms.A.strategy" = {kind = "everyday_low_price", price = 5}}
[[alternatives]]
name = "lock-in"
set = {"firms.A.strategy" = {kind = "lock_in", price = 5, exit_fee = 2}}
"""


def test_nothing_is_left_over_between_any_firms_of_a_run():
    results = simulate(loads(MARKET.partition("[[alternatives]]")[0]))
    found = profit_bridge(results, "A", "B")
    scale = max(abs(values).max() for values in found.parts.values())
    assert abs(found.residual[0]) < 1e-10 * scale
    assert found.parts["surcharges"] > 0
    one, other = discounted_profit(results)
    assert found.difference == pytest.approx(other - one)


def test_a_comparison_is_bridged_seed_by_seed_with_intervals():
    comparison = compare(loads(MARKET), 3, workers=1)
    found = comparison_bridge(comparison, "lock-in")
    assert (found.start, found.end) == ("low price", "lock-in")
    expected = comparison.sample("discounted_profit", "lock-in") - comparison.sample("discounted_profit", "low price")
    assert found.difference == pytest.approx(expected)
    assert sum(found.parts.values()) == pytest.approx(expected)
    steps = {step.name: step.value for step in found.steps()}
    assert steps["exit_fees"].n == 3
    assert steps["exit_fees"].low < steps["exit_fees"].mean
    with pytest.raises(ResultsError, match="'price war' was not compared"):
        comparison_bridge(comparison, "price war")
    bare = SimpleNamespace(baseline="low price", rates=[0, 0], accounts={"profit": np.zeros((2, 1, 1))},
                           index=["low price", "lock-in"].index)  # fmt: skip
    with pytest.raises(ResultsError, match="holds no account 'purchases'"):
        comparison_bridge(bare, "lock-in")
