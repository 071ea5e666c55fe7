"""Compiled phases of a round from the need to the lesson: choice, encounter, learning (steps 5 to 7)."""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import lever, levers
from sim.state import AWARE, IDENTIFIED, MUTUAL, OPTED_OUT
from sim.workspace import book_dyad, f8, settle


@kernel
def appraise(round, strange, p, firms, powers, s, work, shoppers, everybody):
    """Utility of every firm in work.utility, and of supplier and best other firm at equal prices in work.own and
    .other.

    For the listed customers, entry a being work.who[a]; or for everybody in the block, where that is quicker.
    """
    size = s.active.size
    count = size if everybody else shoppers
    suppliers, sensitivities, orientations = (
        s.supplier,
        s.customer[state.PRICE_SENSITIVITY],
        s.customer[state.ORIENTATION],
    )
    own, other, supplier_euro, leaving, base_price = work.own, work.other, work.euro, work.leaving, work.base_price
    for a in range(count):
        i = np.uint32(a) if everybody else work.who[a]
        own[a] = -np.inf
        other[a] = -np.inf
        stays = suppliers[i] >= 0
        supplier = np.uint16(suppliers[i]) if stays else np.uint16(0)
        fee = firms.lever[inputs.EXIT_FEE, supplier] if firms.present[supplier] else 0.0
        penalty = rules.switching_penalty(f8(s.customer[state.INERTIA, i]), f8(sensitivities[i]), fee)
        leaving[a] = penalty if stays else 0.0
        base_price[a] = lever(firms, inputs.PRICE, supplier, i)
    prices, charges, overloads = work.price[:size], work.extra[:size], work.overload
    tastes = work.distance[:size]
    tastes[:] = 0.0
    for j in range(s.flags.shape[0]):
        utilities = work.utility[j]
        if not firms.present[j]:
            for a in range(count):
                utilities[a] = -np.inf
            continue
        levers(firms, inputs.PRICE, j, prices)
        levers(firms, inputs.SURCHARGE, j, charges)
        transparency = firms.lever[inputs.TRANSPARENCY, j]
        outcome_share = firms.lever[inputs.OUTCOME_SHARE, j]
        if s.taste.shape[0] > 0:
            tastes[:] = s.taste[j]
        settled, flags, noticed = s.record[state.SETTLED, j], s.flags[j], work.noticed[j]
        contexts, expectations = s.dyad[state.CONTEXT, j], s.dyad[state.EXPECTATION, j]
        trusts, surcharges, fatigues = (
            s.dyad[state.TRUST, j],
            s.dyad[state.EXPECTED_SURCHARGE, j],
            s.dyad[state.FATIGUE, j],
        )
        unfamiliar = strange[j]
        for a in range(count):
            i = np.uint32(a) if everybody else work.who[a]
            age = round - settled[i]
            context = rules.faded_context(f8(contexts[i]), powers[0, age])
            expectation = rules.faded_expectation(f8(expectations[i]), p.prior_value, powers[1, age])
            trust, orientation = f8(trusts[i]), f8(orientations[i])
            expected = rules.expected_price(
                prices[i], charges[i], transparency, f8(surcharges[i]), outcome_share, expectation
            )
            euro = rules.money_weight(f8(sensitivities[i]), p.price_tolerance, orientation, trust)
            utility = rules.utility(
                expectation,
                tastes[i],
                euro,
                expected,
                rules.effort(unfamiliar, context),
                rules.comfort(p.trust_weight, orientation, trust),
                rules.annoyance(p.fatigue_weight, f8(fatigues[i]), overloads[i]),
                p.salience * (0.0 if flags[i] & OPTED_OUT else noticed[i]),
            )
            mine = suppliers[i] == j
            utility -= 0.0 if mine else leaving[a]
            utility = utility if flags[i] & AWARE else -np.inf
            utilities[a] = utility
            even = utility + euro * (prices[i] - base_price[a])
            own[a] = even if mine else own[a]
            supplier_euro[a] = euro if mine else supplier_euro[a]
            other[a] = other[a] if mine else max(other[a], even)


