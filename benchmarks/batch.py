"""Two hundred runs of a small market through the experiment layer: on one core, on two, and against mesa.batch_run."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mesa.batchrunner import batch_run

from benchmarks.market import reference_market
from benchmarks.measure import Spread, at_least, interleaved, ratio
from benchmarks.mesa_twin import TwinMarket
from benchmarks.sections import Section, number, shown
from sim.experiments.pools import Pool, Processes, Threads
from sim.experiments.sweep import sweep

CUSTOMERS, FIRMS, ROUNDS, RUNS = 1_000, 5, 200, 200
LEVELS = ["market.turbulence=0,0.05"]


def play(runs: int, workers: Pool | str, number: int | None = None) -> None:
    """So many runs of a fresh experiment, everything written: design, journal, digest."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = reference_market(CUSTOMERS, FIRMS, ROUNDS)
        options = {"executor": workers, "workers": number, "progress": False}
        found = sweep(scenario, LEVELS, seeds=runs // 2, out=Path(folder) / "s", **options)
        assert found.counts == (runs, runs, 0)


def batch(quick: bool) -> Iterator[Section]:
    """Wall time of the whole batch, by who plays it."""
    runs, times, twins = (40, 3, 2) if quick else (RUNS, 5, 2)
    processes = Processes(2)
    pools = {"one thread": Threads(1), "two threads": Threads(2), "two processes": processes}
    tasks = {name: (lambda pool=pool: play(runs, pool)) for name, pool in pools.items()}
    tasks["two processes, with their start"] = lambda: play(runs, "processes", 2)
    for task in tasks.values():
        task()  # compiled code is loaded, processes have started
    taken = interleaved(tasks, times, time.perf_counter)
    for pool in pools.values():
        pool.close()
    mesa = _mesa(twins) * runs
    rows = [_row(name, runs, seconds, taken["one thread"], mesa) for name, seconds in taken.items()]
    rows.append(("`mesa.batch_run`, two processes", f"{number(mesa)} s", number(1e3 * mesa / runs), "–", "1"))
    columns = ("", f"{runs} runs", "ms a run", "speed relative to one thread", "times as fast as `mesa.batch_run`")
    words = (
        f"{runs} runs of {CUSTOMERS:,} customers × {FIRMS} firms × {ROUNDS} rounds as `sim sweep` plays them, wall "
        "time, in turn, with the design, the journal and the digest. Other work on the machine shows here. "
        "`mesa.batch_run` plays the same market as a plain Mesa model (benchmarks/mesa_twin.py); its time is "
        f"extrapolated from {twins} whole runs in two processes."
    )
    verdicts = (
        at_least(f"{runs} runs, two threads / one", 1.8, ratio(taken["one thread"], taken["two threads"])),
        at_least(f"{runs} runs, two processes / one thread", 1.8, ratio(taken["one thread"], taken["two processes"])),
    )
    yield Section("Two hundred small runs", columns, rows, words, verdicts)


def _row(name: str, runs: int, seconds: list[float], one: list[float], mesa: float) -> tuple[str, ...]:
    found = Spread.of(seconds)
    each, faster = shown(found.scaled(1e3 / runs)), shown(ratio(one, seconds))
    return name, f"{shown(found)} s", each, faster, number(mesa / found.median)


def _mesa(runs: int) -> float:
    """Wall seconds per run of the plain Mesa model, in two processes."""
    parameters = {"scenario": [reference_market(CUSTOMERS, FIRMS, ROUNDS)]}
    begun = time.perf_counter()
    batch_run(
        TwinMarket, parameters, number_processes=2, rng=range(1, runs + 1), max_steps=ROUNDS, display_progress=False
    )
    return (time.perf_counter() - begun) / runs


if __name__ == "__main__":  # `python -m benchmarks.batch` measures this alone
    import sys

    from benchmarks.report import markdown

    print(markdown(list(batch("--quick" in sys.argv)), "--quick" in sys.argv))
