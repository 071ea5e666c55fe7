"""The random numbers: the published generator, uniform and independent over every part of the key, right distributions.

Every statistical test has fixed keys and therefore a fixed outcome; p > 0.001 is asked of each.
"""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from sim import random

SEED, ENOUGH = 1, 0.001
checked = settings(deadline=None, derandomize=True)


def philox(counter: list[int], key: list[int]) -> tuple[int, ...]:
    return tuple(int(word) for word in random.philox(*(np.uint64(word) for word in key + counter)))


# Known answers: kat_vectors of Random123 (Salmon, Moraes, Dror & Shaw 2011).
KNOWN = {
    "zeros": ([0] * 4, [0] * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    "ones": ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    "digits of pi": (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
}


@pytest.mark.parametrize("counter, key, answer", KNOWN.values(), ids=KNOWN)
def test_philox_gives_the_published_answers(counter, key, answer):
    assert philox(counter, key) == answer


def philox_in_words(counter: list[int], key: list[int]) -> tuple[int, ...]:
    """Ten rounds as figure 2 of the paper draws them, in Python's unbounded integers."""
    (a, b, c, d), (k, m) = counter, key
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = right >> 32 ^ b ^ k, right & 0xFFFFFFFF, left >> 32 ^ d ^ m, left & 0xFFFFFFFF
        k, m = (k + 0x9E3779B9) & 0xFFFFFFFF, (m + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


word = st.integers(0, 2**32 - 1)


@checked
@given(st.lists(word, min_size=4, max_size=4), st.lists(word, min_size=2, max_size=2))
def test_philox_agrees_with_unbounded_integers(counter, key):
    assert philox(counter, key) == philox_in_words(counter, key)


keys = st.tuples(
    st.integers(0, 2**63 - 1),  # seed
    st.integers(0, 31),  # kind
    st.integers(0, 32_000),  # round
    st.integers(0, 20_000_000),  # customer
    st.integers(0, 255),  # firm
    st.integers(0, 255),  # part
)


@checked
@given(keys)
def test_the_same_event_always_draws_the_same_numbers(key):
    assert random.words(*key) == random.words(*key)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(keys, keys, st.sets(st.integers(0, 5)))
def test_different_events_draw_different_numbers(one, other, shared):
    other = tuple(one[k] if k in shared else other[k] for k in range(6))
    assume(one != other)
    assert random.words(*one) != random.words(*other)


FIELDS = ["seed", "kind", "round", "customer", "firm", "part"]


@cache
def draws_along(field: str, count: int = 20_000) -> np.ndarray:
    """Uniforms of keys that differ in one field (kind, firm and part have few values: the customer then varies too)."""
    few = {"kind": 16, "firm": 50, "part": 8}.get(field, count)
    base = {"seed": SEED, "kind": random.CHOICE, "round": 7, "customer": 11, "firm": 2, "part": 1}
    keys = [base | {"customer": 11 + k // few} | {field: k % few} for k in range(count)]
    return np.array([random.uniforms(*key.values()) for key in keys])


@cache
def normals() -> np.ndarray:
    return np.array([random.normals(SEED, random.DRIFT, 3, i, 0, 1) for i in range(20_000)])


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("field", FIELDS)
def test_uniforms_are_uniform_along_every_field_of_the_key(field, place):
    draws = draws_along(field)[:, place]
    assert stats.kstest(draws, "uniform").pvalue > ENOUGH
    assert stats.chisquare(np.histogram(draws, 128, (0, 1))[0]).pvalue > ENOUGH


def independence(one: np.ndarray, other: np.ndarray) -> float:
    """p-value of the chi-square test of an even spread over 16 x 16 equal cells."""
    return stats.chisquare(np.histogram2d(one, other, 16, ((0, 1), (0, 1)))[0].ravel()).pvalue


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("field", FIELDS)
def test_draws_of_adjacent_keys_are_independent(field, place):
    draws = draws_along(field)[:, place]
    assert independence(draws[:-1], draws[1:]) > ENOUGH


@pytest.mark.parametrize("one, other", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
def test_the_four_draws_of_one_event_are_independent(one, other):
    draws = draws_along("customer")
    assert independence(draws[:, one], draws[:, other]) > ENOUGH


@pytest.mark.parametrize("seed, other_seed", [(0, 1), (1, 2), (7, 7 + 2**32), (0, 2**62)])
def test_runs_with_different_seeds_are_independent(seed, other_seed):
    draws = [[random.uniforms(s, random.LIFE, 3, i, 0, 0)[0] for i in range(10_000)] for s in (seed, other_seed)]
    assert independence(*np.array(draws)) > ENOUGH


def test_a_uniform_is_never_zero_or_one():
    assert random.unit(np.uint64(0)) == 2.0**-33
    assert random.unit(np.uint64(2**32 - 1)) == 1 - 2.0**-33


@checked
@given(word)
def test_a_uniform_and_its_mirror_image_add_up_to_one(bits):
    assert random.unit(np.uint64(bits)) + random.unit(np.uint64(2**32 - 1 - bits)) == 1


def test_uniforms_are_the_words_in_order():
    key = (SEED, random.LIFE, 1, 2, 3, 4)
    assert random.uniforms(*key) == tuple((int(w) + 0.5) / 2**32 for w in random.words(*key))


@pytest.mark.parametrize(
    "u, w, pair",
    [(math.exp(-2), 0.25, (0, 2)), (math.exp(-0.5), 0.5, (-1, 0)), (math.exp(-8), 0.125, (8**0.5, 8**0.5))],
)
def test_a_normal_pair_is_a_radius_and_a_turn(u, w, pair):
    assert random.normal_pair(u, w) == pytest.approx(pair, abs=1e-14)


@pytest.mark.parametrize("place", range(4))
def test_normals_are_standard_normal(place):
    assert stats.kstest(normals()[:, place], "norm").pvalue > ENOUGH


def test_normals_have_the_tails_of_the_normal():
    beyond = int((abs(normals()) > 3).sum())
    assert stats.binomtest(beyond, normals().size, 2 * stats.norm.sf(3)).pvalue > ENOUGH


@pytest.mark.parametrize("one, other", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
def test_the_four_normals_of_one_event_are_independent(one, other):
    chances = stats.norm.cdf(normals())
    assert independence(chances[:, one], chances[:, other]) > ENOUGH


SHAPES = [0.02, 0.2426, 0.7929, 1.0, 4.0, 30.0]


@pytest.mark.parametrize("shape", SHAPES)
def test_log_gamma_draws_follow_the_log_gamma_distribution(shape):
    draws = [random.log_gamma_draw(SEED, random.TASTE, 0, i, 1, 0, shape) for i in range(20_000)]
    assert stats.kstest(draws, stats.loggamma(shape).cdf).pvalue > ENOUGH


@pytest.mark.parametrize("shape", SHAPES)
def test_gamma_draws_follow_the_gamma_distribution(shape):
    draws = [random.gamma_draw(SEED, random.TRAITS, 0, i, 0, 0, shape) for i in range(20_000)]
    assert stats.kstest(draws, stats.gamma(shape).cdf).pvalue > ENOUGH


@pytest.mark.parametrize("a, b", [(2.0, 2.0), (0.2426, 0.7929), (0.02, 0.7929), (4.0, 0.2426), (30.0, 4.0)])
def test_beta_draws_follow_the_beta_distribution(a, b):
    draws = [random.beta_draw(SEED, random.TRAITS, 0, i, 0, 16, a, b) for i in range(20_000)]
    assert stats.kstest(draws, stats.beta(a, b).cdf).pvalue > ENOUGH


def test_log_gamma_draws_are_finite_where_the_variate_underflows():
    draws = [random.log_gamma_draw(SEED, random.TASTE, 0, i, 0, 0, 1e-4) for i in range(5_000)]
    assert all(map(math.isfinite, draws))
    assert min(draws) < -745


@checked
@given(st.floats(1e-3, 50), st.floats(1e-3, 50), st.integers(0, 10**6))
def test_beta_draws_are_shares(a, b, customer):
    assert 0 <= random.beta_draw(SEED, random.TRAITS, 0, customer, 0, 0, a, b) <= 1
