"""R6: the quality-assuring price (Klein & Leffler 1981; Shapiro 1983).

Poor quality is cheaper to make and not told from good before it is bought; who notices never comes back. Only a price
above cost makes a good name worth keeping: its future margins must outweigh what cheating saves today.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.special import ndtri

from sim.analysis.accounts import discounted_profit
from sim.figure import QUIET
from sim.replications.picture import SECOND, SIMULATED, direct_label, simulated, theory
from sim.replications.replication import Check, Found, Replication, mean_of, scenario
from sim.run import simulate
from sim.scenario import Scenario

CASES = ((1.0, 1.0444), (0.5, 1.0889))  # detection probability d and p*
STEPS = (-0.02, -0.01, 0.0, 0.01, 0.02)  # prices for the picture, relative to p*


def assuring_price(detection: float, good: float = 1.0, poor: float = 0.6, delta: float = 0.9) -> float:
    """p* = c_H + (1 − δ)/δ · (c_H − c_L)/d, euro."""
    return good + (1 - delta) / delta * (good - poor) / detection


def market(detection: float, good: float = 1.0, poor: float = 0.6, delta: float = 0.9, **sizes: int) -> Scenario:
    """The scenario file with other parameters.

    Value in use of poor quality is normal with spread σ_v, and a customer stays away if it is below U_0: the chance d
    of that sets U_0. A tenfold spread lies between good and poor quality, so d = 1 means that U_0 is half-way.
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


def profits(chosen: Scenario, prices: np.ndarray, seeds: range, how: str) -> np.ndarray:
    """(2, prices, seeds) discounted profit of an honest firm and of one that cheats in this way, euro."""
    found = [
        [
            [discounted_profit(simulate(at, seed, alternative=name, keep=False))[0] for seed in seeds]
            for at in (chosen.with_changes({"firms.0.strategy.price": float(price)}) for price in prices)
        ]
        for name in ("honest", how)
    ]
    return np.array(found)


def run(full: bool) -> Found:
    """Full: 5,000 customers, six seeds, cheating at once or later; quick: 2,000, three seeds, at once."""
    seeds = range(1, 7 if full else 4)
    checks, seen = [], {}
    for detection, target in CASES:
        chosen = market(detection, customers=5_000 if full else 2_000, rounds=150 if full else 120)
        for how in ("cheats from the start", "cheats later") if full else ("cheats from the start",):
            steps = STEPS if full and how == "cheats from the start" else (-0.01, 0.01)
            prices = target * (1 + np.array(steps))
            honest, cheating = profits(chosen, prices, seeds, how)
            added = 100 * (cheating / honest - 1)
            words = f"noticed with probability {detection:g}, {how}"
            for step, bound in ((-0.01, "at least"), (0.01, "at most")):
                gain, limits, _ = mean_of(added[steps.index(step)])
                what = f"{words}: added to profit at {1 + step:g} p*, %"
                checks.append(Check(what, 0.0, gain, 0.0, limits, bound + " 0", bound))
            low, high = steps.index(-0.01), steps.index(0.01)
            gap = cheating - honest  # a straight line in the price: sales do not depend on it here
            even = prices[low] + (prices[high] - prices[low]) * gap[low] / (gap[low] - gap[high])
            price, limits, _ = mean_of(even)
            checks.append(
                Check(
                    f"{words}: price at which it makes no difference, euro",
                    target,
                    price,
                    0.01 * target,
                    limits,
                    "± 1 %",
                )
            )
            if how == "cheats from the start":
                seen[detection] = (prices, added)
    return Found(tuple(checks), seen)


def draw(ax: Axes, seen: Mapping[Any, Any]) -> None:
    """What cheating adds to profit, by price, for both chances to be noticed."""
    for (detection, (prices, added)), ink in zip(seen.items(), (SIMULATED, SECOND), strict=True):
        target = assuring_price(detection)
        fine = np.linspace(prices[0], prices[-1], 100)
        exact = (fine - 0.6) / (1 - 0.9 * (1 - detection)) / ((fine - 1.0) / (1 - 0.9)) - 1
        theory(ax, fine, 100 * exact)
        low_high = np.array([mean_of(row)[1] for row in added])
        simulated(ax, prices, added.mean(axis=1), np.diff(low_high, axis=1)[:, 0] / 2, label=None, color=ink)
        words = f"p* = {target:.4f} if cheating is\nnoticed with probability {detection:g}"
        direct_label(ax, target, 2, words, below=True, va="bottom", fontsize=14, color=ink)
    ax.axhline(0, color=QUIET, linewidth=1.5)
    ax.set_xlim(1.02, 1.125)
    ax.set_xlabel("price (euro); good quality costs 1, poor quality 0.6")
    ax.set_title("What cheating adds to discounted profit (%)")


REPLICATION = Replication(
    name="R6",
    title="Only a price above cost keeps quality up: the price premium of a good name",
    source="Klein & Leffler 1981, Journal of Political Economy 89; Shapiro 1983, Quarterly Journal of Economics 98",
    level="distributional equivalence",
    off="rivals, trust, context, effort, need differences; customers expect what they last got and notice poor quality "
    "by chance, as value in use is noisy",
    scenarios=("r06_quality_assurance",),
    run=run,
    draw=draw,
)
