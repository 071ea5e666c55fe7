"""The market as a Mesa model: agents are views of the arrays, and one method can be replaced."""

import inspect
import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import bits, drawn, markets, parsed
from hypothesis import given

from sim import state
from sim.agents import Customer, Firm, Relationship
from sim.market import Market
from sim.results import MARKET
from sim.scenario import load
from sim.strategies.base import FirmView, Levers

FOLDER = Path(__file__).parents[1] / "scenarios"
SHOPS = load(FOLDER / "everyday_low_price.toml").with_changes({"market.customers": 30, "market.rounds": 10})
NUMBERS = {q.name: row for row, q in enumerate(state.CUSTOMER)}
DYAD_NUMBERS = {q.name: row for row, q in enumerate(state.DYAD) if q.name not in ("context", "expectation")}
RECORDS = {q.name: lambda s, n=n: s.ledger[..., n] for n, q in enumerate(state.LEDGER)}
RECORDS |= {q.name: lambda s, n=n: s.record[..., n] for n, q in enumerate(state.RECORD)}
RECORDS["settled"] = lambda s: s.settled
FLAGS = {q.name: 1 << bit for bit, q in enumerate(state.FLAG)}


@pytest.fixture
def market() -> Market:
    """A market that has been played for a while; no customer has been asked for."""
    return Market(SHOPS).run(5)


# ---------------------------------------------------------------------------------------------------------- views


@pytest.mark.parametrize("name", NUMBERS)
def test_a_customers_number_is_read_from_and_written_to_the_arrays(market, name):
    row = market.simulation.state.customer[NUMBERS[name]]
    assert getattr(market.customers[17], name) == row[17]
    setattr(market.customers[17], name, 0.75)
    assert row[17] == 0.75


@pytest.mark.parametrize("name, value", [("supplier", 1), ("supplier", -1), ("active", False)])
def test_a_customers_place_is_read_from_and_written_to_the_arrays(market, name, value):
    setattr(market.customers[17], name, value)
    assert getattr(market.simulation.state, name)[17] == value
    assert getattr(market.customers[17], name) == value


@pytest.mark.parametrize("name", [*DYAD_NUMBERS, *RECORDS])
def test_a_relationships_number_is_read_from_and_written_to_the_arrays(market, name):
    s = market.simulation.state
    array = s.dyad[DYAD_NUMBERS[name]] if name in DYAD_NUMBERS else RECORDS[name](s)
    assert getattr(market.relationship(17, 1), name) == array[1, 17]
    setattr(market.relationship(17, 1), name, 3)
    assert array[1, 17] == 3


@pytest.mark.parametrize("name, bit", FLAGS.items())
@pytest.mark.parametrize("value", [True, False])
def test_a_relationships_flag_is_one_bit_of_the_arrays(market, name, bit, value):
    flags = market.simulation.state.flags
    others = int(flags[1, 17]) & ~bit
    setattr(market.relationship(17, 1), name, value)
    assert getattr(market.relationship(17, 1), name) is value
    assert flags[1, 17] == others + bit * value


def test_need_trust_and_belief_are_views(market):
    customer, s = market.customers[17], market.simulation.state
    customer.need[0], customer.trust[1], market.relationship(17, 1).belief[2] = 1.5, 0.25, -2.0
    assert (s.need[0, 17], s.dyad[state.TRUST, 1, 17], s.belief[1, 17, 2]) == (1.5, 0.25, -2.0)


def test_there_is_a_relationship_only_if_both_know_each_other(market):
    tie = market.relationship(17, 1)
    found = {}
    for tie.aware in (False, True):
        for tie.identified in (False, True):
            found[tie.aware, tie.identified] = tie.mutual
    assert [both for both, mutual in found.items() if mutual] == [(True, True)]


def test_context_and_expectation_are_those_of_now(market):
    context, expectation = market.simulation.context(), market.simulation.expectation()
    for customer in market.customers:
        assert customer.context.tolist() == context[:, customer.index].tolist()
        assert customer.expectation.tolist() == expectation[:, customer.index].tolist()


