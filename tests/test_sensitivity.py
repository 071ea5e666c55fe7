"""Sensitivity and discovery on functions whose answer is known, with and without luck."""

import dataclasses

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from sim.charts import discovery_picture, region_rows, sensitivity_bars, sensitivity_picture
from sim.experiments.axes import vary
from sim.experiments.design import saltelli
from sim.experiments.discovery import discover
from sim.experiments.sensitivity import outcome, sensitivity
from sim.experiments.sweep import Table
from sim.figure import QUIET, UP
from sim.reports.native import regions as regions_chart
from sim.scenario import load

BOUNDS = [[-np.pi, np.pi]] * 3
PROBLEM = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": BOUNDS}


def swept(levels, values, kind="grid", groups=None, rivals=None):
    """A sweep as `sensitivity` gets it: (conditions, seeds) values of one alternative, or its lead over another."""
    values = np.asarray(values, dtype=float)
    both = values[None] if rivals is None else np.stack([values, rivals])
    names = ["only"] if rivals is None else ["relationship", "low price"]
    columns = {name: list(column) for name, column in levels.items()}
    groups = [None] * len(values) if groups is None else groups
    return Table(
        "discounted_profit", names, names, columns, both, {}, "a test", "low price", (1, values.shape[1]), groups, kind
    )


def ishigami(points=256, seeds=1, noise=0.0):
    from SALib.sample import sobol
    from SALib.test_functions import Ishigami

    x = sobol.sample(PROBLEM, points, calc_second_order=False, seed=3)
    luck = noise * np.random.default_rng(1).normal(size=(len(x), seeds))
    groups = np.repeat(np.arange(points), 5).tolist()
    return swept(
        dict(zip(PROBLEM["names"], x.T, strict=True)), Ishigami.evaluate(x)[:, None] + luck, "saltelli", groups
    )


def morris(seeds=4, noise=0.0, trajectories=20, interaction=0.0):
    from SALib.sample import morris as sample

    problem = PROBLEM | {"bounds": [[0, 1]] * 3}
    x = sample.sample(problem, trajectories, seed=1)
    luck = noise * np.random.default_rng(1).normal(size=(len(x), seeds))
    groups = np.repeat(np.arange(trajectories), 4).tolist()
    values = (2 * x[:, 0] - x[:, 1] + interaction * x[:, 0] * x[:, 2])[:, None] + luck
    return swept(dict(zip(PROBLEM["names"], x.T, strict=True)), values, "morris", groups)


def value(found, factor, name):
    return next(index for index in found.indices if (index.factor, index.name) == (factor, name))


def test_shares_of_variance_without_luck_are_those_of_salib():
    from SALib.analyze import sobol

    table = ishigami()
    theirs = sobol.analyze(PROBLEM, table.values[0, :, 0], calc_second_order=False, seed=1)
    ours = sensitivity(table)
    for k, factor in enumerate(PROBLEM["names"]):
        assert value(ours, factor, "first").value == pytest.approx(theirs["S1"][k], abs=1e-9)
        assert value(ours, factor, "total").value == pytest.approx(theirs["ST"][k], abs=1e-9)


def test_the_intervals_hold_the_known_shares_of_the_ishigami_function():
    """a = 7, b = 0.1: S1 = 0.314, 0.442, 0; ST = 0.558, 0.442, 0.244 (Sobol & Levitan 1999)."""
    found = sensitivity(ishigami(512, seeds=4, noise=1.0))
    known = {"first": (0.3139, 0.4424, 0.0), "total": (0.5576, 0.4424, 0.2437)}
    for name, shares in known.items():
        for factor, share in zip(PROBLEM["names"], shares, strict=True):
            index = value(found, factor, name)
            assert index.low <= share <= index.high


def test_luck_is_taken_out_of_total_shares():
    """The deviation of the noise is twice that of the signal; the mean of six seeds still holds a lot of it."""
    from SALib.analyze import sobol

    table = ishigami(512, seeds=6, noise=7.0)
    raw = sobol.analyze(PROBLEM, table.values[0].mean(axis=1), calc_second_order=False, seed=1)["ST"]
    ours = np.array([value(sensitivity(table), factor, "total").value for factor in PROBLEM["names"]])
    known = np.array([0.5576, 0.4424, 0.2437])
    assert np.abs(ours - known).mean() < 0.6 * np.abs(raw - known).mean()


