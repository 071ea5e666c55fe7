"""Payoff matrices: dominance, equilibria, and how a population of strategies would change.

A payoff matrix is (S, S): what the row's strategy earns against the column's. In the symmetric game of two firms the
second firm's payoffs are the transpose.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

SLACK = 1e-9  # of the spread of payoffs: differences below are rounding
PAIRS = 100_000  # pairs of supports that are looked at


class Equilibrium(NamedTuple):
    """Shares with which the two firms play each strategy, (S,) each; none gains by playing otherwise."""

    first: np.ndarray
    second: np.ndarray

    @property
    def supports(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Strategies played at all."""
        return tuple(np.flatnonzero(self.first > 0).tolist()), tuple(np.flatnonzero(self.second > 0).tolist())

    @property
    def pure(self) -> bool:
        """Does each firm play one strategy?"""
        return all(len(support) == 1 for support in self.supports)


def undominated(payoffs: np.ndarray) -> np.ndarray:
    """Strategies left when those strictly worse than another whatever the rival does are struck out, again and again.

    Source: Osborne & Rubinstein 1994, section 4.2 (dominance by pure strategies).
    """
    left = np.arange(len(payoffs))
    while True:
        here = payoffs[np.ix_(left, left)]
        worse = (here[None] > here[:, None]).all(axis=2).any(axis=1)
        if not worse.any():
            return left
        left = left[~worse]


def equilibria(payoffs: np.ndarray) -> tuple[list[Equilibrium], int]:
    """Nash equilibria of the symmetric game, by trying all pairs of supports of equal size; and up to which size.

    Each pair of firms that differ is listed once. In a degenerate game there may be more. The size is limited where
    there would be more than `PAIRS` pairs of supports.

    Source: Nisan et al. 2007, Algorithmic Game Theory, algorithm 3.4.
    """
    left = undominated(payoffs)
    game, found = payoffs[np.ix_(left, left)], []
    size, seen = 0, 0
    for size in range(1, len(left) + 1):
        supports = list(itertools.combinations(range(len(left)), size))
        seen += len(supports) * (len(supports) + 1) // 2
        if seen > PAIRS:
            return found, size - 1
        for rows, columns in itertools.combinations_with_replacement(supports, 2):
            if (solved := solve(game, rows, columns)) is not None:
                both = np.zeros((2, len(payoffs)))
                both[0, left], both[1, left] = solved
                found.append(Equilibrium(*both))
    return found, size


def solve(payoffs: np.ndarray, rows: tuple[int, ...], columns: tuple[int, ...]) -> Equilibrium | None:
    """The equilibrium in which one firm plays all of `rows`, the other all of `columns`; None if there is none."""
    slack = SLACK * (np.ptp(payoffs) or 1.0)
    second = _indifferent(payoffs, rows, columns)
    first = _indifferent(payoffs, columns, rows)
    if first is None or second is None:
        return None
    against_second, against_first = payoffs @ second, payoffs @ first
    if against_second.max() > against_second[list(rows)].max() + slack:
        return None
    if against_first.max() > against_first[list(columns)].max() + slack:
        return None
    return Equilibrium(first, second)


def _indifferent(payoffs: np.ndarray, rows: tuple[int, ...], columns: tuple[int, ...]) -> np.ndarray | None:
    """(S,) shares over `columns`, all positive, against which all `rows` earn the same."""
    size = len(rows)
    equations = np.zeros((size + 1, size + 1))  # shares and the common payoff
    equations[:size, :size] = payoffs[np.ix_(rows, columns)]
    equations[:size, size] = -1.0
    equations[size, :size] = 1.0
    try:
        solved = np.linalg.solve(equations, np.append(np.zeros(size), 1.0))[:size]
    except np.linalg.LinAlgError:
        return None
    if not (solved > SLACK).all():
        return None
    shares = np.zeros(len(payoffs))
    shares[list(columns)] = solved
    return shares


def replicator(payoffs: np.ndarray, start: np.ndarray, steps: int = 2_000, step: float = 0.05) -> np.ndarray:
    """(steps + 1, S) shares of strategies of which the more profitable spread: dx_i/dt = x_i ((Ax)_i - x'Ax).

    Payoffs are scaled to a spread of one, which changes the speed only; steps of Runge and Kutta's fourth order. Raises
    ValueError for a start whose shares are not a distribution.

    Source: Taylor & Jonker 1978, Evolutionary stable strategies and game dynamics, Mathematical Biosciences 40.
    """
    start = np.asarray(start, dtype=np.float64)
    if start.shape != (len(payoffs),) or (start < 0).any() or abs(start.sum() - 1) > 1e-9:
        raise ValueError(f"the start needs {len(payoffs)} shares that sum to 1, none negative")
    game = (payoffs - payoffs.min()) / (np.ptp(payoffs) or 1.0)

    def change(x: np.ndarray) -> np.ndarray:
        earned = game @ x
        return x * (earned - x @ earned)

    path = np.empty((steps + 1, len(start)))
    path[0] = start
    for t in range(steps):
        x = path[t]
        a = change(x)
        b = change(x + step / 2 * a)
        c = change(x + step / 2 * b)
        d = change(x + step * c)
        x = np.maximum(x + step / 6 * (a + 2 * b + 2 * c + d), 0.0)
        path[t + 1] = x / x.sum()
    return path
