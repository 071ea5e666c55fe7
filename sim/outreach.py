"""Compiled phases of a round before anybody shops: needs drift, firms reach out, customers talk (submodels 1, 3, 4)."""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import lever, levers
from sim.network import GRAPH, MIXING
from sim.state import AWARE, IDENTIFIED, OPTED_OUT
from sim.workspace import book_dyad, draw_normals, f8, faded, faded_rows, fill


@kernel
def keep_message(round, lo, hi, s, market):
    """A message stays until the next encounter: copy it to the side of this round."""
    now, before = round & 1, 1 - (round & 1)
    told, tells = s.told[before, lo:hi], s.told[now, lo:hi]
    for i in range(told.size):
        tells[i] = told[i]
    said, says = s.message[before, lo:hi].reshape(-1), s.message[now, lo:hi].reshape(-1)
    for at in range(said.size):
        says[at] = said[at]
    here, active = s.active[lo:hi], 0
    for i in range(here.size):
        active += here[i]
    market[books.ACTIVE] += active


@kernel
def drift(seed, round, lo, hi, p, means, s, work):
    """Needs of all customers move; means (K, S) is where those of each segment centre."""
    dimensions, size = s.need.shape[0], hi - lo
    active, segments, centres = s.active[lo:hi], s.segment[lo:hi], work.extra[:size]
    for i in range(size):
        work.met[i], work.by[i] = i, 0
    for part in range((dimensions + 3) // 4):
        draw_normals(seed, random.DRIFT, round, lo, size, part, work)
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
        need = f8(needs[i])
        moved = rules.drift(need, centres[i], turbulence, heterogeneity, normals[i])
        needs[i] = moved if active[i] else need


@kernel
def advertise(seed, round, lo, hi, j, firms, s, work):
    """Customers who do not know firm j may come to know it."""
    flags, active, strangers = s.flags[j, lo:hi], s.active[lo:hi], 0
    for i in range(flags.size):
        work.met[strangers] = i
        strangers += (active[i] != 0) & (flags[i] & AWARE == 0)
    for a in range(strangers):
        work.luck[0, a], _, _, _ = random.uniforms(seed, random.ADVERTISING, round, lo + np.int64(work.met[a]), j, 0)
    for a in range(strangers):
        i = work.met[a]
        flags[i] |= AWARE if work.luck[0, a] < firms.lever[inputs.ADVERTISING, j] else 0


@kernel
def inform(round, lo, hi, j, p, firms, powers, s, work):
    """Content of firm j makes all who know it a little more familiar."""
    settled, size = s.settled[j, lo:hi], hi - lo
    contexts, expectations = s.dyad[state.CONTEXT, j, lo:hi], s.dyad[state.EXPECTATION, j, lo:hi]
    context, expectation, reached = work.context[:size], work.expectation[:size], work.extra[:size]
    faded_rows(round, p.prior_value, powers, settled, contexts, expectations, context, expectation)
    active, flags, content = s.active[lo:hi], s.flags[j, lo:hi], firms.lever[inputs.CONTENT, j]
    for i in range(size):
        context[i] = rules.familiarity(context[i], p.context_gain, p.one_sided_context, content)
        reached[i] = (active[i] != 0) & (flags[i] & AWARE != 0)
    _settle(round, reached, context, expectation, settled, contexts, expectations)


@kernel
def _settle(round, where, context, expectation, settled, contexts, expectations):
    """Store context and expectation as of the start of `round` wherever `where` is above 0."""
    for i in range(where.size):
        old_context, old_expectation, since = f8(contexts[i]), f8(expectations[i]), settled[i]
        contexts[i] = context[i] if where[i] > 0.0 else old_context
        expectations[i] = expectation[i] if where[i] > 0.0 else old_expectation
        settled[i] = round if where[i] > 0.0 else since


@kernel
def contact(round, lo, hi, j, p, firms, powers, s, work, firm):
    """Contacts of firm j and the fatigue they leave; returns how many customers it talks with, listed in work.met."""
    size = hi - lo
    contacts, noticed, relevant = work.contacts[:size], work.noticed[j, :size], work.relevant[:size]
    levers(firms, inputs.CONTACTS, j, lo, contacts)
    _send(firms.present[j] != 0, s.active[lo:hi], s.flags[j, lo:hi], contacts)
    many = 0
    for i in range(size):
        work.met[many] = i
        many += contacts[i] > 0.0
    fill(relevant, 0.0)
    if firms.lever[inputs.PERSONALISATION, j] > 0.0:  # relevance counts only where a firm tailors
        _relate(lo, j, many, firms, s, work)
    _tire(p.fatigue_carryover, s.active[lo:hi], contacts, relevant, s.dyad[state.FATIGUE, j, lo:hi])
    if firms.slot[inputs.CONTACTS, j] < 0:  # one number for all who can be reached
        reached = rules.reach(firms.lever[inputs.CONTACTS, j])
        for i in range(size):
            noticed[i] = reached if contacts[i] > 0.0 else 0.0
    else:
        for i in range(size):
            noticed[i] = rules.reach(contacts[i])
    sent = firm[j, books.CONTACTS]
    for a in range(many):
        sent += contacts[work.met[a]]
    firm[j, books.CONTACTS] = sent
    if firms.lever[inputs.LISTENING, j] <= 0.0 or many == 0:
        return 0
    _talk(round, lo, hi, j, many, p, firms, powers, s, work)
    return many


@kernel
def _send(present, active, flags, contacts):
    """Contacts reach only customers the firm knows and who have not shut the channel."""
    for i in range(contacts.size):
        open_channel = present & (active[i] != 0) & (flags[i] & (IDENTIFIED | OPTED_OUT) == IDENTIFIED)
        meant = contacts[i]
        contacts[i] = meant if open_channel else 0.0


@kernel
def _relate(lo, j, many, firms, s, work):
    """Share of the contacts that concern each of the listed customers, into work.relevant."""
    dimensions, distance, tailored = s.need.shape[0], work.distance, work.extra
    for a in range(many):
        distance[a] = 0.0
        tailored[a] = lever(firms, inputs.PERSONALISATION, j, np.uint64(lo) + work.met[a])
    for k in range(dimensions):
        average, pooling = firms.average[j, k], firms.lever[inputs.POOLING, j]
        for a in range(many):
            i = np.uint64(lo) + work.met[a]
            gap = f8(s.need[k, i]) - rules.pooled(f8(s.belief[j, i, k]), average, pooling)
            distance[a] += gap * gap
    for a in range(many):
        relevance = firms.trait[inputs.RELEVANCE, j]
        distance[a] = rules.relevant_share(relevance, tailored[a], distance[a], dimensions)
    for a in range(many):
        work.relevant[work.met[a]] = distance[a]


@kernel
def _tire(carryover, active, contacts, relevant, fatigues):
    for i in range(contacts.size):
        before = f8(fatigues[i])
        after = rules.fatigue(before, carryover, contacts[i], relevant[i])
        fatigues[i] = after if active[i] else before


@kernel
def _talk(round, lo, hi, j, many, p, firms, powers, s, work):
    """A contact of a firm that listens is part of an encounter, and the firm learns."""
    size = hi - lo
    contacts, noticed, openness = work.contacts[:size], work.noticed[j, :size], s.customer[state.OPENNESS, lo:hi]
    settled, context, expectation = s.settled[j, lo:hi], work.context[:size], work.expectation[:size]
    contexts, expectations = s.dyad[state.CONTEXT, j, lo:hi], s.dyad[state.EXPECTATION, j, lo:hi]
    faded_rows(round, p.prior_value, powers, settled, contexts, expectations, context, expectation)
    listening, reading = firms.lever[inputs.LISTENING, j], firms.trait[inputs.READING, j]
    imagination = firms.trait[inputs.IMAGINATION, j]
    for i in range(size):
        share = rules.dialogue(listening, noticed[i], f8(openness[i]))
        context[i] = rules.context(context[i], share * p.context_gain, p.one_sided_context, True)
    _settle(round, contacts, context, expectation, settled, contexts, expectations)
    for a in range(many):
        work.by[a] = j
        at = work.met[a]
        i = np.uint64(lo) + at
        open_, trust = f8(s.customer[state.OPENNESS, i]), f8(s.dyad[state.TRUST, j, i])
        share = rules.dialogue(listening, noticed[at], open_)
        work.expressed[a] = share * rules.expressed_rate(reading, open_, trust)
        work.latent[a] = share * rules.latent_rate(imagination, context[at], trust)


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
        overload[i] = rules.overload(stress[i], f8(tolerance[i]))
        before = f8(stored[i])
        stored[i] = stress[i] if active[i] else before
    all_stress, all_overload = market[books.STRESS], market[books.OVERLOAD]
    for i in range(size):
        all_stress += stress[i] if active[i] else 0.0
        all_overload += overload[i] if active[i] else 0.0
    market[books.STRESS], market[books.OVERLOAD] = all_stress, all_overload
    for j in range(s.contacted.size):
        if s.contacted[j] and firms.present[j]:
            _opt_out(lo, hi, j, p, firms, s, work, firm)


@kernel
def _opt_out(lo, hi, j, p, firms, s, work, firm):
    """Customers whom firm j annoys too much shut its channel; few do."""
    size, fee = hi - lo, firms.lever[inputs.OPT_OUT_FEE, j]
    overload, active, shuts, some = work.overload[:size], s.active[lo:hi], work.extra[:size], 0
    flags, fatigues = s.flags[j, lo:hi], s.dyad[state.FATIGUE, j, lo:hi]
    for i in range(size):
        annoyance = rules.annoyance(p.fatigue_weight, f8(fatigues[i]), overload[i])
        open_channel = (active[i] != 0) & (flags[i] & (IDENTIFIED | OPTED_OUT) == IDENTIFIED)
        shut = open_channel & rules.opts_out(annoyance, p.opt_out_threshold, fee)
        shuts[i] = shut
        some += shut
    if some == 0:
        return
    firm[j, books.OPT_OUTS] += some
    for a in range(size):
        if shuts[a] > 0.0:
            flags[a] |= OPTED_OUT
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
    before, size = 1 - (round & 1), hi - lo
    active, talkativeness, hearers, heard = s.active[lo:hi], s.customer[state.TALKATIVENESS, lo:hi], 0, 0
    for a in range(size):
        work.met[hearers] = a
        hearers += (active[a] != 0) & (work.luck[1, a] < f8(talkativeness[a]))
    for a in range(hearers):  # tellers may be anywhere in memory: a short loop waits for many of them at once
        at = work.met[a]
        teller = neighbour(network, s.active.size, lo + np.int64(at), work.luck[2, at])
        told = np.int64(s.told[before, max(teller, 0)])
        speaks = (teller >= 0) & (told >= 0)
        work.met[heard], work.by[heard] = at, max(told, 0)
        for row in range(3):
            work.told[row, heard] = f8(s.message[before, max(teller, 0), row])
        heard += speaks & (firms.present[max(told, 0)] != 0)
    for a in range(heard):
        i, j = np.uint64(lo) + work.met[a], work.by[a]
        evidence = work.told[state.TOLD_EVIDENCE, a]
        context, expectation = faded(round, j, i, p, powers, s)
        weight = rules.hearsay_weight(p.hearsay_weight, context, p.bad_news_bias, evidence)
        expectation = rules.moved_towards(expectation, work.told[state.TOLD_VALUE, a], weight)
        trust = rules.moved_towards(f8(s.dyad[state.TRUST, j, i]), work.told[state.TOLD_TRUST, a], weight)
        s.dyad[state.CONTEXT, j, i] = context
        s.dyad[state.EXPECTATION, j, i] = expectation
        s.dyad[state.TRUST, j, i] = trust
        s.settled[j, i] = round
        s.flags[j, i] |= AWARE
