"""What becomes of the empirical laws of buying when the relationship terms are on.

Double jeopardy, duplication of purchase, NBD frequencies and rising aggregate retention, each in four markets with the
same households and tastes: tastes alone (the NBD-Dirichlet), customers who learn, firms that learn as well, and one
firm that learns among others that do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from sim.analysis.heterogeneity import loyalty_growth
from sim.replications.r03_dirichlet import Dirichlet, counts, jackknifed, laws
from sim.replications.replication import scenario
from sim.run import simulate

QUARTER = 13  # weeks


@dataclass(frozen=True)
class Observed:
    """One market in its last quarter, and how often purchases were repeated from the beginning on.

    penetration, per_buyer (J,) with standard errors; model: the NBD-Dirichlet fitted to the same quarter
    frequencies (n,) households by category purchases; repeats (quarters,) share of purchases from the last supplier
    growth, growth_error: `loyalty_growth` of the same customers
    """

    name: str
    penetration: np.ndarray
    per_buyer: np.ndarray
    per_buyer_error: np.ndarray
    duplication: float
    duplication_error: float
    duplication_range: tuple[float, float]
    model: Dirichlet
    frequencies: np.ndarray
    repeats: np.ndarray
    growth: float
    growth_error: float

    @property
    def nbd_gap(self) -> float:
        """Share of households in another class of frequency than the fitted NBD has it (total variation distance)."""
        expected = self.model.category()[: self.frequencies.size - 1]
        expected = np.append(expected, 1 - expected.sum())
        return float(np.abs(self.frequencies / self.frequencies.sum() - expected).sum() / 2)


def fitted(
    per_buyer: np.ndarray, shares: np.ndarray, mean: float, buying: float, usual: np.ndarray | None = None
) -> Dirichlet:
    """The NBD-Dirichlet of a market: K from the share of households that buy at all, S from purchases per buyer.

    usual (J,) bools: brands the fit looks at; all if left out.

    Sources: Ehrenberg 1988, Repeat-Buying, chapter 13; S by least squares, weighted by share.
    """
    weight = shares if usual is None else shares * usual
    shape = brentq(lambda k: 1 - (1 + mean / k) ** -k - buying, 1e-3, 1e3)

    def misfit(log_s: float) -> float:
        model = Dirichlet(mean, shape, float(np.exp(log_s)), tuple(shares))
        category = model.category()
        expected = np.array([mean * s / model.reach(s, category) for s in shares])
        return float((weight * (expected - per_buyer) ** 2).sum())

    best = minimize_scalar(misfit, bounds=(-5, 4), method="bounded")
    return Dirichlet(mean, shape, float(np.exp(best.x)), tuple(shares))


def observe(name: str, customers: int, seed: int = 0) -> Observed:
    """Play one alternative of the scenario file and count, from its log of transactions alone."""
    played = simulate(scenario("laws", customers=customers), seed, alternative=name, log=True, keep=False)
    who, when, firm = (played.log[column].astype(int) for column in ("customer", "round", "firm"))
    last = when > played.rounds - QUARTER
    bought = np.zeros((len(played.firms), customers), int)
    np.add.at(bought, (firm[last], who[last]), 1)
    value, error = jackknifed(counts(bought), laws)
    j = len(bought)
    total = bought.sum(axis=0)
    shares = bought.sum(axis=1) / bought.sum()
    b = value[:j]
    both = (bought > 0).astype(float) @ (bought > 0).T / customers
    ratios = (both / np.outer(b, b))[~np.eye(j, dtype=bool)]
    usual = np.array([played.strategies.count(kind) > 1 for kind in played.strategies])
    growth, growth_error = loyalty_growth(played.log, customers)
    return Observed(
        name, b, value[j : 2 * j], error[j : 2 * j], float(value[-1]), float(error[-1]),
        (float(ratios.min()), float(ratios.max())),
        fitted(value[j : 2 * j], shares, total.mean(), (total > 0).mean(), usual),
        np.bincount(np.minimum(total, 12), minlength=13), repeats(who, when, firm, played.rounds), growth, growth_error,
    )  # fmt: skip


def repeats(who: np.ndarray, when: np.ndarray, firm: np.ndarray, rounds: int) -> np.ndarray:
    """(quarters,) share of purchases, after a customer's first one, from the same firm as the time before."""
    order = np.lexsort((when, who))
    who, when, firm = who[order], when[order], firm[order]
    later = np.flatnonzero(who[1:] == who[:-1]) + 1
    quarter = (when[later] - 1) // QUARTER
    same = np.bincount(quarter, firm[later] == firm[later - 1], rounds // QUARTER)
    return same / np.bincount(quarter, minlength=rounds // QUARTER)


def observed(full: bool) -> list[Observed]:
    """All four markets, of 200,000 households (quick: 10,000)."""
    return [observe(item.name, 200_000 if full else 10_000) for item in scenario("laws").alternatives]
