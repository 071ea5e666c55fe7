"""The contract of every strategy of the library, and what one that breaks it is told."""

import re
from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import pytest
from drawn import Fixed, bits
from pydantic import ValidationError

from sim import state
from sim.agents import Firm
from sim.decisions import observe
from sim.market import Market
from sim.parameter import declared, parameter
from sim.run import simulate
from sim.scenario import Scenario, parse
from sim.simulation import Simulation
from sim.strategies.base import LEVERS, FirmView, Levers, Posture, Strategy, StrategyError, registry

LIBRARY = {kind: cls for kind, cls in registry().items() if cls.__module__.startswith("sim.strategies.")}
FILES = {path.stem for path in Path(import_module("sim.strategies").__path__[0]).glob("*.py")} - {"__init__", "base"}

every_strategy = pytest.mark.parametrize("kind", LIBRARY)


def shop(*strategies: dict[str, Any], **market: Any) -> Scenario:
    """A small market of firms called A, B, … with these strategies."""
    return parse({
        "market": {"customers": 12, "rounds": 8, "report_lag": 2, **market},
        "segments": [{"name": "keen", "purchase_rate": 1.0}],
        "firms": [{"name": name, "strategy": own} for name, own in zip("ABCDEFGH", strategies, strict=False)],
    })  # fmt: skip


def levers(simulation: Simulation, j: int = 0) -> dict[str, Any]:
    """What firm j would set in the coming round."""
    set_ = simulation.outlook.strategies[j].decide(FirmView(observe(simulation, j)))
    return {
        name: np.array(getattr(set_, name))
        for name in (*(lever.name for lever in LEVERS), "list_price")
        if getattr(set_, name) is not None
    }


def in_the_middle(kind: str) -> Simulation:
    """Five rounds into a market of the strategy and two others."""
    simulation = Simulation(shop({"kind": kind}, {"kind": "everyday_low_price"}, {"kind": "crm_blaster"}))
    simulation.advance(5)
    return simulation


# --------------------------------------------------------------------------------------------- what a strategy says


def test_every_file_is_one_strategy_by_its_name():
    assert {cls.__module__.rpartition(".")[2]: kind for kind, cls in LIBRARY.items()} == {name: name for name in FILES}


@every_strategy
def test_a_strategy_says_its_idea_in_one_line_and_where_it_comes_from(kind):
    assert 20 < len(LIBRARY[kind].idea()) <= 120
    assert LIBRARY[kind].idea().endswith(".")
    assert re.search(r"Source: .*\b(1[89]|20)\d\d\b", LIBRARY[kind].__doc__, re.DOTALL), "no Source: with a year"


@every_strategy
def test_a_strategy_has_a_posture_of_its_own(kind):
    assert LIBRARY[kind].__dict__["posture"] in get_args(Posture)


@every_strategy
def test_every_setting_has_a_meaning_and_a_unit(kind):
    settings = list(declared(LIBRARY[kind]))
    assert {item.path.rpartition(".")[2] for item in settings} == set(LIBRARY[kind].model_fields) - {"kind"}
    assert [item.path for item in settings if not (item.meaning and item.unit)] == []


@every_strategy
def test_a_strategy_can_be_had_without_settings(kind):
    assert LIBRARY[kind]().kind == kind


@every_strategy
def test_a_strategy_is_frozen(kind):
    with pytest.raises(ValidationError, match="frozen"):
        LIBRARY[kind]().kind = "another"


# -------------------------------------------------------------------------------------------- what a strategy does


def all_known(simulation: Simulation) -> None:
    simulation.state.flags[0] |= state.IDENTIFIED


def all_shut(simulation: Simulation) -> None:
    simulation.state.flags[0] |= state.IDENTIFIED | state.OPTED_OUT


def all_gone(simulation: Simulation) -> None:
    simulation.state.active[:] = 0


@every_strategy
@pytest.mark.parametrize("change", [None, all_known, all_shut, all_gone])
def test_a_strategy_sets_valid_levers_whoever_its_customers_are(kind, change):
    """At first nobody is known; later those who bought, if the strategy remembers them. Books open only where valid."""
    others = [{"kind": "learning_relationship"}, {"kind": "everyday_low_price"}]
    for customers, rivals, rounds in product((1, 12), (0, 2), (0, 1, 40)):
        simulation = Simulation(shop({"kind": kind}, *others[:rivals], customers=customers))
        simulation.advance(rounds)
        if change is not None:
            change(simulation)
        simulation.step()
        assert simulation.books.posted("price")[-1, 0] >= 0


