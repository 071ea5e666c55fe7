"""Run a design into a store, go on with it, check it, repeat it elsewhere, and read what it found.

>>> found = sim.sweep(scenario, ["market.heterogeneity=0:2:11", "market.turbulence=0:0.2:11"], out="out/where")
>>> found.frame()  # one row per run and firm

Whatever ends a sweep early, `resume` goes on with it, and the numbers are those of a sweep that was never interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.experiments import design as designs
from sim.experiments import export
from sim.experiments.axes import Axis, Values, vary
from sim.experiments.counts import Counts
from sim.experiments.design import Design, Point
from sim.experiments.executors import execute, setup_of
from sim.experiments.goal import goal_of
from sim.experiments.manifest import StoreError, design_of, read_manifest, same_numbers
from sim.experiments.parts import Part, mine
from sim.experiments.pools import Players, opened
from sim.experiments.progress import Progress, Report, Watched, shown
from sim.experiments.store import Outcome, Store, key
from sim.in_words import ArgumentError, whole
from sim.results import ResultsError
from sim.scenario import parameters
from sim.scenario_errors import not_one_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray

    from sim.scenario import Scenario

type Varied = Sequence[str | Axis] | Mapping[str, Sequence[Any]]
KINDS = ("grid", "latin", "sobol", "morris", "saltelli")


@dataclass(frozen=True)
class Sweep:
    """What a finished or unfinished experiment holds; every question opens the store and lets it go again."""

    folder: Path
    played: int = 0  # runs that were played just now

    @property
    def store(self) -> Store:
        """The store, opened for reading; use it in a `with` block."""
        return Store.open(Path(self.folder))

    @property
    def counts(self) -> Counts:
        """Runs in all, done and failed."""
        with self.store as store:
            return store.counts()

    def frame(self) -> pd.DataFrame:
        """One row per run and firm; see `sim.experiments.export`."""
        with self.store as store:
            return export.frame(store)

    def to_xarray(self) -> xarray.Dataset:
        """All measures as labelled arrays over factors, alternatives, seeds and firms; see `sim.experiments.cube`."""
        from sim.experiments.cube import dataset

        with self.store as store:
            return dataset(store)

    def table(self, measure: str = "discounted_profit") -> Table:
        """The focus firm's measure by condition, alternative and seed. Raises StoreError for one not measured."""
        with self.store as store:
            return table(store, measure)


class Table(NamedTuple):
    """One measure of the focus firm: values (A alternatives, conditions, seeds), NaN where a run is missing.

    levels: factor -> its level in each condition; strategies: of the focus firm under each alternative; paths: of the
    factors; groups: Morris trajectory or Saltelli block of each condition; kind: of the design.
    """

    measure: str
    names: list[str]
    strategies: list[str]
    levels: dict[str, list[Any]]
    values: np.ndarray
    paths: dict[str, str]
    title: str
    baseline: str
    seeds: tuple[int, int]
    groups: list[int | None]
    kind: str = "grid"

    def label(self, factor: str) -> str:
        """A factor in words, with its unit: `segments.households.purchase_rate.mean` as "mean purchase rate of
        households (1/round)".
        """
        path = self.paths.get(factor) or factor
        return in_words(path) if factor.endswith(path) else factor  # the scenario file has a name for people


def in_words(path: str) -> str:
    """A dotted path as people say it, with its unit; what is none as it stands."""
    steps = path.split(".")
    inside = steps[2:] if len(steps) > 2 else steps[-1:]
    words = " ".join(reversed(inside[-2:])).replace("_", " ")
    where = f" of {steps[1]}" if len(steps) > 2 else ""
    declared = [(each.path.split("."), each.unit) for each in parameters()]
    units = {unit for parts, unit in declared if len(parts) == len(steps) and all(map(_same, parts, steps))}
    units -= {"of the trait"}
    unit = units.pop() if len(units) == 1 else "1"
    return words + where + (f" ({unit})" if unit != "1" else "")


