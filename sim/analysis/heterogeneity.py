"""Retention rises with tenure: do customers become more loyal, or do the disloyal leave first?

Three models of a customer who may be lost at every step, each with the one before as a special case:

constant      everybody is lost with the same probability at each step: retention is flat
sBG           everybody has a probability θ of its own that never changes, θ ~ Beta(α, β): retention of those who are
              left rises although nobody becomes more loyal (shifted beta-geometric; Fader & Hardie 2007)
BdW           S(t | θ) = (1 − θ)^(t^c): with c < 1 each customer's own probability falls with tenure, with c > 1 it
              rises (beta-discrete-Weibull; Fader, Hardie, Liu, Davin & Steenburgh 2018)

That heterogeneity and change over time can be told apart at all rests on the form of these models (Heckman & Singer
1984); the verdict is therefore one about the models and not a proof about people. `growth_of_loyalty` needs no model,
but customers with long histories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, chdtrc

from sim.analysis.purchases import history
from sim.analysis.statistics import Interval, interval
from sim.analysis.survival import Clock, Spells, spells
from sim.results import Results, ResultsError

# α + β beyond these is not identified: customers are of two kinds, lost at once or never, or they are all alike.
LOWEST, HIGHEST = 1e-3, 1e4
FEWEST_EVENTS, FEWEST_TENURES = 30, 3  # below these no verdict is given; assumption
LEVEL = 0.01  # of the tests: to report loyalty where there is none is the error to avoid; assumption


class Counts(NamedTuple):
    """Durations of (k,) different lengths: how many customers were lost at each, and how many were censored."""

    time: np.ndarray
    lost: np.ndarray
    censored: np.ndarray


def counts(duration: np.ndarray, ended: np.ndarray) -> Counts:
    """Durations counted; those of zero tell nothing and are left out. Raises ResultsError for fractions of a step."""
    duration, ended = np.asarray(duration, dtype=np.float64), np.asarray(ended, dtype=bool)
    if not (duration >= 0).all() or (duration % 1).any():
        raise ResultsError("durations must be counted in whole steps, from 0")
    time, place = np.unique(duration[duration > 0], return_inverse=True)
    lost = np.bincount(place, weights=ended[duration > 0], minlength=time.size)
    return Counts(time, lost, np.bincount(place, minlength=time.size) - lost)


@dataclass(frozen=True)
class Sbg:
    """Shifted beta-geometric: each customer is lost at every step with its own θ ~ Beta(alpha, beta)."""

    alpha: float
    beta: float
    log_likelihood: float = float("nan")

    @property
    def mean(self) -> float:
        """Mean probability to be lost at the first step."""
        return self.alpha / (self.alpha + self.beta)

    def survival(self, time: np.ndarray) -> np.ndarray:
        """Share still there after `time` steps: B(α, β + t)/B(α, β)."""
        return np.exp(log_survival(np.asarray(time, dtype=np.float64), self.alpha, self.beta))

    def retention(self, time: np.ndarray) -> np.ndarray:
        """Retention rate at step t = 1, 2, …: (β + t − 1)/(α + β + t − 1)."""
        time = np.asarray(time, dtype=np.float64)
        return (self.beta + time - 1) / (self.alpha + self.beta + time - 1)


def log_survival(time: np.ndarray, alpha: float, beta: float, c: float = 1.0) -> np.ndarray:
    """ln S(t) = ln B(α, β + t^c) − ln B(α, β); c = 1 is the shifted beta-geometric."""
    return betaln(alpha, beta + time**c) - betaln(alpha, beta)


def log_likelihood(known: Counts, alpha: float, beta: float, c: float = 1.0) -> float:
    """Σ lost·ln[S(t−1) − S(t)] + censored·ln S(t)."""
    before, after = log_survival(known.time - 1, alpha, beta, c), log_survival(known.time, alpha, beta, c)
    with np.errstate(divide="ignore"):
        lost = before + np.log(-np.expm1(np.minimum(after - before, -1e-300)))
    return float(known.lost @ np.maximum(lost, -1e6) + known.censored @ after)


def fit_sbg(duration: np.ndarray, ended: np.ndarray) -> Sbg:
    """Maximum-likelihood estimates of α and β. Raises ResultsError where nobody, or everybody at once, was lost."""
    known = counts(duration, ended)
    if not known.lost.any() or (known.time.size == 1 and not known.censored.any()):
        raise ResultsError("survival tells nothing of loyalty: nobody was lost, or everybody at the same step")
    (alpha, beta, _), best = _fit(known, ([0.0, 0.5], [-1.5, 1.5], [0.0, 6.0]))
    return Sbg(alpha, beta, log_likelihood=best)


def _fit(known: Counts, starts: tuple[list[float], ...]) -> tuple[tuple[float, float, float], float]:
    """α, β, c of the highest likelihood, and that; c = 1 unless the starts have a third entry.

    Searched are ln(α/β), ln(α + β) and ln c, which depend on each other less than α and β do.
    """
    size = known.lost.sum() + known.censored.sum()
    limits = [(-12.0, 12.0), (np.log(LOWEST), np.log(HIGHEST)), (np.log(0.05), np.log(5.0))]

    def read(logs: np.ndarray) -> tuple[float, float, float]:
        total, odds = np.exp(logs[1]), np.exp(logs[0])
        return total * odds / (1 + odds), total / (1 + odds), float(np.exp(logs[2])) if len(logs) > 2 else 1.0

    def loss(logs: np.ndarray) -> float:
        return -log_likelihood(known, *read(logs)) / size

    # without derivatives, which are all noise on the ridge where customers are alike
    options = {"xatol": 1e-5, "fatol": 1e-11, "maxfev": 600}
    found = [minimize(loss, x, method="Nelder-Mead", bounds=limits[: len(x)], options=options) for x in starts]
    best = min(found, key=lambda one: one.fun)
    alpha, beta, c = read(best.x)
    return (float(alpha), float(beta), c), float(-best.fun * size)


# ----------------------------------------------------------------------------------------------------- the verdict


class Verdict(NamedTuple):
    """Why retention changes with tenure, and what that rests on.

    verdict      "flat", "heterogeneity" (rises, and the departure of the disloyal is enough to explain it), "loyalty"
                 (rises by more than that: the same customers become more loyal), "decline" (falls: they become less
                 loyal) or "unknown"
    sentence     the same in words, and what `growth` adds to it
    alpha, beta  of the shifted beta-geometric; c of the beta-discrete-Weibull
    p_rising     of the hypothesis that retention is flat, against heterogeneity
    p_beyond     of the hypothesis that heterogeneity explains all, c = 1
    lost         number of customers lost
    growth       `growth_of_loyalty`, of the customers of all firms; NaN where it was not asked for
    """

    verdict: Literal["flat", "heterogeneity", "loyalty", "decline", "unknown"]
    sentence: str
    alpha: float
    beta: float
    c: float
    p_rising: float
    p_beyond: float
    lost: int
    growth: Interval


SAID = {
    "flat": "Retention does not change with tenure.",
    "heterogeneity": "Retention rises with tenure, but no more than it does where the disloyal leave first.",
    "loyalty": "Retention rises with tenure by more than the departure of the disloyal explains: customers become "
    "more loyal.",
    "decline": "Retention from purchase to purchase falls with tenure: customers become less loyal.",
    "unknown": "Too few customers were lost to say why retention changes with tenure.",
}
GROWN = (
    " Followed one by one, the same customers stay with their supplier more often late in the run than early, which "
    "departures cannot explain."
)
UNASKED = Interval(float("nan"), float("nan"), float("nan"), 0)


def verdict_of(found: Spells, growth: Interval = UNASKED) -> Verdict:
    """Compare the three models by likelihood-ratio tests at the level `LEVEL`.

    Against a constant probability, which lies on the boundary of the sBG (all alike), p is half that of χ²(1) (Self &
    Liang 1987); c = 1 is tested by χ²(1). Where retention rises and c > 1, customers differ in another way than a
    beta distribution lets them, or each becomes less loyal, which their differences hide: that the disloyal leave first
    explains the rise either way. Unknown where fewer than `FEWEST_EVENTS` were lost or fewer than `FEWEST_TENURES`
    tenures were watched.
    """
    known = counts(found.duration, found.ended)
    lost = int(known.lost.sum())
    if lost < FEWEST_EVENTS or known.time.size < FEWEST_TENURES:
        return Verdict("unknown", SAID["unknown"], *[float("nan")] * 5, lost, growth)
    steps = float(known.time @ (known.lost + known.censored))
    flat = lost * np.log(lost / steps) + (steps - lost) * np.log1p(-lost / steps) if lost < steps else 0.0
    sbg = fit_sbg(found.duration, found.ended)
    odds, total = np.log(sbg.alpha / sbg.beta), np.log(sbg.alpha + sbg.beta)
    starts = ([odds, total, 0.0], [odds, min(total, 3.0), -0.5], [odds, min(total, 3.0), 0.4], [odds, 7.0, -0.5])
    (_, _, c), best = _fit(known, starts)
    rising = float(chdtrc(1, max(0.0, 2 * (sbg.log_likelihood - flat)))) / 2
    beyond = float(chdtrc(1, max(0.0, 2 * (best - sbg.log_likelihood))))
    verdict = "heterogeneity" if rising < LEVEL else "flat"
    if beyond < LEVEL and c < 1:
        verdict = "loyalty"
    elif beyond < LEVEL and verdict == "flat":
        verdict = "decline"
    said = SAID[verdict] + (GROWN if growth.low > 0 else "")
    return Verdict(verdict, said, sbg.alpha, sbg.beta, c, rising, beyond, lost, growth)


def loyalty_verdict(results: Results, firm: str, clock: Clock = "purchases") -> Verdict:
    """Why the retention of the firm's customers changes with tenure: because the disloyal leave, or loyalty grows.

    Two answers: of a model of who leaves when (shifted beta-geometric against beta-discrete-Weibull, `verdict_of`), and
    of the same customers early and late (`growth_of_loyalty`). The first often cannot tell loyalty that comes with the
    first few purchases from differences between customers; then only the second sees it.

    Tenure is counted in purchases, since by the rounds who buys seldom seems loyal; who leaves the market is then
    censored. With the clock "rounds" leaving counts as lost, as where nobody can go elsewhere. Raises ResultsError
    without a log.
    """
    return verdict_of(spells(results, firm, clock), growth_of_loyalty(results, 1 - LEVEL))


# ----------------------------------------------------------------------------------- the same customers, early and late


def repeat_shares(log: Mapping[str, np.ndarray], customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Share of purchases from the same firm as the time before, in each customer's first and second half of purchases.

    log: columns customer, round, firm. Only customers who bought until the last quarter of the rounds, and at least
    five times, are looked at: the same people early and late, so that nothing can change by who stays. Returns
    (early, late), (n,) each.
    """
    order = np.lexsort((log["round"], log["customer"]))
    who, when, firm = (np.asarray(log[name])[order] for name in ("customer", "round", "firm"))
    bought = np.bincount(who, minlength=customers)
    last = np.zeros(customers, int)
    last[who] = when  # in order of rounds, so the last one stays
    kept = (bought >= 5) & (last > 0.75 * when.max())
    start = np.concatenate([[0], np.cumsum(bought)[:-1]])
    place = np.arange(who.size) - start[who]  # 0 for a customer's first purchase
    again = np.concatenate([[False], firm[1:] == firm[:-1]])
    half = (bought - 1) // 2  # of the steps from one purchase to the next; a middle one is left out
    early, late = (place >= 1) & (place <= half[who]), place >= (bought - half)[who]
    steps = np.maximum(half, 1)
    return tuple(np.bincount(who, again * part, customers)[kept] / steps[kept] for part in (early, late))


def loyalty_growth(log: Mapping[str, np.ndarray], customers: int) -> tuple[float, float]:
    """How much more often the same customers stay with their supplier late than early, and its standard error.

    A rise of aggregate retention that comes from the departure of the disloyal leaves it at 0 (Fader & Hardie 2007).
    """
    early, late = repeat_shares(log, customers)
    if early.size < 2:
        return float("nan"), float("nan")
    gain = late - early
    return float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(gain.size))


def growth_of_loyalty(results: Results, confidence: float = 0.95) -> Interval:
    """How much more often the same customers stay with their supplier late in the run than early, with its interval.

    Mean over customers of the share of purchases from the same firm as the time before, in the second half of the
    customer's purchases less the first; only those who bought at least five times and until the last quarter of the
    run. It needs no model: nothing can change by who stays. But a market that has not settled yet shows in it too.
    Raises ResultsError without a log.
    """
    known = history(results)
    log = {"customer": known.customer, "round": known.round, "firm": known.firm}
    if not known.firm.size:
        return interval(np.zeros(0), confidence)
    early, late = repeat_shares(log, known.customers)
    return interval(late - early, confidence)
