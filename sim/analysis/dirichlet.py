"""How loyal are the households of a panel? The Dirichlet-multinomial of brand choice, from purchase counts.

A household picks brand j with a probability of its own, and these are Dirichlet(S·p_1, …, S·p_J) over households
(Goodhardt, Ehrenberg & Chatfield 1984, Journal of the Royal Statistical Society A 147). p_j are market shares; S says
how much alike households are: near 0 everybody is loyal to one brand, for large S all pick like the market. Counts are
taken as given, so the rate of buying needs no model. In a scenario these are the firms' tastes:
`taste = {dist = "log_gamma", shape = S·p_j}` with logit choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln


def counts(household: np.ndarray, brand: np.ndarray, brands: int) -> np.ndarray:
    """(N, J) purchases of each household of each brand, from purchases in any order."""
    _, number = np.unique(household, return_inverse=True)
    table = np.zeros((number.max() + 1, brands), np.int64)
    np.add.at(table, (number, brand), 1)
    return table


@dataclass(frozen=True)
class BrandChoice:
    """weights (J,): S·p_j."""

    weights: np.ndarray

    @property
    def similarity(self) -> float:
        """S; 1/(1 + S) is the correlation of two purchases of a household."""
        return float(self.weights.sum())

    @property
    def shares(self) -> np.ndarray:
        return self.weights / self.weights.sum()

    def log_likelihood(self, table: np.ndarray) -> float:
        """Sum over households of ln Γ(S)/Γ(S+n) Π_j Γ(S·p_j+x_j)/Γ(S·p_j), x (N, J), n their totals; any one order."""
        w = self.weights
        whole = gammaln(w.sum()) - gammaln(w.sum() + table.sum(axis=1))
        return float((whole + (gammaln(w + table) - gammaln(w)).sum(axis=1)).sum())

    def penetration(self, totals: np.ndarray) -> np.ndarray:
        """(J,) share of households with these totals (N,) that buy a brand at least once: beta-binomial."""
        s, rest = self.similarity, self.similarity - self.weights
        n = np.asarray(totals)[:, None]
        return 1.0 - np.exp(gammaln(rest + n) - gammaln(rest) + gammaln(s) - gammaln(s + n)).mean(axis=0)

    def per_buyer(self, totals: np.ndarray) -> np.ndarray:
        """(J,) purchases of a brand by a household that buys it."""
        return self.shares * np.mean(totals) / self.penetration(totals)

    def given(self, table: np.ndarray) -> np.ndarray:
        """(N, J) probabilities of the next purchase after these: (S·p_j + x_j)/(S + n)."""
        return (self.weights + table) / (self.similarity + table.sum(axis=1, keepdims=True))


def fit_brand_choice(table: np.ndarray) -> BrandChoice:
    """Maximum-likelihood weights for purchase counts (N, J). Raises ValueError if a brand was never bought."""
    bought = table.sum(axis=0)
    if not (bought > 0).all():
        raise ValueError(f"brand {int(np.argmin(bought))} was never bought; leave it out")
    start = np.log(bought / bought.sum())
    found = minimize(lambda logs: -BrandChoice(np.exp(logs)).log_likelihood(table), start, method="L-BFGS-B")
    return BrandChoice(np.exp(found.x))
