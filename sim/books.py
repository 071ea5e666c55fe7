"""What is booked in a round: the flows the drivers add up, and the accounts made from them.

A flow is a sum over customers. To make sums independent of blocks and threads, each cell is added up customer by
customer within chunks of `CHUNK` customers, and chunks are added in their order.
"""

from typing import NamedTuple

import numpy as np

from sim.inputs import ADVERTISING, CONTENT, LISTENING, PRICE, Firms
from sim.results import ACCOUNTS, MARKET
from sim.state import Quantity
from sim.strategies.base import LEVER_ROW, LEVERS

CHUNK = 4096

# Per firm. Each cell is filled by one kind of event only, so that its order of summation is that of the customers.
FLOW = (
    Quantity("sales", "", "euro", "prices and outcome shares paid"),
    Quantity("surcharges", "h", "euro", "surcharges"),
    Quantity("exit_fees", "", "euro", "received from customers who left"),
    Quantity("opt_out_fees", "", "euro", "received from customers who shut the channel"),
    Quantity("production", "", "euro", "unit costs without personalisation"),
    Quantity("personalisation", "c_g·g", "euro", "cost of personalised units"),
    Quantity("compensation", "care·L", "euro", "cost of repairing voiced failures"),
    Quantity("purchases", "", "purchases", "encounters"),
    Quantity("first_time", "", "purchases", "of customers who had never bought from the firm"),
    Quantity("won", "", "customers", "who came from another supplier"),
    Quantity("lost", "", "customers", "who went to another supplier"),
    Quantity("newcomers", "", "customers", "who had no supplier before"),
    Quantity("contacts", "m", "contacts", "sent"),
    Quantity("failures", "", "purchases", "failed deliveries"),
    Quantity("complaints", "", "complaints", "voiced failures"),
    Quantity("opt_outs", "", "customers", "who shut the channel"),
    Quantity("trust", "τ", "share·buyers", "sum over the round's buyers, after the encounter"),
    Quantity("context", "x", "share·buyers", "sum over the round's buyers, after the encounter"),
    Quantity("fit", "", "share·buyers", "sum over the round's buyers"),
    Quantity("surplus", "s", "euro", "sum over the round's encounters"),
    Quantity("effort", "e", "euro", "sum over the round's encounters"),
    Quantity("value", "v", "euro", "value in use of the round's encounters"),
    Quantity("evidence", "z", "share·buyers", "sum over the round's buyers"),
    Quantity("met", "", "customers", "newly identified"),
    Quantity("forgotten", "", "customers", "identified ones who left the market or were replaced"),
)
(
    SALES, SURCHARGES, EXIT_FEES, OPT_OUT_FEES, PRODUCTION, PERSONALISATION, COMPENSATION, PURCHASES, FIRST_TIME, WON,
    LOST, NEWCOMERS, CONTACTS, FAILURES, COMPLAINTS, OPT_OUTS, TRUST, CONTEXT, FIT, SURPLUS, EFFORT, VALUE,
    EVIDENCE, MET, FORGOTTEN,
) = range(len(FLOW))  # fmt: skip

# Of the market as a whole.
TOTAL = (
    Quantity("occasions", "", "occasions", "needs that arose"),
    Quantity("stress", "S", "contacts", "sum over customers in the market"),
    Quantity("overload", "o", "share·customers", "sum over customers in the market"),
    Quantity("switching_cost", "", "euro", "sum over `switchable` customers"),
    Quantity("switchable", "", "customers", "with an occasion, a supplier in the market and an alternative"),
    Quantity("active", "", "customers", "in the market at the start of the round"),
    Quantity("departures", "", "customers", "who left the market for good"),
    Quantity("replaced", "", "customers", "who made room for a fresh one"),
)
OCCASIONS, STRESS, OVERLOAD, SWITCHING_COST, SWITCHABLE, ACTIVE, DEPARTURES, REPLACED = range(len(TOTAL))


class Flows(NamedTuple):
    """Sums of one or more rounds: T rounds, N chunks of customers, F firms."""

    firm: np.ndarray  # (T, N, F, 25) float64, cells of FLOW
    market: np.ndarray  # (T, N, 8) float64, cells of TOTAL


