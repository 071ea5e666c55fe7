"""Compiled phases of a round from the purchase to the lesson: encounter, learning (submodels 6 and 7).

An encounter touches thirty numbers that lie anywhere in memory. They are fetched into rows, the equations run over the
rows, and the outcome is written back: each step a short loop over all buyers of the block.
"""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import lever
from sim.state import IDENTIFIED, MUTUAL
from sim.workspace import book_dyad, draw_normals, f8, faded, to_normals


@kernel
def meet(seed, round, lo, buyers, p, firms, powers, s, work, firm, market, log):
    """Encounters of the listed buyers with the firms they chose; lists in work.met, and counts, those a firm learns
    from.
    """
    e = work.encounters
    _send_for(lo, buyers, s, work)
    for a in range(buyers):
        e.fails[a], e.speaks[a], e.normal[a], work.total[a] = random.uniforms(
            seed, random.DELIVERY, round, lo + np.int64(work.who[a]), work.chosen[a], 0
        )
    to_normals(e.normal[:buyers], work.total[:buyers])
    _fetch(round, lo, buyers, p, firms, powers, s, work)
    _offer(lo, buyers, firms, s, work)
    _reckon(buyers, s.need.shape[0], p, firms, work)
    learners = _remember(round, lo, buyers, s, work, firm)
    _tell(round & 1, lo, buyers, s, work, firm, market)
    _book(lo, buyers, s, work, firm, log)
    return learners


@kernel
def _send_for(lo, buyers, s, work):
    """Touch what an encounter changes but played no part in the choice, as it is still far from the processor: a short
    loop waits for many of them at once.
    """
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        work.total[a] = f8(s.ledger[j, i, 0]) + f8(s.belief[j, i, 0]) + f8(s.record[j, i, 0])


@kernel
def _fetch(round, lo, buyers, p, firms, powers, s, work):
    """What the encounters depend on."""
    e = work.encounters
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        e.flags[a] = s.flags[j, i]
        e.openness[a] = f8(s.customer[state.OPENNESS, i])
        e.aspiration[a] = f8(s.customer[state.ASPIRATION, i])
        e.trust[a] = f8(s.dyad[state.TRUST, j, i])
        e.foreseen[a] = f8(s.dyad[state.EXPECTED_SURCHARGE, j, i])
        e.context[a], e.expectation[a] = faded(round, j, i, p, powers, s)
        e.price[a] = lever(firms, inputs.PRICE, j, i)
        e.surcharge[a] = lever(firms, inputs.SURCHARGE, j, i)
        e.care[a] = lever(firms, inputs.CARE, j, i)
        personalisation = lever(firms, inputs.PERSONALISATION, j, i)
        e.personalisation[a] = personalisation if e.flags[a] & IDENTIFIED else 0.0
        supplier = s.supplier[i]
        fee = work.fee[np.uint16(max(supplier, 0))]
        e.exit_fee[a] = fee if (supplier >= 0) & (supplier != j) else 0.0


@kernel
def _offer(lo, buyers, firms, s, work):
    """Squared distances of needs and offers."""
    e = work.encounters
    for a in range(buyers):
        e.distance[a] = 0.0
    for k in range(s.need.shape[0]):
        for a in range(buyers):
            i, j = np.uint64(lo) + work.who[a], work.chosen[a]
            belief = rules.pooled(f8(s.belief[j, i, k]), firms.average[j, k], firms.lever[inputs.POOLING, j])
            relevance = firms.trait[inputs.RELEVANCE, j]
            gap = f8(s.need[k, i]) - rules.offered(firms.position[j, k], relevance, e.personalisation[a], belief)
            e.distance[a] += gap * gap