@pytest.mark.parametrize("name", ["context", "expectation"])
def test_what_fades_can_be_set_and_fades_from_then_on(name):
    market = Market(
        SHOPS.with_changes({"relationship.context_decay": 0.5, "learning.forgetting": 0.5, "learning.prior_value": 0.0})
    )
    market.run(5)
    tie = market.relationship(17, 1)
    market.customers[17].purchase_rate = 0.0
    setattr(tie, name, 0.5)
    assert getattr(tie, name) == 0.5
    market.run(2)
    assert getattr(tie, name) == 0.125


def test_a_relationship_says_whose_it_is_and_how_it_stands(market):
    name = SHOPS.firms[1].name
    assert repr(market.relationship(17, 1)).startswith(f"<customer 17 and {name}: trust 0.")


@pytest.mark.parametrize("index", [30, -31, 10**6])
def test_a_customer_that_does_not_exist_is_answered_with_those_that_do(market, index):
    with pytest.raises(IndexError, match=re.escape(f"there is no customer {index}; this market has 0 to 29")):
        market.customers[index]


@pytest.mark.parametrize("index", [2, -1])
def test_a_firm_that_does_not_exist_is_answered_with_those_that_do(market, index):
    names = ", ".join(firm.name for firm in SHOPS.firms)
    with pytest.raises(IndexError, match=re.escape(f"there is no firm {index}; this market has 0 to 1: {names}")):
        market.relationship(17, index)


def test_customers_count_from_the_end_and_in_slices_like_any_sequence(market):
    assert market.customers[-1] is market.customers[29]
    assert [customer.index for customer in market.customers[::10]] == [0, 10, 20]
    assert [customer.index for customer in market.customers] == list(range(30))


# ----------------------------------------------------------------------------------------------------------- Mesa


def test_a_million_customers_are_no_agents_until_they_are_asked_for():
    market = Market(SHOPS.with_changes({"market.customers": 1_000_000, "market.dimensions": 1}))
    market.step()
    assert market.customers[999_999].trust.shape == (2,)
    assert [type(agent) for agent in market._all_agents] == [Firm, Firm, Customer]


def test_agents_are_all_firms_and_all_customers(market):
    assert {kind: len(agents) for kind, agents in market.agents_by_type.items()} == {Firm: 2, Customer: 30}
    assert len(market.agents) == 32


def test_selected_agents_are_those_of_the_arrays(market):
    loyal = market.agents.select(lambda agent: isinstance(agent, Customer) and agent.supplier == 1)
    assert (
        {agent.index for agent in loyal} == set(np.flatnonzero(market.simulation.state.supplier == 1).tolist()) != set()
    )


def test_agents_sum_up_what_is_in_the_arrays(market):
    mean = market.agents_by_type[Customer].agg("aspiration", np.mean)
    assert mean == pytest.approx(market.simulation.state.customer[state.ASPIRATION].mean(dtype=float))


def test_what_is_set_for_all_agents_is_set_in_the_arrays(market):
    market.agents_by_type[Customer].set("aspiration", 3.0)
    assert (market.simulation.state.customer[state.ASPIRATION] == 3.0).all()


def test_what_is_written_through_an_agent_changes_the_future(market):
    before = deepcopy(market)
    for customer in market.customers:
        customer.purchase_rate = 0.0
    market.step()
    before.step()
    assert market.simulation.books.series("occasions")[-1] == 0 < before.simulation.books.series("occasions")[-1]


def test_step_takes_no_argument():
    assert list(inspect.signature(Market.step).parameters) == ["self"]


def test_the_data_collector_holds_the_market_series_of_every_round(market):
    collected = market.datacollector.get_model_vars_dataframe()
    pd.testing.assert_frame_equal(collected, pd.DataFrame(market.results().market), check_names=False)
    assert list(collected.columns) == list(MARKET)


@pytest.mark.parametrize("driver", ["compiled", "agents"])
def test_a_copy_is_another_market_with_agents_of_its_own(driver):
    market = Market(SHOPS, driver=driver).run(3)
    ours = market.customers[4]
    copied = deepcopy(market)
    theirs = copied.customers[4]
    ours.aspiration, theirs.aspiration = 1.0, 2.0
    assert (ours.aspiration, theirs.aspiration) == (1.0, 2.0)
    assert copied.simulation.state.customer[state.ASPIRATION, 4] == 2.0
    assert copied.firms[0].model is copied


