"""Sweeps lose nothing, repeat nothing, and give the same bits however they were run."""

import os
import shutil
import tracemalloc
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from two_shops import SHOP, VARY, exported

from sim.experiments import executors, export, manifest, pools, store
from sim.experiments.manifest import StoreError
from sim.experiments.store import Store, key
from sim.experiments.sweep import failures, reproduce, resume, sweep, until_halfwidth, verify
from sim.run import simulate
from sim.scenario import loads
from sim.scenario_errors import ScenarioError


def test_a_sweep_holds_what_single_runs_say(shop, undisturbed):
    folder, _ = undisturbed
    with Store.open(folder) as held:
        assert held.counts() == (24, 24, 0)
        point, measures = list(held.rows())[-1]
    scenario = shop.with_changes({"market.heterogeneity": 1.0}).alternative("close")
    profit = simulate(scenario, seed=10).account("profit")
    rate = scenario.market.discount_rate
    worth = (profit * (1 + rate) ** -np.arange(1.0, 4.0)[:, None]).sum(axis=0)
    assert (point.arm.alternative, point.seed) == ("close", 10)
    np.testing.assert_array_equal(measures["discounted_profit"], worth)


def test_a_run_is_never_played_twice(shop, tmp_path):
    assert sweep(shop, VARY, seeds=2, out=tmp_path / "s").played == 12
    assert sweep(shop, VARY, seeds=2, out=tmp_path / "s").played == 0
    assert resume(tmp_path / "s").played == 0


def test_more_seeds_are_added_to_the_same_experiment(shop, undisturbed, tmp_path):
    assert sweep(shop, VARY, seeds=3, out=tmp_path / "s").played == 18
    assert sweep(shop, VARY, seeds=4, out=tmp_path / "s").played == 6
    assert sweep(shop, VARY, seeds=2, out=tmp_path / "s").played == 0  # what is there stays
    assert exported(tmp_path / "s") == undisturbed[1]


def test_arms_that_are_the_same_scenario_share_their_runs(shop, tmp_path):
    found = sweep(shop, ["close>firms.ours.strategy.price=6,7,8"], seeds=2, out=tmp_path / "s")
    assert found.played == (1 + 3) * 2  # "cheap" is the same at every price of "close"
    assert len(found.frame()) == 3 * 2 * 2 * 2
    assert np.isfinite(found.table().values).all()


# ----------------------------------------------------------------------------------------------- interruptions


def test_ctrl_c_keeps_what_is_finished_and_resume_does_the_rest(shop, undisturbed, tmp_path):
    def interrupt(counts):
        if counts.done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(shop, VARY, seeds=4, out=tmp_path / "s", workers=2, progress=interrupt)
    with Store.open(tmp_path / "s") as held:
        before = held.counts()
        assert 5 < before.done < 24
        assert held.manifest["digest"] is None
    assert resume(tmp_path / "s").played == 24 - before.done
    assert exported(tmp_path / "s") == undisturbed[1]


# ------------------------------------------------------------------------------------------------------ failures


def test_a_run_that_fails_is_recorded_and_the_others_go_on(shop, tmp_path, monkeypatch):
    def failing(plan, seed, **options):
        if seed == 8 and plan.scenario.market.heterogeneity == 1.0:
            raise ZeroDivisionError("no customers left")
        return simulate(plan, seed=seed, **options)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "simulate", failing)
        found = sweep(shop, VARY, seeds=3, out=tmp_path / "s")
    assert found.counts == (18, 16, 2)
    (point, told), _ = failures(tmp_path / "s")
    assert point.seed == 8
    assert "ZeroDivisionError: no customers left" in told
    assert "in failing" in told
    assert resume(tmp_path / "s").played == 0  # it would fail again
    assert resume(tmp_path / "s", retry=True).played == 2
    assert found.counts == (18, 18, 0)


