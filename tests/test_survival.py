"""Survival, cohorts and the verdict on loyalty, against published tables and numbers worked by hand."""

import dataclasses

import numpy as np
import pytest
from synthetic import logged, make_results

from sim import loads, simulate
from sim.analysis import heterogeneity, survival
from sim.analysis.heterogeneity import Sbg, fit_sbg, loyalty_verdict, verdict_of
from sim.analysis.loyalty import switching_matrix
from sim.analysis.metrics import METRICS
from sim.analysis.purchases import history
from sim.analysis.survival import Spells, kaplan_meier, spells
from sim.results import ResultsError

# ---------------------------------------------------------------------------------------------------- Kaplan & Meier

# Remission of 21 children under 6-MP, weeks (Freireich et al. 1963). Survival, Greenwood's error and log-log limits at
# the weeks of relapse as in Klein & Moeschberger 2003, table 4.1 and section 4.3, and as survival programs print them.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSE = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PUBLISHED = {
    6: (21, 3, 0.8571, 0.0764, 0.6197, 0.9516), 7: (17, 1, 0.8067, 0.0869, 0.5631, 0.9228),
    10: (15, 1, 0.7529, 0.0963, 0.5032, 0.8894), 13: (12, 1, 0.6902, 0.1068, 0.4316, 0.8491),
    16: (11, 1, 0.6275, 0.1141, 0.3675, 0.8049), 22: (7, 1, 0.5378, 0.1282, 0.2678, 0.7468),
    23: (6, 1, 0.4482, 0.1346, 0.1881, 0.6801),
}  # fmt: skip


def test_survival_of_a_textbook_sample_is_the_published_one():
    curve = kaplan_meier(WEEKS, RELAPSE)
    for week, expected in PUBLISHED.items():
        k = curve.time.tolist().index(week)
        assert [values[k] for values in curve[1:]] == pytest.approx(expected, abs=6e-5), week
    assert curve.median == 23


def test_greenwoods_error_without_censoring_is_that_of_a_share():
    curve = kaplan_meier([1, 1, 2, 3, 4], [True] * 5, form="plain")
    assert curve.survival == pytest.approx([0.6, 0.4, 0.2, 0])
    assert curve.error[:3] == pytest.approx(np.sqrt([0.6 * 0.4 / 5, 0.4 * 0.6 / 5, 0.2 * 0.8 / 5]))
    assert curve.high[0] - curve.survival[0] == pytest.approx(1.959964 * curve.error[0], rel=1e-6)


def test_survival_is_known_only_as_long_as_somebody_was_watched():
    curve = kaplan_meier([2, 3], [True, False])
    assert curve.at([0, 1, 2, 3]).tolist() == [1, 1, 0.5, 0.5]
    assert np.isnan(curve.at(4))
    assert kaplan_meier([2, 3], [True, True]).at(4) == 0  # all are lost, and stay so
    assert np.isnan(kaplan_meier([2], [False]).low).all()  # nobody lost: no interval
    nobody = kaplan_meier([], [])
    assert nobody.time.size == 0
    assert np.isnan(nobody.at(1))
    assert np.isnan(nobody.median)


@pytest.mark.parametrize("durations, ended", [([1, np.nan], [1, 1]), ([-1], [1]), ([1, 2], [1])])
def test_durations_that_are_none_are_refused(durations, ended):
    with pytest.raises(ResultsError, match="durations must be"):
        kaplan_meier(durations, ended)


# ------------------------------------------------------------------------------------------------------------- spells


def test_a_customer_is_lost_when_it_first_buys_elsewhere():
    # 0: at A in 1 and 3, at B in 4, back at A in 5; 1: first at B, then at A from 2 on; 2: never at A
    results = logged((0, 1, 0), (0, 3, 0), (0, 4, 1), (0, 5, 0), (1, 1, 1), (1, 2, 0), (2, 2, 1), rounds=6, customers=3)
    found = spells(results, "firm A")
    assert [values.tolist() for values in found] == [[3, 4], [True, False], [1, 2], [0, 1]]
    assert spells(results, "firm A", clock="purchases").duration.tolist() == [2, 0]
    assert spells(results, "firm B").duration.tolist() == [1, 1, 4]


