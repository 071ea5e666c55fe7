"""Made-up scenarios and results with numbers chosen by the test, for tests that need no simulation."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.results import ACCOUNTS, MARKET, Results
from sim.scenario import Scenario, parse

KINDS = ("everyday_low_price", "learning_relationship", "fee_extractor", "crm_blaster", "shared_value")


def make_results(
    profit: Any = ((1.0, 2.0), (3.0, 4.0)),
    *,
    firms: list[str] | None = None,
    strategies: list[str] | None = None,
    discount_rate: float = 0.0,
    seed: int = 0,
    alternative: str | None = None,
    title: str = "made-up market",
    accounts: dict[str, Any] | None = None,
    market: dict[str, Any] | None = None,
    **kept: Any,
) -> Results:
    """Results whose profit is `profit` (rounds, F); other numbers are zero unless given (broadcast)."""
    shape = np.shape(profit)
    given = {"profit": profit, "present": 1.0} | (accounts or {})
    return Results(
        scenario={"title": title, "market": {"discount_rate": discount_rate, "rounds": shape[0], "customers": 2}},
        alternative=alternative,
        seed=seed,
        rounds=shape[0],
        firms=firms or [f"firm {'ABCDE'[j]}" for j in range(shape[1])],
        strategies=strategies or list(KINDS[: shape[1]]),
        accounts={name: np.array(np.broadcast_to(given.get(name, 0.0), shape), dtype=float) for name in ACCOUNTS},
        market={
            name: np.array(np.broadcast_to((market or {}).get(name, 0.0), shape[:1]), dtype=float) for name in MARKET
        },
        provenance={"scenario_hash": "0" * 64, "driver": "made up"},
        **kept,
    )


def logged(
    *purchases: tuple[int, int, int],
    rounds: int,
    customers: int,
    firms: int = 2,
    price: float = 5.0,
    born: list[int] | None = None,
    active: list[bool] | None = None,
    profit: Any = 0.0,
    accounts: dict[str, Any] | None = None,
    **given: Any,
) -> Results:
    """Results with a log of purchases (customer, round, firm) at one price, customers, and books to match."""
    rows = np.array(purchases, int).reshape(-1, 3)
    log = {"customer": rows[:, 0].astype(np.int32), "round": rows[:, 1].astype(np.int16), "firm": rows[:, 2]}
    log |= {"price": np.full(len(rows), price), "surcharge": np.zeros(len(rows)), "value": np.zeros(len(rows))}
    who = {"born": np.array(born or [1] * customers), "active": np.array(active or [True] * customers)}
    counted = np.zeros((rounds, firms))
    np.add.at(counted, (rows[:, 1] - 1, rows[:, 2]), 1)
    booked = {"purchases": counted, "sales": price * counted} | (accounts or {})
    shown = np.broadcast_to(profit, (rounds, firms))
    return make_results(shown, accounts=booked, log=log, customers=who, **given)


def make_scenario(
    alternatives: list[str] | None = None,
    *,
    firms: int = 2,
    rounds: int = 120,
    baseline: str = "",
    **changes: Any,
) -> Scenario:
    """A scenario to be compared with a made-up `simulate`; `chosen` says which alternative that is played."""

    def kinds(order: int) -> list[dict[str, str]]:
        return [{"kind": KINDS[(order + j) % len(KINDS)]} for j in range(firms)]

    return parse(
        {
            "title": "When do relationships pay?",
            "claim": "D2",
            "market": {"rounds": rounds, "discount_rate": 0.005, "customers": 2000},
            "firms": [{"name": f"firm {'ABCDE'[j]}", "strategy": kind} for j, kind in enumerate(kinds(0))],
            "baseline": baseline,
            "alternatives": [
                # every one a market of its own, also the sixth, whose strategies are those of the first
                {
                    "name": name,
                    "set": {"description": f"{order} {name}", "market.heterogeneity": 1 + order / 100}
                    | {f"firms.{j}.strategy": kind for j, kind in enumerate(kinds(order))},
                }
                for order, name in enumerate(alternatives or [])
            ],
        }
        | changes
    )


def chosen(scenario: Scenario) -> tuple[int, str]:
    """Number and name of the alternative that is played; (0, "") where there are none."""
    order, _, name = scenario.description.partition(" ")
    return int(order or 0), name


def plausible(scenario: Scenario, seed: int = 0, rounds: int | None = None, **options: Any) -> Results:
    """A `simulate` that draws smooth, market-like series: the luck of a seed is the same in every alternative."""
    rounds, number = rounds or scenario.market.rounds, len(scenario.firms)
    luck = np.random.default_rng(seed)
    order, _ = chosen(scenario)
    own = np.random.default_rng([seed, order])
    t = np.arange(1.0, rounds + 1)[:, None]
    kinds = [firm.strategy.kind for firm in scenario.firms]
    rank = np.array([KINDS.index(kind) for kind in kinds], dtype=float)
    shock = luck.normal(0, 60, (rounds, 1)).cumsum(axis=0) * 0.3 + luck.normal(0, 150, (1, 1))
    profit = 900 - 260 * rank + (5 + 6.0 * rank) * t + shock + own.normal(0, 90, (rounds, number)).cumsum(axis=0) * 0.3
    share = np.exp(0.002 * rank * t) * np.ones((rounds, number))
    share /= share.sum(axis=1, keepdims=True)
    purchases = np.round(950 * share + own.normal(0, 12, share.shape))
    level = 0.3 + (0.1 + 0.1 * rank) * (1 - np.exp(-t / 30))
    return make_results(
        profit,
        firms=[firm.name for firm in scenario.firms],
        strategies=kinds,
        discount_rate=scenario.market.discount_rate,
        seed=seed,
        title=scenario.title,
        accounts={
            "purchases": purchases,
            "won": 0.12 * purchases,
            "lost": 0.12 * purchases * (1 - 0.05 * rank),
            "trust": purchases * np.minimum(level, 0.95),
            "context": purchases * np.minimum(0.8 * (1 - np.exp(-t / 20)) * (0.3 + 0.15 * rank), 1),
            "surplus": purchases * (1.6 + 0.2 * rank),
            "advertising": 40.0,
        },
        market={"active": 2000.0, "surplus": 1500 + 100 * rank[0] + own.normal(0, 20, rounds), "switchable": 500.0},
    )
