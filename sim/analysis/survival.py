"""Who stays: survival of customers by tenure and cohort.

Nobody signs off in a market without contracts, so when a customer is lost is a definition. Here it is: a customer is
acquired by its first purchase from the firm and lost when it first buys elsewhere, or leaves the market, which happens
at a purchase. Who does neither until the end of the run is censored: still a customer, for all one knows. A customer
may come back; that is not counted again. Tenure runs in rounds, or in the customer's own purchases: then the first
step is the next purchase, wherever it is made, and how often somebody buys does not matter. In purchases, who leaves
the market is censored: that it left is known before the next purchase of those who stayed, and would be counted more
often than it happens.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from sim.analysis.levels import YEAR
from sim.analysis.purchases import History, firm_number, history
from sim.analysis.quantiles import normal
from sim.results import Results, ResultsError

type Clock = Literal["rounds", "purchases"]
type Form = Literal["log-log", "plain"]


class Spells(NamedTuple):
    """How long n customers stayed with a firm.

    duration    tenure at which the customer was lost, or up to which it was observed; rounds or purchases
    ended       it was lost then
    cohort      round of the first purchase
    customer    number of the customer
    """

    duration: np.ndarray
    ended: np.ndarray
    cohort: np.ndarray
    customer: np.ndarray

    def of(self, among: np.ndarray) -> Spells:
        """Some of them: a mask or numbers."""
        return Spells(*(values[among] for values in self))


def spells(results: Results, firm: str, clock: Clock = "rounds", leaving: bool = True) -> Spells:
    """The first relationship of every customer with the firm.

    leaving: who leaves the market counts as lost, in the round after its last purchase; otherwise, and if the clock
    counts purchases, as censored. Raises ResultsError without a log, for a firm there is not, or another clock.
    """
    return spells_of(history(results), firm_number(results, firm), clock, leaving)


def spells_of(known: History, firm: int, clock: Clock = "rounds", leaving: bool = True) -> Spells:
    """`spells` of histories that were taken before."""
    if clock not in ("rounds", "purchases"):
        raise ResultsError(f'clock = {clock!r}: allowed are "rounds" and "purchases"')
    rows = known.firm.size
    mine = np.flatnonzero(known.firm == firm)
    customer, first = np.unique(known.customer[mine], return_index=True)
    start = mine[first]
    last = np.searchsorted(known.customer, customer, side="right") - 1  # row of the customer's last purchase
    elsewhere = np.where(known.firm == firm, rows, np.arange(rows))
    elsewhere = np.minimum.accumulate(elsewhere[::-1])[::-1][start]  # next row of any customer with another firm
    switched = elsewhere <= last
    step = known.round if clock == "rounds" else np.arange(rows)
    watched = known.rounds - step[start] if clock == "rounds" else last - start
    gone = ~switched & ~known.active[customer]
    # who left at the very last round would be missed in the next one, which nobody watched
    lost = gone & (known.round[last] < known.rounds) & (leaving and clock == "rounds")
    duration = np.where(gone, step[last] - step[start] + lost, watched)
    duration = np.where(switched, step[np.where(switched, elsewhere, start)] - step[start], duration)
    return Spells(duration, switched | lost, known.round[start], customer)


# ---------------------------------------------------------------------------------------------------- Kaplan & Meier


class Curve(NamedTuple):
    """Survival after each of k tenures that occur, rising; before the first of them it is 1.

    at_risk, events     customers still watched at that tenure, and those of them who were lost then
    survival            share still there after it; error is Greenwood's standard error, low and high the interval,
                        NaN while nobody and when everybody has been lost
    """

    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    survival: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def at(self, times: np.ndarray | float) -> np.ndarray:
        """Survival at any times; NaN beyond the longest tenure observed, unless all were lost by then."""
        times = np.asarray(times, dtype=np.float64)
        if not self.time.size:
            return np.full(times.shape, np.nan)
        found = np.concatenate([[1.0], self.survival])[np.searchsorted(self.time, times, side="right")]
        return np.where((times > self.time[-1]) & (self.survival[-1] > 0), np.nan, found)

    @property
    def median(self) -> float:
        """First tenure at which at most half are left; NaN where more than half were there to the end."""
        below = np.flatnonzero(self.survival <= 0.5)
        return float(self.time[below[0]]) if below.size else float("nan")


def kaplan_meier(duration: np.ndarray, ended: np.ndarray, confidence: float = 0.95, form: Form = "log-log") -> Curve:
    """Survival from right-censored durations: S(t) = Π over s <= t of (1 − d_s/n_s).

    n_s are at risk at s (duration >= s: who is censored at s counts), d_s lost at s. Its standard error is Greenwood's,
    S·√Σ d_s/(n_s(n_s − d_s)). The interval is S^exp(±z·error/(S·ln S)), which stays within 0 and 1 ("log-log"), or
    S ± z·error ("plain"). Durations of zero tell nothing and are left out. Raises ResultsError for lengths that differ,
    NaN or negative durations, another form or confidence.

    Sources: Kaplan & Meier 1958; Greenwood 1926; Kalbfleisch & Prentice 1980 (log-log).
    """
    duration, ended = np.asarray(duration, dtype=np.float64), np.asarray(ended, dtype=bool)
    if duration.shape != ended.shape or duration.ndim != 1 or not (duration >= 0).all():
        raise ResultsError("durations must be numbers from 0, each with whether it ended")
    if form not in ("log-log", "plain") or not 0 < confidence < 1:
        raise ResultsError(f'form = {form!r}, confidence = {confidence}: allowed are "log-log" or "plain", and 0 to 1')
    seen = duration > 0
    time, place = np.unique(duration[seen], return_inverse=True)
    events = np.bincount(place, weights=ended[seen], minlength=time.size)
    at_risk = np.bincount(place, minlength=time.size)[::-1].cumsum()[::-1]
    z = normal((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1.0 - events / at_risk)
        spread = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))  # standard error of ln S
        error = survival * spread
        if form == "plain":
            low, high = survival - z * error, survival + z * error
        else:
            power = np.exp(z * spread / np.abs(np.log(survival)))
            low, high = survival**power, survival ** (1 / power)
    open_ended = (survival > 0) & (survival < 1)
    low, high = (np.where(open_ended, limit, np.nan) for limit in (low, high))
    return Curve(time, at_risk, events.astype(np.int64), survival, np.where(survival > 0, error, np.nan), low, high)


def survival_curve(results: Results, firm: str, clock: Clock = "rounds") -> Curve:
    """Share of the firm's customers who are still with it, by rounds (or purchases) since their first purchase from it.

    A customer is lost when it first buys elsewhere or leaves the market; who does neither until the end of the run is
    censored. Kaplan & Meier's estimate, see `kaplan_meier`. Raises ResultsError without a log.
    """
    found = spells(results, firm, clock)
    return kaplan_meier(found.duration, found.ended)


def survival_year(results: Results) -> np.ndarray:
    """(F,) share of the firm's customers who have bought nowhere else 12 rounds after their first purchase.

    Kaplan & Meier's estimate at a tenure of `YEAR` rounds, leaving the market counted as lost; NaN where nobody was
    watched so long. Raises ResultsError without a log.
    """
    known = history(results)
    found = [spells_of(known, j) for j in range(len(results.firms))]
    return np.array([float(kaplan_meier(own.duration, own.ended).at(YEAR)) for own in found])


# ------------------------------------------------------------------------------------------------ cohorts and tenure


class Cohort(NamedTuple):
    """Customers whose first purchase from the firm was in the rounds `first` to `last`, and how they stayed."""

    first: int
    last: int
    customers: int
    curve: Curve


def cohorts(results: Results, firm: str, width: int = YEAR, clock: Clock = "rounds") -> list[Cohort]:
    """Survival by round of acquisition, in cohorts of `width` rounds; those without customers are left out.

    Acquired, lost and censored are as in `survival_curve`. Raises ResultsError without a log or for a width below 1.
    """
    found = spells(results, firm, clock)
    groups = cohort_numbers(found, width)
    curves = []
    for group in np.unique(groups):
        own = found.of(groups == group)
        curve = kaplan_meier(own.duration, own.ended)
        curves.append(Cohort(int(group) * width + 1, (int(group) + 1) * width, own.customer.size, curve))
    return curves


def cohort_numbers(found: Spells, width: int) -> np.ndarray:
    """(n,) number of each spell's cohort from 0. Raises ResultsError for a width below 1."""
    if width < 1:
        raise ResultsError(f"width = {width}: a cohort takes at least one round")
    return (found.cohort - 1) // width


