"""What the model promises of its rules, whatever the numbers: bounds, directions, limits."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim import rules

checked = settings(deadline=None, derandomize=True)
share = st.floats(0, 1)
positive = st.floats(1e-3, 100)
amount = st.floats(0, 100)
any_amount = st.floats(-100, 100)
evidence = st.floats(-1, 1)
rates = st.tuples(st.floats(1e-3, 1), st.floats(1e-3, 1)).filter(lambda pair: pair[0] < pair[1])  # η⁺ < η⁻


@checked
@given(share, st.lists(evidence, max_size=40), share, share)
def test_trust_stays_between_0_and_1_under_any_sequence_of_evidence(trust, history, gain, loss):
    for z in history:
        trust = rules.trust(trust, z, gain, loss)
        assert 0 <= trust <= 1


@checked
@given(share, rates, st.floats(1e-3, 1))
def test_trust_falls_by_more_than_it_rises_from_the_mirror_image(trust, rates, z):
    assume(trust > 1e-3)
    fall = trust - rules.trust(trust, -z, *rates)
    rise = rules.trust(1 - trust, z, *rates) - (1 - trust)
    assert fall > rise or fall == pytest.approx(rise, abs=1e-15)


@checked
@given(rates, st.floats(0.01, 1))
def test_equal_good_and_bad_evidence_in_turn_leaves_a_customer_suspicious(rates, z):
    trust = 0.5
    for _ in range(200):
        trust = rules.trust(rules.trust(trust, z, *rates), -z, *rates)
    assert trust < 0.5


@checked
@given(share, evidence, evidence, share, share)
def test_better_evidence_never_means_less_trust(trust, one, other, gain, loss):
    worse, better = sorted((one, other))
    assert rules.trust(trust, worse, gain, loss) <= rules.trust(trust, better, gain, loss) + 1e-15


happening = st.tuples(
    st.sampled_from(["one-sided encounter", "mutual encounter", "content", "dialogue", "rest"]), share
)


@checked
@given(share, st.lists(happening, max_size=40), share, share)
def test_context_stays_between_0_and_1_under_any_history(context, history, gain, one_sided):
    for event, amount in history:
        if event == "content":
            context = rules.familiarity(context, gain, one_sided, amount)
        elif event == "dialogue":
            context = rules.moved_towards(context, 1.0, amount * gain)
        elif event == "rest":
            context = rules.faded_context(context, 1 - amount)
        else:
            context = rules.context(context, gain, one_sided, event == "mutual encounter")
        assert 0 <= context <= 1


@checked
@given(share, share)
def test_context_never_grows_without_an_encounter(context, decay):
    assert rules.faded_context(context, decay) <= context


@checked
@given(share, share, share)
def test_mutual_encounters_build_at_least_as_much_context_as_one_sided_ones(context, gain, one_sided):
    one, both = (rules.context(context, gain, one_sided, mutual) for mutual in (False, True))
    assert context <= one <= both


@checked
@given(share, share, share, evidence)
def test_hearsay_weighs_between_0_and_1(weight, context, bias, z):
    assert 0 <= rules.hearsay_weight(weight, context, bias, z) <= 1


@checked
@given(share, amount, evidence)
def test_complete_shared_context_makes_deaf_to_hearsay(weight, bias, z):
    assert rules.hearsay_weight(weight, 1.0, bias, z) == 0


@checked
@given(share, share, share, amount, st.floats(1e-9, 1))
def test_bad_news_weighs_no_less_than_good_and_context_protects_from_both(weight, one, other, bias, z):
    less, more = sorted((one, other))
    assert rules.hearsay_weight(weight, less, bias, z) <= rules.hearsay_weight(weight, less, bias, -z)
    assert rules.hearsay_weight(weight, more, bias, -z) <= rules.hearsay_weight(weight, less, bias, -z)


@checked
@given(any_amount, any_amount, share)
def test_learning_never_overshoots_what_was_learnt(value, target, rate):
    low, high = sorted((value, target))
    assert low - 1e-13 <= rules.moved_towards(value, target, rate) <= high + 1e-13


@checked
@given(any_amount, any_amount, share)
def test_a_faded_expectation_lies_between_itself_and_the_prior(expectation, prior, decay):
    low, high = sorted((expectation, prior))
    assert low - 1e-13 <= rules.faded_expectation(expectation, prior, decay) <= high + 1e-13


def utility_at(price, surcharge, transparency, expected, sensitivity, tolerance, orientation, trust):
    weight = rules.money_weight(sensitivity, tolerance, orientation, trust)
    money = rules.expected_price(price, surcharge, transparency, expected, 0.0, 8.0)
    return rules.utility(8.0, 0.0, weight, money, 1.0, 0.5, 0.1, 0.2)


@checked
@given(amount, positive, st.tuples(amount, share, amount, positive, st.floats(0, 0.99), share, share))
def test_a_higher_price_is_never_preferred(price, rise, terms):
    assert utility_at(price + rise, *terms) < utility_at(price, *terms)


@checked
@given(amount, amount, share, amount, positive, share, share, share, share)
def test_trust_makes_the_same_price_weigh_less(price, surcharge, transparency, expected, alpha, theta, rho, one, other):
    less, more = sorted((one, other))
    terms = price, surcharge, transparency, expected, alpha, theta, rho
    assert utility_at(*terms, more) >= utility_at(*terms, less) - 1e-9


@checked
@given(amount, amount, share, amount, share, any_amount)
def test_nobody_expects_to_be_paid_for_buying(price, surcharge, transparency, expected, outcome_share, value):
    assert rules.expected_price(price, surcharge, transparency, expected, outcome_share, value) >= 0


@checked
@given(amount, amount, st.floats(1e-3, 1), any_amount, any_amount)
def test_a_price_by_outcome_does_not_depend_on_price_and_surcharge(price, surcharge, outcome_share, value, expected):
    assert rules.paid(price, surcharge, outcome_share, value) == outcome_share * max(value, 0)
    assert rules.expected_price(price, surcharge, 0.5, 1.0, outcome_share, expected) == outcome_share * max(expected, 0)


@checked
@given(amount, share)
def test_a_hidden_surcharge_surprises_less_and_less(surcharge, transparency):
    expected, before = 0.0, math.inf
    for _ in range(60):
        surprise = rules.surprise(surcharge, transparency, expected, 0.0)
        assert 0 <= surprise <= before
        expected, before = expected + 0.3 * surprise, surprise
    assert before == pytest.approx(0, abs=1e-6)


@checked
@given(amount, share, st.floats(1, 1000), share, share)
def test_effort_falls_with_context_and_rises_with_the_range(search, choice, assortment, one, other):
    less, more = sorted((one, other))
    strange = rules.assortment_effort(search, choice, assortment)
    assert 0 <= rules.effort(strange, more) <= rules.effort(strange, less) <= strange
    assert strange >= search


@checked
@given(share, share, share, share)
def test_voice_is_a_probability_that_rises_with_trust(listening, floor, one, other):
    less, more = sorted((one, other))
    low, high = (rules.voice_probability(listening, floor, trust) for trust in (less, more))
    assert 0 <= low <= high + 1e-15 <= 1 + 1e-15


@checked
@given(share, share)
def test_nobody_is_heard_where_nobody_listens(floor, trust):
    assert rules.voice_probability(0.0, floor, trust) == 0


@checked
@given(st.floats(0, 1000), st.floats(1, 1000), st.integers(1, 16))
def test_fit_lies_above_0_and_at_most_at_1(squared_distance, assortment, dimensions):
    assume(squared_distance <= 1000 * dimensions)
    assert 0 < rules.fit(squared_distance, rules.range_factor(assortment, float(dimensions)), float(dimensions)) <= 1


@checked
@given(amount, amount, st.floats(1, 1000), st.floats(1, 1000))
def test_a_closer_offer_or_a_wider_range_fits_no_worse(one, other, few, many):
    near, far = sorted((one, other))
    narrow, wide = sorted((few, many))
    assert rules.fit(near, 1.0, 4.0) >= rules.fit(far, 1.0, 4.0)
    factors = rules.range_factor(wide, 4.0), rules.range_factor(narrow, 4.0)
    assert rules.fit(far, factors[0], 4.0) >= rules.fit(far, factors[1], 4.0) * (1 - 1e-14)


@checked
@given(amount, st.floats(0, 10))
def test_overload_is_a_share_and_starts_above_the_tolerance(stress, tolerance):
    overload = rules.overload(stress, tolerance)
    assert 0 <= overload <= 1
    assert (overload > 0) == (stress - tolerance > 0)


@checked
@given(amount, share, amount, share)
def test_fatigue_is_never_negative_and_rests_when_nobody_calls(before, carryover, contacts, relevant):
    assert rules.fatigue(before, carryover, contacts, relevant) >= carryover * before
    assert rules.fatigue(before, carryover, 0.0, relevant) <= before


@checked
@given(share, share, st.floats(0, 1e4), st.integers(1, 16))
def test_the_relevant_share_of_contacts_is_a_share(relevance, personalisation, squared_distance, dimensions):
    relevant = rules.relevant_share(relevance, personalisation, squared_distance, float(dimensions))
    assert 0 <= relevant <= relevance * personalisation


@checked
@given(st.floats(0, 700), st.floats(0, 700))
def test_more_contacts_reach_no_less_and_never_more_than_everybody(one, other):
    few, many = sorted((one, other))
    assert 0 <= rules.reach(few) <= rules.reach(many) <= 1


@checked
@given(share, st.floats(0, 700), share)
def test_a_contact_counts_as_a_fraction_of_an_encounter(listening, contacts, openness):
    assert 0 <= rules.dialogue(listening, rules.reach(contacts), openness) <= 1


@checked
@given(any_amount, share, share, any_amount)
def test_an_offer_lies_between_the_position_and_the_belief(position, relevance, personalisation, belief):
    low, high = sorted((position, belief))
    assert low - 1e-13 <= rules.offered(position, relevance, personalisation, belief) <= high + 1e-13


@checked
@given(any_amount, any_amount, any_amount, st.floats(0, 5), positive, share, share)
def test_evidence_of_goodwill_lies_between_minus_1_and_1(
    surplus, aspiration, surprise, aversion, scale, openness, credit
):
    assert -1 <= rules.goodwill(surplus, aspiration, surprise, aversion, scale, openness, credit) <= 1


@checked
@given(any_amount, positive, amount, positive)
def test_evidence_rises_with_surplus_and_falls_with_an_unpleasant_surprise(surplus, more, surprise, worse):
    def evidence(surplus, surprise):
        return rules.goodwill(surplus, 0.0, surprise, 1.5, 3.0, 0.5, 0.1)

    assert evidence(surplus, surprise + worse) <= evidence(surplus, surprise) <= evidence(surplus + more, surprise)


@checked
@given(amount, positive)
def test_a_fee_for_being_left_alone_is_evidence_of_ill_will(fee, scale):
    assert -1 <= rules.fee_evidence(fee, scale) <= 0


@checked
@given(share, share, share)
def test_beliefs_move_by_a_share_and_latent_ones_only_with_trust_and_context(capability, other, trust):
    assert 0 <= rules.expressed_rate(capability, other, trust) <= 1
    assert 0 <= rules.latent_rate(capability, other, trust) <= capability * min(other, trust)


@checked
@given(share, share, share, share, share)
def test_cocreation_needs_a_relationship_and_never_lowers_value(weight, imagination, context, trust, openness):
    assert rules.cocreation(weight, imagination, context, trust, openness, False) == 1
    assert rules.cocreation(weight, imagination, context, trust, openness, True) >= 1


@checked
@given(share, amount)
def test_needs_drift_without_losing_their_spread(turbulence, heterogeneity):
    kept = rules.drift(1.0, 0.0, turbulence, 0.0, 0.0)
    added = rules.drift(0.0, 0.0, turbulence, heterogeneity, 1.0)
    assert kept**2 * heterogeneity**2 + added**2 == pytest.approx(heterogeneity**2, rel=1e-9, abs=1e-300)


@checked
@given(share, amount)
def test_the_two_ends_of_the_street_are_one_street_apart(place, cost):
    assert rules.transport(place, 0, cost) + rules.transport(place, 1, cost) == pytest.approx(cost)


@checked
@given(amount, share, st.floats(0.5, 2), share, share, share)
def test_tailoring_never_makes_a_unit_cheaper(cost, quality_cost, quality, efficiency, one, other):
    less, more = sorted((one, other))
    standard, tailored = (rules.unit_cost(cost, quality_cost, quality, efficiency, part) for part in (less, more))
    assert standard <= tailored * (1 + 1e-14)


@checked
@given(any_amount, any_amount, amount, st.booleans())
def test_the_weight_of_an_option_lies_between_0_and_1(one, other, precision, logit):
    assert 0 <= rules.option_weight(one, max(one, other), precision, logit) <= 1
