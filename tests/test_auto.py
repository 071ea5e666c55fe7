"""`executor="auto"`: threads, and processes from the moment threads hold each other up, if that can be."""

import sys
from types import SimpleNamespace

import pytest
from two_shops import SHOP, VARY, exported

from sim.experiments import pools
from sim.experiments.design import Design, Point
from sim.experiments.executors import Setup, Task, play
from sim.experiments.pools import Auto, Progress, can_travel
from sim.experiments.sweep import plan_of, sweep
from sim.scenario import loads


def task() -> Task:
    """A run, as it travels."""
    plan: Design = plan_of(loads(SHOP), VARY, seeds=1)
    return Task(Setup(plan.scenario, ("discounted_profit",), None, threads=1), (Point(0, plan.arms[0], 7),))


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand, under a main program that may be begun anew."""
    now = SimpleNamespace(monotonic=lambda: now.at, at=0.0)
    monkeypatch.setattr(pools, "time", now)
    monkeypatch.setattr(pools, "can_travel", lambda task: True)
    return now


@pytest.mark.parametrize(
    "seconds, total, workers, switched",
    [
        (1.0, 1_000, 2, True),  # two threads got half a processor in all
        (5.9, 1_000, 2, False),  # nearly all they could have
        (1.0, 20, 2, False),  # all is over soon
        (1.0, None, 2, False),  # nobody knows how much is left
        (1.0, 1_000, 1, False),  # one thread has nobody beside it
    ],
)
def test_threads_that_hold_each_other_up_give_way_to_processes(clock, seconds, total, workers, switched):
    pool = Auto(workers)
    try:
        pool.weigh(Progress(0, 0.0, total), None)
        clock.at = 2.0
        pool.weigh(Progress(5, 0.1, total), None)
        assert pool._processes is None  # too early to tell
        clock.at = 3.0
        pool.weigh(Progress(10, seconds, total), None)
        assert (pool._processes is not None) == switched
        assert bool(pool.deaths) == switched
    finally:
        pool.close()


def test_what_the_main_program_defines_cannot_travel_nor_where_it_would_begin_anew(monkeypatch):
    command = SimpleNamespace(__spec__=SimpleNamespace(name="sim.__main__"), __file__="/x/sim/__main__.py")
    notebook, script = SimpleNamespace(__spec__=None), SimpleNamespace(__spec__=None, __file__="/x/mine.py")
    for main, may in ((command, True), (notebook, True), (script, False)):
        monkeypatch.setitem(sys.modules, "__main__", main)
        assert can_travel(task()) == may
    monkeypatch.setitem(sys.modules, "__main__", command)
    own = type("Own", (), {"__module__": "__main__"})
    command.Own = own
    assert not can_travel(own())
    assert not can_travel(lambda: None)


def test_the_bytes_are_the_same_when_processes_take_over(tmp_path, monkeypatch):
    options = {"seeds": 60, "workers": 2, "series": True}
    sweep(loads(SHOP), VARY, out=tmp_path / "threads", executor="threads", **options)
    for name, value in (("TRY", 0.0), ("BUSY", 1e9), ("WORTH", 0.0), ("can_travel", lambda task: True)):
        monkeypatch.setattr(pools, name, value)
    played = []
    monkeypatch.setattr(pools.Processes, "submit", noted(pools.Processes.submit, played))
    sweep(loads(SHOP), VARY, out=tmp_path / "auto", **options)
    assert played == [play] * len(played) != []
    assert exported(tmp_path / "threads") == exported(tmp_path / "auto")


def noted(submit, played):
    def submitted(pool, function, task):
        played.append(function)
        return submit(pool, function, task)

    return submitted
