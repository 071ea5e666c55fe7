"""Compiled phases of a round before anybody shops: needs drift, firms reach out, customers talk (steps 1, 3 and 4)."""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import levers
from sim.network import GRAPH, MIXING
from sim.state import AWARE, IDENTIFIED, OPTED_OUT
from sim.workspace import book_dyad, f8, settle


@kernel
def keep_message(round, s, market):
    """A message stays until the next encounter: copy it to the side of this round."""
    now, before = round & 1, 1 - (round & 1)
    active = 0
    for i in range(s.active.size):
        s.told[now, i] = s.told[before, i]
        active += s.active[i]
    for row in range(s.message.shape[1]):
        for i in range(s.active.size):
            s.message[now, row, i] = s.message[before, row, i]
    market[books.ACTIVE] += active


@kernel
def drift(seed, round, lo, p, means, s, work):
    """Needs of all customers move; means (S, K) is where those of each segment centre."""
    dimensions = s.need.shape[0]
    for part in range((dimensions + 3) // 4):
        for i in range(s.active.size):
            work.noise[0, i], work.noise[1, i], work.noise[2, i], work.noise[3, i] = random.normals(
                seed, random.DRIFT, round, lo + i, 0, part
            )
        for k in range(4 * part, min(dimensions, 4 * part + 4)):
            needs = s.need[k]
            normals = work.noise[k & 3]
            for i in range(s.active.size):
                mean = means[np.uint16(s.segment[i]), k]
                moved = rules.drift(f8(needs[i]), mean, p.turbulence, p.heterogeneity, normals[i])
                needs[i] = moved if s.active[i] else f8(needs[i])


@kernel
def advertise(seed, round, lo, j, firms, s):
    """Customers who do not know firm j may come to know it."""
    for i in range(s.active.size):
        if s.active[i] and not s.flags[j, i] & AWARE:
            u, _, _, _ = random.uniforms(seed, random.ADVERTISING, round, lo + i, j, 0)
            if u < firms.lever[inputs.ADVERTISING, j]:
                s.flags[j, i] |= AWARE


@kernel
def inform(round, j, p, firms, powers, s):
    """Content of firm j makes all who know it a little more familiar."""
    content = firms.lever[inputs.CONTENT, j]
    for i in range(s.active.size):
        if s.active[i] and s.flags[j, i] & AWARE:
            context, _ = settle(round, j, i, p, powers, s)
            s.dyad[state.CONTEXT, j, i] = rules.familiarity(context, p.context_gain, p.one_sided_context, content)


@kernel
def contact(round, j, p, firms, powers, s, work, firm):
    """Contacts of firm j and the fatigue they leave; returns how many customers it talks with, listed in work.met."""
    dimensions, size = s.need.shape[0], s.active.size
    distance, contacts, noticed = work.distance[:size], work.contacts[:size], work.noticed[j, :size]
    flags, fatigues = s.flags[j], s.dyad[state.FATIGUE, j]
    pooling = firms.lever[inputs.POOLING, j]
    for i in range(size):
        distance[i] = 0.0
    if firms.lever[inputs.PERSONALISATION, j] > 0.0:
        for k in range(dimensions):
            needs, beliefs, average = s.need[k], s.belief[k, j], firms.average[j, k]
            for i in range(size):
                gap = f8(needs[i]) - rules.pooled(f8(beliefs[i]), average, pooling)
                distance[i] += gap * gap
    relevance, present, active = firms.trait[inputs.RELEVANCE, j], firms.present[j], s.active
    personalisation = work.extra[:size]
    levers(firms, inputs.CONTACTS, j, contacts)
    levers(firms, inputs.PERSONALISATION, j, personalisation)
    for i in range(size):
        open_channel = present and active[i] and (flags[i] & (IDENTIFIED | OPTED_OUT)) == IDENTIFIED
        contacts[i] = contacts[i] if open_channel else 0.0
        relevant = rules.relevant_share(relevance, personalisation[i], distance[i], dimensions)
        before = f8(fatigues[i])
        after = rules.fatigue(before, p.fatigue_carryover, contacts[i], relevant)
        fatigues[i] = after if active[i] else before
        noticed[i] = rules.reach(contacts[i])
    sent = firm[j, books.CONTACTED]
    for i in range(size):
        sent += contacts[i]
    firm[j, books.CONTACTED] = sent
    listening = firms.lever[inputs.LISTENING, j]
    many = 0
    if listening > 0.0:
        for i in range(size):
            work.met[many] = i
            work.by[many] = j
            many += contacts[i] > 0.0
        for a in range(many):
            i = work.met[a]
            openness = f8(s.customer[state.OPENNESS, i])
            share = rules.dialogue(listening, noticed[i], openness)
            context, _ = settle(round, j, i, p, powers, s)
            context = rules.context(context, share * p.context_gain, p.one_sided_context, True)
            s.dyad[state.CONTEXT, j, i] = context
            trust = f8(s.dyad[state.TRUST, j, i])
            work.rate[0, a] = share * rules.expressed_rate(firms.trait[inputs.READING, j], openness, trust)
            work.rate[1, a] = share * rules.latent_rate(firms.trait[inputs.IMAGINATION, j], context, trust)
    return many


@kernel
def crowd(p, firms, s, work, firm, market):
    """Stress from all firms together, and who shuts which channel."""
    size = s.active.size
    stress, overload = work.stress[:size], work.overload[:size]
    for i in range(size):
        stress[i] = 0.0
    for j in range(s.contacted.size):
        if s.contacted[j]:
            fatigues = s.dyad[state.FATIGUE, j]
            for i in range(size):
                stress[i] += f8(fatigues[i])
    stored, tolerance = s.customer[state.STRESS], s.customer[state.TOLERANCE]
    for i in range(size):
        stored[i] = stress[i] if s.active[i] else f8(stored[i])
        overload[i] = rules.overload(stress[i], f8(tolerance[i]))
    all_stress, all_overload = market[books.STRESS], market[books.OVERLOAD]
    for i in range(size):
        if s.active[i]:
            all_stress += stress[i]
            all_overload += overload[i]
    market[books.STRESS], market[books.OVERLOAD] = all_stress, all_overload
    for j in range(s.contacted.size):
        if not s.contacted[j] or not firms.present[j]:
            continue
        fee = firms.lever[inputs.OPT_OUT_FEE, j]
        for i in range(size):
            if (s.flags[j, i] & (IDENTIFIED | OPTED_OUT)) != IDENTIFIED or not s.active[i]:
                continue
            annoyance = rules.annoyance(p.fatigue_weight, f8(s.dyad[state.FATIGUE, j, i]), overload[i])
            if rules.opts_out(annoyance, p.opt_out_threshold, fee):
                s.flags[j, i] |= OPTED_OUT
                firm[j, books.LEFT_CHANNEL] += 1.0
                if fee > 0.0:
                    firm[j, books.OPT_OUT_FEES] += fee
                    evidence = rules.fee_evidence(fee, p.goodwill_scale)
                    trust = rules.trust(f8(s.dyad[state.TRUST, j, i]), evidence, p.trust_gain, p.trust_loss)
                    s.dyad[state.TRUST, j, i] = trust
                    book_dyad(j, i, fee, fee, -fee, s)


@kernel
def neighbour(network, customers, i, u):
    """The neighbour of customer i that the uniform u picks, or −1 if it has none."""
    if network.kind == MIXING:
        k = np.int64(u * (customers - 1))
        return k if k < i else k + 1
    if network.kind == GRAPH:
        first = network.start[i]
        degree = network.start[i + 1] - first
        if degree > 0:
            return np.int64(network.neighbours[first + np.int64(u * degree)])
    return np.int64(-1)


@kernel
def hear(round, lo, p, firms, network, powers, everybody, s, work):
    """Customers hear a neighbour's message of the round before; `everybody` is the state of the whole market."""
    before = 1 - (round & 1)
    for i in range(s.active.size):
        if not s.active[i] or work.luck[1, i] >= f8(s.customer[state.TALKATIVENESS, i]):
            continue
        teller = neighbour(network, everybody.active.size, lo + i, work.luck[2, i])
        j = np.int64(everybody.told[before, teller]) if teller >= 0 else np.int64(-1)
        if j < 0 or not firms.present[j]:
            continue
        context, expectation = settle(round, j, i, p, powers, s)
        evidence = f8(everybody.message[before, state.TOLD_EVIDENCE, teller])
        weight = rules.hearsay_weight(p.hearsay_weight, context, p.bad_news_bias, evidence)
        told_value = f8(everybody.message[before, state.TOLD_VALUE, teller])
        told_trust = f8(everybody.message[before, state.TOLD_TRUST, teller])
        s.dyad[state.EXPECTATION, j, i] = rules.moved_towards(expectation, told_value, weight)
        s.dyad[state.TRUST, j, i] = rules.moved_towards(f8(s.dyad[state.TRUST, j, i]), told_trust, weight)
        s.flags[j, i] |= AWARE
