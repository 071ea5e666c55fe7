"""Lifetime value: charged to the cent, against the closed form, and as a distribution."""

import numpy as np
import pytest
from synthetic import logged, make_results

from sim import loads, simulate
from sim.analysis import bgnbd
from sim.analysis.concentration import gini, top_share
from sim.analysis.lifetime import customer_values, distribution, lifetime_value_formula, value_curve
from sim.analysis.metrics import METRICS
from sim.analysis.prospects import (
    cohort_values,
    customer_equity_outlook,
    forecast_values,
    payback,
    value_by_tenure,
)
from sim.results import ResultsError

VALUE = ("lifetime_value", "losing_customers", "top_fifth", "lifetime_gini", "payback")


def shop(advertising=0.0, discount_rate=0.0):
    """Customer 0 buys at A, then at B and pays A a fee of 1.50; customer 1 buys at A in round 2. Price 5.

    A's unit costs are 3 and 2; it spends 0.40 and 0.60 on contacts in rounds 2 and 3, when it knows both.
    """
    a = {"production": [3, 2, 0], "contacting": [0, 0.4, 0.6], "exit_fees": [0, 1.5, 0], "lost": [0, 1, 0],
         "identified": [1, 2, 2], "first_time": [1, 1, 0], "advertising": [advertising, 0, 0]}  # fmt: skip
    accounts = {name: np.stack([values, np.zeros(3)], axis=1) for name, values in a.items()}
    profit = np.array([[2.0 - advertising, 0], [4.1, 5.0], [-0.6, 0]])
    return logged((0, 1, 0), (0, 2, 1), (1, 2, 0), rounds=3, customers=2, profit=profit, accounts=accounts,
                  discount_rate=discount_rate)  # fmt: skip


def test_a_customer_is_charged_with_what_it_paid_and_its_part_of_the_costs():
    found = customer_values(shop())
    # 5 − 3 + 1.50 − 0.20 − 0.30; 5 − 2 − 0.20 − 0.30
    assert found.value == pytest.approx(np.array([[3.0, 2.5], [5.0, np.nan]]), nan_ok=True)
    assert found.acquired.tolist() == [[1, 2], [2, 0]]
    assert found.unassigned == pytest.approx([0, 0])


def test_values_are_discounted_to_the_start_of_the_run_or_to_acquisition():
    results = shop(discount_rate=1.0)  # factors 1/2, 1/4, 1/8
    own = customer_values(results).value[0]
    assert own == pytest.approx([2 / 2 + 1.5 / 4 - 0.2 / 4 - 0.3 / 8, 3 / 4 - 0.2 / 4 - 0.3 / 8])
    assert customer_values(results, from_acquisition=True).value[0] == pytest.approx(own * [1, 2])
    assert METRICS["lifetime_value"].function(results)[0] == pytest.approx((own * [1, 2]).mean())


def test_acquisition_is_paid_back_when_a_mean_customer_has_brought_its_cost():
    # at tenure 0: 2 and 3 − 0.20; at 1: 1.50 − 0.20 and −0.30; at 2 only customer 0 was watched: −0.30
    assert value_by_tenure(shop(), "firm A") == pytest.approx([2.4, 2.9, 2.6])
    for advertising, rounds in ((4.8, 0), (5.6, 1), (8.0, np.nan)):
        results = shop(advertising)
        assert METRICS["acquisition_cost"].function(results)[0] == pytest.approx(advertising / 2)
        assert payback(results)[0] == pytest.approx(rounds, nan_ok=True), advertising


def test_nothing_is_nan_rather_than_zero():
    empty = logged(rounds=2, customers=2)
    for name in VALUE:
        assert np.isnan(METRICS[name].function(empty)).all(), name
    assert np.isnan(METRICS["acquisition_cost"].function(empty)).all()
    assert cohort_values(empty, "firm A") == []
    with pytest.raises(ResultsError, match="customers of firm A cannot be forecast"):
        forecast_values(empty, "firm A")


