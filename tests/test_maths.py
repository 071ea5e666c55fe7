"""exp, log, cos and sin against arbitrary precision (mpmath, 40 digits) and at the edges of their ranges."""

import hashlib
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import maths

exact = mpmath.mp.clone()
exact.dps = 40

RANDOM = np.random.default_rng(20240101)
checked = settings(deadline=None, derandomize=True)


def ulps(value: float, truth: mpmath.mpf) -> float:
    """Distance of a float from the truth, in units of the last place of the truth."""
    return float(abs(exact.mpf(value) - truth) / exact.mpf(float(np.spacing(abs(float(truth))))))


EXPONENTS = {
    "the whole range": RANDOM.uniform(-708, 709, 4000),
    "everyday sizes": RANDOM.uniform(-20, 20, 4000),
    "close to zero": RANDOM.choice([-1.0, 1.0], 2000) * 10.0 ** RANDOM.uniform(-300, -1, 2000),
    "multiples of ln 2 and their halves": np.arange(-2000, 2000) * (math.log(2) / 2),
}


@pytest.mark.parametrize("region", EXPONENTS)
def test_exp_errs_by_hardly_more_than_one_unit_in_the_last_place(region):
    assert max(ulps(maths.exp(x), exact.exp(exact.mpf(float(x)))) for x in EXPONENTS[region]) < 1.05


ARGUMENTS = {
    "every binade": 2.0 ** np.arange(-1022, 1024) * RANDOM.uniform(1, 1.9999, 2046),
    "around one": 1 + RANDOM.choice([-1.0, 1.0], 4000) * 10.0 ** RANDOM.uniform(-15, -0.5, 4000),
    "uniforms": RANDOM.uniform(0, 1, 4000),
    "around the switch at sqrt(1/2)": math.sqrt(0.5) * (1 + RANDOM.normal(0, 1e-9, 1000)),
}


@pytest.mark.parametrize("region", ARGUMENTS)
def test_log_errs_by_less_than_one_unit_in_the_last_place(region):
    assert max(ulps(maths.log(x), exact.log(exact.mpf(float(x)))) for x in ARGUMENTS[region] if x != 1) < 1


TURNS = {
    "the whole turn": RANDOM.uniform(0, 1, 6000),
    "thirty-second parts": np.arange(32) / 32,
    "close to the eighths": (np.arange(1, 8)[:, None] / 8 + RANDOM.normal(0, 1e-8, 300)).ravel(),
    "tiny angles": 10.0 ** RANDOM.uniform(-20, -3, 500),
}


@pytest.mark.parametrize("region", TURNS)
@pytest.mark.parametrize("which, truth", [(0, exact.cos), (1, exact.sin)], ids=["cos", "sin"])
def test_cos_and_sin_err_by_less_than_2e_16(region, which, truth):
    errors = [abs(maths.cos_sin_turn(u)[which] - truth(2 * exact.pi * exact.mpf(float(u)))) for u in TURNS[region]]
    assert max(errors) < 2e-16


@pytest.mark.parametrize(
    "x, value",
    [(0.0, 1.0), (-0.0, 1.0), (-708.5, 0.0), (-math.inf, 0.0), (709.5, math.inf), (math.inf, math.inf)],
)
def test_exp_at_its_edges(x, value):
    assert maths.exp(x) == value


def test_exp_of_not_a_number_is_not_a_number():
    assert math.isnan(maths.exp(math.nan))


@pytest.mark.parametrize(
    "x, value", [(1.0, 0.0), (2.0, math.log(2)), (0.0, -math.inf), (5e-324, -math.inf), (math.inf, math.inf)]
)
def test_log_at_its_edges(x, value):
    assert maths.log(x) == value


@pytest.mark.parametrize("u, cos, sin", [(0.0, 1, 0), (0.25, 0, 1), (0.5, -1, 0), (0.75, 0, -1)])
def test_quarter_turns_are_exact(u, cos, sin):
    assert maths.cos_sin_turn(u) == (cos, sin)


@checked
@given(st.floats(0, 1, exclude_max=True))
def test_cos_and_sin_stay_on_the_unit_circle(u):
    cos, sin = maths.cos_sin_turn(u)
    assert abs(cos * cos + sin * sin - 1) < 5e-16


@checked
@given(st.floats(1e-300, 1e300))
def test_exp_undoes_log(x):
    assert maths.exp(maths.log(x)) == pytest.approx(x, rel=2.3e-16 * (2 + abs(math.log(x))))


@checked
@given(st.floats(-700, 700), st.floats(1e-9, 5))
def test_exp_rises(x, step):
    assert maths.exp(x + step) >= maths.exp(x)


def test_every_platform_gives_these_bits():
    """A change here changes results: say so in CHANGELOG.md."""
    grid = np.arange(1, 4096)
    values = [maths.exp(x) for x in grid / 64 - 32]
    values += [maths.log(x) for x in grid / 512]
    values += [part for u in grid / 4096 for part in maths.cos_sin_turn(u)]
    assert hashlib.sha256(np.array(values).astype("<f8").tobytes()).hexdigest()[:16] == "22195367cf3f0276"
