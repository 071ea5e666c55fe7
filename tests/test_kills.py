"""A sweep that is killed at any moment, parent, workers or both, goes on where it was and ends with the same bytes.

`SIM_KILLS=50 pytest -s tests/test_kills.py` kills fifty sweeps instead of three and says what each kill cost. The
moments are spread over the whole sweep: the k-th of n kills waits for its own share of the runs.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
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
LINE = 33  # bytes of a key, written as hexadecimal digits, and a line break
SEEDS, RUNS = 100, 600
LATEST = 0.9  # share of the runs after which there might be nobody left to kill
# Sweeps in two processes; every run that is begun leaves a line, in one write, whatever kills it afterwards. Runs this
# small would all be over before anybody could be killed: each takes some milliseconds more.
SWEEP = """
import os, sys, time
from pathlib import Path
from sim.experiments import executors
from sim.experiments.store import key
from sim.experiments.sweep import sweep
from sim.scenario import load

log, played = os.open("begun", os.O_WRONLY | os.O_APPEND | os.O_CREAT), executors._played

def noted(setup, plan, arm, seeds, stopped):
    os.write(log, b"".join(key(arm, seed).hex().encode() + b"\\n" for seed in seeds))
    for run in played(setup, plan, arm, seeds, stopped):
        time.sleep(0.004)
        yield run

executors._played = noted
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
    process, moment = start(tmp_path), (number + rng.random()) / KILLS
    early = victim == "parent" and number >= 3 and rng.random() < 0.3  # also before it plays
    if early:
        time.sleep(rng.random() * 2.0)
    else:
        wait_until(lambda: lines_in(tmp_path) > LATEST * moment * RUNS or process.poll() is not None)
        assert process.poll() is None, "the sweep was over before it could be killed"
    safe, workers = done_in(folder), workers_of(process.pid)
    hit = {"parent": [process.pid], "worker": workers[:1], "both": [*workers, process.pid]}[victim]
    hit = [pid for pid in hit if kill(pid)]
    assert len(hit) == {"parent": 1, "worker": 1, "both": 3}[victim]
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
    played = executors._played

    def noted(setup, plan, arm, seeds, stopped):
        with (place / "begun").open("a") as log:
            log.write("".join(f"{key(arm, seed).hex()}\n" for seed in seeds))
        return played(setup, plan, arm, seeds, stopped)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "_played", noted)
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


def lines_in(place: Path) -> int:
    """Runs that were begun."""
    return (place / "begun").stat().st_size // LINE if (place / "begun").exists() else 0


def workers_of(pid: int) -> list[int]:
    """Processes of a parent that were started to play."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may end while it is looked at
            if b"spawn_main" in (process / "cmdline").read_bytes() and state_of(int(process.name))[1] == str(pid):
                found.append(int(process.name))
    return sorted(found)


def alive(pid: int) -> bool:
    """Is there such a process, and not only its last word for a parent that does not listen?"""
    try:
        return state_of(pid)[0] != "Z"
    except OSError:
        return False


def state_of(pid: int) -> list[str]:
    """State and parent of a process, and more; what stands before them is its name, in brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


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
