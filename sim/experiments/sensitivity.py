"""Which factors matter: Morris screening and Sobol indices of a sweep, with intervals that know of luck.

>>> found = sim.sweep(scenario, ranges, kind="saltelli", points=64, seeds=4, out="out/why")
>>> sensitivity(found.table("discounted_profit")).rows()

A condition of a stochastic model is known only up to the luck of its seeds, and luck looks like sensitivity: it raises
total indices and mean sizes of effects. Both are therefore estimated from the means over the seeds, and corrected by
what happens to them when the seeds are drawn again (bootstrap estimate of bias). Intervals draw seeds and points of the
design anew together. Sizes of effects cannot be negative, so that luck alone gives some; a size is called clear only
beyond what luck gives. With one seed luck cannot be told from effects, and the result says so.

Sources: Saltelli et al. 2010, Computer Physics Communications 181 (first and total order); Campolongo, Cariboni &
Saltelli 2007, Environmental Modelling & Software 22 (mean size of elementary effects); Efron & Tibshirani 1993,
chapters 10 and 13 (bias, bootstrap intervals). Computed by SALib (Iwanaga, Usher & Herman 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.analysis.metrics import METRICS
from sim.experiments.axes import numbers
from sim.experiments.manifest import StoreError

if TYPE_CHECKING:
    from sim.experiments.sweep import Table

DRAWS = 400
CONFIDENCE = 0.95
SEED = 20_240_601  # of the bootstrap; any number would do
LEVELS = 4  # of a factor in Morris's design


class Outcome(NamedTuple):
    """What is explained: (conditions, seeds) values of a measure, or of its paired difference between alternatives.

    rivals: the two alternatives of a difference, the first less the second; else empty
    """

    words: str
    unit: str
    values: np.ndarray
    rivals: tuple[str, ...] = ()


class Index(NamedTuple):
    """One factor's index with its interval; luck: what luck alone gives. NaN where points or seeds are too few."""

    factor: str
    name: str
    value: float
    low: float
    high: float
    luck: float

    @property
    def clear(self) -> bool:
        """Is it more than luck?"""
        return self.low > self.luck or self.high < -self.luck


@dataclass(frozen=True)
class Sensitivity:
    """How much each factor matters for an outcome.

    kind     "saltelli": indices "first" and "total", shares of the outcome's variance, by the factor alone and with all
             its interactions. "morris": "size" and "mean" of the effect of moving a factor through its range (or
             from name to name, in the order in which they appear), in the unit of the outcome, and "spread", its
             deviation (beside the size large where factors interact)
    luck     share of the variance of single runs that is due to their seed, not to the factors; NaN for one seed
    labels   factor -> what it is called in words
    named    factors whose levels are names, in no order of their own: the sign of their mean says nothing
    points   blocks of the design: base points of Saltelli's, trajectories of Morris's; seeds: of each condition
    """

    kind: str
    outcome: str
    unit: str
    indices: tuple[Index, ...]
    labels: dict[str, str]
    luck: float
    points: int
    seeds: int
    named: frozenset[str] = frozenset()

    @property
    def leading(self) -> str:
        """Name of the index that ranks the factors."""
        return "total" if self.kind == "saltelli" else "size"

    def ranking(self) -> list[Index]:
        """The factors by their leading index, largest first."""
        return sorted((i for i in self.indices if i.name == self.leading), key=lambda i: -np.nan_to_num(i.value))

    def clear(self, factor: str) -> bool:
        """Does the factor matter beyond luck, by any of its indices?"""
        return any(index.clear for index in self.indices if index.factor == factor and index.name != "spread")

    def rows(self) -> list[dict[str, Any]]:
        """One row per factor and index, by importance."""
        order = [index.factor for index in self.ranking()]
        return [i._asdict() | {"clear": i.clear} for i in sorted(self.indices, key=lambda i: order.index(i.factor))]

    def headline(self) -> str:
        """The finding in a sentence."""
        clear = [index for index in self.ranking() if self.clear(index.factor)]
        if self.seeds < 2:
            return "With one seed luck cannot be told from effects; add seeds"
        if not clear:
            return "No factor has a clear effect: more points or seeds are needed, or there is none"
        first, others = clear[0].factor, [self.labels[index.factor] for index in clear[1:]]
        alone = next((i for i in self.indices if (i.factor, i.name) == (first, "first")), None)
        much = ""
        if alone is not None:
            # an estimate can exceed the whole; the table has it as it is
            share = "all" if alone.value >= 1 else f"{100 * alone.value:.0f} %"
            span = f"{100 * alone.low:.0f} to {100 * alone.high:.0f} %"
            span = span if alone.high <= 1 else f"from {100 * alone.low:.0f} % up"
            much = f" ({share} of the variance by itself"
            much += f"{f', 95 % interval {span}' if np.isfinite(alone.low) else ''})"
        more = f" and {len(others) - 2} more" if len(others) > 2 else ""
        behind = f", then {', '.join(others[:2])}{more}" if others else "; nothing else clearly does"
        return f"{self.labels[first]} matters most{much}{behind}"


