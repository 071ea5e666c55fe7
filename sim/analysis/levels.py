"""Sums over time that many measures share: discounting, levels at the end of a run, ratios."""

from __future__ import annotations

import numpy as np

from sim.results import Results

YEAR = 12  # rounds over which levels such as trust are averaged at the end of a run


def discount_factors(rate: float, rounds: int) -> np.ndarray:
    """(rounds,) factors (1 + rate)^-t for t = 1..rounds."""
    return (1.0 + rate) ** -np.arange(1.0, rounds + 1.0)


def discounted(results: Results, flow: np.ndarray) -> np.ndarray:
    """`flow` (rounds, ...) times the discount factor of its round."""
    factors = discount_factors(results.discount_rate, results.rounds)
    return flow * factors.reshape(-1, *[1] * (flow.ndim - 1))


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is zero."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(part, dtype=np.float64) / np.where(whole == 0, np.nan, whole)
