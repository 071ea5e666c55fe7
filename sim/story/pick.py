"""Customers worth a story: who left for good, who is worth most, who was betrayed, who is a hostage."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim import state
from sim.analysis.choice import Choice, choice, of_supplier
from sim.results import Results
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.story.chapter import StoryError
from sim.story.life import played

ENOUGH = 3  # purchases from a firm before one can speak of leaving it, or of betrayal


class NobodyError(StoryError):
    """No customer of a run fits the description."""


class Track(NamedTuple):
    """What is followed while the market is played, and what is left at its end."""

    results: Results
    left: np.ndarray  # (C,) round in which the customer last left a firm it had bought from `ENOUGH` times; 0 = never
    deserted: np.ndarray  # (C,) that firm, −1 = none
    since: np.ndarray  # (C,) purchases from any other firm since, that which it left for included
    peak: np.ndarray  # (F, C) highest trust since the first purchases
    terms: Choice | None


def pick(
    source: Scenario | Results,
    kind: str,
    *,
    alternative: str | None = None,
    seed: int | None = None,
    rounds: int | None = None,
) -> int:
    """The number of an interesting customer; `kind` is one of `KINDS`.

    Raises StoryError for another kind, NobodyError where no customer fits.
    """
    if kind not in KINDS:
        raise StoryError(f'there is no way to pick "{kind}"; there are: {", ".join(KINDS)}')
    scenario, seed, rounds, _ = played(source, alternative, seed, rounds)
    track = _follow(scenario, seed, rounds)
    score = KINDS[kind](track)
    best = int(np.argmax(score))
    if not score[best] > 0:
        raise NobodyError(f"nobody fits: {(KINDS[kind].__doc__ or '').split('.')[0].lower()}")
    return best


def _follow(scenario: Scenario, seed: int, rounds: int) -> Track:
    simulation = Simulation(scenario, seed)
    s = simulation.state
    customers = np.arange(s.supplier.size)
    left, deserted = np.zeros(customers.size, np.int64), np.full(customers.size, -1)
    earlier = np.zeros(customers.size, np.int64)  # purchases until then
    peak = np.zeros(s.flags.shape)
    for round in range(1, rounds + 1):
        before, bought = s.supplier.copy(), s.record[state.PURCHASES].copy()
        born = s.born.copy()
        simulation.advance(1)
        fresh = s.born != born
        left[fresh], deserted[fresh], peak[:, fresh] = 0, -1, 0.0
        gone = (s.supplier != before) & (before >= 0) & ~fresh
        gone &= bought[np.maximum(before, 0), customers] >= ENOUGH
        left[gone], deserted[gone], earlier[gone] = round, before[gone], bought.sum(axis=0)[gone]
        settled = s.record[state.PURCHASES] >= ENOUGH
        peak = np.where(settled, np.maximum(peak, s.dyad[state.TRUST]), peak)
    results = simulation.results()
    since = s.record[state.PURCHASES].sum(axis=0) - earlier
    return Track(results, left, deserted, since, peak, choice(results) if rounds else None)


def _left(track: Track) -> np.ndarray:
    """The customer who left a firm after most purchases and has settled elsewhere; else one who left at all."""
    away = (track.deserted >= 0) & (track.results.customers["supplier"] != track.deserted)
    there = track.results.dyads["purchases"][np.maximum(track.deserted, 0), np.arange(track.left.size)].astype(float)
    settled = track.since >= ENOUGH  # a first purchase elsewhere may be a whim
    return np.where(away, there + 1e6 * settled, 0.0)


def _valuable(track: Track) -> np.ndarray:
    """The customer with the highest margin to date with one firm, or with the firm in focus."""
    margin = track.results.dyads["margin"].astype(float)
    focus = track.results.scenario["focus"]
    names = track.results.firms
    return margin[names.index(focus)] if focus in names else margin.max(axis=0)


def _betrayed(track: Track) -> np.ndarray:
    """The customer whose trust in a firm it bought from has fallen deepest from its height."""
    fall = track.peak - track.results.dyads["trust"]
    return np.where(track.peak > 0, fall, 0.0).max(axis=0)


def _hostage(track: Track) -> np.ndarray:
    """The customer that stays though another firm promises more, because leaving costs: convenience, habit, a fee."""
    if track.terms is None:
        return np.zeros(track.left.size)
    terms = track.terms
    promise = np.where(terms.option, terms.free + terms.effort, -np.inf)  # as if all were equally convenient
    others = np.where(terms.mine, -np.inf, promise).max(axis=0)
    bound = np.where(terms.mine, -np.inf, terms.utility()).max(axis=0)
    stays = terms.tied & (of_supplier(terms, terms.utility()) >= bound)
    stays &= of_supplier(terms, track.results.dyads["purchases"]) >= ENOUGH
    with np.errstate(invalid="ignore"):
        gap = others - of_supplier(terms, promise)
    return np.where(stays, gap, 0.0)


KINDS: dict[str, Callable[[Track], np.ndarray]] = {
    "left": _left,
    "valuable": _valuable,
    "betrayed": _betrayed,
    "hostage": _hostage,
}
