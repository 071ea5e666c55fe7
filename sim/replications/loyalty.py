"""Did customers become more loyal, or did the disloyal leave? Measured on a transaction log, simulated or real."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def aggregate_retention(departures: np.ndarray, active: np.ndarray) -> np.ndarray:
    """(rounds,) share of each round's customers who are still there after it: 1 − departures/active."""
    return 1.0 - departures / active


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
