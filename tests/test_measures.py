"""Measures of dyads, customers and welfare against numbers worked by hand, and against the engine."""

import inspect
import math
from contextlib import nullcontext, suppress

import networkx as nx
import numpy as np
import pytest
from synthetic import make_results

from sim import compare, loads, simulate
from sim.analysis import elasticity, phases, switching, welfare, wellbeing
from sim.analysis.choice import choice, probabilities
from sim.analysis.glossary import TABLES
from sim.analysis.metrics import METRICS
from sim.results import Results, ResultsError

LEVERS = {"transparency": 0.0, "outcome_share": 0.0, "exit_fee": 0.0, "assortment": 1.0}


def two_shops(customers=None, levers=None, relationship=None, market=None, rounds=1, log=None, books=None, **dyads):
    """Results of two firms A and B and one customer of A unless said otherwise; α = 1, ρ = 0, price 5, effort 2.

    `dyads` are given per firm: [A, B] for the only customer, or a row of customers for each.
    """
    who = {"price_sensitivity": [1.0], "relational_orientation": [0.0], "contact_tolerance": [1.0], "inertia": [0.0],
           "purchase_rate": [0.5], "stress": [0.0], "supplier": [0], "active": [True], "born": [1],
           "segment": [0]} | (customers or {})  # fmt: skip
    size = max(len(values) for values in who.values())
    who = {name: np.resize(values, size) for name, values in who.items()}
    usual = {"expectation": 8.0, "expected_surcharge": 0.0, "trust": 0.0, "context": 0.0, "fatigue": 0.0,
             "quoted_price": 5.0, "quoted_surcharge": 0.0, "contacts": 0.0, "aware": True, "first_round": 0,
             "last_round": 0, "purchases": 0, "belief_distance": 0.0, "offer_distance": 0.0}  # fmt: skip
    both = {}
    for name, value in (usual | dyads).items():
        value = np.array(value)
        value = value[:, None] if value.ndim == 1 else value
        both[name] = np.array(np.broadcast_to(value, (2, size)))
    series = {name: np.array(np.broadcast_to(value, (rounds, 2)), float) for name, value in
              (LEVERS | (levers or {})).items()}  # fmt: skip
    accounts, totals = books or ({}, {})
    results = make_results(
        np.zeros((rounds, 2)), accounts={"present": 1.0} | accounts, market=totals, levers=series, dyads=both,
        customers=who, log=log,
    )  # fmt: skip
    results.scenario["relationship"] = {"search_effort": 2.0, "choice_effort": 0.0, "price_tolerance": 0.4,
        "trust_weight": 1.5, "fatigue_weight": 1.0, "salience": 0.0} | (relationship or {})  # fmt: skip
    results.scenario["market"] |= {"choice": "logit", "choice_precision": 1.0, "outside_option": True,
                                   "outside_utility": 0.0} | (market or {})  # fmt: skip
    return results


# ------------------------------------------------------------------------------------------------------ the choice


def test_utility_and_probability_of_the_next_choice():
    # A: v̂ 9 − price 5 − effort 2·(1 − 0.5) = 3; B: 8 − 4 − 2 = 2; nothing: 0
    results = two_shops(expectation=[9.0, 8.0], context=[0.5, 0.0], quoted_price=[5.0, 4.0])
    terms = choice(results)
    assert terms.utility()[:, 0] == pytest.approx([3, 2])
    weights = np.exp([3.0, 2.0, 0.0])
    assert probabilities(results, terms)[:, 0] == pytest.approx(weights[:2] / weights.sum())


def test_what_is_no_option_has_no_utility():
    assert choice(two_shops(aware=[True, False])).utility()[1, 0] == -math.inf
    assert choice(two_shops(customers={"active": [False]})).utility().max() == -math.inf
    certain = two_shops(market={"choice": "best"})
    assert np.isnan(probabilities(certain, choice(certain))).all()


def test_trust_of_all_counts_who_left_the_firm_but_neither_strangers_nor_who_left_the_market():
    # A: the first bought (0.4) and went to B, the second never bought, the third left the market, the fourth has 0.8
    results = two_shops(
        customers={"supplier": [1, 1, 0, 0], "active": [True, True, False, True]},
        purchases=[[1, 0, 2, 5], [1, 3, 0, 0]],
        trust=[[0.4, 0.9, 0.1, 0.8], [0.5, 0.7, 0.0, 0.0]],
    )
    assert METRICS["trust_of_all"].of(results) == pytest.approx([(0.4 + 0.8) / 2, (0.5 + 0.7) / 2])
    assert np.isnan(METRICS["trust_of_all"].of(two_shops(purchases=[0, 0]))).all()


