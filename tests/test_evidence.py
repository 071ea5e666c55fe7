"""How sure a comparison is, in Python and on the command line; runs that are kept and added to."""

import json

import numpy as np
import pytest
from synthetic import make_results, make_scenario, plausible
from two_shops import SHOP, sim

from sim.analysis.evidence import evidence
from sim.analysis.inference import bootstrap, choice, effect, holm, p_value
from sim.experiments import executors
from sim.experiments.compare import compare
from sim.experiments.counts import Counts
from sim.experiments.manifest import StoreError
from sim.experiments.sweep import resume
from sim.run import simulate

THREE = np.array([[1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 7.0], [1.0, 2.0, 4.0, 3.0]])


def test_the_evidence_is_that_of_the_paired_differences():
    found = evidence(["base", "ahead", "level"], THREE, "base")
    assert [each.name for each in found.contrasts] == ["ahead", "level"]
    ahead, level = found.contrasts
    assert ahead.difference.mean == 2.25  # 2, 2, 2, 3
    assert ahead.bootstrap == bootstrap(np.array([2.0, 2.0, 2.0, 3.0]))
    assert (ahead.size, ahead.superiority) == effect(np.array([2.0, 2.0, 2.0, 3.0]))
    raw = np.array([p_value(THREE[k] - THREE[0]) for k in (1, 2)])
    assert [ahead.p, level.p] == holm(raw).tolist()
    # (var 1 2 3 4 + var 3 4 5 7) / var 2 2 2 3 = (5/3 + 35/12) / (1/4)
    assert ahead.reduction == pytest.approx((5 / 3 + 35 / 12) / 0.25)
    assert found.best.name == "ahead"
    assert found.best.probability == choice(THREE).probability[1]


def test_without_a_second_run_nothing_is_said_about_luck():
    found = evidence(["a", "b"], np.array([[1.0], [2.0]]), "a")
    (contrast,) = found.contrasts
    unknown = (contrast.p, contrast.size, contrast.reduction, found.best.probability, found.reduction)
    assert np.isnan(unknown).all()
    with pytest.raises(ValueError, match="no comparison"):
        evidence(["a"], np.ones((1, 3)), "a")


def test_a_replication_without_a_value_is_left_out_of_every_pair():
    values = np.array([[1.0, 2.0, 3.0, np.nan], [3.0, 4.0, 6.0, 9.0]])
    assert evidence(["a", "b"], values, "a").contrasts == evidence(["a", "b"], values[:, :3], "a").contrasts


def test_a_comparison_gives_advice_for_its_widest_interval():
    found = compare(make_scenario(["low", "mid", "high"], rounds=5), 12, simulate=plausible)
    widths = [found.difference("discounted_profit", name) for name in ("mid", "high")]
    widest = max(each.high - each.mean for each in widths)
    assert found.advice(1.0).halfwidth == pytest.approx(widest)
    assert found.advice(widest * 1.001).more == 0
    # t(11)/√12 / 2 = 0.3177; t(39)/√40 = 0.3198, t(40)/√41 = 0.3156: 41 seeds
    assert found.advice(widest / 2).more == 29
    assert found.evidence().best.name == found.ranking()[0]


def test_seeds_are_added_until_every_difference_is_known():
    played = []

    def noisy(scenario, seed, **options):
        played.append(seed)
        luck = np.random.default_rng([seed, len(scenario.description)]).normal(0, 10)
        return make_results([[luck, 0.0]], firms=["firm A", "firm B"], seed=seed)

    told = []
    scenario = make_scenario(["low", "high"], rounds=1)
    found = compare(scenario, 2, halfwidth=6.0, simulate=noisy, workers=1, progress=told.append)
    gap = found.difference("discounted_profit", "high")
    assert gap.high - gap.mean <= 6.0
    assert 10 < len(found.seeds) < 60
    assert told[-1] == Counts(2 * len(found.seeds), 2 * len(found.seeds), 0)
    assert len(played) == 2 * len(found.seeds)  # none twice
    whole = compare(scenario, len(found.seeds), simulate=noisy)
    np.testing.assert_array_equal(whole.measures["discounted_profit"], found.measures["discounted_profit"])
    bounded = compare(scenario, 2, halfwidth=1e-6, at_most=15, simulate=noisy)
    assert len(bounded.seeds) == 15
    assert bounded.advice(1e-6).more > 10**6


def test_alternatives_that_are_the_same_scenario_share_their_runs():
    scenario = make_scenario(["one", "other"], rounds=1)
    same = scenario.with_changes({"alternatives.1.set": scenario.alternatives[0].set, "alternatives.1.focus": "firm B"})
    told = []
    found = compare(same, 3, simulate=plausible, progress=told.append)
    assert told[-1] == Counts(3, 3, 0)
    assert found.firms == ["firm A", "firm B"]
    profit = [plausible(same.alternative("one"), seed).account("profit")[0] / 1.005 for seed in range(3)]
    np.testing.assert_allclose(found.measures["discounted_profit"], np.array(profit).T)


