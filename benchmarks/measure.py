"""Measuring on a machine that is never quiet: interleaved, in processor time, medians with their range."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Spread(NamedTuple):
    """Median and range of repeated measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(median(values), min(values), max(values))

    def scaled(self, factor: float) -> "Spread":
        return Spread(*(factor * value for value in self))


class Verdict(NamedTuple):
    """A ratio that is asked for, and what was measured."""

    what: str
    asked: str  # as in "≥ 300"
    found: Spread
    limit: float
    at_least: bool
    beside: str = ""  # what else is good to know, shown behind the number

    @property
    def passed(self) -> bool:
        return self.found.median >= self.limit if self.at_least else self.found.median <= self.limit


def at_least(what: str, limit: float, found: Spread, beside: str = "") -> Verdict:
    """The ratio must be at least `limit`."""
    return Verdict(what, f"≥ {limit:g}", found, limit, True, beside)


def at_most(what: str, limit: float, found: Spread, beside: str = "") -> Verdict:
    """The ratio must be at most `limit`."""
    return Verdict(what, f"≤ {limit:g}", found, limit, False, beside)


def interleaved(
    tasks: dict[str, Callable[[], Any]], times: int = 5, clock: Callable[[], float] = time.thread_time
) -> dict[str, list[float]]:
    """Seconds of each task, `times` times: all tasks in turn, every second time in reverse order."""
    found: dict[str, list[float]] = {name: [] for name in tasks}
    for repetition in range(times):
        for name in list(tasks)[:: 1 if repetition % 2 == 0 else -1]:
            before = clock()
            tasks[name]()
            found[name].append(clock() - before)
    return found


def ratio(slow: list[float], fast: list[float]) -> Spread:
    """Spread of slow/fast over the pairs measured one after the other."""
    return Spread.of([a / b for a, b in zip(slow, fast, strict=True)])


class Child(NamedTuple):
    """What another process needed, and the JSON it printed last (None if it printed none)."""

    cpu: float  # seconds
    wall: float  # seconds
    peak: float  # bytes
    told: Any


# Runs a command and says what it alone needed: peak memory is known only for all children of a process together.
_WATCH = (
    "import json, resource, subprocess, sys, time; t = time.perf_counter();"
    "r = subprocess.run(sys.argv[1:], capture_output=True, encoding='utf-8'); t = time.perf_counter() - t;"
    "u = resource.getrusage(resource.RUSAGE_CHILDREN);"
    "print(json.dumps([r.returncode, u.ru_utime + u.ru_stime, t, u.ru_maxrss, r.stdout, r.stderr]))"
)


def child(*arguments: str, **environment: str) -> Child:
    """Run Python with these arguments in the project's folder; raises RuntimeError with its words if it fails."""
    command = [sys.executable, "-c", _WATCH, sys.executable, *arguments]
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    told = subprocess.run(  # as for a user: whoever forbids bytecode has all sources compiled again at every start
        command, cwd=ROOT, env={**usual, **environment}, capture_output=True, encoding="utf-8", check=True
    )
    code, cpu, wall, peak, out, err = json.loads(told.stdout)
    if code:
        raise RuntimeError(f"python {' '.join(arguments)} failed:\n{err}")
    unit = 1 if sys.platform == "darwin" else 1024
    last = out.strip().splitlines()[-1] if out.strip() else ""
    return Child(cpu, wall, peak * unit, json.loads(last) if last.startswith("{") else None)