def test_who_leaves_the_market_is_lost_the_step_after_its_last_purchase_or_censored():
    results = logged((0, 1, 0), (0, 3, 0), rounds=9, customers=1, active=[False])
    assert [values.tolist() for values in spells(results, "firm A")[:2]] == [[3], [True]]
    assert [values.tolist() for values in spells(results, "firm A", leaving=False)[:2]] == [[2], [False]]
    assert [values.tolist() for values in spells(results, "firm A", "purchases")[:2]] == [[1], [False]]
    at_the_end = logged((0, 1, 0), (0, 3, 0), rounds=3, customers=1, active=[False])  # nobody watches round 4
    assert [values.tolist() for values in spells(at_the_end, "firm A")[:2]] == [[2], [False]]


def test_purchases_of_a_predecessor_belong_to_nobody():
    results = logged((0, 1, 0), (0, 2, 0), (0, 5, 1), (0, 6, 1), rounds=6, customers=1, born=[4])
    assert spells(results, "firm A").duration.size == 0
    assert history(results).previous.tolist() == [-1, 1]


def test_without_a_log_or_without_knowing_who_left_there_are_no_spells():
    with pytest.raises(ResultsError, match="log=True"):
        spells(make_results(), "firm A")
    log = {name: np.zeros(0, int) for name in ("customer", "round", "firm", "price", "surcharge", "value")}
    with pytest.raises(ResultsError, match="keep=True"):
        spells(make_results(log=log, market={"departures": 1.0}), "firm A")
    nobody = make_results(log=log)
    assert survival.survival_curve(nobody, "firm A").time.size == 0
    assert np.isnan(METRICS["survival_year"].function(nobody)).all()
    assert survival.retention_table(nobody, "firm A").shape == (0, 1)
    with pytest.raises(ResultsError, match="there is no firm 'C'"):
        spells(nobody, "C")
    with pytest.raises(ResultsError, match='allowed are "rounds" and "purchases"'):
        spells(nobody, "firm A", clock="days")


@pytest.mark.parametrize("purchase, what", [((0, 1, 2), "firm"), ((3, 1, 0), "customer"), ((0, 0, 0), "round")])
def test_a_log_of_another_market_is_refused(purchase, what):
    sound = logged((0, 1, 0), rounds=2, customers=2)
    foreign = {name: np.array([number]) for name, number in zip(("customer", "round", "firm"), purchase, strict=True)}
    with pytest.raises(ResultsError, match=f"has a {what} that there is not"):
        history(dataclasses.replace(sound, log=sound.log | foreign))
    with pytest.raises(ResultsError, match="no column 'firm'"):
        history(dataclasses.replace(sound, log={"customer": np.zeros(1, int), "round": np.ones(1, int)}))


def test_cohorts_are_those_of_the_first_purchase():
    # acquired in 1 and 2 and in 3; the first is lost after 1, the third after 2, the second is watched for 4 rounds
    results = logged((0, 1, 0), (0, 2, 1), (1, 2, 0), (2, 3, 0), (2, 5, 1), rounds=6, customers=3)
    first, second = survival.cohorts(results, "firm A", width=2)
    assert (first.first, first.last, first.customers) == (1, 2, 2)
    assert (second.first, second.last, second.customers) == (3, 4, 1)
    expected = [[1, 0.5, 0.5, 0.5, 0.5], [1, 1, 0, 0, 0]]
    assert survival.retention_table(results, "firm A", width=2).tolist() == expected
    with pytest.raises(ResultsError, match="width = 0"):
        survival.cohorts(results, "firm A", width=0)


