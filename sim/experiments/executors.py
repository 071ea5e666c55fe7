"""Who plays the runs of an experiment: threads, local processes, or any other executor of concurrent.futures.

Small runs travel in batches of about a quarter of a second, so that what they cost besides playing does not matter.
Only the parent writes the journal, as batches come back; at most two batches per worker are under way. A worker that
dies costs the runs it had in hand, which are played again one by one, so that the one it died of is found.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from multiprocessing.connection import wait as wait_for_end
from pathlib import Path
from typing import Any, NamedTuple

from sim.analysis.metrics import METRICS
from sim.experiments.design import Arm, Point
from sim.experiments.manifest import StoreError
from sim.experiments.store import Layout, Outcome, Store, key, write_series
from sim.results import Results
from sim.run import simulate
from sim.scenario import Scenario

BATCH_SECONDS = 0.25  # overhead of a batch is below a millisecond
LONGEST_BATCH = 256  # runs
DEATHS = 3  # of workers that a run had to itself, until the run is to blame
PATIENCE = 5.0  # seconds after Ctrl-C in which a run may notice that nobody waits for it


class Setup(NamedTuple):
    """What all runs of an experiment share; `folder` is the store's where series are kept, else None."""

    scenario: Scenario
    measures: tuple[str, ...]
    folder: Path | None
    threads: int | None


class Task(NamedTuple):
    """Some runs of one experiment."""

    setup: Setup
    points: tuple[Point, ...]


_stop: Any = None  # in a worker process: the parent's sign that nobody waits any more


def play(task: Task, stopped: Callable[[], bool] | None = None) -> list[Outcome]:
    """Play the runs of a task; those that were finished when it was stopped. A run that fails says so in its outcome.

    Raises StoreError where series cannot be written or a scenario is not what the design says.
    """
    stopped = stopped or (lambda: _stop is not None and _stop.is_set())
    outcomes, kept = [], []
    for arm, points in itertools.groupby(task.points, key=lambda point: point.arm):
        scenario = task.setup.scenario.with_changes(arm.changes | {"focus": arm.focus})
        if scenario.hash != arm.hash:
            raise StoreError(f"{arm.factors} {arm.alternative}: is another scenario here than where it was designed")
        for point in points:
            if stopped():
                break
            start = time.thread_time()
            packed, error, run = b"", "", key(arm, point.seed)
            try:
                results = results_of(task.setup, scenario, arm, point.seed, stopped)
                packed = Layout(task.setup.measures).pack(results)
            except CancelledError:
                break
            except Exception:  # noqa: BLE001 whatever a run dies of, the others go on
                error = traceback.format_exc()
            else:
                kept += [(run, results)] if task.setup.folder is not None else []
            outcomes.append(Outcome(run, packed, error, "", time.thread_time() - start))
    if kept:
        shard, whole = write_series(task.setup.folder, kept), {run for run, _ in kept}
        outcomes = [outcome._replace(shard=shard if outcome.key in whole else "") for outcome in outcomes]
    return outcomes


def results_of(
    setup: Setup, scenario: Scenario, arm: Arm, seed: int, stopped: Callable[[], bool] = lambda: False
) -> Results:
    """Play one run and cut it to its window."""

    def played(rounds: int) -> None:
        if stopped():
            raise CancelledError

    needs = {METRICS[name].needs for name in setup.measures}
    options = {"threads": setup.threads, "keep": bool(needs - {""}), "log": "log" in needs, "played": played}
    results = simulate(scenario, seed=seed, rounds=arm.window and arm.window[1], **options)
    return results.window(*arm.window) if arm.window else results


# --------------------------------------------------------------------------------------------------------- running


def execute(
    store: Store, points: Iterator[Point], *, executor: str | Executor = "threads", workers: int | None = None,
    played: Callable[[int], None] | None = None, total: int | None = None,
) -> int:  # fmt: skip
    """Play points and record each in the store; returns how many were played.

    executor   "threads", "processes", or any Executor (of Dask, of mpi4py), which is left open
    played     called with the number of runs just recorded; total: how many there will be, for batches at the end

    Ctrl-C records what is finished and is raised again.
    """
    if isinstance(executor, str) and executor not in POOLS:
        raise ValueError(f"executor = {executor!r}: allowed are {', '.join(POOLS)}, or an Executor")
    cores = getattr(os, "process_cpu_count", os.cpu_count)() or 1  # Python 3.12 does not know of affinity
    workers = workers or cores
    crew = _Crew(store, executor, workers, played)
    try:
        return crew.work(points, total)
    except KeyboardInterrupt:
        crew.stop()
        raise
    finally:
        crew.dismiss()


