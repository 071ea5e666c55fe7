"""What can be measured, in the order of docs/performance.md."""

import gc

from benchmarks import sections
from benchmarks.batch import batch
from benchmarks.many_runs import many_runs
from benchmarks.sections import Section
from benchmarks.stepper import stepper

ALL = {
    "peers": sections.peers, "c": sections.c_twin, "agents": sections.agents, "threads": sections.threads,
    "decisions": sections.decisions, "sizes": sections.sizes, "runs": many_runs, "batch": batch, "stepper": stepper,
    "memory": sections.memory, "starts": sections.starts, "limits": sections.limits,
}  # fmt: skip


def measure(name: str, quick: bool) -> list[Section]:
    """One group of sections, measured now."""
    found = list(ALL[name](quick))
    gc.collect()
    return found
