"""Very many tiny runs: what each costs beside its arithmetic, in time, in memory of the parent, and on disk.

`python -m benchmarks.many_runs` plays 1,000, 10,000 and 100,000 of them, each number in a process of its own.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.market import reference_market
from benchmarks.measure import Spread, at_most, child, ratio
from benchmarks.sections import Section, number, shown
from sim import engine, population
from sim.books import flows
from sim.experiments.sweep import sweep
from sim.plan import Plan
from sim.run import simulate
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.state import State
from sim.workspace import workspace

CUSTOMERS, FIRMS, ROUNDS, CONDITIONS, WORKERS = 50, 2, 10, 5, 2
VARIED = f"market.heterogeneity=0.5:1.5:{CONDITIONS}"
_ONCE = "import json; from benchmarks.many_runs import once; print(json.dumps(once({runs})))"


def tiny() -> Scenario:
    """The market of every run."""
    return reference_market(CUSTOMERS, FIRMS, rounds=ROUNDS)


def once(runs: int) -> dict[str, Any]:
    """Play so many tiny runs into a store on disk. Times in seconds, of the whole and without the first compilation."""
    scenario = tiny()
    simulate(scenario, keep=False)
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        # threads, and not "auto": the time of processes would not be on this clock
        found = sweep(
            scenario, [VARIED], seeds=runs // CONDITIONS, out=Path(folder, "runs"), workers=WORKERS, executor="threads"
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if found.counts.done != runs:
            raise RuntimeError(f"{found.counts} of {runs} runs")
        stored = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"runs": runs, "wall": wall, "cpu": cpu, "stored": stored, "peak": peak}


def arithmetic(scenario: Scenario, seeds: int) -> list[float]:
    """Processor seconds of the compiled calls of a run, seed by seed."""
    plan = Plan(scenario)
    return [compiled_calls(plan, seed)[0] for seed in range(seeds)]


def compiled_calls(plan: Plan, seed: int) -> tuple[float, State]:
    """Processor seconds it takes to make the customers and to play all rounds, and the state afterwards.

    For one chunk of customers, firms that keep their levers, and rounds that fit one call.
    """
    market, firms = plan.scenario.market, len(plan.firm_names)
    made = Simulation(plan, seed, threads=1)
    acting, booked = made._decide(), flows(market.rounds, market.customers, firms)
    who, work = np.arange(market.customers), workspace(firms, engine.BLOCK)
    before = time.thread_time()
    population.arrive(seed, 1, who, plan.people, made.means, market.heterogeneity, made.state)
    engine.play(
        seed, 1, market.rounds, 0, 1, made.parameters, acting, made.means, made.network, made.powers, made.state,
        booked, made._log, work,
    )  # fmt: skip
    return time.thread_time() - before, made.state


def many_runs(quick: bool) -> Iterator[Section]:
    """A hundred thousand tiny runs by threads, and a market of 1,000 customers against its arithmetic."""
    each = Spread.of(arithmetic(tiny(), 500))
    seen = [child("-c", _ONCE.format(runs=runs)).told for runs in ((500, 2_000) if quick else (1_000, 10_000, 100_000))]
    rows = [
        (
            f"{one['runs']:,}", f"{number(one['wall'])} s", f"{1e3 * one['wall'] / one['runs']:.2f} ms",
            f"{1e3 * one['cpu'] / one['runs']:.2f} ms", f"{one['peak'] / 1e6:.0f} MB",
            f"{one['stored'] / one['runs']:.0f} bytes",
        )
        for one in seen
    ]  # fmt: skip
    few, many = seen[0], seen[-1]
    beside = 1e3 * (many["cpu"] / many["runs"] - each.median)
    words = (
        f"{CUSTOMERS} customers × {FIRMS} firms × {ROUNDS} rounds, {CONDITIONS} conditions, {WORKERS} threads, into a "
        f"store on disk, digest included. The compiled calls of a run take {shown(each.scaled(1e3))} ms; beside them a "
        f"run costs {beside:.2f} ms of a processor, most of it in Python, where one thread waits for the other."
    )
    verdicts = (
        at_most("a tiny run beside its arithmetic, ms of a processor", 1.0, _one(beside)),
        at_most("memory of many tiny runs / of few", 1.2, _one(many["peak"] / few["peak"])),
        at_most("store of 100,000 tiny runs, MB", 100, _one(many["stored"] / many["runs"] / 10)),
    )
    columns = ("runs", "wall time", "a run", "of a processor", "peak of the parent", "store, a run")
    yield Section("A hundred thousand tiny runs", columns, rows, words, verdicts)
    yield _near_arithmetic(5 if quick else 40)


def _near_arithmetic(seeds: int) -> Section:
    """A replication of a small market from seed to results, against its compiled calls alone; in turn."""
    scenario = reference_market(1_000, 5, rounds=200)
    plan, whole, alone = Plan(scenario), [], []
    simulate(plan, keep=False, threads=1)
    for seed in range(seeds):
        before = time.thread_time()
        simulate(plan, seed, keep=False, threads=1)
        whole.append(time.thread_time() - before)
        alone.append(compiled_calls(plan, seed)[0])
    rows = [
        ("a replication", f"{shown(Spread.of(whole).scaled(1e3))} ms"),
        ("its compiled calls", f"{shown(Spread.of(alone).scaled(1e3))} ms"),
        ("ratio", shown(ratio(whole, alone), digits=4)),
    ]
    words = (
        "1,000 customers × 5 firms × 200 rounds, one thread. All 200 rounds are one compiled call; to play several "
        "replications in one call could save no more than the rest."
    )
    return Section("Replications of a small market", ("", ""), rows, words)


def _one(value: float) -> Spread:
    return Spread(value, value, value)


def main() -> None:
    """Measure, and print the sections as they stand in docs/performance.md."""
    from benchmarks.report import markdown

    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_runs", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 runs at the most")
    arguments = parser.parse_args()
    print(markdown(list(many_runs(arguments.quick)), arguments.quick))


if __name__ == "__main__":
    main()
