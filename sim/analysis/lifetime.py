"""What a customer has been worth to a firm: value realised so far, customer by customer, and how it is spread.

Charged to a customer are: the prices and surcharges it paid and the exit fees it paid for leaving, to the cent; the
costs of making, tailoring and compensating, as the mean of the firm's purchases of that round, since the log does not
say whose delivery failed; the costs of contacting, listening and knowing by name, in equal parts among the customers
who have bought from the firm and are in the market (assumption). What remains of customer equity, mostly fees for being
left alone and customers who were replaced, is reported as unassigned: nothing is lost and nothing made up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.accounts import customer_equity
from sim.analysis.concentration import gini, top_share
from sim.analysis.levels import discount_factors, need_log, once, ratio, summed
from sim.analysis.purchases import History, firm_number, history
from sim.results import Results, ResultsError

UNIT_COSTS = ("production", "personalisation", "compensation")
RELATIONSHIP_COSTS = ("contacting", "listening", "identification")


def lifetime_value_formula(margin: float, retention: float, rate: float) -> float:
    """Value of what a customer brings after its first purchase: m·r/(1 + i − r), euro.

    margin m euro per period while it stays, retention r in [0, 1] per period and the same for ever, discount rate
    i >= 0 per period; infinite where nothing is ever lost or discounted. Raises ValueError for r or i beyond these.
    Source: Gupta & Lehmann 2003.
    """
    if not (0 <= retention <= 1 and rate >= 0):
        raise ValueError(f"retention = {retention}, rate = {rate}: allowed are 0 to 1, and 0 or more")
    lost = 1.0 + rate - retention
    return margin * retention / lost if lost > 0 else float("inf") * margin if margin else 0.0


# ------------------------------------------------------------------------------------------------- charged to whom


class Charges(NamedTuple):
    """What customers can be charged with, undiscounted, for T rounds, n purchases, F firms, C customers.

    known        the histories
    margin       (n,) price and surcharge less the mean unit costs of the firm's purchases of that round
    fee          (n,) exit fee paid at this purchase to the firm left, `known.previous`
    keeping      (T, F) costs of contacting, listening and knowing, per customer of the firm
    first        (F, C) round of the first purchase, 0 = never; last (C,) until when it is charged with these costs
    """

    known: History
    margin: np.ndarray
    fee: np.ndarray
    keeping: np.ndarray
    first: np.ndarray
    last: np.ndarray


@once
def charges(results: Results) -> Charges:
    """Split the accounts among customers. Raises ResultsError without a log, or for books of some rounds only."""
    log, firms, rounds = need_log(results), len(results.firms), results.rounds
    counted = np.zeros((rounds, firms))
    when, where = log["round"].astype(np.int64), log["firm"].astype(np.int64)
    fits = when.max(initial=0) <= rounds
    if fits:
        counted = np.bincount((when - 1) * firms + where, minlength=rounds * firms).reshape(rounds, firms)
    if not fits or not np.array_equal(counted, results.account("purchases")):
        raise ResultsError("the books do not show the rounds of the log; take lifetime values from the whole run")
    known = history(results)
    now = known.round - 1
    unit = ratio(sum(results.account(name) for name in UNIT_COSTS), results.account("purchases"))
    margin = known.price + known.surcharge - unit[now, known.firm]
    per_leaver = ratio(results.account("exit_fees"), results.account("lost"))
    left = (known.previous >= 0) & (known.previous != known.firm)
    fee = np.where(left, np.nan_to_num(per_leaver)[now, known.previous], 0.0)
    first = np.full((firms, known.customers), rounds + 1)
    np.minimum.at(first, (known.firm, known.customer), known.round)
    first[first > rounds] = 0
    last = known.last_round
    came = np.stack([np.bincount(row[row > 0] - 1, minlength=rounds) for row in first], axis=1)
    went = np.stack([np.bincount(last[row > 0], minlength=rounds + 1)[:rounds] for row in first], axis=1)
    kept = np.maximum(np.cumsum(came - went, axis=0), results.account("identified"))
    keeping = np.nan_to_num(ratio(sum(results.account(name) for name in RELATIONSHIP_COSTS), kept))
    return Charges(known, margin, fee, keeping, first, last)


class CustomerValues(NamedTuple):
    """What each customer has brought each firm, discounted euro.

    value        (F, C), NaN for who never bought from the firm
    acquired     (F, C) round of the first purchase, 0 = never
    unassigned   (F,) customer equity so far less the sum of the values, as of the start of the run
    """

    value: np.ndarray
    acquired: np.ndarray
    unassigned: np.ndarray


def customer_values(results: Results, from_acquisition: bool = False) -> CustomerValues:
    """Realised lifetime value of every customer to every firm, Σ_t contribution_t·(1 + i)^-t, euro.

    Contributions are prices, surcharges and exit fees paid, less unit costs (production, personalisation, compensation:
    the mean of the firm's purchases of that round) and less an equal part in what it cost to contact, listen to and
    know the firm's customers in that round. As of the start of the run, so that values and `unassigned` add up to
    `customer_equity`; or, from_acquisition, as of the start of the round of the first purchase, so that early and late
    customers compare. Raises ResultsError without a log. Source: Rust, Lemon & Zeithaml 2004; the sharing of costs:
    assumption.
    """
    found = charges(results)
    known, (firms, customers) = found.known, found.first.shape
    factors = discount_factors(results.discount_rate, results.rounds)
    worth = factors[known.round - 1]
    size = firms * customers
    value = summed(known.firm * customers + known.customer, found.margin * worth, size)
    switched = known.previous >= 0
    place = known.previous[switched] * customers + known.customer[switched]
    value += summed(place, (found.fee * worth)[switched], size)
    value = value.reshape(firms, customers)
    to_date = np.concatenate([np.zeros((1, firms)), np.cumsum(found.keeping * factors[:, None], axis=0)])
    own = np.arange(firms)[:, None]
    bought = found.first > 0
    value -= np.where(bought, to_date[np.maximum(found.last, 0), own] - to_date[np.maximum(found.first - 1, 0), own], 0)
    unassigned = customer_equity(results) - value.sum(axis=1)
    if from_acquisition:
        value = value * (1.0 + results.discount_rate) ** np.maximum(found.first - 1, 0)
    return CustomerValues(np.where(bought, value, np.nan), found.first, unassigned)


# ---------------------------------------------------------------------------------------------------- distributions


class Distribution(NamedTuple):
    """How unequal n customers are, for NaN-free values in euro.

    negative     share of customers who cost more than they brought
    gini         0 all alike, to 1; may exceed 1 where some are negative. NaN where the total is not positive
    top_fifth    share of the total that the best fifth bring; above 1 where others lose it again. NaN likewise
    """

    n: int
    mean: float
    quantiles: dict[float, float]
    negative: float
    gini: float
    top_fifth: float
    total: float


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def distribution(values: np.ndarray) -> Distribution:
    """Distribution of customers' values (any shape, euro; NaN left out); NaN without any."""
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        nothing = float("nan")
        return Distribution(0, nothing, dict.fromkeys(QUANTILES, nothing), nothing, nothing, nothing, 0.0)
    quantiles = dict(zip(QUANTILES, np.quantile(values, QUANTILES).tolist(), strict=True))
    negative = float((values < 0).mean())
    return Distribution(
        values.size, float(values.mean()), quantiles, negative, gini(values), top_share(values), float(values.sum())
    )


def value_distribution(results: Results, firm: str) -> Distribution:
    """Distribution of the realised lifetime values of the firm's customers, as of their acquisition.

    Raises ResultsError without a log.
    """
    return distributions(results)[firm_number(results, firm)]


def value_curve(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of customers, and share of all value they bring, best customers first; (n + 1,) each, from 0 to 1.

    Above 1 in between where some customers are negative: the whale curve. Shares of value are NaN where the total is
    not positive. Source: Kaplan & Narayanan 2001.
    """
    values = np.sort(np.asarray(values, dtype=np.float64))[::-1]
    values = values[~np.isnan(values)]
    total = values.sum()
    share = np.concatenate([[0.0], values.cumsum()]) / (total if total > 0 else np.nan)
    return np.arange(values.size + 1) / max(values.size, 1), share


@once
def distributions(results: Results) -> list[Distribution]:
    """Of each firm the distribution of its customers' realised lifetime values, as of their acquisition."""
    return [distribution(row) for row in customer_values(results, from_acquisition=True).value]


def _of_customers(results: Results, part: str) -> np.ndarray:
    return np.array([getattr(own, part) for own in distributions(results)], dtype=np.float64)


def lifetime_value(results: Results) -> np.ndarray:
    """(F,) mean of what a customer of the firm has brought it so far, discounted to its acquisition, euro per customer.

    What each is charged with: see `customer_values`. NaN without customers. Raises ResultsError without a log.
    """
    return _of_customers(results, "mean")


def losing_customers(results: Results) -> np.ndarray:
    """(F,) share of the firm's customers who have cost it more than they brought. Raises ResultsError without a log."""
    return _of_customers(results, "negative")


def top_fifth(results: Results) -> np.ndarray:
    """(F,) share of all realised lifetime value that the best fifth of the firm's customers bring; above 1 where others
    lose it again, NaN where the total is not positive. Raises ResultsError without a log.
    """
    return _of_customers(results, "top_fifth")


def lifetime_gini(results: Results) -> np.ndarray:
    """(F,) Gini coefficient of the realised lifetime values of the firm's customers: 0 all alike, towards 1 one brings
    all; may exceed 1 where some are negative, NaN where the total is not positive. Raises ResultsError without a log.
    """
    return _of_customers(results, "gini")
