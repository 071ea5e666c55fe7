"""The equations of the relationship between one customer and one firm.

Each rule is a scalar function, written once and called by both drivers. Money is in euro; trust, context, shares and
probabilities lie in [0, 1]; utility is in utils (one euro weighs `price_sensitivity` utils); a round is the unit of
time. Symbols are those of docs/model.md, whose submodels the sections follow. "Mutual" means that the customer knows
the firm and the firm knows the customer.
"""

import numpy as np

from sim.compiled import rule
from sim.maths import exp, log

# ---------------------------------------------------------------------------------------------- 1 environment


@rule
def drift(need, mean, turbulence, heterogeneity, normal):
    """Need after one round: n ← μ + (1−ν)(n−μ) + sqrt(1−(1−ν)²)·σ_n·ξ, whose stationary spread is σ_n for every ν > 0.

    Source: Ornstein–Uhlenbeck process in discrete time (Uhlenbeck & Ornstein 1930); its use for needs is an assumption.
    """
    keep = 1.0 - turbulence
    return mean + keep * (need - mean) + np.sqrt(1.0 - keep * keep) * heterogeneity * normal


@rule
def faded_context(context, decay):
    """Context now: x·(1−δ_x)^k after k rounds without an encounter; `decay` is the power. Source: assumption."""
    return context * decay


@rule
def faded_expectation(expectation, prior, decay):
    """Expectation now: v̂·g + v_0(1−g) with g = (1−φ)^k after k rounds without an encounter, in euro.

    Source: forgetting of unvisited options, Weisbuch, Kirman & Herreiner (2000).
    """
    return expectation * decay + prior * (1.0 - decay)


# ------------------------------------------------------------------------------------------------- 3 outreach


@rule
def familiarity(context, gain, one_sided, content):
    """Context after a round of content: x + κ_x·χ_1·c(1−x): many-to-one, so it counts as a one-sided encounter."""
    return context + gain * one_sided * content * (1.0 - context)


@rule
def pooled(belief, average, pooling):
    """One dimension of what the firm takes the customer's need to be: (1 − pooling)·b + pooling·(mean b of all it
    knows).
    """
    return belief + pooling * (average - belief)


@rule
def relevant_share(relevance, personalisation, squared_distance, dimensions):
    """Share of contacts that concern the customer: r = r_g·g·exp(−|n−b|²/2K). Source: assumption."""
    return relevance * personalisation * exp(-squared_distance / (2.0 * dimensions))


@rule
def fatigue(before, carryover, contacts, relevant):
    """Fatigue, in irrelevant contacts: f ← φ_f·f + m(1−r). Source: assumption (adstock with irrelevant exposures)."""
    return carryover * before + contacts * (1.0 - relevant)


@rule
def reach(contacts):
    """Probability that at least one of m contacts is noticed: 1 − e^(−m) (Poisson exposure)."""
    return 1.0 - exp(-contacts)


@rule
def dialogue(listening, noticed, openness):
    """A two-way contact as the fraction ℓ(1−e^(−m))·d of an encounter. Source: assumption."""
    return listening * noticed * openness


@rule
def overload(stress, tolerance):
    """Share of all fatigue above tolerance: o = max(0, S−κ)/max(S, 1e−9). Source: assumption (inbox as a commons)."""
    return max(0.0, stress - tolerance) / max(stress, 1e-9)


@rule
def annoyance(weight, fatigue, overload):
    """Annoyance with one firm, in utils: w_f·f·o."""
    return weight * fatigue * overload


@rule
def opts_out(annoyance, threshold, fee):
    """Whether the customer shuts the channel: annoyance > ω_o + fee."""
    return annoyance > threshold + fee


@rule
def fee_evidence(fee, goodwill_scale):
    """Evidence of goodwill in a fee for being left alone: −min(1, fee/κ_z)."""
    return -min(1.0, fee / goodwill_scale)


# -------------------------------------------------------------------------------------------- 4 word of mouth


@rule
def hearsay_weight(weight, context, bad_news_bias, evidence):
    """How far a message moves its hearer: min(1, λ_w(1−x)(1 + b_n·[z′<0])).

    Own context protects against hearsay; bad news weighs more (Rozin & Royzman 2001). Form: assumption.
    """
    loudness = 1.0 + bad_news_bias if evidence < 0.0 else 1.0
    return min(1.0, weight * (1.0 - context) * loudness)


