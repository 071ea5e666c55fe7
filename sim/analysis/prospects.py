"""What customers will still bring: forecasts, lifetime value by cohort, cost of acquisition and its payback.

Costs are charged to customers as in `sim.analysis.lifetime`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.analysis.accounts import customer_equity
from sim.analysis.levels import YEAR, discount_factors, discounted, ratio, summed
from sim.analysis.lifetime import RELATIONSHIP_COSTS, Charges, charges, lifetime_value_formula
from sim.analysis.purchases import firm_number
from sim.analysis.survival import cohort_numbers, spells_of
from sim.results import Results, ResultsError

if TYPE_CHECKING:
    from sim.analysis.bgnbd import Fit

HORIZON = 60  # rounds looked ahead; assumption

# --------------------------------------------------------------------------------------------------------- forecasts


class Forecast(NamedTuple):
    """What each of the n customers who ever bought from the firm will bring in the next `horizon` rounds.

    customer     (n,) their numbers
    alive        (n,) probability that the customer will still buy
    purchases    (n,) expected purchases
    value        (n,) expected contribution, euro discounted to the end of the run
    fit          the BG/NBD it rests on; `fit.doubts` says what is not well known
    """

    customer: np.ndarray
    alive: np.ndarray
    purchases: np.ndarray
    value: np.ndarray
    fit: Fit
    horizon: int


def forecast_values(results: Results, firm: str, horizon: int = HORIZON) -> Forecast:
    """Expected lifetime value of every customer from the dates of its purchases alone, as a firm would do it.

    Purchases from the firm follow the BG/NBD (Fader, Hardie & Lee 2005): who buys elsewhere or leaves the market is not
    seen, only the silence. value = m·Σ_k (E[Y(k)] − E[Y(k−1)])·(1 + i)^-k for k = 1 … horizon; m is the customer's own
    mean contribution per purchase so far less what the firm spent, per purchase of the last 12 rounds, on contacting,
    listening and knowing (assumption: both stay as they were). The past is carried on: while shares still move, the
    forecast is too low for who wins and too high for who loses. Raises ResultsError without a log, for a firm there is
    not, a horizon below 1, or where nobody bought twice.
    """
    from sim.analysis.bgnbd import FitError, Histories, fit  # scipy.optimize takes a while, and few ask for forecasts

    j = firm_number(results, firm)
    if horizon < 1:
        raise ResultsError(f"horizon = {horizon}: at least one round is needed")
    found = charges(results)
    mine = found.known.firm == j
    customer, place = np.unique(found.known.customer[mine], return_inverse=True)
    count = np.bincount(place, minlength=customer.size)
    first, latest = found.first[j, customer], np.zeros(customer.size, np.int64)
    np.maximum.at(latest, place, found.known.round[mine])
    seen = Histories((count - 1).astype(float), (latest - first).astype(float), (results.rounds - first).astype(float))
    try:
        model = fit(seen)
    except FitError as error:
        raise ResultsError(f"customers of {firm} cannot be forecast: {error}") from None
    alike, which = np.unique(np.stack(seen, axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    kinds = Histories(*alike.T)
    expected = np.stack([model.forecast(kinds, time) for time in range(1, horizon + 1)])  # (horizon, kinds)
    factors = discount_factors(results.discount_rate, horizon)
    worth = factors @ np.diff(expected, axis=0, prepend=0.0)
    own = summed(place, found.margin[mine], customer.size) / count
    spent = sum(results.account(name)[-YEAR:, j].sum() for name in RELATIONSHIP_COSTS)
    sold = results.account("purchases")[-YEAR:, j].sum()
    margin = own - (spent / sold if sold > 0 else 0.0)
    return Forecast(customer, model.alive(kinds)[which], expected[-1, which], margin * worth[which], model, horizon)


class Equity(NamedTuple):
    """Customer equity of a firm, euro as of the start of the run.

    realised       what customers have brought so far: `customer_equity`
    outlook        what present customers will bring in the next `horizon` rounds
    acquisition    advertising and content so far, which is what it cost to win them
    acquired       first purchases so far
    """

    realised: float
    outlook: float
    acquisition: float
    acquired: int


def customer_equity_outlook(results: Results, firm: str, horizon: int = HORIZON) -> Equity:
    """Customer equity so far and to come, beside the cost of acquisition: `forecast_values` added up.

    Raises ResultsError as that does. Source: Blattberg & Deighton 1996; Rust, Lemon & Zeithaml 2004.
    """
    return equity_of(results, firm, forecast_values(results, firm, horizon))


def equity_of(results: Results, firm: str, forecast: Forecast) -> Equity:
    """`customer_equity_outlook` from a forecast that was made before."""
    j = firm_number(results, firm)
    outlook = forecast.value.sum() / (1 + results.discount_rate) ** results.rounds
    spent = discounted(results, acquisition(results)).sum(axis=0)[j]
    acquired = int(results.account("first_time")[:, j].sum())
    return Equity(float(customer_equity(results)[j]), float(outlook), float(spent), acquired)


# ----------------------------------------------------------------------------------------------------------- cohorts


class CohortValue(NamedTuple):
    """Customers acquired in the rounds `first` to `last`, and what they are worth after their first purchase.

    retention    share of them that stays from one round to the next; 1 − lost/(rounds watched)
    margin       contribution in a round in which the customer is still with the firm, euro
    expected     m·r/(1 + i − r), if margin and retention stay so for ever, euro
    realised     mean brought so far while they stayed, first purchase not counted, discounted to it, euro
    """

    first: int
    last: int
    customers: int
    retention: float
    margin: float
    expected: float
    realised: float


def cohort_values(results: Results, firm: str, width: int = YEAR) -> list[CohortValue]:
    """Lifetime value by cohort of acquisition, closed form beside what was realised.

    A constant retention rate undervalues customers who differ in it, since the loyal stay (Fader & Hardie 2010); see
    `forecast_values` for forecasts customer by customer. NaN where no round was watched. Raises ResultsError without a
    log. Source: Gupta & Lehmann 2003.
    """
    j, found = firm_number(results, firm), charges(results)
    stays = spells_of(found.known, j)
    after = stays.duration - stays.ended  # rounds after the first in which the customer was there
    brought, worth = _while_there(found, j, stays.customer, stays.cohort, after, results.discount_rate)
    groups = cohort_numbers(stays, width)
    values = []
    for group in np.unique(groups):
        own = groups == group
        watched, there = int(stays.duration[own].sum()), int(after[own].sum())
        retention = 1.0 - int(stays.ended[own].sum()) / watched if watched else float("nan")
        margin = float(brought[own].sum() / there) if there else float("nan")
        expected = float("nan")
        if not np.isnan(retention):
            expected = lifetime_value_formula(margin if there else 0.0, retention, results.discount_rate)
        number, start = int(own.sum()), int(group) * width
        realised = float(worth[own].mean())
        values.append(CohortValue(start + 1, start + width, number, retention, margin, expected, realised))
    return values


def _while_there(
    found: Charges, firm: int, customer: np.ndarray, start: np.ndarray, after: np.ndarray, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) contribution to the firm in the `after` rounds following round `start`, plain and discounted to `start`."""
    known, size = found.known, found.known.customers
    begin, end = np.full(size, -1), np.full(size, -1)
    begin[customer], end[customer] = start, start + after
    who = known.customer
    rows = (known.firm == firm) & (known.round > begin[who]) & (known.round <= end[who]) & (begin[who] >= 0)
    tenure = known.round[rows] - begin[who[rows]]
    plain = summed(who[rows], found.margin[rows], size)[customer]
    worth = summed(who[rows], found.margin[rows] * (1 + rate) ** -tenure.astype(float), size)[customer]
    rounds = len(found.keeping)
    factors = discount_factors(rate, rounds)
    for weight, total in ((np.ones(rounds), plain), (factors, worth)):
        to_date = np.concatenate([[0.0], np.cumsum(found.keeping[:, firm] * weight)])
        total -= (to_date[start + after] - to_date[start]) / weight[start - 1]
    return plain, worth


