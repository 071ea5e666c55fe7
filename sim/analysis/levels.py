"""Sums over time that many measures share: discounting, levels at the end of a run, ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from sim.results import Results, ResultsError

YEAR = 12  # rounds over which levels such as trust are averaged at the end of a run


def discount_factors(rate: float, rounds: int) -> np.ndarray:
    """(rounds,) factors (1 + rate)^-t for t = 1..rounds."""
    return (1.0 + rate) ** -np.arange(1.0, rounds + 1.0)


_known_factors = lru_cache(8)(discount_factors)  # of runs that are alike; nobody writes to them


def discounted(results: Results, flow: np.ndarray) -> np.ndarray:
    """`flow` (rounds, ...) times the discount factor of its round."""
    factors = _known_factors(results.discount_rate, results.rounds)
    return flow * factors.reshape(-1, *[1] * (flow.ndim - 1))


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is zero."""
    if isinstance(whole, float) and isinstance(part, float):  # numbers of the market need no arrays
        return np.float64(part) / whole if whole else np.float64(np.nan)
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(part, dtype=np.float64) / np.where(whole == 0, np.nan, whole)


def once[T](function: Callable[[Results], T]) -> Callable[[Results], T]:
    """Work a function of results out once for each, and forget it with them: many measures rest on the same tables."""
    known: WeakKeyDictionary[Results, T] = WeakKeyDictionary()

    @wraps(function)
    def remembered(results: Results) -> T:
        if results not in known:
            known[results] = function(results)
        return known[results]

    return remembered


def summed(place: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """(size,) sums of `values` by their `place`; unlike np.bincount a float64 also of nothing at all."""
    return np.bincount(place, values, size).astype(np.float64)


def need_dyads(results: Results, *names: str) -> dict[str, np.ndarray]:
    """The final dyads. Raises ResultsError when they, or any of `names`, were not kept."""
    if not results.dyads or not results.customers or (missing := [name for name in names if name not in results.dyads]):
        which = f" {missing[0]!r} in them" if results.dyads and results.customers else ""
        raise ResultsError(f"these results hold no dyads{which}; run again and keep them (they are kept by sim run)")
    return results.dyads


def need(table: Mapping[str, Any] | None, what: str, *names: str) -> Mapping[str, Any]:
    """A table of these results that has all these entries. Raises ResultsError naming the first that it has not."""
    missing = [name for name in names if name not in (table or {})]
    if not table or missing:
        raise ResultsError(f"these results hold no {what}{f' {missing[0]!r}' if table else ''}; run the scenario again")
    return table


def need_log(results: Results) -> dict[str, np.ndarray]:
    """The transactions. Raises ResultsError when they were not kept, or speak of firms or customers there are not."""
    if results.log is None:
        raise ResultsError("these results hold no transaction log; run again with log=True (sim run --log)")
    who = results.customers["born"].size if results.customers else np.inf
    for name, low, high in (("customer", 0, who - 1), ("round", 1, np.inf), ("firm", 0, len(results.firms) - 1)):
        if name not in results.log:
            raise ResultsError(f"the transaction log has no column {name!r}")
        values = results.log[name]
        if values.size and not low <= values.min() <= values.max() <= high:
            raise ResultsError(f"the transaction log has a {name} that there is not: {values.min()} to {values.max()}")
    return results.log
