"""Measures of a run: one function each, results in, one number per firm (or one for the market) out.

A measure that cannot be computed (no purchase, no customer) is NaN, never zero. To add one: write the function and one
line in `METRICS` at the end; tables, comparisons and charts take name, unit and source from there.

Money of round t (1-based) is received at the end of the round and discounted by (1 + i)^-t, i the rate per round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.analysis.statistics import Interval
from sim.results import Results

YEAR = 12  # rounds over which levels such as trust are averaged at the end of a run


def discount_factors(rate: float, rounds: int) -> np.ndarray:
    """(rounds,) factors (1 + rate)^-t for t = 1..rounds."""
    return (1.0 + rate) ** -np.arange(1.0, rounds + 1.0)


def discounted(results: Results, flow: np.ndarray) -> np.ndarray:
    """`flow` (rounds, ...) times the discount factor of its round."""
    factors = discount_factors(results.discount_rate, results.rounds)
    return flow * factors.reshape(-1, *[1] * (flow.ndim - 1))


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
    return _ratio(stayed(results).sum(axis=0), (stayed(results) + results.account("lost")).sum(axis=0))


def stayed(results: Results) -> np.ndarray:
    """(rounds, F) purchases by customers whose supplier the firm was before: purchases - won - newcomers."""
    return results.account("purchases") - results.account("won") - results.account("newcomers")


def market_share(results: Results) -> np.ndarray:
    """(F,) share of all purchases of the run."""
    purchases = results.account("purchases").sum(axis=0)
    return _ratio(purchases, purchases.sum())


def share_path(results: Results) -> np.ndarray:
    """(rounds, F) share of the purchases of each round."""
    purchases = results.account("purchases")
    return _ratio(purchases, purchases.sum(axis=1, keepdims=True))


def customer_surplus(results: Results) -> float:
    """Mean surplus of a customer of the market in a round, euro: value in use less payments and effort."""
    active = results.series("active").sum()
    return float(_ratio(results.series("surplus").sum(), active))


def surplus_per_purchase(results: Results) -> np.ndarray:
    """(F,) mean surplus of a purchase from the firm, euro: value in use less price, fees and effort."""
    return _ratio(results.account("surplus").sum(axis=0), results.account("purchases").sum(axis=0))


def trust(results: Results) -> np.ndarray:
    """(F,) mean trust of the firm's buyers in it over the last year of the run (`YEAR` rounds), in [0, 1]."""
    return _level(results, "trust")


def context(results: Results) -> np.ndarray:
    """(F,) mean context shared by the firm and its buyers over the last year of the run, in [0, 1]."""
    return _level(results, "context")


def buyers_mean_path(results: Results, name: str) -> np.ndarray:
    """(rounds, F) account `name` per purchase; NaN in a round without purchases."""
    return _ratio(results.account(name), results.account("purchases"))


def switching_cost(results: Results) -> float:
    """Mean switching cost over the last year of the run, euro per customer who could switch."""
    cost, customers = results.series("switching_cost")[-YEAR:], results.series("switchable")[-YEAR:]
    return float(_ratio(cost.sum(), customers.sum()))


def _level(results: Results, name: str) -> np.ndarray:
    return _ratio(results.account(name)[-YEAR:].sum(axis=0), results.account("purchases")[-YEAR:].sum(axis=0))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is zero."""
    whole = np.asarray(whole, dtype=np.float64)
    return np.asarray(part, dtype=np.float64) / np.where(whole == 0, np.nan, whole)


class Metric(NamedTuple):
    """A measure as tables and charts show it. per_firm: the function returns (F,), otherwise one number."""

    function: Callable[[Results], np.ndarray | float]
    label: str
    unit: str
    per_firm: bool
    source: str


METRICS: dict[str, Metric] = {
    "discounted_profit": Metric(discounted_profit, "discounted profit", "euro", True, "net present value"),
    "customer_equity": Metric(customer_equity, "customer equity so far", "euro", True, "Rust, Lemon & Zeithaml 2004"),
    "retention": Metric(retention, "retention", "share", True, "Farris et al. 2010, Marketing Metrics"),
    "market_share": Metric(market_share, "market share", "share", True, "Farris et al. 2010, Marketing Metrics"),
    "customer_surplus": Metric(
        customer_surplus, "customer surplus", "euro per customer and round", False, "Marshall 1890, consumer's surplus"
    ),
    "surplus_per_purchase": Metric(
        surplus_per_purchase, "surplus per purchase", "euro per purchase", True, "Marshall 1890, consumer's surplus"
    ),
    "trust": Metric(trust, "trust", "0 to 1", True, "Morgan & Hunt 1994"),
    "context": Metric(context, "shared context", "0 to 1", True, "model: shared context x"),
    "switching_cost": Metric(switching_cost, "switching cost", "euro per customer", False, "Klemperer 1995"),
}


MISSING = "–"  # shown for what cannot be estimated


def readable(value: float, unit: str, signed: bool = False) -> str:
    """`value` as people write it: €41.2k, 34.1 %, 0.62; differences (`signed`) of shares in percentage points."""
    if not np.isfinite(value):
        return MISSING
    factor, before, after = _scale(abs(value), unit, signed)
    sign = "−" if value < 0 else "+" if signed else ""
    size = abs(value) / factor
    places = max(0, 3 - len(str(int(size)))) if unit.startswith("euro") else 1 if unit == "share" else 2
    return f"{sign}{before}{size:,.{places}f}{after}"


def readable_interval(estimate: Interval, unit: str, signed: bool = False) -> str:
    """Mean and half width of a t interval, both rounded to what the half width warrants: +€17.5k ± 3.2k.

    Digits: two of a half width that begins with 1, 2 or 3, else one (Particle Data Group 2022, section 5.3).
    """
    half = estimate.high - estimate.mean
    if not np.isfinite(estimate.mean) or not np.isfinite(half):
        return readable(estimate.mean, unit, signed)
    factor, before, after = _scale(max(abs(estimate.mean), half), unit, signed)
    exact = max(half, abs(estimate.mean) / 1000) / factor  # never more than some four digits of the mean
    power = int(np.floor(np.log10(exact))) if exact > 0 else 0
    places = min(3, max(0, -power + (exact < 3.55 * 10.0**power)))
    sign = "−" if estimate.mean < 0 else "+" if signed else ""
    tail = "" if unit == "share" else after
    return f"{sign}{before}{abs(estimate.mean) / factor:,.{places}f}{tail} ± {half / factor:,.{places}f}{after}"


def _scale(size: float, unit: str, difference: bool) -> tuple[float, str, str]:
    """Divisor, prefix and suffix in which a number of this size and unit is easy to read."""
    if unit == "share":
        return 0.01, "", " pp" if difference else " %"
    if not unit.startswith("euro"):
        return 1.0, "", ""
    for factor, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if size >= 0.9995 * factor:
            return factor, "€", letter
    return 1.0, "€", ""
