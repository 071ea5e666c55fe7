"""What a ranking hangs on: the same tournament under other conditions.

The limits of the ranks of all strategies under all conditions hold at once (Bonferroni over the conditions): where
those of a strategy under two conditions do not meet, its rank depends on the condition, and not on luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.inference import kendall, rank_intervals
from sim.analysis.metrics import METRICS
from sim.experiments.drawn import DrawnTournament
from sim.experiments.tournament import Tournament, spoken


class Movement(NamedTuple):
    """A strategy's ranks over all conditions: the best, the worst, and where.

    moves   is that more than luck: do its limits under some two conditions not meet
    """

    name: str
    best: int
    worst: int
    best_where: str
    worst_where: str
    moves: bool


@dataclass(frozen=True, eq=False)
class Rankings:
    """Rankings of S strategies under C conditions.

    names        the strategies; conditions: in words, levels: factor -> level, of each
    ranks        (C, S, 3): rank, 1 the best, with its limits; agreement: (C, C) Kendall's tau-b of the ranks
    """

    names: list[str]
    conditions: list[str]
    levels: list[dict[str, Any]]
    ranks: np.ndarray
    agreement: np.ndarray

    def rows(self) -> list[Movement]:
        """What moves most first; ties in the order of the mean rank."""
        own, low, high = self.ranks[..., 0], self.ranks[..., 1], self.ranks[..., 2]
        found = []
        for k, name in enumerate(self.names):
            best, worst = int(own[:, k].argmin()), int(own[:, k].argmax())
            moves = bool(high[:, k].min() < low[:, k].max())
            where = self.conditions[best], self.conditions[worst]
            found.append(Movement(name, int(own[best, k]), int(own[worst, k]), *where, moves))
        order = np.lexsort((own.mean(axis=0), own.min(axis=0) - own.max(axis=0)))
        return [found[k] for k in order]

    def best(self) -> list[tuple[str, list[str]]]:
        """Condition -> who ranks first there, and others that may: whose limits reach the first rank."""
        found = []
        for at, condition in enumerate(self.conditions):
            may = sorted(np.flatnonzero(self.ranks[at, :, 1] == 1), key=lambda k: self.ranks[at, k, 0])
            found.append((condition, [self.names[k] for k in may]))
        return found

    @property
    def tau(self) -> float:
        """Mean agreement of two conditions: 1 where the order is the same, 0 where one says nothing of another."""
        upper = self.agreement[np.triu_indices(len(self.conditions), 1)]
        return float(np.nanmean(upper)) if np.isfinite(upper).any() else float("nan")

    def headline(self) -> str:
        """The finding in a sentence or two."""
        first = [names[0] for _, names in self.best()]
        winners = sorted(set(first), key=lambda name: -first.count(name))
        if len(winners) == 1:
            every = "both" if len(first) == 2 else f"all {len(first)}"
            words = f"{spoken(winners[0])} ranks first under {every} conditions"
        else:
            words = ", ".join(f"{spoken(name)} in {first.count(name)}" for name in winners)
            words = f"Of {len(first)} conditions {words} rank first"
        doubt = sum(len(names) > 1 for _, names in self.best())
        words += f" (in {doubt} of them another may be as good)" if doubt else ""
        moved = [spoken(each.name) for each in self.rows() if each.moves]
        those = f"{', '.join(moved[:3])}{f' and {len(moved) - 3} others' if len(moved) > 3 else ''}"
        hangs = f"the rank of {those} clearly depends on them" if moved else "no rank clearly depends on them"
        return f"{words}; {hangs} (mean agreement of two rankings: tau = {self.tau:.2f})"

    def record(self) -> dict[str, Any]:
        """All of it as JSON can say it."""
        return {
            "conditions": self.levels,
            "names": self.names,
            "ranks": self.ranks.tolist(),
            "agreement": self.agreement.tolist(),
            "best": [{"condition": condition, "names": names} for condition, names in self.best()],
            "movements": [each._asdict() for each in self.rows()],
            "headline": self.headline(),
        }


def rankings(tournaments: Sequence[Tournament] | Sequence[DrawnTournament]) -> Rankings:
    """Hold the rankings of a tournament under several conditions (`vary`) against each other.

    Raises ValueError where there are no two conditions, or not the same strategies were ranked under all: a strategy
    whose runs fail has no rank.
    """
    if len(tournaments) < 2:
        raise ValueError("one condition alone: vary something to see what the ranking hangs on")
    ranked = [{rank.name for rank in each.ranking()} for each in tournaments]
    names = [name for name in tournaments[0].names if name in ranked[0]]
    if any(some != ranked[0] for some in ranked):
        raise ValueError("not the same strategies were ranked under all conditions")
    confidence = 1 - 0.05 / len(tournaments)
    sign = METRICS[tournaments[0].measure].sign
    own = [sign * each.scores[[each.names.index(name) for name in names]] for each in tournaments]
    ranks = np.array([rank_intervals(scores, confidence) for scores in own])
    conditions = [", ".join(f"{name} = {level}" for name, level in each.levels.items()) for each in tournaments]
    agreement = np.array([[kendall(one, other) for other in ranks[..., 0]] for one in ranks[..., 0]])
    return Rankings(names, conditions, [each.levels for each in tournaments], ranks, agreement)