MARKET = """
[market]
customers = 300
rounds = 12
turbulence = 0
[learning]
forgetting = 0.05
[[segments]]
name = "all"
purchase_rate = 1
talkativeness = 0
inertia = 0.3
[[firms]]
name = "A"
strategy = {kind = "learning_relationship", price = 6}
[[firms]]
name = "B"
strategy = {kind = "fee_extractor", price = 4, surcharge = 2, transparency = 0.5}
[[firms]]
name = "C"
taste = {dist = "normal", mean = 0, sd = 1}
strategy = {kind = "lock_in", price = 5, exit_fee = 2}
"""


@pytest.fixture(scope="module")
def played() -> tuple[Results, Results]:
    """A run of 11 rounds, and the same run one round longer: the utilities of the first are those of round 12."""
    scenario = loads(MARKET + "[mechanisms]\ncontacts = false\n")
    return simulate(scenario, rounds=11), simulate(scenario, rounds=12)


def test_switching_costs_recomputed_are_those_of_the_engine(played):
    before, after = played
    cost = switching.switching_costs(before).total
    assert switching.lock_in_by_fee(before)[2] > 1
    assert switching.hostage_share(before)[2] > 0
    assert (~np.isnan(cost)).sum() == after.series("switchable")[-1]
    assert np.nansum(cost) == pytest.approx(after.series("switching_cost")[-1], rel=1e-5)


def test_probabilities_recomputed_are_borne_out_by_the_engine(played):
    before, after = played
    expected = probabilities(before, choice(before)).sum(axis=1)
    spread = np.sqrt(expected)  # at most, of a sum of independent choices
    assert (abs(after.account("purchases")[-1] - expected) < 4 * spread).all()


# -------------------------------------------------------------------------------------------------- switching costs


def test_the_parts_of_a_switching_cost_add_up_in_euro():
    # ρ = 1, α = 2, τ = (0.5, 0): euro weights 2·(1 − 0.4·0.5) = 1.6 and 2
    results = two_shops(
        customers={"price_sensitivity": [2.0], "relational_orientation": [1.0], "inertia": [0.4]},
        levers={"exit_fee": [1.0, 9.0]}, trust=[0.5, 0.0], context=[0.5, 0.0], expectation=[9.0, 8.0],
        expected_surcharge=[0.5, 1.0], quoted_price=[5.0, 3.0],
    )  # fmt: skip
    cost = switching.switching_costs(results)
    euro = {"context": 1.0, "expectation": 1.0 + 2 * 0.5, "trust": 0.75 + 0.4 * 5.5, "fee": 2.0, "habit": 0.4}
    for name, utils in (euro | {"contacts": 0.0, "taste": 0.0}).items():
        assert cost.parts[name][0] == pytest.approx(utils / 1.6), name
    # all at once: A: 9 − 1.6·5.5 − 1 + 0.75 = −0.05; B at A's price: 8 − 2·6 − 2 − 0.4 − 2·1 = −8.4
    assert cost.total[0] == pytest.approx((-0.05 + 8.4) / 1.6)
    assert switching.lock_in(results) == pytest.approx([8.35 / 1.6, math.nan], nan_ok=True)
    assert switching.lock_in_by_fee(results)[0] == pytest.approx(2 / 1.6)


def test_without_an_alternative_there_is_no_switching_cost():
    assert np.isnan(switching.switching_costs(two_shops(aware=[True, False])).total).all()
    assert np.isnan(switching.lock_in(two_shops(customers={"supplier": [-1]}))).all()


def test_a_hostage_would_leave_but_for_the_fee():
    # utility of A is 8 − 5 − 2 = 1; B offers 1.5, 3.5, 0.5 more or less; the fee is 2
    results = two_shops(customers={"supplier": [0, 0, 0]}, levers={"exit_fee": [2.0, 0.0]},
                        quoted_price=[[5.0, 5, 5], [4.5, 2.5, 5.5]])  # fmt: skip
    assert switching.hostages(choice(results)).tolist() == [True, False, False]  # the second leaves and pays
    assert switching.hostage_share(results)[0] == pytest.approx(1 / 3)
    free = two_shops(quoted_price=[5.0, 4.5])
    assert switching.hostage_share(free)[0] == 0.0


def test_tolerance_is_the_discount_at_which_the_rival_is_as_good():
    # A 1, B 8 − 5.5 − 2 − habit 0.5 = 0: one euro off and they are even
    results = two_shops(customers={"inertia": [0.5]}, quoted_price=[5.0, 5.5])
    assert switching.discount_tolerance(results)[0] == pytest.approx(1.0)


