"""Whoever plays the runs, the numbers are the same: threads, processes, Dask, MPI, an executor of one's own."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from two_shops import SHOP, VARY, exported
from typer.testing import CliRunner

from sim.cli import app
from sim.experiments import executors, pools
from sim.experiments.manifest import StoreError
from sim.experiments.store import Store
from sim.experiments.sweep import failures, reproduce, resume, sweep, verify

ROOT = Path(__file__).resolve().parent.parent
MPIEXEC = shutil.which("mpiexec")
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "OMPI_ALLOW_RUN_AS_ROOT": "1",  # where tests run as root, as in many containers
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
}
WAYS = ["one thread", "threads", "one process", "processes", "an executor that finishes in disorder", "Dask", "MPI"]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """File of a Dask scheduler with two workers of one thread each."""
    pytest.importorskip("distributed", reason="Dask is not installed")
    with cluster(tmp_path_factory.mktemp("dask")) as (file, _, _):
        yield file


@contextmanager
def cluster(place: Path, *options: str):
    """A Dask scheduler and two workers, all on the loopback interface: file, workers, scheduler."""
    file, log = place / "scheduler.json", (place / "log").open("w")

    def start(part: str, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{part}", "--scheduler-file", str(file)]
        command += ["--host", "127.0.0.1", "--no-dashboard", *arguments]
        return subprocess.Popen(
            command, cwd=place, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )

    scheduler, workers = start("scheduler", "--port", "0"), []
    try:
        while not file.exists():
            assert scheduler.poll() is None
            time.sleep(0.05)
        workers += [start("worker", "--no-nanny", "--nthreads", "1", *options) for _ in range(2)]
        yield file, workers, scheduler
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
        log.close()


def mpi(ranks: int, *arguments: str) -> subprocess.CompletedProcess:
    """Call the command with so many ranks, of which the first hands out the runs."""
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    if MPIEXEC is None:
        pytest.skip("there is no mpiexec, hence no MPI")
    crowded = ["--oversubscribe"] if "Open" in told_by(MPIEXEC, "--version") else []
    command = [MPIEXEC, *crowded, "-n", str(ranks), sys.executable, "-m", "mpi4py.futures", "-m", "sim", *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)


def told_by(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout


class Disorderly(ThreadPoolExecutor):
    """Threads that dawdle, each run differently."""

    def submit(self, fn, *arguments):
        def dawdling():
            time.sleep(random.Random(len(str(arguments))).random() / 50)
            return fn(*arguments)

        return super().submit(dawdling)


@pytest.mark.parametrize("way", WAYS)
def test_the_export_is_the_same_to_the_last_byte_whoever_plays(shop, undisturbed, tmp_path, way, request):
    folder = tmp_path / "s"
    if way == "MPI":
        (tmp_path / "shop.toml").write_text(SHOP)
        arguments = ("--vary", VARY[0], "--seeds", "4", "--out", str(folder))
        told = mpi(3, "sweep", str(tmp_path / "shop.toml"), *arguments, "--mpi")
        assert told.returncode == 0, told.stderr
    else:
        options = {
            "one thread": lambda: {"workers": 1},
            "threads": lambda: {"workers": 3},
            "one process": lambda: {"executor": "processes", "workers": 1},
            "processes": lambda: {"executor": "processes", "workers": 2},
            "an executor that finishes in disorder": lambda: {"executor": Disorderly(3), "workers": 3},
            "Dask": lambda: {"executor": f"dask:{request.getfixturevalue('scheduler')}"},
        }[way]()
        assert sweep(shop, VARY, seeds=4, out=folder, **options).played == 24
    assert exported(folder) == undisturbed[1]


# --------------------------------------------------------------------------------------------------------- Dask


def test_rounds_travel_back_from_workers_that_do_not_see_the_folder(shop, scheduler, tmp_path):
    here = sweep(shop, VARY, seeds=2, out=tmp_path / "here", series=True)
    there = sweep(shop, VARY, seeds=2, out=tmp_path / "there", series=True, executor=f"dask:{scheduler}")
    with here.store as ours, there.store as theirs:
        for point in ours.design.points():
            for one, other in zip(ours.series(point), theirs.series(point), strict=True):
                for name, values in one.items():
                    np.testing.assert_array_equal(other[name], values)


def test_a_client_of_ones_own_is_used_and_left_open(shop, undisturbed, scheduler, tmp_path):
    from distributed import Client

    with Client(scheduler_file=str(scheduler), set_as_default=False) as client:
        sweep(shop, VARY, seeds=4, out=tmp_path / "s", executor=client)
        assert client.status == "running"
    assert exported(tmp_path / "s") == undisturbed[1]


def test_a_store_is_verified_and_reproduced_on_a_cluster(shop, scheduler, tmp_path):
    address = json.loads(scheduler.read_text())["address"]
    folder = sweep(shop, VARY, seeds=2, out=tmp_path / "s").folder
    assert verify(folder, executor=f"dask:{address}") == (12, [], {})
    assert reproduce(folder, tmp_path / "again", executor=f"dask:{address}")[1] is True


def test_a_killed_dask_worker_costs_nothing_and_a_killed_scheduler_no_run_that_was_finished(shop, tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed")
    sweep(shop, VARY, seeds=100, out=tmp_path / "whole")
    with cluster(tmp_path) as (file, workers, scheduler):

        def kill_a_worker(counts):
            if counts.done > 150 and workers[0].poll() is None:
                workers[0].kill()

        found = sweep(shop, VARY, seeds=100, out=tmp_path / "s", executor=f"dask:{file}", progress=kill_a_worker)
        assert workers[0].wait(10) == -signal.SIGKILL
        assert found.counts == (600, 600, 0)

        def kill_the_scheduler(counts):
            if counts.done > 150:
                scheduler.kill()

        with pytest.raises(StoreError, match=r"the workers are gone .*; go on with: sim resume"):
            sweep(shop, VARY, seeds=100, out=tmp_path / "t", executor=f"dask:{file}", progress=kill_the_scheduler)
    with Store.open(tmp_path / "t") as held:
        done = held.counts().done
    assert 150 < done < 600
    assert resume(tmp_path / "t").played == 600 - done
    assert exported(tmp_path / "s") == exported(tmp_path / "t") == exported(tmp_path / "whole")


def test_a_run_of_which_cluster_workers_die_is_found_and_the_others_go_on(shop, undisturbed, tmp_path):
    class KilledWorker(Exception):
        """As Dask's, which blames a run for every worker that died while it had the run, or one beside it."""

    def play(task):
        if any((point.number, point.seed) == (3, 8) for point in task.points):
            raise KilledWorker
        return executors.play(task)

    class Fragile(pools.Pool):
        deaths = (KilledWorker,)

        def submit(self, function, task):
            return self.executor.submit(play, task)

    with ThreadPoolExecutor(2) as threads:
        found = sweep(shop, VARY, seeds=4, out=tmp_path / "s", executor=Fragile(threads, 2))
    ((point, told),) = failures(tmp_path / "s")
    assert (point.number, point.seed) == (3, 8)
    assert "the worker process died" in told
    assert found.counts == (24, 23, 1)
    resume(tmp_path / "s", retry=True)
    assert exported(tmp_path / "s") == undisturbed[1]


