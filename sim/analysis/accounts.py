"""What the books say of each firm and of the market: profit, equity, retention, shares, levels.

Money of round t (1-based) is received at the end of the round and discounted by (1 + i)^-t, i the rate per round.
"""

from __future__ import annotations

import numpy as np

from sim.analysis.levels import YEAR, discounted, need_dyads, ratio
from sim.results import Results


def profit_path(results: Results) -> np.ndarray:
    """(rounds, F) cumulative discounted profit, euro: sum over s <= t of profit_s (1 + i)^-s."""
    return discounted(results, results.account("profit")).cumsum(axis=0)


def discounted_profit(results: Results) -> np.ndarray:
    """(F,) discounted profit of the whole run, euro."""
    return discounted(results, results.account("profit")).sum(axis=0)


def customer_equity(results: Results) -> np.ndarray:
    """(F,) customer equity realised so far, euro: discounted revenue less the cost of making, tailoring, contacting,
    listening, knowing and compensating, that is profit before advertising and content, which no customer can be
    charged with. It is the part of the sum of all customers' lifetime values that has been earned; what they would
    still bring after the last round is not in it.
    """
    return discounted(results, contribution(results)).sum(axis=0)


def contribution(results: Results) -> np.ndarray:
    """(rounds, F) revenue less all costs caused by customers, euro."""
    return results.account("profit") + results.account("advertising") + results.account("content")


def retention(results: Results) -> np.ndarray:
    """(F,) share of the returning customers' purchases that stayed: stayed / (stayed + lost), where stayed are
    purchases by customers whose supplier the firm already was, and lost those of them who bought elsewhere instead.
    """
    return ratio(stayed(results).sum(axis=0), (stayed(results) + results.account("lost")).sum(axis=0))


def stayed(results: Results) -> np.ndarray:
    """(rounds, F) purchases by customers whose supplier the firm was before: purchases - won - newcomers."""
    return results.account("purchases") - results.account("won") - results.account("newcomers")


def market_share(results: Results) -> np.ndarray:
    """(F,) share of all purchases of the run."""
    purchases = results.account("purchases").sum(axis=0)
    return ratio(purchases, purchases.sum())


def share_path(results: Results) -> np.ndarray:
    """(rounds, F) share of the purchases of each round."""
    purchases = results.account("purchases")
    return ratio(purchases, purchases.sum(axis=1, keepdims=True))


def customer_surplus(results: Results) -> float:
    """Mean surplus of a customer of the market in a round, euro: value in use less payments and effort."""
    active = results.series("active").sum()
    return float(ratio(results.series("surplus").sum(), active))


def surplus_per_purchase(results: Results) -> np.ndarray:
    """(F,) mean surplus of a purchase from the firm, euro: value in use less price, fees and effort."""
    return ratio(results.account("surplus").sum(axis=0), results.account("purchases").sum(axis=0))


def trust(results: Results) -> np.ndarray:
    """(F,) mean trust of the firm's buyers in it over the last 12 rounds of the run, in [0, 1]."""
    return _level(results, "trust")


def trust_of_all(results: Results) -> np.ndarray:
    """(F,) mean trust in the firm at the end of the run, in [0, 1], of all customers in the market who ever bought from
    it: also of those who left because they had lost it, whom `trust` does not see. Raises ResultsError without dyads.
    """
    dyads = need_dyads(results, "purchases", "trust")
    bought = (dyads["purchases"] > 0) & results.customers["active"]
    return ratio(np.where(bought, dyads["trust"], 0.0).sum(axis=1, dtype=np.float64), bought.sum(axis=1))


def context(results: Results) -> np.ndarray:
    """(F,) mean context shared by the firm and its buyers over the last 12 rounds of the run, in [0, 1]."""
    return _level(results, "context")


def buyers_mean_path(results: Results, name: str) -> np.ndarray:
    """(rounds, F) account `name` per purchase; NaN in a round without purchases."""
    return ratio(results.account(name), results.account("purchases"))


def switching_cost(results: Results) -> float:
    """Mean switching cost over the last 12 rounds of the run, euro per customer who could switch."""
    cost, customers = results.series("switching_cost")[-YEAR:], results.series("switchable")[-YEAR:]
    return float(ratio(cost.sum(), customers.sum()))


def _level(results: Results, name: str) -> np.ndarray:
    return ratio(results.account(name)[-YEAR:].sum(axis=0), results.account("purchases")[-YEAR:].sum(axis=0))