def outcome(table: Table, contrast: Sequence[str] = ()) -> Outcome:
    """What a sweep is asked about: the difference of two alternatives, or one alternative's own measure.

    contrast   nothing: the only alternative, or the one that is not the baseline less the baseline; one name: that
               alternative; two: the first less the second. Raises ValueError where it cannot be told.
    """
    metric = METRICS[table.measure]
    chosen = list(contrast)
    if unknown := [name for name in chosen if name not in table.names]:
        raise ValueError(f'there is no alternative "{unknown[0]}"; there are: {", ".join(table.names)}')
    if not chosen and len(table.names) == 2:
        base = table.baseline if table.baseline in table.names else table.names[0]
        chosen = [next(name for name in table.names if name != base), base]
    if not chosen and len(table.names) > 2:
        raise ValueError(f"name an alternative, or two to take the difference of (--of): {', '.join(table.names)}")
    if len(chosen) > 2:
        raise ValueError("name one alternative, or two to take the difference of")
    rows = [table.values[table.names.index(name)] for name in chosen] or [table.values[0]]
    if len(rows) == 2:
        words = f"the lead in {metric.label} of “{chosen[0]}” over “{chosen[1]}”"
        return Outcome(words, metric.unit, rows[0] - rows[1], tuple(chosen))
    return Outcome(metric.label + (f" under “{chosen[0]}”" if chosen else ""), metric.unit, rows[0])


def sensitivity(table: Table, contrast: Sequence[str] = ()) -> Sensitivity:
    """Indices of every factor of a sweep whose design is "saltelli" or "morris".

    Raises ValueError for another design or a contrast that cannot be made, StoreError where runs are missing or the
    library is not installed.
    """
    asked = outcome(table, contrast)
    if table.kind not in ("saltelli", "morris"):
        raise ValueError(
            f"the design of this sweep is {table.kind}; indices need --design saltelli (shares of variance) or morris "
            "(screening); sim discover asks a grid or any other design where an alternative wins"
        )
    factors, groups = list(table.levels), np.array(table.groups)
    size = len(factors) + (2 if table.kind == "saltelli" else 1)
    seeds = asked.values[:, ~np.isnan(asked.values).any(axis=0)]
    if not seeds.size:
        raise StoreError("no seed has been run in every condition yet; sim resume does the rest")
    blocks = seeds.reshape(len(np.unique(groups)), size, -1)  # (N, conditions of a block, R)
    measured = _saltelli
    if table.kind == "morris":
        jumps = np.array([not numbers(levels) for levels in table.levels.values()])
        measured = _morris(_unit(table).reshape(*blocks.shape[:2], -1), jumps)
    found = _bootstrapped(blocks, measured)
    luck = np.full_like(found[0], np.nan if seeds.shape[1] < 2 else 0.0)
    if table.kind == "morris" and seeds.shape[1] > 1:
        luck = _of_luck(blocks, measured)
    found = _possible(found, table.kind)
    names = ("first", "total") if table.kind == "saltelli" else ("size", "mean", "spread")
    indices = tuple(
        Index(factor, name, *map(float, found[:, at, k]), float(luck[at, k]))
        for k, factor in enumerate(factors)
        for at, name in enumerate(names)
    )
    labels = {factor: table.label(factor) for factor in factors}
    named = frozenset(factor for factor, levels in table.levels.items() if any(isinstance(v, str) for v in levels))
    many = {"points": len(blocks), "seeds": seeds.shape[1]}
    return Sensitivity(table.kind, asked.words, asked.unit, indices, labels, _luck(seeds), **many, named=named)