def test_a_run_of_which_workers_die_is_found_and_the_others_go_on(shop, undisturbed, tmp_path, monkeypatch):
    def play(task):
        if any((point.number, point.seed) == (3, 8) for point in task.points):
            raise BrokenExecutor("a process was terminated abruptly")
        return executors.play(task)

    class Mortal(ThreadPoolExecutor):
        def submit(self, fn, *arguments):
            return super().submit(play, arguments[-1])

    with monkeypatch.context() as patch:
        patch.setattr(pools, "ProcessPoolExecutor", lambda workers, **_: Mortal(workers))
        found = sweep(shop, VARY, seeds=4, out=tmp_path / "s", executor="processes", workers=2)
    ((point, told),) = failures(tmp_path / "s")
    assert (point.number, point.seed) == (3, 8)
    assert "the worker process died" in told
    assert found.counts == (24, 23, 1)
    resume(tmp_path / "s", retry=True)
    assert exported(tmp_path / "s") == undisturbed[1]


def test_a_design_is_checked_before_anything_is_made(shop, tmp_path):
    with pytest.raises(ScenarioError, match="out of range"):
        sweep(shop, ["market.turbulence=0,1,2"], out=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_another_experiment_is_not_mixed_in(shop, tmp_path):
    sweep(shop, VARY, seeds=1, out=tmp_path / "s")
    with pytest.raises(StoreError, match="holds another experiment"):
        sweep(shop, ["market.heterogeneity=0:1:4"], seeds=1, out=tmp_path / "s")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="not empty"):
        sweep(shop, VARY, seeds=2, out=tmp_path / "mine")
    with pytest.raises(StoreError, match="is no experiment"):
        resume(tmp_path / "mine")


def test_numbers_versions_are_not_mixed(shop, tmp_path, monkeypatch):
    sweep(shop, VARY, seeds=1, out=tmp_path / "s")
    monkeypatch.setattr(manifest, "NUMBERS_VERSION", 99)
    with pytest.raises(StoreError, match="do not mix"):
        resume(tmp_path / "s")
    assert exported(tmp_path / "s")  # reading is still possible


def test_two_processes_do_not_write_to_one_store(shop, tmp_path):
    sweep(shop, VARY, seeds=1, out=tmp_path / "s")
    held = Store.open(tmp_path / "s", writing=True)
    with pytest.raises(StoreError, match=f"another process is writing to it .process {os.getpid()}"):
        resume(tmp_path / "s")
    with Store.open(tmp_path / "s") as reader:  # looking is always possible
        assert reader.counts().done == 6
    held.close()
    assert resume(tmp_path / "s").played == 0


# -------------------------------------------------------------------------------------------------------- series


def test_series_hold_every_round_and_a_damaged_shard_is_made_anew(shop, tmp_path):
    folder = sweep(shop, VARY, seeds=2, out=tmp_path / "s", series=True).folder
    with Store.open(folder) as held:
        point = next(held.design.points())
        accounts, market = held.series(point)
    direct = simulate(held.design.play(point.arm), seed=point.seed)
    np.testing.assert_array_equal(accounts["profit"], direct.account("profit"))
    np.testing.assert_array_equal(market["stress"], direct.series("stress"))
    before, shard = exported(folder), min((folder / "series").iterdir())
    shard.write_bytes(shard.read_bytes()[:-400])
    found = verify(folder, repair=True)
    assert not found.sound
    assert "make it anew" in next(iter(found.damaged))
    assert resume(folder).played == sum(map(len, found.damaged.values())) > 0
    assert verify(folder).sound
    assert exported(folder) == before


def test_a_store_without_series_says_so(undisturbed):
    with Store.open(undisturbed[0]) as held, pytest.raises(StoreError, match="asked for"):
        held.series(next(held.design.points()))


# --------------------------------------------------------------------------------------------- verify, reproduce


def test_verify_finds_a_single_changed_bit(undisturbed, tmp_path):
    folder = shutil.copytree(undisturbed[0], tmp_path / "s")
    assert verify(folder, sample=5) == (5, [], {})
    with Store.open(folder, writing=True) as held:
        point = list(held.design.points())[3]
        packed = bytearray(held.measured(point))
        packed[0] ^= 1
        held.record([store.Outcome(key(point.arm, point.seed), bytes(packed), "", "", 0.0)])
    found = verify(folder, repair=True)
    assert [(p.number, p.seed) for p in found.different] == [(point.number, point.seed)]
    assert resume(folder).played == 1
    assert exported(folder) == undisturbed[1]


