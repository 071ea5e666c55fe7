"""R1: loyalty that appears abruptly (Weisbuch, Kirman & Herreiner 2000, the fish market of Marseille).

Buyers visit a shop with a logit probability of what they remember of it. Below a critical precision β_c = nγ/π they
wander between equal shops; above it each buyer becomes loyal to one, and stays even when that shop becomes somewhat
worse.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import brentq, minimize_scalar

from sim.replications.picture import SECOND, direct_label, simulated, theory
from sim.replications.replication import Check, Found, Replication, close_to, mean_of, scenario, within_errors
from sim.run import simulate
from sim.simulation import Simulation

PUBLISHED = {1.25: 0.752, 1.5: 0.869, 2.0: 0.958}


def favourite(ratio: float, shops: int = 2) -> float:
    """Share p of visits to the favourite of n equal shops on expected updates, at `ratio` = β/β_c.

    The greatest solution of p = e^(βp)/(e^(βp) + (n−1)e^(β(1−p)/(n−1))), with β = ratio·n for π = 1 and v̂ = γJ.
    """
    others = shops - 1

    def excess(p: float) -> float:
        return np.log(p * others / (1 - p)) - ratio * shops * (p - (1 - p) / others)

    grid = 1 - np.logspace(-12, np.log10(1 - 1 / shops), 2000)  # from 1 down to 1/n
    for above, below in itertools.pairwise(grid):
        if excess(above) > 0 >= excess(below) and below > 1 / shops + 1e-9:
            return brentq(excess, below, above)
    return 1 / shops


def order(p: float, shops: int = 2) -> float:
    """Order parameter y = Σv̂²/(Σv̂)² when the favourite has the share p and the others the same: 1/n to 1."""
    return p * p + (1 - p) ** 2 / (shops - 1)


def wandering(step: float, shops: int = 2) -> float:
    """Order parameter of pure chance (β → 0): 1/n + γ/(2−γ)·(1 − 1/n), the variance of a moving average of visits."""
    return 1 / shops + step / (2 - step) * (1 - 1 / shops)


def fold(ratio: float) -> float:
    """Quality, relative to the rival's, below which loyalty to one of two shops ends, on expected updates.

    A loyal buyer with share p rests where quality = (ln(p/(1−p))/β + 1 − p)/p, β = 2·ratio; the least such quality.
    """
    found = minimize_scalar(
        lambda p: (np.log(p / (1 - p)) / (2 * ratio) + 1 - p) / p, bounds=(0.5 + 1e-6, 1 - 1e-6), method="bounded"
    )
    return float(found.fun)


def market(ratio: float, step: float, shops: int, customers: int, rounds: int):
    """The scenario file with other parameters."""
    chosen = scenario("r01_loyalty", customers=customers, rounds=rounds)
    shop = chosen.to_dict()["firms"][0]
    return chosen.with_changes(
        {
            "market.choice_precision": ratio * shops,
            "learning.value_learning": step,
            "learning.forgetting": step,
            "firms": [shop | {"name": f"Shop {name}"} for name in "ABCDEFGHIJ"[:shops]],
        }
    )


def measured(ratio: float, step: float, shops: int = 2, customers: int = 1000, memories: int = 60) -> np.ndarray:
    """(customers,) order parameter of each buyer after `memories`/γ rounds."""
    chosen = market(ratio, step, shops, customers, round(memories / step))
    expectation = simulate(chosen).dyads["expectation"].astype(float)
    return (expectation**2).sum(axis=0) / expectation.sum(axis=0) ** 2


def still_loyal(quality: float, ratio: float, step: float, customers: int = 400) -> np.ndarray:
    """Of the buyers loyal to shop A: are they still, 40/γ rounds after its quality falls to `quality`? Bools."""
    before, after = round(40 / step), round(40 / step)
    shock = {"kind": "quality_shock", "firm": "Shop A", "round": before + 1, "quality": quality}
    played = Simulation(market(ratio, step, 2, customers, before + after).with_changes({"events": [shock]}))
    played.advance(before)
    first, second = played.expectation()
    loyal = first > second
    played.advance(after)
    first, second = played.expectation()
    return (first > second)[loyal]


def run(full: bool) -> Found:
    """2,000 buyers, γ = 0.005 (quick: 500, and γ = 0.02 next to the critical point, where buyers need longest)."""
    customers, checks, seen = 2000 if full else 500, [], {}
    for ratio, target in PUBLISHED.items():
        slow = ratio < 1.5
        step = 0.02 if slow and not full else 0.005
        values = measured(ratio, step, customers=customers, memories=60 if slow else 25)
        tolerance = 0.015 if step > 0.005 else 0.01
        checks.append(close_to(f"order parameter, 2 shops, β = {ratio:g} β_c, γ = {step:g}", target, values, tolerance))
        seen[ratio] = mean_of(values)
    for shops in (2, 4):
        values = measured(0.0, 0.1, shops, customers, memories=20)
        checks.append(within_errors(f"order parameter of pure chance, {shops} shops, γ = 0.1",
                                    wandering(0.1, shops), values))  # fmt: skip
    target = order(favourite(1.3, 3), 3)
    checks.append(close_to("order parameter, 3 shops, β = 1.3 β_c, γ = 0.005", target,
                           measured(1.3, 0.005, 3, customers, memories=30), 0.01))  # fmt: skip
    for ratio in (0.25, 0.5, 0.75) if full else (0.5,):
        seen[ratio] = mean_of(measured(ratio, 0.005, customers=customers, memories=20))
    checks.append(Check("fold at 1.25 β_c, quality relative to the rival's", 0.913, fold(1.25), 0.0005,
                        rule="closed form, as printed"))  # fmt: skip
    step, stay = 0.005 if full else 0.01, {}
    for quality in (0.8, 0.85, 0.88, 0.9, 0.913, 0.93, 0.95, 1.0) if full else (0.85, 0.97):
        stay[quality] = still_loyal(quality, 1.25, step, customers // 2).astype(float)
    least, most = (0.95, 0.85) if full else (0.97, 0.85)
    checks.append(_share(f"still loyal at quality {least:g}, above the fold", 0.9, stay[least], "at least"))
    checks.append(_share(f"still loyal at quality {most:g}, below the fold", 0.1, stay[most], "at most"))
    return Found(tuple(checks), {"order": seen, "stay": {q: mean_of(values) for q, values in stay.items()}})


def _share(what: str, target: float, values: np.ndarray, bound: Any) -> Check:
    mean, limits, _ = mean_of(values)
    return Check(what, target, mean, 0.0, limits, f"{bound} {target:g}", bound)


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Order parameter against β/β_c; in the corner, who stays loyal to a shop that becomes worse."""
    grid = np.linspace(0.001, 2.2, 400)
    theory(ax, grid, [order(favourite(r)) for r in grid])
    for ratio, (mean, limits, _) in seen["order"].items():
        simulated(ax, [ratio], [mean], [(limits[1] - limits[0]) / 2], None)
    ax.set_xlim(0, 2.25)
    ax.set_ylim(0.45, 1.02)
    ax.set_xlabel("precision of choice, relative to its critical value (β/β_c)")
    ax.set_title("Order parameter: 0.5 = wanders between two shops, 1 = loyal to one")
    corner = ax.inset_axes((0.07, 0.36, 0.33, 0.5))
    corner.axvline(fold(1.25), color="#222222", linewidth=2)
    for quality, (mean, limits, _) in seen["stay"].items():
        simulated(corner, [quality], [100 * mean], [50 * (limits[1] - limits[0])], None, color=SECOND)
    corner.set_ylim(-5, 112)
    corner.set_title("still loyal after the shop got worse (%)", fontsize=13, fontweight="normal")
    corner.set_xlabel("its quality, relative to the rival's", fontsize=12)
    corner.tick_params(labelsize=11)
    direct_label(corner, fold(1.25), 30, f"fold\n{fold(1.25):.3f}", below=True, fontsize=12)


REPLICATION = Replication(
    name="R1",
    title="Loyalty appears abruptly, and outlives its reasons",
    source="Weisbuch, Kirman & Herreiner 2000, “Market organisation and trading relationships”, Economic Journal 110",
    level="distributional equivalence",
    off="prices, trust, context, effort, failures, need differences and the outside option; forgetting equals learning",
    scenarios=("r01_loyalty",),
    run=run,
    draw=draw,
)