@kernel
def _reckon(buyers, dimensions, p, firms, work):
    """Delivery, payment, and what the customers make of it."""
    e = work.encounters
    for a in range(buyers):
        j, trust, context, openness = work.chosen[a], e.trust[a], e.context[a], e.openness[a]
        quality, mutual = firms.lever[inputs.QUALITY, j], e.flags[a] & MUTUAL == MUTUAL
        imagination, personalisation = firms.trait[inputs.IMAGINATION, j], e.personalisation[a]
        outcome_share, transparency = firms.lever[inputs.OUTCOME_SHARE, j], firms.lever[inputs.TRANSPARENCY, j]
        foreseen, expectation, aspiration = e.foreseen[a], e.expectation[a], e.aspiration[a]

        # delivery
        fit = rules.fit(e.distance[a], work.shrink[j], dimensions)
        together = rules.cocreation(p.cocreation, imagination, context, trust, openness, mutual)
        value = rules.value_in_use(
            p.base_value, firms.trait[inputs.FIRM_QUALITY, j] * quality, fit, together, p.value_noise, e.normal[a]
        )
        voice = rules.voice_probability(firms.lever[inputs.LISTENING, j], p.voice_floor, trust)
        failed = e.fails[a] < firms.trait[inputs.FAILURE_RATE, j]
        voiced = failed & (e.speaks[a] < voice)
        repair = rules.compensation(e.care[a], p.failure_loss)
        compensation = repair if voiced else 0.0
        spoilt = value - p.failure_loss
        value = spoilt if failed else value
        value += compensation

        # payment
        surcharge = rules.surcharge_due(e.surcharge[a], outcome_share)
        paid = rules.paid(e.price[a], surcharge, outcome_share, value)
        effort = rules.effort(work.strange[j], context)
        surplus = rules.surplus(value, paid, e.exit_fee[a], effort)
        production = rules.unit_cost(
            firms.trait[inputs.UNIT_COST, j], firms.trait[inputs.QUALITY_COST, j], quality,
            firms.trait[inputs.EFFICIENCY, j], personalisation,
        )  # fmt: skip
        tailoring = rules.tailoring_cost(firms.trait[inputs.PERSONALISATION_COST, j], personalisation)

        # the customer learns
        surprise = rules.surprise(surcharge, transparency, foreseen, outcome_share)
        evidence = rules.goodwill(
            surplus, aspiration, surprise, p.loss_aversion, p.goodwill_scale, transparency, p.transparency_credit
        )
        e.foreseen[a] = rules.expected_surcharge(foreseen, p.surcharge_learning, surprise)
        e.expectation[a] = rules.moved_towards(expectation, value, p.value_learning)
        e.aspiration[a] = rules.moved_towards(aspiration, surplus, p.aspiration_learning)
        e.trust[a] = rules.trust(trust, evidence, p.trust_gain, p.trust_loss)
        e.fit[a], e.value[a], e.surcharge[a], e.paid[a] = fit, value, surcharge, paid
        e.effort[a], e.surplus[a], e.evidence[a] = effort, surplus, evidence
        e.failed[a], e.voiced[a], e.compensation[a] = failed, voiced, compensation
        e.production[a], e.tailoring[a] = production, tailoring
        e.margin[a] = rules.margin(paid, production, tailoring, compensation)

        # the firm remembers, and what the two share grows
        flags = e.flags[a] | (IDENTIFIED if firms.lever[inputs.MEMORY, j] > 0.0 else 0)
        context = rules.context(context, p.context_gain, p.one_sided_context, flags & MUTUAL == MUTUAL)
        e.flags[a], e.context[a] = flags, context
        work.expressed[a] = rules.expressed_rate(firms.trait[inputs.READING, j], openness, e.trust[a])
        work.latent[a] = rules.latent_rate(imagination, context, e.trust[a])


@kernel
def _remember(round, lo, buyers, s, work, firm):
    """Write back what customer and firm have of each other; returns how many of the firms learn, listed in work.met."""
    e, learners = work.encounters, 0
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        s.dyad[state.EXPECTATION, j, i] = e.expectation[a]
        s.dyad[state.EXPECTED_SURCHARGE, j, i] = e.foreseen[a]
        s.dyad[state.TRUST, j, i] = e.trust[a]
        s.dyad[state.CONTEXT, j, i] = e.context[a]
        s.settled[j, i] = round + 1
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        book_dyad(j, i, e.paid[a], e.margin[a], e.surplus[a], s)
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        s.record[j, i, state.LAST_ROUND] = round
        purchases, first = s.record[j, i, state.PURCHASES], s.record[j, i, state.FIRST_ROUND]
        s.record[j, i, state.PURCHASES] = purchases + 1
        s.record[j, i, state.FIRST_ROUND] = round if purchases == 0 else first
        firm[j, books.FIRST_TIME] += purchases == 0
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        firm[j, books.MET] += e.flags[a] != s.flags[j, i]
        s.flags[j, i] = e.flags[a]
        work.met[learners], work.by[learners] = work.who[a], j
        work.expressed[learners], work.latent[learners] = work.expressed[a], work.latent[a]
        learners += e.flags[a] & MUTUAL == MUTUAL
    return learners


