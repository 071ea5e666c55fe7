"""R3: the NBD-Dirichlet of repeat buying (Ehrenberg 1972; Goodhardt, Ehrenberg & Chatfield 1984).

A household buys the category at a rate of its own, Gamma over households, and picks brands with probabilities of its
own, Dirichlet over households. Small brands then have fewer buyers who also buy a little less often (double jeopardy),
and brands share their buyers in proportion to size (duplication of purchase).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from scipy.special import gammaln, roots_genlaguerre
from scipy.stats import binom, nbinom

from sim.replications.picture import SIMULATED, direct_label, simulated, theory
from sim.replications.replication import Check, Found, Replication, errors_apart, jackknifed, scenario
from sim.run import simulate

PENETRATION = (0.1999, 0.1568, 0.0866, 0.0784, 0.0700, 0.0270, 0.0181)
PER_BUYER = (1.8205, 1.7642, 1.6815, 1.6725, 1.6634, 1.6188, 1.6099)
DUPLICATION = 1.196
COUNTS = np.arange(200)  # purchases in the period; beyond, the probability is below 1e-15 for any case here


class Dirichlet(NamedTuple):
    """Market parameters of the NBD-Dirichlet: mean M and shape K of the category, S of the brands, and brand shares."""

    mean: float = 1.456
    shape: float = 0.7788
    similarity: float = 1.2953
    shares: tuple[float, ...] = (0.25, 0.19, 0.10, 0.09, 0.08, 0.03, 0.02, 0.24)  # the last one: all other brands

    def category(self, rounds: int | None = None) -> np.ndarray:
        """(n,) probability of n category purchases: NBD, or a mixture of binomials if rounds are few.

        With rounds a household with rate λ a round buys in each with probability min(λ, 1) instead of at random times.
        """
        if rounds is None:
            return nbinom.pmf(COUNTS, self.shape, self.shape / (self.shape + self.mean))
        rates, weights = roots_genlaguerre(120, self.shape - 1)
        chances = np.minimum(rates * self.mean / self.shape / rounds, 1.0)
        return binom.pmf(COUNTS[:, None], rounds, chances) @ (weights / weights.sum())

    def reach(self, share: float, category: np.ndarray) -> float:
        """Probability of at least one purchase of brands with this share together: beta-binomial given the category."""
        s, rest = self.similarity, self.similarity * (1 - share)
        never = np.exp(gammaln(rest + COUNTS) + gammaln(s) - gammaln(rest) - gammaln(s + COUNTS))
        return float(1 - category @ never)

    def laws(self, rounds: int | None = None) -> np.ndarray:
        """Penetration of each brand, purchases per buyer of each, duplication coefficient, as one array (2J + 1,)."""
        category = self.category(rounds)
        b = np.array([self.reach(share, category) for share in self.shares])
        either = np.array([[self.reach(min(p + q, 1 - 1e-12), category) for q in self.shares] for p in self.shares])
        per_buyer = category @ COUNTS * np.array(self.shares) / b
        return np.concatenate([b, per_buyer, [duplication(b, b[:, None] + b - either)]])


def duplication(penetration: np.ndarray, both: np.ndarray) -> float:
    """Duplication coefficient D: mean over pairs of brands of b_ij/(b_i·b_j), b_ij (J, J) the share buying both."""
    pairs = ~np.eye(len(penetration), dtype=bool)
    return float((both / np.outer(penetration, penetration))[pairs].mean())


def counts(purchases: np.ndarray, groups: int = 50) -> np.ndarray:
    """Sums by group of customers from purchases (J, C): (groups, J + 2, J) of joint buyers, purchases and customers."""
    sums = []
    for part in np.array_split(purchases, groups, axis=1):
        bought = (part > 0).astype(np.float32)
        size = np.full(len(part), part.shape[1])
        sums.append(np.vstack([bought @ bought.T, part.sum(axis=1), size]))
    return np.array(sums, float)


def laws(sums: np.ndarray) -> np.ndarray:
    """What `Dirichlet.laws` predicts, from sums (J + 2, J) over customers."""
    both, purchases, customers = sums[:-2] / sums[-1], sums[-2], sums[-1]
    b = np.diag(both)
    return np.concatenate([b, purchases / (b * customers), [duplication(b, both)]])


def market(model: Dirichlet, rounds: int, customers: int):
    """The scenario file with other parameters; `model.shares` in the order of its firms."""
    chosen = scenario("r03_dirichlet", rounds=rounds, customers=customers)
    changes = {f"firms.{j}.taste.shape": model.similarity * share for j, share in enumerate(model.shares)}
    rate = {"dist": "gamma", "mean": model.mean / rounds, "shape": model.shape}
    return chosen.with_changes(changes | {"segments.households.purchase_rate": rate})


def measured(model: Dirichlet, rounds: int, customers: int, seeds: range) -> np.ndarray:
    """`counts` of several populations, one group of groups after the other."""
    chosen = market(model, rounds, customers)
    return np.concatenate([counts(simulate(chosen, seed).dyads["purchases"]) for seed in seeds])


def run(full: bool) -> Found:
    """1,000,000 households in rounds of six hours (quick: 200,000 in days)."""
    model, rounds = Dirichlet(), 360 if full else 90
    sums = measured(model, rounds, 200_000, range(5 if full else 1))
    value, error = jackknifed(sums, laws)
    exact, coarse = model.laws(), model.laws(rounds)
    brands, j = len(PENETRATION), len(model.shares)
    checks = []
    for k in range(brands):
        name = f"brand with {100 * model.shares[k]:.0f} % share"
        checks.append(errors_apart(f"{name}: penetration", PENETRATION[k], value[k], error[k]))
        checks.append(errors_apart(f"{name}: purchases per buyer", PER_BUYER[k], value[j + k], error[j + k]))
    checks.append(errors_apart("duplication coefficient D", DUPLICATION, value[-1], error[-1]))
    checks.append(
        Check(
            f"largest bias of {rounds} rounds instead of a Poisson process, in tolerances above",
            1.0, float(np.max(np.abs(coarse - exact) / (3 * error))), 0.0, rule="exact, by quadrature",
            bound="at most",
        )
    )  # fmt: skip
    return Found(tuple(checks), {"value": value, "error": error, "model": model})


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Double jeopardy: purchases per buyer against penetration."""
    value, error, j = seen["value"], seen["error"], len(seen["model"].shares)
    shares = np.linspace(0.004, 0.28, 60)
    category = seen["model"].category()
    b = np.array([seen["model"].reach(share, category) for share in shares])
    theory(ax, 100 * b, seen["model"].mean * shares / b, "NBD-Dirichlet")
    simulated(ax, 100 * value[: j - 1], value[j : 2 * j - 1], 1.96 * error[j : 2 * j - 1])
    for k, share in enumerate(seen["model"].shares[:-1]):
        top = value[j + k] + 1.96 * error[j + k]
        direct_label(ax, 100 * value[k], top, f"{100 * share:.0f} %", ha="center", color=SIMULATED, fontsize=12)
    direct_label(ax, 100 * value[0], value[j] - 1.96 * error[j], "market share", below=True, ha="center")
    ax.set_xlabel("households that buy the brand in a quarter (%)")
    ax.set_title("Purchases per buyer in a quarter")
    ax.set_xlim(0, 24)


REPLICATION = Replication(
    name="R3",
    title="Small brands have fewer buyers, who buy it less often: the NBD-Dirichlet",
    source="Goodhardt, Ehrenberg & Chatfield 1984, Journal of the Royal Statistical Society A 147; toothpaste, "
    "United Kingdom 1973, M 1.456, K 0.7788, S 1.2953",
    level="distributional equivalence",
    off="learning, trust, context, effort, prices, failures, need differences and the outside option; tastes are fixed "
    "draws, log Gamma(S·share)",
    scenarios=("r03_dirichlet",),
    run=run,
    draw=draw,
)
