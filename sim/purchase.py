"""Compiled phases of a round from the need to the choice (submodel 5)."""

import numpy as np

from sim import books, inputs, random, rules, state
from sim.compiled import kernel
from sim.inputs import lever
from sim.state import AWARE, OPTED_OUT
from sim.workspace import f8, fill


@kernel
def appraise(round, lo, p, firms, powers, s, work, shoppers):
    """Utility of every firm for the listed shoppers, in work.utility, and in work.other that of the best firm but the
    supplier at its price.

    What lies anywhere in memory is fetched into rows first; the equations then run over rows without a branch, which
    every processor can do several at a time.
    """
    o = work.options
    for a in range(shoppers):
        i = np.uint64(lo) + work.who[a]
        o.sensitivity[a] = f8(s.customer[state.PRICE_SENSITIVITY, i])
        o.orientation[a] = f8(s.customer[state.RELATIONAL_ORIENTATION, i])
        o.overload[a] = work.overload[work.who[a]]
        o.supplier[a] = s.supplier[i]
        supplier = np.uint16(max(s.supplier[i], 0))
        penalty = rules.switching_penalty(f8(s.customer[state.INERTIA, i]), o.sensitivity[a], work.fee[supplier])
        o.leaving[a] = penalty if s.supplier[i] >= 0 else 0.0
        o.base_price[a] = lever(firms, inputs.PRICE, supplier, i)
        work.other[a] = -np.inf
    for j in range(s.contacted.size):
        if firms.present[j]:
            _see(round, lo, j, shoppers, p, firms, powers, s, work)
            _weigh(j, shoppers, p, firms, work)
        else:
            fill(work.utility[j, :shoppers], -np.inf)


@kernel
def _see(round, lo, j, shoppers, p, firms, powers, s, work):
    """What the listed shoppers know and feel of firm j, into rows."""
    o, who = work.options, work.who
    contexts, expectations = s.dyad[state.CONTEXT, j], s.dyad[state.EXPECTATION, j]
    trusts, foreseen = s.dyad[state.TRUST, j], s.dyad[state.EXPECTED_SURCHARGE, j]
    settled = s.settled[j]
    for a in range(shoppers):
        i = np.uint64(lo) + who[a]
        o.aware[a] = s.flags[j, i] & AWARE
        age = np.uint64(round - settled[i])
        o.context[a] = rules.faded_context(f8(contexts[i]), powers[0, age])
        o.expectation[a] = f8(expectations[i])
        o.trust[a] = f8(trusts[i])
        o.foreseen[a] = f8(foreseen[i])
    if p.forgetting > 0.0:
        for a in range(shoppers):
            age = np.uint64(round - settled[np.uint64(lo) + who[a]])
            o.expectation[a] = rules.faded_expectation(o.expectation[a], p.prior_value, powers[1, age])
    if s.contacted[j]:
        noticed, fatigues = work.noticed[j], s.dyad[state.FATIGUE, j]
        for a in range(shoppers):
            i = np.uint64(lo) + who[a]
            o.annoyance[a] = rules.annoyance(p.fatigue_weight, f8(fatigues[i]), o.overload[a])
            o.salience[a] = rules.salience(p.salience, noticed[who[a]], s.flags[j, i] & OPTED_OUT)
    else:
        fill(o.annoyance[:shoppers], 0.0)
        fill(o.salience[:shoppers], 0.0)
    _asked(firms, inputs.PRICE, j, lo, who, o.price[:shoppers])
    _asked(firms, inputs.SURCHARGE, j, lo, who, o.surcharge[:shoppers])
    if s.taste.shape[0] > 0:
        for a in range(shoppers):
            o.taste[a] = f8(s.taste[j, np.uint64(lo) + who[a]])
    else:
        fill(o.taste[:shoppers], 0.0)


@kernel
def _asked(firms, row, j, lo, who, towards):
    """The lever of firm j towards each of the listed customers."""
    slot = firms.slot[row, j]
    if slot < 0:
        fill(towards, firms.lever[row, j])
    else:
        for a in range(towards.size):
            towards[a] = firms.personal[slot, np.uint64(lo) + who[a]]


@kernel
def _weigh(firm, shoppers, p, firms, work):
    """Utility of one firm from those rows."""
    o, utilities, other = work.options, work.utility[firm], work.other
    strange, transparency = work.strange[firm], firms.lever[inputs.TRANSPARENCY, firm]
    outcome_share = firms.lever[inputs.OUTCOME_SHARE, firm]
    for a in range(shoppers):
        trust, orientation, asked, mine = o.trust[a], o.orientation[a], o.price[a], o.supplier[a] == firm
        expected = rules.expected_price(
            asked, o.surcharge[a], transparency, o.foreseen[a], outcome_share, o.expectation[a]
        )
        euro = rules.money_weight(o.sensitivity[a], p.price_tolerance, orientation, trust)
        utility = rules.utility(
            o.expectation[a],
            o.taste[a],
            euro,
            expected,
            rules.effort(strange, o.context[a]),
            rules.comfort(p.trust_weight, orientation, trust),
            o.annoyance[a],
            o.salience[a],
        )
        best, leave = other[a], o.leaving[a]
        utility -= 0.0 if mine else leave
        utility = utility if o.aware[a] else -np.inf
        even = max(best, rules.at_price(utility, euro, asked, o.base_price[a]))
        utilities[a] = utility
        other[a] = best if mine else even


@kernel
def book_switching_cost(lo, p, s, work, shoppers, market):
    """Book what leaving the supplier would cost the listed customers at equal prices, where there is somewhere to
    go.
    """
    switchable, cost = 0, market[books.SWITCHING_COST]
    for a in range(shoppers):
        i = np.uint64(lo) + work.who[a]
        if s.supplier[i] >= 0 and work.other[a] > -np.inf:
            supplier = np.uint16(s.supplier[i])
            own = work.utility[supplier, a]
            if own > -np.inf:
                sensitivity = f8(s.customer[state.PRICE_SENSITIVITY, i])
                orientation = f8(s.customer[state.RELATIONAL_ORIENTATION, i])
                trust = f8(s.dyad[state.TRUST, supplier, i])
                euro = rules.money_weight(sensitivity, p.price_tolerance, orientation, trust)
                switchable += 1
                cost += (own - work.other[a]) / euro
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
        utilities = work.utility[j]
        if p.choice == inputs.HOTELLING:
            for a in range(shoppers):
                utilities[a] -= rules.transport(luck[1, a], f8(j), p.transport_cost)
        for a in range(shoppers):
            best[a] = max(best[a], utilities[a])
    for j in range(firms):  # utilities give way to the weights of the options, added up
        weights = work.utility[j]
        for a in range(shoppers):
            total[a] += rules.option_weight(weights[a], best[a], p.choice_precision, logit)
            weights[a] = total[a]
    for a in range(shoppers):
        outside = rules.option_weight(p.outside_utility, best[a], p.choice_precision, logit)
        target[a] = (total[a] + (outside if p.outside_option else 0.0)) * luck[0, a]
    for j in range(firms):
        weights = work.utility[j]
        for a in range(shoppers):
            work.chosen[a] += weights[a] <= target[a]
    buyers = 0
    for a in range(shoppers):
        work.who[buyers] = work.who[a]
        work.chosen[buyers] = work.chosen[a]
        work.encounters.leaves[buyers] = luck[2, a]
        buyers += (work.chosen[a] < firms) & (best[a] > -np.inf)
    return buyers