class _Crew:
    """Workers, what they have in hand, and how long runs take."""

    def __init__(
        self, store: Store, executor: str | Executor, workers: int, played: Callable[[int], None] | None
    ) -> None:
        self.store, self.executor, self.workers, self.played = store, executor, workers, played
        folder = store.folder.resolve() if store.manifest["series"] else None
        self.setup = Setup(store.design.scenario, store.layout.measures, folder, 1 if workers > 1 else None)
        self.hands: dict[Future[list[Outcome]], tuple[Point, ...]] = {}
        self.done, self.seconds = 0, 0.0
        self.deaths: dict[tuple[int, int], int] = {}
        self._hire()

    def _hire(self) -> None:
        made = POOLS[self.executor](self.workers) if isinstance(self.executor, str) else (self.executor, None)
        self.pool, self.halt = made

    def work(self, points: Iterator[Point], total: int | None) -> int:
        """Hand out points and record what comes back until none is left."""
        suspects: list[Point] = []  # in hand when a worker died: one at a time, nothing beside them
        while True:
            try:
                while not suspects and len(self.hands) < 2 * self.workers:
                    if not (some := tuple(itertools.islice(points, self._batch(total)))):
                        break
                    self._give(some)
                if suspects and not self.hands:
                    self._give((suspects.pop(0),))
                if not self.hands:
                    return self.done
                finished = wait(self.hands, return_when=FIRST_COMPLETED).done
                for future in sorted(finished, key=lambda one: one.exception() is not None):
                    self._record(future.result())
                    del self.hands[future]
            except BrokenExecutor as error:
                suspects += self._mourn(error)

    def _mourn(self, error: BrokenExecutor) -> list[Point]:
        """Points that a worker which died had in hand, or may have had; none if it is clear which one it died of."""
        if not isinstance(self.executor, str):
            folder = self.store.folder
            raise StoreError(f"{folder}: the workers are gone ({error}); go on with: sim resume {folder}") from error
        lost = [point for some in self.hands.values() for point in some]
        self.hands.clear()
        self._hire()
        if len(lost) > 1 or (lost and self._chances(lost[0])):
            return lost
        why = "the worker process died while it played this run: out of memory?"
        self._record([Outcome(key(point.arm, point.seed), b"", why, "", 0.0) for point in lost])
        return []

    def _chances(self, point: Point) -> bool:
        """May a run in whose hands alone a worker died be played once more? Somebody else may have killed it."""
        self.deaths[point.number, point.seed] = self.deaths.get((point.number, point.seed), 0) + 1
        return self.deaths[point.number, point.seed] < DEATHS

    def _batch(self, total: int | None) -> int:
        """How many runs to hand out at once."""
        if not self.done:
            return 1
        fair = LONGEST_BATCH if total is None else max(1, (total - self.done) // (4 * self.workers))
        wanted = BATCH_SECONDS * self.done / max(self.seconds, 1e-9)
        return int(min(max(1.0, wanted), LONGEST_BATCH, fair))

    def _give(self, points: tuple[Point, ...]) -> None:
        more = (self.halt.is_set,) if self.halt is not None and isinstance(self.pool, ThreadPoolExecutor) else ()
        waiting: Future[list[Outcome]] = Future()  # if the workers are found dead, these points are lost as well
        self.hands[waiting] = points
        future = self.pool.submit(play, Task(self.setup, points), *more)
        self.hands[future] = self.hands.pop(waiting)

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            self.store.record(outcomes)
            self.done += len(outcomes)
            self.seconds += sum(outcome.seconds for outcome in outcomes)
            if self.played is not None:
                self.played(len(outcomes))

    def stop(self) -> None:
        """Call off what has not begun, and keep what is finished by now."""
        if self.halt is not None:
            self.halt.set()
        begun = {future for future in self.hands if not future.cancel()}
        for future in wait(begun, PATIENCE).done:
            if not future.cancelled() and future.exception() is None:
                self._record(future.result())

    def dismiss(self) -> None:
        if self.halt is not None:
            self.halt.set()
            self.pool.shutdown(wait=False, cancel_futures=True)


# ----------------------------------------------------------------------------------------------------------- pools


def _threads(workers: int) -> tuple[Executor, Any]:
    return ThreadPoolExecutor(workers, thread_name_prefix="run"), threading.Event()


def _processes(workers: int) -> tuple[Executor, Any]:
    context = multiprocessing.get_context("spawn")  # a forked child would inherit the locks of running threads
    halt = context.Event()
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(halt,)), halt


def _begin(halt: Any) -> None:
    """In a worker process: leave Ctrl-C to the parent, and end when the parent is gone, however it went."""
    global _stop  # one per process, set once
    _stop = halt
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_end([sentinel])
    os._exit(1)


POOLS: dict[str, Callable[[int], tuple[Executor, Any]]] = {"threads": _threads, "processes": _processes}