def flows(rounds: int, customers: int, firms: int) -> Flows:
    """Empty sums."""
    chunks = -(-customers // CHUNK)
    return Flows(np.zeros((rounds, chunks, firms, len(FLOW))), np.zeros((rounds, chunks, len(TOTAL))))


def in_order(parts: np.ndarray, axis: int = 1) -> np.ndarray:
    """Sum over chunks, by default axis 1, strictly in their order (np.sum would pair them)."""
    return np.moveaxis(np.add.accumulate(parts, axis=axis), axis, 0)[-1]


COSTS = (
    "production", "personalisation", "contacting", "listening", "identification", "advertising", "content",
    "compensation",
)  # fmt: skip
ACCOUNT_ROW = {name: row for row, name in enumerate(ACCOUNTS)}
# accounts that are flows as they stand, and which
BOOKED_ROWS = [ACCOUNT_ROW[flow.name] for flow in FLOW if flow.name in ACCOUNT_ROW]
BOOKED_CELLS = [cell for cell, flow in enumerate(FLOW) if flow.name in ACCOUNT_ROW]
SERIES_ROW = {name: row for row, name in enumerate(MARKET)}


class Books:
    """Accounts of the rounds played so far, and the levers that were posted; grows as rounds are played."""

    def __init__(self, costs: dict[str, np.ndarray], firms: int, customers: int) -> None:
        """costs: name -> (F,) the firms' cost traits."""
        self.costs, self.customers = costs, customers
        self.rounds = 0
        self._accounts = np.zeros((len(ACCOUNTS), 16, firms))
        self._market = np.zeros((len(MARKET), 16))
        self._posted = np.zeros((16, len(LEVERS), firms))

    def account(self, name: str) -> np.ndarray:
        """One account so far, (rounds, F); KeyError names those there are."""
        if name not in ACCOUNTS:
            raise KeyError(f"there is no account {name!r}; accounts: {', '.join(ACCOUNTS)}")
        return self._accounts[ACCOUNT_ROW[name], : self.rounds]

    def series(self, name: str) -> np.ndarray:
        """One market series so far, (rounds,)."""
        if name not in MARKET:
            raise KeyError(f"there is no market series {name!r}; series: {', '.join(MARKET)}")
        return self._market[SERIES_ROW[name], : self.rounds]

    def posted(self, lever: str) -> np.ndarray:
        """One lever so far, (rounds, F)."""
        if lever not in LEVER_ROW:
            raise KeyError(f"there is no lever {lever!r}; levers: {', '.join(LEVER_ROW)}")
        return self._posted[: self.rounds, LEVER_ROW[lever]]

    def copied(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
        """All accounts, market series and levers so far by name, as they will stay whatever is booked later."""
        accounts, market = self._accounts[:, : self.rounds].copy(), self._market[:, : self.rounds].copy()
        posted = np.moveaxis(self._posted[: self.rounds], 1, 0).copy()
        return (
            dict(zip(ACCOUNTS, accounts, strict=True)),
            dict(zip(MARKET, market, strict=True)),
            dict(zip(LEVER_ROW, posted, strict=True)),
        )

    def close(self, rounds: int, flows: Flows, firms: Firms, posted: np.ndarray) -> None:
        """Enter the next `rounds` rounds, during which the firms kept the levers they posted, (16, F)."""
        firm, market = in_order(flows.firm[:rounds]), in_order(flows.market[:rounds])
        first, self.rounds = self.rounds, self.rounds + rounds
        while self.rounds > self._market.shape[1]:
            self._accounts = np.concatenate([self._accounts, np.zeros_like(self._accounts)], axis=1)
            self._market = np.concatenate([self._market, np.zeros_like(self._market)], axis=1)
            self._posted = np.concatenate([self._posted, np.zeros_like(self._posted)])
        known = self.account("identified")[first - 1] if first else 0.0
        new = accounts_of(firm, firms, self.costs, self.customers, known)
        self._accounts[:, first : self.rounds] = new
        self._market[:, first : self.rounds] = series_of(new, market)
        self._posted[first : self.rounds] = posted


def accounts_of(
    firm: np.ndarray, firms: Firms, costs: dict[str, np.ndarray], customers: int, known: np.ndarray | float = 0.0
) -> np.ndarray:
    """(35, …, T, F) accounts of T rounds from their flows (…, T, F, 25); costs and customers as in `Books`.

    known: (…, F) customers identified before the first of them.
    """
    new = np.empty((len(ACCOUNTS), *firm.shape[:-1]))
    new[BOOKED_ROWS] = np.moveaxis(firm, -1, 0)[BOOKED_CELLS]
    entries = dict(zip(ACCOUNTS, new, strict=True))
    present = firms.present.astype(float)
    np.cumsum(firm[..., MET] - firm[..., FORGOTTEN], axis=-2, out=entries["identified"])
    entries["identified"] += known
    entries["repeat"][:] = entries["purchases"] - entries["first_time"]
    entries["revenue"][:] = entries["sales"] + entries["surcharges"] + entries["exit_fees"] + entries["opt_out_fees"]
    entries["contacting"][:] = costs["contact_cost"] * entries["contacts"]
    entries["listening"][:] = costs["listening_cost"] * firms.lever[LISTENING] * entries["identified"] * present
    entries["identification"][:] = costs["identification_cost"] * entries["identified"] * present
    entries["advertising"][:] = costs["advertising_cost"] * firms.lever[ADVERTISING] * customers * present
    entries["content"][:] = costs["content_cost"] * firms.lever[CONTENT] * present
    entries["cost"][:] = sum(entries[name] for name in COSTS)
    entries["profit"][:] = entries["revenue"] - entries["cost"]
    entries["price"][:] = np.where(present > 0, firms.lever[PRICE], np.nan)
    entries["present"][:] = present
    return new


def series_of(accounts: np.ndarray, market: np.ndarray) -> np.ndarray:
    """(15, …, T) market series of T rounds from accounts (35, …, T, F) and flows (…, T, 8)."""
    entries, new = dict(zip(ACCOUNTS, accounts, strict=True)), np.empty((len(MARKET), *market.shape[:-1]))
    series = dict(zip(MARKET, new, strict=True))
    for cell, quantity in enumerate(TOTAL):
        series[quantity.name][:] = market[..., cell]
    for name in ("purchases", "trust", "value", "effort"):
        series[name][:] = entries[name].sum(axis=-1)
    series["no_purchase"][:] = series["occasions"] - series["purchases"]
    series["payments"][:] = entries["revenue"].sum(axis=-1)
    series["surplus"][:] = entries["surplus"].sum(axis=-1) - entries["opt_out_fees"].sum(axis=-1)
    return new
