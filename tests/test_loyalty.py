"""Wallets, switching, RFM, promoters, concentration and neighbours, against numbers worked by hand."""

import math

import networkx as nx
import numpy as np
import pytest
from synthetic import logged, make_results

from sim import loads
from sim.analysis import concentration, loyalty, ties
from sim.analysis.metrics import METRICS
from sim.network import from_graph
from sim.results import ResultsError
from sim.simulation import Simulation

OF_DYADS = ("share_of_wallet", "loyalty_index", "net_promoters")


def pairs(customers=None, accounts=None, **dyads):
    """Results of two firms A and B with these dyads, a row of customers for each firm."""
    both = {name: np.array(values) for name, values in dyads.items()}
    size = next(iter(both.values())).shape[1]
    who = {"supplier": [0] * size, "active": [True] * size, "aspiration": [0.0] * size} | (customers or {})
    return make_results(dyads=both, accounts=accounts, customers={name: np.array(v) for name, v in who.items()})


# ------------------------------------------------------------------------------------------------ wallets and indices


def test_a_wallet_is_shared_out_by_what_was_paid():
    # the first has paid 30 and 10, the second 0 and 20, the third nothing; the fourth bought at A for nothing
    results = pairs(revenue=[[30, 0, 0, 0], [10, 20, 0, 0]], purchases=[[5, 0, 0, 1], [2, 4, 0, 0]])
    assert loyalty.wallet(results) == pytest.approx(
        np.array([[0.75, 0, np.nan, np.nan], [0.25, 1, np.nan, np.nan]]), nan_ok=True
    )
    assert loyalty.share_of_wallet(results) == pytest.approx([0.75, (0.25 + 1) / 2])


def test_the_loyalty_index_is_one_for_the_faithful_and_a_half_for_who_takes_turns():
    results = pairs(purchases=[[4, 3, 1, 0, 3], [0, 3, 0, 0, 1]])
    expected = [1, 0.5, np.nan, np.nan, (9 + 1) / 16]  # one purchase, or none, says nothing
    assert loyalty.concentration_of_purchases(results) == pytest.approx(expected, nan_ok=True)
    assert loyalty.loyalty_index(results) == pytest.approx((1 + 0.5 + 0.625) / 3)


def test_without_purchases_nobody_is_loyal_and_without_dyads_nobody_can_be_asked():
    nobody = pairs(
        {"supplier": [-1]}, revenue=[[0], [0]], purchases=[[0], [0]], trust=[[0.5], [0.5]], surplus=[[0], [0]]
    )
    for name in OF_DYADS:
        assert np.isnan(METRICS[name].function(nobody)).all(), name
        with pytest.raises(ResultsError, match="run again"):
            METRICS[name].function(make_results())
    with pytest.raises(ResultsError, match="no dyads 'revenue' in them"):
        loyalty.wallet(pairs(purchases=[[1], [0]]))


def test_promoters_trust_and_are_satisfied_and_detractors_do_not_trust():
    # trust 0.9 and satisfied, 0.9 and not, 0.7, 0.5 (which would be a 5), and one who left the market
    results = pairs(
        {"supplier": [0, 0, 0, 0, 0], "aspiration": [1.0] * 5, "active": [True] * 4 + [False]},
        trust=[[0.9, 0.9, 0.7, 0.5, 0.1], [0.0] * 5], surplus=[[4.0, 1.0, 4.0, 4.0, 4.0], [0.0] * 5],
        purchases=[[2] * 5, [0] * 5],
    )  # fmt: skip
    found = loyalty.promoters(results)
    assert [part[0] for part in found] == pytest.approx([0.25, 0.5, 0.25, 0])
    assert math.isnan(found.net[1])  # B has no customers


# -------------------------------------------------------------------------------------------------- switching and RFM

LOG = ((0, 1, 0), (0, 2, 0), (0, 4, 1), (1, 1, 1), (1, 3, 1), (1, 4, 0), (2, 2, 0))


def test_the_switching_matrix_counts_what_followed_what():
    results = logged(*LOG, rounds=4, customers=4)
    found = loyalty.switching_matrix(results)
    assert found.counts.tolist() == [[1, 1], [1, 1]]
    assert found.probability.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    late = loyalty.switching_matrix(results, first=4)
    assert late.counts.tolist() == [[0, 1], [1, 0]]
    early = loyalty.switching_matrix(results, last=2)
    assert early.counts.tolist() == [[1, 0], [0, 0]]
    assert np.isnan(early.probability[1]).all()
    with pytest.raises(ResultsError, match="rounds 3 to 5 were asked for; the log has 1 to 4"):
        loyalty.switching_matrix(results, 3, 5)
    assert not loyalty.switching_matrix(logged(rounds=2, customers=1)).counts.any()


