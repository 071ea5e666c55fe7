"""Compiled phases of a round from the need to the lesson: choice, encounter, learning (submodels 5 to 7)."""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import lever, levers
from sim.state import AWARE, IDENTIFIED, MUTUAL, OPTED_OUT
from sim.workspace import book_dyad, f8, fill, settle

GROUP = 16  # customers appraised together


@kernel
def appraise(round, lo, hi, p, firms, powers, s, work, shoppers):
    """Utility of every firm in work.utility, and in work.other that of the best firm but the supplier at its price.

    Done for all customers of every `GROUP` with a shopper: loops over neighbours in memory beat loops over a list.
    """
    size = hi - lo
    runs = _groups(shoppers, size, work)
    suppliers, sensitivities = s.supplier[lo:hi], s.customer[state.PRICE_SENSITIVITY, lo:hi]
    orientations, inertias = s.customer[state.RELATIONAL_ORIENTATION, lo:hi], s.customer[state.INERTIA, lo:hi]
    leaving, prices, surcharges, tastes = (
        work.leaving[:size],
        work.price[:size],
        work.extra[:size],
        work.distance[:size],
    )
    base, other = work.base_price[:size], work.other[:size]
    kept, held = work.kept[:size], work.held[:size]
    fill(tastes, 0.0)
    fill(held, 1.0)
    fill(other, -np.inf)
    for i in range(size):
        stays = suppliers[i] >= 0
        supplier = np.uint16(max(suppliers[i], 0))
        penalty = rules.switching_penalty(f8(inertias[i]), f8(sensitivities[i]), work.fee[supplier])
        leaving[i] = penalty if stays else 0.0
        base[i] = lever(firms, inputs.PRICE, supplier, np.uint64(lo) + np.uint64(i))
    for j in range(s.contacted.size):
        if not firms.present[j]:
            fill(work.utility[j, :size], -np.inf)
            continue
        levers(firms, inputs.PRICE, j, lo, prices)
        levers(firms, inputs.SURCHARGE, j, lo, surcharges)
        if s.taste.shape[0] > 0:
            liked = s.taste[j, lo:hi]
            for i in range(size):
                tastes[i] = f8(liked[i])
        for r in range(runs):
            a, b = np.int64(work.met[r]), np.int64(work.by[r])
            i, k = lo + a, lo + b
            _fade(round, powers[0], s.record[state.SETTLED, j, i:k], kept[a:b])
            if p.forgetting > 0.0:
                _fade(round, powers[1], s.record[state.SETTLED, j, i:k], held[a:b])
            _utilities(
                j, s.contacted[j] != 0, p, work.strange[j], firms.lever[inputs.TRANSPARENCY, j],
                firms.lever[inputs.OUTCOME_SHARE, j], prices[a:b], surcharges[a:b], tastes[a:b], suppliers[a:b],
                sensitivities[a:b], orientations[a:b], work.overload[a:b], leaving[a:b], base[a:b], kept[a:b],
                held[a:b], s.flags[j, i:k], work.noticed[j, a:b], s.dyad[state.CONTEXT, j, i:k],
                s.dyad[state.EXPECTATION, j, i:k], s.dyad[state.TRUST, j, i:k],
                s.dyad[state.EXPECTED_SURCHARGE, j, i:k], s.dyad[state.FATIGUE, j, i:k], work.utility[j, a:b],
                other[a:b],
            )  # fmt: skip


@kernel
def _fade(round, powers, settled, power):
    """What is left of each dyad's stored value; a loop of its own, as look-ups keep a loop from being vectorised."""
    for i in range(power.size):
        power[i] = powers[np.uint16(round - settled[i])]


