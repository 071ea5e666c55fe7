"""How strongly customers respond to a price, by how long and how much they trust (claim D3).

With logit choice the elasticity of the probability P that customer i buys from firm j, with respect to the price it
would pay, is −β·euro·p·(1 − P), euro = α(1 − θ_r·ρ·τ) (Train 2009, Discrete Choice Methods, section 3.6). It is a
property of the dyad: −2 means that a price higher by 1 % makes the purchase 2 % less likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.analysis.choice import choice, mean_of_customers, of_supplier, posted, probabilities
from sim.analysis.purchases import firm_number
from sim.results import Results, ResultsError

TENURE = (0, 1, 12, 36, 60)  # rounds since the first purchase: lower ends of the groups, the first is who never bought
TRUST = (0.0, 0.2, 0.4, 0.6, 0.8)


class Group(NamedTuple):
    """Dyads from `low` (included) up to `high` (excluded; the last group has no end)."""

    low: float
    high: float
    dyads: int
    elasticity: float  # mean; NaN in an empty group


def dyad_elasticity(results: Results) -> np.ndarray:
    """(F, C) price elasticity of each customer towards each firm; NaN where the firm is no option, is paid by outcome,
    or choice is not logit.
    """
    terms = choice(results)
    slope = results.scenario.get("market", {}).get("choice_precision", float("nan")) * terms.euro * terms.price
    elasticity = -slope * (1.0 - probabilities(results, terms))
    return np.where(terms.option & (posted(results, "outcome_share") == 0.0), elasticity, np.nan)


def price_elasticity(results: Results) -> np.ndarray:
    """(F,) mean elasticity of the firm's customers towards its price at the end of the run."""
    terms = choice(results)
    own = of_supplier(terms, dyad_elasticity(results))
    return mean_of_customers(results, terms, own, ~np.isnan(own) & (terms.supplier >= 0))


def tenure(results: Results) -> np.ndarray:
    """(F, C) rounds since the first purchase, the round of it included; 0 for who never bought."""
    first = results.dyads["first_round"].astype(np.int64)
    played = max(results.rounds, int(results.dyads["last_round"].max(initial=0)))  # books may show a window of it only
    return np.where(first > 0, played + 1 - first, 0)


def elasticity_by(
    results: Results, by: str, firm: str | None = None, edges: Sequence[float] | None = None
) -> list[Group]:
    """Elasticity of dyads grouped by "tenure" (rounds) or "trust"; of one firm or all.

    edges: lower ends of the groups, rising (default `TENURE`, `TRUST`). Raises ResultsError for another `by` or firm.
    """
    if by not in ("tenure", "trust"):
        raise ResultsError(f'by = {by!r}: allowed are "tenure" and "trust"')
    chosen = slice(None) if firm is None else [firm_number(results, firm)]
    elasticity = dyad_elasticity(results)[chosen]
    values = (tenure(results) if by == "tenure" else results.dyads["trust"].astype(float))[chosen]
    lows = list(edges if edges is not None else TENURE if by == "tenure" else TRUST)
    groups = []
    for low, high in zip(lows, [*lows[1:], np.inf], strict=True):
        found = elasticity[(values >= low) & (values < high) & ~np.isnan(elasticity)]
        groups.append(Group(float(low), float(high), found.size, float(found.mean()) if found.size else float("nan")))
    return groups
