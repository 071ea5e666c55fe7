"""Which alternative is best in each condition of a sweep, by how much, and how sure that is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.analysis.inference import choice, effect, holm, p_value
from sim.analysis.statistics import Interval, paired, variance_reduction
from sim.experiments.sweep import Table

LEVEL = 0.05  # chance of one false "clear" in the whole sweep


class Standing(NamedTuple):
    """The best alternative of one condition and its paired lead over the next best.

    probability   that it is best; regret: expected loss by choosing it though it is not
    size          of the lead, standardised, superiority: share of pairs in which the best is ahead of the next best
    p             of a lead over all rivals, adjusted for the choice of the best and, by Holm, for all conditions
    """

    levels: dict[str, Any]
    best: str
    second: str
    lead: Interval
    probability: float
    regret: float
    size: float
    superiority: float
    p: float

    @property
    def clear(self) -> bool:
        """Is the lead more than luck?"""
        return self.p < LEVEL


def standings(table: Table) -> list[Standing]:
    """One standing per condition. Raises ValueError where there is nothing to compare."""
    if len(table.names) < 2:
        raise ValueError("one alternative alone is no comparison")
    found = []
    for condition in range(table.values.shape[1]):
        values = table.values[:, condition]
        values = values[:, ~np.isnan(values).any(axis=0)]
        if not values.size:
            continue
        best, second = np.argsort(-values.mean(axis=1), kind="stable")[:2]
        rivals = [k for k in range(len(values)) if k != best]
        p = max(p_value(values[best] - values[k]) for k in rivals) * len(rivals)
        chosen = choice(values)
        found.append(
            Standing(
                {factor: levels[condition] for factor, levels in table.levels.items()},
                table.names[best],
                table.names[second],
                paired(values[best], values[second]),
                float(chosen.probability[best]),
                float(chosen.regret[best]),
                *effect(values[best] - values[second]),
                min(1.0, p) if np.isfinite(p) else 1.0,
            )
        )
    adjusted = holm(np.array([standing.p for standing in found]))
    return [standing._replace(p=float(p)) for standing, p in zip(found, adjusted, strict=True)]


def headline(found: list[Standing]) -> str:
    """The finding in a sentence: which alternative is best in how many conditions."""
    if not found:
        return "No condition has been run under every alternative yet"
    if len(found) == 1:
        return f"“{found[0].best}” is best{'' if found[0].clear else ', but not clearly'}"
    names = sorted({each.best for each in found}, key=lambda name: -sum(each.best == name for each in found))
    parts = []
    for name in names:
        won = [each for each in found if each.best == name]
        parts.append(f"“{name}” is better in {len(won)} (clearly in {sum(each.clear for each in won)})")
    return f"Of {len(found)} conditions, {', '.join(parts)}"


def pairing(table: Table) -> float:
    """By what factor the same luck in all alternatives lowered the variance of their differences: median; NaN for one
    seed or one alternative.
    """
    rivals = [(first, second) for first in range(len(table.names)) for second in range(first)]
    found = [
        variance_reduction(table.values[first, condition], table.values[second, condition])
        for first, second in rivals
        for condition in range(table.values.shape[1])
    ]
    known = [factor for factor in found if not np.isnan(factor)]
    return float(np.median(known)) if known else float("nan")
