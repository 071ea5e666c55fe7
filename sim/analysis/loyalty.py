"""How loyal customers are, seen from their purchases: shares of wallet, switching, RFM; and a proxy for promoters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.levels import need_dyads, ratio
from sim.analysis.purchases import firm_number, history
from sim.results import Results, ResultsError

# ----------------------------------------------------------------------------------------------- wallets and indices


def wallet(results: Results) -> np.ndarray:
    """(F, C) share of what a customer has paid to all firms, fees included, that went to each firm; NaN for who paid
    nothing. Raises ResultsError without dyads. Source: Du, Kamakura & Mela 2007.
    """
    paid = need_dyads(results, "revenue")["revenue"].astype(np.float64)
    return ratio(paid, paid.sum(axis=0, keepdims=True))


def share_of_wallet(results: Results) -> np.ndarray:
    """(F,) mean share of wallet of those who ever bought from the firm: the part of all they have paid that went to it.

    NaN without customers. Raises ResultsError without dyads.
    """
    share = wallet(results)
    bought = (need_dyads(results, "purchases")["purchases"] > 0) & ~np.isnan(share)
    return ratio(np.where(bought, share, 0.0).sum(axis=1), bought.sum(axis=1))


def concentration_of_purchases(results: Results) -> np.ndarray:
    """(C,) loyalty index Σ_j n_j²/(Σ_j n_j)² of each customer, n_j its purchases from firm j.

    1 always the same firm, 1/F all firms alike. NaN with fewer than two purchases, which say nothing. Raises
    ResultsError without dyads.

    Source: Weisbuch, Kirman & Herreiner 2000, order parameter.
    """
    bought = need_dyads(results, "purchases")["purchases"].astype(np.float64)
    total = bought.sum(axis=0)
    return ratio((bought**2).sum(axis=0), np.where(total > 1, total**2, 0.0))


def loyalty_index(results: Results) -> float:
    """Mean over customers of Σ_j n_j²/(Σ_j n_j)², n_j the customer's purchases from firm j: 1 where everybody always
    buys from the same firm, 1/F where all firms alike. Customers with fewer than two purchases are left out; few
    purchases look more loyal than many. Raises ResultsError without dyads.
    """
    index = concentration_of_purchases(results)
    known = index[~np.isnan(index)]
    return float(known.mean()) if known.size else float("nan")


# -------------------------------------------------------------------------------------------------------- switching


class Switching(NamedTuple):
    """From row to column: how often a customer's purchase from one firm was followed by one from another.

    counts         (F, F) pairs of a customer's consecutive purchases
    probability    (F, F) of the next firm given the last one; a row sums to 1, NaN for a firm left by nobody at all
    """

    counts: np.ndarray
    probability: np.ndarray


def switching_matrix(results: Results, first: int = 1, last: int | None = None) -> Switching:
    """Switching between firms at the purchases of the rounds `first` to `last` (default all), each with the purchase
    before it, whenever that was. Raises ResultsError without a log, or for rounds that were not played.

    Source: Lipstein 1959, brand-switching matrix.
    """
    known, firms = history(results), len(results.firms)
    last = known.rounds if last is None else last
    if not 1 <= first <= last <= known.rounds:
        raise ResultsError(f"rounds {first} to {last} were asked for; the log has 1 to {known.rounds}")
    pairs = (known.previous >= 0) & (known.round >= first) & (known.round <= last)
    counts = np.bincount(known.previous[pairs] * firms + known.firm[pairs], minlength=firms * firms)
    counts = counts.reshape(firms, firms)
    return Switching(counts, ratio(counts, counts.sum(axis=1, keepdims=True)))


# -------------------------------------------------------------------------------------------------------------- RFM


class Rfm(NamedTuple):
    """Recency, frequency and monetary value of n customers.

    customer     (n,) their numbers
    recency      (n,) rounds since the last purchase, 0 in the last round
    frequency    (n,) purchases; monetary: (n,) all they paid, price and surcharge, euro
    scores       (n, 3) of each, from 1 to `groups`, the highest for the latest, the most frequent, the biggest spenders
    """

    customer: np.ndarray
    recency: np.ndarray
    frequency: np.ndarray
    monetary: np.ndarray
    scores: np.ndarray
    groups: int


def rfm(results: Results, firm: str | None = None, groups: int = 5) -> Rfm:
    """Recency, frequency and monetary value of the customers of a firm (default: of the market) who ever bought.

    A score is ⌈groups·share of customers who are not better⌉: groups of equal size, where no two customers are alike;
    those who are get the same score. Raises ResultsError without a log or for fewer than two groups.
    Source: Hughes 1994, Strategic Database Marketing.
    """
    if groups < 2:
        raise ResultsError(f"groups = {groups}: at least two are needed")
    known = history(results)
    mine = slice(None) if firm is None else known.firm == firm_number(results, firm)
    customer, place = np.unique(known.customer[mine], return_inverse=True)
    latest = np.zeros(customer.size, np.int64)
    np.maximum.at(latest, place, known.round[mine])
    frequency = np.bincount(place, minlength=customer.size)
    monetary = np.bincount(place, (known.price + known.surcharge)[mine], customer.size)
    recency = known.rounds - latest
    scores = np.stack([_scores(values, groups) for values in (-recency, frequency, monetary)], axis=1)
    return Rfm(customer, recency, frequency, monetary, scores, groups)


def _scores(values: np.ndarray, groups: int) -> np.ndarray:
    """(n,) 1 to `groups`: ⌈groups·share of customers whose value is not higher⌉."""
    not_higher = np.searchsorted(np.sort(values), values, side="right")
    return -(-groups * not_higher // max(values.size, 1))


def rfm_table(found: Rfm) -> np.ndarray:
    """(groups, groups) number of customers by score of recency (rows) and of frequency (columns), from 1 up."""
    cell = (found.scores[:, 0] - 1) * found.groups + found.scores[:, 1] - 1
    return np.bincount(cell, minlength=found.groups**2).reshape(found.groups, found.groups)


# -------------------------------------------------------------------------------------------------------- promoters

PROMOTER, PASSIVE = 9 / 11, 7 / 11  # trust that answers 9 or 10, and 7 or 8, of the eleven answers from 0 to 10


class Promoters(NamedTuple):
    """(F,) shares of each firm's customers, and net, promoters less detractors; a proxy, nobody was interviewed."""

    promoters: np.ndarray
    passives: np.ndarray
    detractors: np.ndarray
    net: np.ndarray