def test_retention_by_tenure_is_what_is_left_of_those_at_risk_with_wilsons_interval():
    found = survival.retention_by_tenure(Spells(np.array([1, 1, 2, 2]), np.array([1, 0, 1, 0], bool), *np.ones((2, 4))))
    assert found.retention.tolist() == [0.75, 0.5]
    assert (found.low[0], found.high[0]) == pytest.approx((0.3006, 0.9544), abs=1e-4)  # Wilson's limits of 3 of 4


MARKET = """
[market]
customers = 800
rounds = 24
[[segments]]
name = "all"
purchase_rate = 0.6
attrition = 0.02
[[firms]]
name = "A"
strategy = {kind = "everyday_low_price", price = 5}
[[firms]]
name = "B"
strategy = {kind = "everyday_low_price", price = 5.5}
"""


@pytest.fixture(scope="module")
def played():
    return simulate(loads(MARKET), log=True)


def test_switching_and_survival_of_a_run_agree_with_its_books(played):
    matrix = switching_matrix(played)
    assert np.diag(matrix.probability) == pytest.approx(METRICS["retention"].of(played))
    assert (matrix.counts.sum(axis=1) - np.diag(matrix.counts)).tolist() == played.account("lost").sum(axis=0).tolist()
    assert sum(spells(played, firm).customer.size for firm in "AB") == played.account("first_time").sum()
    known = history(played)
    assert (~known.active).sum() == played.series("departures").sum()


# ---------------------------------------------------------------------------------------- heterogeneity or loyalty