def test_books_of_some_rounds_only_allow_no_lifetime_values():
    with pytest.raises(ResultsError, match="from the whole run"):
        customer_values(shop().window(2, 3))
    with pytest.raises(ResultsError, match="log=True"):
        customer_values(make_results())


# ------------------------------------------------------------------------------------------------------ closed form


def constant_hazard(customers: int, retention: float, rounds: int, rate: float):
    """Everybody buys every round from the first on and leaves the market with the same chance after each."""
    rng = np.random.default_rng(8)
    last = np.minimum(rng.geometric(1 - retention, customers), rounds + 1)  # purchases until it leaves
    purchases = [(i, t, 0) for i, stays in enumerate(last) for t in range(1, min(stays, rounds) + 1)]
    bought = np.array([(last >= t).sum() for t in range(1, rounds + 1)], float)
    return logged(*purchases, rounds=rounds, customers=customers, firms=1, active=list(last > rounds),
                  accounts={"production": 4 * bought[:, None]}, profit=bought[:, None], discount_rate=rate)  # fmt: skip


@pytest.mark.parametrize("retention, rate", [(0.8, 0.05), (0.6, 0.0), (0.9, 0.12)])
def test_lifetime_value_of_a_constant_hazard_is_margin_times_r_over_one_plus_i_less_r(retention, rate):
    exact = retention / (1 + rate - retention)  # margin 5 − 4 = 1
    assert lifetime_value_formula(1.0, retention, rate) == pytest.approx(exact)
    results = constant_hazard(4000, retention, 80, rate)
    (cohort,) = cohort_values(results, "firm A", width=80)
    noise = 4 * exact / np.sqrt(4000)
    assert cohort.margin == pytest.approx(1)
    assert cohort.retention == pytest.approx(retention, abs=0.01)
    assert cohort.realised == pytest.approx(exact, abs=noise)
    # what a customer has brought with its first purchase, as of the start of that round: 1/(1 + i − r)
    assert METRICS["lifetime_value"].function(results)[0] == pytest.approx(exact / retention, abs=noise / retention)


def test_the_closed_form_has_the_published_elasticity_and_its_limits():
    # Gupta, Lehmann & Stuart 2004: at a rate of 12 %, 1 % more retention of 0.9 is worth 5.09 % more
    one, more = (lifetime_value_formula(1, r, 0.12) for r in (0.9, 0.9 * (1 + 1e-6)))
    assert (more / one - 1) / 1e-6 == pytest.approx(5.091, abs=1e-3)
    assert lifetime_value_formula(3, 0, 0.1) == 0
    assert lifetime_value_formula(3, 1, 0) == float("inf")
    for retention, rate in ((1.1, 0), (-0.1, 0), (0.5, -0.1), (float("nan"), 0)):
        with pytest.raises(ValueError, match="allowed are"):
            lifetime_value_formula(1, retention, rate)


# ------------------------------------------------------------------------------------------------------- distribution


def test_inequality_of_made_up_values():
    assert gini([3, 3, 3]) == pytest.approx(0)
    assert gini([0, 0, 0, 5]) == pytest.approx(0.75)  # (n − 1)/n where one has all
    assert gini([1, 2, 3]) == pytest.approx(2 / 9)
    assert np.isnan([gini([]), gini([0, 0]), gini([-1, 1])]).all()
    assert top_share([1, 1, 1, 1, 6]) == pytest.approx(0.6)
    assert top_share([1, 3]) == pytest.approx(0.4 * 3 / 4)  # a fifth of two customers is 0.4 of the better one
    assert np.isnan(top_share([]))


def test_a_distribution_says_how_many_lose_and_who_brings_it_all():
    found = distribution(np.array([10, 2, 0, -1, -1, np.nan]))
    assert (found.n, found.mean, found.negative, found.total) == (5, 2, 0.4, 10)
    assert found.top_fifth == pytest.approx(1)
    assert found.gini == pytest.approx((4 * 10 + 2 * 2 + 0 + 2 + 4) / (5 * 10))  # weights −4, −2, 0, 2, 4
    assert found.quantiles[0.5] == 0
    share, value = value_curve(np.array([-1, 10, np.nan, 2, 0, -1]))
    assert share == pytest.approx(np.arange(6) / 5)
    assert value == pytest.approx([0, 1, 1.2, 1.2, 1.1, 1])  # the whale curve
    assert np.isnan(distribution(np.full(3, np.nan)).mean)
    assert np.isnan(value_curve(np.array([-1.0]))[1]).all()


