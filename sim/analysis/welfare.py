"""What a market creates and who gets it; what an entrant makes of it.

Value in use = customers' surplus + firms' profit + resources used up (firms' costs) + effort lost in buying. Welfare is
what is left for anybody: surplus + profit. All sums are undiscounted, as customers have no discount rate.
"""

from __future__ import annotations

import numpy as np

from sim.analysis.levels import YEAR, discounted, ratio
from sim.results import Results


def split(results: Results) -> dict[str, float]:
    """Value in use created in the run and what became of it, euro per customer and round: part -> mean.

    The parts are value, and what adds up to it: customers (their surplus), firms (profit), cost, effort.
    """
    parts = {
        "value": results.series("value"),
        "customers": results.series("surplus"),
        "firms": results.account("profit"),
        "cost": results.account("cost"),
        "effort": results.series("effort"),
    }
    return {name: per_customer(results, flow) for name, flow in parts.items()}


def per_customer(results: Results, flow: np.ndarray) -> float:
    """All of `flow`, euro per customer of the market and round; NaN where there was none."""
    return float(ratio(flow.sum(), results.series("active").sum()))


def split_by_firm(results: Results) -> dict[str, np.ndarray]:
    """Value in use created with each firm and what became of it, euro of the whole run: part -> (F,).

    The parts are value, and what adds up to it: customers (surplus of its purchases), firms (its profit), cost, effort,
    and transfers (exit fees its buyers paid to others, less exit and opt-out fees it received itself).
    """
    found = {"value": "value", "customers": "surplus", "firms": "profit", "cost": "cost", "effort": "effort"}
    parts = {name: results.account(account).sum(axis=0) for name, account in found.items()}
    return parts | {"transfers": parts["value"] - sum(parts[name] for name in ("customers", "firms", "cost", "effort"))}


def welfare(results: Results) -> float:
    """Customers' surplus plus firms' profit, euro per customer and round."""
    return per_customer(results, results.series("surplus")) + per_customer(results, results.account("profit"))


def customers_part(results: Results) -> float:
    """Share of welfare that customers get: surplus/(surplus + profit). Negative where they lose by what they buy, NaN
    where there is no welfare to share.
    """
    customers, whole = per_customer(results, results.series("surplus")), welfare(results)
    return customers / whole if whole > 0 else float("nan")


def lost_effort(results: Results) -> float:
    """Worth of the effort of buying, which nobody gets, euro per customer and round."""
    return per_customer(results, results.series("effort"))


def final_share(results: Results) -> np.ndarray:
    """(F,) share of all purchases of the last 12 rounds: what an entrant has reached."""
    purchases = results.account("purchases")[-YEAR:].sum(axis=0)
    return ratio(purchases, purchases.sum())


def entry_round(results: Results) -> np.ndarray:
    """(F,) first round in which the firm is in the market; NaN for one that never is."""
    present = results.account("present") > 0
    return np.where(present.any(axis=0), present.argmax(axis=0) + 1.0, np.nan)


def break_even(results: Results) -> np.ndarray:
    """(F,) rounds from the firm's entry until its discounted profit since then is no longer negative and stays so to
    the end of the run; NaN where it never gets there. A firm that never loses money breaks even in its round 1.

    Source: payback period (Farris et al. 2010), for good rather than for the first time.
    """
    since = discounted(results, results.account("profit")).cumsum(axis=0)  # 0 before entry
    red = since < 0
    last_red = np.where(red.any(axis=0), results.rounds - red[::-1].argmax(axis=0), 0)
    start = entry_round(results)
    first = np.maximum(last_red + 1, start)
    return np.where(red[-1], np.nan, first - start + 1)
