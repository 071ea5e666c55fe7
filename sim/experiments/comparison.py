"""What paired runs of alternatives found: measures, differences, how sure they are, and the rounds behind them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from sim.analysis.evidence import Evidence, evidence
from sim.analysis.inference import LEVEL, Advice, Choice, Judged, choice, judged, more_runs, p_value
from sim.analysis.metrics import METRICS, discount_factors, readable
from sim.analysis.readable import magnitude, significance
from sim.analysis.statistics import Interval, LeadChange, interval, lead_changes, paired
from sim.results import Held, ResultsError, archive_path, read_archive, write_archive
from sim.soundness import are_names, are_texts, is_number, is_scenario, misfit

if TYPE_CHECKING:
    import pandas as pd

PROFIT = "discounted_profit"  # the measure that decides unless another is named
DESCRIBED = {  # what the metadata of a comparison must be, and that in words
    "scenario": (is_scenario, "a scenario"),
    "names": (are_names, "a list of different names"),
    "firms": (are_texts, "a list of names"),
    "strategies": (are_texts, "a list of names"),
    "baseline": (lambda value: isinstance(value, str), "a name"),
    "rates": (lambda value: isinstance(value, list) and all(map(is_number, value)), "a list of numbers"),
    "within": (lambda value: isinstance(value, bool), "yes or no"),
    "provenance": (lambda value: isinstance(value, dict), "a table"),
}


class Row(NamedTuple):
    """One line of the comparison table: a measure of one alternative and its paired difference to the baseline."""

    measure: str
    unit: str
    alternative: str
    strategy: str
    value: Interval
    difference: Interval | None  # None for the baseline itself


@dataclass(frozen=True, eq=False)
class Comparison:
    """Outcome of paired runs: A alternatives (or firms), R seeds, T rounds.

    scenario     the scenario as run, without any alternative's changes
    names        what is compared, firms and strategies the focus firm of each and its kind of strategy
    baseline     the name the differences refer to
    rates        discount rate per round of each
    within       True when the firms of one market are compared rather than alternatives
    seeds        (R,) measures: name -> (A, R), see `sim.analysis.metrics.METRICS`
    accounts     name -> (A, R, T) of the focus firm, market: name -> (A, R, T)
    measure      what decides who is ahead: the highest mean, the lowest where less is better (`Metric.more`)
    left_out     seeds of runs that a file held but whose numbers are not whole
    """

    scenario: dict[str, Any]
    names: list[str]
    firms: list[str]
    strategies: list[str]
    baseline: str
    rates: list[float]
    within: bool
    seeds: np.ndarray
    measures: dict[str, np.ndarray]
    accounts: dict[str, np.ndarray]
    market: dict[str, np.ndarray]
    provenance: dict[str, Any] = field(default_factory=dict)
    measure: str = PROFIT
    left_out: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.seeds))
        for group in (self.measures, self.accounts, self.market):
            for name, values in group.items():
                if values.shape[:2] != shape:
                    raise ResultsError(f"{name} has shape {values.shape}; it should begin with {shape}")
        if self.baseline not in self.names:
            raise ResultsError(f"the baseline {self.baseline!r} is none of {', '.join(self.names)}")

    def by(self, measure: str) -> Self:
        """The same comparison with another measure to decide. Raises ResultsError for one that cannot."""
        self.sample(measure, self.baseline)
        if self.within and not METRICS[measure].per_firm:
            label = METRICS[measure].label
            raise ResultsError(
                f"{measure}: {label} is one number for the whole market, which tells no firm from another"
            )
        return replace(self, measure=measure)

    @property
    def rounds(self) -> int:
        """T, the length of every run."""
        return self.accounts["profit"].shape[2]

    @property
    def title(self) -> str:
        """Title of the scenario."""
        return self.scenario.get("title") or "untitled scenario"

    def index(self, name: str) -> int:
        """Position of the alternative `name`. Raises ResultsError when there is none."""
        if name not in self.names:
            raise ResultsError(f"{name!r} was not compared; compared were {', '.join(self.names)}")
        return self.names.index(name)

    @property
    def table_measures(self) -> list[str]:
        """The measures of the table. Between the firms of one market the customers' surplus is each firm's own."""
        surplus = "surplus_per_purchase" if self.within else "customer_surplus"
        return ["discounted_profit", "customer_equity", "retention", "market_share", surplus, "trust"]

    def value(self, measure: str, name: str, confidence: float = 0.95) -> Interval:
        """Mean of a measure over the seeds with its t interval."""
        return interval(self.sample(measure, name), confidence)

    def difference(self, measure: str, name: str, to: str | None = None, confidence: float = 0.95) -> Judged:
        """Mean paired difference of `name` to `to` (default the baseline) with its own t interval; clear by `p`."""
        found = paired(self.sample(measure, name), self.sample(measure, to or self.baseline), confidence)
        return Judged.of(found, self.p(measure, name, to))

    def p(self, measure: str, name: str, to: str | None = None) -> float:
        """Two-sided p that `name` and `to` (default the baseline) do not differ, adjusted for their number.

        Against the baseline by Holm's method for all that are held against it; of any other two, as the best and the
        next best, times the number of rivals each was picked from (Bonferroni). NaN with fewer than two pairs.
        """
        other = to or self.baseline
        own = p_value(self.sample(measure, name) - self.sample(measure, other))
        if self.baseline not in (name, other):
            return min(1.0, own * (len(self.names) - 1))
        rival = name if name != self.baseline else other
        rivals = [each for each in self.names if each != self.baseline]
        return judged(self.differences(measure))[rivals.index(rival)].p if name != other else 1.0

    def clear(self, measure: str, name: str, to: str | None = None) -> bool:
        """Is the difference of two alternatives more than luck: `p` below 0.05?"""
        return self.p(measure, name, to) < LEVEL

    def sample(self, measure: str, name: str) -> np.ndarray:
        """(R,) a measure of one alternative, seed by seed. Raises ResultsError for one that was not measured."""
        if measure not in self.measures:
            raise ResultsError(
                f"{measure!r} was not measured; measured were {', '.join(self.measures)}; "
                "those that need dyads or transactions are if asked for: sim compare --also NAME, or "
                "compare(..., measures=[...])"
            )
        return self.measures[measure][self.index(name)]

    def differences(self, measure: str) -> list[np.ndarray]:
        """(R,) of each rival less the baseline, in the order of `names`; of one alternative alone, as it is."""
        base = self.sample(measure, self.baseline)
        return [self.sample(measure, name) - base for name in self.names if name != self.baseline] or [base]

    def evidence(self, measure: str = PROFIT) -> Evidence:
        """How sure the differences in a measure are, and who is best. Raises ValueError for one alternative alone."""
        values = np.array([self.sample(measure, name) for name in self.names])
        return evidence(self.names, values, self.baseline, METRICS[measure].sign)

    def choice(self) -> Choice:
        """Probability of each alternative to be the best by the measure that decides, and its regret, in order."""
        return choice(METRICS[self.measure].sign * self.measures[self.measure])

    def advice(self, halfwidth: float, measure: str = PROFIT) -> Advice:
        """How widely the differences to the baseline are known now, and how many more seeds ± `halfwidth` takes.

        The widest interval decides; the mean itself where one alternative was played alone.
        """
        return max((more_runs(each, halfwidth) for each in self.differences(measure)), key=lambda a: a.halfwidth)

    def rows(self, measures: Sequence[str] | None = None, confidence: float = 0.95) -> list[Row]:
        """The comparison table, measure by measure, baseline first."""
        order = sorted(self.names, key=lambda name: name != self.baseline)
        return [
            Row(
                measure,
                METRICS[measure].unit,
                name,
                self.strategies[self.index(name)],
                self.value(measure, name, confidence),
                None if name == self.baseline else self.difference(measure, name, None, confidence),
            )
            for measure in measures or self.table_measures
            for name in order
        ]

    def table(self, measures: Sequence[str] | None = None, confidence: float = 0.95) -> pd.DataFrame:
        """`rows` as a data frame: mean, low, high, and the same of the paired difference to the baseline."""
        import pandas as pd

        nothing = Interval(float("nan"), float("nan"), float("nan"), 0)
        return pd.DataFrame(
            {
                "measure": row.measure,
                "unit": row.unit,
                "alternative": row.alternative,
                "strategy": row.strategy,
                "mean": row.value.mean,
                "low": row.value.low,
                "high": row.value.high,
                "difference": (row.difference or nothing).mean,
                "difference_low": (row.difference or nothing).low,
                "difference_high": (row.difference or nothing).high,
                "n": (row.difference or row.value).n,
            }
            for row in self.rows(measures, confidence)
        )

    def to_frame(self) -> pd.DataFrame:
        """Tidy: one row per alternative and seed, one column per measure."""
        import pandas as pd

        repeat = len(self.seeds)
        columns: dict[str, Any] = {
            name: np.repeat(np.array(values, dtype=object), repeat)
            for name, values in (("alternative", self.names), ("firm", self.firms), ("strategy", self.strategies))
        }
        columns["seed"] = np.tile(self.seeds, len(self.names))
        return pd.DataFrame(columns | {name: values.reshape(-1) for name, values in self.measures.items()})

    def profit_paths(self) -> np.ndarray:
        """(A, R, T) cumulative discounted profit of the focus firm, euro."""
        factors = np.array([discount_factors(rate, self.rounds) for rate in self.rates])
        return np.cumsum(self.accounts["profit"] * factors[:, None, :], axis=2)

    def lead_changes(self) -> list[LeadChange]:
        """Where another alternative takes an established lead in cumulative discounted profit."""
        return lead_changes(self.profit_paths())

    def ranking(self) -> list[str]:
        """Names by the mean of the measure that decides, best first; of whom nothing is known last.

        Held against each other are the runs in which it is known of all, if there are any.
        """
        values = np.array([self.sample(self.measure, name) for name in self.names])
        known = ~np.isnan(values)
        whole = known[known.any(axis=1)].all(axis=0)
        means = interval(values[:, whole] if whole.any() else values).mean
        return [self.names[k] for k in np.argsort(-METRICS[self.measure].sign * means, kind="stable")]

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.names)} over {len(self.seeds)} paired runs>"

    def headline(self) -> str:
        """The finding in one sentence: is the best alternative clearly ahead of the next best?

        The best of several was picked after the fact, for which `p` makes up.
        """
        best, *others = self.ranking()
        unit, label = METRICS[self.measure].unit, METRICS[self.measure].label
        what = "profit" if self.measure == PROFIT else label
        mean = self.value(self.measure, best).mean
        if not others:
            size = readable(mean, unit)
            return f"{self.called(best)} earns {size}" if self.measure == PROFIT else f"{label} {size}".capitalize()
        gap = self.difference(self.measure, best, others[0])
        if not np.isfinite(gap.mean):
            return f"Who has the {METRICS[self.measure].most} {what} cannot be estimated"
        one, other = self.called(best), self.called(others[0])
        if gap.n == 1 and gap.mean == 0:
            return f"No difference in {what} between {one} and {other} in a single run"
        size = magnitude(gap, unit)
        if gap.n > 1 and not self.clear(self.measure, best, others[0]):
            picked = f"; p = {significance(self.p(self.measure, best, others[0]))} after correction for "
            picked += f"{len(others)} rivals"
            return f"No clear difference in {what} between {one} and {other} ({size}{picked if others[1:] else ''})"
        lives = not self.within and len(set(self.firms)) == 1  # one firm, in two lives
        if self.measure != PROFIT:
            way = f"with {one} than with {other}" if lives else f"for {one} than for {other}"
            sentence = f"{label[:1].upper()}{label[1:]} is {size} {METRICS[self.measure].further} {way}"
        elif lives:
            sentence = f"{self.firms[0]} earns {size} more with {one} than with {other}"
        else:
            sentence = f"{one} earns {size} more than {other}"
        return sentence if gap.n > 1 else f"{sentence} in a single run, which proves little"

    def called(self, name: str) -> str:
        """A firm by its name, an alternative in quotation marks."""
        return name if self.within else f"“{name}”"

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write to `path` (a folder gets ``comparison.npz``); like `Results.save`."""
        groups = {"measures": self.measures, "accounts": self.accounts, "market": self.market}
        arrays = {f"{group}/{name}": values for group, members in groups.items() for name, values in members.items()}
        metadata = {name: getattr(self, name) for name in DESCRIBED}
        metadata |= {} if self.measure == PROFIT else {"measure": self.measure}  # files as they always were
        file = archive_path(path, "comparison.npz")
        return write_archive(file, "a comparison", metadata, arrays | {"seeds": self.seeds}, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Comparison:
        """Read what `save` wrote. Runs whose numbers are not whole are left out, see `left_out`.

        Raises ResultsError for a missing, damaged or foreign file, also where no run is left.
        """
        file = archive_path(path, "comparison.npz")
        metadata, arrays = read_archive(file, "a comparison")
        if wrong := misfit(metadata, DESCRIBED):
            raise ResultsError(f"{file}: is damaged: {wrong}; compare again")
        groups: dict[str, dict[str, np.ndarray]] = {name: Held() for name in ("measures", "accounts", "market")}
        try:
            seeds = arrays.pop("seeds")
            for member, values in arrays.items():
                group, name = member.split("/", 1)
                groups[group][name] = values
            found = cls(**metadata, seeds=seeds, **groups)
            return _whole(found)
        except (KeyError, TypeError, ValueError, ResultsError) as error:
            raise ResultsError(f"{file}: is damaged: its parts do not fit together ({error})") from error


def _whole(found: Comparison) -> Comparison:
    """A comparison that was read, without the runs that have no profit or holes in their books.

    A measure may be NaN in some runs; profit, accounts (but the price of an absent firm) and market series never are.
    Raises ResultsError where no run is left, or the parts do not fit.
    """
    sizes = {len(found.names), len(found.firms), len(found.strategies), len(found.rates)}
    lengths = {values.shape[2:] for group in (found.accounts, found.market) for values in group.values()}
    if len(sizes) > 1 or len(lengths) > 1 or found.seeds.dtype.kind not in "iu" or found.seeds.ndim != 1:
        raise ResultsError("numbers of names, rounds or seeds differ")
    found = replace(found, measures=Held({name: v for name, v in found.measures.items() if name in METRICS}))
    if missing := [name for name in (PROFIT, found.measure) if name not in found.measures]:
        raise ResultsError(f"there is no {missing[0]}")
    if "profit" not in found.accounts:
        raise ResultsError("there is no account of profit")
    books = [values for name, values in found.accounts.items() if name != "price"]
    holes = [~np.isfinite(values).all(axis=2) for values in (*books, *found.market.values())]
    holes += [np.isinf(values) for values in found.measures.values()]
    holed = np.any([*holes, np.isnan(found.measures[PROFIT])], axis=0).any(axis=0)  # (R,)
    if holed.all():
        raise ResultsError(f"NaN or infinite numbers in the books of every run ({len(holed)})")
    if not holed.any():
        return found
    kept = {
        group: Held({name: values[:, ~holed] for name, values in getattr(found, group).items()})
        for group in ("measures", "accounts", "market")
    }
    return replace(found, seeds=found.seeds[~holed], left_out=found.seeds[holed].tolist(), **kept)
