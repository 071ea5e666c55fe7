"""How the runs of an experiment are played, by whatever pool of workers (`sim.experiments.pools`).

Small runs travel in batches of about a quarter of a second, and those that only differ by their seed are played several
at a time where that gives the same bits (`sim.together`), so that what they cost besides playing does not matter.
Only the parent writes the journal, as batches come back; at most two batches per worker are under way. A worker needs
nothing but its task: the scenario travels in it, what was found travels back. A worker that dies costs the runs it had
in hand, which are played again one by one, so that the one it died of is found.
"""

from __future__ import annotations

import itertools
import platform
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from sim.analysis.metrics import METRICS
from sim.experiments.design import Arm, Point
from sim.experiments.manifest import StoreError
from sim.experiments.pools import PROGRAM, Players, Pool, Progress, opened
from sim.experiments.store import Layout, Outcome, Store, key, write_series
from sim.plan import Plan
from sim.results import Results
from sim.run import simulate
from sim.scenario import Scenario
from sim.scenario_errors import ScenarioError

BATCH_SECONDS = 0.25  # overhead of a batch is below a millisecond
LONGEST_BATCH = 256  # runs
TOGETHER = 32  # runs played at once
FAILED = "in the run"  # how the note begins that says in which run an error was raised
PATIENCE = 5.0  # seconds after Ctrl-C in which a run may notice that nobody waits for it


class Setup(NamedTuple):
    """What all runs of an experiment share; `folder` is the store's where series are kept, else None.

    kept       what is handed back of a run besides its measures; None: nothing
    strict     an error in a run is raised, instead of recorded
    simulate   what plays a run (default `sim.run.simulate`)
    program    what the parent runs, which must be what the workers run
    """

    scenario: Scenario
    measures: tuple[str, ...]
    folder: Path | None
    threads: int | None = None
    kept: Callable[[Results], Any] | None = None
    strict: bool = False
    simulate: Callable[..., Results] | None = None
    program: str = PROGRAM


class Series(NamedTuple):
    """The rounds of a run, as they travel from a worker that does not see the store's folder; see `Results`."""

    accounts: dict[str, np.ndarray]
    market: dict[str, np.ndarray]


