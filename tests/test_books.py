"""The books: whatever is played, nothing is created or lost between customers and firms."""

from collections.abc import Iterator

import numpy as np
import pytest
from drawn import Fixed, drawn, markets, parsed
from hypothesis import given
from random_scenario import scenario

from sim import books, inputs, state
from sim.books import COSTS
from sim.simulation import Simulation
from sim.strategies.base import LEVERS

PRICES = (("leaver", 5.0), ("other", 5.0))
LOGGED = {"price": "sales", "surcharge": "surcharges", "value": "value"}
TO_DATE = {
    "revenue": ["revenue"],
    "margin": ["revenue", "-production", "-personalisation", "-compensation"],
    "surplus": ["surplus", "-opt_out_fees"],
}


def rounds(data: dict, **options: object) -> Iterator[Simulation]:
    """The market after each round; it is one and the same object."""
    simulation = Simulation(parsed(data), **options)
    for _ in range(data["market"]["rounds"]):
        simulation.step()
        yield simulation


def played(data: dict, **options: object) -> Simulation:
    """The market after its last round."""
    *_, simulation = rounds(data, **options)
    return simulation


def total(simulation: Simulation, names: list[str]) -> np.ndarray:
    """Sum (rounds, F) of accounts; those with a minus sign are subtracted."""
    return sum(
        -simulation.books.account(name[1:]) if name.startswith("-") else simulation.books.account(name)
        for name in names
    )


def last(simulation: Simulation, name: str) -> np.ndarray:
    """An account of the last round, (F,)."""
    return simulation.books.account(name)[-1]


# ------------------------------------------------------------------------------------------------------------ money


@drawn
@given(markets())
def test_value_created_is_surplus_and_effort_and_payments_in_every_round(data):
    books = played(data).books
    parts = books.series("surplus") + books.series("effort") + books.series("payments")
    np.testing.assert_allclose(books.series("value"), parts, rtol=1e-12, atol=1e-9)


