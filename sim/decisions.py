"""Firms decide: what each firm observes, and its levers made ready for the kernels.

A strategy that looked at nothing but its own traits is asked again only when those change: it could not answer anything
else.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from sim import state
from sim.inputs import PERSONAL, PRICE, Firms
from sim.mechanisms import idle_levers
from sim.parameter import describe
from sim.strategies.base import LEVERS, FirmView, Lever, Levers, Rival, Strategy, StrategyError

CONSTANT = {"unit_cost", "firm", "dimensions", "customers", "discount_rate", "failure_loss"}


class Situation(Protocol):
    """What decisions need of a simulation (`sim.simulation.Simulation`)."""

    scenario: Any
    state: state.State
    books: Any
    outlook: Any
    plan: Any
    round: int
    firm_names: list[str]
    kinds: list[tuple[str, ...]]


def observe(simulation: Situation, j: int) -> Callable[[str], Any]:
    """What firm j sees, by the names of `FirmView`; nothing is computed before it is asked for."""
    record, ledger = simulation.state.record[j], simulation.state.ledger[j]
    round = simulation.round + 1
    own = simulation.books

    def known() -> np.ndarray:
        return (simulation.state.flags[j] & state.IDENTIFIED) != 0

    def of_known(values: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
        return np.where(known(), values, otherwise)

    def see(what: str) -> Any:
        match what.partition(":")[::2]:
            case "account", name:
                return _only_seen(own.account(name)[:, j])
            case "posted", name:
                return _only_seen(own.posted(name)[:, j])
            case "round", _:
                return round
            case "dimensions", _:
                return simulation.state.need.shape[0]
            case "customers", _:
                return simulation.state.supplier.size
            case "discount_rate", _:
                return simulation.scenario.market.discount_rate
            case "failure_loss", _:
                return simulation.scenario.market.failure_loss
            case "unit_cost", _:
                return simulation.outlook.traits[j]["unit_cost"]
            case "firm", _:
                return dict(simulation.outlook.traits[j])
            case "rivals", _:
                return _rivals(simulation, j)
            case "buzz", _:
                return _buzz(simulation, j)
            case "identified", _:
                return known()
            case "opted_out", _:
                return known() & ((simulation.state.flags[j] & state.OPTED_OUT) != 0)
            case "recency", _:
                return of_known(round - record[:, state.LAST_ROUND].astype(float), np.inf)
            case "tenure", _:
                return of_known(round - record[:, state.FIRST_ROUND].astype(float))
            case "frequency", _:
                return of_known(record[:, state.PURCHASES].astype(float))
            case "revenue", _:
                return of_known(ledger[:, state.REVENUE].astype(float))
            case "margin", _:
                return of_known(ledger[:, state.MARGIN].astype(float))
            case "complaints", _:
                return of_known(record[:, state.COMPLAINTS].astype(float))
            case "belief", _:
                return of_known(simulation.state.belief[j].T.astype(float))
        raise StrategyError(f"a firm cannot observe {what!r}")

    return see


def _only_seen(books: np.ndarray) -> np.ndarray:
    """Part of the books as a strategy may have it: it cannot write to it."""
    books.flags.writeable = False
    return books


def _rivals(simulation: Situation, j: int) -> tuple[Rival, ...]:
    """Prices of the last round; profits and strategies up to the last report, `report_lag` rounds ago."""
    reported = max(0, simulation.round + 1 - simulation.scenario.market.report_lag)
    prices = simulation.books.account("price")
    profits = simulation.books.account("profit")
    return tuple(
        Rival(
            name=name,
            list_price=float(prices[-1, k]) if simulation.round else np.nan,
            profit=_only_seen(profits[:reported, k]),
            strategy=simulation.kinds[reported - 1][k] if reported else None,
        )
        for k, name in enumerate(simulation.firm_names)
        if k != j and simulation.outlook.present[k]
    )


def _buzz(simulation: Situation, j: int) -> float | None:
    """Mean evidence of goodwill in the firm's encounters of last round; None if it did not listen or had none."""
    if not simulation.round or simulation.books.posted("listening")[-1, j] <= 0.0:
        return None
    buyers = simulation.books.account("purchases")[-1, j]
    return float(simulation.books.account("evidence")[-1, j] / buyers) if buyers else None


class Decided(NamedTuple):
    """What firms decided in a round in which something happened, where it depends on the scenario alone."""

    levers: tuple[Levers | None, ...]
    constant: tuple[bool, ...]
    ready: Firms
    posted: np.ndarray  # (16, F)


