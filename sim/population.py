"""Making customers: who they are when a run begins, and who takes the place of one that is replaced.

Every draw is keyed by (seed, kind, round of birth, customer), so the customers of a seed are the same whatever the
firms do. Distributions are those of `sim.distribution`.
"""

from typing import NamedTuple

import numpy as np

from sim import random, state
from sim.compiled import kernel
from sim.maths import exp

DISTRIBUTIONS = ("fixed", "uniform", "normal", "lognormal", "beta", "gamma", "log_gamma")
_FIXED, _UNIFORM, _NORMAL, _LOGNORMAL, _BETA, _GAMMA, _LOG_GAMMA = range(len(DISTRIBUTIONS))


class Population(NamedTuple):
    """What customers are drawn from: S segments, F firms, K dimensions."""

    shares: np.ndarray  # (S,) cumulative shares of the segments
    traits: np.ndarray  # (S, 8, 3) distribution of each trait: which one and its two parameters
    tastes: np.ndarray  # (F, 3) likewise, the taste for each firm, in utils
    awareness: np.ndarray  # (F,) share of customers who know the firm from the start
    position: np.ndarray  # (F, K) offers of the firms, which are their first beliefs
    beginning: np.ndarray  # (5,) expectation, expected surcharge, trust, context and aspiration of a fresh customer


def encode(distribution) -> tuple[float, float, float]:
    """A declared distribution as three numbers: which one, and its parameters in the order of their declaration."""
    values = [getattr(distribution, name) for name in type(distribution).model_fields if name != "dist"]
    return (float(DISTRIBUTIONS.index(distribution.dist)), *values, *[0.0] * (2 - len(values)))


@kernel
def _drawn(seed, kind, round, customer, slot, distribution):
    which, first, second = distribution[0], distribution[1], distribution[2]
    a, b, _, _ = random.uniforms(seed, kind, round, customer, slot, 0)
    if which == _UNIFORM:
        return first + a * (second - first)
    if which == _NORMAL or which == _LOGNORMAL:
        normal, _ = random.normal_pair(a, b)
        value = first + second * normal
        return value if which == _NORMAL else exp(value)
    if which == _BETA:
        return random.beta_draw(seed, kind, round, customer, slot, 0, first, second)
    if which == _GAMMA:
        return first / second * random.gamma_draw(seed, kind, round, customer, slot, 0, second)
    if which == _LOG_GAMMA:
        return random.log_gamma_draw(seed, kind, round, customer, slot, 0, first)
    return first


@kernel
def arrive(seed, round, who, population, means, heterogeneity, arrays):
    """Write fresh customers into the slots `who` as of the start of `round`: traits, need, tastes, awareness, empty
    dyads.

    means: (K, S) where the needs of each segment centre now. Initial need: μ + σ_n·ξ.
    """
    for i in who:
        u, _, _, _ = random.uniforms(seed, random.SEGMENT, round, i, 0, 0)
        segment = 0
        while segment < population.shares.size - 1 and u >= population.shares[segment]:
            segment += 1
        arrays.segment[i] = segment
        arrays.supplier[i] = -1
        arrays.active[i] = 1
        arrays.born[i] = round
        arrays.told[0, i] = arrays.told[1, i] = -1
        for trait in range(state.ASPIRATION):
            arrays.customer[trait, i] = _drawn(seed, random.TRAITS, round, i, trait, population.traits[segment, trait])
        expectation, surcharge, trust, context, aspiration = population.beginning
        arrays.customer[state.ASPIRATION, i] = aspiration
        arrays.customer[state.STRESS, i] = 0.0
        dimensions = arrays.need.shape[0]
        for k in range(dimensions):
            normals = random.normals(seed, random.NEED, round, i, 0, k // 4)
            arrays.need[k, i] = means[k, segment] + heterogeneity * normals[k % 4]
        for j in range(arrays.flags.shape[0]):
            u, _, _, _ = random.uniforms(seed, random.AWARENESS, round, i, j, 0)
            arrays.flags[j, i] = state.AWARE if u < population.awareness[j] else 0
            for row in range(arrays.dyad.shape[0]):
                arrays.dyad[row, j, i] = 0.0
            arrays.dyad[state.EXPECTATION, j, i] = expectation
            arrays.dyad[state.EXPECTED_SURCHARGE, j, i] = surcharge
            arrays.dyad[state.TRUST, j, i] = trust
            arrays.dyad[state.CONTEXT, j, i] = context
            arrays.settled[j, i] = round
            for row in range(arrays.ledger.shape[2]):
                arrays.ledger[j, i, row] = 0.0
            for row in range(arrays.record.shape[2]):
                arrays.record[j, i, row] = 0
            for k in range(dimensions):
                arrays.belief[j, i, k] = population.position[j, k]
        for j in range(arrays.taste.shape[0]):
            arrays.taste[j, i] = _drawn(seed, random.TASTE, round, i, j, population.tastes[j])


@kernel
def replaced(seed, round, turnover, hit):
    """Who is replaced in this round: hit (C,) becomes 1 with probability χ, else 0."""
    for i in range(hit.size):
        u, _, _, _ = random.uniforms(seed, random.LIFE, round, i, 0, 0)
        hit[i] = u < turnover
