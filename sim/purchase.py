"""Compiled phases of a round from the need to the choice (submodel 5)."""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import lever, levers
from sim.state import AWARE, OPTED_OUT
from sim.workspace import f8, fill

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
    leaving, prices, surcharges = work.leaving[:size], work.price[:size], work.extra[:size]
    base, other, tastes = work.base_price[:size], work.other[:size], work.distance[:size]
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
        personal = firms.slot[inputs.PRICE, j] >= 0 or firms.slot[inputs.SURCHARGE, j] >= 0
        if personal:
            levers(firms, inputs.PRICE, j, lo, prices)
            levers(firms, inputs.SURCHARGE, j, lo, surcharges)
        if s.taste.shape[0] > 0:
            liked = s.taste[j, lo:hi]
            for i in range(size):
                tastes[i] = f8(liked[i])
        for r in range(runs):
            a, b = np.int64(work.met[r]), np.int64(work.by[r])
            i, k = lo + a, lo + b
            _utilities(
                round, j, s.contacted[j] != 0, personal, s.taste.shape[0] > 0, p, work.strange[j],
                firms.lever[inputs.PRICE, j], firms.lever[inputs.SURCHARGE, j], firms.lever[inputs.TRANSPARENCY, j],
                firms.lever[inputs.OUTCOME_SHARE, j], powers, prices[a:b], surcharges[a:b], tastes[a:b],
                suppliers[a:b], sensitivities[a:b], orientations[a:b], work.overload[a:b], leaving[a:b], base[a:b],
                s.record[state.SETTLED, j, i:k], s.flags[j, i:k], work.noticed[j, a:b], s.dyad[state.CONTEXT, j, i:k],
                s.dyad[state.EXPECTATION, j, i:k], s.dyad[state.TRUST, j, i:k],
                s.dyad[state.EXPECTED_SURCHARGE, j, i:k], s.dyad[state.FATIGUE, j, i:k], work.utility[j, a:b],
                other[a:b],
            )  # fmt: skip


@kernel
def _utilities(
    round, firm, noisy, personal, tasted, p, strange, price, surcharge, transparency, outcome_share, powers, prices,
    surcharges, tastes, suppliers, sensitivities, orientations, overloads, leaving, base_prices, settled, flags,
    noticed, contexts, expectations, trusts, expected_surcharges, fatigues, utilities, other,
):  # fmt: skip
    """One firm in the eyes of some customers; plain rows, so that the compiler can see through every access.

    Rows that only some firms need are read for these only: contacts if `noisy`, prices if `personal`, tastes if
    `tasted`.
    """
    for i in range(utilities.size):
        age = np.uint64(round - settled[i])
        context, expectation = rules.faded_context(f8(contexts[i]), powers[0, age]), f8(expectations[i])
        if p.forgetting > 0.0:
            expectation = rules.faded_expectation(expectation, p.prior_value, powers[1, age])
        trust, orientation, expected_surcharge = f8(trusts[i]), f8(orientations[i]), f8(expected_surcharges[i])
        best, leave, base_price, flag, mine = other[i], leaving[i], base_prices[i], flags[i], suppliers[i] == firm
        asked = prices[i] if personal else price
        added = surcharges[i] if personal else surcharge
        fatigue, overload, notice = (f8(fatigues[i]), overloads[i], noticed[i]) if noisy else (0.0, 0.0, 0.0)
        expected = rules.expected_price(asked, added, transparency, expected_surcharge, outcome_share, expectation)
        euro = rules.money_weight(f8(sensitivities[i]), p.price_tolerance, orientation, trust)
        utility = rules.utility(
            expectation,
            tastes[i] if tasted else 0.0,
            euro,
            expected,
            rules.effort(strange, context),
            rules.comfort(p.trust_weight, orientation, trust),
            rules.annoyance(p.fatigue_weight, fatigue, overload),
            rules.salience(p.salience, notice, flag & OPTED_OUT),
        )
        utility -= 0.0 if mine else leave
        utility = utility if flag & AWARE else -np.inf
        even = max(best, rules.at_price(utility, euro, asked, base_price))
        utilities[i] = utility
        other[i] = best if mine else even


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

    work.chosen becomes the firm of each buyer, work.encounters.leaves its draw for attrition.
    """
    firms = work.utility.shape[0]
    logit = p.choice == inputs.LOGIT
    best, total, target, luck = work.best, work.total, work.distance, work.luck
    for a in range(shoppers):
        luck[0, a], luck[1, a], luck[2, a], _ = random.uniforms(
            seed, random.CHOICE, round, lo + np.int64(work.who[a]), 0, 0
        )
        best[a] = p.outside_utility if p.outside_option else -np.inf
        total[a] = 0.0
        work.chosen[a] = 0
    for j in range(firms):
        utilities, weights = work.utility[j], work.weight[j]
        for a in range(shoppers):
            weights[a] = utilities[work.who[a]]
        if p.choice == inputs.HOTELLING:
            for a in range(shoppers):
                weights[a] -= rules.transport(luck[1, a], f8(j), p.transport_cost)
        for a in range(shoppers):
            best[a] = max(best[a], weights[a])
    for j in range(firms):
        weights = work.weight[j]
        for a in range(shoppers):
            total[a] += rules.option_weight(weights[a], best[a], p.choice_precision, logit)
            weights[a] = total[a]
    for a in range(shoppers):
        outside = rules.option_weight(p.outside_utility, best[a], p.choice_precision, logit)
        target[a] = (total[a] + (outside if p.outside_option else 0.0)) * luck[0, a]
    for j in range(firms):
        weights = work.weight[j]
        for a in range(shoppers):
            work.chosen[a] += weights[a] <= target[a]
    buyers = 0
    for a in range(shoppers):
        work.who[buyers] = work.who[a]
        work.chosen[buyers] = work.chosen[a]
        work.encounters.leaves[buyers] = luck[2, a]
        buyers += (work.chosen[a] < firms) & (best[a] > -np.inf)
    return buyers