# ------------------------------------------------------------------------------------------------------------- a run

MARKET = """
[market]
customers = 300
rounds = 30
discount_rate = 0.01
[relationship]
search_effort = 1
[[segments]]
name = "all"
purchase_rate = 0.7
[[firms]]
name = "A"
strategy = {kind = "learning_relationship", price = 7}
[[firms]]
name = "B"
strategy = {kind = "lock_in", price = 5, exit_fee = 2}
[[firms]]
name = "C"
strategy = {kind = "crm_blaster", price = 5.5}
"""


@pytest.fixture(scope="module")
def played():
    return simulate(loads(MARKET), log=True)


def test_customers_are_charged_with_everything_that_customers_caused(played):
    found = customer_values(played)
    whole = METRICS["customer_equity"].of(played)
    assert played.account("exit_fees").sum() > 0
    assert played.account("contacting").sum() > 0
    rest = (played.account("opt_out_fees") * 1.01 ** -np.arange(1.0, 31)[:, None]).sum(axis=0)
    assert found.unassigned == pytest.approx(rest, abs=1e-9 * abs(whole).max())
    fresh = simulate(loads(MARKET).with_changes({"market.turnover": 0.05}), log=True)
    replaced = customer_values(fresh)
    assert (replaced.unassigned != 0).all()  # what those brought who were replaced
    total = np.nansum(replaced.value, axis=1) + replaced.unassigned
    assert total == pytest.approx(METRICS["customer_equity"].of(fresh))


def test_values_are_the_margins_that_the_engine_booked_dyad_by_dyad():
    # without failures, whose repair the log does not show, B has nothing to share out: it tailors and contacts nobody
    changes = {"market.discount_rate": 0, "firms.B.failure_rate": 0}
    results = simulate(loads(MARKET).with_changes(changes), log=True)
    found = customer_values(results)
    bought = results.dyads["purchases"] > 0
    assert (~np.isnan(found.value) == bought).all()
    assert found.acquired.tolist() == results.dyads["first_round"].tolist()
    assert results.account("exit_fees")[:, 1].sum() > 0
    assert found.value[1][bought[1]] == pytest.approx(results.dyads["margin"][1][bought[1]], rel=1e-5)


def test_a_forecast_is_that_of_the_model_times_the_customers_margin(played):
    found = forecast_values(played, "C", horizon=10)
    known = played.log["firm"] == 2
    assert found.customer.tolist() == np.unique(played.log["customer"][known]).tolist()
    seen = bgnbd.histories(played.log["customer"][known], played.log["round"][known], end=30)
    assert found.purchases == pytest.approx(found.fit.forecast(seen, 10))
    spent = sum(played.account(name)[-12:, 2].sum() for name in ("contacting", "listening", "identification"))
    unit = played.account("production") + played.account("personalisation") + played.account("compensation")
    one = found.customer[0]
    rows = np.flatnonzero(known & (played.log["customer"] == one))
    now = played.log["round"][rows].astype(int) - 1
    margin = (played.log["price"][rows] - unit[now, 2] / played.account("purchases")[now, 2]).mean()
    margin -= spent / played.account("purchases")[-12:, 2].sum()
    ratio = found.value[0] / (margin * found.purchases[0])
    assert 1.01**-10 < ratio < 1.01**-1  # discounted, by one to ten rounds
    equity = customer_equity_outlook(played, "C", horizon=10)
    assert equity.outlook == pytest.approx(found.value.sum() / 1.01**30)
    assert equity.acquired == np.unique(played.log["customer"][known]).size
    with pytest.raises(ResultsError, match="horizon = 0"):
        forecast_values(played, "C", horizon=0)
