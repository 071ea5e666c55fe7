"""R5: switching costs can raise prices or lower them (Klemperer; Beggs & Klemperer; Dubé, Hitsch & Rossi).

A firm with many customers who will not leave harvests them; a firm with few invests in low prices. In the equilibrium
in linear Markov strategies both price at P + e·lead. With fresh and locked-in customers switching costs raise the
price; where everybody can switch at a cost the wish to gain customers wins, and they lower it.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import brentq

from sim.analysis.metrics import discounted
from sim.replications.picture import SECOND, SIMULATED, direct_label, theory
from sim.replications.replication import Check, Found, Replication, mean_of, scenario
from sim.run import simulate
from sim.scenario import Scenario

Case = Literal["half are locked in", "all may switch"]
TARGETS: dict[Case, float] = {"half are locked in": 1.3946, "all may switch": 0.6973}
DEVIATIONS = ((0.95, 1.0), (1.05, 1.0), (0.98, 1.0), (1.02, 1.0), (1.0, 0.5), (1.0, 1.5), (0.95, 1.5), (1.05, 0.5))
TEST = 0.3  # departures of a round's price in the search for the best one, in units of t
SETTLED = 4  # the last so many iterations are averaged


class Rule(NamedTuple):
    """Price = base + slope · lead."""

    base: float
    slope: float


STATIC = Rule(1.0, 0.0)  # the price without switching costs


def equilibrium(case: Case, delta: float = 0.9, stickiness: float = 0.5) -> Rule:
    """P and e in units of t; `stickiness` k is the locked-in share ρ, or the switching cost s/t.

    (k − 2u)[1 − δ(k − u)(k − 2u)] = u;  locked in: P = (1 − δ(k − u))/(1 − k), e = u/(1 − k);
    all may switch: P = 1 − δ(k − u), e = u.
    """
    k = stickiness
    u = brentq(lambda u: (k - 2 * u) * (1 - delta * (k - u) * (k - 2 * u)) - u, 0.0, k / 2)
    fresh = 1 - k if case == "half are locked in" else 1.0
    return Rule((1 - delta * (k - u)) / fresh, u / fresh)


def market(case: Case, delta: float = 0.9, stickiness: float = 0.5, **sizes: int) -> Scenario:
    """The scenario file with other parameters."""
    what = {
        "half are locked in": ("market.turnover", 1 - stickiness),
        "all may switch": ("segments.0.inertia", stickiness),
    }
    chosen = scenario("r05_switching_costs", **sizes).alternative(case)
    return chosen.with_changes({"market.discount_rate": 1 / delta - 1, what[case][0]: what[case][1]})


def profit(
    chosen: Scenario, left: Rule, right: Rule, lead: float, seed: int, departs: Rule | float | None = None
) -> float:
    """Left's discounted profit per customer from round 2 on, when it begins with a lead of −1…1.

    `departs`: another rule it follows from then on, or the price of round 2 only.
    """
    changes: dict[str, Any] = {
        f"firms.{j}.strategy": {"kind": "linear_markov", "base": rule.base, "slope": rule.slope}
        for j, rule in enumerate((left, right))
    }
    start = 1.0, 1.0 + lead  # at a price difference of lead·t, round 1 gives that lead
    changes |= {f"events.{j}.strategy.price": price for j, price in enumerate(start)}
    later = left if departs is None else departs
    if isinstance(later, Rule):
        changes["events.2.strategy"] = {"kind": "linear_markov", "base": later.base, "slope": later.slope}
    else:
        changes["events.2.strategy"] = {"kind": "everyday_low_price", "price": later}
        changes["events.2.duration"] = 1
    results = simulate(chosen.with_changes(changes), seed, keep=False)
    return float(discounted(results, results.account("profit"))[1:, 0].sum() / chosen.market.customers)


def best_reply(chosen: Scenario, rule: Rule, seed: int) -> Rule:
    """The best price at a lead of −1 and of 1, if both firms follow `rule` ever after; the line through them.

    Profit is quadratic in the price of one round, so three prices show its peak.
    """
    best = []
    for lead in (-1.0, 1.0):
        price = max(TEST, rule.base + rule.slope * lead)
        low, middle, high = (
            profit(chosen, rule, rule, lead, seed, departs=price + step) for step in (-TEST, 0.0, TEST)
        )
        peak = (high - low) / (2 * max(2 * middle - low - high, 1e-9))
        best.append(price + TEST * min(1.0, max(-1.0, peak)))  # the tests tell nothing about prices further away
    return Rule((best[1] + best[0]) / 2, (best[1] - best[0]) / 2)


def replies(chosen: Scenario, iterations: int, seed: int, start: Rule = STATIC) -> np.ndarray:
    """(iterations + 1, 2) rules: each the best reply to the one before, found with other customers each time."""
    path = [start]
    for n in range(iterations):
        path.append(best_reply(chosen, path[-1], 1000 * seed + n))
    return np.array(path)


def gains(chosen: Scenario, rule: Rule, lead: float, seeds: range) -> np.ndarray:
    """(deviations, seeds) what Left gains by following another rule than its rival from round 2 on, in per cent."""
    found = []
    for seed in seeds:
        usual = profit(chosen, rule, rule, lead, seed)
        others = (Rule(rule.base * p, rule.slope * e) for p, e in DEVIATIONS)
        found.append([100 * (profit(chosen, rule, rule, lead, seed, departs=other) / usual - 1) for other in others])
    return np.array(found).T


def run(full: bool) -> Found:
    """Full: nine best replies in a row from P = t, e = 0, six times, 40,000 customers each.

    Quick: the best reply to the equilibrium, fifteen times, 20,000 customers. What one price changes is forgotten
    within nine rounds; a departure for good is followed to the end.
    """
    checks, paths = [], {}
    for case, target in TARGETS.items():
        search = market(case, customers=40_000 if full else 20_000, rounds=9)
        chains = np.array(
            [replies(search, 9, seed) for seed in range(1, 7)]
            if full
            else [replies(search, 1, seed, equilibrium(case)) for seed in range(1, 16)]
        )
        price, limits, _ = mean_of(chains[:, -SETTLED if full else -1 :, 0].mean(axis=1))
        checks.append(Check(f"{case}: price P found by best replies, t", target, price, 0.01 * target, limits, "± 1 %"))
        play = market(case, customers=15_000 if full else 8_000, rounds=60 if full else 40)
        for lead in (0.0, -1.0, 1.0) if full else (0.0,):
            gained = gains(play, equilibrium(case), lead, range(1, 5 if full else 3))
            most = int(gained.mean(axis=1).argmax())
            mean, limits, _ = mean_of(gained[most])
            start = {0.0: "at equal shares", -1.0: "without a customer", 1.0: "with all customers"}[lead]
            checks.append(
                Check(f"{case}: greatest gain of {len(DEVIATIONS)} deviations from (P, e) {start}, %", 0.0, mean, 0.1,
                      limits, "at most 0.1 %", "at most")
            )  # fmt: skip
        paths[case] = chains
    return Found(tuple(checks), {"paths": paths})


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Prices found by best replies, iteration by iteration."""
    last = 0
    for (case, chains), ink in zip(seen["paths"].items(), (SECOND, SIMULATED), strict=True):
        last = chains.shape[1] - 1
        theory(ax, [0, last], [equilibrium(case).base] * 2)
        for chain in chains:
            ax.plot(range(last + 1), chain[:, 0], "o-", color=ink, linewidth=1, markersize=7, alpha=0.6, zorder=3)
        words = f"{case}: equilibrium {equilibrium(case).base:.4f} t"
        direct_label(ax, last, equilibrium(case).base, words, ha="right", va="bottom", fontsize=14, color=ink)
    theory(ax, [0, last], [1, 1], linestyle=":", linewidth=1.5)
    direct_label(ax, last, 1, "without switching costs: t", ha="right", va="bottom", fontsize=14)
    ax.set_ylim(0, 1.7)
    ax.set_xlabel("iteration: each rule is the best reply to the one before")
    ax.set_title("Price P at equal shares, in units of the transport cost t")


REPLICATION = Replication(
    name="R5",
    title="Switching costs raise prices where customers are locked in, and lower them where all may switch",
    source="Klemperer 1995, Review of Economic Studies 62; Beggs & Klemperer 1992, Econometrica 60; Dubé, Hitsch & "
    "Rossi 2009, Journal of Marketing Research 46",
    level="distributional equivalence",
    off="learning, trust, context, effort, failures, need differences and the outside option; locked in: fresh "
    "customers take the places of half of all each round, the others never leave",
    scenarios=("r05_switching_costs",),
    run=run,
    draw=draw,
)
