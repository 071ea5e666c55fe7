"""An experiment that was played in parts, by those who know nothing of each other, is the same when put together."""

import sqlite3
from contextlib import closing

import pytest
from two_shops import SHOP, VARY, exported
from typer.testing import CliRunner

from sim.cli import app
from sim.experiments import executors
from sim.experiments.manifest import StoreError
from sim.experiments.parts import gather
from sim.experiments.store import Store
from sim.experiments.sweep import failures, resume, sweep
from sim.run import simulate


@pytest.fixture(scope="module")
def whole(shop, tmp_path_factory):
    """Folder of the whole experiment, 24 runs with every round."""
    return sweep(shop, VARY, seeds=4, out=tmp_path_factory.mktemp("sweep") / "whole", series=True, workers=1).folder


def test_parts_put_together_are_the_whole(shop, whole, tmp_path):
    played = [
        sweep(shop, VARY, seeds=4, out=tmp_path / f"{k}", series=True, workers=1, part=(k, 3)).played for k in (1, 2, 3)
    ]
    assert sum(played) == 24
    assert min(played) > 0
    assert sweep(shop, VARY, seeds=4, out=tmp_path / "2", series=True, part=(2, 3)).played == 0
    assert gather([tmp_path / "1", tmp_path / "2"], tmp_path / "s") == played[0] + played[1]
    assert gather([tmp_path / "2", tmp_path / "3"], tmp_path / "s") == played[2]  # what is there stays
    assert exported(tmp_path / "s") == exported(whole)
    with Store.open(tmp_path / "s") as held, Store.open(whole) as other:
        assert held.manifest["digest"] == other.manifest["digest"] is not None
        for point in held.design.points():
            assert (held.series(point)[0]["profit"] == other.series(point)[0]["profit"]).all()


def test_a_run_that_failed_in_one_part_is_taken_from_another(shop, whole, tmp_path, monkeypatch):
    def failing(plan, seed, **options):
        if seed == 8:
            raise ZeroDivisionError
        return simulate(plan, seed=seed, **options)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "simulate", failing)
        sweep(shop, VARY, seeds=4, out=tmp_path / "bad", series=True)
    gather([tmp_path / "bad"], tmp_path / "s")
    assert len(list(failures(tmp_path / "s"))) == 6
    assert gather([whole, tmp_path / "bad"], tmp_path / "s") == 6
    assert exported(tmp_path / "s") == exported(whole)
    assert resume(tmp_path / "s", retry=True).played == 0


def test_only_parts_of_one_experiment_are_put_together(shop, whole, tmp_path):
    sweep(shop, ["market.heterogeneity=0,3"], seeds=1, out=tmp_path / "other")
    with pytest.raises(StoreError, match="other: holds another experiment than"):
        gather([whole, tmp_path / "other"], tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_part_from_a_stranger_cannot_have_files_written_outside_the_folder(shop, tmp_path):
    sweep(shop, VARY, seeds=1, out=tmp_path / "bad", series=True, workers=1)
    with closing(sqlite3.connect(tmp_path / "bad" / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE runs SET shard = '../../stray.npz'")
    (tmp_path / "stray.npz").write_bytes(b"anything")
    (tmp_path / "here").mkdir()
    with pytest.raises(StoreError, match=r"names a file outside the folder: ../../stray.npz"):
        gather([tmp_path / "bad"], tmp_path / "here" / "s")
    assert not (tmp_path / "here" / "stray.npz").exists()


def test_a_job_array_is_a_command_with_its_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.toml").write_text(SHOP)

    def sim(*arguments: str, code: int = 0) -> str:
        answer = CliRunner().invoke(app, arguments)
        assert answer.exit_code == code, answer.output
        return answer.output

    for k in (1, 2):
        told = sim("sweep", "shop.toml", "--vary", VARY[0], "--seeds", "2", "--part", f"{k}/2", "--out", f"part-{k}")
        assert f"Part {k}/2: " in told
    assert "12 of 12 runs in whole/" in sim("gather", "part-1", "part-2", "--out", "whole")
    for wrong in ("3/2", "0/2", "half"):
        assert "3/10 for the third of ten parts" in sim("resume", "part-1", "--part", wrong, code=2)
