"""Customers worth a story: who has just left, who is worth most, who was betrayed, who is a hostage.

Looked for among the customers of the firm in focus; of the other firms only where none of its customers fits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim import state
from sim.analysis.choice import Choice, choice, of_supplier
from sim.results import Results
from sim.scenario import Scenario
from sim.scenario_errors import not_one_of
from sim.simulation import Simulation
from sim.stories.chapter import StoryError
from sim.stories.sources import Source, played

ENOUGH = 3  # purchases from a firm before one can speak of betrayal, or of being held
DEEP = 5  # purchases in a row before one can speak of leaving: who goes to and fro has left nobody
BETRAYAL = 0.2  # a smaller fall of trust is none
SETTLED = 2  # purchases elsewhere after which it has left: a single one may be a whim


class NobodyError(StoryError):
    """No customer of a run fits the description."""


class Picked(NamedTuple):
    """A customer, and why this one."""

    customer: int
    why: str


class Leaving(NamedTuple):
    """How each customer (C,) last left a firm it had bought from `DEEP` times in a row; round 0: it never did."""

    round: np.ndarray
    firm: np.ndarray
    row: np.ndarray  # purchases in a row
    trust: np.ndarray  # then
    context: np.ndarray
    since: np.ndarray  # purchases from others since, that which it left for included

    @classmethod
    def never(cls, customers: int) -> Leaving:
        """Nobody has left."""
        return cls(*(np.zeros(customers, kind) for kind in (int, int, int, float, float, int)))


class Track(NamedTuple):
    """What is followed while the market is played, and what is left at its end."""

    results: Results
    leaving: Leaving
    peak: np.ndarray  # (F, C) highest trust since the first purchases
    peaked: np.ndarray  # (F, C) the round of it
    terms: Choice | None


class Found(NamedTuple):
    """How well each customer (C,) fits, 0 = not at all, and what to say of one."""

    score: np.ndarray
    why: Callable[[int], str]


def pick(
    source: Source, kind: str, *, alternative: str | None = None, seed: int | None = None, rounds: int | None = None
) -> Picked:
    """An interesting customer, and why it is; `kind` is one of `KINDS`.

    Raises StoryError for another kind, NobodyError where no customer fits.
    """
    if kind not in KINDS:
        raise StoryError(not_one_of(kind, "a kind of customer to pick", KINDS))
    scenario, seed, rounds, _ = played(source, alternative, seed, rounds)
    track = _follow(scenario, seed, rounds)
    firms = np.array(track.results.firms)
    of_focus = firms == (scenario.focus or firms[0])
    for among in (of_focus, ~of_focus):
        found = KINDS[kind](track, among)
        best = int(np.argmax(found.score))
        if found.score[best] > 0:
            return Picked(best, f"It was picked because {found.why(best)}.")
    raise NobodyError(f"nobody fits in {rounds} rounds: {(KINDS[kind].__doc__ or '').split('.')[0].lower()}")


def _follow(scenario: Scenario, seed: int, rounds: int) -> Track:
    simulation = Simulation(scenario, seed)
    s = simulation.state
    row = np.zeros(s.supplier.size, int)  # purchases from the supplier without one from another firm
    leaving = Leaving.never(row.size)
    peak, peaked = np.zeros(s.flags.shape), np.zeros(s.flags.shape, int)
    for round in range(1, rounds + 1):
        before, bought, born = s.supplier.copy(), s.record[..., state.PURCHASES].sum(axis=0), s.born.copy()
        trust, context = s.dyad[state.TRUST].astype(float), simulation.context()
        simulation.advance(1)
        fresh = s.born != born
        leaving.round[fresh], row[fresh], peak[:, fresh] = 0, 0, 0.0
        buys = ~fresh & (s.record[..., state.PURCHASES].sum(axis=0) > bought)
        _note_leaving(leaving, round, buys, before, s.supplier, row, trust, context)
        row[buys] = np.where(s.supplier == before, row + 1, 1)[buys]
        row[fresh & (s.supplier >= 0)] = 1
        higher = (s.record[..., state.PURCHASES] >= ENOUGH) & (s.dyad[state.TRUST] > peak)
        peak, peaked = np.where(higher, s.dyad[state.TRUST], peak), np.where(higher, round, peaked)
    results = simulation.results()
    return Track(results, leaving, peak, peaked, choice(results) if rounds else None)


def _note_leaving(
    leaving: Leaving, round: int, buys: np.ndarray, before: np.ndarray, now: np.ndarray, row: np.ndarray,
    trust: np.ndarray, context: np.ndarray,
) -> None:  # fmt: skip
    """What the purchases of a round say about leaving; row, trust and context: as they were before it."""
    leaving.since[buys] += 1
    leaving.round[buys & (now == leaving.firm)] = 0  # back again
    for i in np.flatnonzero(buys & (now != before) & (before >= 0) & (row >= DEEP)):
        firm = before[i]
        told = (round, firm, row[i], trust[firm, i], context[firm, i], 1)
        for part, value in zip(leaving, told, strict=True):
            part[i] = value


def _left(track: Track, among: np.ndarray) -> Found:
    """The customer that left a firm last, after five purchases in a row or more, and has settled elsewhere."""
    gone, firms = track.leaving, track.results.firms
    fits = (gone.round > 0) & (gone.since >= SETTLED) & among[gone.firm]

    def why(i: int) -> str:
        return (
            f"it left {firms[gone.firm[i]]} in round {gone.round[i]} of {track.results.rounds}, after {gone.row[i]} "
            f"purchases in a row (trust {gone.trust[i]:.2f}, shared context {gone.context[i]:.2f}), and has bought "
            f"{gone.since[i]} times elsewhere since"
        )

    return Found(np.where(fits, gone.round + gone.row / (1.0 + gone.row), 0.0), why)  # of a round's, the deepest


def _valuable(track: Track, among: np.ndarray) -> Found:
    """The customer with the highest margin to date with one firm."""
    margin = np.where(among[:, None], track.results.dyads["margin"].astype(float), -np.inf)
    firm = margin.argmax(axis=0)

    def why(i: int) -> str:
        return (
            f"nobody has brought {track.results.firms[firm[i]]} more: a margin of {margin[firm[i], i]:,.2f} euro on "
            f"{track.results.dyads['purchases'][firm[i], i]:.0f} purchases in {track.results.rounds} rounds"
        )

    return Found(margin.max(axis=0), why)


def _betrayed(track: Track, among: np.ndarray) -> Found:
    """The customer whose trust in a firm it has bought from three times or more has fallen deepest from its height."""
    trust = track.results.dyads["trust"]
    fall = np.where((track.peak > 0) & among[:, None], track.peak - trust, 0.0)
    fall[fall < BETRAYAL] = 0.0
    firm = fall.argmax(axis=0)

    def why(i: int) -> str:
        j = firm[i]
        return (
            f"no trust in {track.results.firms[j]} fell deeper: from {track.peak[j, i]:.2f} in round "
            f"{track.peaked[j, i]} to {trust[j, i]:.2f} in round {track.results.rounds}"
        )

    return Found(fall.max(axis=0), why)


def _hostage(track: Track, among: np.ndarray) -> Found:
    """The customer that stays though another firm promises more, because leaving costs: convenience, habit, a fee."""
    terms, results = track.terms, track.results
    if terms is None:
        return Found(np.zeros(track.leaving.round.size), str)
    promise = np.where(terms.option, terms.free + terms.effort, -np.inf)  # as if all were equally convenient
    elsewhere = np.where(terms.mine, -np.inf, promise)
    bound = np.where(terms.mine, -np.inf, terms.utility()).max(axis=0)
    stays = terms.tied & (of_supplier(terms, terms.utility()) >= bound)
    stays &= of_supplier(terms, results.dyads["purchases"]) >= ENOUGH
    stays &= (terms.mine & among[:, None]).any(axis=0)
    with np.errstate(invalid="ignore"):
        gap = np.where(stays, elsewhere.max(axis=0) - of_supplier(terms, promise), 0.0)

    def why(i: int) -> str:
        own, other = results.firms[int(terms.mine[:, i].argmax())], results.firms[int(elsewhere[:, i].argmax())]
        return (
            f"it stays with {own} in round {results.rounds}, though {other} would be better by {gap[i]:.2f} utils if "
            "convenience, habit and fees did not count"
        )

    return Found(gap, why)


KINDS: dict[str, Callable[[Track, np.ndarray], Found]] = {
    "left": _left,
    "valuable": _valuable,
    "betrayed": _betrayed,
    "hostage": _hostage,
}