# --------------------------------------------------------------------------------------------------------- wellbeing


def test_stress_and_overload_are_means_over_customers_and_the_last_year():
    last = {"stress": [9.0] + [1.0] * 12, "overload": [9.0] + [0.5] * 12, "active": 4.0}
    results = two_shops(rounds=13, books=({}, last))
    assert wellbeing.stress(results) == 0.25
    assert wellbeing.overload(results) == 0.125


def test_well_being_is_surplus_less_annoyance_less_bondage():
    # surplus 3 a round; annoyance w_f·f·o = 2·(4 − 1)/4 = 1.5 utils towards A, which lower its utility to −0.5;
    # the fee of 2 holds against B at 1: bondage 0.5·1.5 = 0.75 utils; α = 1
    results = two_shops(
        customers={"stress": [4.0]}, fatigue=[2.0, 0.0], levers={"exit_fee": [2.0, 0.0]},
        books=({}, {"surplus": 3.0, "active": 1.0}),
    )  # fmt: skip
    assert choice(results).free[:, 0] == pytest.approx([-0.5, 1])
    assert wellbeing.well_being(results) == pytest.approx(3 - 1.5 - 0.75)


def test_the_disconnect_is_that_of_own_customers():
    results = two_shops(customers={"supplier": [0, 0, 1]}, belief_distance=[[0.2, 0.4, 9], [9, 9, 1]],
                        offer_distance=[[1.0, 2.0, 9], [9, 9, 3]])  # fmt: skip
    assert wellbeing.belief_gap(results) == pytest.approx([0.3, 1])
    assert wellbeing.offer_gap(results) == pytest.approx([1.5, 3])


def test_distances_are_kept_with_the_dyads():
    # nobody is known to a firm without memory: it offers its position 0 to all, and believes the same
    scenario = loads(MARKET + "[mechanisms]\nbeliefs = false\n").with_changes({"market.heterogeneity": 2})
    kept = simulate(scenario, rounds=3).dyads
    assert kept["offer_distance"] == pytest.approx(kept["belief_distance"])
    assert np.sqrt((kept["offer_distance"] ** 2).mean()) == pytest.approx(2, rel=0.1)  # σ_n


# -------------------------------------------------------------------------------------------------------- elasticity


def test_elasticity_of_a_logit_choice():
    results = two_shops(market={"choice_precision": 0.5}, customers={"relational_orientation": [1.0]},
                        trust=[0.5, 0.0], relationship={"trust_weight": 0.0})  # fmt: skip
    # A: 8 − 0.8·5 − 2 = 2; B: 1; nothing 0
    chance = math.exp(1) / (math.exp(1) + math.exp(0.5) + 1)
    assert elasticity.dyad_elasticity(results)[0, 0] == pytest.approx(-0.5 * 0.8 * 5 * (1 - chance))
    assert elasticity.price_elasticity(results) == pytest.approx([-2 * (1 - chance), math.nan], nan_ok=True)


def test_elasticity_is_the_slope_of_the_probability():
    price, step = 5.0, 1e-6
    low, high = (two_shops(quoted_price=[price + d, 4.0]) for d in (-step, step))
    slope = (probabilities(high, choice(high)) - probabilities(low, choice(low)))[0, 0] / (2 * step)
    middle = two_shops(quoted_price=[price, 4.0])
    chance = probabilities(middle, choice(middle))[0, 0]
    assert elasticity.dyad_elasticity(middle)[0, 0] == pytest.approx(slope * price / chance, rel=1e-6)


def test_elasticity_is_grouped_by_tenure_and_trust():
    results = two_shops(customers={"supplier": [0, 0]}, rounds=10, first_round=[[0, 10], [3, 3]],
                        last_round=[[0, 10], [3, 3]], trust=[[0.1, 0.3], [0.3, 0.7]])  # fmt: skip
    assert elasticity.tenure(results).tolist() == [[0, 1], [8, 8]]
    by_tenure = elasticity.elasticity_by(results, "tenure", "firm A")
    assert [(g.low, g.high, g.dyads) for g in by_tenure[:3]] == [(0, 1, 1), (1, 12, 1), (12, 36, 0)]
    assert math.isnan(by_tenure[2].elasticity)
    assert [group.dyads for group in elasticity.elasticity_by(results, "trust")] == [1, 2, 0, 1, 0]
    with pytest.raises(ResultsError, match='allowed are "tenure" and "trust"'):
        elasticity.elasticity_by(results, "age")
    with pytest.raises(ResultsError, match="there is no firm 'firm C'"):
        elasticity.elasticity_by(results, "trust", "firm C")


