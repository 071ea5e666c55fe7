"""The twins of the benchmarks are the same market: to the last bit in C, statistically in Mesa and NumPy."""

import numpy as np
import pytest

from benchmarks.c_twin import CTwin, compiler
from benchmarks.market import reference_market
from benchmarks.mesa_twin import TwinMarket
from benchmarks.numpy_twin import NumpyMarket
from sim.results import ACCOUNTS, MARKET
from sim.scenario import Scenario
from sim.simulation import Simulation

needs_compiler = pytest.mark.skipif(compiler() is None, reason="there is no C compiler (gcc or cc) on this machine")

VARIANTS = {
    "as measured": {},
    "five dimensions, two of them latent, and forgetting": {
        "market.dimensions": 5,
        "market.latent_dimensions": 2,
        "learning.forgetting": 0.1,
    },
    "rare needs, the best offer, no way out": {
        "segments.0.purchase_rate": 0.1,
        "market.choice": "best",
        "market.outside_option": False,
    },
    "tastes, ties of a small world, drifting fast": {
        "firms.0.taste": {"dist": "normal", "mean": 0.0, "sd": 1.0},
        "network": {"kind": "watts_strogatz"},
        "market.turbulence": 0.5,
    },
    "a firm that pools what it believes": {"firms.3.strategy.pooling": 0.4},
    "two firms on a line": {"market.choice": "hotelling", "segments.0.attrition": 0.05},
}


@needs_compiler
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_c_twin_gives_the_same_bits(variant):
    firms = 2 if variant == "two firms on a line" else 10
    scenario = reference_market(700, firms).with_changes(VARIANTS[variant])
    compiled, in_c = Simulation(scenario, threads=1), Simulation(scenario, threads=1)
    twin = CTwin()
    for _ in range(12):
        compiled.step()
        in_c.step(twin)
    for name, ours, theirs in zip(compiled.state._fields, compiled.state, in_c.state, strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True), name
    for name in ACCOUNTS:
        assert np.array_equal(compiled.books.account(name), in_c.books.account(name), equal_nan=True), name
    for name in MARKET:
        assert np.array_equal(compiled.books.series(name), in_c.books.series(name)), name


def test_the_reference_market_uses_every_mechanism():
    simulation = Simulation(reference_market(2_000), threads=1)
    simulation.advance(20)
    books = simulation.books
    for name in (
        "surcharges", "exit_fees", "opt_out_fees", "personalisation", "contacting", "listening", "advertising",
        "content", "compensation", "first_time", "newcomers", "repeat", "won", "lost", "failures", "complaints",
        "opt_outs", "identified",
    ):  # fmt: skip
        assert books.account(name).sum() > 0, name
    for name in ("no_purchase", "stress", "overload", "switchable", "departures"):
        assert books.series(name).sum() > 0, name
    assert (books.account("purchases").sum(axis=0) > 0).all()


ROUNDS = 12
MEASURES = ("profit", "purchases", "trust", "contacts", "opt_outs", "identified", "exit_fees", "context", "surplus")


def summary(market) -> np.ndarray:
    """Sums over rounds of every measure of every firm, and of the market's."""
    series = [market.series(name).sum() for name in ("occasions", "stress", "overload", "switching_cost", "departures")]
    return np.concatenate([*(market.accounts(name).sum(axis=0) for name in MEASURES), series])


class Compiled:
    """The compiled driver with the twins' way of asking for books."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.simulation = Simulation(scenario, seed, threads=1)
        self.step = self.simulation.step
        self.accounts, self.series = self.simulation.books.account, self.simulation.books.series


def sample(kind: type, customers: int, seeds: range) -> np.ndarray:
    """Summaries of runs with these seeds, (seeds, measures)."""
    scenario, found = reference_market(customers), []
    for seed in seeds:
        market = kind(scenario, seed)
        for _ in range(ROUNDS):
            market.step()
        found.append(summary(market))
    return np.array(found)


@pytest.mark.parametrize("twin, customers, seeds", [(NumpyMarket, 1_000, 24), (TwinMarket, 300, 24)])
def test_the_twins_are_statistically_the_same_market(twin, customers, seeds):
    ours, theirs = sample(Compiled, customers, range(seeds)), sample(twin, customers, range(seeds))
    error = np.sqrt((ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / seeds)
    apart = np.abs(ours.mean(axis=0) - theirs.mean(axis=0))
    # about ninety measures, many of them correlated: four standard errors make a false alarm rare
    assert (apart <= 4.0 * error + 1e-9).all(), np.flatnonzero(apart > 4.0 * error + 1e-9)