@every_strategy
def test_a_strategy_gives_the_same_answer_to_the_same_view(kind):
    simulation = in_the_middle(kind)
    np.testing.assert_equal(levers(simulation), levers(simulation))


@every_strategy
def test_a_strategy_keeps_nothing_between_runs(kind):
    of = shop({"kind": kind}, {"kind": "learning_relationship"})
    first = Simulation(of)
    first.advance(8)
    again = Simulation(of)  # with the very same strategy objects
    again.advance(8)
    assert bits(again) == bits(first)


@every_strategy
def test_what_a_strategy_knows_it_knows_from_the_view(kind):
    """A strategy made anew in the middle of a run goes on as the old one does."""
    simulation = in_the_middle(kind)
    anew = deepcopy(simulation)
    made = tuple(type(strategy).model_validate(strategy.model_dump()) for strategy in anew.outlook.strategies)
    anew.outlook = anew.outlook._replace(strategies=made)
    np.testing.assert_equal(levers(anew), levers(simulation))


@every_strategy
def test_a_strategy_leaves_alone_what_it_looks_at(kind):
    simulation = in_the_middle(kind)
    shown, see = {}, observe(simulation, 0)

    def watched(what: str) -> Any:
        found = see(what)
        shown[what] = (found, deepcopy(found))
        return found

    simulation.outlook.strategies[0].decide(FirmView(watched))
    for what, (after, before) in shown.items():
        np.testing.assert_equal(after, before, err_msg=what)


@every_strategy
def test_a_strategy_plays_in_an_own_firm_as_it_does_without(kind):
    class Same(Firm):
        pass

    of = shop({"kind": kind}, {"kind": "everyday_low_price"})
    assert bits(Market(of, firm_class=Same).run().simulation) == bits(Market(of).run().simulation)


# --------------------------------------------------------------------------------------------- what a firm can see


@pytest.fixture(scope="module")
def seen() -> tuple[FirmView, Simulation]:
    """The view of a firm that has talked with its customers for five rounds, and the market it looks at."""
    simulation = Simulation(shop({"kind": "learning_relationship", "price": 5.0}, {"kind": "everyday_low_price"}))
    simulation.advance(5)
    return FirmView(observe(simulation, 0)), simulation


UNKNOWN = {"recency": np.inf, "tenure": 0, "frequency": 0, "revenue": 0, "margin": 0, "complaints": 0, "opted_out": 0}


@pytest.mark.parametrize("name, nothing", UNKNOWN.items())
def test_a_firm_sees_nothing_of_customers_it_does_not_know(name, nothing):
    simulation = Simulation(shop({"kind": "everyday_low_price"}, {"kind": "crm_blaster"}))
    simulation.advance(5)
    simulation.state.flags[0, ::2] |= state.OPTED_OUT
    view = FirmView(observe(simulation, 0))
    assert simulation.state.record[0, :, state.PURCHASES].any()
    assert not view.identified.any()
    assert (getattr(view, name) == nothing).all()


def test_a_firm_sees_when_how_often_and_for_how_much_its_customers_bought(seen):
    view, simulation = seen
    known, record = view.identified, simulation.state.record[0].T
    assert known.any()
    np.testing.assert_array_equal(view.frequency[known], record[state.PURCHASES][known])
    np.testing.assert_array_equal(view.recency[known], 6 - record[state.LAST_ROUND][known])
    np.testing.assert_array_equal(view.tenure[known], 6 - record[state.FIRST_ROUND][known])
    np.testing.assert_allclose(view.revenue.sum(), view.account("revenue").sum(), rtol=1e-6)


@pytest.mark.parametrize("private", ["trust", "context", "need", "expectation"])
def test_a_firm_does_not_see_into_its_customers(seen, private):
    view, _ = seen
    assert not hasattr(view, private)
    with pytest.raises(StrategyError, match=f"a firm cannot observe '{private}'"):
        view._see(private)


def test_profits_and_strategies_of_rivals_are_published_with_a_lag_and_prices_at_once(seen):
    view, simulation = seen
    (rival,) = view.rivals
    assert (rival.name, rival.strategy) == ("B", "everyday_low_price")
    assert rival.list_price == simulation.books.account("price")[4, 1]
    assert rival.profit.tolist() == simulation.books.account("profit")[:4, 1].tolist()


def test_nothing_is_published_of_a_rival_before_the_first_report():
    (rival,) = FirmView(
        observe(Simulation(shop({"kind": "fixed", "levers": {"price": 5.0}}, {"kind": "crm_blaster"})), 0)
    ).rivals
    assert (rival.strategy, rival.profit.size, np.isnan(rival.list_price)) == (None, 0, True)