@pytest.mark.parametrize("seeds", [2, 8])
def test_the_share_of_luck_is_that_of_the_variance_however_few_the_seeds(seeds):
    """Deviation of the function 3.72, of the noise 3.72: one half of the variance of single runs."""
    assert sensitivity(ishigami(512, seeds=seeds, noise=3.7208)).luck == pytest.approx(0.5, abs=0.03)


def test_screening_gives_the_slopes_of_a_plane():
    found = sensitivity(morris())
    for factor, size, mean in (("x1", 2, 2), ("x2", 1, -1), ("x3", 0, 0)):
        assert value(found, factor, "size").value == pytest.approx(size, abs=1e-9)
        assert value(found, factor, "mean").value == pytest.approx(mean, abs=1e-9)
        assert value(found, factor, "spread").value == pytest.approx(0, abs=1e-9)
    assert [index.factor for index in found.ranking()] == ["x1", "x2", "x3"]


@pytest.mark.parametrize("names", [("cheap", "dear"), (False, True)])
def test_from_one_name_to_another_is_a_whole_step(names):
    """A step of Morris's design goes through two thirds of a range, but from one of two names to the other."""
    table = morris()
    dear = np.array(table.levels["x1"]) > 0.5
    levels = table.levels | {"x1": [names[int(there)] for there in dear]}
    found = sensitivity(table._replace(levels=levels, values=3.0 * dear[None, :, None] + np.zeros_like(table.values)))
    assert value(found, "x1", "size").value == pytest.approx(3)
    assert value(found, "x2", "size").value == pytest.approx(0)


def test_only_names_have_no_direction_and_hence_a_colour_of_their_own():
    table = morris()
    dear = np.array(table.levels["x1"]) > 0.5
    switched = table._replace(levels=table.levels | {"x1": dear.tolist()})
    named = table._replace(levels=table.levels | {"x1": [("cheap", "dear")[int(there)] for there in dear]})
    colours = [sensitivity_bars(sensitivity(each)).patches[0].get_facecolor() for each in (table, switched, named)]
    assert colours == [to_rgba(UP), to_rgba(UP), to_rgba(QUIET)]


def test_effects_of_factors_that_interact_differ_from_path_to_path():
    found = sensitivity(morris(interaction=5.0))
    assert value(found, "x1", "spread").value > 1
    assert value(found, "x3", "spread").value > 1
    assert value(found, "x2", "spread").value == pytest.approx(0, abs=1e-9)


def test_a_factor_without_effect_is_not_called_clear_however_large_luck_is():
    found = sensitivity(morris(noise=0.5))
    assert [found.clear(factor) for factor in PROBLEM["names"]] == [True, True, False]


def test_with_one_seed_luck_cannot_be_told_from_effects():
    found = sensitivity(morris(seeds=1))
    assert np.isnan(found.luck)
    assert not any(index.clear for index in found.indices)
    assert "With one seed luck cannot be told" in found.headline()


def test_a_constant_outcome_depends_on_nothing():
    table = morris()
    found = sensitivity(table._replace(values=np.full_like(table.values, 3.0)))
    assert "No factor has a clear effect" in found.headline()


def test_another_design_is_refused_and_the_right_ones_are_named():
    with pytest.raises(ValueError, match="design of this sweep is grid; indices need --design saltelli"):
        sensitivity(swept({"x": range(4)}, np.ones((4, 2))))


def test_the_lead_of_the_alternative_over_the_baseline_is_explained_unless_another_is_named():
    table = swept({"x": [1, 2]}, [[5.0, 6.0], [7.0, 8.0]], rivals=[[1.0, 1.0], [1.0, 2.0]])
    np.testing.assert_array_equal(outcome(table).values, [[4, 5], [6, 6]])
    np.testing.assert_array_equal(outcome(table, ["low price"]).values, [[1, 1], [1, 2]])
    with pytest.raises(ValueError, match='no alternative "lowprice"; there are: relationship, low price'):
        outcome(table, ["lowprice"])