@kernel
def choose(seed, round, lo, p, work, shoppers, everybody, market):
    """Choose for the listed customers, firms in their order, outside option last; list and count those who buy.

    work.chosen becomes the firm of each buyer, work.luck[2] its draw for attrition.
    """
    firms = work.utility.shape[0]
    logit = p.choice == inputs.LOGIT
    for a in range(shoppers):
        work.luck[0, a], work.luck[1, a], work.luck[2, a], _ = random.uniforms(
            seed, random.CHOICE, round, lo + np.int64(work.who[a]), 0, 0
        )
        work.best[a] = p.outside_utility if p.outside_option else -np.inf
    for j in range(firms):
        utilities, weights = work.utility[j], work.weight[j]
        for a in range(shoppers):
            utility = utilities[work.who[a] if everybody else np.uint32(a)]
            if p.choice == inputs.HOTELLING:
                utility -= rules.transport(work.luck[1, a], f8(j), p.transport_cost)
            weights[a] = utility
            work.best[a] = max(work.best[a], utility)
    for a in range(shoppers):
        weight = rules.option_weight(p.outside_utility, work.best[a], p.choice_precision, logit)
        work.total[a] = 0.0
        work.distance[a] = weight if p.outside_option else 0.0
        work.chosen[a] = 0
    for j in range(firms):
        weights = work.weight[j]
        for a in range(shoppers):
            weights[a] = rules.option_weight(weights[a], work.best[a], p.choice_precision, logit)
            work.total[a] += weights[a]
    for a in range(shoppers):
        work.distance[a] = (work.total[a] + work.distance[a]) * work.luck[0, a]
        work.total[a] = 0.0
    for j in range(firms):
        weights = work.weight[j]
        for a in range(shoppers):
            work.total[a] += weights[a]
            work.chosen[a] += work.total[a] <= work.distance[a]
    switchable, cost, buyers = 0, market[books.SWITCHING_COST], 0
    for a in range(shoppers):
        at = work.who[a] if everybody else np.uint32(a)
        if work.own[at] > -np.inf and work.other[at] > -np.inf:
            switchable += 1
            cost += (work.own[at] - work.other[at]) / work.euro[at]
        work.who[buyers] = work.who[a]
        work.chosen[buyers] = work.chosen[a]
        work.luck[2, buyers] = work.luck[2, a]
        buyers += work.chosen[a] < firms and work.best[a] > -np.inf
    market[books.SWITCHABLE] += switchable
    market[books.SWITCHING_COST] = cost
    return buyers