def _same(pattern: str, step: str) -> bool:
    return pattern in ("*", step)


def sweep(
    scenario: Scenario, vary: Varied | str | Path = (), *, out: str | Path, kind: str = "grid",
    points: int | None = None, seeds: int = 10, seed: int | None = None, measures: Sequence[str] = (),
    series: bool = False, workers: int | None = None, executor: Players = "auto",
    part: Part | None = None, progress: Progress = None,
) -> Sweep:  # fmt: skip
    """Run a scenario over a design and keep every run in the folder `out`; goes on where it was stopped.

    vary       what is varied, as "path=0:1:5", {"path": [values]} or factors; a CSV file of conditions; nothing: the
               factors declared in the scenario
    kind       "grid", or with `points` "latin", "sobol", "saltelli" or "morris" (trajectories) over ranges
    seeds      paired runs of each condition and alternative, from `seed` on (default the scenario's)
    measures   further measures than those every run allows; series: keep every round of every run
    executor   "auto" (threads, and processes where threads hold each other up), "threads", "processes",
               "dask:ADDRESS" or "dask:FILE" (of a scheduler), "mpi", a Dask client, or any Executor of
               concurrent.futures; workers: runs at a time
    part       (1, 10): play only the first of ten shares, for `parts.gather` to put together
    progress   None: a bar in a terminal or notebook; True: elsewhere a line now and then; False: nothing; or a function
               that is given the `Counts`

    Raises ScenarioError before anything is run where the design is wrong, StoreError for a folder that cannot be used.
    """
    plan = plan_of(scenario, vary, kind=kind, points=points, seeds=seeds, seed=seed)
    with (
        opened(executor, workers) as players,
        Store.create(Path(out), plan, measures=measures, series=series) as store,
        shown(progress) as report,
    ):
        count = run_missing(store, workers, players, report, part=part)
    return Sweep(Path(out), count)


def plan_of(
    scenario: Scenario, varied: Varied | str | Path = (), *, kind: str = "grid", points: int | None = None,
    seeds: int = 10, seed: int | None = None,
) -> Design:  # fmt: skip
    """The design that `sweep` runs."""
    whole("seeds", seeds, 1)
    if kind not in KINDS:
        raise ArgumentError(f"kind: {not_one_of(kind, 'a design', KINDS)}")
    if points is not None:
        whole("points", points, 1)
    if (kind == "grid") != (points is None):
        sampled = ", ".join(KINDS[1:])
        raise ArgumentError(f"points belong to kind = {sampled}, which need them; a grid has its own")
    if isinstance(varied, str) and "=" in varied and not Path(varied).exists():
        varied = [varied]  # one factor, not a file of conditions
    if isinstance(varied, (str, Path)):
        if kind != "grid":
            raise ArgumentError(f"kind = {kind!r}: a file lists all conditions itself; leave it out")
        return designs.listed(scenario, varied, seeds, seed=seed)
    if isinstance(varied, Mapping):
        varied = [Values(path, path, tuple(values)) for path, values in varied.items()]
    axes = [vary(scenario, each) if isinstance(each, str) else each for each in varied] or list(scenario.factors)
    if kind == "grid":
        return designs.grid(scenario, axes, seeds, seed=seed)
    return getattr(designs, kind)(scenario, axes, points, seeds, seed=seed)


def resume(
    folder: str | Path, *, workers: int | None = None, executor: Players = "auto", retry: bool = False,
    part: Part | None = None, progress: Progress = None,
) -> Sweep:  # fmt: skip
    """Play what is missing of an experiment; with `retry` also what failed; see `sweep`. Raises StoreError."""
    with Store.open(Path(folder), writing=True) as store, shown(progress) as report:
        return Sweep(Path(folder), run_missing(store, workers, executor, report, retry=retry, part=part))


