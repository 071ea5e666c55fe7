"""Timings and peak memory by the conventions of asv: `time_…` is timed, `peakmem_…` watched, `setup` is not.

`python -m benchmarks` runs them in its own way (interleaved, with ratios); `asv` finds them here.
"""

import tempfile

from benchmarks.market import reference_market
from benchmarks.measure import child
from sim.run import simulate
from sim.simulation import Simulation

WARM = 10  # rounds before anything is measured: relationships have formed, code is compiled


def warm(customers: int, firms: int = 10, threads: int | None = 1, rounds: int = WARM) -> Simulation:
    """The reference market after some rounds; threads None: as many as `sim run` would use."""
    simulation = Simulation(reference_market(customers, firms), threads=threads)
    simulation.advance(rounds)
    return simulation


class Rounds:
    """One round of the reference market, one thread, accounts recorded."""

    param_names = ("customers", "firms")
    params = ((1_000, 10_000, 100_000, 1_000_000), (2, 10, 50, 100))

    def setup(self, customers: int, firms: int) -> None:
        if customers * firms > 20_000_000:
            raise NotImplementedError("this size is measured by `python -m benchmarks` only")
        self.simulation = warm(customers, firms)

    def time_round(self, customers: int, firms: int) -> None:
        self.simulation.step()


class Small:
    """A run of a small market from beginning to end, results included."""

    def setup(self) -> None:
        self.scenario = reference_market(1_000, 5, rounds=200)
        simulate(self.scenario, rounds=1)

    def time_run(self) -> None:
        simulate(self.scenario)


class Commands:
    """What a user waits for."""

    def time_help(self) -> None:
        child("-m", "sim", "--help")

    def time_list(self) -> None:
        child("-m", "sim", "list")

    def time_warm_run(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            child("-m", "sim", "run", "scenarios/everyday_low_price.toml", "--out", folder, "--force")


class Memory:
    """Peak memory of a process that plays the reference market."""

    def peakmem_million(self) -> None:
        simulate(reference_market(1_000_000), rounds=20)

    def peakmem_ten_millions(self) -> None:
        simulate(reference_market(10_000_000), rounds=2, keep=False)
