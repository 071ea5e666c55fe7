"""The decompositions of claim A1 recover shares and variances that were put in."""

import math
from pathlib import Path

import numpy as np
import pytest
from synthetic import make_results

from sim import load, simulate
from sim.analysis.decomposition import adjusted_r_squared, decompose, relationship_share, shapley, social_relations
from sim.results import ResultsError

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    """Columns of 20,000 standard normal numbers."""
    draw = np.random.default_rng(1)
    return {name: draw.standard_normal((20_000, 1)) for name in ("a", "b", "c", "noise")}


def test_independent_groups_get_the_variance_they_make(drawn):
    # variances 4, 2, 1 and noise 3: shares 0.4, 0.2, 0.1
    value = (2 * drawn["a"] + 2**0.5 * drawn["b"] + drawn["c"] + 3**0.5 * drawn["noise"])[:, 0]
    found = shapley(value, {"process": drawn["a"], "personal": drawn["b"], "pair": drawn["c"]})
    assert found.shares == pytest.approx({"process": 0.4, "personal": 0.2, "pair": 0.1}, abs=0.01)
    assert found.alone == pytest.approx({"process": 0.4, "personal": 0.2, "pair": 0.1}, abs=0.01)
    assert found.explained == pytest.approx(sum(found.shares.values()))
    assert found.joint_bonus == pytest.approx(0, abs=0.005)
    assert found.depth == pytest.approx(0.3, abs=0.01)


def test_what_only_the_product_of_two_groups_explains_is_the_joint_bonus(drawn):
    # variances 1 (a), 2 (b times c), 1 (noise)
    value = (drawn["a"] + 2**0.5 * drawn["b"] * drawn["c"] + drawn["noise"])[:, 0]
    found = shapley(value, {"a": drawn["a"], "b": drawn["b"], "c": drawn["c"]})
    assert found.shares == pytest.approx({"a": 0.25, "b": 0, "c": 0}, abs=0.02)
    assert found.joint_bonus == pytest.approx(0.5, abs=0.02)


def test_groups_that_say_the_same_share_it_evenly(drawn):
    # by symmetry; a group that says nothing gets nothing
    value = (drawn["a"] + drawn["noise"])[:, 0]
    found = shapley(value, {"one": drawn["a"], "other": 3 - 2 * drawn["a"], "nothing": drawn["c"]})
    assert found.shares == pytest.approx({"one": 0.25, "other": 0.25, "nothing": 0}, abs=0.01)
    assert found.alone["one"] == pytest.approx(0.5, abs=0.01)
    assert found.alone["one"] == pytest.approx(found.alone["other"])


def test_lmg_of_two_correlated_regressors_is_the_published_formula(drawn):
    # Grömping (2007), equation 3: share of x1 = b1² + b1·b2·r + (b2² − b1²)·r²/2, over the variance, for unit variances
    r, b1, b2 = 0.6, 2.0, 1.0
    x1 = drawn["a"]
    x2 = r * x1 + math.sqrt(1 - r * r) * drawn["b"]
    value = (b1 * x1 + b2 * x2 + drawn["noise"])[:, 0]
    total = b1**2 + b2**2 + 2 * b1 * b2 * r + 1
    share = (b1**2 + b1 * b2 * r + (b2**2 - b1**2) * r * r / 2) / total
    found = shapley(value, {"x1": x1, "x2": x2})
    assert found.shares["x1"] == pytest.approx(share, abs=0.01)
    assert found.explained == pytest.approx(1 - 1 / total, abs=0.005)


def test_adjusted_r_squared_by_hand():
    # y 1, 2, 4 on x 0, 1, 2: slope 1.5, residual sum 1/6, total 14/3: R² 27/28, adjusted 1 − (1/28)·2/1
    assert adjusted_r_squared(np.array([1.0, 2, 4]), np.array([[0.0], [1], [2]])) == pytest.approx(26 / 28)
    assert adjusted_r_squared(np.array([1.0, 2, 4]), np.zeros((3, 0))) == pytest.approx(0)
    assert math.isnan(adjusted_r_squared(np.ones(3), np.array([[0.0], [1], [2]])))
    assert math.isnan(adjusted_r_squared(np.array([1.0, 2]), np.array([[0.0], [1]])))


def test_a_useless_group_of_many_columns_explains_nothing():
    draw = np.random.default_rng(2)
    found = shapley(draw.standard_normal(300), {"a": draw.standard_normal((300, 40)), "b": np.ones((300, 2))})
    assert abs(found.explained) < 0.1  # plain R² would be about 40/300
    assert found.shares["b"] == 0


# ------------------------------------------------------------------------------------------- social relations model


def test_variance_components_by_hand():
    # rows 1, 3 and 5, 9: firm means 2, 7; customer means 3, 6; residuals ±0.5: mean squares 25, 9 and 1
    found = social_relations(np.array([[1.0, 3], [5, 9]]))
    assert (found.firm, found.customer, found.relationship) == (12, 4, 1)
    assert math.isnan(found.error)
    assert found.shares == pytest.approx({"customer": 4 / 17, "firm": 12 / 17, "relationship": 1 / 17})


def test_variances_that_were_put_in_are_recovered():
    draw = np.random.default_rng(3)
    firms, customers = 60, 1500
    firm, customer = draw.normal(0, 2, (firms, 1, 1)), draw.normal(0, 1, (1, customers, 1))
    pair, error = draw.normal(0, 1.5, (firms, customers, 1)), draw.normal(0, 0.5, (firms, customers, 2))
    found = social_relations(firm + customer + pair + error)
    assert found.customer == pytest.approx(1, rel=0.1)
    assert found.firm == pytest.approx(np.var(firm, ddof=1), rel=0.02)  # sixty firms are what they are
    assert found.relationship == pytest.approx(2.25, rel=0.02)
    assert found.error == pytest.approx(0.25, rel=0.02)
    once = social_relations((firm + customer + pair + error)[:, :, 0])
    assert once.relationship == pytest.approx(2.5, rel=0.02)  # the error is in it


def test_the_components_need_every_dyad_and_two_of_each_party():
    with pytest.raises(ValueError, match="1 firms and 3 customers"):
        social_relations(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="some are NaN"):
        social_relations(np.array([[1.0, np.nan], [1, 2]]))
    assert all(math.isnan(share) for share in social_relations(np.ones((2, 2))).shares.values())


# ------------------------------------------------------------------------------------------------------- of a run


def test_the_dyads_of_a_run_are_decomposed():
    scenario = load(SCENARIOS / "everyday_low_price.toml").with_changes({"market.customers": 500, "market.rounds": 40})
    results = simulate(scenario, alternative="relationship")
    found = decompose(results)
    assert set(found.shares) == {"process", "personal", "interpersonal"}
    assert found.dyads == (results.dyads["purchases"] > 0).sum()
    assert 0 < found.explained + found.joint_bonus < 1
    assert found.depth > 0
    assert 0 < relationship_share(results) < 1
    with pytest.raises(ResultsError, match='"surplus", "margin" and "both"'):
        decompose(results, "profit")
    with pytest.raises(ResultsError, match="hold no dyads"):
        decompose(make_results())
