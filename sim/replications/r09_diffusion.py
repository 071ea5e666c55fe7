"""R9: diffusion of a novelty by advertising and word of mouth (Bass 1969), in rounds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.replications.picture import direct_label, simulated, theory
from sim.replications.replication import Check, Found, Replication, mean_of, scenario
from sim.run import simulate


def bass(p: float, q: float, rounds: int) -> np.ndarray:
    """(rounds,) share who have adopted: F ← F + (p + qF)(1 − F)."""
    share, path = 0.0, np.empty(rounds)
    for t in range(rounds):
        share += (p + q * share) * (1 - share)
        path[t] = share
    return path


def market(p: float, q: float, rounds: int, customers: int):
    """The scenario file with other parameters. Talk reaches only whom advertising did not: its rate is q/(1 − p)."""
    changes = {"firms.0.strategy.advertising": p, "segments.0.talkativeness": q / (1 - p)}
    return scenario("r09_diffusion", rounds=rounds, customers=customers).with_changes(changes)


def measured(p: float, q: float, rounds: int, customers: int, seeds: range) -> np.ndarray:
    """(seeds, rounds) share of the customers who have bought at least once."""
    chosen = market(p, q, rounds, customers)
    firsts = [simulate(chosen, seed, keep=False).account("first_time")[:, 0] for seed in seeds]
    return np.cumsum(firsts, axis=1) / customers


def run(full: bool) -> Found:
    """40 markets of 100,000 customers (quick: 6)."""
    p, q, rounds = 0.03, 0.38, 30
    exact = bass(p, q, rounds)
    paths = measured(p, q, rounds, 100_000, range(40 if full else 6))
    checks = []
    for t in (1, 2, 4, 6, 8, 10, 12, 15, 20, 25):
        mean, limits, error = mean_of(paths[:, t - 1])
        checks.append(
            Check(f"share who have adopted by round {t}", exact[t - 1], mean, 3 * error, limits, "3 standard errors")
        )
    new, exact_new = np.diff(paths, axis=1, prepend=0), np.diff(exact, prepend=0)
    peaks = new.argmax(axis=1) + 1
    checks.append(
        Check("round in which most adopt", exact_new.argmax() + 1, float(np.median(peaks)), 0.0, rule="the same round")
    )
    return Found(tuple(checks), {"new": new, "exact": exact_new, "paths": paths})


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """New adopters by round."""
    rounds = np.arange(1, len(seen["exact"]) + 1)
    new = 100 * seen["new"]
    theory(ax, rounds, 100 * seen["exact"], "Bass recursion, p = 0.03, q = 0.38")
    half = 1.96 * new.std(axis=0, ddof=1) / np.sqrt(len(new))
    simulated(ax, rounds, new.mean(axis=0), half, f"simulated, mean of {len(new)} markets of 100,000")
    peak = seen["exact"].argmax()
    direct_label(ax, rounds[peak], 100 * seen["exact"][peak], f"peak in round {rounds[peak]}", ha="center", fontsize=14)
    ax.set_ylim(0, 1.15 * new.mean(axis=0).max())
    ax.set_xlabel("round")
    ax.set_title("Customers who buy for the first time (% of all)")


REPLICATION = Replication(
    name="R9",
    title="How a novelty becomes known: advertising starts it, word of mouth makes the wave",
    source="Bass 1969, Management Science 15; p 0.03, q 0.38 (means of 213 products: Sultan, Farley & Lehmann 1990)",
    level="distributional equivalence",
    off="rivals, outside option, failures, need differences; who knows the firm buys in the same round and tells "
    "in the next",
    scenarios=("r09_diffusion",),
    run=run,
    draw=draw,
)
