"""Means, differences and their uncertainty.

Replication r of every alternative uses the same seed, hence the same customers and the same luck (common random
numbers; Law 2015, Simulation Modeling and Analysis, section 11.2). What is compared are therefore paired differences,
and the interval is Student's t over the pairs. A replication whose value is NaN (say, trust of the buyers of a firm
without buyers) is left out together with its partner; `n` says how many remained. Nothing is ever filled in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.quantiles import student


class Interval(NamedTuple):
    """A mean with its confidence limits (each a float or an array); limits are NaN when n < 2."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def clear(self) -> bool:
        """Does the interval exclude zero?"""
        return bool(self.low > 0 or self.high < 0)


def interval(values: np.ndarray, confidence: float = 0.95) -> Interval:
    """Mean and t interval over the last axis of `values` (..., replications), NaN left out.

    mean +- t(n-1, (1+confidence)/2) s / sqrt(n), s the standard deviation with n-1.
    """
    values = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(values)
    n = known.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=-1) / np.where(n > 0, n, np.nan)
        squares = np.where(known, values - mean[..., None], 0.0) ** 2
        deviation = np.sqrt(squares.sum(axis=-1) / np.where(n > 1, n - 1.0, np.nan))
        half = student(np.where(n > 1, n - 1.0, np.nan), (1 + confidence) / 2) * deviation / np.sqrt(n)
    if values.ndim == 1:
        return Interval(float(mean), float(mean - half), float(mean + half), int(n))
    return Interval(mean, mean - half, mean + half, n)


def paired(values: np.ndarray, baseline: np.ndarray, confidence: float = 0.95) -> Interval:
    """Mean and t interval of values - baseline over the last axis, pair by pair."""
    return interval(np.asarray(values, dtype=np.float64) - baseline, confidence)


def variance_reduction(values: np.ndarray, baseline: np.ndarray) -> float:
    """By what factor pairing lowered the variance of the difference: (var a + var b) / var(a - b); NaN when n < 2."""
    values, baseline = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if values.size < 2:
        return float("nan")
    difference = np.var(values - baseline, ddof=1)
    separate = np.var(values, ddof=1) + np.var(baseline, ddof=1)
    return float(separate / difference) if difference > 0 else float("inf") if separate > 0 else float("nan")


class LeadChange(NamedTuple):
    """At `round` (1-based) the mean path of `leader` came to lie above that of `former`."""

    round: int
    leader: int
    former: int


def lead_changes(paths: np.ndarray, confidence: float = 0.95) -> list[LeadChange]:
    """Where the lead changes among paths (alternatives, replications, rounds).

    A lead counts once it is established: at some round the paired interval of leader - former excludes zero. The change
    is dated at the round from which on the new leader's mean stayed above. Crossings within the noise are not reported.
    With one replication there is no noise to judge by and every crossing counts.
    """
    means = paths.mean(axis=1)
    alone = paths.shape[1] < 2
    changes: list[LeadChange] = []
    leader: int | None = None
    for t, best in enumerate(means.argmax(axis=0)):
        rival = int(best)
        if rival == leader:
            continue
        if leader is None:
            others = [k for k in range(len(means)) if k != rival]
            if alone or all(paired(paths[rival, :, t], paths[k, :, t], confidence).low > 0 for k in others):
                leader = rival
        elif alone or paired(paths[rival, :, t], paths[leader, :, t], confidence).low > 0:
            behind = np.flatnonzero(means[rival, : t + 1] <= means[leader, : t + 1])
            changes.append(LeadChange(int(behind[-1]) + 2 if behind.size else 1, rival, leader))
            leader = rival
    return changes
