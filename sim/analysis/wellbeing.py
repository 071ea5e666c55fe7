"""How customers fare beyond their purchases: stress, annoyance, loss of control; how far firms are off their needs."""

from __future__ import annotations

import numpy as np

from sim.analysis.choice import choice, mean_of_customers, of_supplier
from sim.analysis.levels import YEAR, ratio
from sim.analysis.switching import hostages
from sim.results import Results


def stress(results: Results) -> float:
    """Mean fatigue of a customer from all firms' contacts over the last 12 rounds, in contacts still on its mind."""
    return float(ratio(results.series("stress")[-YEAR:].sum(), results.series("active")[-YEAR:].sum()))


def overload(results: Results) -> float:
    """Mean share of stress beyond what the customer tolerates, over the last 12 rounds, in [0, 1]."""
    return float(ratio(results.series("overload")[-YEAR:].sum(), results.series("active")[-YEAR:].sum()))


def well_being(results: Results) -> float:
    """Well-being of a mean customer at the end of the run, euro per round: surplus less annoyance less bondage.

    Surplus is value in use less payments and effort, mean of the last 12 rounds. Annoyance, what a full inbox costs, is
    Σ_j w_f·f·o over the firms, in euro (divided by α). Bondage, what it costs not to be free, is λ·(utility of the best
    other firm without the fee − utility of the supplier)/α for hostages and 0 for others.

    One euro of each counts the same, so that the index has a unit and no weights to choose. Sources: stress as a cost
    of relationships, Fournier, Dobscha & Mick (1998); control as a part of well-being, Deci & Ryan (2000); that the
    three add up: assumption.
    """
    terms, here = choice(results), results.customers["active"]
    alpha = results.customers["price_sensitivity"].astype(float)
    rate = np.minimum(results.customers["purchase_rate"].astype(float), 1.0)
    free = np.where(terms.mine, -np.inf, terms.utility(fee=False)).max(axis=0)
    with np.errstate(invalid="ignore"):
        missed = np.where(hostages(terms), rate * (free - of_supplier(terms, terms.free)), 0.0)
    costs = (terms.annoyance.sum(axis=0) + missed) / alpha
    surplus = ratio(results.series("surplus")[-YEAR:].sum(), results.series("active")[-YEAR:].sum())
    return float(surplus - ratio(costs[here].sum(), here.sum()))


def belief_gap(results: Results) -> np.ndarray:
    """(F,) mean distance between what the firm believes its customers need and what they need, root mean square over
    the dimensions, in units of need (σ_n is the spread of needs). A firm believes of strangers what it offers to all.
    """
    return _gap(results, "belief_distance")


def offer_gap(results: Results) -> np.ndarray:
    """(F,) mean distance between what the firm offers its customers and what they need, root mean square over the
    dimensions, in units of need: the disconnect.
    """
    return _gap(results, "offer_distance")


def _gap(results: Results, distance: str) -> np.ndarray:
    terms = choice(results)
    among = results.customers["active"] & (terms.supplier >= 0)
    return mean_of_customers(results, terms, of_supplier(terms, results.dyads[distance].astype(float)), among)