def test_an_experiment_is_reproduced_elsewhere_from_its_manifest_alone(undisturbed, tmp_path):
    (tmp_path / "sent").mkdir()
    shutil.copy(undisturbed[0] / "manifest.json", tmp_path / "sent")
    found, same = reproduce(tmp_path / "sent", tmp_path / "here", workers=1)
    assert (found.played, same) == (24, True)
    assert exported(tmp_path / "here") == undisturbed[1]


def test_a_network_file_travels_with_the_store(tmp_path):
    from sim.scenario import load

    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "ties.csv").write_text("\n".join(f"{c},{(c + 1) % 30}" for c in range(30)))
    (tmp_path / "from" / "shop.toml").write_text(SHOP + '[network]\nkind = "edge_list"\nfile = "ties.csv"\n')
    folder = sweep(load(tmp_path / "from" / "shop.toml"), VARY, seeds=1, out=tmp_path / "s").folder
    shutil.rmtree(tmp_path / "from")
    assert reproduce(folder, tmp_path / "again")[1] is True


# ------------------------------------------------------------------------------------------------------- reading


def test_parquet_holds_the_same_numbers_as_csv(undisturbed, tmp_path):
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    with Store.open(undisturbed[0]) as held:
        assert export.to_parquet(held, tmp_path / "a.parquet") == 48
        export.to_parquet(held, tmp_path / "b.parquet")
        frame = export.frame(held)
        with pytest.raises(StoreError, match="exists already"):
            export.to_parquet(held, tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    read = pandas.read_parquet(tmp_path / "a.parquet")
    for name in ("discounted_profit", "market.heterogeneity", "trust", "seed"):
        np.testing.assert_array_equal(read[name], frame[name])
    text = pandas.read_csv(undisturbed[0].with_suffix(".csv"))
    np.testing.assert_array_equal(text["discounted_profit"], frame["discounted_profit"])


def test_more_seeds_are_added_until_the_interval_is_narrow_or_the_bound_reached(shop, tmp_path):
    sweep(shop, VARY, seeds=3, out=tmp_path / "s")
    found, widest = until_halfwidth(tmp_path / "s", 1e-9, at_most=12)
    assert found.table().values.shape == (2, 3, 12)
    assert widest > 1e-9
    found, widest = until_halfwidth(tmp_path / "s", widest * 1.01)
    assert found.played == 0


def test_further_measures_are_taken_where_asked_for(shop, tmp_path):
    found = sweep(shop, VARY, seeds=1, out=tmp_path / "s", measures=["well_being", "committed_share"])
    assert {"well_being", "committed_share"} <= set(found.frame().columns)
    assert verify(found.folder).sound
    with pytest.raises(StoreError, match="there is no measure 'wellbeing'"):
        sweep(shop, VARY, seeds=1, out=tmp_path / "t", measures=["wellbeing"])


def test_a_window_is_measured_alone(tmp_path):
    factors = """[[factors]]
name = "when"
levels = [{name = "early", window = [1, 2]}, {name = "late", window = [2, 3]}]
"""
    table = sweep(loads(SHOP + factors), seeds=1, out=tmp_path / "s").table("discounted_profit")
    profit = simulate(loads(SHOP).alternative("cheap"), seed=7).account("profit")[:, 0]
    assert table.levels == {"when": ["early", "late"]}
    assert table.values[0, 1, 0] == pytest.approx(profit[1] / 1.005 + profit[2] / 1.005**2)


def test_the_parents_memory_does_not_grow_with_the_runs(shop, tmp_path, monkeypatch):
    def instant(task, stopped=None):
        layout = store.Layout(task.setup.measures)
        packed = bytes(8 * (2 * len(layout.of_firms) + len(layout.of_market)))
        return [store.Outcome(key(p.arm, p.seed), packed, "", "", 1e-4) for p in task.points]

    monkeypatch.setattr(executors, "play", instant)

    def peak(seeds):
        tracemalloc.start()
        sweep(shop, VARY, seeds=seeds, out=tmp_path / str(seeds), workers=1)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(100)
    few, many = peak(200), peak(2_000)
    assert many < few + 300_000  # bytes, for 10,800 runs more
    assert (tmp_path / "2000" / "journal.sqlite").stat().st_size / 12_000 < 1_000  # bytes a run
