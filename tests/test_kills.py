"""A sweep that is killed at any moment, parent, workers or both, goes on where it was and ends with the same bytes.

`SIM_KILLS=50 pytest -s tests/test_kills.py` kills fifty sweeps instead of three and says what each kill cost.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from two_shops import SHOP, VARY, exported

from sim.experiments import executors
from sim.experiments.manifest import StoreError
from sim.experiments.store import Store, key
from sim.experiments.sweep import sweep
from sim.scenario import load, loads

KILLS = int(os.environ.get("SIM_KILLS", "3"))
VICTIMS = ("parent", "worker", "both")
SEEDS, RUNS = 100, 600
# Sweeps in two processes; every run that is begun leaves a line, in one write, whatever kills it afterwards.
SWEEP = """
import os, sys
from pathlib import Path
from sim.experiments import executors
from sim.experiments.store import key
from sim.experiments.sweep import sweep
from sim.scenario import load

log, results_of = os.open("begun", os.O_WRONLY | os.O_APPEND | os.O_CREAT), executors.results_of

def noted(setup, plan, arm, seed, *more):
    os.write(log, key(arm, seed).hex().encode() + b"\\n")
    return results_of(setup, plan, arm, seed, *more)

executors.results_of = noted
if __name__ == "__main__":
    sweep(load("shop.toml"), [sys.argv[1]], seeds=int(sys.argv[2]), out="s", executor="processes", workers=2)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Export of the sweep that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole") / "s"
    sweep(loads(SHOP), VARY, seeds=SEEDS, out=folder, workers=1)
    return exported(folder)


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_sweep_goes_on_and_repeats_only_what_was_in_flight(tmp_path, number, undisturbed, monkeypatch):
    rng, victim, folder = random.Random(number), VICTIMS[number % 3], tmp_path / "s"
    (tmp_path / "shop.toml").write_text(SHOP)
    (tmp_path / "sweep.py").write_text(SWEEP)
    process = start(tmp_path)
    if victim == "worker" or rng.random() < 0.7:  # while it plays; otherwise at any time, also before it does
        wait_until(lambda: done_in(folder) or process.poll() is not None)
        time.sleep(rng.random() * 0.5)
    else:
        time.sleep(rng.random() * 4.0)
    safe, workers = done_in(folder), workers_of(process.pid)
    hit = {"parent": [process.pid], "worker": workers[:1], "both": [*workers, process.pid]}[victim]
    hit = [pid for pid in hit if kill(pid)]
    if victim == "worker":
        assert process.wait(120) == 0  # others are hired, and it goes on
        assert "Traceback" not in (tmp_path / "told").read_text()
    else:
        process.wait(30)
        wait_until(lambda: not any(map(alive, workers)))
        safe = done_in(folder)  # what a killed process left in the journal is whole
        begun = set(begun_in(tmp_path))
        go_on(tmp_path, monkeypatch)
    with Store.open(folder) as held:
        assert held.counts() == (RUNS, RUNS, 0)
    assert exported(folder) == undisturbed
    played = Counter(begun_in(tmp_path))
    assert len(played) == RUNS
    twice = {run for run, times in played.items() if times > 1}
    assert not twice & safe  # what was finished is never played again
    if victim != "worker":
        assert twice == begun - safe  # but exactly what was in flight
    print(f"{victim}: {len(hit)} killed with {len(safe)} of {RUNS} runs done, {len(twice)} played twice")


def start(place: Path) -> subprocess.Popen:
    """The sweep, in a process of its own."""
    command = [sys.executable, "sweep.py", VARY[0], str(SEEDS)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with (place / "told").open("w") as told:
        return subprocess.Popen(command, cwd=place, env=environment, stderr=told)


def go_on(place: Path, monkeypatch) -> None:
    """What is left of the sweep, noted as well."""
    results_of = executors.results_of

    def noted(setup, plan, arm, seed, *more):
        with (place / "begun").open("a") as log:
            log.write(f"{key(arm, seed).hex()}\n")
        return results_of(setup, plan, arm, seed, *more)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "results_of", noted)
        sweep(load(place / "shop.toml"), VARY, seeds=SEEDS, out=place / "s", workers=1)


def done_in(folder: Path) -> set[str]:
    """Keys of the runs in the journal, if there is one yet."""
    try:
        with Store.open(folder) as held:
            return {key(point.arm, point.seed).hex() for point, _ in held.rows()}
    except StoreError:
        return set()


def begun_in(place: Path) -> list[str]:
    """Keys of the runs that were begun, as often as they were."""
    return (place / "begun").read_text().split() if (place / "begun").exists() else []


def workers_of(pid: int) -> list[int]:
    """Processes of a parent that were started to play."""
    listed = told_by("ps", "-o", "pid=,args=", "--ppid", str(pid))
    return [int(line.split()[0]) for line in listed.splitlines() if "spawn_main" in line]


def alive(pid: int) -> bool:
    """Is there such a process, and not only its last word for a parent that does not listen?"""
    return told_by("ps", "-o", "stat=", "-p", str(pid)).strip()[:1] not in ("", "Z")


def told_by(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout


def kill(pid: int) -> bool:
    """Kill a process; False if it was gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def wait_until(true) -> None:
    """Look again and again; a test that waits for ever is ended from outside."""
    while not true():
        time.sleep(0.02)
