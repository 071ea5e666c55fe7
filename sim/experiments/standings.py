"""Which alternative is best in each condition of a sweep, by how much, and how sure that is."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.inference import LEVEL, choice, effect, holm, p_value
from sim.analysis.metrics import METRICS
from sim.analysis.statistics import Interval, paired, variance_reduction
from sim.experiments.sweep import Table


class Standing(NamedTuple):
    """The best alternative of one condition and its paired lead over the next best.

    best          has the highest mean; the lowest where less is better (`Metric.more`)
    lead          by how much it is better, positive whichever way that is
    probability   that it is best; regret: expected loss by choosing it though it is not
    chances       of every alternative, by name: the probability that it is the best; measure: what is compared
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
    chances: dict[str, float]
    measure: str

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
        values = METRICS[table.measure].sign * table.values[:, condition]
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
                dict(zip(table.names, chosen.probability.tolist(), strict=True)),
                table.measure,
            )
        )
    adjusted = holm(np.array([standing.p for standing in found]))
    return [standing._replace(p=float(p)) for standing, p in zip(found, adjusted, strict=True)]


MOST = 4  # alternatives that are named in a sentence


def headline(found: list[Standing]) -> str:
    """The finding in a sentence: which alternative is clearly best in how many conditions, and in how many none is.

    Of a measure of which nobody can say whether more is better, who has the highest.
    """
    if not found:
        return "No condition has been run under every alternative yet"
    best = _best(found[0].measure)
    if len(found) == 1:
        return _of_one(found[0], best)
    many, clear = len(found), Counter(each.best for each in found if each.clear)
    ahead = Counter(each.best for each in found if each.lead.mean > 0)
    most = _counted(ahead)
    if all(each.lead.n < 2 for each in found):
        was = f"ahead was {most} of {many}, which may be luck" if ahead else "nobody was ahead of anybody"
        return f"Every condition was run once: {was}"
    if not clear:
        luck = f" (ahead is {most}, which may be luck)" if ahead else ""
        return f"No clear difference in any of {many} conditions{luck}"
    rest = many - clear.total()
    if len(clear) == 1 and not rest:
        return f"“{found[0].best}” {best} in all {many} conditions"
    words = _counted(clear, best)
    return f"Of {many} conditions, {words}{f'; in {rest} no difference is clear' if rest else ''}"


def _best(measure: str) -> str:
    """As in: “close” is clearly best; of stress, clearly lowest in stress."""
    metric = METRICS[measure]
    if metric.more == "either":
        return f"has clearly the highest {metric.label}"
    return "is clearly best" if metric.more == "better" else f"is clearly best, with the lowest {metric.label},"


def _counted(counts: Counter[str], what: str = "") -> str:
    """“close” is clearly best in 3, “cheap” in 2 and 4 others in 7."""
    named = counts.most_common() if len(counts) <= MOST else counts.most_common(MOST - 1)
    parts = [f"“{name}”{f' {what}' if what and not k else ''} in {count}" for k, (name, count) in enumerate(named)]
    rest = counts.total() - sum(count for _, count in named)
    return f"{', '.join(parts)}{f' and {len(counts) - len(named)} others in {rest}' if rest else ''}"


def _of_one(found: Standing, best: str) -> str:
    if found.lead.mean == 0:
        return f"No difference between “{found.best}” and “{found.second}”"
    if found.lead.n < 2:
        return f"“{found.best}” was ahead of “{found.second}” in a single run, which proves little"
    if not found.clear:
        return f"No clear difference: “{found.best}” is ahead of “{found.second}”, which may be luck"
    return f"“{found.best}” {best.removesuffix(',')}"


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