def retention_table(results: Results, firm: str, width: int = YEAR, clock: Clock = "rounds") -> np.ndarray:
    """(cohorts, tenures + 1) survival of each cohort after 0, 1, 2, … rounds (or purchases); NaN where not yet watched.

    Rows are those of `cohorts`. Raises ResultsError without a log.
    """
    found = cohorts(results, firm, width, clock)
    longest = int(max((one.curve.time[-1] for one in found if one.curve.time.size), default=0))
    return np.array([one.curve.at(np.arange(longest + 1)) for one in found]).reshape(len(found), longest + 1)


class Tenure(NamedTuple):
    """Retention rate at each tenure: share of those at risk who stayed, with Wilson's interval."""

    time: np.ndarray
    at_risk: np.ndarray
    retention: np.ndarray
    low: np.ndarray
    high: np.ndarray


def retention_by_tenure(found: Spells, confidence: float = 0.95) -> Tenure:
    """Retention rate by tenure, 1 − d_t/n_t. It rises where the disloyal leave first, without anybody becoming more
    loyal: see `loyalty_verdict`. Interval: Wilson 1927.
    """
    curve, z = kaplan_meier(found.duration, found.ended), normal((1 + confidence) / 2)
    n, stayed = curve.at_risk, 1.0 - curve.events / curve.at_risk
    middle = (stayed + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(stayed * (1 - stayed) / n + z * z / (4 * n * n))
    return Tenure(curve.time, n, stayed, middle - half, middle + half)
