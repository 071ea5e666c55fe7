"""Comparisons pair seeds, keep what the runs said, and claim no more than that."""

import dataclasses
import threading
import time

import numpy as np
import pytest
from synthetic import chosen, make_results, make_scenario, plausible

from sim.experiments.compare import compare
from sim.experiments.comparison import Comparison
from sim.experiments.counts import Counts
from sim.results import ResultsError
from sim.scenario_errors import ScenarioError


def worked(scenario, seed=0, **options):
    """One round; profit of the focus firm is 10 + seed under "low" and 13 + 2 seed under "high", its rival's 100."""
    profit = {"low": 10 + seed, "high": 13 + 2 * seed, "": 50 + seed}[chosen(scenario)[1]]
    return make_results([[profit, 100]], firms=["firm A", "firm B"], seed=seed, accounts={"purchases": [[1, 3]]})


def test_differences_are_paired_by_seed():
    # differences at seeds 5, 6, 7: 3 + seed = 8, 9, 10: mean 9, s = 1, half width 4.302653 / sqrt(3) = 2.484138
    comparison = compare(make_scenario(["low", "high"], rounds=1), 3, seed=5, simulate=worked)
    gap = comparison.difference("discounted_profit", "high")
    assert gap.mean == pytest.approx(9)
    assert gap.high - gap.mean == pytest.approx(2.484138, abs=1e-6)
    assert comparison.seeds.tolist() == [5, 6, 7]
    assert comparison.measures["discounted_profit"].tolist() == [[15, 16, 17], [23, 25, 27]]


def test_replication_r_of_every_alternative_runs_with_the_same_seed():
    seen = []

    def spy(scenario, seed, **options):
        seen.append((chosen(scenario)[1], seed))
        return worked(scenario, seed)

    compare(make_scenario(["low", "high"], rounds=1), 2, seed=7, workers=1, simulate=spy)
    assert sorted(seen) == [("high", 7), ("high", 8), ("low", 7), ("low", 8)]


def test_without_alternatives_the_firms_of_one_market_are_compared():
    runs = []

    def spy(scenario, seed, **options):
        runs.append(seed)
        return worked(scenario, seed)

    comparison = compare(make_scenario(rounds=1), 3, workers=1, simulate=spy)
    assert runs == [0, 1, 2]  # one run serves both firms
    assert comparison.within
    assert comparison.names == ["firm A", "firm B"]
    assert comparison.difference("discounted_profit", "firm B").mean == pytest.approx(49)  # 100 − mean(50, 51, 52)
    assert comparison.value("market_share", "firm B").mean == 0.75


def test_each_alternative_may_have_a_focus_of_its_own():
    scenario = make_scenario(["low", "high"], rounds=1).with_changes({"alternatives.1.focus": "firm B"})
    comparison = compare(scenario, 2, simulate=worked)
    assert comparison.firms == ["firm A", "firm B"]
    assert comparison.value("discounted_profit", "high").mean == 100


def test_the_paths_end_at_the_discounted_profit_each_with_its_own_rate():
    def dearer(scenario, seed, **options):
        assert scenario.market.discount_rate == {"low": 0.0, "high": 0.25}[chosen(scenario)[1]]
        return plausible(scenario, seed)

    scenario = make_scenario(["low", "high"], rounds=9).with_changes({"market.discount_rate": 0.0})
    dear = scenario.alternatives[1].set | {"market.discount_rate": 0.25}
    comparison = compare(scenario.with_changes({"alternatives.1.set": dear}), 2, simulate=dearer)
    assert comparison.rates == [0.0, 0.25]
    assert comparison.profit_paths()[:, :, -1] == pytest.approx(comparison.measures["discounted_profit"])


def test_the_baseline_is_the_scenarios_or_the_first():
    assert compare(make_scenario(["low", "high"], rounds=1), 2, simulate=worked).baseline == "low"
    chosen = compare(make_scenario(["low", "high"], rounds=1, baseline="high"), 2, simulate=worked)
    assert chosen.difference("discounted_profit", "low").mean == pytest.approx(-3.5)
    assert [row.alternative for row in chosen.rows(["trust"])] == ["high", "low"]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_do_not_change_a_bit(workers):
    def dawdling(scenario, seed, **options):
        time.sleep(0.002 * (seed % 3))  # so that runs finish out of order
        return plausible(scenario, seed)

    scenario = make_scenario(["a", "b", "c"], rounds=30)
    alone = compare(scenario, 4, workers=1, simulate=plausible)
    together = compare(scenario, 4, workers=workers, simulate=dawdling)
    for name in alone.measures:
        assert alone.measures[name].tobytes() == together.measures[name].tobytes()
    for name, values in alone.accounts.items():
        assert values.tobytes() == together.accounts[name].tobytes()


def test_runs_that_share_the_cores_keep_to_one_thread_each():
    asked = set()

    def spy(scenario, seed, **options):
        asked.add(options["threads"])
        return worked(scenario, seed)

    compare(make_scenario(["low", "high"], rounds=1), 2, workers=2, simulate=spy)
    assert asked == {1}
    asked.clear()
    compare(make_scenario(["low", "high"], rounds=1), 2, workers=1, simulate=spy)
    assert asked == {None}


def test_progress_counts_every_run():
    told = []
    compare(make_scenario(["low", "high"], rounds=1), 2, simulate=worked, workers=1, progress=told.append)
    assert told == [Counts(4, done, 0) for done in range(5)]


