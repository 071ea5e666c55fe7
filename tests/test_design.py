"""Designs: every way of choosing points gives the same kind of list, and what exists can be run."""

import json

import numpy as np
import pytest

from sim.experiments.axes import Range, said, vary
from sim.experiments.design import Arm, grid, latin, listed, morris, sobol
from sim.experiments.sweep import plan_of, sweep
from sim.scenario import loads
from sim.scenario_errors import ScenarioError

SHOP = """
seed = 7
market = {customers = 40, rounds = 4}
[[firms]]
name = "ours"
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "cheap"
[[alternatives]]
name = "close"
set = {"firms.ours.strategy" = {kind = "learning_relationship", price = 7.0}}
"""
FACTORS = """
[[factors]]
name = "talk"
path = "segments.customers.talkativeness"
values = [0.0, 0.4]
[[factors]]
name = "when"
levels = [{name = "early", window = [1, 2]}, {name = "late", window = [3, 4], set = {"market.turnover" = 0.1}}]
"""


@pytest.fixture(scope="module")
def shop():
    return loads(SHOP)


def test_a_grid_crosses_levels_alternatives_and_the_same_seeds(shop):
    found = grid(shop, [vary(shop, "market.customers=40,60"), vary(shop, "market.heterogeneity=0:1:3")], seeds=2)
    assert len(found.arms) == 2 * 3 * 2
    assert len(found) == len(list(found.points())) == 24
    assert {point.seed for point in found.points()} == {7, 8}
    assert found.arms[2].factors == {"market.customers": 40, "market.heterogeneity": 0.5}
    assert [arm.alternative for arm in found.arms[:2]] == ["cheap", "close"]
    assert found.arms[1].firms == (("ours", "learning_relationship"), ("theirs", "product_centred"))


def test_an_arm_is_the_scenario_that_its_alternative_would_be(shop):
    found = grid(shop, [vary(shop, "market.customers=40")], seeds=1)
    for arm, name in zip(found.arms, ("cheap", "close"), strict=True):
        assert arm.hash == shop.alternative(name).hash == found.play(arm).hash


def test_factors_of_the_file_bring_their_windows_and_names():
    found = plan_of(loads(SHOP + FACTORS), seeds=1)
    assert [(arm.factors["talk"], arm.factors["when"], arm.window) for arm in found.arms[::2]] == [
        (0.0, "early", (1, 2)), (0.0, "late", (3, 4)), (0.4, "early", (1, 2)), (0.4, "late", (3, 4)),
    ]  # fmt: skip
    assert found.play(found.arms[2]).market.turnover == 0.1


def test_a_latin_hypercube_uses_every_slice_once(shop):
    found = latin(shop, [vary(shop, "market.heterogeneity=0:2"), vary(shop, "market.turbulence=0:1")], 8)
    for factor, top in (("market.heterogeneity", 2), ("market.turbulence", 1)):
        values = np.array([arm.factors[factor] for arm in found.arms[::2]])
        assert sorted((values / top * 8).astype(int)) == list(range(8))


def test_a_sobol_design_is_balanced_and_repeatable(shop):
    axes = [vary(shop, "market.heterogeneity=0:2"), vary(shop, "market.turbulence=0:1")]
    found, again = sobol(shop, axes, 16), sobol(shop, axes, 16)
    assert found.arms == again.arms
    values = np.array([arm.factors["market.turbulence"] for arm in found.arms[::2]])
    assert ((values < 0.5).sum(), (values < 0.25).sum()) == (8, 4)
    with pytest.raises(ValueError, match="power of two, such as 8 or 16"):
        sobol(shop, axes, 12)


def test_a_morris_trajectory_changes_one_factor_at_a_time(shop):
    axes = [vary(shop, f"market.{name}=0:1") for name in ("heterogeneity", "turbulence", "turnover")]
    found = morris(shop, axes, 5)
    values = np.array([list(arm.factors.values()) for arm in found.arms[::2]]).reshape(5, 4, 3)
    steps = np.diff(values, axis=1)
    assert ((np.abs(steps) > 1e-9).sum(axis=2) == 1).all()
    np.testing.assert_allclose(np.abs(steps).sum(axis=1), 2 / 3)
    assert values.min() >= 0
    assert values.max() <= 1
    assert [arm.group for arm in found.arms[::2]] == [t for t in range(5) for _ in range(4)]


@pytest.mark.parametrize(
    "text, told",
    [
        ("market.turbulence=0,1", "market.turbulence: a morris design moves numbers through a range"),
        ("market.turbulence=0:1:5", "give a range path=0:1 instead of values"),
        ("market.report_lag=1:3", "1 to 3 are fewer whole numbers than the 4 levels"),
    ],
)
def test_a_morris_design_refuses_numbers_whose_steps_are_not_those_of_a_range(shop, text, told):
    with pytest.raises(ScenarioError, match=told):
        morris(shop, [vary(shop, "market.heterogeneity=0:1"), vary(shop, text)], 2)


def test_a_morris_design_goes_through_names_and_through_yes_and_no(shop):
    axes = [vary(shop, text) for text in ("market.choice='best','logit'", "mechanisms.contacts=true,false")]
    levels = [tuple(arm.factors.values()) for arm in morris(shop, axes, 3).arms[::2]]
    assert set(levels) == {("best", True), ("best", False), ("logit", True), ("logit", False)}