def run_missing(
    store: Store, workers: int | None, executor: Players, report: Report, *, retry: bool = False,
    part: Part | None = None,
) -> int:  # fmt: skip
    """Play what an open store misses and, when nothing is left, note its digest; returns how many runs were played.

    report     is told the counts of the whole experiment, or of the part; see `sim.experiments.progress.shown`
    """
    counts, points = store.counts(), store.missing(retry)
    if retry:
        counts = counts._replace(failed=0)
    if part is not None:
        counts, points = Counts(sum(1 for _ in mine(store.missing(retry), part)), 0, 0), mine(points, part)
    options = {"executor": executor, "workers": workers, "total": counts.left}
    count = execute(Watched(store, counts, report), setup_of(store), points, **options)
    if not store.counts().left:
        store.finish(export.digest(store))
    return count


# -------------------------------------------------------------------------------------------------------- precision


def until_halfwidth(
    folder: str | Path, halfwidth: float, *, measure: str = "discounted_profit", at_most: int = 200,
    workers: int | None = None, executor: Players = "auto", progress: Progress = None,
) -> tuple[Sweep, float]:  # fmt: skip
    """Add paired runs until every difference to the baseline is known to ± `halfwidth`; returns the widest one.

    Without alternatives the measure itself has to be. `at_most` seeds bounds the whole; see
    `sim.analysis.inference.next_size`. Raises StoreError, and ArgumentError for a width that is not above 0 and for
    fewer seeds at most than there are.
    """
    from sim.analysis.inference import more_runs, next_size

    total, folder = 0, Path(folder)
    with Store.open(folder) as store:
        store.check_measure(measure)
        halfwidth, at_most = goal_of(halfwidth, at_most, max(arm.seeds[1] for arm in store.design.arms))
    with shown(progress) as report:
        while True:
            with Store.open(folder, writing=True) as store:
                total += run_missing(store, workers, executor, report)
                differences = _differences(table(store, measure))
                more = next_size(differences, halfwidth, at_most)
                if more is None:
                    return Sweep(folder, total), max(more_runs(each, halfwidth).halfwidth for each in differences)
                arms = tuple(replace(arm, seeds=(arm.seeds[0], more)) for arm in store.design.arms)
                store.extend(replace(store.design, arms=arms))


def _differences(found: Table) -> list[np.ndarray]:
    """(seeds,) of each condition and alternative: less the baseline, or as it is where nothing is compared."""
    if len(found.names) < 2:
        return list(found.values[0])
    base = found.names.index(found.baseline) if found.baseline in found.names else 0
    rivals = [k for k in range(len(found.names)) if k != base]
    return [found.values[k, c] - found.values[base, c] for k in rivals for c in range(found.values.shape[1])]


# ---------------------------------------------------------------------------------------------------------- checking


class Checked(NamedTuple):
    """What `verify` found: runs repeated, those whose bits differ, and damaged files with the runs in them."""

    repeated: int
    different: list[Point]
    damaged: dict[str, list[Point]]

    @property
    def sound(self) -> bool:
        """Is everything as it was recorded?"""
        return not self.different and not self.damaged


def verify(
    folder: str | Path, sample: int | None = None, *, repair: bool = False, workers: int | None = None,
    executor: Players = "auto", progress: Progress = None,
) -> Checked:  # fmt: skip
    """Play stored runs again (all, or `sample` of them spread over the design) and compare bit by bit.

    All shards of series are read. With `repair`, runs that differ or whose rounds are damaged are taken out, so that
    `resume` plays them again. Players and progress as in `sweep`. Raises StoreError for a store of another
    numbers-version.
    """
    folder = Path(folder)
    with Store.open(folder, writing=repair) as store:
        same_numbers(store.manifest, folder)
        points = _finished(store, sample)
        with shown(progress) as report:
            judge = _Judge(store, points)
            watched, setup = Watched(judge, Counts(len(points), 0, 0), report), setup_of(store)._replace(folder=None)
            execute(watched, setup, iter(points), executor=executor, workers=workers, total=len(points))
        damaged = _damaged(store) if store.manifest["series"] else {}
        if repair:
            store.forget([*judge.different, *(point for some in damaged.values() for point in some)])
        return Checked(len(points), judge.different, damaged)


