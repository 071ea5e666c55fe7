"""Compare the alternatives of a scenario over paired seeds.

Replication r uses seed `seed + r` in every alternative: the same customers with the same luck meet another strategy, so
a difference between two alternatives is the strategy's doing. What is compared is the *focus* firm of each alternative.
A scenario without alternatives compares the firms of its one market with each other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.analysis.metrics import METRICS, discount_factors, readable, readable_interval
from sim.analysis.statistics import Interval, LeadChange, interval, lead_changes, paired
from sim.results import Results, ResultsError, archive_path, read_archive, write_archive

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

Simulate = Callable[..., Results]


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
            return f"{self._called(best)} earns {readable(self.value('discounted_profit', best).mean, unit)}"
        second, confidence = others[0], 1 - 0.05 / len(others)
        gap = self.difference("discounted_profit", best, second, confidence)
        size = readable_interval(gap, unit)
        if gap.n > 1 and not gap.clear:
            return f"No clear difference in profit between {self._called(best)} and {self._called(second)} ({size})"
        if self.within or len(set(self.firms)) > 1:
            sentence = f"{self._called(best)} earns {size} more than {self._called(second)}"
        else:  # one firm, in two lives
            sentence = f"{self.firms[0]} earns {size} more with {self._called(best)} than with {self._called(second)}"
        return sentence if gap.n > 1 else f"{sentence} in a single run, which proves little"

    def _called(self, name: str) -> str:
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


def compare(
    scenario: Scenario,
    seeds: int = 20,
    *,
    seed: int | None = None,
    rounds: int | None = None,
    window: tuple[int, int] | None = None,
    measures: Sequence[str] = (),
    workers: int | None = None,
    executor: str = "threads",
    played: Callable[[int], None] | None = None,
    simulate: Simulate | None = None,
) -> Comparison:
    """Run every alternative of `scenario` with the seeds seed, seed + 1, ..., seed + seeds - 1.

    seed       base seed (default the scenario's), rounds: horizon (default the scenario's)
    window     first and last round of what is measured (default all); runs end with it, and money is discounted to the
               start of it
    measures   further measures to take than those that every run allows: `METRICS` says which need dyads or a log
    workers    runs at a time (default one per core); the numbers do not depend on it
    executor   "threads" (the compiled driver works outside Python's lock) or "processes" (for strategies that think in
               Python; they must then be importable, not defined in a notebook)
    played     called with the number of runs just done (1) after every run, for a progress line
    simulate   what runs one scenario (default `sim.run.simulate`)

    Raises ValueError for a bad argument, ScenarioError when an alternative is not valid or of another length.
    """
    if seeds < 1:
        raise ValueError(f"seeds = {seeds}: at least one replication is needed")
    if executor not in POOLS:
        raise ValueError(f"executor = {executor!r}: allowed are {', '.join(POOLS)}")
    if unknown := [name for name in measures if name not in METRICS]:
        raise ValueError(f"there is no measure {unknown[0]!r}; there are: {', '.join(METRICS)}")
    first = scenario.seed if seed is None else seed
    runs, arms, baseline = _design(scenario)
    lengths = {run.market.rounds for run in runs}
    rounds = window[1] if window else rounds
    if rounds is None and len(lengths) > 1:
        from sim.scenario_errors import Problem, ScenarioError

        given = " and ".join(map(str, sorted(lengths)))
        raise ScenarioError(
            [Problem("alternatives", f"run for {given} rounds; to be compared they must last equally long")]
        )

    if simulate is None:
        from sim.run import simulate
    cores = getattr(os, "process_cpu_count", os.cpu_count)() or 1  # Python 3.12 does not know of affinity
    workers = min(workers or cores, seeds * len(runs))
    jobs = [
        _Job(
            runs[k], first + r, rounds, window, [arm.firm for arm in arms if arm.run == k], tuple(measures), workers,
            simulate,
        )
        for r in range(seeds)
        for k in range(len(runs))
    ]  # fmt: skip
    samples: list[dict[str, _Sample]] = [{} for _ in jobs]
    for position, outcome in _execute(jobs, workers, executor):
        samples[position] = outcome
        if played is not None:
            played(1)

    within = len(runs) == 1 < len(arms)
    table = [[samples[r * len(runs) + arm.run][arm.firm] for r in range(seeds)] for arm in arms]  # (A, R)
    return Comparison(
        scenario=scenario.to_dict(),
        names=[arm.name for arm in arms],
        firms=[arm.firm for arm in arms],
        strategies=[row[0].strategy for row in table],
        baseline=baseline,
        rates=[row[0].rate for row in table],
        within=within,
        seeds=np.arange(first, first + seeds),
        measures=_gather(table, "measures"),
        accounts=_gather(table, "accounts"),
        market=_gather(table, "market"),
        provenance=table[0][0].provenance,
    )


# ------------------------------------------------------------------------------------------------------------ runs


class _Arm(NamedTuple):
    """One thing compared: the firm whose accounts count in run number `run` of the design."""

    name: str
    run: int
    firm: str


class _Sample(NamedTuple):
    """What a comparison keeps of one arm of one run."""

    strategy: str
    rate: float
    measures: dict[str, float]
    accounts: dict[str, np.ndarray]  # (T,)
    market: dict[str, np.ndarray]  # (T,)
    provenance: dict[str, Any]


class _Job(NamedTuple):
    scenario: Scenario
    seed: int
    rounds: int | None
    window: tuple[int, int] | None
    firms: list[str]
    measures: tuple[str, ...]
    workers: int
    simulate: Simulate

    def __call__(self, stopped: Callable[[], bool] = lambda: False) -> dict[str, _Sample]:
        def played(rounds: int) -> None:
            if stopped():  # nobody waits for this run any more
                raise CancelledError

        # several runs at a time share the cores already: each keeps to one thread
        threads = 1 if self.workers > 1 else None
        needs = {METRICS[name].needs for name in self.measures}
        options = {"threads": threads, "keep": bool(needs - {""}), "played": played}
        options |= {"log": True} if "log" in needs else {}
        results = self.simulate(self.scenario, seed=self.seed, rounds=self.rounds, **options)
        results = results.window(*self.window) if self.window else results
        values = {name: m.of(results) for name, m in METRICS.items() if not m.needs or name in self.measures}
        return {firm: _sample(results, firm, values) for firm in self.firms}


def _design(scenario: Scenario) -> tuple[list[Scenario], list[_Arm], str]:
    """The scenarios to run, what is compared in them, and the name of the baseline."""
    if not scenario.alternatives:
        names = [firm.name for firm in scenario.firms]
        return [scenario], [_Arm(name, 0, name) for name in names], names[0]
    runs = [scenario.alternative(alternative.name) for alternative in scenario.alternatives]
    arms = [_Arm(a.name, k, a.focus or runs[k].focus) for k, a in enumerate(scenario.alternatives)]
    return runs, arms, scenario.baseline or arms[0].name


def _sample(results: Results, firm: str, values: dict[str, np.ndarray | float]) -> _Sample:
    j = results.firms.index(firm)
    measures = {name: float(value[j] if METRICS[name].per_firm else value) for name, value in values.items()}
    accounts = {name: values[:, j].copy() for name, values in results.accounts.items()}
    return _Sample(results.strategies[j], results.discount_rate, measures, accounts, results.market, results.provenance)


def _gather(table: list[list[_Sample]], part: str) -> dict[str, np.ndarray]:
    """Stack one part of all samples: name -> (A, R) or (A, R, T)."""
    return {
        name: np.array([[getattr(sample, part)[name] for sample in row] for row in table])
        for name in getattr(table[0][0], part)
    }


# -------------------------------------------------------------------------------------------------------- executors


def _processes(workers: int) -> Executor:
    # a forked child would inherit the locks of running threads; the fork server starts from a clean process
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupt)


def _ignore_interrupt() -> None:
    """Ctrl-C reaches every process of the terminal; only the parent answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


POOLS: dict[str, Callable[[int], Executor]] = {"threads": ThreadPoolExecutor, "processes": _processes}


def _execute(jobs: list[_Job], workers: int, executor: str) -> Iterator[tuple[int, dict[str, _Sample]]]:
    """(position, outcome) of every job as it completes. An error or Ctrl-C drops what has not begun and is raised."""
    if workers == 1:
        yield from ((position, job()) for position, job in enumerate(jobs))
        return
    pool, stop = POOLS[executor](workers), Event()
    # an event cannot travel to another process; there, a run that has begun is finished in the background
    watched = (stop.is_set,) if executor == "threads" else ()
    try:
        futures = {pool.submit(job, *watched): position for position, job in enumerate(jobs)}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
