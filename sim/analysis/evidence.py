"""How sure a comparison is: every rival against the baseline, and who is best.

Works on paired samples of one measure: column r of every row is replication r, played with the same customers and luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.analysis.inference import bootstrap, choice, effect, holm, p_value
from sim.analysis.statistics import Interval, paired, variance_reduction


class Contrast(NamedTuple):
    """A rival less the baseline.

    difference    its mean with Student's t interval; bootstrap: with the bootstrap-t interval, for skewed samples
    p             that the mean is zero, adjusted (Holm) for all rivals
    size          standardised difference, superiority: share of pairs in which the rival is better; see `effect`
    reduction     factor by which the common luck lowered the variance of the difference
    """

    name: str
    difference: Interval
    bootstrap: Interval
    p: float
    size: float
    superiority: float
    reduction: float


class Chance(NamedTuple):
    """Probability that an alternative is the best of all, and what choosing it costs on average if it is not."""

    name: str
    probability: float
    regret: float


@dataclass(frozen=True)
class Evidence:
    """What the paired runs of A alternatives say about one measure; `chances` with the likeliest first."""

    baseline: str
    contrasts: list[Contrast]
    chances: list[Chance]

    @property
    def best(self) -> Chance:
        """The alternative that is best with the greatest probability."""
        return self.chances[0]

    @property
    def reduction(self) -> float:
        """Median over the rivals of the factor by which common luck lowered the variance; NaN where none is known."""
        known = [each.reduction for each in self.contrasts if not np.isnan(each.reduction)]
        return float(np.median(known)) if known else float("nan")


def evidence(names: Sequence[str], values: np.ndarray, baseline: str, sign: int = 1) -> Evidence:
    """The evidence in a paired sample (A, R). Replications with a NaN anywhere say nothing about who is best.

    sign: -1 where less is better, see `Metric.sign`; differences are those of the values as they are.

    Raises ValueError where there is nothing to compare.
    """
    if len(names) < 2:
        raise ValueError("one alternative alone is no comparison")
    base = values[list(names).index(baseline)]
    rivals = [(name, row) for name, row in zip(names, values, strict=True) if name != baseline]
    p = np.array([p_value(row - base) for _, row in rivals])
    p[~np.isnan(p)] = holm(p[~np.isnan(p)])
    contrasts = [
        Contrast(
            name, paired(row, base), bootstrap(row - base), float(adjusted), effect(row - base).size,
            effect(sign * (row - base)).superiority, variance_reduction(*_both(row, base)),
        )
        for (name, row), adjusted in zip(rivals, p, strict=True)
    ]  # fmt: skip
    found = choice(sign * values)
    chances = [Chance(*each) for each in zip(names, found.probability.tolist(), found.regret.tolist(), strict=True)]
    likeliest = np.nan_to_num([chance.probability for chance in chances])
    return Evidence(baseline, contrasts, [chances[k] for k in np.argsort(-likeliest, kind="stable")])


def _both(row: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = ~(np.isnan(row) | np.isnan(base))
    return row[known], base[known]
