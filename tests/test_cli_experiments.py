"""The commands on experiments, as a newcomer meets them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from two_shops import SHOP, sim
from typer.testing import CliRunner

from sim.cli import app
from sim.experiments import executors
from sim.experiments.store import Store
from sim.experiments.sweep import Sweep
from sim.run import simulate

VARY = ("--vary", "market.heterogeneity=0:1:3", "--vary", "market.turbulence=0,0.1")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with one small scenario, in which the commands are called."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "two_shops.toml").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_command_makes_a_sweep_and_its_map(shop):
    told = sim("sweep", "two_shops", *VARY, "--seeds", "2").stdout
    assert "of 6 conditions" in told
    assert "24 of 24 runs in out/sweep-two_shops/, 24 played now." in told
    assert (shop / "out" / "sweep-two_shops" / "map.png").stat().st_size > 10_000
    again = sim("sweep", "two_shops", *VARY, "--seeds", "2").stdout
    assert "0 played now" in again


def test_a_map_that_cannot_be_written_is_said_and_the_runs_are_there(shop, monkeypatch):
    def broken(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", broken)
    answer = sim("sweep", "two_shops", *VARY, "--seeds", "2", code=1)
    told = "map.png could not be made (OSError: no space left on device); the numbers are in out/sweep-two_shops/\n"
    assert answer.stderr.endswith(told)
    assert "24 of 24 runs in out/sweep-two_shops/" in answer.stdout
    assert Sweep(Path("out/sweep-two_shops")).counts.done == 24


def test_the_answer_for_programs_is_json(shop):
    told = json.loads(sim("sweep", "two_shops", *VARY, "--seeds", "2", "--json").stdout)
    assert (told["total"], told["done"], told["failed"]) == (24, 24, 0)
    assert {"market.heterogeneity": 0.5, "market.turbulence": 0.1} in [each["levels"] for each in told["standings"]]
    status = json.loads(sim("status", "out/sweep-two_shops", "--json").stdout)
    assert (status["total"], status["left"], len(status["digest"])) == (24, 0, 64)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--design", "sobol", "--points", "4", "--vary", "market.turbulence=0:1"),
        ("--design", "latin", "--points", "3", "--vary", "market.turbulence=0:1"),
        ("--design", "morris", "--points", "2", "--vary", "market.turbulence=0:1"),
        ("--list", "points.csv"),
    ],
)
def test_every_design_can_be_asked_for(shop, arguments):
    (shop / "points.csv").write_text("market.customers,market.turbulence\n20,0.1\n25,0.2\n")
    assert "played now" in sim("sweep", "two_shops", *arguments, "--seeds", "1").stdout


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("sweep", "two_shops", "--vary", "market.turbulence=0:1"), "a grid needs values"),
        (("sweep", "two_shops", "--vary", "market.turbulence=0,7"), "out of range"),
        (("sweep", "two_shops", "--vary", "market.turbulence=0:1", "--design", "sobol"), "say how many points"),
        (
            ("sweep", "two_shops", "--vary", "market.turbulence=0:1", "--design", "sobol", "--points", "3"),
            "power of two",
        ),
        (("sweep", "two_shops", *VARY, "--executor", "cloud"), "allowed: auto, threads, processes"),
        (("resume", "nothing"), "nothing: there is no such folder"),
        (("status", "nothing"), "nothing: there is no such folder"),
        (("export", "nothing"), "say where to"),
        (("map", "nothing"), "nothing: there is no such folder"),
        (("tournament", "two_shops", "--with", "loyalty"), "loyalty"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(shop, arguments, told):
    import re

    answer = sim(*arguments, code=2)
    assert re.search(told, answer.stderr), answer.stderr
    assert not (shop / "out").exists()


def test_failures_are_told_with_their_place_and_make_exit_code_1(shop, monkeypatch):
    def failing(scenario, seed, **options):
        if seed == 8:
            raise ZeroDivisionError("no customers left")
        return simulate(scenario, seed=seed, **options)

    with monkeypatch.context() as patch:
        patch.setattr(executors, "simulate", failing)
        answer = sim("sweep", "two_shops", *VARY, "--seeds", "2", code=1)
    assert "12 runs failed: sim status out/sweep-two_shops --failures" in answer.stderr
    told = sim("status", "out/sweep-two_shops").stdout
    assert "12 of 24 runs done, 12 failed, 0 to go." in told
    assert "market.turbulence = 0.1, close, seed 8: ZeroDivisionError: no customers left" in told
    full = CliRunner().invoke(app, ["status", "out/sweep-two_shops", "--failures"]).stdout
    assert "in failing" in full
    assert "12 played now" in sim("resume", "out/sweep-two_shops", "--retry").stdout


def test_export_verify_and_reproduce(shop):
    sim("sweep", "two_shops", *VARY, "--seeds", "2")
    assert "48 rows" in sim("export", "out/sweep-two_shops", "--csv", "runs.csv").stdout
    assert "exists already" in sim("export", "out/sweep-two_shops", "--csv", "runs.csv", code=2).stderr
    pytest.importorskip("xarray", reason="xarray is not installed")
    assert "24 runs" in sim("export", "out/sweep-two_shops", "--xarray", "runs.nc").stdout
    head = (shop / "runs.csv").read_text().splitlines()[0]
    assert head.startswith("arm,market.heterogeneity,market.turbulence,alternative,seed,firm,strategy,focus,")
    assert "5 runs repeated, 0 differ" in sim("verify", "out/sweep-two_shops", "--sample", "5").stdout
    told = sim("reproduce", "out/sweep-two_shops", "--out", "again").stdout
    assert "24 runs in again, 24 played now; every number is the same." in told
    with Store.open(Path("again"), writing=True) as held:
        held.record([next(_outcomes(held))])
    assert "1 differ" in sim("verify", "again", code=1).stdout


def _outcomes(held):
    from sim.experiments.store import Outcome, key

    for point, _ in held.rows():
        yield Outcome(key(point.arm, point.seed), bytes(len(held.measured(point))), "", "", 0.0)


def test_an_unfinished_experiment_is_exported_with_a_warning(shop):
    sim("sweep", "two_shops", *VARY, "--seeds", "2")
    with Store.open(Path("out/sweep-two_shops"), writing=True) as held:
        held.forget(list(held.design.points())[:3])
    assert "3 runs to go" in sim("export", "out/sweep-two_shops", "--csv", "runs.csv").stderr
    assert "Go on with: sim resume" in sim("status", "out/sweep-two_shops").stdout


def test_seeds_are_added_until_differences_are_known(shop):
    told = sim("sweep", "two_shops", *VARY, "--seeds", "3", "--until-halfwidth", "0.001", "--at-most", "4").stdout
    assert "only, after 4 seeds, the most allowed; ± 0.001 was asked for" in told
    assert "48 of 48 runs" in told


def test_a_tournament_says_who_wins_and_what_is_stable(shop):
    some = ("--with", "everyday_low_price", "--with", "fee_extractor")
    told = sim("tournament", "two_shops", *some, "--seeds", "3").stdout
    for words in ("Equilibrium: ", "nobody clearly gains by leaving", "If the more profitable spread", "earns most"):
        assert words in told
    record = json.loads(sim("tournament", "two_shops", *some, "--seeds", "3", "--json").stdout)
    assert len(record["tournaments"][0]["matrix"]) == 2


def test_ctrl_c_says_what_is_safe_and_how_to_go_on(shop):
    many = ["sweep", "two_shops", "--vary", "market.turbulence=0,0.1", "--seeds", "100000", "--workers", "1"]
    process = subprocess.Popen([sys.executable, "-m", "sim", *many], stderr=subprocess.PIPE, text=True)
    folder = Path("out/sweep-two_shops")
    for _ in range(600):
        if (folder / "journal.sqlite").exists() and rows(folder):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "of 400,000 runs; they are safe. Go on with: sim resume out/sweep-two_shops" in told
    assert Sweep(folder).counts.done > 0
    assert os.listdir(folder / "series") == []


def rows(folder: Path) -> int:
    with Store.open(folder) as held:
        return held._ask("SELECT count(*) FROM runs")[0][0]


def test_of_three_alternatives_two_are_named_for_a_tornado_and_the_report_chooses_two(shop):
    third = '[[alternatives]]\nname = "dear"\nset = {"firms.ours.strategy.price" = 8.0}\n'
    (shop / "scenarios" / "three.toml").write_text(SHOP + third)
    sim("sweep", "three", "--vary", "market.heterogeneity=0:2:20", "--seeds", "4", "--out", "store")
    assert "two to take the difference of (--of)" in sim("chart", "store", "tornado", code=2).stderr
    both = ("--of", "close", "--of", "dear")
    sim("chart", "store", "tornado", *both, "--out", "tornado.png")
    sim("chart", "store", "region_rows", *both, "--out", "regions.png")
    sim("report", "store")
    text = (shop / "store" / "report.html").read_text(encoding="utf-8")
    assert "Which difference." in text
    assert 'id="figure-tornado"' in text
    assert 'id="table-regions"' in text
    assert "degree of freedom" in text


def test_a_single_seed_is_printed_without_numbers_that_are_none(shop):
    told = sim("sweep", "two_shops", *VARY, "--seeds", "1").stdout
    assert "nan" not in told.split()
    assert "Every condition was run once" in told