class Sink(Protocol):
    """Where outcomes go: a store on disk, or memory. `way_on` says how to go on when the workers are gone."""

    way_on: str

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Keep finished runs."""


def setup_of(store: Store) -> Setup:
    """What the runs of a store share."""
    folder = store.folder.resolve() if store.manifest["series"] else None
    return Setup(store.design.scenario, store.layout.measures, folder)


class Task(NamedTuple):
    """Some runs of one experiment."""

    setup: Setup
    points: tuple[Point, ...]


def play(task: Task, stopped: Callable[[], bool] = lambda: False) -> list[Outcome]:
    """Play the runs of a task; those that were finished when it was stopped. A run that fails says so in its outcome.

    Raises StoreError where series cannot be written, or a scenario or the program is not what the parent has.
    """
    if task.setup.program != PROGRAM:
        raise StoreError(f"a worker on {platform.node()} has {PROGRAM}, not {task.setup.program}; install the same")
    outcomes, kept = [], []
    for arm, points in itertools.groupby(task.points, key=lambda point: point.arm):
        plan = _plan(task.setup.scenario, arm)
        for some in itertools.batched(points, TOGETHER):
            for outcome, results in _played(task.setup, plan, arm, [point.seed for point in some], stopped):
                outcomes.append(outcome)
                kept += [(outcome.key, results)] if task.setup.folder is not None and results is not None else []
    if kept:
        shard, whole = write_series(task.setup.folder, kept), {run for run, _ in kept}
        outcomes = [outcome._replace(shard=shard if outcome.key in whole else "") for outcome in outcomes]
    return outcomes


def _played(
    setup: Setup, plan: Plan, arm: Arm, seeds: list[int], stopped: Callable[[], bool]
) -> Iterator[tuple[Outcome, Results | None]]:
    """Some runs of an arm, and their results where they have not failed; fewer where it was stopped."""
    layout, start = Layout(setup.measures), time.thread_time()
    together = None if stopped() else _together(setup, plan, arm, seeds)
    share = (time.thread_time() - start) / len(seeds)
    for at, seed in enumerate(seeds):
        if stopped():
            return
        start = time.thread_time()
        packed, error, more, results = b"", "", None, None
        try:
            results = results_of(setup, plan, arm, seed, stopped) if together is None else together[at]
            packed = layout.pack(results)
            more = setup.kept and setup.kept(results)
        except CancelledError:
            return
        except (Exception, SystemExit) as reason:  # whatever a run dies of, the others go on
            if setup.strict:
                reason.add_note(f"{FAILED} {f'of “{arm.alternative}” ' if arm.alternative else ''}with seed {seed}")
                raise
            error, results = traceback.format_exc(), None
        yield Outcome(key(arm, seed), packed, error, "", share + time.thread_time() - start, more), results


def _together(setup: Setup, plan: Plan, arm: Arm, seeds: list[int]) -> list[Results] | None:
    """The results of several seeds played at once, None where that cannot be."""
    several = getattr(simulate if setup.simulate is None else setup.simulate, "several", None)
    if several is None or _needs(setup) - {""}:
        return None
    try:
        results = several(plan, seeds, arm.window and arm.window[1])
    except (Exception, SystemExit):  # noqa: BLE001 one by one they say which of them dies of what
        return None
    return results and [_windowed(one, arm) for one in results]


def _plan(scenario: Scenario, arm: Arm) -> Plan:
    """What all seeds of an arm share."""
    try:
        plan = Plan(scenario.with_changes(arm.changes | {"focus": arm.focus}))
    except (ScenarioError, OSError) as error:
        hint = "workers need the files that a scenario reads, under the same name"
        raise StoreError(f"on {platform.node()}: {error}; {hint}") from error
    if plan.hash != arm.hash:
        where = f"on {platform.node()} than where it was designed"
        raise StoreError(f"{arm.factors} {arm.alternative}: is another scenario {where}")
    return plan


def results_of(setup: Setup, plan: Plan, arm: Arm, seed: int, stopped: Callable[[], bool] = lambda: False) -> Results:
    """Play one run and cut it to its window."""

    def played(rounds: int) -> None:
        if stopped():
            raise CancelledError

    needs = _needs(setup)
    options = {"threads": setup.threads, "keep": bool(needs - {""}), "log": "log" in needs, "played": played}
    how, what = (simulate, plan) if setup.simulate is None else (setup.simulate, plan.scenario)
    return _windowed(how(what, seed=seed, rounds=arm.window and arm.window[1], **options), arm)


def _needs(setup: Setup) -> set[str]:
    """What the measures need besides the books: "dyads", "log"."""
    return {METRICS[name].needs for name in setup.measures}


def _windowed(results: Results, arm: Arm) -> Results:
    return results.window(*arm.window) if arm.window else results


# --------------------------------------------------------------------------------------------------------- running


def execute(
    sink: Sink, setup: Setup, points: Iterator[Point], *, executor: Players = "auto",
    workers: int | None = None, total: int | None = None,
) -> int:  # fmt: skip
    """Play points and record each in the sink; returns how many were played.

    executor   one of `pools.KINDS` ("threads", "processes", …), or an Executor or Pool, which is left open
    workers    runs at a time (default: one per core, all of a cluster)
    total      how many runs there will be, for batches at the end

    Ctrl-C records what is finished and is raised again. Raises StoreError where the workers cannot be reached.
    """
    with opened(executor, workers) as pool:
        crew = _Crew(sink, setup, pool)
        try:
            return crew.work(points, total)
        except KeyboardInterrupt:
            crew.stop()
            raise


class _Crew:
    """Workers, what they have in hand, and how long runs take."""

    def __init__(self, sink: Sink, setup: Setup, pool: Pool) -> None:
        self.sink, self.pool = sink, pool
        self.setup = setup._replace(threads=1 if pool.size() > 1 or not pool.near else None)
        self.folder: Path | None = None  # where the parent writes series that travelled
        if not pool.near and setup.folder is not None:
            self.folder, self.setup = setup.folder, self.setup._replace(folder=None, kept=_travelling)
        self.hands: dict[Future[list[Outcome]], tuple[Point, ...]] = {}
        self.done, self.seconds = 0, 0.0
        self.deaths: dict[tuple[int, int], int] = {}

    def work(self, points: Iterator[Point], total: int | None) -> int:
        """Hand out points and record what comes back until none is left."""
        suspects: list[Point] = []  # in hand when a worker died: one at a time, nothing beside them
        while True:
            self.pool.weigh(Progress(self.done, self.seconds, total), self.setup)
            try:
                while not suspects and len(self.hands) < 2 * max(1, self.pool.size()):
                    if not (some := tuple(itertools.islice(points, self._batch(total)))):
                        break
                    self._give(some)
                if suspects and not self.hands:
                    self._give((suspects.pop(0),))
                if not self.hands:
                    return self.done
                suspects += self._take()
            except BrokenExecutor as error:
                suspects += self._mourn(error, self.hands)

    def _take(self) -> list[Point]:
        """Wait, and record what comes back; points that must be played again, one at a time."""
        finished = wait(self.hands, self.pool.patience, FIRST_COMPLETED).done
        if not finished:
            self.pool.look()
        errors = {future: _error(future) for future in finished}
        for future in sorted(finished, key=lambda one: errors[one] is not None):
            if (error := errors[future]) is not None:
                # of a broken pool nobody is left, and all errors are the same
                return self._mourn(error, self.hands if isinstance(error, BrokenExecutor) else [future])
            self._record(future.result())
            del self.hands[future]
        return []

    def _mourn(self, error: BaseException, futures: Iterable[Future[list[Outcome]]]) -> list[Point]:
        """Points that a worker which died had in hand, or may have had; none if it is clear which one it died of."""
        if not isinstance(error, self.pool.deaths):
            if self.setup.strict or isinstance(error, StoreError):
                raise error
            why = self.pool.why() or error or type(error).__name__
            raise StoreError(f"the workers are gone ({why}){self.sink.way_on}") from error
        alone = len(self.hands) == 1
        lost = [point for future in list(futures) for point in self.hands.pop(future)]
        self.pool.renew()
        if len(lost) > 1 or not alone or self._chances(lost[0]):
            return lost
        why = "the worker process died while it played this run: out of memory?"
        self._record([Outcome(key(point.arm, point.seed), b"", why, "", 0.0) for point in lost])
        return []

    def _chances(self, point: Point) -> bool:
        """May a run in whose hands alone a worker died be played once more? Somebody else may have killed it."""
        self.deaths[point.number, point.seed] = self.deaths.get((point.number, point.seed), 0) + 1
        return self.deaths[point.number, point.seed] < self.pool.chances

    def _batch(self, total: int | None) -> int:
        """How many runs to hand out at once."""
        if not self.done:
            return 1
        fair = LONGEST_BATCH if total is None else max(1, (total - self.done) // (4 * max(1, self.pool.size())))
        wanted = BATCH_SECONDS * self.done / max(self.seconds, 1e-9)
        return int(min(max(1.0, wanted), LONGEST_BATCH, fair))

    def _give(self, points: tuple[Point, ...]) -> None:
        waiting: Future[list[Outcome]] = Future()  # if the workers are found dead, these points are lost as well
        self.hands[waiting] = points
        future = self.pool.submit(play, Task(self.setup, points))
        self.hands[future] = self.hands.pop(waiting)

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        if self.folder is not None and (kept := [(one.key, one.kept) for one in outcomes if one.kept is not None]):
            shard = write_series(self.folder, kept)
            outcomes = [one._replace(shard=shard if one.kept is not None else "", kept=None) for one in outcomes]
        self.sink.record(outcomes)
        self.done += len(outcomes)
        self.seconds += sum(outcome.seconds for outcome in outcomes)

    def stop(self) -> None:
        """Call off what has not begun, and keep what is finished by now."""
        self.pool.halt()
        begun = {future for future in self.hands if not future.cancel()}
        for future in wait(begun, PATIENCE).done:
            if _error(future) is None:
                self._record(future.result())


def _error(future: Future[Any]) -> BaseException | None:
    """What went wrong; also where somebody else called it off."""
    return CancelledError("called off") if future.cancelled() else future.exception()


def _travelling(results: Results) -> Series:
    return Series(results.accounts, results.market)