@rule
def moved_towards(value, target, share):
    """Delta rule: value + share·(target − value) (Bush & Mosteller 1955; Rescorla & Wagner 1972)."""
    return value + share * (target - value)


# ---------------------------------------------------------------------------------------------------- 5 choice


@rule
def expected_price(price, surcharge, transparency, expected_surcharge, outcome_share, expectation):
    """What the customer expects to pay, in euro: p + t·h + ê, or θ·max(v̂, 0) where the firm is paid by outcome."""
    if outcome_share > 0.0:
        return outcome_share * max(expectation, 0.0)
    return price + transparency * surcharge + expected_surcharge


@rule
def assortment_effort(search_effort, choice_effort, assortment):
    """Effort with a firm one shares no context with, in utils: e_0 + e_a·ln A. Source: assumption (Hick 1952 for ln
    A).
    """
    return search_effort + choice_effort * log(assortment)


@rule
def effort(strange, context):
    """Effort, in utils: (e_0 + e_a·ln A)(1−x); context is convenience."""
    return strange * (1.0 - context)


@rule
def money_weight(price_sensitivity, price_tolerance, orientation, trust):
    """Utils per euro: α(1 − θ_r·ρ·τ); trust makes a relational customer less price-focused."""
    return price_sensitivity * (1.0 - price_tolerance * orientation * trust)


@rule
def comfort(trust_weight, orientation, trust):
    """What trust is worth by itself, in utils: w_τ·ρ·τ."""
    return trust_weight * orientation * trust


@rule
def salience(weight, noticed, opted_out):
    """What being reminded is worth, in utils: ν_s(1−e^(−m)), nothing once the channel is shut."""
    return weight * (0.0 if opted_out else noticed)


@rule
def utility(expectation, taste, money_weight, expected_price, effort, comfort, annoyance, salience):
    """Utility of a firm but for switching, in utils: U = v̂ + taste − α(1−θ_r·ρ·τ)P̂ − e + w_τ·ρ·τ − annoyance +
    salience.

    `salience` is ν_s(1−e^(−m)). Source: random utility (McFadden 1974); terms: docs/model.md.
    """
    return expectation + taste - money_weight * expected_price - effort + comfort - annoyance + salience


@rule
def switching_penalty(inertia, price_sensitivity, exit_fee):
    """What leaving the present supplier costs beyond the relationship itself, in utils: ι + α·exit fee."""
    return inertia + price_sensitivity * exit_fee


@rule
def at_price(utility, money_weight, price, other_price):
    """Utility had the list price been another one: U + (utils per euro)·(p − p′)."""
    return utility + money_weight * (price - other_price)


@rule
def transport(place, firm, cost):
    """Hotelling (1929): cost times distance from the customer's place in [0, 1] to firm 0 at 0 or firm 1 at 1."""
    return cost * abs(place - firm)


@rule
def option_weight(utility, best, precision, logit):
    """Relative weight of an option: logit e^(β(U−max U)) (McFadden 1974); otherwise 1 for the best options, 0 for
    others.

    0 for what is not an option (U = −∞).
    """
    if utility == -np.inf:
        return 0.0
    if logit:
        return exp(precision * (utility - best))
    return 1.0 if utility == best else 0.0


# ------------------------------------------------------------------------------------------------- 6 encounter


@rule
def offered(position, relevance, personalisation, belief):
    """One dimension of the offer: o = p + r_g·g·(b−p), towards what the firm believes the customer needs."""
    return position + relevance * personalisation * (belief - position)


@rule
def range_factor(assortment, dimensions):
    """How a wider range shrinks the squared distance to any need: A^(−2/K) (Zador 1982, optimal quantisation)."""
    return exp(-2.0 / dimensions * log(assortment))


@rule
def fit(squared_distance, range_factor, dimensions):
    """Fit of an offer to a need in (0, 1]: e^(−d²/2) with d² = A^(−2/K)·|n−o|²/K."""
    return exp(-0.5 * range_factor * squared_distance / dimensions)


@rule
def cocreation(weight, imagination, context, trust, openness, mutual):
    """Factor by which working together raises value: 1 + ω_c·r_m·x·τ·d if mutual, else 1.

    Source: Vargo & Lusch (2004), Prahalad & Ramaswamy (2004) for the idea; form: assumption.
    """
    return 1.0 + weight * imagination * context * trust * openness if mutual else 1.0