def test_a_saltelli_design_has_blocks_in_which_one_factor_after_the_other_is_taken_from_the_second_sample():
    scenario = load("scenarios/everyday_low_price.toml")
    axes = [vary(scenario, text) for text in ("market.heterogeneity=0.5:2", "market.turbulence=0:0.2")]
    design = saltelli(scenario, axes, points=4, seeds=2)
    assert len(design) == 4 * (2 + 2) * 2 * 2  # points, conditions of a block, alternatives, seeds
    blocks = [[tuple(arm.factors.values()) for arm in design.arms[::2] if arm.group == group] for group in range(4)]
    for first, mixed, other, last in blocks:
        assert mixed == (last[0], first[1])
        assert other == (first[0], last[1])


def regions(noise, seeds=6):
    rng = np.random.default_rng(2)
    x, y, kind = rng.random(200), rng.random(200), rng.choice(["a", "b", "c"], 200)
    lead = np.where((x > 0.6) & (y < 0.5), 5.0, -1.0) + np.where(kind == "c", 2.0, 0.0)
    luck = noise * rng.normal(size=(200, seeds))
    return swept({"x": x.tolist(), "y": y.tolist(), "kind": kind.tolist()}, lead[:, None] + luck, rivals=0 * luck)


def test_the_region_where_an_alternative_wins_is_found_with_its_limits():
    best = discover(regions(0.5)).boxes[0]
    limits = {limit.factor: limit for limit in best.limits}
    assert limits["x"].low == pytest.approx(0.6, abs=0.02)
    assert limits["y"].high == pytest.approx(0.5, abs=0.02)
    assert limits["kind"].levels == ("c",)
    assert best.lead.low < 7 < best.lead.high or best.lead.mean == pytest.approx(7, abs=0.2)
    assert best.density == 1.0


def test_boxes_divide_the_conditions_among_them():
    found = discover(regions(1.0))
    assert sum(box.conditions for box in found.boxes) == found.conditions == 200
    assert sum(box.coverage for box in found.boxes) == pytest.approx(1)


def test_pure_luck_has_no_regions():
    table = regions(1.0)
    noise = np.random.default_rng(5).normal(size=table.values[0].shape)
    found = discover(table._replace(values=np.stack([noise, 0 * noise])))
    assert len(found.boxes) == 1
    assert "No region stands out" in found.headline()


def test_boxes_are_measured_with_seeds_they_were_not_sought_with():
    """Luck of the first, third, fifth seed is common to all conditions with x high: no lead, but one to be found."""
    table = regions(0.0)
    lead = np.zeros_like(table.values[0])
    lead[np.array(table.levels["x"]) > 0.5, ::2] = 10.0
    found = discover(table._replace(values=np.stack([lead, 0 * lead])))
    assert len(found.boxes) > 1
    assert all(box.lead.mean == 0 for box in found.boxes)


def test_few_seeds_give_regions_without_intervals_and_few_conditions_give_none():
    found = discover(regions(0.5, seeds=2))
    assert not found.honest
    assert all(np.isnan(box.lead.low) for box in found.boxes)
    with pytest.raises(ValueError, match="4 conditions are too few"):
        discover(swept({"x": range(4)}, np.ones((4, 6))))


@pytest.mark.parametrize("table", [ishigami(32, 3, 1.0), morris(noise=0.3), morris(seeds=1)])
def test_a_bar_is_as_long_as_its_index(table):
    found = sensitivity(table)
    ax = sensitivity_bars(found)
    bars = [patch for patch in ax.patches if patch.get_height() == 0.62]
    assert max(bar.get_width() for bar in bars) == pytest.approx(found.ranking()[0].value)
    assert ax.get_xlabel().startswith("share of the variance" if found.kind == "saltelli" else "effect of the whole")
    assert [label.get_text() for label in ax.get_yticklabels()] == [i.factor for i in found.ranking()]
    assert sensitivity_picture(found).texts[0].get_text().replace("\n", " ")[1:].startswith(found.headline()[1:20])