def promoters(results: Results) -> Promoters:
    """Promoters, passives and detractors among the customers whose supplier the firm is at the end of the run.

    A proxy: nobody is asked. Trust in [0, 1] is read as the answer on the scale of eleven: a promoter trusts at least
    9/11 and has had at least the surplus it aspires to, on average of its purchases from the firm; a detractor trusts
    less than 7/11; all others are passive. NaN without customers. Raises ResultsError without dyads.

    Source: Reichheld 2003, 9-10, 7-8, 0-6; that trust and satisfaction answer: assumption.
    """
    dyads = need_dyads(results, "trust", "surplus", "purchases")
    customers = results.customers
    supplier = customers["supplier"].astype(np.int64)
    among = np.flatnonzero(customers["active"] & (supplier >= 0))
    own = supplier[among], among
    trust = dyads["trust"].astype(np.float64)[own]
    satisfied = ratio(dyads["surplus"], dyads["purchases"])[own] >= customers["aspiration"][among]
    groups = ((trust >= PROMOTER) & satisfied, trust < PASSIVE)
    firms = len(results.firms)
    size = np.bincount(supplier[among], minlength=firms)
    best, worst = (ratio(np.bincount(supplier[among], group, firms), size) for group in groups)
    return Promoters(best, 1.0 - best - worst, worst, best - worst)


def net_promoters(results: Results) -> np.ndarray:
    """(F,) promoters less detractors, as shares of the firm's customers at the end of the run: a proxy for the net
    promoter score, read off trust and satisfaction; nobody is asked.

    From −1 to 1, as in `promoters`. NaN without customers. Raises ResultsError without dyads.
    """
    return promoters(results).net
