"""Where runs are played: in threads, in local processes, on a Dask cluster, under MPI, or in anybody's executor.

Each is an executor of concurrent.futures and what the crew (`sim.experiments.executors`) must know about it: how many
workers there are, whether one that died can be replaced, and whether they write into the folder of the store. Dask and
MPI are imported only where they are asked for.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for_end
from pathlib import Path
from typing import Any, NamedTuple

from sim import __version__
from sim.experiments.manifest import StoreError
from sim.in_words import ArgumentError
from sim.machine import cores
from sim.scenario_errors import not_one_of
from sim.simulation import NUMBERS_VERSION

PROGRAM = f"buyer-seller-sim {__version__}, numbers-version {NUMBERS_VERSION}"
DASK = "dask:"  # before the address or the file of a scheduler
KINDS = ("auto", "threads", "processes", "mpi", "dask:ADDRESS", "dask:FILE")
WITHOUT_WORKERS = 60.0  # seconds that a cluster may be without any worker
TRY, BUSY, WORTH = 3.0, 0.7, 10.0  # seconds, processors per thread, seconds: see `Auto`
LOOK = 2.0  # seconds between questions who is there


class Progress(NamedTuple):
    """How far the runs of a crew are: done, the processor time they took (s), and how many there are, if known."""

    done: int
    seconds: float
    total: int | None


class Pool:
    """Somebody's executor, which is left open. The pools below are made and closed here.

    near      do workers see the folder of the store under its name, so that they write shards of series themselves?
    deaths    errors that mean that a worker died; chances: how many workers may die of a run that was alone with them
    patience  seconds until `look` is called while nothing comes back; None: never
    """

    near = False
    deaths: tuple[type[BaseException], ...] = ()
    chances = 1
    patience: float | None = None

    def __init__(self, executor: Executor, workers: int) -> None:
        self.executor, self.workers = executor, workers

    def submit(self, function: Callable[..., Any], task: Any) -> Future[Any]:
        """Have the task played."""
        return self.executor.submit(function, task)

    def size(self) -> int:
        """How many tasks are played at a time, now. Raises BrokenExecutor where nobody is left who knows."""
        return self.workers

    def look(self) -> None:
        """Raise BrokenExecutor where nobody is left who could play."""

    def weigh(self, progress: Progress, task: Any) -> None:
        """Look whether others would play faster; `task` is what would have to travel to them."""

    def why(self) -> str:
        """Why runs were called off by somebody else, "" where that is not known."""
        return ""

    def renew(self) -> None:
        """Replace workers after one has died."""

    def halt(self) -> None:
        """Nobody waits any more for what is being played."""

    def close(self) -> None:
        """Let go of the workers."""


type Players = str | Executor | Pool | Any  # any: a Dask client, whose class would have to be imported


@contextmanager
def opened(players: Players, workers: int | None = None) -> Iterator[Pool]:
    """The pool that is meant, closed in the end if it was made here. Raises ArgumentError, StoreError.

    players    one of KINDS, an Executor, a Dask client, or a Pool
    workers    so many (default: one per core, all of a cluster)
    """
    if isinstance(players, Pool):
        yield players
        return
    pool = _pool(players, workers)
    try:
        yield pool
    finally:
        pool.close()


def _pool(executor: Players, workers: int | None) -> Pool:
    if isinstance(executor, Executor):
        return Pool(executor, workers or cores())
    if hasattr(executor, "get_executor"):
        return Dask(executor.scheduler.address, workers, executor)
    if isinstance(executor, str) and executor.startswith(DASK) and len(executor) > len(DASK):
        return Dask(executor.removeprefix(DASK), workers)
    match executor:
        case "auto":
            return Auto(workers or cores())
        case "threads":
            return Threads(workers or cores())
        case "processes":
            return Processes(workers or cores())
        case "mpi":
            return Mpi(workers)
    raise ArgumentError(f"executor: {not_one_of(executor, 'an executor', KINDS)}; or an Executor, or a Dask client")


# ------------------------------------------------------------------------------------------------- on this machine


class Threads(Pool):
    """Threads of this process."""

    near = True

    def __init__(self, workers: int) -> None:
        super().__init__(ThreadPoolExecutor(workers, thread_name_prefix="run"), workers)
        self._halt = threading.Event()

    def submit(self, function: Callable[..., Any], task: Any) -> Future[Any]:
        return self.executor.submit(function, task, self._halt.is_set)

    def halt(self) -> None:
        self._halt.set()

    def close(self) -> None:
        self.halt()
        self.executor.shutdown(wait=False, cancel_futures=True)


class Auto(Threads):
    """Threads, and from the moment processes where threads hold each other up, as strategies that think in Python do.

    That is measured, once: after `TRY` seconds, threads that get less than `BUSY` of a processor each while there is
    work for more than `WORTH` seconds. It must also be possible: everything a task needs can be imported elsewhere.
    """

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self._begun, self._decided = time.monotonic(), workers < 2
        self._processes: Processes | None = None

    @property
    def deaths(self) -> tuple[type[BaseException], ...]:
        return Processes.deaths if self._processes is not None else ()

    @property
    def chances(self) -> int:
        return Processes.chances

    def weigh(self, progress: Progress, task: Any) -> None:
        now = time.monotonic()
        if not progress.done:  # a crew begins
            self._begun = now
            return
        passed = now - self._begun
        if self._decided or passed < TRY or progress.total is None:
            return
        self._decided = True
        left = passed * (progress.total - progress.done) / progress.done
        if progress.seconds < BUSY * passed * self.workers and left > WORTH and can_travel(task):
            self._processes = Processes(self.workers)

    def submit(self, function: Callable[..., Any], task: Any) -> Future[Any]:
        pool = super() if self._processes is None else self._processes
        return pool.submit(function, task)

    def renew(self) -> None:
        if self._processes is not None:
            self._processes.renew()

    def halt(self) -> None:
        super().halt()
        if self._processes is not None:
            self._processes.halt()

    def close(self) -> None:
        super().close()
        if self._processes is not None:
            self._processes.close()


def can_travel(task: Any) -> bool:
    """Can a new process play this? Not what the main program defines, nor where that would begin anew on import."""
    try:
        written = pickle.dumps(task)
    except Exception:  # noqa: BLE001 whatever cannot be written
        return False
    main = sys.modules["__main__"]
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    command = (spec is not None and spec.name == "sim.__main__") or (file is not None and Path(file).stem == "sim")
    return (command or file is None) and b"__main__" not in written


class Processes(Pool):
    """Processes on this machine; all are replaced when one has died."""

    near = True
    deaths = (BrokenExecutor,)
    chances = 3  # somebody else may have killed it

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._context = multiprocessing.get_context("spawn")  # a forked child would inherit locks of running threads
        self._halt = self._context.Event()
        self.renew()

    def renew(self) -> None:
        options = {"mp_context": self._context, "initializer": _begin, "initargs": (self._halt,)}
        self.executor = ProcessPoolExecutor(self.workers, **options)

    def submit(self, function: Callable[..., Any], task: Any) -> Future[Any]:
        return self.executor.submit(_until_halted, function, task)

    def halt(self) -> None:
        self._halt.set()

    def close(self) -> None:
        self.halt()
        # one that is still starting would not find any more what it shares with this process, and complain
        started = list((getattr(self.executor, "_processes", None) or {}).values())
        self.executor.shutdown(wait=False, cancel_futures=True)
        for process in started:
            process.terminate()


_halted: Any = None  # in a worker process: the parent's sign that nobody waits any more


def _begin(halted: Any) -> None:
    """In a worker process: leave Ctrl-C to the parent, and end when the parent is gone, however it went."""
    global _halted  # one per process, set once
    _halted = halted
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_end([sentinel])
    os._exit(1)


def _until_halted(function: Callable[..., Any], task: Any) -> Any:
    return function(task, _halted.is_set)


# ------------------------------------------------------------------------------------------------------ on a cluster


class Dask(Pool):
    """The workers of a Dask scheduler, named by its address or by the file it writes; they may come and go.

    Dask itself plays the runs of a worker that is gone elsewhere; a run of which several workers died comes back as
    `KilledWorker`.
    """

    patience = LOOK

    def __init__(self, where: str, workers: int | None, client: Any = None) -> None:
        try:
            import distributed
        except ImportError:
            raise StoreError("Dask is not installed: pip install 'buyer-seller-sim[cluster]'") from None
        self._where, self._most, self.deaths = where, workers, (distributed.KilledWorker,)
        self._client, self._own = client or _connected(distributed.Client, where), client is None
        self._there, self._asked, self._seen = 0, 0.0, time.monotonic()
        try:
            while not self.size():
                self.look()
                time.sleep(0.1)  # until a worker has come
            _same_program(self._client)
        except BrokenExecutor as error:
            self.close()
            raise StoreError(str(error)) from error
        except BaseException:
            self.close()
            raise
        self.executor = self._client.get_executor(pure=False)  # the same runs may be wanted again

    def size(self) -> int:
        now = time.monotonic()
        if not self._there or now - self._asked > LOOK:
            try:
                self._asked, self._there = now, sum(self._client.nthreads().values())
            except (OSError, AttributeError) as error:  # a client without a scheduler has nothing to ask
                raise BrokenExecutor(f"{self._where}: the scheduler does not answer") from error
        if self._there:
            self._seen = now
        return min(self._there, self._most or self._there)

    def look(self) -> None:
        if not self.size() and time.monotonic() - self._seen > WITHOUT_WORKERS:
            start = f"dask worker {self._where}" if not _is_file(self._where) else _from_file("worker", self._where)
            raise BrokenExecutor(
                f"{self._where}: the scheduler has had no worker for {WITHOUT_WORKERS:.0f} s; start one: {start}"
            )

    def why(self) -> str:
        self._there = 0  # it is asked anew
        try:
            self.size()
        except BrokenExecutor as error:
            return str(error)
        return ""

    def close(self) -> None:
        if self._own:
            self._client.close(timeout=2)


def _connected(client: Callable[..., Any], where: str) -> Any:
    """A client of the scheduler. Raises StoreError where there is none."""
    options = {"timeout": "15s", "set_as_default": False, "name": "sim"}
    for part in (
        "distributed",
        "tornado",
    ):  # of a scheduler that is gone they tell at length what is said here in a line
        logging.getLogger(part).setLevel(logging.CRITICAL)
    if not _is_file(where):
        given = {"address": where}
    elif Path(where).is_file():
        given = {"scheduler_file": where}
    else:
        raise StoreError(f"{where}: there is no such file; a scheduler writes it: {_from_file('scheduler', where)}")
    try:
        return client(**given, **options)
    except (OSError, ValueError) as error:
        raise StoreError(f"{where}: no Dask scheduler answers there ({error})") from error


def _is_file(where: str) -> bool:
    """Is this the name of a file, not host:port with or without a protocol?"""
    return "://" not in where and not where.rpartition(":")[2].isdecimal()


def _from_file(part: str, file: str) -> str:
    return f"dask {part} --scheduler-file {file}"


def _same_program(client: Any) -> None:
    """Raise StoreError where workers have another version of this program, or none."""
    try:
        found = client.run(_program)
    except ModuleNotFoundError as error:
        raise StoreError(f"a worker cannot import this program ({error}); install the same version there") from error
    except OSError as error:
        raise StoreError(f"a worker does not answer ({error}); begin again when all are there") from error
    for worker, other in found.items():
        if other != PROGRAM:
            raise StoreError(f"the worker {worker} has {other}, not {PROGRAM}: install the same there")


def _program() -> str:
    return PROGRAM


class Mpi(Pool):
    """The other ranks of an MPI job that was started with mpi4py.futures; rank 0 hands out the runs."""

    def __init__(self, workers: int | None) -> None:
        how = "mpiexec -n 3 python -m mpi4py.futures -m sim … --mpi"
        try:
            from mpi4py import MPI
            from mpi4py.futures import MPIPoolExecutor
        except ImportError:
            raise StoreError("mpi4py is not installed: pip install 'buyer-seller-sim[cluster]'") from None
        except RuntimeError as error:
            raise StoreError(f"mpi4py finds no MPI library on this machine ({error})") from error
        if MPI.COMM_WORLD.size < 2 or not any("mpi4py.futures" in part for part in sys.orig_argv):
            raise StoreError(f"--mpi needs two ranks or more, started by mpi4py.futures: {how}")
        super().__init__(MPIPoolExecutor(), MPI.COMM_WORLD.size - 1)
        self.workers = min(self.workers, workers or self.workers)

    def close(self) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)