def test_the_order_of_the_log_does_not_matter():
    one, other = (loyalty.switching_matrix(logged(*log, rounds=4, customers=4)) for log in (LOG, LOG[::-1]))
    assert one.counts.tolist() == other.counts.tolist()


def test_recency_frequency_and_monetary_value_by_hand():
    # five customers; the last one never buys, and the fourth bought at B only
    log = ((0, 10, 0), (1, 9, 0), (1, 5, 0), (2, 1, 0), (2, 2, 0), (2, 3, 0), (3, 10, 1))
    found = loyalty.rfm(logged(*log, rounds=10, customers=5), groups=2)
    assert found.customer.tolist() == [0, 1, 2, 3]
    assert found.recency.tolist() == [0, 1, 7, 0]
    assert found.frequency.tolist() == [1, 2, 3, 1]
    assert found.monetary.tolist() == [5, 10, 15, 5]
    assert found.scores.tolist() == [[2, 1, 1], [1, 2, 2], [1, 2, 2], [2, 1, 1]]
    assert loyalty.rfm_table(found).tolist() == [[0, 2], [2, 0]]
    assert loyalty.rfm(logged(*log, rounds=10, customers=5), "firm A").customer.tolist() == [0, 1, 2]
    assert loyalty.rfm(logged(rounds=2, customers=1)).scores.shape == (0, 3)
    with pytest.raises(ResultsError, match="groups = 1"):
        loyalty.rfm(logged(rounds=2, customers=1), groups=1)


def test_scores_are_fifths_and_who_is_alike_scores_alike():
    log = [(i, t, 0) for i in range(10) for t in range(1, 2 + i)]
    found = loyalty.rfm(logged(*log, rounds=10, customers=10))
    assert found.scores[:, 1].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    alike = loyalty.rfm(logged(*[(i, 1, 0) for i in range(7)], rounds=3, customers=7))
    assert (alike.scores == 5).all()


# ----------------------------------------------------------------------------------------------------- concentration


@pytest.mark.parametrize("firms", [1, 2, 5])
def test_equal_firms_have_an_index_of_one_over_their_number(firms):
    results = make_results(np.zeros((3, firms)), accounts={"purchases": 7.0})
    assert concentration.concentration(results) == pytest.approx(1 / firms)
    assert concentration.concentration_path(results) == pytest.approx([1 / firms] * 3)
    assert concentration.share_gini(results) == pytest.approx(0)


def test_a_monopoly_has_an_index_of_one_and_absent_firms_do_not_count():
    accounts = {"purchases": [[4.0, 0.0, 0.0]], "present": [[1.0, 1.0, 0.0]]}
    results = make_results(np.zeros((1, 3)), accounts=accounts)
    assert concentration.concentration(results) == 1
    assert concentration.share_gini(results) == pytest.approx(0.5)  # one of two has all
    assert math.isnan(concentration.concentration(make_results()))
    assert math.isnan(concentration.share_gini(make_results()))


def test_prices_are_dispersed_by_their_deviation_over_their_mean():
    price = np.array([[4.0, 6.0, np.nan], [5.0, 5.0, 8.0], [5.0, np.nan, np.nan]])
    results = make_results(np.zeros((3, 3)), accounts={"price": price})
    assert concentration.posted_dispersion_path(results) == pytest.approx([1 / 5, np.sqrt(2) / 6, np.nan], nan_ok=True)
    assert concentration.posted_range_path(results) == pytest.approx([2, 3, np.nan], nan_ok=True)
    assert concentration.price_dispersion(results) == pytest.approx((0.2 + np.sqrt(2) / 6) / 2)
    assert concentration.price_range(results) == pytest.approx(2.5)
    alone = make_results([[0.0]], accounts={"price": 5.0})
    assert np.isnan([concentration.price_dispersion(alone), concentration.price_range(alone)]).all()


