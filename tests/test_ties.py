"""The graph of customers and firms: degree, modularity and customers in common, by hand and against formulas."""

import numpy as np
import pytest
from synthetic import make_results

from sim.analysis.metrics import METRICS
from sim.analysis.ties import customer_overlap, firm_degree, purchase_graph, purchase_modularity


def market(purchases):
    """Results of a run with these purchases (F, C)."""
    bought = np.array(purchases)
    firms, customers = bought.shape
    who = {"supplier": bought.argmax(axis=0), "active": np.ones(customers, bool), "born": np.ones(customers, int)}
    return make_results(np.zeros((1, firms)), dyads={"purchases": bought}, customers=who)


@pytest.mark.parametrize("firms", [2, 3, 5])
def test_equal_firms_that_share_no_customer_have_a_modularity_of_one_less_their_share(firms):
    # each firm has two customers with three purchases each: Σ 1/F − (1/F)² = 1 − 1/F
    bought = np.kron(np.eye(firms, dtype=int), [[3, 3]])
    assert purchase_modularity(market(bought)) == pytest.approx(1 - 1 / firms)


def test_modularity_by_hand():
    # m = 3 + 1 + 2 = 6; A with customer 0: 3 within, degrees 3 + 4; B with customer 1: 2 within, degrees 3 + 2
    results = market([[3, 0], [1, 2]])
    assert purchase_modularity(results) == pytest.approx(3 / 6 - (7 / 12) ** 2 + 2 / 6 - (5 / 12) ** 2)
    assert purchase_modularity(market([[2, 1], [0, 0]])) == pytest.approx(0.0)  # one firm has all
    assert np.isnan(purchase_modularity(market([[0, 0], [0, 0]])))


def test_a_customer_without_purchases_changes_nothing():
    assert purchase_modularity(market([[3, 0, 0], [1, 2, 0]])) == purchase_modularity(market([[3, 0], [1, 2]]))


def test_customers_in_common_by_hand():
    # A has customers 0 1 2, B 2 3, C 4, D none: A and B share one of four; C shares none
    found = customer_overlap(market([[1, 1, 1, 0, 0], [0, 0, 2, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]))
    assert found[:3].tolist() == [0.25, 0.25, 0.0]
    assert np.isnan(found[3])


def test_the_degree_of_a_firm_counts_its_customers_and_the_graph_its_purchases():
    results = market([[3, 0, 1], [1, 2, 0]])
    assert firm_degree(results).tolist() == [2, 2]
    graph = purchase_graph(results)
    assert graph["customer", 0]["firm", "firm A"]["weight"] == 3
    assert graph.degree(("customer", 2)) == 1


def test_the_measures_of_the_graph_need_dyads_and_nothing_else():
    for name in ("firm_degree", "customer_overlap", "purchase_modularity"):
        assert METRICS[name].needs == "dyads"
        assert np.isnan(METRICS[name].of(make_results())).all()
