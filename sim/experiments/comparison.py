"""What paired runs of alternatives found: measures, differences, how sure they are, and the rounds behind them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.analysis.evidence import Evidence, evidence
from sim.analysis.inference import Advice, more_runs
from sim.analysis.metrics import METRICS, discount_factors, readable, readable_interval
from sim.analysis.statistics import Interval, LeadChange, interval, lead_changes, paired
from sim.results import ResultsError, archive_path, read_archive, write_archive

if TYPE_CHECKING:
    import pandas as pd


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

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.seeds))
        for group in (self.measures, self.accounts, self.market):
            for name, values in group.items():
                if values.shape[:2] != shape:
                    raise ResultsError(f"{name} has shape {values.shape}; it should begin with {shape}")
        if self.baseline not in self.names:
            raise ResultsError(f"the baseline {self.baseline!r} is none of {', '.join(self.names)}")

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

    def difference(self, measure: str, name: str, to: str | None = None, confidence: float = 0.95) -> Interval:
        """Mean paired difference of `name` to `to` (default the baseline) with its t interval."""
        return paired(self.sample(measure, name), self.sample(measure, to or self.baseline), confidence)

    def sample(self, measure: str, name: str) -> np.ndarray:
        """(R,) a measure of one alternative, seed by seed. Raises ResultsError for one that was not measured."""
        if measure not in self.measures:
            raise ResultsError(
                f"{measure!r} was not measured; measured were {', '.join(self.measures)}; "
                "those that need dyads or transactions are if asked for: compare(..., measures=[...])"
            )
        return self.measures[measure][self.index(name)]

    def differences(self, measure: str) -> list[np.ndarray]:
        """(R,) of each rival less the baseline, in the order of `names`; of one alternative alone, as it is."""
        base = self.sample(measure, self.baseline)
        return [self.sample(measure, name) - base for name in self.names if name != self.baseline] or [base]

    def evidence(self, measure: str = "discounted_profit") -> Evidence:
        """How sure the differences in a measure are, and who is best. Raises ValueError for one alternative alone."""
        return evidence(self.names, np.array([self.sample(measure, name) for name in self.names]), self.baseline)

    def advice(self, halfwidth: float, measure: str = "discounted_profit") -> Advice:
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
        """Names by mean discounted profit, best first."""
        means = [self.value("discounted_profit", name).mean for name in self.names]
        return [self.names[k] for k in np.argsort(-np.array(means), kind="stable")]

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.names)} over {len(self.seeds)} paired runs>"

    def headline(self) -> str:
        """The finding in one sentence: does the best alternative clearly earn more than the next best?

        The best of several was picked after the fact, so the interval is widened for the number of rivals it was
        picked from (Bonferroni).
        """
        best, *others = self.ranking()
        unit = METRICS["discounted_profit"].unit
        if not others:
            return f"{self.called(best)} earns {readable(self.value('discounted_profit', best).mean, unit)}"
        second, confidence = others[0], 1 - 0.05 / len(others)
        gap = self.difference("discounted_profit", best, second, confidence)
        size = readable_interval(gap, unit)
        if gap.n > 1 and not gap.clear:
            return f"No clear difference in profit between {self.called(best)} and {self.called(second)} ({size})"
        if self.within or len(set(self.firms)) > 1:
            sentence = f"{self.called(best)} earns {size} more than {self.called(second)}"
        else:  # one firm, in two lives
            sentence = f"{self.firms[0]} earns {size} more with {self.called(best)} than with {self.called(second)}"
        return sentence if gap.n > 1 else f"{sentence} in a single run, which proves little"

    def called(self, name: str) -> str:
        """A firm by its name, an alternative in quotation marks."""
        return name if self.within else f"“{name}”"

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write to `path` (a folder gets ``comparison.npz``); like `Results.save`."""
        groups = {"measures": self.measures, "accounts": self.accounts, "market": self.market}
        arrays = {f"{group}/{name}": values for group, members in groups.items() for name, values in members.items()}
        names = ("scenario", "names", "firms", "strategies", "baseline", "rates", "within", "provenance")
        metadata = {name: getattr(self, name) for name in names}
        file = archive_path(path, "comparison.npz")
        return write_archive(file, "a comparison", metadata, arrays | {"seeds": self.seeds}, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Comparison:
        """Read what `save` wrote. Raises ResultsError for a missing, damaged or foreign file."""
        file = archive_path(path, "comparison.npz")
        metadata, arrays = read_archive(file, "a comparison")
        groups: dict[str, dict[str, np.ndarray]] = {"measures": {}, "accounts": {}, "market": {}}
        try:
            seeds = arrays.pop("seeds")
            for member, values in arrays.items():
                group, name = member.split("/", 1)
                groups[group][name] = values
            return cls(**metadata, seeds=seeds, **groups)
        except (KeyError, TypeError, ValueError) as error:
            raise ResultsError(f"{file}: is damaged: its parts do not fit together ({error})") from error
