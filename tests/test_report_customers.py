"""What reports say of customers one by one: worth, loyalty, ways and ties, from runs played again."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import logged

from sim.analysis.metrics import METRICS
from sim.experiments.compare import compare
from sim.reports import people
from sim.reports.build import of_comparison, of_results
from sim.reports.document import Table
from sim.reports.page import page
from sim.run import simulate
from sim.scenario import loads

MARKET = """
title = "Two shops"
[market]
customers = 90
rounds = 30
[[segments]]
name = "calm"
share = 0.75
[[segments]]
name = "busy"
share = 0.25
purchase_rate = 0.9
[[firms]]
name = "Ours"
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "Theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "low"
[[alternatives]]
name = "high"
set = {"firms.Ours.strategy.price" = 6.5}
"""
NETWORK = '[network]\nkind = "watts_strogatz"\n'


@pytest.fixture(scope="module")
def compared():
    return compare(loads(MARKET), 4, workers=1)


@pytest.fixture(scope="module")
def report(compared):
    return of_comparison(compared)


def tables(report):
    return {table.name: table for table in report.tables()}


def test_a_comparison_shows_every_measure_that_the_customers_of_its_runs_allow(compared, report):
    shown = {column.measure for table in report.tables() for column in table.columns}
    asked = {
        "lifetime_value", "payback", "acquisition_cost", "share_of_wallet", "loyalty_index", "net_promoters",
        "well_being", "survival_year", "survival_curve", "cohorts", "switching_matrix", "rfm", "firm_degree",
        "customer_overlap", "purchase_modularity", "value_distribution", "forecast_values", "customer_equity_outlook",
    }  # fmt: skip
    assert asked <= shown
    defined = {word.name for word in report.glossary}
    assert asked <= defined
    assert all(word.unit and word.source for word in report.glossary)
    note = next(block.text for _, block in report.blocks() if "keeps no customers" in getattr(block, "text", ""))
    assert note.startswith("A comparison keeps no customers. 4 runs of all alternatives were played again")


def test_measures_of_customers_are_those_of_the_runs_that_were_compared(compared):
    found = people.measured(compared, people.replayed(compared))
    run = simulate(loads(MARKET).alternative("high"), seed=int(compared.seeds[2]), log=True)
    for name in ("lifetime_value", "share_of_wallet", "net_promoters", "customer_overlap"):
        assert found.sample(name, "high")[2] == METRICS[name].of(run)[0]
    assert found.sample("loyalty_index", "high")[2] == METRICS["loyalty_index"].of(run)
    asked = compare(loads(MARKET), 4, measures=["lifetime_value"], workers=1)
    np.testing.assert_array_equal(asked.measures["lifetime_value"], found.measures["lifetime_value"])
    # what was measured in all runs is not measured again in some
    assert "lifetime_value" not in people.measured(asked, people.replayed(asked)).measures


def test_loyalty_that_may_be_the_departure_of_the_disloyal_is_warned_of(report):
    said = next(each for each in report.findings() if each.question == "Do customers become more loyal?")
    assert "does not by itself mean that anybody became more loyal" in said.text
    assert "“low” (in " in said.text
    assert "loyalty_verdict" in said.measures


def test_the_portrait_of_a_firm_by_hand():
    # A sells to 0 in rounds 1, 2, 3, to 1 in 1 and then B does, to 2 in round 3; one euro of margin at price 5, cost 4
    bought = ((0, 1, 0), (0, 2, 0), (0, 3, 0), (1, 1, 0), (1, 2, 1), (2, 3, 0))
    counted = np.array([[2, 0], [1, 1], [2, 0]])
    run = logged(*bought, rounds=3, customers=3, accounts={"production": 4.0 * counted}, profit=1.0 * counted)
    found = people.portrait(run, "firm A", None, [1, 2], 12, fitted=False)
    # worth 3, 1 and 1 euro without discounting: mean 5/3
    assert found.worth["mean"] == pytest.approx(5 / 3)
    assert found.worth["negative"] == 0
    # at tenure 1 two are at risk (2 came in the last round), one of them is lost; nobody is lost later
    assert found.stayed[:, 0].tolist() == [0.5, 0.5]
    # of three purchases after one from A two are from A again, one from B
    assert found.went[0].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert np.isnan(found.went[1]).all()  # nobody bought again after B
    # customers 0 and 2 bought in the last round, 1 before: recency 5 of 5 for two, ⌈5/3⌉ = 2 for one
    assert found.rfm.sum(axis=1).tolist() == pytest.approx([0, 1 / 3, 0, 0, 2 / 3])
    assert found.ties == {}
    assert found.expected is None


def test_the_smallest_of_many_firms_are_one_in_the_switching_matrix():
    # ten firms; of the three smallest one was bought from three times as often as each other
    firms, sizes = [f"f{k}" for k in range(10)], np.array([9.0] * 7 + [3.0, 1.0, 1.0])
    went = np.full((10, 10), 0.1)
    went[7], went[8], went[9] = np.eye(10)[7], np.eye(10)[0], np.eye(10)[0]
    blank = people.Portrait({}, {}, np.zeros((0, 3)), {}, went, sizes, np.zeros((5, 5)), {}, None, None)
    folded, names = people._folded(firms, [blank])
    assert names == [*firms[:7], "3 others"]
    assert folded[0, 0].tolist() == pytest.approx([0.1] * 7 + [0.3])
    # of five purchases from the others three are followed by one of them, two by one from f0
    assert folded[0, 7].tolist() == pytest.approx([0.4] + [0.0] * 6 + [0.6])


def test_ties_of_customers_are_shown_where_they_are_linked():
    linked = compare(loads(MARKET + NETWORK), 2, workers=1)
    table = tables(of_comparison(linked))["network"]
    assert "drawn again from scenario and seed" in table.note
    assert [column.measure for column in table.columns[1:]] == [
        "embeddedness", "supplier_modularity", "supplier_assortativity",
    ]  # fmt: skip


def test_nobody_is_linked_without_a_network(report):
    assert "network" not in tables(report)


def test_a_run_without_transactions_is_played_again_for_them():
    results = simulate(loads(MARKET), seed=3)
    assert results.log is None
    shown = tables(of_results(results))
    assert {"worth", "expected", "stayed", "cohorts", "went-0", "rfm"} <= shown.keys()
    assert "worth" not in tables(of_results(results, replay=False))
    changed = dict(results.accounts) | {"profit": results.accounts["profit"] + 1e-9}
    assert "worth" not in tables(of_results(replace(results, accounts=changed)))


def test_measures_of_the_market_stand_once_in_the_report_of_a_run():
    found = of_results(simulate(loads(MARKET), seed=3, log=True))
    shown = [column.measure for table in found.tables() for column in table.columns]
    for name in ("welfare", "concentration", "well_being", "loyalty_index"):
        assert shown.count(name) == 1
    of_firms = [table for table in found.tables() if table.name.startswith("measures-")]
    assert all("paired" not in table.note for table in of_firms)
    rows = next(table for table in found.tables() if table.name == "market-0").rows
    assert len(rows) == 1
    samples = {sample.measure: sample for sample in found.samples}
    assert samples["welfare"].names == ("the market",)
    assert samples["trust"].names == ("Ours", "Theirs")


def test_a_market_in_which_nobody_buys_says_so_and_shows_nothing_of_customers():
    nobody = loads(MARKET.replace("purchase_rate = 0.9", "purchase_rate = 0.0"))
    nobody = nobody.with_changes({"segments.calm.purchase_rate": 0.0})
    results = simulate(nobody, seed=3, log=True)
    found = of_results(results)
    assert found.headline == "No difference in profit between Ours and Theirs in a single run"
    text = page(found)
    assert "Nobody bought anything, so that nothing can be said of customers." in text
    assert "is ahead" not in text
    assert "worth" not in tables(found)
    said = {each.question: each.text for each in found.findings()}
    assert "neither more nor less than the next best, Theirs" in said["By how much?"]
    assert "They earn the same" in said["What if that is wrong?"]


def test_every_caption_of_a_report_leads_to_a_definition(report):
    run = of_results(simulate(loads(MARKET), seed=3))
    for each in (report, run):
        words = {word.name for word in each.glossary}
        loose = [figure.name for figure in each.figures() if not words & set(figure.measures)]
        assert not loose


def test_a_market_too_large_is_not_played_again(compared, monkeypatch):
    monkeypatch.setattr(people, "WORK", 1000)
    assert "too large to be played again for its customers" in people.replayed(compared)
    found = of_comparison(compared)
    assert "worth" not in tables(found)
    assert "too large to be played again for its customers" in page(found)


def test_tables_of_customers_are_tables_like_any_other(report):
    section = next(section for section in report.sections if section.name == "customers")
    assert all(
        len(row) == len(block.columns) for block in section.blocks if isinstance(block, Table) for row in block.rows
    )