@kernel
def _tell(now, lo, buyers, s, work, firm, market):
    """Write back what is the customers' own: message, supplier, aspiration; some leave for good."""
    e = work.encounters
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        s.customer[state.ASPIRATION, i] = e.aspiration[a]
        s.told[now, i] = j
        s.message[now, i, state.TOLD_VALUE] = e.value[a]
        s.message[now, i, state.TOLD_TRUST] = e.trust[a]
        s.message[now, i, state.TOLD_EVIDENCE] = e.evidence[a]
        before, supplier = s.supplier[i], np.uint16(max(s.supplier[i], 0))
        s.supplier[i] = j
        switches = (before >= 0) & (before != j)
        firm[j, books.NEWCOMERS] += before < 0
        firm[j, books.WON] += switches
        firm[supplier, books.LOST] += switches
        if e.exit_fee[a] > 0.0:
            firm[supplier, books.EXIT_FEES] += e.exit_fee[a]
            book_dyad(supplier, i, e.exit_fee[a], e.exit_fee[a], 0.0, s)
        if e.leaves[a] < f8(s.customer[state.ATTRITION, i]):
            _depart(now, i, s, firm, market)


@kernel
def _depart(now, i, s, firm, market):
    """Customer i leaves the market for good and falls silent."""
    s.active[i] = 0
    s.told[now, i] = -1
    market[books.DEPARTURES] += 1.0
    for j in range(s.flags.shape[0]):
        if s.flags[j, i] & IDENTIFIED:
            firm[j, books.FORGOTTEN] += 1.0


@kernel
def _book(lo, buyers, s, work, firm, log):
    """The firms' books, customer by customer."""
    e = work.encounters
    for a in range(buyers):
        j = work.chosen[a]
        firm[j, books.SALES] += e.paid[a] - e.surcharge[a]
        firm[j, books.SURCHARGES] += e.surcharge[a]
        firm[j, books.PRODUCTION] += e.production[a]
        firm[j, books.PERSONALISATION] += e.tailoring[a]
        firm[j, books.COMPENSATION] += e.compensation[a]
        firm[j, books.PURCHASES] += 1.0
        firm[j, books.TRUST] += e.trust[a]
        firm[j, books.CONTEXT] += e.context[a]
        firm[j, books.FIT] += e.fit[a]
        firm[j, books.SURPLUS] += e.surplus[a]
        firm[j, books.EFFORT] += e.effort[a]
        firm[j, books.VALUE] += e.value[a]
        firm[j, books.EVIDENCE] += e.evidence[a]
        firm[j, books.FAILURES] += e.failed[a]
        if e.voiced[a] > 0.0:
            firm[j, books.COMPLAINTS] += 1.0
            s.record[j, np.uint64(lo) + work.who[a], state.COMPLAINTS] += 1
    if log.firm.size > 0:
        for a in range(buyers):
            i = np.uint64(lo) + work.who[a]
            log.firm[i], log.price[i] = work.chosen[a], e.paid[a] - e.surcharge[a]
            log.surcharge[i], log.value[i] = e.surcharge[a], e.value[a]


@kernel
def learn_needs(seed, kind, round, lo, many, p, s, work):
    """Beliefs of the firms work.by about the customers work.met move towards what was observed of needs."""
    dimensions = s.need.shape[0]
    for part in range((dimensions + 3) // 4):
        draw_normals(seed, kind, round, lo, many, part, work)
        for k in range(4 * part, min(dimensions, 4 * part + 4)):
            rates = work.latent if k >= dimensions - p.latent_dimensions else work.expressed
            normals = work.noise[k & 3]
            for a in range(many):
                i, j = np.uint64(lo) + work.met[a], work.by[a]
                seen = f8(s.need[k, i]) + p.observation_noise * normals[a]
                s.belief[j, i, k] = rules.moved_towards(f8(s.belief[j, i, k]), seen, rates[a])
