"""What is called clear: one rule in sentences, tables, charts and maps; where nothing is clear, that is said."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import make_scenario, plausible

from sim.analysis.inference import holm, judged, p_value
from sim.charts.map import _headline, surface
from sim.experiments.compare import compare
from sim.experiments.standings import headline, standings
from sim.experiments.surface import maps
from sim.experiments.sweep import Table
from sim.reports.build import of_comparison
from sim.reports.sweeps import _ignorance, _regions, _tornado

KINDS = ["everyday_low_price", "learning_relationship", "fee_extractor"]


def table(values, levels=None, kind="grid"):
    """A sweep of the alternatives a, b, … with these values (A, conditions, seeds)."""
    values = np.asarray(values, dtype=float)
    names = list("abc"[: len(values)])
    levels = levels or {"x": list(range(values.shape[1]))}
    groups = [None] * values.shape[1]
    seeds = (1, values.shape[2])
    return Table(
        "discounted_profit", names, KINDS[: len(names)], levels, values, {}, "a market", "a", seeds, groups, kind
    )


def luck(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.fixture(scope="module")
def many():
    """A comparison of four; profit is set by each test."""
    return compare(make_scenario(["a", "b", "c", "d"], rounds=4), 6, simulate=plausible, workers=1)


def with_profit(comparison, values):
    return replace(comparison, measures=comparison.measures | {"discounted_profit": np.asarray(values, float)})


# -------------------------------------------------------------------------------------------------------- differences


def test_differences_to_the_baseline_are_judged_together():
    # p values by Student's t of each alone, times 3, 2, 1 from the smallest on (Holm)
    samples = [np.array([1.0, 2.0, 3.0, 4.0]), np.array([-1.0, 0.0, 2.0, 1.0]), np.array([5.0, 5.1, 4.9, 5.0])]
    alone = np.array([p_value(sample) for sample in samples])
    assert [each.p for each in judged(samples)] == holm(alone).tolist()
    assert [each.clear for each in judged(samples)] == (holm(alone) < 0.05).tolist()
    assert judged(samples)[0].mean == 2.5


def test_an_interval_that_excludes_zero_may_not_be_clear_among_many(many):
    # one of three differences has p = 0.03 alone, which is 0.09 beside two that are nothing
    gap = np.array([1.0, 3.0, -0.5, 2.5, 1.5, 0.9])
    values = np.zeros((4, 6)) + luck(6, 1)
    values[1] += gap
    values[2:] += luck((2, 6), 2) * 0.1
    found = with_profit(many, values)
    difference = found.difference("discounted_profit", "b")
    assert difference.low > 0
    assert 0.02 < p_value(gap) < 0.05
    assert not difference.clear
    assert found.headline().startswith("No clear difference in profit between “b” and “")
    assert "after correction for 3 rivals" in found.headline()
    report = of_comparison(found, replay=False)
    cells = {row[0].text: row for row in next(t for t in report.tables() if t.name == "ranking").rows}
    assert cells["b"][-1].quiet
    assert report.findings()[0].open


def test_two_that_are_no_baseline_are_judged_by_the_number_of_rivals(many):
    values = np.arange(24.0).reshape(4, 6) + luck((4, 6), 3)
    found = with_profit(many, values)
    assert found.p("discounted_profit", "d", "c") == pytest.approx(3 * p_value(values[3] - values[2]))
    assert found.p("discounted_profit", "b", "a") == found.p("discounted_profit", "a", "b")


def test_zero_is_written_without_a_sign_and_equals_are_not_ordered(many):
    found = with_profit(many, np.zeros((4, 6)))
    assert found.headline() == (
        "No clear difference in profit between “a” and “b” (€0.00; p = 1.000 after correction for 3 rivals)"
    )
    once = replace(
        found, seeds=found.seeds[:1],
        **{group: {name: v[:, :1] for name, v in getattr(found, group).items()} for group in ("accounts", "market")},
        measures={name: v[:, :1] for name, v in found.measures.items()},
    )  # fmt: skip
    assert once.headline() == "No difference in profit between “a” and “b” in a single run"


# -------------------------------------------------------------------------------------------------------------- sweeps


def test_only_clear_leads_are_counted():
    # in the first two conditions b leads by 5 with luck of 0.1, in the third nothing differs
    values = np.zeros((2, 3, 8)) + 0.1 * luck((2, 3, 8))
    values[1, :2] += 5
    assert headline(standings(table(values))) == (
        "Of 3 conditions, “b” is clearly best in 2; in 1 no difference is clear"
    )


def test_where_nothing_is_clear_the_headline_says_so():
    assert headline(standings(table(np.zeros((2, 2, 3))))) == "No clear difference in any of 2 conditions"
    noisy = headline(standings(table(luck((2, 6, 4)))))
    assert noisy.startswith("No clear difference in any of 6 conditions (ahead is “")
    assert headline(standings(table(np.zeros((2, 1, 3))))) == "No difference between “a” and “b”"


def test_one_seed_of_each_condition_is_said_to_prove_nothing():
    values = np.array([[[1.0], [2.0]], [[3.0], [5.0]]])
    assert headline(standings(table(values))) == (
        "Every condition was run once: ahead was “b” in 2 of 2, which may be luck"
    )
    assert _ignorance(table(values), "euro").text.startswith("With one seed that cannot be estimated")


def test_noisy_means_are_not_taken_for_the_truth():
    # a and b are alike but for luck: whoever takes the higher means for true expects to lose nothing with the winner
    values = luck((2, 5, 4), 4) * 100
    values[1] += 60
    means = values.mean(axis=2)
    assert (means.max(axis=0) - means[1]).mean() < 20  # what noisy means would say
    for unit in (0.001, 1000.0):  # what is shown as zero may be a large part of a small unit
        assert "almost surely" not in _ignorance(table(unit * values), "euro").text
    found = _ignorance(table(values), "euro")
    assert found.open
    assert found.text.startswith(
        "No alternative is clearly the best choice for all conditions. Highest on average is “b”"
    )
    assert "“a” may be as good" in found.text
    assert "fall €0.00 short" not in found.text
    assert _ignorance(table(np.zeros((2, 2, 3))), "euro").text == (
        "In these runs it makes no difference which alternative is chosen."
    )


def test_the_map_is_hatched_just_where_the_table_of_conditions_is_grey():
    rng, size = np.random.default_rng(5), 5
    x, y = (line.ravel() for line in np.meshgrid(np.linspace(0, 1, size), np.linspace(0, 1, size)))
    values = np.stack([np.zeros((size**2, 6)), (6 * (x - 0.5))[:, None] + rng.normal(size=(size**2, 6))])
    made = table(values, {"x": x.tolist(), "y": y.tolist()})
    found = surface(made)
    clear = [each.clear for each in standings(made)]
    assert 0 < sum(clear) < size**2
    at = [(np.abs(found.y - v).argmin(), np.abs(found.x - u).argmin()) for u, v in zip(x, y, strict=True)]
    assert [bool(found.unsure[place] > 0) for place in at] == clear


def test_a_map_on_which_nothing_is_clear_names_no_winner():
    x, y = (line.ravel() for line in np.meshgrid(np.linspace(0, 1, 4), np.linspace(0, 1, 4)))
    levels = {"x": x.tolist(), "y": y.tolist()}
    made = table(luck((2, 16, 3)), levels)
    assert _headline(made, maps(made), None) == "No clear difference in discounted profit anywhere on this map"
    sure = table(np.stack([np.zeros((16, 3)), 5 + 0.01 * luck((16, 3))]), levels)
    assert _headline(sure, maps(sure), None) == "“b” has the higher discounted profit everywhere on this map"
    once = table(np.stack([np.zeros((16, 1)), np.ones((16, 1))]), levels)
    assert _headline(once, maps(once), None) == (
        "In one run of each condition “b” has the higher discounted profit on 100 % of the map"
    )


def test_a_smooth_map_knows_of_the_luck_that_all_conditions_share():
    # on every seed the lead is the same everywhere, but it differs from seed to seed: −3 or 5, mean 1
    points = np.random.default_rng(3).random((2, 60))
    lead = np.array([-3.0, 5.0, -3.0, 5.0]) + 0.01 * luck((60, 4))
    made = table(np.stack([np.zeros((60, 4)), lead]), {"x": points[0].tolist(), "y": points[1].tolist()})
    found = surface(made)
    assert (found.best == 1).all()
    # Student's t of −3, 5, −3, 5 is 1 ± 7.3
    assert found.half[1, 0].min() > 7
    assert _headline(made, maps(made), None) == "No clear difference in discounted profit anywhere on this map"


# ------------------------------------------------------------------------------------------- what a design can tell


def test_of_three_alternatives_the_best_and_the_baseline_are_looked_at():
    levels = {"x": [float(k) for k in range(24)]}
    values = np.stack([np.zeros((24, 4)), np.ones((24, 4)), 2 + 0.1 * luck((24, 4))])
    made = table(values, levels, "list")
    from sim.experiments.sensitivity import leading

    assert leading(made) == ("c", "a")
    assert leading(made._replace(baseline="c")) == ("c", "b")
    blocks = _regions(made, leading(made))
    assert blocks
    assert "“c” over “a”" in blocks[0].text
    # of four seeds two are left to measure with: Student's t with one degree of freedom
    assert "with 1 degree of freedom" in blocks[-1].note


def test_a_design_without_pairs_gets_no_empty_tornado_but_a_word():
    x, y = np.random.default_rng(1).random((2, 10))
    made = table(luck((2, 10, 3)), {"x": x.tolist(), "y": y.tolist()}, "saltelli")
    (note,) = _tornado(made, ())
    assert note.title == "No tornado"
    assert "the shares of variance say what each factor does" in note.text
