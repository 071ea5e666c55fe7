"""R7: what lifetime value reacts to (Gupta, Lehmann & Stuart 2004).

With constant retention r, margin m and discount rate i, CLV = Σ m·rᵗ/(1+i)ᵗ = m·r/(1+i−r): one per cent more
retention is worth (1+i)/(1+i−r) per cent, one per cent more margin one per cent.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.analysis.lifetime import lifetime_value_formula
from sim.replications.picture import direct_label, simulated, theory
from sim.replications.replication import Found, Replication, close_to, scenario
from sim.run import simulate

STEP = 0.02  # relative step of the elasticities: wide, for small errors; it overstates them by 0.3 % at the most
CUSTOMERS = 16_000  # of each seed
PUBLISHED = {0.7: 2.667, 0.8: 3.500, 0.9: 5.091}
COST = 4.0


def retention_elasticity(retention: float, rate: float) -> float:
    """∂ ln CLV/∂ ln r = (1+i)/(1+i−r)."""
    return (1 + rate) / (1 + rate - retention)


def measured(retention: float, margin: float, rate: float, seed: int, customers: int = CUSTOMERS) -> float:
    """Mean discounted margin of a customer after the first purchase, from the firm's accounts."""
    changes = {
        "segments.customers.attrition": 1 - retention,
        "firms.Firm.strategy.price": COST + margin,
        "market.discount_rate": rate,
    }
    rounds = math.ceil(math.log(1e-6) / math.log(retention / (1 + rate)))  # what comes later is worth a millionth
    results = simulate(
        scenario("r07_lifetime_value", customers=customers, rounds=rounds).with_changes(changes), seed, keep=False
    )
    later = np.arange(1, results.rounds)  # rounds after the first purchase
    return float((results.account("profit")[1:, 0] / (1 + rate) ** later).sum() / customers)


def by_retention(retention: float, rate: float, seeds: range) -> np.ndarray:
    """(seeds,) elasticity of CLV to retention; the same customers have the same luck above and below."""
    rows = [[measured(retention * (1 + sign * STEP), 1.0, rate, seed) for sign in (-1, 1)] for seed in seeds]
    low, high = np.array(rows).T
    return np.log(high / low) / math.log((1 + STEP) / (1 - STEP))


def by_margin(retention: float, rate: float, seeds: range) -> np.ndarray:
    """(seeds,) elasticity of CLV to the margin, likewise."""
    rows = [[measured(retention, 1 + sign * STEP, rate, seed) for sign in (-1, 1)] for seed in seeds]
    low, high = np.array(rows).T
    return np.log(high / low) / math.log((1 + STEP) / (1 - STEP))


def run(full: bool) -> Found:
    """200 populations of 16,000 customers (quick: 40) for each retention rate, i = 12 %."""
    seeds, rate, checks, seen = range(200 if full else 40), 0.12, [], {}
    for retention, target in PUBLISHED.items():
        exact = lifetime_value_formula(1.0, retention, rate)
        values = np.array([measured(retention, 1.0, rate, seed) for seed in seeds[: 50 if full else 13]])
        by_r, by_m = by_retention(retention, rate, seeds), by_margin(retention, rate, seeds[:2])
        checks += [
            close_to(f"CLV at r = {retention:g}, margins", exact, values, 0.01 * exact, "± 1 %"),
            close_to(f"retention elasticity at r = {retention:g}", target, by_r, 0.01 * target, "± 1 %"),
            close_to(f"margin elasticity at r = {retention:g}", 1.0, by_m, 0.01, "± 1 %"),
        ]
        seen[retention] = (checks[-2].measured, checks[-2].interval)
    return Found(tuple(checks), {"rate": rate, "elasticity": seen})


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Elasticity of lifetime value to retention."""
    grid = np.linspace(0.5, 0.95, 100)
    theory(ax, 100 * grid, retention_elasticity(grid, seen["rate"]))
    for retention, (value, interval) in seen["elasticity"].items():
        simulated(ax, [100 * retention], [value], [(interval[1] - interval[0]) / 2], None)
        direct_label(ax, 100 * retention, value, f"{value:.2f}", fontsize=14)
    ax.axhline(1, color="#c4500a", linewidth=2)
    direct_label(ax, 95, 1, "one per cent more margin", color="#c4500a", fontsize=14)
    direct_label(ax, 84, 4.1, "one per cent more retention", fontsize=14, below=True)
    ax.set_ylim(0, 7)
    ax.set_xlabel("retention rate (% a year), discount rate 12 % a year")
    ax.set_title("Rise of lifetime value (%)")


REPLICATION = Replication(
    name="R7",
    title="One per cent more retention is worth three to five per cent of lifetime value",
    source="Gupta, Lehmann & Stuart 2004, “Valuing customers”, Journal of Marketing Research 41",
    level="distributional equivalence",
    off="rivals, outside option, failures, need differences; the chance to leave is 1 − r for everybody after each "
    "purchase",
    scenarios=("r07_lifetime_value",),
    run=run,
    draw=draw,
)