# ------------------------------------------------------------------------------------------------------------ phases


def bought(*firms, every=1, customers=1, rounds=None, **kept):
    """Results with a log in which customer 0 bought from these firms (0 or 1), one each `every` rounds."""
    when = 1 + every * np.arange(len(firms))
    log = {"customer": np.zeros(len(firms), np.int32), "round": when.astype(np.int16), "firm": np.array(firms)}
    return two_shops(rounds=rounds or int(when[-1]), log=log, customers={"born": [1] * customers} | kept)


def path(results, firm=0):
    return [phases.PHASES[now[firm, 0]] for _, now in phases.histories(results)]


def test_a_relationship_goes_through_its_phases():
    a, e, x, c, d = phases.PHASES
    assert path(bought(0, 0, 0, 0, 0, 1, 1, 1)) == [e, e, x, x, c, c, x, d]  # at 7 three of five are loyal
    assert path(bought(1, 0, 1, 1, 1, 0)) == [a, e, e, e, a, e]  # a trial that was not repeated leads nowhere
    assert path(bought(0, 0, 0, every=1, rounds=16)) == [e, e, x] + [x] * 11 + [d] * 2  # a year of silence


def test_the_first_to_leave_commitment_is_the_loyalty_of_recent_purchases():
    # after six from A, one from B leaves four of the last five with A, a second one three
    assert path(bought(0, 0, 0, 0, 0, 0, 1, 1))[-3:] == ["commitment", "commitment", "expansion"]


def test_velocity_counts_from_the_first_purchase_to_commitment():
    results = bought(1, 0, 0, 0, 0, 0, every=2)  # first from A in round 3, fifth in round 11
    assert phases.rounds_to_commitment(results)[:, 0] == pytest.approx([8, math.nan], nan_ok=True)
    assert phases.commitment_velocity(results) == pytest.approx([8, math.nan], nan_ok=True)
    assert phases.committed_share(results) == pytest.approx([1, 0])


def test_purchases_of_a_predecessor_do_not_count():
    assert path(bought(0, 0, 0, 0, born=[4])) == ["awareness"] * 3 + ["exploration"]


def test_the_path_counts_every_dyad_in_every_round(played):
    results = simulate(loads(MARKET), rounds=8, log=True)
    found = phases.phase_path(results)
    assert found.shape == (8, 3, 5)
    assert (found.sum(axis=2) == 300).all()
    last = phases.phases(results)
    assert (last == phases.COMMITTED_PHASE).sum(axis=1).tolist() == found[-1, :, phases.COMMITTED_PHASE].tolist()
    with pytest.raises(ResultsError, match="log=True"):
        phases.phases(played[0])


# ----------------------------------------------------------------------------------------------- welfare and entry


def test_value_is_split_without_remainder():
    totals = {"value": 10.0, "surplus": 3.0, "effort": 1.0, "active": 2.0}
    results = two_shops(rounds=2, books=({"profit": [1.0, 0.5], "cost": [2.5, 2.0]}, totals))
    parts = welfare.split(results)
    assert parts == {"value": 5.0, "customers": 1.5, "firms": 0.75, "cost": 2.25, "effort": 0.5}
    assert sum(parts.values()) == 2 * parts["value"]
    assert welfare.welfare(results) == 2.25
    assert welfare.customers_part(results) == pytest.approx(2 / 3)
    assert welfare.lost_effort(results) == 0.5


def test_value_is_split_without_remainder_in_a_run(played):
    parts = welfare.split(played[1])
    assert parts["value"] == pytest.approx(sum(v for name, v in parts.items() if name != "value"))
    by_firm = welfare.split_by_firm(played[1])
    whole = sum(values for name, values in by_firm.items() if name != "value")
    assert by_firm["value"] == pytest.approx(whole)
    assert by_firm["transfers"].sum() == pytest.approx(
        0, abs=1e-9
    )  # exit fees: what one firm gets another's buyers pay
    assert by_firm["transfers"][2] == pytest.approx(-played[1].account("exit_fees")[:, 2].sum())


def test_an_entrant_breaks_even_when_its_losses_are_made_up_for_good():
    present = np.array([[1, 0], [1, 0], [1, 1], [1, 1], [1, 1], [1, 1]])
    profit = np.array([[5, 0], [5, 0], [5, -4], [5, 3], [5, 2], [5, 1]], float)
    results = make_results(profit, accounts={"present": present, "purchases": profit * 0 + [[3.0, 1.0]]})
    assert welfare.entry_round(results).tolist() == [1, 3]
    assert welfare.break_even(results).tolist() == [1, 3]  # −4, −1, +1 in its third round
    assert welfare.final_share(results).tolist() == [0.75, 0.25]
    assert np.isnan(welfare.break_even(make_results([[1.0, -1.0]]))).tolist() == [False, True]