def test_a_firm_does_not_see_customers_who_have_been_replaced():
    known = []

    class Counting(Firm):
        def decide(self, view: FirmView) -> Levers:
            known.append(int(view.identified.sum()))
            return Levers(price=4.0, memory=True)

    market = Market(shop({"kind": "crm_blaster"}, turnover=1.0), firm_class=Counting).run(3)
    assert market.simulation.books.account("identified").sum() > 0
    assert known == [0, 0, 0]


def test_buzz_needs_listening(seen):
    view, simulation = seen
    told = simulation.books.account("evidence")[-1, 0] / simulation.books.account("purchases")[-1, 0]
    assert view.buzz == told
    assert FirmView(observe(simulation, 1)).buzz is None


@pytest.mark.parametrize(
    "look", [lambda v: v.account("profit"), lambda v: v.posted("price"), lambda v: v.rivals[0].profit]
)
def test_the_books_cannot_be_written_to_by_who_looks_at_them(seen, look):
    with pytest.raises(ValueError, match="read-only"):
        look(seen[0])[:] = 0.0


# ----------------------------------------------------------------------------------------------------- own strategies


class FairWeather(Strategy):
    """Dear in odd rounds, cheap in even ones.

    Source: none, it stands for one of a notebook.
    """

    kind: Literal["fair_weather"] = "fair_weather"
    high: float = parameter(6.0, ge=0, le=100, unit="euro", description="price in odd rounds")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.high if view.round % 2 else 4.0)


class ByName(Strategy):
    """A price for each customer; the list price is left open.

    Source: none, a device of the tests.
    """

    kind: Literal["by_name"] = "by_name"

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=np.linspace(4.0, 5.0, view.customers), memory=True)


def test_a_strategy_defined_anywhere_can_be_named_in_a_scenario():
    prices = simulate(shop({"kind": "fair_weather", "high": 7.0})).accounts["price"][:4, 0]
    assert prices.tolist() == [7.0, 4.0, 7.0, 4.0]


def test_of_two_classes_of_one_kind_the_one_defined_last_counts():
    class FairWeather2(Strategy):
        """The cell of the notebook run again."""

        kind: Literal["cell"] = "cell"

    class FairWeather3(FairWeather2):
        """And again."""

        kind: Literal["cell"] = "cell"

    assert registry()["cell"] is FairWeather3


@pytest.mark.parametrize(
    "rival", [{"kind": "everyday_low_price"}, {"kind": "fair_weather"}], ids=["steady", "changing"]
)
def test_the_list_price_is_the_highest_quoted_to_a_stranger_whatever_a_rival_does(rival):
    market, quoted = Market(shop({"kind": "by_name"}, rival)), np.linspace(4.0, 5.0, 12)
    for _ in range(8):
        strangers = market.simulation.state.flags[0] & state.IDENTIFIED == 0
        market.step()
        assert market.simulation.books.account("price")[-1, 0] == quoted[strangers if strangers.any() else ...].max()


def test_a_list_price_that_is_set_is_the_public_one():
    class Listed(Firm):
        def decide(self, view: FirmView) -> Levers:
            return Levers(price=np.full(view.customers, 5.0), list_price=9.0)

    assert (
        Market(shop({"kind": "crm_blaster"}), firm_class=Listed).run(1).simulation.books.account("price")[0, 0] == 9.0
    )


# ------------------------------------------------------------------------------------------------- broken strategies


class Broken(Strategy):
    """Behaves for two rounds.

    Source: none, a device of the tests.
    """

    kind: Literal["broken"] = "broken"
    answer: ClassVar[Any] = None

    def decide(self, view: FirmView) -> Any:
        return Levers(price=5.0) if view.round < 3 else Broken.answer(view)


def says(
    message: str, answer: Callable[[FirmView], Any], monkeypatch: pytest.MonkeyPatch, driver: str = "compiled"
) -> None:
    """The third round fails with this message behind firm, strategy and round."""
    monkeypatch.setattr(Broken, "answer", staticmethod(answer))
    with pytest.raises(StrategyError) as error:
        simulate(shop({"kind": "crm_blaster"}, {"kind": "broken"}), driver=driver)
    assert str(error.value) == f'firm "B", strategy broken, round 3: {message}'


def far(high: float) -> list[float]:
    return [5.0] * 7 + [high] + [5.0] * 4


