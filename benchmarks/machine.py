"""What the machine can do at best: memory bandwidth and exponentials, both in one thread.

Compare with what a round needs: the state it must at least read, and the exponentials it computes.
"""

import os
import platform
import time
from importlib import metadata
from pathlib import Path

import numba
import numpy as np

from benchmarks.measure import Spread
from sim.machine import cores
from sim.maths import exp


@numba.njit(nogil=True)
def _triad(a, b, c, scale):
    for i in range(a.size):
        a[i] = b[i] + scale * c[i]


@numba.njit(nogil=True, error_model="numpy")
def _exponentials(x, y):
    for i in range(x.size):
        y[i] = exp(x[i])


def bandwidth(megabytes: int = 600, times: int = 5) -> Spread:
    """Bytes per second of the STREAM triad a = b + s·c on three arrays that together have this size."""
    size = megabytes * 1_000_000 // 24
    a, b, c = (np.ones(size) for _ in range(3))
    _triad(a, b, c, 3.0)
    return Spread.of([24 * size / _seconds(lambda: _triad(a, b, c, 3.0)) for _ in range(times)])


def exponentials(times: int = 5) -> Spread:
    """The project's own e^x per second, on numbers in the first cache."""
    x, y = np.linspace(-5.0, 5.0, 1000), np.zeros(1000)
    _exponentials(x, y)

    def many() -> None:
        for _ in range(2000):
            _exponentials(x, y)

    return Spread.of([2_000_000 / _seconds(many) for _ in range(times)])


def description() -> dict[str, str]:
    """Processor, cores, system and versions of what was measured."""
    from benchmarks import c_twin

    names = ("numba", "llvmlite", "numpy", "mesa")
    return {
        "processor": _processor(),
        "cores": str(cores()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {metadata.version(name)}" for name in names),
        "C compiler": f"{c_twin.compiler_version()}, {' '.join(c_twin.STRICT)}",
    }


def _seconds(work) -> float:
    before = time.thread_time()
    work()
    return time.thread_time() - before


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    facts = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    widest = next((name for name in ("avx512f", "avx2", "sse2") if name in facts.get("flags", "").split()), "")
    return (
        f"{facts.get('model name', 'unknown')} (family {facts.get('cpu family')}, model {facts.get('model')}, {widest})"
    )


def _memory() -> str:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return "unknown"
    return f"{pages * size / 1e9:.0f} GB"
