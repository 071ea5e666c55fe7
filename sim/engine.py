"""The compiled driver: rounds of all customers, block by block, one loop per phase.

A block is a run of consecutive customers that fits the cache. Within it, loops run over customers with the rules
inlined; where only some customers take part (those with a need, those who buy), they are listed first and the loop runs
over the list. Customers never read each other but for messages of the round before, so any division into blocks and
threads gives the same bits. The order of phases is that of docs/model.md.
"""

from typing import NamedTuple

import numpy as np

from sim import books, inputs, random, rules, state
from sim.books import CHUNK
from sim.compiled import kernel
from sim.encounter import learn_needs, meet
from sim.network import NONE
from sim.outreach import advertise, contact, crowd, drift, hear, inform, keep_message
from sim.purchase import appraise, book_switching_cost, choose
from sim.workspace import f8

BLOCK = 1024


class Log(NamedTuple):
    """What each customer bought this round; arrays of length 0 when no log is kept."""

    firm: np.ndarray  # (C,) int16, −1 = nothing
    price: np.ndarray  # (C,) float64, euro, price or outcome share
    surcharge: np.ndarray  # (C,) float64, euro
    value: np.ndarray  # (C,) float64, euro


@kernel
def play(
    seed, first, last, first_chunk, last_chunk, p, firms, means, network, powers, s, flows, log, work
):  # fmt: skip
    """Customers' part of rounds first…last, as long as no firm changes its mind: chunks first_chunk…last_chunk−1.

    means: (K, S) where needs of each segment centre; powers: `state.fading`; work: scratch that no other thread
    uses. Writes the state and adds to flows, whose row 0 is round `first`. More rounds than one need all chunks in
    one call, as messages must be complete before the next.
    """
    size = s.contacted.size
    block = work.who.size
    crowded = False
    for j in range(size):
        assortment = firms.lever[inputs.ASSORTMENT, j]
        work.strange[j] = rules.assortment_effort(p.search_effort, p.choice_effort, assortment)
        work.shrink[j] = rules.range_factor(assortment, s.need.shape[0])
        work.fee[j] = firms.lever[inputs.EXIT_FEE, j] if firms.present[j] else 0.0
        crowded |= s.contacted[j] != 0
    for step in range((last - first + 1) * (last_chunk - first_chunk)):
        round = first + step // (last_chunk - first_chunk)
        chunk = first_chunk + step % (last_chunk - first_chunk)
        firm, market = flows.firm[round - first, chunk], flows.market[round - first, chunk]
        end = min((chunk + 1) * CHUNK, s.active.size)
        for lo in range(chunk * CHUNK, end, block):
            hi = min(lo + block, end)
            keep_message(round, lo, hi, s, market)
            if p.turbulence > 0.0:
                drift(seed, round, lo, hi, p, means, s, work)
            for j in range(size):
                if firms.present[j] and firms.lever[inputs.ADVERTISING, j] > 0.0:
                    advertise(seed, round, lo, hi, j, firms, s, work)
                if firms.present[j] and firms.lever[inputs.CONTENT, j] > 0.0:
                    inform(round, lo, hi, j, p, firms, powers, s, work)
                if s.contacted[j]:
                    many = contact(round, lo, hi, j, p, firms, powers, s, work, firm)
                    learn_needs(seed, random.CONTACT, round, lo, many, p, s, work)
            if crowded:
                crowd(lo, hi, p, firms, s, work, firm, market)
            for i in range(hi - lo):
                _, work.luck[1, i], work.luck[2, i], work.luck[3, i] = random.uniforms(
                    seed, random.LIFE, round, lo + i, 0, 0
                )
            if network.kind != NONE:
                hear(round, lo, hi, p, firms, network, powers, s, work)
            shoppers, active, rates = 0, s.active[lo:hi], s.customer[state.PURCHASE_RATE, lo:hi]
            for i in range(hi - lo):
                work.who[shoppers] = i
                shoppers += (active[i] != 0) & (work.luck[3, i] < f8(rates[i]))
            market[books.OCCASIONS] += shoppers
            appraise(round, lo, p, firms, powers, s, work, shoppers)
            book_switching_cost(lo, p, s, work, shoppers, market)
            buyers = choose(seed, round, lo, p, work, shoppers)
            many = meet(seed, round, lo, buyers, p, firms, powers, s, work, firm, market, log)
            learn_needs(seed, random.OBSERVATION, round, lo, many, p, s, work)