# ---------------------------------------------------------------------------------------------------------- registry


def test_every_measure_is_nan_where_the_results_lack_what_it_needs(played):
    bare = make_results()
    for name, metric in METRICS.items():
        if metric.needs:
            assert np.isnan(metric.of(bare)).all(), name
            with pytest.raises(ResultsError, match="run again"):
                metric.function(bare)
        shape = np.shape(metric.of(played[0]))
        assert shape == ((3,) if metric.per_firm else ()), name


ODD_MARKETS = {
    "nobody buys": {"firms.A.strategy.price": 1000, "firms.B.strategy.price": 1000, "firms.C.strategy.price": 1000},
    "one customer": {"market.customers": 1},
    "one round": {"market.rounds": 1},
    "all leave at once": {"segments.all.attrition": 1},
    "all are replaced": {"market.turnover": 1},
    "the best is chosen": {"market.choice": "best"},
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("changes", ODD_MARKETS.values(), ids=ODD_MARKETS)
def test_no_measure_fails_or_warns_in_an_odd_market(changes):
    scenario = loads(MARKET).with_changes({"market.customers": 40} | changes)
    results = simulate(scenario, log=True)
    for name, metric in METRICS.items():
        values = np.asarray(metric.function(results))
        assert values.shape == ((3,) if metric.per_firm else ()), name
        assert not np.isinf(values).any(), name
    for term in TABLES:
        given = {"results": results, "firm": "A", "by": "trust", "start": "A", "end": "B", "network": nx.empty_graph()}
        needed = [name for name, p in inspect.signature(term.function).parameters.items() if p.default is p.empty]
        forecast = term.function.__name__ in ("forecast_values", "customer_equity_outlook")
        if needed[0] == "results":
            with suppress(ResultsError) if forecast else nullcontext():  # that nothing can be forecast is an answer too
                term.function(**{name: given[name] for name in needed})


def test_a_comparison_takes_measures_of_dyads_and_transactions_if_asked():
    scenario = loads(MARKET).with_changes({"market.customers": 60})
    usual = compare(scenario, 2, rounds=6, workers=1)
    assert set(usual.measures) == {name for name, metric in METRICS.items() if not metric.needs}
    with pytest.raises(ResultsError, match="'hostage_share' was not measured"):
        usual.value("hostage_share", "A")
    asked = compare(scenario, 2, rounds=6, workers=1, measures=["offer_gap", "committed_share", "lifetime_value"])
    assert asked.value("lifetime_value", "A").n == 2
    assert asked.value("offer_gap", "A").mean > 0
    assert asked.value("committed_share", "A").n == 2
    with pytest.raises(ValueError, match=r'"ofer_gap" is not a measure.*did you mean "offer_gap"'):
        compare(scenario, 2, measures=["ofer_gap"])


def test_a_window_shows_some_rounds_only():
    profit = np.arange(8.0).reshape(4, 2)
    windowed = make_results(profit, discount_rate=1.0).window(2, 3)
    assert windowed.account("profit").tolist() == [[2, 3], [4, 5]]
    assert METRICS["discounted_profit"].of(windowed) == pytest.approx([2, 2.75])  # 2/2 + 4/4, 3/2 + 5/4
    with pytest.raises(ResultsError, match="rounds 3 to 5 were asked for"):
        make_results(profit).window(3, 5)
    scenario = loads(MARKET).with_changes({"market.customers": 60})
    played = simulate(scenario, rounds=6, log=True)
    assert METRICS["lifetime_value"].known(played)
    assert np.isnan(METRICS["lifetime_value"].of(played.window(2, 6))).all()  # costs of a part, purchases of the whole
    assert np.isfinite(METRICS["committed_share"].of(played.window(2, 6))).all()
    whole, part = (compare(scenario, 1, workers=1, window=window) for window in ((1, 6), (4, 6)))
    assert part.accounts["profit"].tolist() == whole.accounts["profit"][:, :, 3:].tolist()


def test_levers_survive_the_disk(played, tmp_path):
    again = Results.load(played[0].save(tmp_path))
    assert again.levers["surcharge"].tolist() == played[0].levers["surcharge"].tolist()
    assert switching.lock_in(again) == pytest.approx(switching.lock_in(played[0]))
