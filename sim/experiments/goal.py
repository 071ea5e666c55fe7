"""How precisely an experiment is to know its answer: seeds are added until that is so, or no more are allowed."""

from __future__ import annotations

import math
from typing import NamedTuple

from sim.in_words import ArgumentError, whole


class Goal(NamedTuple):
    """Half width (±) that 95 % intervals are to have, and the most seeds that are played for it."""

    halfwidth: float
    at_most: int


def goal_of(halfwidth: float | None, at_most: int, seeds: int | None = None) -> Goal | None:
    """What is asked for, None where nothing is; `seeds`: that are played in any case.

    Raises ArgumentError for a width that no interval can have, and for fewer seeds at most than there are at first.
    """
    if halfwidth is None:
        return None
    if isinstance(halfwidth, bool) or not isinstance(halfwidth, (int, float)):
        raise ArgumentError(f"halfwidth is {halfwidth!r}, not a number; allowed: above 0")
    if not 0 < halfwidth < math.inf:
        raise ArgumentError(f"halfwidth (--until-halfwidth) is {halfwidth:g}; allowed: above 0, and finite")
    whole("at_most", at_most, 2)
    if seeds is not None and at_most < seeds:
        raise ArgumentError(
            f"at_most (--at-most) is {at_most}; allowed: {seeds} or more, the seeds that are played first"
        )
    return Goal(float(halfwidth), at_most)


def known(what: str, now: float, goal: Goal, seeds: int) -> str:
    """How the search for a half width ended: reached, or given up at so many seeds; `what` is known to ± `now`."""
    if now <= goal.halfwidth:
        return f"{what} are known to ± {now:.4g} after {seeds:,} seeds; ± {goal.halfwidth:g} was asked for."
    so_far = f"± {now:.4g}" if math.isfinite(now) else "no interval at all"
    return (
        f"{what} are known to {so_far} only, after {seeds:,} seeds, the most allowed; ± {goal.halfwidth:g} was asked "
        f"for: a higher --at-most goes on."
    )