@drawn
@given(markets())
def test_what_customers_pay_is_what_firms_book(data):
    simulation = played(data, log=True)
    log = simulation.results().log
    for entry, account in LOGGED.items():
        paid = np.zeros((simulation.round, len(simulation.firm_names)))
        np.add.at(paid, (log["round"] - 1, log["firm"]), log[entry])
        np.testing.assert_allclose(paid, simulation.books.account(account), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("quantity", TO_DATE)
@pytest.mark.parametrize("precision, tolerance", [("double", 1e-12), ("single", 1e-6)])
@drawn
@given(data=markets(turnover=0.0))
def test_dyads_sum_to_what_their_firm_booked_to_date(quantity, precision, tolerance, data):
    simulation = played(data, precision=precision)
    columns = [declared.name for declared in state.LEDGER]
    dyads = simulation.state.ledger[..., columns.index(quantity)]
    booked = total(simulation, TO_DATE[quantity]).sum(axis=0)
    at_stake = np.abs(dyads).sum() + np.abs(simulation.books.account("revenue")).sum()
    np.testing.assert_allclose(dyads.sum(axis=1, dtype=float), booked, rtol=0, atol=tolerance * (1 + at_stake))


@drawn
@given(markets())
def test_profit_is_revenue_less_every_cost_by_name(data):
    simulation = played(data)
    profit = total(simulation, ["sales", "surcharges", "exit_fees", "opt_out_fees", *(f"-{name}" for name in COSTS)])
    np.testing.assert_allclose(simulation.books.account("profit"), profit, rtol=1e-12, atol=1e-9)


@drawn
@given(markets())
def test_a_firm_that_is_not_in_the_market_neither_earns_nor_spends(data):
    simulation = played(data)
    absent = simulation.books.account("present") == 0
    assert not absent.any() or not np.any(
        [simulation.books.account(n)[absent] for n in ("revenue", "cost", "purchases")]
    )
    np.testing.assert_array_equal(np.isnan(simulation.books.account("price")), absent)


def test_a_firm_that_has_left_is_paid_no_exit_fees():
    firms = [{"name": name, "strategy": Fixed(levers={"price": p, "exit_fee": 1.0}).model_dump()} for name, p in PRICES]
    data = {"market": {"customers": 40, "rounds": 4, "outside_option": False}, "firms": firms}
    stays, leaves = (
        played(data | {"events": events}) for events in ([], [{"kind": "exit", "firm": "leaver", "round": 4}])
    )
    assert last(stays, "exit_fees")[0] > 0
    assert last(leaves, "exit_fees")[0] == 0
    assert last(leaves, "won")[1] > last(stays, "won")[1]


# ------------------------------------------------------------------------------------------------------- customers


@drawn
@given(markets())
def test_identified_customers_are_those_with_the_flag(data):
    for simulation in rounds(data):
        known = (simulation.state.flags & state.IDENTIFIED != 0) & (simulation.state.active != 0)
        np.testing.assert_array_equal(last(simulation, "identified"), known.sum(axis=1))


def test_who_left_and_is_then_replaced_is_forgotten_once():
    data = {
        "market": {"customers": 40, "rounds": 8, "turnover": 0.3},
        "segments": [{"name": "fickle", "attrition": 0.4}],
        "firms": [{"name": "A", "strategy": Fixed(levers={"price": 4.0, "memory": 1.0}).model_dump()}],
    }
    for simulation in rounds(data):
        known = (simulation.state.flags & state.IDENTIFIED != 0) & (simulation.state.active != 0)
        assert last(simulation, "identified") == known.sum()


@drawn
@given(markets())
def test_whom_one_firm_loses_another_wins(data):
    books = played(data).books
    np.testing.assert_array_equal(books.account("won").sum(axis=1), books.account("lost").sum(axis=1))


@drawn
@given(markets(turnover=0.0))
def test_a_firms_customers_grow_by_won_and_new_and_shrink_by_lost(data):
    before = np.full(data["market"]["customers"], -1)
    for simulation in rounds(data):
        firms, now = np.arange(len(simulation.firm_names))[:, None], simulation.state.supplier
        change = (now == firms).sum(axis=1) - (before == firms).sum(axis=1)
        booked = last(simulation, "won") + last(simulation, "newcomers") - last(simulation, "lost")
        np.testing.assert_array_equal(change, booked)
        before = now.copy()


@drawn
@given(markets(turnover=0.0))
def test_a_purchase_is_a_first_one_or_a_repetition(data):
    simulation = played(data)
    first = simulation.state.record[..., state.FIRST_ROUND]
    for round in range(1, simulation.round + 1):
        np.testing.assert_array_equal(simulation.books.account("first_time")[round - 1], (first == round).sum(axis=1))
    both = simulation.books.account("first_time") + simulation.books.account("repeat")
    np.testing.assert_array_equal(simulation.state.record[..., state.PURCHASES].sum(axis=1), both.sum(axis=0))


@drawn
@given(markets(turnover=0.0))
def test_complaints_and_opt_outs_are_recorded_where_they_are_counted(data):
    simulation = played(data)
    complaints, opted_out = (
        simulation.state.record[..., state.COMPLAINTS],
        simulation.state.flags & state.OPTED_OUT != 0,
    )
    np.testing.assert_array_equal(simulation.books.account("complaints").sum(axis=0), complaints.sum(axis=1))
    np.testing.assert_array_equal(simulation.books.account("opt_outs").sum(axis=0), opted_out.sum(axis=1))


@drawn
@given(markets())
def test_who_is_in_the_market_and_does_not_depart_stays(data):
    for simulation in rounds(data):
        books = simulation.books
        assert books.series("active")[-1] - books.series("departures")[-1] == simulation.state.active.sum()


@drawn
@given(markets())
def test_nobody_has_two_needs_in_a_round_or_buys_without_one(data):
    books = played(data).books
    assert (books.series("occasions") <= books.series("active")).all()
    assert (books.series("no_purchase") >= 0).all()


@drawn
@given(markets())
def test_every_purchase_is_in_the_log_once(data):
    simulation = played(data, log=True)
    log = simulation.results().log
    assert len(set(zip(log["round"], log["customer"], strict=True))) == log["round"].size
    counts = [
        np.bincount(log["firm"][log["round"] == r + 1], minlength=len(simulation.firm_names))
        for r in range(simulation.round)
    ]
    np.testing.assert_array_equal(simulation.books.account("purchases"), counts)


def test_before_the_first_round_the_log_is_empty():
    log = Simulation(parsed(scenario(1)), log=True).results().log
    assert {name: entries.size for name, entries in log.items()} == dict.fromkeys(log, 0)


@pytest.mark.parametrize(
    "module,table",
    [
        (books, books.FLOW),
        (books, books.TOTAL),
        (state, state.CUSTOMER),
        (state, state.DYAD),
        (state, state.LEDGER),
        (state, state.RECORD),
        (inputs, LEVERS),
        (inputs, inputs.FIRM_TRAITS),
    ],
    ids=["flows", "totals", "customer", "dyad", "ledger", "record", "levers", "firm traits"],
)
def test_every_row_is_called_what_is_declared_in_its_place(module, table):
    names = [getattr(quantity, "name", quantity).upper() for quantity in table]
    rows = {"QUALITY": "FIRM_QUALITY", "STANDARDISATION_EFFICIENCY": "EFFICIENCY"} if "UNIT_COST" in names else {}
    assert [getattr(module, rows.get(name, name)) for name in names] == list(range(len(table)))


def test_levers_that_may_be_personal_come_first():
    personal = [lever.personal for lever in LEVERS]
    assert personal == sorted(personal, reverse=True)
