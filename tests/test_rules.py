"""Every rule against numbers worked by hand from docs/model.md (the properties: test_rule_properties.py)."""

import math

import pytest

from sim import rules

E, INF = math.e, math.inf

# rule: [(arguments, value worked by hand)], in the order of the steps of docs/model.md
WORKED = {
    # 1. environment
    "drift": [
        ((2.0, 1.0, 0.2, 1.5, 1.0), 1 + 0.8 * 1 + 0.6 * 1.5 * 1),  # sqrt(1 - 0.64) = 0.6
        ((2.0, 1.0, 0.0, 1.5, 3.0), 2),  # a calm market: needs stay
        ((2.0, 1.0, 1.0, 1.5, -2.0), 1 - 1.5 * 2),  # turbulence 1: nothing of the old need is left
        ((3.0, 1.0, 0.4, 0.0, 9.0), 1 + 0.6 * 2),  # no heterogeneity: back to the mean
    ],
    "faded_context": [((0.5, 0.97), 0.485), ((0.5, 1.0), 0.5), ((0.5, 0.0), 0)],
    "faded_expectation": [((8.0, 6.5, 0.5), 7.25), ((8.0, 6.5, 1.0), 8), ((8.0, 6.5, 0.0), 6.5)],
    # 3. outreach
    "familiarity": [((0.2, 0.2, 0.3, 0.5), 0.224), ((0.2, 0.2, 0.3, 0.0), 0.2), ((1.0, 0.2, 0.3, 1.0), 1)],
    "relevant_share": [
        ((0.5, 0.8, 8.0, 4.0), 0.4 / E),  # |n-b|² = 2K
        ((0.5, 0.8, 0.0, 4.0), 0.4),
        ((0.5, 0.0, 0.0, 4.0), 0),
        ((1.0, 1.0, 0.0, 1.0), 1),
        ((1.0, 1.0, 4.0, 1.0), E**-2),
    ],
    "fatigue": [
        ((1.0, 0.7, 2.0, 0.25), 0.7 + 2 * 0.75),
        ((1.0, 0.7, 0.0, 0.0), 0.7),
        ((0.0, 0.7, 3.0, 1.0), 0),  # nothing but relevant contacts
    ],
    "reach": [((0.0,), 0), ((math.log(2),), 0.5), ((1.0,), 1 - 1 / E)],
    "dialogue": [((0.5, 0.6, 0.5), 0.15), ((0.0, 0.6, 0.5), 0), ((1.0, 1.0, 1.0), 1)],
    "overload": [
        ((4.0, 1.0), 0.75),
        ((1.0, 1.0), 0),
        ((0.5, 1.0), 0),
        ((2.0, 0.0), 1),
        ((0.0, 0.0), 0),
        ((5e-10, 0.0), 0.5),  # below 1e-9 the share fades with the stress
    ],
    "annoyance": [((1.5, 2.0, 0.25), 0.75), ((1.0, 2.0, 0.0), 0)],
    "opts_out": [
        ((0.6, 0.5, 0.0), True),
        ((0.5, 0.5, 0.0), False),  # must exceed, not reach
        ((0.6, 0.5, 0.2), False),
        ((0.8, 0.5, 0.2), True),
    ],
    "fee_evidence": [((1.5, 3.0), -0.5), ((6.0, 3.0), -1), ((3.0, 3.0), -1)],
    # 4. word of mouth
    "hearsay_weight": [
        ((0.2, 0.25, 1.0, 0.5), 0.15),
        ((0.2, 0.25, 1.0, -0.5), 0.3),
        ((0.2, 0.25, 1.0, 0.0), 0.15),  # neither good nor bad is not bad
        ((0.8, 0.0, 1.0, -0.1), 1),
        ((0.8, 1.0, 1.0, -0.1), 0),
    ],
    "moved_towards": [((6.0, 10.0, 0.25), 7), ((6.0, 2.0, 0.5), 4), ((6.0, 10.0, 0.0), 6), ((6.0, 10.0, 1.0), 10)],
    # 5. choice
    "expected_price": [
        ((5.0, 2.0, 0.5, 0.5, 0.0, 10.0), 6.5),
        ((5.0, 2.0, 0.0, 0.5, 0.0, 10.0), 5.5),  # what is not disclosed enters by experience only
        ((5.0, 2.0, 0.5, 0.5, 0.4, 10.0), 4),
        ((5.0, 2.0, 0.5, 0.5, 0.4, -3.0), 0),
    ],
    "assortment_effort": [((2.0, 0.3, 1.0), 2), ((2.0, 0.3, E), 2.3), ((2.0, 0.3, E * E), 2.6)],
    "effort": [((2.3, 0.5), 1.15), ((2.3, 0.0), 2.3), ((2.3, 1.0), 0)],
    "money_weight": [((2.0, 0.4, 0.5, 0.5), 1.8), ((2.0, 0.4, 0.5, 0.0), 2), ((2.0, 1.0, 1.0, 1.0), 0)],
    "comfort": [((1.5, 0.5, 0.4), 0.3), ((1.5, 0.0, 1.0), 0)],
    "utility": [
        ((8.0, 1.0, 1.8, 5.0, 1.5, 0.75, 0.25, 0.2), 8 + 1 - 9 - 1.5 + 0.75 - 0.25 + 0.2),
        ((0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0),
    ],
    "switching_penalty": [((0.5, 2.0, 3.0), 6.5), ((0.5, 2.0, 0.0), 0.5), ((0.0, 2.0, 3.0), 6)],
    "transport": [((0.25, 0, 4.0), 1), ((0.25, 1, 4.0), 3), ((1.0, 1, 4.0), 0)],
    "option_weight": [
        ((1.0, 2.0, 0.5, True), E**-0.5),
        ((2.0, 2.0, 0.5, True), 1),
        ((-5.0, 2.0, 0.0, True), 1),  # no precision: pure chance
        ((-INF, 2.0, 0.5, True), 0),  # an option that is not there
        ((-INF, 2.0, 0.0, True), 0),
        ((-INF, -INF, 0.5, True), 0),  # none is there
        ((2.0, 2.0, 0.5, False), 1),
        ((1.9, 2.0, 0.5, False), 0),
        ((-INF, -INF, 0.5, False), 0),
    ],
    # 6. encounter
    "offered": [((1.0, 0.5, 0.8, 3.0), 1.8), ((1.0, 0.5, 0.0, 3.0), 1), ((1.0, 1.0, 1.0, 3.0), 3)],
    "range_factor": [
        ((16.0, 4.0), 0.25),
        ((8.0, 2.0), 0.125),
        ((9.0, 4.0), 1 / 3),
        ((1.0, 4.0), 1),
        ((3.0, 1.0), 1 / 9),
    ],
    "fit": [
        ((8.0, 0.25, 4.0), E**-0.25),  # d² = 0.25·8/4 = 0.5
        ((8.0, 1.0, 4.0), 1 / E),
        ((0.0, 1.0, 4.0), 1),
        ((4.0, 1.0, 1.0), E**-2),
    ],
    "cocreation": [((0.3, 0.5, 0.5, 0.8, 0.5, True), 1.03), ((0.3, 0.5, 0.5, 0.8, 0.5, False), 1)],
    "value_in_use": [((10.0, 1.2, 0.5, 1.03, 0.5, -2.0), 6.18 - 1), ((10.0, 1.0, 1.0, 1.0, 0.0, 3.0), 10)],
    "voice_probability": [((0.5, 0.2, 0.25), 0.2), ((0.0, 0.2, 1.0), 0), ((1.0, 0.2, 1.0), 1), ((1.0, 0.2, 0.0), 0.2)],
    "unit_cost": [
        ((4.0, 0.5, 1.5, 0.2, 0.5), 4 * 1.25 * 0.9),
        ((4.0, 0.5, 1.0, 0.0, 0.0), 4),
        ((4.0, 0.5, 0.6, 0.0, 0.0), 4 * 0.8),
        ((4.0, 0.5, 1.0, 0.25, 0.0), 3),  # everything standardised
        ((4.0, 0.5, 1.0, 0.25, 1.0), 4),  # nothing standardised
    ],
    "paid": [((5.0, 2.0, 0.0, 10.0), 7), ((5.0, 2.0, 0.4, 10.0), 4), ((5.0, 2.0, 0.4, -1.0), 0)],
    "surprise": [
        ((2.0, 0.5, 0.25, 0.0), 0.75),
        ((0.0, 0.0, 0.5, 0.0), -0.5),  # a fee that was expected and did not come
        ((2.0, 1.0, 0.0, 0.0), 0),
        ((2.0, 0.5, 0.25, 0.4), 0),
    ],
    # 7. learning
    "goodwill": [
        ((3.0, 1.5, 0.5, 1.5, 3.0, 0.5, 0.1), (3 - 1.5 - 0.75) / 3 + 0.05),
        ((3.0, 1.5, -0.5, 1.5, 3.0, 0.5, 0.1), 0.5 + 0.05),  # a pleasant surprise is no credit
        ((9.0, 0.0, 0.0, 1.5, 3.0, 0.0, 0.1), 1),
        ((2.9, 0.0, 0.0, 1.5, 3.0, 1.0, 0.1), 1),  # the transparency credit stays inside the clip
        ((-9.0, 0.0, 0.0, 1.5, 3.0, 1.0, 0.1), -1),
    ],
    "trust": [
        ((0.5, 0.4, 0.1, 0.25), 0.52),
        ((0.5, -0.4, 0.1, 0.25), 0.45),
        ((0.5, 0.0, 0.1, 0.25), 0.5),
        ((0.0, -1.0, 0.1, 0.25), 0),
        ((1.0, 1.0, 0.1, 0.25), 1),
    ],
    "context": [((0.5, 0.2, 0.3, True), 0.6), ((0.5, 0.2, 0.3, False), 0.53), ((1.0, 0.2, 0.3, True), 1)],
    "expressed_rate": [((0.5, 0.3, 0.5), 0.325), ((0.5, 0.3, 0.0), 0.15), ((0.5, 0.3, 1.0), 0.5), ((0.0, 1.0, 1.0), 0)],
    "latent_rate": [((0.5, 0.4, 0.5), 0.1), ((1.0, 0.0, 1.0), 0), ((1.0, 1.0, 0.0), 0), ((1.0, 1.0, 1.0), 1)],
}
CASES = [pytest.param(name, *case, id=f"{name}-{k}") for name, cases in WORKED.items() for k, case in enumerate(cases)]


@pytest.mark.parametrize("name, arguments, by_hand", CASES)
def test_a_rule_gives_the_number_worked_by_hand(name, arguments, by_hand):
    assert getattr(rules, name)(*arguments) == pytest.approx(by_hand, rel=1e-14, abs=1e-15)


def test_every_rule_has_been_worked_by_hand():
    assert {name for name, rule in vars(rules).items() if hasattr(rule, "py_func")} - {"exp", "log"} == set(WORKED)