def test_a_worker_with_another_version_is_refused(shop, tmp_path):
    found = sweep(shop, VARY, seeds=1, out=tmp_path / "s")
    with found.store as store:
        setup = executors.setup_of(store)._replace(program="buyer-seller-sim 0.0.1, numbers-version 0")
        point = next(store.design.points())
    with pytest.raises(StoreError, match=r"has buyer-seller-sim .*, not buyer-seller-sim 0.0.1"):
        executors.play(executors.Task(setup, (point,)))


def test_a_file_that_only_the_parent_has_is_said(tmp_path):
    from sim.scenario import load

    (tmp_path / "ties.csv").write_text("\n".join(f"{c},{(c + 1) % 30}" for c in range(30)))
    (tmp_path / "shop.toml").write_text(SHOP + '[network]\nkind = "edge_list"\nfile = "ties.csv"\n')
    with sweep(load(tmp_path / "shop.toml"), VARY, seeds=1, out=tmp_path / "s").store as store:
        task = executors.Task(executors.setup_of(store), (next(store.design.points()),))
    shutil.rmtree(tmp_path / "s" / "inputs")
    with pytest.raises(StoreError, match=r"ties.csv.*workers need the files that a scenario reads"):
        executors.play(task)


# ------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("--dask", "nowhere.json"), "nowhere.json: there is no such file; a scheduler writes it: dask scheduler"),
        (("--dask", ""), "say where the scheduler is"),
        (("--mpi", "--dask", "127.0.0.1:8786"), "choose one of --executor, --dask and --mpi"),
        (("--executor", "processes", "--mpi"), "choose one of"),
    ],
)
def test_a_cluster_that_is_not_there_is_said_before_anything_is_written(tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    Path("shop.toml").write_text(SHOP)
    answer = CliRunner().invoke(app, ["sweep", "shop.toml", "--vary", VARY[0], *arguments, "--out", "s"])
    assert answer.exit_code == 2, answer.output
    assert told in answer.stderr
    assert not Path("s").exists()


def test_mpi_without_other_ranks_says_how_to_start_it(tmp_path):
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    (tmp_path / "shop.toml").write_text(SHOP)
    command = [sys.executable, "-m", "sim", "sweep", "shop.toml", "--vary", VARY[0], "--mpi", "--out", "s"]
    answer = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert answer.returncode == 2
    assert re.search("mpiexec -n 3 python -m mpi4py.futures -m sim|no MPI library", answer.stderr), answer.stderr
    assert not (tmp_path / "s").exists()