def leading(table: Table) -> tuple[str, str]:
    """Of several alternatives the one with the highest mean over all conditions, and the baseline; or the next best.

    Raises ValueError for one alternative alone.
    """
    if len(table.names) < 2:
        raise ValueError("one alternative alone is no comparison")
    whole = ~np.isnan(table.values).any(axis=0)  # (conditions, seeds) run under all
    means = np.array([values[whole].mean() if whole.any() else np.nan for values in table.values])
    first, second, *_ = np.argsort(-means, kind="stable")
    best, next_best = table.names[first], table.names[second]
    return best, table.baseline if table.baseline in table.names and table.baseline != best else next_best


def _possible(found: np.ndarray, kind: str) -> np.ndarray:
    """Estimates (3, indices, k) moved to what the index can be, where luck or its correction took them elsewhere.

    Shares and sizes are not negative, all that a factor does is at least what it does alone, and a mean size at least
    the size of the mean.
    """
    found = found.copy()
    if kind == "saltelli":
        found = np.where(np.isnan(found), np.nan, np.maximum(found, 0.0))
        found[0, 1] = np.maximum(found[0, 1], found[0, 0])
        found[2, 1] = np.fmax(found[2, 1], found[0, 1])
        return found
    for at in (0, 2):
        found[:, at] = np.where(np.isnan(found[:, at]), np.nan, np.maximum(found[:, at], 0.0))
    found[0, 0] = np.maximum(found[0, 0], np.abs(found[0, 1]))
    found[2, 0] = np.fmax(found[2, 0], found[0, 0])
    return found


type Measured = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _bootstrapped(blocks: np.ndarray, measured: Measured) -> np.ndarray:
    """(3, indices, k): value, low and high of `measured`, a function of block numbers and (blocks, size) means.

    value = 2 m - mean of m over seeds drawn again; the interval is the basic bootstrap one over blocks and seeds.
    """
    n, _, seeds = blocks.shape
    rng, everything = np.random.default_rng(SEED), np.arange(n)
    plain = measured(everything, blocks.mean(axis=2))
    if n < 2:
        return np.stack([plain, np.full_like(plain, np.nan), np.full_like(plain, np.nan)])
    shift, drawn = np.zeros_like(plain), []
    for _ in range(DRAWS):
        means = blocks[:, :, rng.integers(0, seeds, seeds)].mean(axis=2)
        rows = rng.integers(0, n, n)
        if seeds > 1:
            # of R draws from R seeds the variance is (R - 1) / R of that of the mean
            shift += (measured(everything, means) - plain) / DRAWS * seeds / (seeds - 1)
        drawn.append(measured(rows, means[rows]))
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return np.stack([plain - shift, 2 * plain - high, 2 * plain - low])


