"""R10: where trust settles if it is easier lost than won (closed form)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.replications.picture import SECOND, SIMULATED, direct_label, simulated, theory
from sim.replications.replication import Found, Replication, close_to, scenario
from sim.run import simulate

CASES = ((0.05, 0.3, 0.95, 0.760), (0.05, 0.5, 0.9, 0.474))  # η⁺, η⁻, q, target


def mean_trust(gain: float, loss: float, q: float) -> float:
    """Stationary mean: τ ← τ + η⁺(1−τ) with probability q, else (1−η⁻)τ, hence E τ = qη⁺/(qη⁺ + (1−q)η⁻)."""
    return q * gain / (q * gain + (1 - q) * loss)


def measured(gain: float, loss: float, q: float, customers: int, seed: int = 0) -> np.ndarray:
    """(customers,) trust in the firm at the end."""
    changes = {"learning.trust_gain": gain, "learning.trust_loss": loss, "firms.Firm.failure_rate": 1 - q}
    return simulate(scenario("r10_trust", customers=customers).with_changes(changes), seed).dyads["trust"][0]


def run(full: bool) -> Found:
    """200,000 customers after 200 encounters (quick: 10,000)."""
    checks = [
        close_to(f"mean trust, η⁺ {gain:g}, η⁻ {loss:g}, q {q:g}", target,
                 measured(gain, loss, q, 200_000 if full else 10_000), 0.005)
        for gain, loss, q, target in CASES
    ]  # fmt: skip
    paths = []
    for gain, loss, _, _ in CASES:
        for q in (0.5, 0.7, 0.8, 0.98):
            trust = measured(gain, loss, q, 2000)
            paths.append((gain, loss, q, trust.mean(), 1.96 * trust.std() / np.sqrt(trust.size)))
    return Found(tuple(checks), {"checks": checks, "paths": paths})


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Mean trust against reliability."""
    q = np.linspace(0.4, 1, 200)
    for (gain, loss, at, _), check, colour in zip(CASES, seen["checks"], (SIMULATED, SECOND), strict=True):
        theory(ax, 100 * q, mean_trust(gain, loss, q))
        simulated(ax, [100 * at], [check.measured], color=colour, label=None)
        for g, lo, x, y, half in seen["paths"]:
            if (g, lo) == (gain, loss):
                simulated(ax, [100 * x], [y], [half], color=colour, label=None)
        words = f"failures count {loss / gain:.0f} times as much as successes"
        x, y = (at, check.measured) if colour == SIMULATED else (0.99, 0.12)
        direct_label(ax, 100 * x, y, words, fontsize=14, color=colour, ha="right")
    ax.set_ylim(0, 1.02)
    ax.set_xlim(40, 101)
    ax.set_xlabel("deliveries that succeed (%)")
    ax.set_title("Mean trust in the long run (0 to 1)")


REPLICATION = Replication(
    name="R10",
    title="Trust that is easier lost than won stays well below reliability",
    source="closed form: stationary mean of a linear stochastic recursion; asymmetry as in Slovic 1993",
    level="distributional equivalence",
    off="rivals, outside option, aspirations, need differences and noise of value, so that evidence is +1 or −1",
    scenarios=("r10_trust",),
    run=run,
    draw=draw,
)