def test_prices_paid_count_by_purchase_with_surcharges():
    log = {"customer": [0, 1, 2, 0], "round": [1, 1, 1, 2], "firm": [0, 0, 1, 0], "price": [4.0, 4.0, 6.0, 5.0],
           "surcharge": [0.0, 0.0, 1.0, 0.0], "value": [0.0] * 4}  # fmt: skip
    results = make_results(log={name: np.array(values) for name, values in log.items()})
    expected = np.std([4, 4, 7]) / 5
    assert concentration.paid_dispersion_path(results) == pytest.approx([expected, np.nan], nan_ok=True)
    assert concentration.paid_price_dispersion(results) == pytest.approx(expected)
    assert math.isnan(concentration.paid_price_dispersion(logged(rounds=2, customers=1)))


# -------------------------------------------------------------------------------------------------------- neighbours


def test_neighbours_who_share_a_supplier_by_hand():
    # a chain 0–1–2–3 and 4, who left; suppliers A A B –
    results = pairs({"supplier": [0, 0, 1, -1, 0], "active": [True] * 4 + [False]}, purchases=np.zeros((2, 5)))
    chain = nx.path_graph(5)
    # links with suppliers at both ends: 0–1 (A A), 1–2 (A B)
    assert ties.embeddedness(results, chain) == pytest.approx([(1 + 0.5) / 2, 0])
    assert ties.mixing(results, chain).tolist() == [[0.5, 0.25], [0.25, 0]]
    assert ties.supplier_modularity(results, chain) == pytest.approx(0.5 - 0.75**2 - 0.25**2)
    nobody = pairs({"supplier": [-1, -1]}, purchases=np.zeros((2, 2)))
    assert math.isnan(ties.supplier_modularity(nobody, nx.path_graph(2)))
    assert np.isnan(ties.embeddedness(nobody, nx.path_graph(2))).all()
    everybody_at_a = pairs(purchases=np.zeros((2, 2)))
    assert math.isnan(ties.supplier_assortativity(everybody_at_a, nx.path_graph(2)))


def test_modularity_and_assortativity_are_those_of_networkx():
    graph = nx.watts_strogatz_graph(60, 4, 0.2, seed=1)
    supplier = np.random.default_rng(2).integers(0, 2, 60)
    supplier[:20] = 0
    results = pairs({"supplier": supplier}, purchases=np.zeros((2, 60)))
    groups = [set(np.flatnonzero(supplier == j).tolist()) for j in (0, 1)]
    assert ties.supplier_modularity(results, graph) == pytest.approx(nx.community.modularity(graph, groups))
    nx.set_node_attributes(graph, dict(enumerate(supplier.tolist())), "supplier")
    expected = nx.attribute_assortativity_coefficient(graph, "supplier")
    assert ties.supplier_assortativity(results, graph) == pytest.approx(expected)
    arrays = from_graph(graph, 60)
    assert ties.supplier_modularity(results, arrays) == pytest.approx(nx.community.modularity(graph, groups))


def test_a_network_of_other_customers_is_refused():
    results = pairs(purchases=np.zeros((2, 3)))
    with pytest.raises(ResultsError, match="has customer 4; these results have 0 to 2"):
        ties.embeddedness(results, nx.path_graph(5))
    with pytest.raises(ResultsError, match="must be the customers"):
        ties.embeddedness(results, nx.Graph([("ann", "ben")]))
    with pytest.raises(ResultsError, match="run again"):
        ties.embeddedness(make_results(), nx.path_graph(2))


def test_the_graph_of_purchases_has_a_node_for_everybody():
    results = pairs(purchases=[[2, 0, 0], [1, 3, 0]])
    graph = ties.purchase_graph(results)
    assert graph.number_of_nodes() == 5
    assert graph["customer", 1]["firm", "firm B"]["weight"] == 3
    assert ties.firm_degree(results).tolist() == [1, 2]
    assert ties.customer_degree(results).tolist() == [2, 1, 0]
    assert nx.is_bipartite(graph)


def test_the_network_of_a_run_is_drawn_again_from_scenario_and_seed():
    scenario = loads("""
[market]
customers = 200
rounds = 8
[network]
kind = "watts_strogatz"
[[segments]]
name = "all"
[[firms]]
name = "A"
strategy = {kind = "everyday_low_price", price = 5}
[[firms]]
name = "B"
strategy = {kind = "everyday_low_price", price = 5}
""")
    simulation = Simulation(scenario, seed=3)
    again = Simulation(scenario, seed=3).network
    assert again.neighbours.tolist() == simulation.network.neighbours.tolist()
    for _ in range(8):
        simulation.step()
    results = simulation.results()
    assert 0 < ties.embeddedness(results, again)[0] < 1
    assert -1 < ties.supplier_assortativity(results, again) < 1