def test_a_copy_of_a_market_with_own_agents_has_the_same_future():
    market = Market(SHOPS, customer_class=Loyal, firm_class=Cutter).run(4)
    copied = deepcopy(market)
    assert bits(copied.run().simulation) == bits(market.run().simulation)


def test_run_plays_what_is_left_of_the_horizon(market):
    assert market.run().round == SHOPS.market.rounds
    assert market.run().round == SHOPS.market.rounds


@pytest.mark.parametrize(
    "option, message",
    [
        ({"driver": "agent"}, 'driver is \'agent\'; allowed: "compiled" and "agents"'),
        ({"precision": "half"}, 'precision is \'half\'; allowed: "single" and "double"'),
        ({"seed": -1}, f"seed is -1; allowed: 0 to {2**63 - 1}"),
        ({"seed": 2**63}, f"seed is {2**63}; allowed: 0 to {2**63 - 1}"),
        ({"threads": 0}, "threads is 0; allowed: 1 or more"),
        ({"block": 0}, "block is 0; allowed: 1 or more"),
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_answered_with_what_is_allowed(option, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Market(SHOPS, **option)


# ------------------------------------------------------------------------------------------------------ subclasses


class Unchanged(Customer):
    """Overrides a method with what it does anyway."""

    def choose(self) -> int | None:
        return super().choose()


class Loyal(Customer):
    """Stays with the supplier it has, if that is in the market."""

    def choose(self) -> int | None:
        supplier = self.supplier
        return supplier if supplier >= 0 and self.turn.firms.present[supplier] else super().choose()


class Cutter(Firm):
    """Undercuts the list price its rivals had in the last round."""

    def decide(self, view: FirmView) -> Levers:
        prices = [rival.list_price for rival in view.rivals if rival.list_price > 0]
        return Levers(price=0.9 * min(prices, default=5.0))


class Shopkeeper(Firm):
    """Overrides a method with what it does anyway."""

    def decide(self, view: FirmView) -> Levers:
        return super().decide(view)


@drawn
@given(markets())
def test_own_agents_that_do_what_agents_do_change_no_bit(data):
    own = Market(parsed(data), customer_class=Unchanged, firm_class=Shopkeeper).run()
    assert bits(own.simulation) == bits(Market(parsed(data)).run().simulation)


def test_a_method_of_an_own_customer_is_used():
    accounts = Market(SHOPS, customer_class=Loyal).run().results().accounts
    usual = Market(SHOPS).run().results().accounts
    assert accounts["lost"].sum() == 0 < usual["lost"].sum()


def test_nothing_else_changes_with_an_own_customer():
    own, usual = (Market(SHOPS, customer_class=cls, driver="agents").run() for cls in (Loyal, Customer))
    for block in ("need", "segment", "taste"):
        np.testing.assert_array_equal(getattr(own.simulation.state, block), getattr(usual.simulation.state, block))
    np.testing.assert_array_equal(own.simulation.books.series("occasions"), usual.simulation.books.series("occasions"))


def test_an_own_customer_plays_by_itself_in_python():
    assert Market(SHOPS, customer_class=Loyal).driver == "agents"


def test_an_own_customer_cannot_be_compiled():
    with pytest.raises(ValueError, match='Loyal is Python and cannot be compiled; leave driver out, or say "agents"'):
        Market(SHOPS, driver="compiled", customer_class=Loyal)


@pytest.mark.parametrize("driver", ["compiled", "agents"])
def test_an_own_firm_decides_in_the_place_of_its_strategy(driver):
    market = Market(SHOPS, driver=driver, firm_class=Cutter).run(3)
    prices = market.simulation.books.account("price")
    np.testing.assert_allclose(prices[1:], 0.9 * prices[:-1, ::-1])


def test_a_firm_knows_its_name_and_strategy_and_books(market):
    firm = market.firms[1]
    assert (firm.name, firm.strategy) == (SHOPS.firms[1].name, SHOPS.firms[1].strategy)
    assert firm.account("profit").tolist() == market.results().accounts["profit"][:, 1].tolist()
    assert isinstance(market.relationship(0, 1), Relationship)
