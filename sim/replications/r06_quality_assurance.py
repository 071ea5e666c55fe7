"""R6: the quality-assuring price (Klein & Leffler 1981; Shapiro 1983).

Poor quality is cheaper to make and not told from good before it is bought; who notices never comes back. Only a price
above cost makes a good name worth keeping: its future margins must outweigh what cheating saves today.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.special import ndtri

from sim.analysis.metrics import discounted_profit
from sim.replications.picture import SECOND, SIMULATED, direct_label, simulated, theory
from sim.replications.replication import Check, Found, Replication, mean_of, scenario
from sim.run import simulate
from sim.scenario import Scenario

CASES = ((1.0, 1.0444), (0.5, 1.0889))  # detection probability d and p*
STEPS = (-0.02, -0.01, -0.005, 0.0, 0.005, 0.01, 0.02)  # prices for the picture, relative to p*


def assuring_price(detection: float, good: float = 1.0, poor: float = 0.6, delta: float = 0.9) -> float:
    """p* = c_H + (1 − δ)/δ · (c_H − c_L)/d, euro."""
    return good + (1 - delta) / delta * (good - poor) / detection


def market(detection: float, good: float = 1.0, poor: float = 0.6, delta: float = 0.9, **sizes: int) -> Scenario:
    """The scenario file with other parameters.

    Value in use of poor quality is normal with spread σ_v, and a customer stays away if it is below U_0: the chance d of
    that sets U_0. A tenfold spread lies between good and poor quality, so d = 1 means that U_0 is half-way.
    """
    chosen = scenario("r06_quality_assurance", **sizes)
    worth, noise = chosen.market.base_value, chosen.market.value_noise
    cut = chosen.firms[0].strategy.cut_to
    bar = cut * worth + noise * (float(ndtri(detection)) if detection < 1 else (1 - cut) * worth / noise / 2)
    return chosen.with_changes(
        {
            "market.outside_utility": bar,
            "market.discount_rate": 1 / delta - 1,
            "firms.0.unit_cost": good,
            "firms.0.quality_cost": (good - poor) / good / (1 - cut),
        }
    )


def advantage(chosen: Scenario, price: float, seed: int, how: str = "cheats from the start") -> float:
    """What cheating adds to discounted profit, in per cent of that of an honest firm."""
    at = chosen.with_changes({"firms.0.strategy.price": price})
    honest, cheating = (discounted_profit(simulate(at, seed, alternative=name, keep=False))[0] for name in ("honest", how))
    return 100 * float(cheating / honest - 1)


def indifferent(chosen: Scenario, low: float, high: float, seed: int, how: str = "cheats from the start") -> float:
    """The price at which cheating makes no difference, between `low` and `high`; revenue is linear in the price.

    Profits are compared in euro, not in per cent, for which the line is straight.
    """
    found = []
    for price in (low, high):
        at = chosen.with_changes({"firms.0.strategy.price": price})
        honest, cheating = (discounted_profit(simulate(at, seed, alternative=n, keep=False))[0] for n in ("honest", how))
        found.append(cheating - honest)
    return float(low + (high - low) * found[0] / (found[0] - found[1]))


def run(full: bool) -> Found:
    """50,000 customers, ten seeds (quick: 5,000, three): 1 % below and above p*, and the price in between."""
    seeds = range(1, 11 if full else 4)
    checks, seen = [], {}
    for detection, target in CASES:
        chosen = market(detection, customers=50_000 if full else 5_000)
        below, above = 0.99 * target, 1.01 * target
        label = f"noticed with probability {detection:g}"
        ways = ("cheats from the start", "cheats later") if full else ("cheats from the start",)
        for how in ways:
            words = f"{label}, {how.removeprefix('cheats ')}"
            gain, limits, _ = mean_of([advantage(chosen, below, seed, how) for seed in seeds])
            checks.append(Check(f"{words}: cheating adds to profit at 0.99 p*, %", 0.0, gain, 0.0, limits, "must pay", "at least"))
            gain, limits, _ = mean_of([advantage(chosen, above, seed, how) for seed in seeds])
            checks.append(Check(f"{words}: cheating adds to profit at 1.01 p*, %", 0.0, gain, 0.0, limits, "must not pay", "at most"))
        prices = [indifferent(chosen, below, above, seed) for seed in seeds]
        price, limits, _ = mean_of(prices)
        checks.append(Check(f"{label}: price at which cheating makes no difference, euro", target, price, 0.01 * target, limits, "± 1 %"))
        curve = [[advantage(chosen, target * (1 + step), seed) for seed in (1, 2, 3)] for step in STEPS]
        seen[detection] = np.array(curve)
    return Found(tuple(checks), seen)


def draw(ax: Axes, seen: Mapping[Any, Any]) -> None:
    """What cheating adds to profit, by price, for both chances to be noticed."""
    for (detection, curve), ink in zip(seen.items(), (SIMULATED, SECOND), strict=True):
        target = assuring_price(detection)
        prices = target * (1 + np.array(STEPS))
        fine = np.linspace(prices[0], prices[-1], 100)
        exact = (fine - 0.6) / (1 - 0.9 * (1 - detection)) / ((fine - 1.0) / (1 - 0.9)) - 1
        theory(ax, fine, 100 * exact)
        half = 4.30 * curve.std(axis=1, ddof=1) / np.sqrt(curve.shape[1])  # t, 2 degrees of freedom
        simulated(ax, prices, curve.mean(axis=1), half, label=None, color=ink)
        words = f"p* = {target:.4f}\nif cheating is noticed\nwith probability {detection:g}"
        direct_label(ax, target, 3, words, below=True, va="bottom", fontsize=14, color=ink)
    ax.axhline(0, color="#5f6368", linewidth=1.5)
    ax.set_xlabel("price (euro); good quality costs 1, poor quality 0.6")
    ax.set_title("What cheating adds to discounted profit (%)")


REPLICATION = Replication(
    name="R6",
    title="Only a price above cost keeps quality up: the price premium of a good name",
    source="Klein & Leffler 1981, Journal of Political Economy 89; Shapiro 1983, Quarterly Journal of Economics 98",
    level="numerical identity",
    off="rivals, trust, context, effort, need differences; customers expect what they last got and notice poor quality "
    "by chance, as value in use is noisy",
    scenarios=("r06_quality_assurance",),
    run=run,
    draw=draw,
)
