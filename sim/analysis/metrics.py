"""Measures of a run: one function each, results in, one number per firm (or one for the market) out.

A measure that cannot be computed (no purchase, no customer) is NaN, never zero. To add one: write the function, here or
beside its topic in another file of this folder, and one line in `METRICS`; tables, comparisons and charts take name,
unit and source from there.

Money of round t (1-based) is received at the end of the round and discounted by (1 + i)^-t, i the rate per round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.analysis import decomposition, elasticity, phases, switching, welfare, wellbeing
from sim.analysis.levels import YEAR, discount_factors, discounted, ratio
from sim.analysis.statistics import Interval
from sim.results import Results, ResultsError

__all__ = ["METRICS", "YEAR", "Metric", "discount_factors", "discounted", "readable", "readable_interval"]


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
    """(F,) mean trust of the firm's buyers in it over the last year of the run (`YEAR` rounds), in [0, 1]."""
    return _level(results, "trust")


def trust_of_all(results: Results) -> np.ndarray:
    """(F,) mean trust in the firm at the end of the run, in [0, 1], of all customers in the market who ever bought from
    it: also of those who left because they had lost it, whom `trust` does not see. Raises ResultsError without dyads.
    """
    if not results.dyads or not results.customers:
        raise ResultsError("these results hold no dyads; run again and keep them (they are kept by sim run)")
    bought = (results.dyads["purchases"] > 0) & results.customers["active"]
    return ratio(np.where(bought, results.dyads["trust"], 0.0).sum(axis=1, dtype=np.float64), bought.sum(axis=1))


def context(results: Results) -> np.ndarray:
    """(F,) mean context shared by the firm and its buyers over the last year of the run, in [0, 1]."""
    return _level(results, "context")


def buyers_mean_path(results: Results, name: str) -> np.ndarray:
    """(rounds, F) account `name` per purchase; NaN in a round without purchases."""
    return ratio(results.account(name), results.account("purchases"))


def switching_cost(results: Results) -> float:
    """Mean switching cost over the last year of the run, euro per customer who could switch."""
    cost, customers = results.series("switching_cost")[-YEAR:], results.series("switchable")[-YEAR:]
    return float(ratio(cost.sum(), customers.sum()))


def _level(results: Results, name: str) -> np.ndarray:
    return ratio(results.account(name)[-YEAR:].sum(axis=0), results.account("purchases")[-YEAR:].sum(axis=0))