def test_an_error_in_one_run_stops_those_that_have_not_begun():
    begun = []

    def failing(scenario, seed, **options):
        begun.append(seed)
        if seed == 0:
            raise ScenarioError([], "broken")
        time.sleep(0.01)
        return worked(scenario, seed)

    with pytest.raises(ScenarioError):
        compare(make_scenario(["low", "high"], rounds=1), 50, workers=2, simulate=failing)
    assert len(begun) < 20


def test_ctrl_c_stops_runs_that_have_begun_and_those_that_have_not():
    begun, another, ended = [], threading.Event(), threading.Event()

    def endless(scenario, seed, played, **options):
        begun.append(seed)
        if len(begun) == 1:
            another.wait(60)
            return worked(scenario, seed)
        another.set()
        try:
            while True:
                played(1)
                time.sleep(0.001)
        finally:
            ended.set()

    def interrupt(counts):
        if counts.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(make_scenario(["low", "high"], rounds=1), 50, workers=2, simulate=endless, progress=interrupt)
    assert ended.wait(5)
    assert len(begun) <= 3


def test_alternatives_of_different_length_are_refused():
    scenario = make_scenario(["low", "high"], rounds=1)
    longer = scenario.alternatives[1].set | {"market.rounds": 9}
    scenario = scenario.with_changes({"alternatives.1.set": longer})
    with pytest.raises(ScenarioError, match="1 and 9 rounds"):
        compare(scenario, 2, simulate=worked)


@pytest.mark.parametrize(
    "wrong, why",
    [
        ({"seeds": 0}, "allowed: 1 or more"),
        ({"executor": "cloud"}, "threads, processes"),
        ({"rounds": 5, "window": (2, 4)}, "give one of the two"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(wrong, why):
    with pytest.raises(ValueError, match=why):
        compare(make_scenario(["low"], rounds=1), simulate=worked, **wrong)


# ------------------------------------------------------------------------------------------------------------- words


def test_the_headline_claims_a_difference_only_when_there_is_one():
    clear = compare(make_scenario(["low", "high"], rounds=1), 3, seed=5, simulate=worked)
    assert clear.headline() == "firm A earns €9.0 ± 2.5 more with “high” than with “low”"
    noise = np.array([[[1.0], [9.0]], [[9.0], [1.5]]])
    unclear = dataclasses.replace(
        compare(make_scenario(["low", "high"], rounds=1), 2, simulate=worked),
        measures={"discounted_profit": noise[..., 0]},
    )
    assert unclear.headline().startswith("No clear difference in profit between “high” and “low”")
    single = compare(make_scenario(["low", "high"], rounds=1), 1, simulate=worked)
    assert (
        single.headline() == "firm A earns €3.00 more with “high” than with “low” in a single run, which proves little"
    )


def test_the_best_of_many_is_judged_more_strictly():
    # ten equal alternatives: the best of them must not look better than the next best too often
    rng, cried = np.random.default_rng(3), 0
    base = compare(make_scenario(list("abcdefghij"), rounds=1), 8, simulate=plausible)
    for _ in range(200):
        draw = dataclasses.replace(base, measures={"discounted_profit": rng.normal(size=(10, 8))})
        cried += not draw.headline().startswith("No clear")
    assert cried <= 10


def test_the_table_has_every_measure_of_every_alternative():
    comparison = compare(make_scenario(["low", "high"], rounds=1), 3, simulate=worked)
    table = comparison.table()
    assert len(table) == 6 * 2
    profit = table[table["measure"] == "discounted_profit"].set_index("alternative")
    assert profit.loc["high", "difference"] == pytest.approx(4)  # 3 + mean(0, 1, 2)
    assert np.isnan(profit.loc["low", "difference"])
    assert "surplus_per_purchase" in set(compare(make_scenario(rounds=1), 2, simulate=worked).table()["measure"])


def test_the_frame_is_tidy():
    frame = compare(make_scenario(["low", "high"], rounds=1), 2, simulate=worked).to_frame()
    assert frame[["alternative", "seed", "discounted_profit"]].to_numpy().tolist() == [
        ["low", 0, 10], ["low", 1, 11], ["high", 0, 13], ["high", 1, 15],
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- files


def test_a_comparison_survives_the_disk_to_the_last_bit(tmp_path):
    before = compare(make_scenario(["a", "b"], rounds=20), 3, simulate=plausible)
    after = Comparison.load(before.save(tmp_path))
    for group in ("measures", "accounts", "market"):
        for name, values in getattr(before, group).items():
            assert values.tobytes() == getattr(after, group)[name].tobytes()
    assert after.rows() == before.rows()
    assert after.headline() == before.headline()


def test_a_comparison_is_not_mistaken_for_a_result(tmp_path):
    file = make_results().save(tmp_path / "one.npz")
    with pytest.raises(ResultsError, match="holds results, not a comparison"):
        Comparison.load(file)
    with pytest.raises(ResultsError, match="exists already"):
        compare(make_scenario(["low"], rounds=1), 2, simulate=worked).save(file)


def test_an_unknown_alternative_is_named():
    with pytest.raises(ResultsError, match="'hihg' was not compared; compared were low, high"):
        compare(make_scenario(["low", "high"], rounds=1), 2, simulate=worked).value("trust", "hihg")