def _of_luck(blocks: np.ndarray, measured: Measured) -> np.ndarray:
    """(indices, k) what `measured` gives where no factor matters: the 95 % quantile over the luck of the seeds alone.

    Of the mean, which has a sign and needs no such bar, 0.
    """
    seeds, everything = blocks.shape[2], np.arange(len(blocks))
    rng, centred = np.random.default_rng(SEED), blocks - blocks.mean(axis=2, keepdims=True)
    scale = np.sqrt(seeds / (seeds - 1))
    drawn = [
        measured(everything, scale * centred[:, :, rng.integers(0, seeds, seeds)].mean(axis=2)) for _ in range(DRAWS)
    ]
    size, _, spread = np.quantile(drawn, CONFIDENCE, axis=0)
    return np.stack([size, np.zeros_like(size), spread])


def _saltelli(_: np.ndarray, means: np.ndarray) -> np.ndarray:
    """(2, k) first and total order; a block is A, AB_1 ... AB_k, B."""
    first_order, total_order = _salib("analyze.sobol", "first_order", "total_order")
    scaled = (means - means.mean()) / (means.std() or 1.0)  # as SALib does, for the estimator of the first order
    a, b, mixed = scaled[:, 0], scaled[:, -1], scaled[:, 1:-1].T
    return np.array([[order(a, ab, b) for ab in mixed] for order in (first_order, total_order)])


def _morris(unit: np.ndarray, jumps: np.ndarray) -> Measured:
    """(3, k) mean size, mean and deviation of the elementary effects; unit: (N, k + 1, k) levels in [0, 1].

    jumps (k,): factors whose levels are names, or yes and no. A step goes through a part of a range, but all the way
    from name to name.
    """
    (analyze,) = _salib("analyze.morris", "analyze")
    k, step = unit.shape[2], LEVELS / (2 * (LEVELS - 1))  # by which effects are divided
    whole = np.where(jumps, step, 1.0)
    problem = {"num_vars": k, "names": [str(j) for j in range(k)], "bounds": [[0.0, 1.0]] * k}

    def measured(rows: np.ndarray, means: np.ndarray) -> np.ndarray:
        found = analyze(
            problem, unit[rows].reshape(-1, k), means.reshape(-1), num_resamples=2, num_levels=LEVELS, seed=1
        )
        return np.array([found["mu_star"], found["mu"], found["sigma"]], dtype=np.float64) * whole

    return measured


def _unit(table: Table) -> np.ndarray:
    """(conditions, k) levels from 0 (the lowest that was tried) to 1; names count as their order of appearance."""
    columns = []
    for levels in table.levels.values():
        known = list(dict.fromkeys(levels))
        ranks = sorted(known) if all(isinstance(level, (int, float)) for level in known) else known
        numbers = np.array([ranks.index(level) for level in levels], dtype=np.float64)
        columns.append(numbers / max(len(ranks) - 1, 1))
    return np.stack(columns, axis=1)


def _luck(values: np.ndarray) -> float:
    """Share of the variance of single runs that lies within conditions, of (conditions, seeds) values: V_in/(V_in + V).

    V_in is the mean variance within a condition; V, of the conditions, is the variance of their means less what luck
    adds to it, a mean square over R of what neither condition nor seed explains alone (seeds are shared by all).
    """
    conditions, seeds = values.shape
    if seeds < 2 or conditions < 2:
        return float("nan")
    means = values.mean(axis=1, keepdims=True)
    rest = values - means - values.mean(axis=0) + values.mean()
    within = values.var(axis=1, ddof=1).mean()
    between = max(0.0, means.var(ddof=1) - (rest**2).sum() / ((conditions - 1) * (seeds - 1) * seeds))
    return float(round(within / (within + between), 12)) if within + between > 0 else float("nan")


def _salib(module: str, *names: str) -> list[Any]:
    """Functions of SALib. Raises StoreError where it is not installed."""
    from importlib import import_module

    try:
        found = import_module(f"SALib.{module}")
    except ImportError:
        raise StoreError("sensitivity needs SALib: pip install 'buyer-seller-sim[analysis]'") from None
    return [getattr(found, name) for name in names]