class _Judge:
    """A sink that compares runs with those in the store."""

    def __init__(self, store: Store, points: Sequence[Point]) -> None:
        self.store, self.way_on = store, ""
        self.points = {key(point.arm, point.seed): point for point in points}
        self.wrong: set[bytes] = set()

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Notice runs whose bits differ; a run that fails now differs."""
        for run in outcomes:
            if run.measures != self.store.measured(self.points[run.key]):
                self.wrong.add(run.key)

    @property
    def different(self) -> list[Point]:
        """In the order of the design, whoever played them first."""
        return [point for run, point in self.points.items() if run in self.wrong]


def _finished(store: Store, sample: int | None) -> list[Point]:
    """Finished points, all or so many at equal distances in the order of the design; what two arms share, once."""
    points: dict[bytes, Point] = {}
    for point, _ in store.rows():
        points.setdefault(key(point.arm, point.seed), point)
    done = list(points.values())
    if sample is None:
        return done
    wanted = np.linspace(0, len(done) - 1, min(sample, len(done))).round().astype(int)
    return [done[at] for at in dict.fromkeys(wanted.tolist())]


def _damaged(store: Store) -> dict[str, list[Point]]:
    """Message of a shard that cannot be read -> the points in it."""
    found: dict[str, list[Point]] = {}
    for point, _ in store.rows():
        try:
            store.series(point)
        except ResultsError as error:
            found.setdefault(str(error), []).append(point)
    return found


def reproduce(
    folder: str | Path, out: str | Path, *, workers: int | None = None, executor: Players = "auto",
    progress: Progress = None,
) -> tuple[Sweep, bool | None]:  # fmt: skip
    """Run the experiment of a manifest again, in another folder; says whether every number is the same.

    None where the manifest does not know, since its experiment was not finished. Raises StoreError, also for a folder
    that is the experiment's own: there is nothing to play.
    """
    manifest = read_manifest(Path(folder))
    if Path(out).resolve() == Path(folder).resolve():
        raise StoreError(f"{out}: is the experiment itself, whose runs are all there; name another folder (--out)")
    plan, measures = design_of(manifest, Path(folder)), manifest["measures"]
    series = manifest["series"]
    with (
        opened(executor, workers) as players,
        Store.create(Path(out), plan, measures=measures, series=series) as store,
        shown(progress) as report,
    ):
        count = run_missing(store, workers, players, report)
        digest = store.manifest["digest"]
    return Sweep(Path(out), count), None if manifest["digest"] is None else manifest["digest"] == digest


# ----------------------------------------------------------------------------------------------------------- reading


def table(store: Store, measure: str) -> Table:
    """One measure of the focus firm by alternative, condition and seed. Raises StoreError for one not measured."""
    values, arms = export.matrix(store, measure), store.design.arms
    names = list(dict.fromkeys(arm.alternative for arm in arms))
    if len(arms) % len(names):
        raise StoreError(f"{store.folder}: its conditions have not all the same alternatives")
    conditions = [arms[at] for at in range(0, len(arms), len(names))]
    first = arms[: len(names)]
    return Table(
        measure=measure,
        names=names,
        strategies=[dict(arm.firms)[arm.focus] for arm in first],
        levels={factor: [arm.factors[factor] for arm in conditions] for factor in store.design.factors},
        values=np.moveaxis(values.reshape(len(conditions), len(names), -1), 1, 0),
        paths=store.design.paths,
        title=store.design.title,
        baseline=store.design.baseline,
        seeds=arms[0].seeds,
        groups=[arm.group for arm in conditions],
        kind=store.design.kind,
    )


def failures(folder: str | Path) -> Iterator[tuple[Point, str]]:
    """Runs that failed, with their tracebacks."""
    with Store.open(Path(folder)) as store:
        yield from store.failures()