WRONG = {
    "not a number": ({"price": np.nan}, "price is nan; allowed: 0 to 1e+09 euro"),
    "infinite": ({"price": np.inf}, "price is inf; allowed: 0 to 1e+09 euro"),
    "below its range": ({"exit_fee": -1.0}, "exit_fee is -1; allowed: 0 to 1e+09 euro"),
    "above its range": ({"transparency": 1.5}, "transparency is 1.5; allowed: 0 to 1 share"),
    "not a number for one": ({"price": np.array(far(np.nan))}, "price is nan for customer 7; allowed: 0 to 1e+09 euro"),
    "above its range for one": ({"care": np.array(far(50.0)) / 10}, "care is 5 for customer 7; allowed: 0 to 2 share"),
    "of too few customers": ({"price": np.ones(3)}, "price has shape (3,); one number or one per customer, (12,)"),
    "a matrix": ({"contacts": np.ones((12, 1))}, "contacts has shape (12, 1); one number or one per customer, (12,)"),
    "by customer where it may not be": (
        {"listening": np.ones(12)},
        "listening is the same for all: one number, not an array; allowed: 0 to 1 share",
    ),
    "text": ({"price": "cheap"}, "price is 'cheap', not a number; allowed: 0 to 1e+09 euro"),
    "nothing": ({"care": None}, "care is None, not a number; allowed: 0 to 2 share"),
    "ragged": ({"price": [[5.0], [5.0, 6.0]]}, "price is [[5.0], [5.0, 6.0]], not a number; allowed: 0 to 1e+09 euro"),
    "an impossible list price": ({"list_price": -1.0}, "list_price is -1; allowed: 0 to 1e+09 euro"),
}  # fmt: skip


@pytest.mark.parametrize("driver", ["compiled", "agents"])
@pytest.mark.parametrize("set_, message", WRONG.values(), ids=WRONG)
def test_a_lever_is_refused_that_is(set_, message, driver, monkeypatch):
    says(message, lambda view: Levers(**{"price": 5.0} | set_), monkeypatch, driver)


@pytest.mark.parametrize("lever", LEVERS, ids=[lever.name for lever in LEVERS])
@pytest.mark.parametrize("end", ["low", "high"])
def test_the_ends_of_a_levers_range_are_allowed_and_nothing_beyond(lever, end, monkeypatch):
    limit = getattr(lever, end)
    simulate(shop({"kind": "fixed", "levers": {"price": 5.0} | {lever.name: limit}}), rounds=3)
    beyond = float(np.nextafter(limit, -np.inf if end == "low" else np.inf))
    message = f"{lever.name} is {beyond:g}; allowed: {lever.low:g} to {lever.high:g} {lever.unit}"
    says(message, lambda view: Levers(**{"price": 5.0} | {lever.name: beyond}), monkeypatch)


def test_a_lever_that_does_not_exist_is_answered_with_those_that_do(monkeypatch):
    names = ", ".join(lever.name for lever in LEVERS)
    says(f"there is no lever 'discount'; levers: {names}", lambda view: Levers(price=5.0, discount=1.0), monkeypatch)


def test_an_answer_that_is_no_levers_is_refused(monkeypatch):
    says("decide returned float instead of Levers", lambda view: 5.0, monkeypatch)


def test_what_a_strategy_raises_is_reported_with_whose_it_was(monkeypatch):
    says("decide raised ZeroDivisionError: division by zero", lambda view: 1 / 0, monkeypatch)


def test_what_a_strategy_raised_stays_attached(monkeypatch):
    monkeypatch.setattr(Broken, "answer", staticmethod(lambda view: 1 / 0))
    with pytest.raises(StrategyError) as error:
        simulate(shop({"kind": "broken"}))
    assert isinstance(error.value.__cause__, ZeroDivisionError)


def test_an_own_firm_is_held_to_the_same_ranges():
    class Greedy(Firm):
        def decide(self, view: FirmView) -> Levers:
            return Levers(price=-1.0)

    with pytest.raises(StrategyError, match='firm "A", strategy crm_blaster, round 1: price is -1; allowed'):
        Market(shop({"kind": "crm_blaster"}), firm_class=Greedy).step()


def test_the_levers_a_strategy_returned_stay_as_they_were():
    quoted = np.full(12, 5)

    class Keeper(Firm):
        def decide(self, view: FirmView) -> Levers:
            return Levers(price=quoted)

    Market(shop(Fixed(levers={"price": 1.0}).model_dump()), firm_class=Keeper).run(2)
    assert quoted.dtype == int
    assert (quoted == 5).all()