def durations(left: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Durations of customers of whom so many are left after 0, 1, 2, … periods."""
    lost = np.repeat(np.arange(1, len(left)), -np.diff(left))
    return np.concatenate([lost, np.full(left[-1], len(left) - 1)]), np.arange(left[0]) < lost.size


def test_the_shifted_beta_geometric_has_the_published_estimates():
    # Fader & Hardie 2007, of 1,000 customers over seven years: segments "High End" and "Regular"
    high = fit_sbg(*durations([1000, 869, 743, 653, 593, 551, 517, 491]))
    assert (high.alpha, high.beta) == pytest.approx((0.668, 3.806), abs=6e-4)
    assert high.log_likelihood == pytest.approx(-1611.2, abs=0.05)
    regular = fit_sbg(*durations([1000, 631, 468, 382, 326, 289, 262, 241]))
    assert (regular.alpha, regular.beta) == pytest.approx((0.704, 1.182), abs=6e-4)
    assert Sbg(0.668, 3.806).survival([1, 12]) == pytest.approx([0.851, 0.378], abs=6e-4)
    assert Sbg(0.668, 3.806).retention([1, 12]) == pytest.approx([0.851, 0.957], abs=6e-4)


def drawn(chance: np.ndarray, c: float = 1.0, until: int = 12, seed: int = 1) -> Spells:
    """Customers with their own chance to be lost at the first step; S(t) = (1 − chance)^(t^c)."""
    luck = np.log(np.random.default_rng(seed).random(chance.size))
    step = np.maximum(1, np.ceil((luck / np.log1p(-chance)) ** (1 / c)))
    return Spells(np.minimum(step, until), step <= until, np.ones(chance.size), np.arange(chance.size))


BETA = np.random.default_rng(5).beta(0.668, 3.806, 4000)


@pytest.mark.parametrize(
    "chance, c, verdict",
    [
        (BETA, 1.0, "heterogeneity"),  # retention rises from 0.85 to 0.96 and nobody becomes more loyal
        (np.full(4000, 0.2), 1.0, "flat"),
        (BETA, 0.5, "loyalty"),
        (np.full(4000, 0.3), 0.6, "loyalty"),  # all alike, so that only loyalty can explain the rise
        (np.full(4000, 0.05), 1.5, "decline"),
    ],
)
def test_rising_retention_is_put_down_to_what_made_it_rise(chance, c, verdict):
    found = verdict_of(drawn(chance, c))
    assert found.verdict == verdict
    assert found.sentence == heterogeneity.SAID[verdict]
    assert np.isnan(found.growth.mean)
    if verdict in ("loyalty", "decline"):
        assert found.c == pytest.approx(c, rel=0.25)


def test_a_rise_that_customers_of_two_extremes_make_is_not_called_a_decline():
    # half are nearly always lost and half nearly never: more different than a beta distribution, with c at 1 and above
    chance = np.repeat([0.9, 0.6, 0.002], [1000, 1000, 2000])
    found = verdict_of(drawn(chance))
    assert found.p_beyond < heterogeneity.LEVEL
    assert found.c > 1
    assert found.verdict == "heterogeneity"


def test_what_the_same_customers_do_is_said_beside_what_the_model_explains():
    # 40 customers take turns at first and are faithful later on
    log = [(i, t, firm) for i in range(40) for t, firm in enumerate((0, 1, 0, 1, 0, 0, 0, 0), start=1)]
    found = loyalty_verdict(logged(*log, rounds=8, customers=40), "firm A")
    assert found.verdict == "unknown"  # all are lost at the first step
    found = verdict_of(drawn(BETA), heterogeneity.growth_of_loyalty(logged(*log, rounds=8, customers=40)))
    assert found.verdict == "heterogeneity"
    assert found.sentence.startswith(heterogeneity.SAID["heterogeneity"])
    assert "the same customers stay with their supplier more often late" in found.sentence


def test_loyalty_is_claimed_falsely_about_as_rarely_as_the_level_says():
    chances = np.random.default_rng(11).beta(0.668, 3.806, (24, 600))
    claimed = [verdict_of(drawn(chance, seed=k)).verdict in ("loyalty", "decline") for k, chance in enumerate(chances)]
    assert sum(claimed) <= 2  # of 24 at 1 %: more than two happen once in 600 times if the level is right


def test_few_losses_allow_no_verdict():
    assert verdict_of(drawn(np.full(40, 0.02))).verdict == "unknown"
    assert verdict_of(drawn(np.full(400, 0.5), until=2)).verdict == "unknown"  # two tenures, three parameters
    with pytest.raises(ResultsError, match="nobody was lost"):
        fit_sbg([3, 3], [False, False])
    with pytest.raises(ResultsError, match="whole steps"):
        fit_sbg([1.5], [True])


def test_growth_of_loyalty_compares_the_same_customers_early_and_late():
    # each customer changes at every purchase first and never later: 0 of 3, then 3 of 3
    log = [(i, t, firm) for i in range(2) for t, firm in enumerate((0, 1, 0, 1, 1, 1, 1), start=1)]
    found = heterogeneity.growth_of_loyalty(logged(*log, rounds=7, customers=2))
    assert (found.mean, found.n) == (1, 2)
    assert np.isnan(heterogeneity.growth_of_loyalty(logged(rounds=7, customers=2)).mean)


def test_growth_of_loyalty_is_not_reported_where_a_market_only_loses_the_disloyal():
    # one firm, everybody buys every round and leaves with a chance of its own: Fader & Hardie's case in the simulator
    market = loads("""
[market]
customers = 3000
rounds = 12
outside_option = false
[[segments]]
name = "all"
purchase_rate = 1
attrition = {dist = "beta", a = 0.668, b = 3.806}
[[firms]]
name = "A"
strategy = {kind = "everyday_low_price", price = 5}
""")
    results = simulate(market, log=True)
    curve = survival.survival_curve(results, "A")
    assert curve.survival[[0, 10]] == pytest.approx([0.851, 0.395], abs=0.03)
    assert (curve.low < Sbg(0.668, 3.806).survival(curve.time)).all()
    assert (curve.high > Sbg(0.668, 3.806).survival(curve.time)).all()
    assert loyalty_verdict(results, "A", "rounds").verdict == "heterogeneity"
    assert loyalty_verdict(results, "A").verdict == "unknown"  # in purchases nobody is lost: there is nowhere to go
