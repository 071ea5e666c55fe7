"""What the phases of the compiled driver share: scratch for one block of customers, and two small steps.

A phase works on customers lo…hi−1. Lists in the scratch count customers from lo. Rows are cut out of the whole arrays,
`s.flags[j, lo:hi]`, never out of a part of them: only then does the compiler know that neighbours lie side by side.
"""

from typing import NamedTuple

import numpy as np

from sim import rules, state
from sim.compiled import kernel, rule

f8 = np.float64  # the state is stored in single precision; every equation works in double


class Work(NamedTuple):
    """Scratch for a block of B customers; [j, a] belongs to firm j and the a-th customer of the block or of a list."""

    strange: np.ndarray  # (F,) effort with the firm without context, utils
    shrink: np.ndarray  # (F,) factor of its range on the squared distance
    fee: np.ndarray  # (F,) its exit fee, 0 if it is not in the market
    noise: np.ndarray  # (4, B) normals
    luck: np.ndarray  # (4, B) uniforms
    distance: np.ndarray  # (B,) squared distance of need and belief
    contacts: np.ndarray  # (B,) contacts from one firm
    noticed: np.ndarray  # (F, B) probability of noticing the firm's contacts of this round
    stress: np.ndarray  # (B,)
    overload: np.ndarray  # (B,)
    leaving: np.ndarray  # (B,) switching penalty, utils
    base_price: np.ndarray  # (B,) price of the supplier, euro
    utility: np.ndarray  # (F, B) U
    weight: np.ndarray  # (F, B) weights of the options
    best: np.ndarray  # (B,) greatest U
    total: np.ndarray  # (B,) sums of weights
    other: np.ndarray  # (B,) best of the others at equal prices
    price: np.ndarray  # (B,) one lever of one firm towards each customer
    extra: np.ndarray  # (B,) another one
    kept: np.ndarray  # (B,) share of context left since it was settled
    held: np.ndarray  # (B,) share of expectation left
    rate: np.ndarray  # (2, B) how far beliefs about expressed and latent needs move
    who: np.ndarray  # (B,) uint32 list of customers: those with a need, then those who buy
    chosen: np.ndarray  # (B,) uint32 firm of each on that list
    met: np.ndarray  # (B,) uint32 list of customers with whom a firm learns
    by: np.ndarray  # (B,) uint32 that firm


def workspace(firms: int, block: int) -> Work:
    """Scratch for blocks of up to `block` customers and F firms."""
    shapes = {"noise": (4, block), "luck": (4, block), "rate": (2, block)}
    shapes |= dict.fromkeys(("noticed", "utility", "weight"), (firms, block))
    shapes |= dict.fromkeys(("strange", "shrink", "fee"), (firms,))
    lists = ("who", "chosen", "met", "by")
    return Work(*(np.zeros(shapes.get(n, (block,)), np.uint32 if n in lists else float) for n in Work._fields))


@kernel
def fill(row, value):
    """row[a] = value."""
    for a in range(row.size):
        row[a] = value


@rule
def settle(round, j, i, p, powers, s):
    """Bring context and expectation of one dyad to the start of `round`; returns both."""
    age = round - s.record[state.SETTLED, j, i]
    context = rules.faded_context(f8(s.dyad[state.CONTEXT, j, i]), powers[0, age])
    expectation = rules.faded_expectation(f8(s.dyad[state.EXPECTATION, j, i]), p.prior_value, powers[1, age])
    s.record[state.SETTLED, j, i] = round
    s.dyad[state.CONTEXT, j, i] = context
    s.dyad[state.EXPECTATION, j, i] = expectation
    return context, expectation


@rule
def book_dyad(j, i, revenue, margin, surplus, s):
    """Add to what firm j and customer i have had of each other to date, in euro."""
    s.dyad[state.REVENUE, j, i] = f8(s.dyad[state.REVENUE, j, i]) + revenue
    s.dyad[state.MARGIN, j, i] = f8(s.dyad[state.MARGIN, j, i]) + margin
    s.dyad[state.SURPLUS, j, i] = f8(s.dyad[state.SURPLUS, j, i]) + surplus
