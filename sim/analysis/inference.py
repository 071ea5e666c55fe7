"""Which alternative is best, how sure that is, and how many runs would make it surer.

Everything works on paired samples: column r of every row is replication r, played with the same customers and luck.
Replications with a NaN in any row are left out of comparisons of all rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.analysis.quantiles import student, student_below
from sim.analysis.statistics import Interval, interval

DRAWS = 4_000  # bootstrap samples
LEVEL = 0.05  # of what is called clear
LEAST = 10  # replications before a sequential rule may stop
SEED = 20_231  # of the bootstrap: the same data give the same interval


def bootstrap(values: np.ndarray, confidence: float = 0.95, draws: int = DRAWS, seed: int = SEED) -> Interval:
    """Mean of (R,) paired differences with the bootstrap-t interval, which follows a skewed sample where t cannot.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 12.5.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    n = len(values)
    if n < 3:
        return interval(values, confidence)
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(n)
    drawn = values[np.random.default_rng(seed).integers(0, n, (draws, n))]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = (drawn.mean(axis=1) - mean) / (drawn.std(axis=1, ddof=1) / np.sqrt(n))
    ratios = ratios[np.isfinite(ratios)]  # a sample of n times the same value says nothing
    if not ratios.size:
        return Interval(float(mean), float(mean), float(mean), n)
    low, high = np.quantile(ratios, [(1 + confidence) / 2, (1 - confidence) / 2])
    return Interval(float(mean), float(mean - low * error), float(mean - high * error), n)


class Choice(NamedTuple):
    """Who is best, of A alternatives: probability of each, and what is lost on average by choosing it."""

    probability: np.ndarray
    regret: np.ndarray