@kernel
def meet(seed, round, lo, buyers, strange, shrink, p, firms, powers, s, work, firm, market, log):
    """Encounters of the listed buyers with the firms they chose; lists in work.met, and counts, those a firm learns
    from.
    """
    dimensions = s.need.shape[0]
    for a in range(buyers):
        work.luck[0, a], work.luck[1, a], first, second = random.uniforms(
            seed, random.DELIVERY, round, lo + np.int64(work.who[a]), work.chosen[a], 0
        )
        work.noise[0, a], _ = random.normal_pair(first, second)
    learners = 0
    now = round & 1
    for a in range(buyers):
        i, j = work.who[a], work.chosen[a]
        flow = firm[j]
        flags = s.flags[j, i]
        known = (flags & IDENTIFIED) != 0
        trust = f8(s.dyad[state.TRUST, j, i])
        openness = f8(s.customer[state.OPENNESS, i])
        context, expectation = settle(round, j, i, p, powers, s)
        imagination, relevance = firms.trait[inputs.IMAGINATION, j], firms.trait[inputs.RELEVANCE, j]
        personalisation = lever(firms, inputs.PERSONALISATION, j, i) if known else 0.0

        # delivery
        distance = 0.0
        for k in range(dimensions):
            offer = rules.offered(firms.position[j, k], relevance, personalisation, f8(s.belief[k, j, i]))
            gap = f8(s.need[k, i]) - offer
            distance += gap * gap
        fit = rules.fit(distance, shrink[j], dimensions)
        together = rules.cocreation(p.cocreation, imagination, context, trust, openness, flags & MUTUAL == MUTUAL)
        quality = firms.lever[inputs.QUALITY, j]
        value = rules.value_in_use(
            p.base_value, firms.trait[inputs.FIRM_QUALITY, j] * quality, fit, together, p.value_noise, work.noise[0, a]
        )
        compensation = 0.0
        if work.luck[0, a] < firms.trait[inputs.FAILURE_RATE, j]:
            value -= p.failure_loss
            flow[books.FAILED] += 1.0
            if work.luck[1, a] < rules.voice_probability(firms.lever[inputs.LISTENING, j], p.voice_floor, trust):
                compensation = lever(firms, inputs.CARE, j, i) * p.failure_loss
                value += compensation
                flow[books.COMPLAINED] += 1.0
                s.record[state.COMPLAINTS, j, i] += 1

        # payment
        outcome_share = firms.lever[inputs.OUTCOME_SHARE, j]
        transparency = firms.lever[inputs.TRANSPARENCY, j]
        surcharge = 0.0 if outcome_share > 0.0 else lever(firms, inputs.SURCHARGE, j, i)
        paid = rules.paid(lever(firms, inputs.PRICE, j, i), surcharge, outcome_share, value)
        exit_fee = 0.0
        if s.supplier[i] >= 0 and s.supplier[i] != j:
            supplier = np.uint16(s.supplier[i])
            firm[supplier, books.LOST] += 1.0
            flow[books.WON] += 1.0
            if firms.present[supplier] and firms.lever[inputs.EXIT_FEE, supplier] > 0.0:
                exit_fee = firms.lever[inputs.EXIT_FEE, supplier]
                firm[supplier, books.EXIT_FEES] += exit_fee
                book_dyad(supplier, i, exit_fee, exit_fee, 0.0, s)
        effort = rules.effort(strange[j], context)
        surplus = value - paid - exit_fee - effort

        # the customer learns
        expected_surcharge = f8(s.dyad[state.EXPECTED_SURCHARGE, j, i])
        surprise = rules.surprise(surcharge, transparency, expected_surcharge, outcome_share)
        aspiration = f8(s.customer[state.ASPIRATION, i])
        evidence = rules.goodwill(
            surplus, aspiration, surprise, p.loss_aversion, p.goodwill_scale, transparency, p.transparency_credit
        )
        trust = rules.trust(trust, evidence, p.trust_gain, p.trust_loss)
        s.dyad[state.EXPECTED_SURCHARGE, j, i] = expected_surcharge + p.surcharge_learning * surprise
        s.dyad[state.EXPECTATION, j, i] = rules.moved_towards(expectation, value, p.value_learning)
        s.customer[state.ASPIRATION, i] = rules.moved_towards(aspiration, surplus, p.aspiration_learning)
        s.dyad[state.TRUST, j, i] = trust

        # the firm remembers, and what the two share grows
        if firms.lever[inputs.MEMORY, j] > 0.0 and not known:
            flags |= IDENTIFIED
            s.flags[j, i] = flags
            flow[books.MET] += 1.0
        mutual = flags & MUTUAL == MUTUAL
        context = rules.context(context, p.context_gain, p.one_sided_context, mutual)
        s.dyad[state.CONTEXT, j, i] = context
        s.record[state.SETTLED, j, i] = round + 1
        work.met[learners] = i
        work.by[learners] = j
        work.rate[0, learners] = rules.expressed_rate(firms.trait[inputs.READING, j], openness, trust)
        work.rate[1, learners] = rules.latent_rate(imagination, context, trust)
        learners += mutual

        # records, message, books
        if s.record[state.PURCHASES, j, i] == 0:
            s.record[state.FIRST_ROUND, j, i] = round
            flow[books.FIRST_TIME] += 1.0
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
        personalising = firms.trait[inputs.PERSONALISATION_COST, j] * personalisation
        book_dyad(j, i, paid, paid - production - personalising - compensation, surplus, s)
        flow[books.SALES] += paid - surcharge
        flow[books.SURCHARGES] += surcharge
        flow[books.PRODUCTION] += production
        flow[books.PERSONALISING] += personalising
        flow[books.COMPENSATION] += compensation
        flow[books.PURCHASED] += 1.0
        flow[books.TRUSTED] += trust
        flow[books.SHARED] += context
        flow[books.FITTED] += fit
        flow[books.GAINED] += surplus
        flow[books.TAKEN_EFFORT] += effort
        flow[books.VALUE] += value
        flow[books.EVIDENCE] += evidence
        if log.firm.size > 0:
            at = lo + np.int64(i)
            log.firm[at], log.price[at], log.surcharge[at], log.value[at] = j, paid - surcharge, surcharge, value
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
                i, j = work.met[a], work.by[a]
                seen = f8(s.need[k, i]) + p.observation_noise * normals[a]
                s.belief[k, j, i] = rules.moved_towards(f8(s.belief[k, j, i]), seen, rates[a])
