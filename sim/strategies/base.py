"""What a strategy sees (`FirmView`), what it sets (`Levers`), and what it is (`Strategy`).

A strategy is a pure function of its own fields and of the view: it keeps nothing between rounds. Whatever it learns, it
reads from its books, which the view shows it whole. The view notes what was looked at, so that a strategy that looks at
nothing is asked only once.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np
from pydantic import BaseModel

from sim.in_words import ArgumentError, InWords
from sim.parameter import Declared


class Lever(NamedTuple):
    """One declared lever; the order of `LEVERS` is the order of rows in the engine."""

    name: str
    default: float
    low: float
    high: float
    unit: str
    meaning: str
    personal: bool = False


LEVERS = (
    Lever("price", np.nan, 0.0, 1e9, "euro", "price of one unit", personal=True),
    Lever("surcharge", 0.0, 0.0, 1e9, "euro", "charged on top after the commitment", personal=True),
    Lever("contacts", 0.0, 0.0, 100.0, "contacts/round", "messages to an identified customer", personal=True),
    Lever("personalisation", 0.0, 0.0, 1.0, "share", "how far offer and contacts follow the belief", personal=True),
    Lever("care", 0.0, 0.0, 2.0, "share", "of a voiced failure's loss that is made good", personal=True),
    Lever("transparency", 0.0, 0.0, 1.0, "share", "of the surcharge that is told beforehand"),
    Lever("outcome_share", 0.0, 0.0, 1.0, "share", "of the value in use paid instead of price and surcharge"),
    Lever("exit_fee", 0.0, 0.0, 1e9, "euro", "contractual fee for leaving"),
    Lever("quality", 1.0, 0.0, 10.0, "factor", "multiplies the firm's quality, at a cost"),
    Lever("assortment", 1.0, 1.0, 1e6, "variants", "size of the range"),
    Lever("opt_out_fee", 0.0, 0.0, 1e9, "euro", "fee for being left alone"),
    Lever("listening", 0.0, 0.0, 1.0, "share", "how far channels are two-way"),
    Lever("memory", 0.0, 0.0, 1.0, "yes or no", "whether buyers are identified"),
    Lever("advertising", 0.0, 0.0, 1.0, "1/round", "probability of making an unaware customer aware"),
    Lever("content", 0.0, 0.0, 1.0, "share", "useful content for all who know the firm"),
    Lever("pooling", 0.0, 0.0, 1.0, "share", "of the average known customer in what is believed of each"),
)
LEVER_ROW = {lever.name: row for row, lever in enumerate(LEVERS)}


class StrategyError(InWords, ValueError):
    """A strategy raised, or returned a lever that is out of range, not a number or of the wrong shape."""


class Levers:
    """What a firm sets for one round; see `LEVERS` for units and bounds.

    `price`, `surcharge`, `contacts`, `personalisation` and `care` are one number or an array with one entry per
    customer of the market; the rest are one number each. Customers pay `price`; `list_price` is what rivals see and the
    books record: by default the price, or, where it differs by customer, the highest quoted to a customer the firm does
    not know.
    """

    __slots__ = (*LEVER_ROW, "list_price")

    def __init__(self, price: Any, *, list_price: float | None = None, **levers: Any) -> None:
        self.price, self.list_price = price, list_price
        for lever in LEVERS[1:]:
            setattr(self, lever.name, levers.pop(lever.name, lever.default))
        if levers:
            raise StrategyError(f"there is no lever {', '.join(map(repr, levers))}; levers: {', '.join(LEVER_ROW)}")

    def __repr__(self) -> str:
        names = ("price", "list_price", *(lever.name for lever in LEVERS[1:]))
        usual = {"list_price": None} | {lever.name: lever.default for lever in LEVERS}
        said = ((name, getattr(self, name)) for name in names)
        return f"Levers({', '.join(f'{n}={v!r}' for n, v in said if isinstance(v, np.ndarray) or v != usual[n])})"


class Rival(NamedTuple):
    """What is public of another firm in the market."""

    name: str
    list_price: float  # of the last round, euro; NaN before a rival's first round
    profit: np.ndarray  # (rounds,) euro, as far as published
    strategy: str | None  # kind, as far as published


class FirmView:
    """What one firm can observe at the start of a round. It never shows trust, needs, expectations or rivals'
    customers.

    Arrays over customers have one entry per customer of the market and tell nothing about those the firm has not
    identified: `identified` says which are known. A customer once identified is recognised in the records, so that
    its earlier purchases count too. They are computed when asked for and must not be written to.
    """

    def __init__(self, observe: Callable[[str], Any]) -> None:
        self._observe = observe
        self.looked_at: set[str] = set()

    def _see(self, what: str) -> Any:
        self.looked_at.add(what)
        return self._observe(what)

    round = property(lambda self: self._see("round"), doc="Number of the round to be decided, from 1.")
    dimensions = property(lambda self: self._see("dimensions"), doc="Number of dimensions a need has.")
    customers = property(lambda self: self._see("customers"), doc="Number of customers in the market, known or not.")
    discount_rate = property(lambda self: self._see("discount_rate"), doc="Discount rate per round.")
    failure_loss = property(lambda self: self._see("failure_loss"), doc="Value a failed delivery loses, euro.")
    unit_cost = property(lambda self: self._see("unit_cost"), doc="Own cost of one standard unit, euro.")
    firm = property(lambda self: self._see("firm"), doc="All own declared traits, e.g. `view.firm['contact_cost']`.")

    rivals = property(lambda self: self._see("rivals"), doc="The other firms in the market, as `Rival`s.")
    buzz = property(
        lambda self: self._see("buzz"), doc="Mean evidence z in last round's encounters; None without listening."
    )
    identified = property(lambda self: self._see("identified"), doc="(C,) bool: customers the firm knows.")
    opted_out = property(lambda self: self._see("opted_out"), doc="(C,) bool: known and shut to contacts.")
    recency = property(lambda self: self._see("recency"), doc="(C,) rounds since the last purchase; inf if unknown.")
    tenure = property(lambda self: self._see("tenure"), doc="(C,) rounds since the first purchase; 0 if unknown.")
    frequency = property(lambda self: self._see("frequency"), doc="(C,) purchases so far; 0 if unknown.")
    revenue = property(lambda self: self._see("revenue"), doc="(C,) euro so far; 0 if unknown.")
    margin = property(lambda self: self._see("margin"), doc="(C,) euro so far less units, tailoring and compensation.")
    complaints = property(lambda self: self._see("complaints"), doc="(C,) voiced failures so far; 0 if unknown.")
    belief = property(lambda self: self._see("belief"), doc="(K, C) believed needs; 0 if unknown.")

    def account(self, name: str) -> np.ndarray:
        """Own books so far: (rounds played,) of one account, e.g. "profit", "purchases", "won" (see sim.books)."""
        return self._see(f"account:{name}")

    def posted(self, lever: str) -> np.ndarray:
        """Own lever so far: (rounds played,); the list price where prices were personal."""
        return self._see(f"posted:{lever}")


Posture = Literal["transactional", "relational", "pseudo-relational", "mixed"]


class Strategy(Declared):
    """Base of all strategies: a frozen record of declared fields with `decide`.

    A subclass declares `kind: Literal["its_name"] = "its_name"`, its `posture`, fields through `parameter`, and
    `decide`.
    """

    kind: str
    posture: ClassVar[Posture] = "mixed"

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Refuse a strategy that would silently take the place of its parent, or that no chart could colour."""
        if "kind" not in inspect.get_annotations(cls) or not isinstance(cls.model_fields["kind"].default, str):
            raise ArgumentError(f'{cls.__name__} needs a kind of its own: kind: Literal["its_name"] = "its_name"')
        if cls.posture not in get_args(Posture):
            raise ArgumentError(f"{cls.__name__}: posture is {cls.posture!r}; allowed: {', '.join(get_args(Posture))}")

    def decide(self, view: FirmView) -> Levers:
        """The levers of this round, a pure function of the strategy's fields and the view."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it decides")

    @classmethod
    def idea(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().split("\n")[0]


@cache
def _walk() -> None:
    package = importlib.import_module("sim.strategies")
    for module in pkgutil.iter_modules(package.__path__, "sim.strategies."):
        importlib.import_module(module.name)


def registry() -> dict[str, type[Strategy]]:
    """Every strategy by its kind, in alphabetical order: those of this package and any subclass defined elsewhere.

    Of two classes with the same kind the one defined last counts, so that a notebook cell can be run again.
    """
    _walk()
    found: dict[str, type[Strategy]] = {}
    waiting: list[type[BaseModel]] = [Strategy]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            kind = cls.model_fields["kind"].default
            if isinstance(kind, str):
                found[kind] = cls
    return dict(sorted(found.items()))
