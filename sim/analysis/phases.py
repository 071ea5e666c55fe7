"""Phases of a relationship, read off the purchases of a customer; they drive nothing.

Dwyer, Schurr & Oh (1987) name five phases; when one ends and the next begins is our reading of them, in purchases:

awareness    the customer has not bought from the firm, or tried it and went elsewhere before the relationship expanded
exploration  fewer than `EXPANSION` purchases from the firm, the last of them recent
expansion    at least `EXPANSION` purchases, the last of them recent
commitment   at least `COMMITMENT` purchases, and `COMMITTED` of the customer's last `WINDOW` were from the firm
dissolution  the relationship had expanded, but the last purchase is not recent

A purchase is recent until the customer has bought `LAPSE` times elsewhere since, or not at all for `SILENCE` rounds.
Where customers are replaced, the histories are those of the present ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.results import Results, ResultsError

PHASES = ("awareness", "exploration", "expansion", "commitment", "dissolution")
AWARENESS, EXPLORATION, EXPANDED, COMMITTED_PHASE, DISSOLVED = range(len(PHASES))

EXPANSION = 3
COMMITMENT = 5
WINDOW, COMMITTED = 5, 4
LAPSE = 3
SILENCE = 12


def histories(results: Results) -> Iterator[tuple[int, np.ndarray]]:
    """(round, (F, C) phase of every dyad at its end) for every round. Raises ResultsError without a log."""
    if results.log is None or results.customers is None:
        raise ResultsError("phases are read off transactions; run again with log=True (sim run --log)")
    firms, customers = len(results.firms), results.customers["born"].size
    who, when = results.log["customer"].astype(np.int64), results.log["round"].astype(np.int64)
    current = when >= results.customers["born"][who]  # purchases of those who had the place before do not count
    order = np.flatnonzero(current)[np.argsort(when[current], kind="stable")]
    rounds = max(results.rounds, int(when.max(initial=0)))  # a window of the books leaves the log as it is
    starts = np.searchsorted(when[order], np.arange(1, rounds + 2))
    bought, latest = np.zeros((firms, customers), np.int64), np.zeros((firms, customers), np.int64)
    elsewhere = np.zeros((firms, customers), np.int64)
    recent = np.full((WINDOW, customers), -1)
    own = np.arange(firms)[:, None]
    for round in range(1, rounds + 1):
        rows = order[starts[round - 1] : starts[round]]
        i, j = who[rows], results.log["firm"][rows].astype(np.int64)
        bought[j, i] += 1
        latest[j, i] = round
        elsewhere[:, i] += 1
        elsewhere[j, i] = 0
        recent[:-1, i] = recent[1:, i]
        recent[-1, i] = j
        loyal = (recent[None] == own[:, None]).sum(axis=1) >= COMMITTED
        yield round, label(bought, elsewhere, round - latest, loyal)


def label(bought: np.ndarray, elsewhere: np.ndarray, silent: np.ndarray, loyal: np.ndarray) -> np.ndarray:
    """Phase of dyads (any shape, int8) with `bought` purchases, the last `silent` rounds and `elsewhere` purchases from
    others ago; loyal: the customer's last purchases were mostly from the firm.
    """
    lapsed = (elsewhere >= LAPSE) | (silent >= SILENCE)
    phase = np.where(bought >= EXPANSION, EXPANDED, EXPLORATION)
    phase = np.where((bought >= COMMITMENT) & loyal, COMMITTED_PHASE, phase)
    phase = np.where(lapsed, np.where(bought >= EXPANSION, DISSOLVED, AWARENESS), phase)
    return np.where(bought == 0, AWARENESS, phase).astype(np.int8)


def phases(results: Results) -> np.ndarray:
    """(F, C) phase of every dyad at the end of the run, an index of `PHASES`; −1 for who does not know the firm.

    Knowledge is that at the end; without dyads everybody counts as aware. Raises ResultsError without a log.
    """
    *_, (_, last) = histories(results)
    unaware = ~results.dyads["aware"] if results.dyads else False
    return np.where(unaware & (last == AWARENESS), -1, last).astype(np.int8)


def phase_path(results: Results) -> np.ndarray:
    """(rounds, F, 5) number of dyads in each phase at the end of each round. Who never comes to know a firm counts in
    `awareness`, as the log does not say when awareness begins. Raises ResultsError without a log.
    """
    counts = ([(now == phase).sum(axis=1) for phase in range(len(PHASES))] for _, now in histories(results))
    return np.array(list(counts)).transpose(0, 2, 1)


def rounds_to_commitment(results: Results) -> np.ndarray:
    """(F, C) rounds from the first purchase to the first round in commitment; NaN for who never committed."""
    reached, first = None, None
    for round, now in histories(results):
        if reached is None:
            reached, first = np.full(now.shape, np.nan), np.full(now.shape, np.nan)
        first[np.isnan(first) & (now != AWARENESS)] = round
        reached[np.isnan(reached) & (now == COMMITTED_PHASE)] = round
    return reached - first


def commitment_velocity(results: Results) -> np.ndarray:
    """(F,) mean rounds from first purchase to commitment, of those who committed to the firm by the end of the run.

    Who is not committed yet is left out, so that short runs look faster; see `committed_share` beside it. Source:
    Palmatier et al. (2013), relationship velocity; thresholds: see above.
    """
    rounds = rounds_to_commitment(results)
    known = ~np.isnan(rounds)
    count = known.sum(axis=1)
    return np.where(known, rounds, 0.0).sum(axis=1) / np.where(count == 0, np.nan, count)


def committed_share(results: Results) -> np.ndarray:
    """(F,) share in commitment at the end of the run, of the customers who ever bought from the firm."""
    last, bought = None, None
    for _, now in histories(results):
        last, bought = now, (now != AWARENESS) | (bought if bought is not None else False)
    count = bought.sum(axis=1)
    return (last == COMMITTED_PHASE).sum(axis=1) / np.where(count == 0, np.nan, count)
