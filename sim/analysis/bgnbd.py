"""BG/NBD: how often customers come back and when they are gone, from nothing but the dates of their purchases.

The model (Fader, Hardie & Lee 2005, "Counting your customers the easy way", Marketing Science 24:275–284): a customer
who has just bought for the first time buys again at random with rate λ ~ Gamma(r, α), and after each of these repeat
purchases is gone for good with probability p ~ Beta(a, b). Of each customer it needs x, the number of repeat purchases,
t_x, when the last one was (0 if there was none), and T, how long the customer was observed; times are counted from the
first purchase. Equation numbers below are those of that paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1, xlogy

NAMES = ("r", "alpha", "a", "b")
# A parameter that runs beyond these is not identified: the customers do not differ, or none of them is ever gone.
LOWEST, HIGHEST = 1e-4, 1e4
STARTS = ((0.5, 5.0, 0.5, 2.0), (2.0, 2.0, 2.0, 8.0), (0.1, 1.0, 0.1, 1.0))


class FitError(ValueError):
    """Purchases to which nothing can be fitted; the message says why."""


class Histories(NamedTuple):
    """What the model needs of N customers; times in any one unit."""

    repeats: np.ndarray  # (N,) x, purchases after the first one
    last: np.ndarray  # (N,) t_x, time of the last repeat purchase since the first one; 0 if there was none
    length: np.ndarray  # (N,) T, time observed since the first one


def histories(
    customer: np.ndarray, time: np.ndarray, end: float | None = None, *, customers: int | None = None, start: float = 0
) -> Histories:
    """Repeat purchases of every customer until `end`.

    customer    (n,) who bought: numbers or names
    time        (n,) when; several purchases of a customer at the same time count as one
    end         last moment observed, same unit as `time`; default: the latest purchase. Later ones are left out
    customers   None: a customer begins with his first purchase, which is no repeat purchase, and those who first buy
                after `end` are unknown. A number: so many customers are all there from `start` on, as in a run of the
                simulator, those without a purchase too, and every purchase counts

    Raises FitError for an empty log, or if there are more buyers than `customers`.
    """
    customer, time = np.asarray(customer), np.asarray(time, float)
    end = float(time.max()) if end is None and time.size else end
    customer, time = customer[time <= end] if time.size else customer, time[time <= end] if time.size else time
    if not time.size:
        raise FitError("there are no purchases to fit to")
    _, number = np.unique(customer, return_inverse=True)
    moments = np.unique(np.stack([number.reshape(-1), time], axis=1), axis=0)  # sorted; doubles gone
    who, when = moments[:, 0].astype(np.int64), moments[:, 1]
    count = np.bincount(who)
    latest = when[np.cumsum(count) - 1]
    if customers is None:
        first = when[np.cumsum(count) - count]
        return Histories(count - 1.0, latest - first, end - first)
    if count.size > customers:
        raise FitError(f"{count.size} customers bought, but there are said to be {customers} in all")
    silent = np.zeros(customers - count.size)
    last = np.concatenate([latest - start, silent])
    return Histories(np.concatenate([count, silent]).astype(float), last, np.full(customers, end - start))


def log_likelihood(parameters: np.ndarray, known: Histories) -> np.ndarray:
    """(N,) log-likelihood of each customer, equation 6:

    L = B(a, b+x)/B(a, b) · Γ(r+x) α^r / (Γ(r) (α+T)^(r+x))
        + [x > 0] · B(a+1, b+x−1)/B(a, b) · Γ(r+x) α^r / (Γ(r) (α+t_x)^(r+x))

    `parameters` are r, α, a, b.
    """
    r, alpha, a, b = parameters
    x, last, length = known
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    alive = betaln(a, b + x) - (r + x) * np.log(alpha + length)
    gone = np.where(x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + last), -np.inf)
    return common + np.logaddexp(alive, gone)


@dataclass(frozen=True)
class BgNbd:
    """Four parameters, and what follows from them. Times are in the unit that α is in (weeks in the paper).

    r, alpha    shape and rate of the customers' purchase rates: mean r/α
    a, b        of the customers' probabilities to be gone after a repeat purchase: mean a/(a+b)
    """

    r: float
    alpha: float
    a: float
    b: float

    @property
    def parameters(self) -> np.ndarray:
        return np.array([self.r, self.alpha, self.a, self.b])

    def expected(self, time: np.ndarray) -> np.ndarray:
        """E[X(t)], repeat purchases of a random customer in a time t from the first one, equation 9:

        (a+b−1)/(a−1) · [1 − (α/(α+t))^r · 2F1(r, b; a+b−1; t/(α+t))]
        """
        return self._expected(np.asarray(time, float), self.r, self.alpha, self.b)

    def _expected(self, time: np.ndarray, r: np.ndarray, alpha: np.ndarray, b: np.ndarray) -> np.ndarray:
        a = self.a if abs(self.a - 1.0) > 1e-6 else 1.0 + 1e-6  # a removable singularity
        odd = a + b - 1.0
        shrunk = np.exp(r * np.log(alpha / (alpha + time)))
        return odd / (a - 1.0) * (1.0 - shrunk * hyp2f1(r, b, odd, time / (alpha + time)))

    def probability(self, repeats: int, time: np.ndarray) -> np.ndarray:
        """P(X(t) = x) for one x and any times, equation 8."""
        x, time = int(repeats), np.asarray(time, float)
        r, alpha, a, b = self.parameters
        none, some = np.log(alpha / (alpha + time)), time / (alpha + time)
        j = np.arange(x + 1)
        terms = np.exp(gammaln(r + j) - gammaln(r) - gammaln(j + 1) + r * none[..., None] + xlogy(j, some[..., None]))
        alive = np.exp(betaln(a, b + x) - betaln(a, b)) * terms[..., -1]
        if x == 0:
            return alive
        return alive + np.exp(betaln(a + 1, b + x - 1) - betaln(a, b)) * (1.0 - terms[..., :-1].sum(axis=-1))

    def alive(self, known: Histories) -> np.ndarray:
        """(N,) probability that a customer will still buy: 1/(1 + [x > 0] · a/(b+x−1) · ((α+T)/(α+t_x))^(r+x)).

        The denominator of equation 10. A customer who never came back is taken to be still there.
        """
        x, last, length = known
        odds = np.log(self.a / (self.b + np.maximum(x, 1) - 1)) + (self.r + x) * np.log(
            (self.alpha + length) / (self.alpha + last)
        )
        return np.where(x > 0, 1.0 / (1.0 + np.exp(np.minimum(odds, 700.0))), 1.0)

    def forecast(self, known: Histories, time: float) -> np.ndarray:
        """(N,) E[Y(t) | x, t_x, T]: repeat purchases expected in the time t after T, equation 10.

        Given the history the rate is Gamma(r+x, α+T) and the chance to be gone Beta(a, b+x), if still there.
        """
        x, _, length = known
        return self.alive(known) * self._expected(
            np.full(length.shape, float(time)), self.r + x, self.alpha + length, self.b + x
        )


@dataclass(frozen=True)
class Fit(BgNbd):
    """Maximum-likelihood estimates.

    errors          (4,) standard errors of r, α, a, b; NaN where the data do not say
    log_likelihood  at the maximum
    customers       number of them
    doubts          what to be careful about, in words; empty if all is well
    """

    errors: np.ndarray
    log_likelihood: float
    customers: int
    doubts: tuple[str, ...] = ()


def fit(known: Histories) -> Fit:
    """Maximum-likelihood estimates of r, α, a, b from customers' histories (`histories`).

    The maximum is sought in the logarithms of the parameters, within LOWEST…HIGHEST, from several starts. Standard
    errors are those of the inverse Hessian there, carried over to the parameters (delta method).
    Raises FitError if there is not a single repeat purchase or no time in which there could have been one.
    """
    if not known.repeats.sum():
        raise FitError("no customer bought a second time; purchase rate and attrition cannot be told from that")
    if not (known.length > 0).any():
        raise FitError("nobody was observed for any time after the first purchase")
    different, count = np.unique(np.stack(known, axis=1), axis=0, return_counts=True)
    alike = Histories(*different.T)
    scale = float(alike.length.max())  # time in units of the longest history: starts and bounds fit any clock
    shrunk = Histories(alike.repeats, alike.last / scale, alike.length / scale)

    def loss(logs: np.ndarray) -> float:
        return -float(count @ log_likelihood(np.exp(logs), shrunk)) / count.sum()

    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * 4
    found = [
        minimize(loss, np.log(np.array(start) / (1, 40, 1, 1)), method="L-BFGS-B", bounds=bounds) for start in STARTS
    ]
    best = min(found, key=lambda result: result.fun)
    polished = minimize(
        loss, best.x, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-7, "fatol": 1e-13, "maxiter": 2000}
    )
    logs = min((best, polished), key=lambda result: result.fun).x
    at_bound = (logs < bounds[0][0] + 0.01) | (logs > bounds[0][1] - 0.01)
    deviations = np.full(4, np.nan)
    if not at_bound.any():
        deviations = _standard_errors(lambda where: loss(where) * count.sum(), logs)
    estimates = np.exp(logs) * (1, scale, 1, 1)
    return Fit(
        *map(float, estimates),
        errors=estimates * deviations,
        log_likelihood=float(count @ log_likelihood(estimates, alike)),
        customers=int(count.sum()),
        doubts=_doubts(at_bound, deviations),
    )


def _standard_errors(loss, at: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Square roots of the diagonal of the inverse Hessian, by central differences; NaN if it is not a minimum."""
    steps = np.eye(at.size) * step
    hessian = np.array(
        [
            [
                (loss(at + s + t) - loss(at + s - t) - loss(at - s + t) + loss(at - s - t)) / (4 * step * step)
                for t in steps
            ]
            for s in steps
        ]
    )
    try:
        variances = np.linalg.inv((hessian + hessian.T) / 2).diagonal()
    except np.linalg.LinAlgError:
        return np.full(at.size, np.nan)
    return np.sqrt(np.where(variances > 0, variances, np.nan))


def _doubts(at_bound: np.ndarray, deviations: np.ndarray) -> tuple[str, ...]:
    said = []
    if at_bound[:2].any():
        said.append("customers hardly differ in how often they buy: r and alpha are known only as their ratio")
    if at_bound[2:].any():
        said.append("a and b are not identified: attrition may be absent, or the same for everybody")
    weak = [name for name, value in zip(NAMES, deviations, strict=True) if not at_bound.any() and not value < 1.0]
    if weak:
        said.append(f"too little is known of {', '.join(weak)}: the standard error exceeds the estimate")
    return tuple(said)
