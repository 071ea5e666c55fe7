"""The transaction log as histories: whose purchase followed which.

Where customers are replaced, the log does not say when a place changed hands before the last time. Histories are
therefore those of the present customers; purchases of those who had their places before are left out. Replacement
strikes everybody alike, so this costs observations but favours nobody.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.levels import need_log, once
from sim.results import Results, ResultsError


class History(NamedTuple):
    """n purchases of the C present customers, sorted by customer and round; firms are numbers from 0.

    previous    (n,) firm the customer bought from the time before, −1 for its first purchase
    rounds      last round observed, active (C,) who is still in the market; who left did so at its last purchase
    """

    customer: np.ndarray
    round: np.ndarray
    firm: np.ndarray
    price: np.ndarray  # euro
    surcharge: np.ndarray  # euro
    previous: np.ndarray
    rounds: int
    active: np.ndarray

    @property
    def customers(self) -> int:
        """C."""
        return self.active.size

    @property
    def last_round(self) -> np.ndarray:
        """(C,) round until which a customer was observed: the last one, or that of the purchase at which it left."""
        latest = np.zeros(self.customers, np.int64)
        np.maximum.at(latest, self.customer, self.round)
        return np.where(self.active, self.rounds, latest)


@once
def history(results: Results) -> History:
    """The histories of the present customers. Raises ResultsError without a log, or where customers were replaced or
    left and it was not kept who.
    """
    log = need_log(results)
    who, when = log["customer"].astype(np.int64), log["round"].astype(np.int64)
    if results.customers:
        born, active = results.customers["born"].astype(np.int64), results.customers["active"].astype(bool)
    elif any(results.series(name).sum() > 0 for name in ("replaced", "departures")):
        raise ResultsError("customers came and went, and these results do not say who; run again with keep=True")
    else:
        declared = results.scenario.get("market", {}).get("customers", 0)
        size = max(int(declared), int(who.max(initial=-1)) + 1)
        born, active = np.ones(size, np.int64), np.ones(size, bool)
    kept = np.flatnonzero(when >= born[who])
    order = kept[np.lexsort((when[kept], who[kept]))]
    who, when, firm = who[order], when[order], log["firm"][order].astype(np.int64)
    previous = np.concatenate([[-1], firm[:-1]]) if firm.size else firm
    previous[np.flatnonzero(np.diff(who, prepend=-1))] = -1
    rounds = max(results.rounds, int(log["round"].max(initial=0)))  # a window of the books leaves the log as it is
    paid = (log[name][order].astype(np.float64) for name in ("price", "surcharge"))
    return History(who, when, firm, *paid, previous, rounds, active)


def firm_number(results: Results, firm: str) -> int:
    """Position of a firm. Raises ResultsError naming those there are."""
    if firm not in results.firms:
        raise ResultsError(f"there is no firm {firm!r}; there are {', '.join(results.firms)}")
    return results.firms.index(firm)
