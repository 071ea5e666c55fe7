"""Did customers become more loyal, or did the disloyal leave? Measured on a transaction log, simulated or real."""

from __future__ import annotations

import numpy as np

from sim.analysis.heterogeneity import loyalty_growth, repeat_shares

__all__ = ["aggregate_retention", "loyalty_growth", "repeat_shares"]


def aggregate_retention(departures: np.ndarray, active: np.ndarray) -> np.ndarray:
    """(rounds,) share of each round's customers who are still there after it: 1 − departures/active."""
    return 1.0 - departures / active