def test_the_headline_of_regions_does_not_call_a_small_loss_a_lead():
    table = regions(0.5)
    behind = discover(table._replace(values=table.values - np.array([10.0, 0.0])[:, None, None]))
    assert behind.headline().startswith("“relationship” is nowhere clearly ahead of “low price”; nearest where x > 0.")
    assert discover(table).headline().startswith("“relationship” leads “low price” most where x > 0.")


def test_every_region_has_its_row():
    found = discover(regions(0.5))
    ax = region_rows(found)
    bars = [patch for patch in ax.patches if patch.get_height() == pytest.approx(1.1)]
    assert [bar.get_width() for bar in bars] == pytest.approx([box.lead.mean for box in found.boxes])
    assert ax.get_xlabel() == "mean lead (euro)"
    ahead = [box.lead.mean > 0 for box in found.boxes if box.lead.clear]
    explained = {text.get_text() for text in ax.texts}
    assert ("ahead" in explained, "behind" in explained) == (any(ahead), not all(ahead))
    (chart,) = regions_chart(found)
    assert ("lue: ahead" in chart.key, "range: behind" in chart.key) == (any(ahead), not all(ahead))
    assert len(discovery_picture(found).axes) == 1


# --------------------------------------------------------------------------------------------- what an index can be


def test_estimates_are_moved_to_what_an_index_can_be():
    from sim.experiments.sensitivity import _possible

    # value, low, high of size, mean and spread of one factor: a spread below zero, a mean beyond the size
    found = _possible(
        np.array([[[404.0], [-410.0], [-8.85]], [[-5.0], [-500.0], [-20.0]], [[405.0], [-300.0], [3.0]]]), "morris"
    )
    assert found[:, :, 0].tolist() == [[410, -410, 0], [0, -500, 0], [410, -300, 3]]
    # first and total order: 3 % alone and nothing in all cannot be
    found = _possible(np.array([[[0.03], [-0.01]], [[-0.02], [-0.05]], [[0.07], [0.01]]]), "saltelli")
    assert found[:, :, 0].tolist() == [[0.03, 0.03], [0, 0], [0.07, 0.03]]


@pytest.mark.parametrize("seed", range(4))
def test_no_spread_is_negative_and_no_mean_larger_than_the_size(seed):
    made = morris(seeds=3, noise=2.0, trajectories=4)
    luck = np.random.default_rng(seed).normal(size=made.values.shape)
    found = sensitivity(made._replace(values=made.values + luck))
    for factor in PROBLEM["names"]:
        size, mean, spread = (value(found, factor, name).value for name in ("size", "mean", "spread"))
        assert spread >= 0
        assert size >= abs(mean)


def test_the_headline_of_shares_gives_their_interval():
    import re

    found = sensitivity(ishigami(64, seeds=4, noise=0.5))
    words = re.search(r"\((\d+) % of the variance by itself, 95 % interval (\d+) to (\d+) %\)", found.headline())
    first = value(found, found.ranking()[0].factor, "first")
    shown = (first.value, first.low, first.high)
    assert [int(each) for each in words.groups()] == [round(100 * part) for part in shown]


def test_a_share_beyond_the_whole_is_not_shown_as_another_number_than_in_the_table():
    found = sensitivity(ishigami(64, seeds=4, noise=0.5))
    index = next(i for i in found.indices if (i.factor, i.name) == (found.ranking()[0].factor, "first"))
    beyond = [each._replace(value=1.1, high=1.6) if each == index else each for each in found.indices]
    told = dataclasses.replace(found, indices=beyond).headline()
    assert f"(all of the variance by itself, 95 % interval from {100 * index.low:.0f} % up)" in told


def test_what_the_intervals_of_regions_rest_on_is_said():
    assert "Student's t with 2 degrees of freedom: few" in discover(regions(0.5, seeds=6)).measured
    assert "Too few seeds" in discover(regions(0.5, seeds=2)).measured
