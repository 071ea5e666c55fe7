"""R2: BG/NBD (Fader, Hardie & Lee 2005), on real customers: who comes back, how often, and when are they gone?

The model is fitted to 39 weeks of 2,357 customers of CDNOW, an online music shop. Customers with these rates and these
chances to leave are simulated day by day, for the same time and for the 39 weeks after it, unknown to the fit.
Where the data cannot be fetched, only what was published about them is checked.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.special import roots_genlaguerre, roots_jacobi

from sim.analysis.bgnbd import BgNbd, Histories, fit, histories
from sim.calibrate import observed_counts
from sim.replications.data import NoData, Purchase, cdnow
from sim.replications.picture import SECOND, SIMULATED, direct_label, simulated, theory
from sim.replications.replication import Check, Found, Replication, close_to, errors_apart, mean_of, scenario
from sim.run import simulate
from sim.scenario import Scenario

PUBLISHED = BgNbd(r=0.2426, alpha=4.4135, a=0.7929, b=2.4258)
LIKELIHOOD = -9582.43
REPEATS = (1411, 439, 214, 100, 62, 38, 29, 64)  # customers with 0, 1, … 6, 7 or more
WEEK, CUT, END = 7, 272, 545  # days; last day of weeks 1–39 and 40–78, counted from 1 January 1997
CUSTOMERS = 2357


def market(model: BgNbd = PUBLISHED, **sizes: int) -> Scenario:
    """The scenario file with other parameters (`model` in weeks)."""
    rate = {"dist": "gamma", "mean": model.r / model.alpha / WEEK, "shape": model.r}
    changes = {"segments.0.purchase_rate": rate, "segments.0.attrition": {"dist": "beta", "a": model.a, "b": model.b}}
    return scenario("r02_repeat_buying", **sizes).with_changes(changes)


class Simulated:
    """Repeat purchases of simulated customers who are followed for as long as the real ones.

    first   (N,) day of the first purchase of each, from 0
    """

    def __init__(self, model: BgNbd, first: np.ndarray, seed: int) -> None:
        log = simulate(market(model, customers=first.size, rounds=END + 1), seed, keep=False, log=True).log
        self.customer, self.day = log["customer"].astype(np.int64), log["round"].astype(np.int64)
        self.size, self.span = first.size, CUT - first

    def histories(self) -> Histories:
        """Up to the end of week 39, in weeks."""
        early = self.day <= self.span[self.customer]
        who, last = self.customer[early], np.zeros(self.size)
        np.maximum.at(last, who, self.day[early] - 0.5)  # a day's purchases are on average at noon
        return Histories(np.bincount(who, minlength=self.size).astype(float), last / WEEK, self.span / WEEK)

    def later(self) -> np.ndarray:
        """(N,) repeat purchases of each in weeks 40–78."""
        since = self.day - self.span[self.customer]
        return np.bincount(self.customer[(since > 0) & (since <= END - CUT)], minlength=self.size)

    def within(self, weeks: int) -> np.ndarray:
        """(N,) repeat purchases of each in the first weeks after its first purchase."""
        return np.bincount(self.customer[self.day <= weeks * WEEK], minlength=self.size)


def real(data: Purchase) -> tuple[Histories, np.ndarray, np.ndarray]:
    """Histories up to week 39 in weeks, (N,) repeat purchases in weeks 40–78, (N,) day of the first purchase."""
    known = histories(data.customer, data.day / WEEK, CUT / WEEK)
    names, number = np.unique(data.customer, return_inverse=True)
    first = np.full(names.size, END)
    np.minimum.at(first, number, data.day)
    return known, np.bincount(number[data.day > CUT], minlength=names.size), first


def bias_of_days(model: BgNbd, weeks: int, length: float = 1 / WEEK) -> float:
    """E[X] with at most one purchase in a round less E[X] with purchases at any time, by quadrature.

    Given λ and p: (1 − (1 − pq)^n)/p with q = min(λ·length, 1) and n rounds, less (1 − e^(−λpt))/p.
    """
    rates, w = roots_genlaguerre(150, model.r - 1)
    x, v = roots_jacobi(150, model.b - 1, model.a - 1)
    rate, p = (rates / model.alpha)[:, None], ((x + 1) / 2)[None, :]
    n = round(weeks / length)
    in_rounds = -np.expm1(n * np.log1p(-p * np.minimum(rate * length, 1.0))) / p
    at_any_time = -np.expm1(-rate * p * weeks) / p
    return float((w / w.sum()) @ (in_rounds - at_any_time) @ (v / v.sum()))


def by_repeats(known: Histories, values: np.ndarray) -> np.ndarray:
    """(8, 3) mean, standard error and number of `values` of customers with 0, 1, … 7 or more repeats."""
    groups = [values[np.minimum(known.repeats, 7) == k] for k in range(8)]
    return np.array([(g.mean(), g.std(ddof=1) / np.sqrt(g.size), g.size) for g in groups])


def run(full: bool) -> Found:
    """Forty populations of 2,357 customers (quick: ten); ten of them together are fitted again."""
    populations = 40 if full else 10
    checks, seen = [], {}
    try:
        known, later, first = real(cdnow())
    except NoData as missing:
        seen["missing"] = str(missing)
        first = np.arange(CUSTOMERS) * 84 // CUSTOMERS  # first purchases spread evenly over twelve weeks
    else:
        fitted = fit(known)
        checks += _about_the_data(known, later, fitted)
    played = Simulated(PUBLISHED, np.tile(first, populations), 1)
    past, future = played.histories(), played.later()
    if "missing" not in seen:
        totals = past.repeats.reshape(populations, -1).sum(axis=1)
        words = "simulated: repeat purchases to week 39 of a population"
        checks.append(close_to(words, 2503, totals, 107, "± s.d. of one population"))
    for weeks, target in ((39, 1.195), (78, 1.858)):
        bought = played.within(weeks)
        error = bought.std(ddof=1) / np.sqrt(bought.size)
        checks.append(
            errors_apart(f"simulated: purchases of a customer in {weeks} weeks", target, bought.mean(), error)
        )
        bias = abs(bias_of_days(PUBLISHED, weeks)) / (3 * error)
        words = f"bias of days instead of a Poisson process in {weeks} weeks, in tolerances"
        checks.append(Check(words, 1.0, bias, 0.0, rule="exact, by quadrature", bound="at most"))
    again = []
    for group in range(populations // 10):
        part = slice(group * 10 * CUSTOMERS, (group + 1) * 10 * CUSTOMERS)
        again.append(fit(Histories(*(values[part] for values in past))))
    for name, target, tolerance in (("r", PUBLISHED.r, 0.03), ("alpha", PUBLISHED.alpha, 0.6)):
        estimates = [getattr(one, name) for one in again]
        error = float(np.mean([one.errors[("r", "alpha").index(name)] for one in again]) / np.sqrt(len(again)))
        value = float(np.mean(estimates))
        limits = (value - 1.96 * error, value + 1.96 * error)
        checks.append(
            Check(
                f"fitted again to 10 × 2,357 simulated customers: {name}",
                target,
                value,
                tolerance,
                limits,
                f"± {tolerance}",
            )
        )
    groups, expected = by_repeats(past, future), by_repeats(past, PUBLISHED.forecast(past, (END - CUT) / WEEK))
    worst = float(np.max(np.abs(groups[:, 0] - expected[:, 0]) / groups[:, 1]))
    words = "simulated weeks 40–78 against BG/NBD given the history, greatest gap of 8 groups, standard errors"
    checks.append(Check(words, 3.0, worst, 0.0, rule="in standard errors", bound="at most"))
    seen |= {"simulated": groups, "expected": expected}
    if "missing" not in seen:
        forecast = float(fitted.forecast(known, (END - CUT) / WEEK).sum())
        total, limits, error = mean_of(future.reshape(populations, -1).sum(axis=1))
        exact = float((PUBLISHED.expected(known.length + 39) - PUBLISHED.expected(known.length)).sum())
        checks.append(errors_apart("simulated: repeat purchases in weeks 40–78 of a population", exact, total, error))
        words = (
            f"forecast of 1,882 purchases in weeks 40–78: simulator's error (BG/NBD's own forecast is {forecast:,.0f})"
        )
        apart = (abs(limits[1] - 1882), abs(limits[0] - 1882))
        rule = "BG/NBD's own error + 3 standard errors"
        checks.append(Check(words, abs(forecast - 1882), abs(total - 1882), 3 * error, apart, rule, "at most"))
        seen["real"] = by_repeats(known, later)
        seen["expected"] = by_repeats(known, fitted.forecast(known, (END - CUT) / WEEK))
    return Found(tuple(checks), seen)


def _about_the_data(known: Histories, later: np.ndarray, fitted) -> list[Check]:
    counts = int(np.abs(observed_counts(known) - REPEATS).max())
    checks = [
        Check("CDNOW: customers", CUSTOMERS, known.repeats.size, 0, rule="exact"),
        Check("CDNOW: repeat purchases to week 39", 2457, known.repeats.sum(), 0, rule="exact"),
        Check("CDNOW: repeat purchases in weeks 40–78", 1882, later.sum(), 0, rule="exact"),
        Check("CDNOW: greatest gap to the published customers with 0, 1, … 7+ repeats", 0, counts, 0, rule="exact"),
    ]
    for name in ("r", "alpha", "a", "b"):
        target, value = getattr(PUBLISHED, name), getattr(fitted, name)
        checks.append(Check(f"maximum likelihood: {name}", target, value, 0.001 * target, rule="± 0.1 %"))
    checks.append(Check("maximum likelihood: log-likelihood", LIKELIHOOD, fitted.log_likelihood, 0.01, rule="± 0.01"))
    return checks


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Purchases in the 39 weeks after the fit, by what the customer had done before."""
    places = np.arange(8)
    theory(ax, places, seen["expected"][:, 0], "BG/NBD, given their histories")
    if "real" in seen:
        real_ones = seen["real"]
        simulated(ax, places + 0.08, real_ones[:, 0], 1.96 * real_ones[:, 1], "real customers", color=SECOND, fmt="D")
    else:
        direct_label(ax, 0.1, 3.5, "The real customers could not be fetched.", below=True, fontsize=14)
    simulated(ax, places - 0.08, seen["simulated"][:, 0], 1.96 * seen["simulated"][:, 1], color=SIMULATED)
    ax.set_xticks(places, [*map(str, places[:-1]), "7 or more"])
    ax.set_xlabel("repeat purchases in weeks 1–39, to which the model was fitted")
    ax.set_title("Purchases of a customer in weeks 40–78")
    ax.set_ylim(0, None)
    ax.legend(frameon=False, loc="upper left")


REPLICATION = Replication(
    name="R2",
    title="Real customers, from a fit of 39 weeks: what they do in the 39 weeks after it",
    source="Fader, Hardie & Lee 2005, Marketing Science 24; CDNOW customers of the first quarter of 1997",
    level="distributional equivalence",
    off="all learning, prices, failures and need differences: every need is a purchase; rates and chances to leave are "
    "drawn once per customer",
    scenarios=("r02_repeat_buying",),
    run=run,
    draw=draw,
)