@kernel
def _utilities(
    firm, noisy, p, strange, transparency, outcome_share, prices, surcharges, tastes, suppliers, sensitivities,
    orientations, overloads, leaving, base_prices, kept, held, flags, noticed, contexts, expectations, trusts,
    expected_surcharges, fatigues, utilities, other,
):  # fmt: skip
    """One firm in the eyes of some customers; plain rows, so that the compiler can see through every access."""
    for i in range(utilities.size):
        context = rules.faded_context(f8(contexts[i]), kept[i])
        expectation = rules.faded_expectation(f8(expectations[i]), p.prior_value, held[i])
        trust, orientation = f8(trusts[i]), f8(orientations[i])
        expected = rules.expected_price(
            prices[i], surcharges[i], transparency, f8(expected_surcharges[i]), outcome_share, expectation
        )
        euro = rules.money_weight(f8(sensitivities[i]), p.price_tolerance, orientation, trust)
        utility = rules.utility(
            expectation,
            tastes[i],
            euro,
            expected,
            rules.effort(strange, context),
            rules.comfort(p.trust_weight, orientation, trust),
            rules.annoyance(p.fatigue_weight, f8(fatigues[i]), overloads[i]) if noisy else 0.0,
            rules.salience(p.salience, noticed[i], flags[i] & OPTED_OUT) if noisy else 0.0,
        )
        mine = suppliers[i] == firm
        utility -= 0.0 if mine else leaving[i]
        utility = utility if flags[i] & AWARE else -np.inf
        utilities[i] = utility
        even = rules.at_price(utility, euro, prices[i], base_prices[i])
        other[i] = other[i] if mine else max(other[i], even)


@kernel
def _groups(shoppers, size, work):
    """Runs of groups with a shopper: their count; starts in work.met, ends in work.by."""
    runs, end = -1, 0
    for a in range(shoppers):
        start = work.who[a] // GROUP * GROUP
        if runs < 0 or start > end:
            runs += 1
            work.met[runs] = start
        end = start + GROUP
        work.by[runs] = min(end, size)
    return runs + 1


@kernel
def book_switching_cost(lo, p, s, work, shoppers, market):
    """Book what leaving the supplier would cost the listed customers at equal prices, where there is somewhere to
    go.
    """
    switchable, cost = 0, market[books.SWITCHING_COST]
    for a in range(shoppers):
        at = work.who[a]
        i = np.uint64(lo) + at
        if s.supplier[i] >= 0 and work.other[at] > -np.inf:
            supplier = np.uint16(s.supplier[i])
            own = work.utility[supplier, at]
            if own > -np.inf:
                sensitivity = f8(s.customer[state.PRICE_SENSITIVITY, i])
                orientation = f8(s.customer[state.RELATIONAL_ORIENTATION, i])
                trust = f8(s.dyad[state.TRUST, supplier, i])
                euro = rules.money_weight(sensitivity, p.price_tolerance, orientation, trust)
                switchable += 1
                cost += (own - work.other[at]) / euro
    market[books.SWITCHABLE] += switchable
    market[books.SWITCHING_COST] = cost


@kernel
def choose(seed, round, lo, p, work, shoppers):
    """Choose for the listed customers, firms in their order, outside option last; list and count those who buy.

    work.chosen becomes the firm of each buyer, work.luck[2] its draw for attrition.
    """
    firms = work.utility.shape[0]
    logit = p.choice == inputs.LOGIT
    best, total, target, luck = work.best, work.total, work.distance, work.luck
    for a in range(shoppers):
        luck[0, a], luck[1, a], luck[2, a], _ = random.uniforms(
            seed, random.CHOICE, round, lo + np.int64(work.who[a]), 0, 0
        )
        best[a] = p.outside_utility if p.outside_option else -np.inf
    for j in range(firms):
        utilities, weights = work.utility[j], work.weight[j]
        for a in range(shoppers):
            weights[a] = utilities[work.who[a]]
        if p.choice == inputs.HOTELLING:
            for a in range(shoppers):
                weights[a] -= rules.transport(luck[1, a], f8(j), p.transport_cost)
        for a in range(shoppers):
            best[a] = max(best[a], weights[a])
    for a in range(shoppers):
        total[a] = 0.0
        work.chosen[a] = 0
    for j in range(firms):
        weights = work.weight[j]
        for a in range(shoppers):
            weights[a] = rules.option_weight(weights[a], best[a], p.choice_precision, logit)
            total[a] += weights[a]
    for a in range(shoppers):
        outside = rules.option_weight(p.outside_utility, best[a], p.choice_precision, logit)
        target[a] = (total[a] + (outside if p.outside_option else 0.0)) * luck[0, a]
        total[a] = 0.0
    for j in range(firms):
        weights = work.weight[j]
        for a in range(shoppers):
            total[a] += weights[a]
            work.chosen[a] += total[a] <= target[a]
    buyers = 0
    for a in range(shoppers):
        work.who[buyers] = work.who[a]
        work.chosen[buyers] = work.chosen[a]
        luck[2, buyers] = luck[2, a]
        buyers += work.chosen[a] < firms and best[a] > -np.inf
    return buyers