class Metric(NamedTuple):
    """A measure as tables and charts show it. per_firm: the function returns (F,), otherwise one number.

    needs: "" for what every result holds, "dyads" for one that keeps its dyads, "log" for one with its transactions
    too. Without them the function raises ResultsError.
    """

    function: Callable[[Results], np.ndarray | float]
    label: str
    unit: str
    per_firm: bool
    source: str
    needs: str = ""

    def known(self, results: Results) -> bool:
        """Whether the results hold what the measure needs."""
        dyads = bool(results.dyads and results.customers and results.levers and "quoted_price" in results.dyads)
        return not self.needs or (dyads and (self.needs == "dyads" or results.log is not None))

    def of(self, results: Results) -> np.ndarray | float:
        """The measure, NaN where the results do not hold what it needs."""
        if self.known(results):
            return self.function(results)
        return np.full(len(results.firms), np.nan) if self.per_firm else float("nan")


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
    "trust_of_all": Metric(trust_of_all, "trust of all who ever bought", "0 to 1", True, "Morgan & Hunt 1994", "dyads"),
    "context": Metric(context, "shared context", "0 to 1", True, "model: shared context x"),
    "switching_cost": Metric(switching_cost, "switching cost", "euro per customer", False, "Klemperer 1995"),
    "stress": Metric(wellbeing.stress, "stress", "contacts", False, "Fournier, Dobscha & Mick 1998"),
    "overload": Metric(wellbeing.overload, "overload", "share", False, "model: overload o"),
    "welfare": Metric(welfare.welfare, "welfare", "euro per customer and round", False, "Marshall 1890, total surplus"),
    "customers_part": Metric(
        welfare.customers_part, "customers' part of welfare", "share", False, "Marshall 1890, total surplus"
    ),
    "lost_effort": Metric(welfare.lost_effort, "effort lost", "euro per customer and round", False, "model: effort e"),
    "final_share": Metric(
        welfare.final_share, "share in the last year", "share", True, "Farris et al. 2010, Marketing Metrics"
    ),
    "break_even": Metric(
        welfare.break_even, "rounds to break even", "rounds", True, "Farris et al. 2010, Marketing Metrics"
    ),
    "lock_in": Metric(
        switching.lock_in, "switching cost of own customers", "euro per customer", True, "Klemperer 1995", "dyads"
    ),
    "lock_in_by_context": Metric(
        switching.lock_in_by_context,
        "switching cost by context",
        "euro per customer",
        True,
        "model: shared context x",
        "dyads",
    ),
    "lock_in_by_trust": Metric(
        switching.lock_in_by_trust, "switching cost by trust", "euro per customer", True, "model: trust τ", "dyads"
    ),
    "lock_in_by_expectation": Metric(
        switching.lock_in_by_expectation,
        "switching cost by expectation",
        "euro per customer",
        True,
        "model: expectation v̂",
        "dyads",
    ),
    "lock_in_by_fee": Metric(
        switching.lock_in_by_fee, "switching cost by exit fee", "euro per customer", True, "model: exit fee", "dyads"
    ),
    "hostage_share": Metric(switching.hostage_share, "hostages", "share", True, "Jones & Sasser 1995", "dyads"),
    "discount_tolerance": Metric(
        switching.discount_tolerance, "rival's discount tolerated", "euro per customer", True, "Anderson 1996", "dyads"
    ),
    "price_elasticity": Metric(elasticity.price_elasticity, "price elasticity", "1", True, "Train 2009", "dyads"),
    "well_being": Metric(
        wellbeing.well_being,
        "well-being",
        "euro per customer and round",
        False,
        "surplus, stress and control; index: assumption",
        "dyads",
    ),
    "belief_gap": Metric(
        wellbeing.belief_gap, "belief off the need", "units of need", True, "model: belief b", "dyads"
    ),
    "offer_gap": Metric(wellbeing.offer_gap, "offer off the need", "units of need", True, "model: offer o", "dyads"),
    "process_share": Metric(
        decomposition.process_share, "explained by process", "share", False, "Lindeman, Merenda & Gold 1980", "dyads"
    ),
    "personal_share": Metric(
        decomposition.personal_share, "explained by persons", "share", False, "Lindeman, Merenda & Gold 1980", "dyads"
    ),
    "interpersonal_share": Metric(
        decomposition.interpersonal_share,
        "explained by the pair",
        "share",
        False,
        "Lindeman, Merenda & Gold 1980",
        "dyads",
    ),
    "joint_bonus": Metric(
        decomposition.joint_bonus,
        "explained only jointly",
        "share",
        False,
        "products across groups; form: assumption",
        "dyads",
    ),
    "depth": Metric(
        decomposition.depth,
        "explained beyond the best alone",
        "share",
        False,
        "products across groups; form: assumption",
        "dyads",
    ),
    "relationship_share": Metric(
        decomposition.relationship_share,
        "trust that is the pair's own",
        "share",
        False,
        "Kenny, Kashy & Cook 2006",
        "dyads",
    ),
    "commitment_velocity": Metric(
        phases.commitment_velocity, "rounds to commitment", "rounds", True, "Palmatier et al. 2013", "log"
    ),
    "committed_share": Metric(
        phases.committed_share, "committed customers", "share", True, "Dwyer, Schurr & Oh 1987", "log"
    ),
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