# ------------------------------------------------------------------------------------------------------- in a folder


@pytest.mark.parametrize("alternatives", [True, False])
def test_a_comparison_in_a_folder_is_that_of_memory_to_the_last_bit(shop, tmp_path, alternatives):
    scenario = shop if alternatives else shop.with_changes({"alternatives": [], "baseline": ""})
    kept = compare(scenario, 3, out=tmp_path / "s", measures=["well_being"])
    fresh = compare(scenario, 3, measures=["well_being"])
    for group in ("measures", "accounts", "market"):
        for name, values in getattr(fresh, group).items():
            assert values.tobytes() == getattr(kept, group)[name].tobytes(), name
        assert list(getattr(fresh, group)) == list(getattr(kept, group))
    for name in ("scenario", "names", "firms", "strategies", "baseline", "rates", "within", "provenance"):
        assert getattr(fresh, name) == getattr(kept, name)


def test_rounds_travel_from_worker_processes_to_the_last_bit(shop):
    there, here = compare(shop, 2, executor="processes", workers=2), compare(shop, 2, workers=1)
    for group in ("measures", "accounts", "market"):
        for name, values in getattr(here, group).items():
            assert values.tobytes() == getattr(there, group)[name].tobytes(), name


def test_more_seeds_in_a_folder_play_only_the_new_ones(shop, tmp_path):
    told = []
    few = compare(shop, 3, out=tmp_path / "s")
    many = compare(shop, 5, out=tmp_path / "s", progress=told.append)
    assert (told[0], told[-1]) == (Counts(10, 6, 0), Counts(10, 10, 0))
    np.testing.assert_array_equal(few.accounts["profit"], many.accounts["profit"][:, :3])
    sure = compare(shop, 5, out=tmp_path / "s", halfwidth=1e-9, at_most=12, progress=told.append)
    assert told[-1] == Counts(24, 24, 0)
    assert sure.seeds.tolist() == list(range(7, 19))
    turned = compare(shop.with_changes({"baseline": "close"}), 5, out=tmp_path / "s")
    assert turned.difference("discounted_profit", "cheap").mean == -sure.difference("discounted_profit", "close").mean
    with pytest.raises(StoreError, match="holds another experiment"):
        compare(shop, 3, rounds=2, out=tmp_path / "s")


def test_a_run_that_fails_in_a_folder_is_told_and_can_be_repeated(shop, tmp_path, monkeypatch):
    def failing(scenario, seed, **options):
        if seed == 8:
            raise ZeroDivisionError
        return simulate(scenario, seed=seed, **options)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "simulate", failing)
        with pytest.raises(StoreError, match=r"2 runs failed, hence no comparison: sim status .* --failures"):
            compare(shop, 3, out=tmp_path / "s")
    assert resume(tmp_path / "s", retry=True).played == 2
    assert compare(shop, 3, out=tmp_path / "s").seeds.tolist() == [7, 8, 9]
    with pytest.raises(ValueError, match="give one of the two"):
        compare(shop, 3, out=tmp_path / "s", simulate=simulate)


# ------------------------------------------------------------------------------------------------------ command line


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one small scenario, in which the commands are called."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "two_shops.toml").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_says_how_sure_it_is_and_how_many_seeds_are_missing(folder):
    told = sim("compare", "two_shops", "--seeds", "4", "--advice", "0.01").stdout
    for words in ("p (Holm)", "effect size", "is best with probability", "Differences are known to ±", "± 0.01 takes"):
        assert words in told
    record = json.loads(sim("compare", "two_shops", "--seeds", "4", "--advice", "0.01", "--json", "--force").stdout)
    assert [each["name"] for each in record["contrasts"]] == ["close"]
    assert sum(each["probability"] for each in record["chances"]) == pytest.approx(1)
    assert record["advice"]["more"] > 0


def test_the_command_adds_seeds_and_keeps_them(folder):
    sure = ("--until-halfwidth", "1e-6", "--at-most", "12", "--store", "kept")
    assert "12 paired runs" in sim("compare", "two_shops", "--seeds", "3", *sure).stdout
    assert "24 of 24 runs done" in sim("status", "kept").stdout
    assert "No clear difference: “" in sim("resume", "kept").stdout
    again = sim("compare", "two_shops", "--seeds", "12", "--store", "kept", "--force").stdout
    assert "12 paired runs" in again
    wrong = sim("compare", "two_shops", "--until-halfwidth", "0", "--force", code=2)
    assert "(--until-halfwidth) is 0; allowed: above 0" in wrong.stderr