def choice(values: np.ndarray, draws: int = DRAWS, seed: int = SEED) -> Choice:
    """Probability that each row of (A, R) has the highest mean, and its expected shortfall from the best mean.

    The means are drawn from what the paired sample leaves possible: a t distribution around the sample's with its
    covariance and R - 1 degrees of freedom, so that each pair is judged as by Student's t of its differences (the idea:
    Chick & Inoue 2001, Management Science 47, common random numbers). NaN where R < 2.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[:, ~np.isnan(values).any(axis=0)]
    alternatives, n = values.shape
    if n < 2:
        nothing = np.full(alternatives, np.nan)
        return Choice(nothing, nothing)
    rng = np.random.default_rng(seed)
    deviations = (values - values.mean(axis=1, keepdims=True)) / np.sqrt(n - 1)
    # a normal vector with the sample's covariance, also where it is singular; the chi-square makes it a t
    normal = rng.standard_normal((draws, n)) @ deviations.T / np.sqrt(n)
    means = values.mean(axis=1) + normal / np.sqrt(rng.chisquare(n - 1, (draws, 1)) / (n - 1))
    best = means.max(axis=1, keepdims=True)
    first = means == best
    return Choice((first / first.sum(axis=1, keepdims=True)).mean(axis=0), (best - means).mean(axis=0))


def p_value(values: np.ndarray) -> float:
    """Two-sided p of the hypothesis that the mean of (R,) paired differences is zero (Student's t); NaN for R < 2."""
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return float("nan")
    error = values.std(ddof=1) / np.sqrt(len(values))
    if error == 0.0:
        return 0.0 if values[0] else 1.0
    return float(2 * student_below(len(values) - 1, -abs(values.mean() / error)))


def holm(p: np.ndarray) -> np.ndarray:
    """P values adjusted for their number: with those below 0.05 held true, one error in 20 families of tests.

    Source: Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.
    """
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


class Judged(Interval):
    """A mean with its own limits that is judged together with others: `p` is adjusted for their number."""

    p: float = float("nan")

    @property
    def clear(self) -> bool:
        """Is it more than luck? Where several are judged together, not all whose own interval excludes zero are."""
        return self.p < LEVEL

    @classmethod
    def of(cls, found: Interval, p: float) -> Judged:
        """An interval with its p value."""
        judged = cls(*found)
        judged.p = float(p)
        return judged


def judged(samples: Sequence[np.ndarray], confidence: float = 0.95) -> list[Judged]:
    """Means of (R,) paired differences that stand side by side, each with its t interval, judged by Holm's method."""
    p = np.array([p_value(sample) for sample in samples])
    known = ~np.isnan(p)
    p[known] = holm(p[known])
    return [Judged.of(interval(sample, confidence), each) for sample, each in zip(samples, p, strict=True)]


class Effect(NamedTuple):
    """How large a difference is beside the luck: standardised, and the chance that one run shows it.

    size          mean / standard deviation of the paired differences, less the bias of small samples (Hedges 1981)
    superiority   share of pairs in which the first is better, ties half (Grissom 1994)
    """

    size: float
    superiority: float


def effect(values: np.ndarray) -> Effect:
    """Effect size of (R,) paired differences; NaN where R < 2, the size also for R = 2, whose bias takes all of it."""
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    n = len(values)
    if n < 2:
        return Effect(float("nan"), float("nan"))
    with np.errstate(invalid="ignore", divide="ignore"):
        size = values.mean() / values.std(ddof=1) * (1 - 3 / (4 * (n - 1) - 1)) if n > 2 else float("nan")
    return Effect(float(size), float(((values > 0) + 0.5 * (values == 0)).mean()))


class Advice(NamedTuple):
    """Half width of the interval now, and how many more runs the wanted one takes (0: none)."""

    halfwidth: float
    more: int


def more_runs(values: np.ndarray, wanted: float, confidence: float = 0.95) -> Advice:
    """How many more replications bring the t interval of (R,) differences to ± `wanted`.

    The least n >= R with t(n-1) s / sqrt(n) <= wanted, s the deviation so far (Law 2015, section 9.4.1). Raises
    ValueError for a width that is not positive.
    """
    if not wanted > 0:
        raise ValueError(f"halfwidth = {wanted}: must be above 0")
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    n = len(values)
    if n < 2:
        return Advice(float("inf"), LEAST - n)
    deviation = float(values.std(ddof=1))

    def half(n: int) -> float:
        return float(student(n - 1.0, (1 + confidence) / 2)) * deviation / math.sqrt(n)

    low, high = n, n
    while half(high) > wanted:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if half(middle) <= wanted else (middle, high)
    return Advice(half(n), 0 if half(n) <= wanted else high - n)


def next_size(samples: Sequence[np.ndarray], wanted: float, at_most: int, confidence: float = 0.95) -> int | None:
    """How many replications to have next so that the interval of every sample (R,) gets to ± `wanted`; None: stop.

    A fifth more each time, so that looking at the interval again and again hardly narrows it; `LEAST` before it is
    looked at, since few values may look alike by chance; never more than `at_most`. Raises ValueError for a width that
    is not positive.

    Source: Chow & Robbins 1965, On the asymptotic theory of fixed-width sequential confidence intervals.
    """
    have = len(samples[0])
    missing = max(more_runs(sample, wanted, confidence).more for sample in samples)
    if have >= at_most or (have >= LEAST and not missing):
        return None
    return min(at_most, max(LEAST, min(have + missing, have + have // 5 + 1)))


def pairwise(values: np.ndarray) -> np.ndarray:
    """(A, A) two-sided p that two rows of (A, R) have the same mean, NaN where a row did not take part or R < 2.

    Rows that share replications are paired there: with nothing missing it is Student's t of the differences. Else the
    error of mean i - mean j is the root of the sum over replications of ((x_i - m_i) / n_i - (x_j - m_j) / n_j)^2, with
    n / (n - 1) and n - 1 degrees of freedom for the smaller n.
    """
    values = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(values)
    n = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(known, values, 0.0).sum(axis=1) / np.where(n > 0, n, np.nan)
        pull = np.where(known, values - means[:, None], 0.0) / n[:, None]  # on the mean, by each replication
        fewer = np.minimum(n[:, None], n[None])
        squares = ((pull[:, None] - pull[None]) ** 2).sum(axis=2)
        error = np.sqrt(squares * fewer / np.where(fewer > 1, fewer - 1.0, np.nan))
        gap = np.abs(means[:, None] - means[None])
        p = 2 * student_below(np.where(fewer > 1, fewer - 1.0, np.nan), -gap / np.where(error > 0, error, np.nan))
    return np.where((error == 0) & (gap > 0), 0.0, np.where(error == 0, 1.0, p))


def rank_intervals(values: np.ndarray, confidence: float = 0.95) -> np.ndarray:
    """Rank by mean of each row of (A, R), 1 the best, with its limits, (A, 3); NaN where a row did not take part.

    A row cannot rank above those that are clearly better, nor below those that are clearly worse, by one-sided tests of
    all ordered pairs and Holm's method (the source steps down with quantiles of bootstrap samples instead, which is a
    little sharper). The limits of all rows hold at once with this confidence, also where means are equal, where the
    bootstrap of ranks fails. A row without values may have any rank.

    Source: Mogstad, Romano, Shaikh & Wilhelm 2024, Inference for ranks, Review of Economic Studies 91.
    """
    values = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means = np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1)
    above = means[None] > means[:, None]  # the column's is better than the row's
    half, pairs = pairwise(values) / 2, ~np.eye(len(values), dtype=bool)
    p = np.nan_to_num(np.where(above, half, 1 - half), nan=1.0)  # that the row's is at least as good
    clear = np.zeros_like(above)
    clear[pairs] = holm(p[pairs]) < 1 - confidence
    low, worse = clear.sum(axis=1), clear.sum(axis=0)
    return np.stack([1 + above.sum(axis=1), 1 + low, len(values) - worse], axis=1)


def kendall(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation of two lists: pairs in the same order less pairs in the other, as a share; ties count for none.

    NaN where one list has no order at all.

    Source: Kendall 1945, The treatment of ties in ranking problems, Biometrika 33 (tau-b).
    """
    upper = np.triu_indices(len(first), 1)
    one, other = (np.sign(np.subtract.outer(x, x))[upper] for x in (np.asarray(first), np.asarray(second)))
    scale = math.sqrt(float((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / scale if scale else float("nan")
