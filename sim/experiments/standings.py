"""Which alternative is best in each condition of a sweep, by how much, and how sure that is."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.inference import LEVEL, choice, effect, holm, p_value
from sim.analysis.statistics import Interval, paired, variance_reduction
from sim.experiments.sweep import Table


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
    """The finding in a sentence: which alternative is clearly best in how many conditions, and in how many none is."""
    if not found:
        return "No condition has been run under every alternative yet"
    if len(found) == 1:
        return _of_one(found[0])
    many, clear = len(found), Counter(each.best for each in found if each.clear)
    ahead = Counter(each.best for each in found if each.lead.mean > 0)
    most = ", ".join(f"“{name}” in {count}" for name, count in ahead.most_common(3))
    most += f" and {len(ahead) - 3} others" if len(ahead) > 3 else ""
    if all(each.lead.n < 2 for each in found):
        was = f"ahead was {most} of {many}, which may be luck" if ahead else "nobody was ahead of anybody"
        return f"Every condition was run once: {was}"
    if not clear:
        luck = f" (ahead is {most}, which may be luck)" if ahead else ""
        return f"No clear difference in any of {many} conditions{luck}"
    first, *others = clear.most_common()
    parts = [f"“{first[0]}” is clearly best in {first[1]}", *(f"“{name}” in {count}" for name, count in others)]
    rest = many - clear.total()
    return f"Of {many} conditions, {', '.join(parts)}{f'; in {rest} no difference is clear' if rest else ''}"


def _of_one(found: Standing) -> str:
    if found.lead.mean == 0:
        return f"No difference between “{found.best}” and “{found.second}”"
    if found.lead.n < 2:
        return f"“{found.best}” was ahead of “{found.second}” in a single run, which proves little"
    if not found.clear:
        return f"No clear difference: “{found.best}” is ahead of “{found.second}”, which may be luck"
    return f"“{found.best}” is clearly best"


def confidence(table: Table) -> float:
    """Confidence of the t interval of a lead over one rival that excludes zero just where a standing is clear.

    With K clear ones of m conditions Holm's method compares the p values that are left with 0.05/(m − K); p is taken
    times the number of rivals.
    """
    found = standings(table)
    left = max(1, len(found) - sum(each.clear for each in found))
    return 1 - LEVEL / (left * max(1, len(table.names) - 1))


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