@kernel
def meet(seed, round, lo, buyers, p, firms, powers, s, work, firm, market, log):
    """Encounters of the listed buyers with the firms they chose; lists in work.met, and counts, those a firm learns
    from.
    """
    dimensions = s.need.shape[0]
    for a in range(buyers):
        work.luck[0, a], work.luck[1, a], first, second = random.uniforms(
            seed, random.DELIVERY, round, lo + np.int64(work.who[a]), work.chosen[a], 0
        )
        work.noise[0, a], _ = random.normal_pair(first, second)
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        personal = lever(firms, inputs.PERSONALISATION, j, i)
        work.extra[a] = personal if s.flags[j, i] & IDENTIFIED else 0.0
        work.distance[a] = 0.0
        relevance, pooling = firms.trait[inputs.RELEVANCE, j], firms.lever[inputs.POOLING, j]
        for k in range(dimensions):
            belief = rules.pooled(f8(s.belief[k, j, i]), firms.average[j, k], pooling)
            gap = f8(s.need[k, i]) - rules.offered(firms.position[j, k], relevance, work.extra[a], belief)
            work.distance[a] += gap * gap
    for a in range(buyers):
        work.best[a] = rules.fit(work.distance[a], work.shrink[work.chosen[a]], dimensions)
    learners = 0
    now = round & 1
    for a in range(buyers):
        i, j = np.uint64(lo) + work.who[a], work.chosen[a]
        flags = s.flags[j, i]
        known = (flags & IDENTIFIED) != 0
        trust = f8(s.dyad[state.TRUST, j, i])
        openness = f8(s.customer[state.OPENNESS, i])
        context, expectation = settle(round, j, i, p, powers, s)
        imagination, personalisation, fit = firms.trait[inputs.IMAGINATION, j], work.extra[a], work.best[a]

        # delivery
        together = rules.cocreation(p.cocreation, imagination, context, trust, openness, flags & MUTUAL == MUTUAL)
        quality = firms.lever[inputs.QUALITY, j]
        value = rules.value_in_use(
            p.base_value, firms.trait[inputs.FIRM_QUALITY, j] * quality, fit, together, p.value_noise, work.noise[0, a]
        )
        compensation = 0.0
        if work.luck[0, a] < firms.trait[inputs.FAILURE_RATE, j]:
            value -= p.failure_loss
            firm[j, books.FAILURES] += 1.0
            if work.luck[1, a] < rules.voice_probability(firms.lever[inputs.LISTENING, j], p.voice_floor, trust):
                compensation = rules.compensation(lever(firms, inputs.CARE, j, i), p.failure_loss)
                value += compensation
                firm[j, books.COMPLAINTS] += 1.0
                s.record[state.COMPLAINTS, j, i] += 1

        # payment
        outcome_share = firms.lever[inputs.OUTCOME_SHARE, j]
        transparency = firms.lever[inputs.TRANSPARENCY, j]
        surcharge = rules.surcharge_due(lever(firms, inputs.SURCHARGE, j, i), outcome_share)
        paid = rules.paid(lever(firms, inputs.PRICE, j, i), surcharge, outcome_share, value)
        exit_fee = 0.0
        if s.supplier[i] < 0:
            firm[j, books.NEWCOMERS] += 1.0
        elif s.supplier[i] != j:
            supplier = np.uint16(s.supplier[i])
            firm[supplier, books.LOST] += 1.0
            firm[j, books.WON] += 1.0
            if firms.present[supplier] and firms.lever[inputs.EXIT_FEE, supplier] > 0.0:
                exit_fee = firms.lever[inputs.EXIT_FEE, supplier]
                firm[supplier, books.EXIT_FEES] += exit_fee
                book_dyad(supplier, i, exit_fee, exit_fee, 0.0, s)
        effort = rules.effort(work.strange[j], context)
        surplus = rules.surplus(value, paid, exit_fee, effort)

        # the customer learns
        expected_surcharge = f8(s.dyad[state.EXPECTED_SURCHARGE, j, i])
        surprise = rules.surprise(surcharge, transparency, expected_surcharge, outcome_share)
        aspiration = f8(s.customer[state.ASPIRATION, i])
        evidence = rules.goodwill(
            surplus, aspiration, surprise, p.loss_aversion, p.goodwill_scale, transparency, p.transparency_credit
        )
        trust = rules.trust(trust, evidence, p.trust_gain, p.trust_loss)
        expected_surcharge = rules.expected_surcharge(expected_surcharge, p.surcharge_learning, surprise)
        s.dyad[state.EXPECTED_SURCHARGE, j, i] = expected_surcharge
        s.dyad[state.EXPECTATION, j, i] = rules.moved_towards(expectation, value, p.value_learning)
        s.customer[state.ASPIRATION, i] = rules.moved_towards(aspiration, surplus, p.aspiration_learning)
        s.dyad[state.TRUST, j, i] = trust

        # the firm remembers, and what the two share grows
        if firms.lever[inputs.MEMORY, j] > 0.0 and not known:
            flags |= IDENTIFIED
            s.flags[j, i] = flags
            firm[j, books.MET] += 1.0
        mutual = flags & MUTUAL == MUTUAL
        context = rules.context(context, p.context_gain, p.one_sided_context, mutual)
        s.dyad[state.CONTEXT, j, i] = context
        s.record[state.SETTLED, j, i] = round + 1
        work.met[learners] = work.who[a]
        work.by[learners] = j
        work.rate[0, learners] = rules.expressed_rate(firms.trait[inputs.READING, j], openness, trust)
        work.rate[1, learners] = rules.latent_rate(imagination, context, trust)
        learners += mutual

        # records, message, books
        if s.record[state.PURCHASES, j, i] == 0:
            s.record[state.FIRST_ROUND, j, i] = round
            firm[j, books.FIRST_TIME] += 1.0
        s.record[state.PURCHASES, j, i] += 1
        s.record[state.LAST_ROUND, j, i] = round
        s.supplier[i] = j
        s.told[now, i] = j
        s.message[now, state.TOLD_VALUE, i] = value
        s.message[now, state.TOLD_TRUST, i] = trust
        s.message[now, state.TOLD_EVIDENCE, i] = evidence
        production = rules.unit_cost(
            firms.trait[inputs.UNIT_COST, j], firms.trait[inputs.QUALITY_COST, j], quality,
            firms.trait[inputs.EFFICIENCY, j], personalisation,
        )  # fmt: skip
        tailoring = rules.tailoring_cost(firms.trait[inputs.PERSONALISATION_COST, j], personalisation)
        book_dyad(j, i, paid, rules.margin(paid, production, tailoring, compensation), surplus, s)
        firm[j, books.SALES] += paid - surcharge
        firm[j, books.SURCHARGES] += surcharge
        firm[j, books.PRODUCTION] += production
        firm[j, books.PERSONALISATION] += tailoring
        firm[j, books.COMPENSATION] += compensation
        firm[j, books.PURCHASES] += 1.0
        firm[j, books.TRUST] += trust
        firm[j, books.CONTEXT] += context
        firm[j, books.FIT] += fit
        firm[j, books.SURPLUS] += surplus
        firm[j, books.EFFORT] += effort
        firm[j, books.VALUE] += value
        firm[j, books.EVIDENCE] += evidence
        if log.firm.size > 0:
            log.firm[i], log.price[i], log.surcharge[i], log.value[i] = j, paid - surcharge, surcharge, value
        if work.luck[2, a] < f8(s.customer[state.ATTRITION, i]):
            _depart(now, i, s, firm, market)
    return learners


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
def learn_needs(seed, kind, round, lo, many, p, s, work):
    """Beliefs of the firms work.by about the customers work.met move by work.rate towards what was observed of
    needs.
    """
    dimensions = s.need.shape[0]
    for part in range((dimensions + 3) // 4):
        for a in range(many):
            work.noise[0, a], work.noise[1, a], work.noise[2, a], work.noise[3, a] = random.normals(
                seed, kind, round, lo + np.int64(work.met[a]), work.by[a], part
            )
        for k in range(4 * part, min(dimensions, 4 * part + 4)):
            rates = work.rate[1 if k >= dimensions - p.latent_dimensions else 0]
            normals = work.noise[k & 3]
            for a in range(many):
                i, j = np.uint64(lo) + work.met[a], work.by[a]
                seen = f8(s.need[k, i]) + p.observation_noise * normals[a]
                s.belief[k, j, i] = rules.moved_towards(f8(s.belief[k, j, i]), seen, rates[a])