@rule
def value_in_use(base_value, quality, fit, cocreation, noise_scale, normal):
    """Value in use, in euro: v = V·Q·fit·cocreation + σ_v·ξ."""
    return base_value * quality * fit * cocreation + noise_scale * normal


@rule
def voice_probability(listening, floor, trust):
    """Probability that a failed customer speaks up: ℓ(ψ_0 + (1−ψ_0)τ): a channel and loyalty (Hirschman 1970)."""
    return listening * (floor + (1.0 - floor) * trust)


@rule
def compensation(care, failure_loss):
    """What repairing a voiced failure gives back, in euro: care·L; it costs the firm as much."""
    return care * failure_loss


@rule
def unit_cost(cost, quality_cost, quality, efficiency, personalisation):
    """Cost of one unit before tailoring, in euro: c·max(0, 1 + e_q(quality−1))(1 − efficiency·(1−g)): standardising
    saves.

    Tailoring costs c_g·g on top.
    """
    return cost * max(0.0, 1.0 + quality_cost * (quality - 1.0)) * (1.0 - efficiency * (1.0 - personalisation))


@rule
def tailoring_cost(personalisation_cost, personalisation):
    """Cost of tailoring one unit, in euro: c_g·g."""
    return personalisation_cost * personalisation


@rule
def surcharge_due(surcharge, outcome_share):
    """Surcharge of a purchase, in euro: h, none where the firm is paid by outcome."""
    return 0.0 if outcome_share > 0.0 else surcharge


@rule
def paid(price, surcharge, outcome_share, value):
    """Paid to the supplier, in euro: price + surcharge, or θ·max(v, 0) where the firm is paid by outcome."""
    return outcome_share * max(value, 0.0) if outcome_share > 0.0 else price + surcharge


@rule
def surplus(value, paid, exit_fee, effort):
    """The customer's surplus of an encounter, in euro: s = v − paid − exit fee − e."""
    return value - paid - exit_fee - effort


@rule
def margin(paid, unit_cost, tailoring_cost, compensation):
    """The firm's margin of an encounter, in euro."""
    return paid - unit_cost - tailoring_cost - compensation


@rule
def surprise(surcharge, transparency, expected_surcharge, outcome_share):
    """Surcharge not foreseen, in euro: u = (1−t)h − ê; 0 where the firm is paid by outcome."""
    return 0.0 if outcome_share > 0.0 else (1.0 - transparency) * surcharge - expected_surcharge


# ----------------------------------------------------------------------------------------- 7 both sides learn


@rule
def goodwill(surplus, aspiration, surprise, loss_aversion, goodwill_scale, transparency, credit):
    """Evidence of goodwill: z = clip((s − a − λ_L·max(u, 0))/κ_z + ψ_t·t, −1, 1).

    Losses loom larger: Kahneman & Tversky (1979). Form: assumption.
    """
    evidence = (surplus - aspiration - loss_aversion * max(surprise, 0.0)) / goodwill_scale + credit * transparency
    return min(1.0, max(-1.0, evidence))


@rule
def expected_surcharge(before, rate, surprise):
    """Undisclosed surcharge expected next time, in euro: ê + λ_e·u."""
    return before + rate * surprise


@rule
def trust(before, evidence, gain, loss):
    """Trust after evidence z: τ + η⁺z(1−τ) if z > 0, τ + η⁻zτ if z < 0; easier lost than won as η⁻ > η⁺ (Slovic
    1993).
    """
    if evidence > 0.0:
        return before + gain * evidence * (1.0 - before)
    return before + loss * evidence * before


@rule
def context(before, gain, one_sided, mutual):
    """Shared context after an encounter: x + κ_x(1−x) if mutual, x + κ_x·χ_1(1−x) if only the customer remembers."""
    return before + (gain if mutual else gain * one_sided) * (1.0 - before)


@rule
def expressed_rate(reading, openness, trust):
    """How far a belief about an expressed need moves to what was seen: r_r(d + (1−d)τ); trust discloses."""
    return reading * (openness + (1.0 - openness) * trust)


@rule
def latent_rate(imagination, context, trust):
    """How far a belief about a latent need moves: r_m·x·τ; imagining what could be takes trust and shared context."""
    return imagination * context * trust
