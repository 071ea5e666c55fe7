"""What the phases of the compiled driver share: scratch for one block of customers, and a few small steps.

A phase works on customers lo…hi−1. Lists in the scratch count customers from lo. Rows are cut out of the whole arrays,
`s.flags[j, lo:hi]`, never out of a part of them: only then does the compiler know that neighbours lie side by side.
What a loop may need is read before it decides: a loop whose every pass reads the same can become SIMD.
"""

from typing import NamedTuple

import numpy as np

from sim import random, rules, state
from sim.compiled import kernel, rule

f8 = np.float64  # the state is stored in single precision; every equation works in double


class Encounters(NamedTuple):
    """Purchases of a round: [a] belongs to the a-th buyer on the list, (B,) each. Money in euro."""

    flags: np.ndarray  # uint8, before the encounter
    openness: np.ndarray
    trust: np.ndarray  # before, then after the encounter; so are the next four
    context: np.ndarray
    expectation: np.ndarray
    foreseen: np.ndarray  # undisclosed surcharge expected
    aspiration: np.ndarray
    price: np.ndarray
    surcharge: np.ndarray  # as posted, then as due
    care: np.ndarray
    exit_fee: np.ndarray  # paid to the supplier that is left
    personalisation: np.ndarray
    distance: np.ndarray  # squared, of need and offer
    normal: np.ndarray  # how the value happens to turn out
    fails: np.ndarray  # draw for a failed delivery
    speaks: np.ndarray  # draw for speaking up
    leaves: np.ndarray  # draw for attrition
    fit: np.ndarray
    value: np.ndarray
    paid: np.ndarray
    effort: np.ndarray  # utils
    surplus: np.ndarray
    evidence: np.ndarray
    failed: np.ndarray  # 1 if delivery failed
    voiced: np.ndarray  # 1 if the customer spoke up
    compensation: np.ndarray
    production: np.ndarray
    tailoring: np.ndarray
    margin: np.ndarray


class Options(NamedTuple):
    """One firm in the eyes of those who shop: [a] belongs to the a-th shopper on the list, (B,) each. Money in euro."""

    aware: np.ndarray  # int64, 0 if the customer does not know the firm
    supplier: np.ndarray  # int64, its present supplier, −1 = none
    sensitivity: np.ndarray  # the customer's own, like the next four
    orientation: np.ndarray
    overload: np.ndarray
    leaving: np.ndarray  # switching penalty, utils
    base_price: np.ndarray  # price of the supplier
    context: np.ndarray
    expectation: np.ndarray
    trust: np.ndarray
    foreseen: np.ndarray  # undisclosed surcharge expected
    annoyance: np.ndarray  # utils
    salience: np.ndarray  # utils
    price: np.ndarray
    surcharge: np.ndarray
    taste: np.ndarray


class Work(NamedTuple):
    """Scratch for a block of B customers; [j, a] belongs to firm j and the a-th customer of the block or of a list."""

    strange: np.ndarray  # (F,) effort with the firm without context, utils
    shrink: np.ndarray  # (F,) factor of its range on the squared distance
    fee: np.ndarray  # (F,) its exit fee, 0 if it is not in the market
    noise: np.ndarray  # (4, B) normals
    luck: np.ndarray  # (4, B) uniforms
    distance: np.ndarray  # (B,) squared distance of need and belief
    relevant: np.ndarray  # (B,) share of one firm's contacts that concern the customer
    contacts: np.ndarray  # (B,) contacts from one firm
    noticed: np.ndarray  # (F, B) probability of noticing the firm's contacts of this round
    stress: np.ndarray  # (B,)
    overload: np.ndarray  # (B,)
    utility: np.ndarray  # (F, B) U of the customers on the list, then weights of the options, added up
    best: np.ndarray  # (B,) greatest U
    total: np.ndarray  # (B,) sums of weights
    other: np.ndarray  # (B,) best of the others at equal prices
    extra: np.ndarray  # (B,) something of one firm towards each customer
    context: np.ndarray  # (B,) of one firm at the start of the round
    expectation: np.ndarray  # (B,) likewise
    told: np.ndarray  # (3, B) messages heard
    expressed: np.ndarray  # (B,) how far beliefs about expressed needs move
    latent: np.ndarray  # (B,) how far those about latent needs do
    who: np.ndarray  # (B,) uint32 list of customers: those with a need, then those who buy
    chosen: np.ndarray  # (B,) uint32 firm of each on that list
    met: np.ndarray  # (B,) uint32 list of customers with whom a firm learns
    by: np.ndarray  # (B,) uint32 that firm
    options: Options
    encounters: Encounters


def workspace(firms: int, block: int) -> Work:
    """Scratch for blocks of up to `block` customers and F firms."""
    shapes = {"noise": (4, block), "luck": (4, block), "told": (3, block)}
    shapes |= dict.fromkeys(("noticed", "utility"), (firms, block))
    shapes |= dict.fromkeys(("strange", "shrink", "fee"), (firms,))
    lists = ("who", "chosen", "met", "by")
    rows = [np.zeros(shapes.get(n, (block,)), np.uint32 if n in lists else float) for n in Work._fields[:-2]]
    whole = ("aware", "supplier")
    options = Options(*(np.zeros(block, np.int64 if n in whole else float) for n in Options._fields))
    encounters = Encounters(*(np.zeros(block, np.uint8 if n == "flags" else float) for n in Encounters._fields))
    return Work(*rows, options, encounters)


@kernel
def fill(row, value):
    """row[a] = value."""
    for a in range(row.size):
        row[a] = value


@kernel
def to_normals(first, second):
    """Uniforms of two rows become standard normals; in a loop of their own, as a longer one runs out of registers."""
    for a in range(first.size):
        first[a], second[a] = random.normal_pair(first[a], second[a])


@kernel
def draw_normals(seed, kind, round, lo, many, part, work):
    """Four normals for each of the first `many` customers listed in work.met and firms in work.by, into work.noise."""
    for a in range(many):
        work.noise[0, a], work.noise[1, a], work.noise[2, a], work.noise[3, a] = random.uniforms(
            seed, kind, round, lo + np.int64(work.met[a]), work.by[a], part
        )
    to_normals(work.noise[0, :many], work.noise[1, :many])
    to_normals(work.noise[2, :many], work.noise[3, :many])


@rule
def faded(round, j, i, p, powers, s):
    """Context and expectation of one dyad at the start of `round`."""
    age = np.uint64(round - s.settled[j, i])
    context = rules.faded_context(f8(s.dyad[state.CONTEXT, j, i]), powers[0, age])
    expectation = rules.faded_expectation(f8(s.dyad[state.EXPECTATION, j, i]), p.prior_value, powers[1, age])
    return context, expectation


@kernel
def faded_rows(round, prior, powers, settled, contexts, expectations, context, expectation):
    """The same of neighbours in memory, into the last two rows."""
    for i in range(settled.size):
        age = np.uint64(round - settled[i])
        context[i] = rules.faded_context(f8(contexts[i]), powers[0, age])
        expectation[i] = rules.faded_expectation(f8(expectations[i]), prior, powers[1, age])


@rule
def book_dyad(j, i, revenue, margin, surplus, s):
    """Add to what firm j and customer i have had of each other to date, in euro."""
    s.ledger[j, i, state.REVENUE] = f8(s.ledger[j, i, state.REVENUE]) + revenue
    s.ledger[j, i, state.MARGIN] = f8(s.ledger[j, i, state.MARGIN]) + margin
    s.ledger[j, i, state.SURPLUS] = f8(s.ledger[j, i, state.SURPLUS]) + surplus