# ------------------------------------------------------------------------------------------- acquisition and payback


def acquisition(results: Results) -> np.ndarray:
    """(rounds, F) spending that no single customer can be charged with, advertising and content, euro."""
    return results.account("advertising") + results.account("content")


def acquisition_cost(results: Results) -> np.ndarray:
    """(F,) advertising and content per customer who bought from the firm for the first time, euro.

    All of both is taken to win customers, though it also reaches those there are. NaN where nobody was won.
    """
    return ratio(acquisition(results).sum(axis=0), results.account("first_time").sum(axis=0))


def value_by_tenure(results: Results, firm: str) -> np.ndarray:
    """(rounds,) mean contribution of a customer in the first 0, 1, 2, … rounds after that of its first purchase, that
    purchase included, cumulative and discounted to it, euro; NaN for tenures at which no customer was watched.

    The increment at tenure k is a mean over the customers acquired at least k rounds before the end, also those who
    have gone. Raises ResultsError without a log or for a firm there is not.
    """
    return _by_tenure(charges(results), firm_number(results, firm), results.discount_rate)


def _by_tenure(found: Charges, firm: int, rate: float) -> np.ndarray:
    known, first, rounds = found.known, found.first[firm], len(found.keeping)
    came = first > 0
    tenure = known.round - first[known.customer]
    mine = known.firm == firm
    brought = summed(tenure[mine], found.margin[mine], rounds)
    paid = (known.previous == firm) & ~mine
    brought += summed(tenure[paid], found.fee[paid], rounds)
    size = rounds + 1
    pairs, number = np.unique(first[came] * size + found.last[came], return_counts=True)
    for start, end, count in zip(pairs // size, pairs % size, number, strict=True):
        brought[: end - start + 1] -= count * found.keeping[start - 1 : end, firm]
    watched = np.bincount(rounds - first[came], minlength=rounds)[::-1].cumsum()[::-1]
    with np.errstate(invalid="ignore"):
        return (ratio(brought, watched) * (1 + rate) ** -np.arange(float(rounds))).cumsum()


def payback(results: Results) -> np.ndarray:
    """(F,) rounds after its first purchase until a mean customer has brought back what it cost to win it.

    The first tenure at which `value_by_tenure` reaches `acquisition_cost`: 0 where the first purchase pays, NaN where
    it is never reached as long as customers were watched. Raises ResultsError without a log.
    Source: Farris et al. 2010, Marketing Metrics.
    """
    found, cost = charges(results), acquisition_cost(results)
    paths = np.array([_by_tenure(found, j, results.discount_rate) for j in range(len(results.firms))])
    reached = paths >= cost[:, None]
    return np.where(reached.any(axis=1), reached.argmax(axis=1), np.nan)
