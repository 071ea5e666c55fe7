"""What it would cost customers to leave, what that consists of, and who stays only because of a fee.

All are read off the dyads at the end of a run; firms' figures are means over the customers whose supplier they are and
who have another firm to go to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.choice import Choice, choice, mean_of_customers, of_supplier
from sim.results import Results

PARTS = ("context", "trust", "expectation", "fee", "habit", "contacts", "taste")


class SwitchingCost(NamedTuple):
    """Per customer (C,), in euro; NaN for customers without a supplier or without an alternative to it.

    parts: context (effort saved), trust (comfort, and a softer weight of price), expectation (value and surcharges
    expected), fee (exit fee), habit (inertia), contacts (salience less annoyance), taste. They add up to the total.
    """

    total: np.ndarray
    parts: dict[str, np.ndarray]
    supplier: np.ndarray


def switching_costs(results: Results) -> SwitchingCost:
    """What each customer would lose by leaving its supplier for the best other firm, were prices equal:
    [W_s − max_k W_k]/euro_s, W the utility at the supplier's list price (step 5 of docs/model.md). Source: Klemperer
    (1995) for the notion; that it comes from the dyad: model.
    """
    terms = choice(results)
    own_price = of_supplier(terms, terms.price)
    expected = terms.expected_price - terms.price + own_price  # at the supplier's list price
    level = terms._replace(expected_price=expected)
    rival = np.where(terms.mine, -np.inf, level.utility()).argmax(axis=0)

    def gap(values: np.ndarray) -> np.ndarray:
        """Supplier less best other firm."""
        return of_supplier(terms, values) - np.take_along_axis(values, rival[None], axis=0)[0]

    euro, paid = of_supplier(terms, terms.euro), of_supplier(terms, expected)
    rival_euro = np.take_along_axis(terms.euro, rival[None], axis=0)[0]
    utils = {
        "context": -gap(terms.effort),
        "trust": gap(terms.comfort) + (rival_euro - euro) * paid,
        "expectation": gap(terms.expectation) - rival_euro * gap(expected),
        "fee": terms.fee,
        "habit": terms.habit,
        "contacts": gap(terms.salience) - gap(terms.annoyance),
        "taste": gap(terms.taste),
    }
    parts = {name: np.where(terms.tied, value / euro, np.nan) for name, value in utils.items()}
    return SwitchingCost(sum(parts.values()), parts, terms.supplier)


def switching_parts(results: Results) -> dict[str, np.ndarray]:
    """What the switching cost of a firm's customers consists of, mean euro per customer: part -> (F,), and "total".

    The parts are those of `SwitchingCost`; they add up to the total.
    """
    cost = switching_costs(results)
    terms, known = choice(results), ~np.isnan(cost.total)
    found = {"total": cost.total} | cost.parts
    return {name: mean_of_customers(results, terms, values, known) for name, values in found.items()}


def lock_in(results: Results) -> np.ndarray:
    """(F,) mean switching cost of the firm's customers at the end of the run, euro per customer."""
    return switching_parts(results)["total"]


def lock_in_by_context(results: Results) -> np.ndarray:
    """(F,) part of the switching cost that is effort saved by shared context, euro per customer."""
    return switching_parts(results)["context"]


def lock_in_by_trust(results: Results) -> np.ndarray:
    """(F,) part of the switching cost that is trust: comfort and tolerance of the price, euro per customer."""
    return switching_parts(results)["trust"]


def lock_in_by_expectation(results: Results) -> np.ndarray:
    """(F,) part of the switching cost that is better value, or lower surcharges, expected; euro per customer."""
    return switching_parts(results)["expectation"]


def lock_in_by_fee(results: Results) -> np.ndarray:
    """(F,) part of the switching cost that is a contractual exit fee, euro per customer."""
    return switching_parts(results)["fee"]


def hostages(terms: Choice) -> np.ndarray:
    """(C,) customers whose best firm is another one but for the exit fee, and their supplier because of it."""
    own = of_supplier(terms, terms.free)
    free, bound = (np.where(terms.mine, -np.inf, terms.utility(fee=fee)).max(axis=0) for fee in (False, True))
    return terms.tied & (free > own) & (own >= bound)


def hostage_share(results: Results) -> np.ndarray:
    """(F,) share of the firm's customers, among those with another firm to go to, who would leave but for the exit fee.

    Compared are utilities without the chance in choice. Source: Jones & Sasser (1995), hostages; form: assumption.
    """
    terms = choice(results)
    return mean_of_customers(results, terms, hostages(terms).astype(float), terms.tied)


def discount_tolerance(results: Results) -> np.ndarray:
    """(F,) by how many euro the best rival would have to undercut its own price before a mean customer of the firm
    preferred it: min over rivals of (U_s − U_k)/euro_k, penalties for leaving included. Negative: it is preferred.

    Source: price tolerance of loyal customers (Anderson 1996); form: model.
    """
    terms = choice(results)
    with np.errstate(invalid="ignore"):
        gap = (of_supplier(terms, terms.free) - terms.utility()) / terms.euro
    needed = np.where(terms.mine | ~terms.option, np.inf, gap).min(axis=0)
    return mean_of_customers(results, terms, np.where(terms.tied, needed, 0.0), terms.tied)