def test_whole_numbers_stay_whole_and_each_is_as_likely(shop):
    axis = vary(shop, "market.report_lag=1:4")
    assert isinstance(axis, Range)
    values = [axis.level(share).set["market.report_lag"] for share in (0, 0.24, 0.26, 0.51, 0.76, 1.0)]
    assert values == [1, 1, 2, 3, 4, 4]
    assert all(isinstance(value, int) for value in values)
    assert not vary(shop, "market.heterogeneity=0:2").whole


def test_a_list_in_a_file_is_read_as_toml_and_empty_cells_change_nothing(shop, tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("market.customers,firms.theirs.strategy.markup,market.choice\n50,,logit\n,0.5,best\n")
    found = listed(shop, file, seeds=1)
    assert found.play(found.arms[0]).market.customers == 50
    assert found.play(found.arms[2]).market.customers == 40
    assert found.play(found.arms[2]).firms[1].strategy.markup == 0.5
    assert found.arms[2].factors["market.choice"] == "best"


def test_every_problem_of_a_file_is_said_with_its_line(shop, tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("market.customers,market.turbulence\n50,0.1\n-3,0.1\n50,7\n")
    with pytest.raises(ScenarioError) as wrong:
        listed(shop, file)
    told = str(wrong.value)
    assert "line 3: " in told
    assert "line 4: " in told
    assert "-3 is out of range" in told
    assert "line 2" not in told
    file.write_text("market.customers,market.turbulence\n50\n")
    with pytest.raises(ScenarioError, match="line 2: has not 2 cells"):
        listed(shop, file)


def test_a_factor_that_is_overwritten_by_every_alternative_is_refused():
    both = SHOP.replace('name = "cheap"', 'name = "cheap"\nset = {"firms.ours.strategy" = {kind = "fee_extractor"}}')
    shop = loads(both)
    with pytest.raises(ScenarioError, match=r"firms.ours.strategy.price: makes no difference"):
        grid(shop, [vary(shop, "firms.ours.strategy.price=5,6")])
    own = grid(shop, [vary(shop, "close>firms.ours.strategy.price=5,6")])
    assert [own.play(arm).firms[0].strategy.price for arm in own.arms[1::2]] == [5.0, 6.0]
    assert len({arm.hash for arm in own.arms[::2]}) == 1  # the other alternative is the same at every level


@pytest.mark.parametrize(
    "text, told",
    [
        ("market.customers", "says not what to vary"),
        ("market.customers=", "says not what to vary"),
        ("market.turbulence=1:0", "from 1 to 0 is no range"),
        ("market.turbulence=0:1:1", "give 2 or more"),
        ("clsoe>market.turbulence=0,1", 'did you mean "close"'),
    ],
)
def test_what_cannot_be_varied_is_said(shop, text, told):
    with pytest.raises(ScenarioError, match=told):
        vary(shop, text)


def test_a_misspelt_path_is_answered_before_anything_runs(shop):
    with pytest.raises(ScenarioError, match="market"):
        grid(shop, [vary(shop, "market.turbulenze=0,1")])
    with pytest.raises(ScenarioError, match="a grid needs values"):
        grid(shop, [vary(shop, "market.turbulence=0:1")])
    with pytest.raises(ScenarioError, match="varied twice"):
        grid(shop, [vary(shop, "market.turbulence=0,1")] * 2)


def test_an_arm_survives_json(shop):
    for arm in plan_of(loads(SHOP + FACTORS)).arms:
        assert Arm.read(json.loads(json.dumps(arm.record()))) == arm


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    "text, told",
    [
        ("market.turbulence,market.turbulence\n0.1,0.2\n", "market.turbulence has two columns"),
        ("market.turbulence,\n0.1,0.2\n", "column 2 has no dotted path"),
        ("", "is empty: a line of dotted paths"),
        ("market.turbulence\n", "is empty: a line of dotted paths"),
        ("seed\n1\n2\n", "every condition meets the same seeds"),
    ],
)
def test_a_file_of_conditions_that_means_something_else_is_refused(tmp_path, text, told):
    (tmp_path / "points.csv").write_text(text)
    with pytest.raises(ScenarioError, match=told):
        plan_of(loads(SHOP), tmp_path / "points.csv")


def test_designs_that_cannot_be_meant_are_refused_before_a_folder_is_made(tmp_path):
    shop, out = loads(SHOP), tmp_path / "s"
    for varied, told in (
        ({"market.turbulence": []}, "has no levels"),
        ({"market.turbulence": [0.1, 0.1]}, "has the level 0.1 twice"),
        ({"seed": [1, 2]}, "every condition meets the same seeds"),
        ("market.turbulence=0,7", "out of range"),  # a factor, not the name of a file
        ("nothing.csv", "there is no such file"),
    ):
        with pytest.raises(ScenarioError, match=told):
            sweep(shop, varied, out=out)
    for options, told in (
        ({"seeds": 1.5}, "seeds is 1.5, not a whole number"),
        ({"seeds": 0}, "seeds is 0"),
        ({"kind": "latine"}, 'did you mean "latin"'),
        ({"points": 3}, "a grid has its own"),
        ({"executor": "cloud"}, '"cloud" is not an executor'),
    ):
        with pytest.raises(ValueError, match=told):
            sweep(shop, ["market.turbulence=0,0.1"], out=out, **options)
    assert not out.exists()


def test_levels_are_written_for_people():
    assert [said(level) for level in (1 / 6, 0.5, 12, 1234567, True, "low", 2 / 3)] == [
        "0.1667", "0.5", "12", "1234567", "True", "low", "0.6667",
    ]  # fmt: skip
