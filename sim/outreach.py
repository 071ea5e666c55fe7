"""Compiled phases of a round before anybody shops: needs drift, firms reach out, customers talk (submodels 1, 3, 4)."""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import levers
from sim.network import GRAPH, MIXING
from sim.state import AWARE, IDENTIFIED, OPTED_OUT
from sim.workspace import book_dyad, f8, fill, settle


@kernel
def keep_message(round, lo, hi, s, market):
    """A message stays until the next encounter: copy it to the side of this round."""
    now, before = round & 1, 1 - (round & 1)
    told, tells = s.told[before, lo:hi], s.told[now, lo:hi]
    for i in range(told.size):
        tells[i] = told[i]
    for row in range(s.message.shape[1]):
        said, says = s.message[before, row, lo:hi], s.message[now, row, lo:hi]
        for i in range(said.size):
            says[i] = said[i]
    here, active = s.active[lo:hi], 0
    for i in range(here.size):
        active += here[i]
    market[books.ACTIVE] += active


@kernel
def drift(seed, round, lo, hi, p, means, s, work):
    """Needs of all customers move; means (K, S) is where those of each segment centre."""
    dimensions, size = s.need.shape[0], hi - lo
    active, segments, centres = s.active[lo:hi], s.segment[lo:hi], work.extra[:size]
    for part in range((dimensions + 3) // 4):
        for i in range(size):
            work.noise[0, i], work.noise[1, i], work.noise[2, i], work.noise[3, i] = random.normals(
                seed, random.DRIFT, round, lo + i, 0, part
            )
        for k in range(4 * part, min(dimensions, 4 * part + 4)):
            if means.shape[1] == 1:
                fill(centres, means[k, 0])
            else:
                for i in range(size):
                    centres[i] = means[k, np.uint16(segments[i])]
            _move(s.need[k, lo:hi], centres, work.noise[k & 3, :size], p.turbulence, p.heterogeneity, active)


@kernel
def _move(needs, centres, normals, turbulence, heterogeneity, active):
    for i in range(needs.size):
        moved = rules.drift(f8(needs[i]), centres[i], turbulence, heterogeneity, normals[i])
        needs[i] = moved if active[i] else f8(needs[i])


@kernel
def advertise(seed, round, lo, hi, j, firms, s):
    """Customers who do not know firm j may come to know it."""
    flags, active = s.flags[j, lo:hi], s.active[lo:hi]
    for i in range(flags.size):
        if active[i] and not flags[i] & AWARE:
            u, _, _, _ = random.uniforms(seed, random.ADVERTISING, round, lo + i, j, 0)
            if u < firms.lever[inputs.ADVERTISING, j]:
                flags[i] |= AWARE


@kernel
def inform(round, lo, hi, j, p, firms, powers, s):
    """Content of firm j makes all who know it a little more familiar."""
    content = firms.lever[inputs.CONTENT, j]
    for i in range(np.uint64(lo), np.uint64(hi)):
        if s.active[i] and s.flags[j, i] & AWARE:
            context, _ = settle(round, j, i, p, powers, s)
            s.dyad[state.CONTEXT, j, i] = rules.familiarity(context, p.context_gain, p.one_sided_context, content)


@kernel
def contact(round, lo, hi, j, p, firms, powers, s, work, firm):
    """Contacts of firm j and the fatigue they leave; returns how many customers it talks with, listed in work.met."""
    dimensions, size = s.need.shape[0], hi - lo
    distance, contacts, noticed = work.distance[:size], work.contacts[:size], work.noticed[j, :size]
    flags, fatigues, active = s.flags[j, lo:hi], s.dyad[state.FATIGUE, j, lo:hi], s.active[lo:hi]
    pooling, personalisation = firms.lever[inputs.POOLING, j], work.extra[:size]
    levers(firms, inputs.CONTACTS, j, lo, contacts)
    levers(firms, inputs.PERSONALISATION, j, lo, personalisation)
    fill(distance, 0.0)
    tailored = firms.lever[inputs.PERSONALISATION, j] > 0.0
    if tailored:
        for k in range(dimensions):
            _add_gap(s.need[k, lo:hi], s.belief[k, j, lo:hi], firms.average[j, k], pooling, distance)
    _send(firms.present[j] != 0, active, flags, contacts)
    _tire(
        p.fatigue_carryover, firms.trait[inputs.RELEVANCE, j], dimensions, tailored, active, personalisation, distance,
        contacts, fatigues,
    )  # fmt: skip
    if firms.slot[inputs.CONTACTS, j] < 0:  # one number for all who can be reached
        reached = rules.reach(firms.lever[inputs.CONTACTS, j])
        for i in range(size):
            noticed[i] = reached if contacts[i] > 0.0 else 0.0
    else:
        for i in range(size):
            noticed[i] = rules.reach(contacts[i])
    sent = firm[j, books.CONTACTS]
    for i in range(size):
        sent += contacts[i]
    firm[j, books.CONTACTS] = sent
    if firms.lever[inputs.LISTENING, j] <= 0.0:
        return 0
    many = 0
    for i in range(size):
        work.met[many] = i
        work.by[many] = j
        many += contacts[i] > 0.0
    for a in range(many):
        i = np.uint64(lo) + work.met[a]
        openness = f8(s.customer[state.OPENNESS, i])
        share = rules.dialogue(firms.lever[inputs.LISTENING, j], noticed[work.met[a]], openness)
        context, _ = settle(round, j, i, p, powers, s)
        context = rules.context(context, share * p.context_gain, p.one_sided_context, True)
        s.dyad[state.CONTEXT, j, i] = context
        trust = f8(s.dyad[state.TRUST, j, i])
        work.rate[0, a] = share * rules.expressed_rate(firms.trait[inputs.READING, j], openness, trust)
        work.rate[1, a] = share * rules.latent_rate(firms.trait[inputs.IMAGINATION, j], context, trust)
    return many


@kernel
def _add_gap(needs, beliefs, average, pooling, distance):
    for i in range(distance.size):
        gap = f8(needs[i]) - rules.pooled(f8(beliefs[i]), average, pooling)
        distance[i] += gap * gap


@kernel
def _send(present, active, flags, contacts):
    """Contacts reach only customers the firm knows and who have not shut the channel."""
    for i in range(contacts.size):
        open_channel = present and active[i] and (flags[i] & (IDENTIFIED | OPTED_OUT)) == IDENTIFIED
        contacts[i] = contacts[i] if open_channel else 0.0


@kernel
def _tire(carryover, relevance, dimensions, tailored, active, personalisation, distance, contacts, fatigues):
    """Fatigue after the contacts; relevance counts only where a firm tailors."""
    for i in range(contacts.size):
        relevant = rules.relevant_share(relevance, personalisation[i], distance[i], dimensions) if tailored else 0.0
        before = f8(fatigues[i])
        after = rules.fatigue(before, carryover, contacts[i], relevant)
        fatigues[i] = after if active[i] else before


@kernel
def crowd(lo, hi, p, firms, s, work, firm, market):
    """Stress from all firms together, and who shuts which channel."""
    size = hi - lo
    stress, overload, active = work.stress[:size], work.overload[:size], s.active[lo:hi]
    fill(stress, 0.0)
    for j in range(s.contacted.size):
        if s.contacted[j]:
            fatigues = s.dyad[state.FATIGUE, j, lo:hi]
            for i in range(size):
                stress[i] += f8(fatigues[i])
    stored, tolerance = s.customer[state.STRESS, lo:hi], s.customer[state.CONTACT_TOLERANCE, lo:hi]
    for i in range(size):
        stored[i] = stress[i] if active[i] else f8(stored[i])
        overload[i] = rules.overload(stress[i], f8(tolerance[i]))
    all_stress, all_overload = market[books.STRESS], market[books.OVERLOAD]
    for i in range(size):
        all_stress += stress[i] if active[i] else 0.0
        all_overload += overload[i] if active[i] else 0.0
    market[books.STRESS], market[books.OVERLOAD] = all_stress, all_overload
    for j in range(s.contacted.size):
        if not s.contacted[j] or not firms.present[j]:
            continue
        fee = firms.lever[inputs.OPT_OUT_FEE, j]
        flags, fatigues = s.flags[j, lo:hi], s.dyad[state.FATIGUE, j, lo:hi]
        for a in range(size):
            annoyance = rules.annoyance(p.fatigue_weight, f8(fatigues[a]), overload[a])
            if not rules.opts_out(annoyance, p.opt_out_threshold, fee):
                continue
            if active[a] and (flags[a] & (IDENTIFIED | OPTED_OUT)) == IDENTIFIED:
                flags[a] |= OPTED_OUT
                firm[j, books.OPT_OUTS] += 1.0
                if fee > 0.0:
                    i = np.uint64(lo) + np.uint64(a)
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
def hear(round, lo, hi, p, firms, network, powers, s, work):
    """Customers hear a neighbour's message of the round before."""
    before = 1 - (round & 1)
    active, talkativeness = s.active[lo:hi], s.customer[state.TALKATIVENESS, lo:hi]
    for a in range(hi - lo):
        if not active[a] or work.luck[1, a] >= f8(talkativeness[a]):
            continue
        teller = neighbour(network, s.active.size, lo + a, work.luck[2, a])
        j = np.int64(s.told[before, teller]) if teller >= 0 else np.int64(-1)
        if j < 0 or not firms.present[j]:
            continue
        i = np.uint64(lo) + np.uint64(a)
        context, expectation = settle(round, j, i, p, powers, s)
        evidence = f8(s.message[before, state.TOLD_EVIDENCE, teller])
        weight = rules.hearsay_weight(p.hearsay_weight, context, p.bad_news_bias, evidence)
        told_value = f8(s.message[before, state.TOLD_VALUE, teller])
        told_trust = f8(s.message[before, state.TOLD_TRUST, teller])
        s.dyad[state.EXPECTATION, j, i] = rules.moved_towards(expectation, told_value, weight)
        s.dyad[state.TRUST, j, i] = rules.moved_towards(f8(s.dyad[state.TRUST, j, i]), told_trust, weight)
        s.flags[j, i] |= AWARE