class Desk:
    """The firms' decisions of the present round; remembers which of them cannot change."""

    def __init__(self, firms: int) -> None:
        self.levers: list[Levers | None] = [None] * firms
        self.constant = [False] * firms
        self.ready: Firms | None = None
        self.posted = np.zeros((len(LEVERS), firms))  # as set, also where a mechanism is switched off

    def decide(self, simulation: Situation, news: bool, ask: Callable[[int], Levers] | None = None) -> Firms:
        """Ask every firm in the market that could answer differently from last round; `news`: traits have changed.

        `ask(j)` answers in the place of firm j's strategy, every round. Raises StrategyError naming firm, strategy,
        round and lever.
        """
        round, decided = simulation.round + 1, simulation.plan.decided
        if news and ask is None and round in decided:
            levers, constant, self.ready, self.posted = decided[round]
            self.levers, self.constant = list(levers), list(constant)
            return self.ready
        changed = news or self.ready is None
        for j, strategy in enumerate(simulation.outlook.strategies):
            if not simulation.outlook.present[j]:
                self.levers[j] = None
                continue
            if self.constant[j] and not news and ask is None:
                continue
            view = FirmView(observe(simulation, j))
            where = f'firm "{simulation.firm_names[j]}", strategy {strategy.kind}, round {round}'
            answer = _answer(where, lambda j=j, s=strategy, v=view: s.decide(v) if ask is None else ask(j))
            self.levers[j] = _check(answer, where, simulation.state.supplier.size, type(strategy))
            # whom the firm knows changes, and with it the list price that is left to prices by customer
            by_customer = answer.list_price is None and np.ndim(answer.price) > 0
            self.constant[j] = ask is None and view.looked_at <= CONSTANT and not by_customer
            changed = True
        if changed:
            self.ready = self._pack(simulation)
        if news and ask is None and self.settled:
            decided[round] = Decided(tuple(self.levers), tuple(self.constant), self.ready, self.posted)
        return self.ready

    @property
    def settled(self) -> bool:
        """Whether no firm in the market could decide otherwise next round."""
        return all(constant or levers is None for constant, levers in zip(self.constant, self.levers, strict=True))

    def _pack(self, simulation: Situation) -> Firms:
        outlook, idle = simulation.outlook, idle_levers(simulation.scenario)
        lever = np.array([[row.default] * len(self.levers) for row in LEVERS])
        slot = np.full((PERSONAL, len(self.levers)), -1, np.int64)
        personal = []
        customers = simulation.state.supplier.size
        self.posted = lever.copy()
        for j, levers in enumerate(self.levers):
            if levers is None:
                lever[PRICE, j] = self.posted[PRICE, j] = 0.0
                continue
            for row, declared in enumerate(LEVERS):
                value = getattr(levers, declared.name)
                self.posted[row, j] = _highest(value)
                if row == PRICE and levers.list_price is not None and not isinstance(value, np.ndarray):
                    value = np.full(customers, value)  # customers pay the price, whatever is on the list
                value = 0.0 if declared.name in idle else value
                if isinstance(value, np.ndarray):
                    slot[row, j] = len(personal)
                    personal.append(value)
                    lever[row, j] = _highest(value)
                else:
                    lever[row, j] = value
            lever[PRICE, j] = self.posted[PRICE, j] = _list_price(levers, simulation, j)
        return Firms(
            outlook.table, outlook.position, outlook.present, np.zeros_like(outlook.position), lever, slot,
            np.array(personal, float) if personal else np.zeros((0, customers)),
        )  # fmt: skip


def _highest(value: float | np.ndarray) -> float:
    """The greatest of a lever, 0 where there is none."""
    return value.max(initial=0.0) if isinstance(value, np.ndarray) else value if value > 0.0 else 0.0


def _list_price(levers: Levers, simulation: Situation, j: int) -> float:
    if levers.list_price is not None:
        return levers.list_price
    if not isinstance(levers.price, np.ndarray):
        return levers.price
    strangers = (simulation.state.flags[j] & state.IDENTIFIED) == 0
    return float(levers.price[strangers].max() if strangers.any() else levers.price.max(initial=0.0))


def _answer(where: str, decide: Callable[[], Levers]) -> Levers:
    try:
        levers = decide()
    except StrategyError as error:
        raise StrategyError(f"{where}: {error}") from error
    except Exception as error:  # whatever a user's strategy raises, say whose it was; the cause stays attached
        raise StrategyError(f"{where}: decide raised {type(error).__name__}: {error}") from error
    if not isinstance(levers, Levers):
        raise StrategyError(f"{where}: decide returned {type(levers).__name__} instead of Levers")
    return levers


def _check(levers: Levers, where: str, customers: int, strategy: type[Strategy]) -> Levers:
    """The same levers as floats and (C,) arrays within their ranges; the strategy's own object stays as it is."""
    checked = {lever.name: _value(getattr(levers, lever.name), lever, where, customers, strategy) for lever in LEVERS}
    list_price = levers.list_price
    if list_price is not None:
        once = LEVERS[PRICE]._replace(name="list_price", personal=False)
        list_price = _value(list_price, once, where, customers, strategy)
    return Levers(**checked, list_price=list_price)


def _allowed(lever: Lever, strategy: type[Strategy]) -> str:
    """The range of a lever for a reader: that of the strategy's parameter of this name, where it declares one."""
    field = strategy.model_fields.get(lever.name)
    own = describe(field) if field else None
    low = lever.low if own is None or own.low is None else max(lever.low, own.low)
    high = lever.high if own is None or own.high is None else min(lever.high, own.high)
    return f"allowed: {low:g} to {high:g} {lever.unit}"


def _value(value: Any, lever: Lever, where: str, customers: int, strategy: type[Strategy]) -> float | np.ndarray:
    if type(value) in (float, int) and lever.low <= value <= lever.high:
        return float(value)  # as nearly always, and every round

    def refused(what: str) -> StrategyError:
        return StrategyError(f"{where}: {lever.name} {what}; {_allowed(lever, strategy)}")

    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise refused(f"is {value!r}, not a number") from None
    if array.dtype.kind not in "fiub":
        raise refused(f"is {value!r}, not a number")
    if array.ndim:
        if not lever.personal:
            raise refused("is the same for all: one number, not an array")
        if array.shape != (customers,):
            shape = f"({customers},)"
            raise StrategyError(
                f"{where}: {lever.name} has shape {array.shape}; one number or one per customer, {shape}"
            )
        array = array.astype(float)
    wrong = ~((array >= lever.low) & (array <= lever.high))  # also true of NaN
    if wrong.any():
        first = int(np.argmax(wrong))
        raise refused(f"is {array[first]:g} for customer {first}" if array.ndim else f"is {array:g}")
    return array if array.ndim else float(array)
