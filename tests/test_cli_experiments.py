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
        (("tournament", "two_shops", "--with", "milker"), "milker alone has nobody to play against"),
        (("tournament", "two_shops", "--with", "milker", "--markets", "4"), "milker alone"),
        (("tournament", "two_shops", "--with", "milker", "--markets", "4", "--seeds", "3"), "seed of its own"),
        (("tournament", "two_shops", "--start", "milker=0.5,tiered=x"), "write a share for each"),
        (("tournament", "two_shops", "--start", "milker=0.5,tiered=0.6"), "shares that sum to 1"),
        (("tournament", "two_shops", "--markets", "4", "--start", "milker=1"), "leave out --markets"),
        (("tournament", "two_shops", "--measure", "stress"), "tells no firm from another"),
        (("compare", "two_shops", "--measure", "profit"), 'did you mean "discounted_profit"'),
        (("compare", "two_shops", "--also", "well_beeing"), '--also: .*did you mean "well_being"'),
        (("sweep", "two_shops", *VARY, "--measure", "trst"), 'did you mean "trust"'),
        (("sweep", "two_shops", *VARY, "--design", "latine"), 'did you mean "latin"'),
        (("sweep", "two_shops", *VARY, "--executor", "proceses"), 'did you mean "processes"'),
        (("sweep", "two_shops", *VARY, "--points", "4"), "a grid has its own points"),
        (("sweep", "two_shops", *VARY, "--until-halfwidth", "-1"), "allowed: above 0"),
        (("sweep", "two_shops", *VARY, "--until-halfwidth", "nan"), "allowed: above 0"),
        (("compare", "two_shops", "--until-halfwidth", "0"), "allowed: above 0"),
        (("compare", "two_shops", "--until-halfwidth", "5", "--at-most", "10"), "allowed: 20 or more"),
        (("sweep", "two_shops", "--list", "p.csv", *VARY), "leave out --vary"),
        (("sweep", "two_shops", "--list", "p.csv", "--design", "sobol", "--points", "4"), "leave out --points and"),
        (("sweep", "two_shops", "--list", "p.csv"), "p.csv: there is no such file"),
        (("sweep", "two_shops", "--vary", "seed=1,2"), "every condition meets the same seeds"),
        (("sweep", "two_shops", "--vary", "market.turbulence=0,0.0"), "has the level 0 twice"),
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


def test_lists_can_be_varied(shop):
    told = sim(
        "sweep", "two_shops", "--vary", "firms.theirs.position=[0, 0, 0, 0],[1, 0.5, 0, 0]", "--seeds", "1"
    ).stdout
    assert "4 of 4 runs" in told


def test_a_manifest_that_was_damaged_by_hand_is_refused(shop):
    sim("sweep", "two_shops", *VARY, "--seeds", "1", "--out", "s")
    file = shop / "s" / "manifest.json"
    whole = json.loads(file.read_text())
    assert whole["begun"]["date"].endswith("UTC")
    for name, value in (("version", "one"), ("arms", None), ("arms", []), ("paths", 3), ("arms", [{"factors": {}}])):
        broken = {key: kept for key, kept in whole.items() if key != name} | ({} if value is None else {name: value})
        file.write_text(json.dumps(broken))
        for command in (("status", "s"), ("resume", "s"), ("export", "s", "--csv", "x.csv"), ("map", "s")):
            assert "manifest.json: is damaged" in sim(*command, code=2).stderr


def test_another_experiment_in_the_folder_is_said_to_differ_in_what(shop):
    sim("sweep", "two_shops", *VARY, "--seeds", "1", "--out", "s")
    told = sim("sweep", "two_shops", *VARY, "--set", "market.customers=31", "--out", "s", code=2).stderr
    assert "market.customers is 30 there, 31 here" in told
    assert "seed is 7 there, 8 here" in sim("sweep", "two_shops", *VARY, "--seed", "8", "--out", "s", code=2).stderr
    told = sim("sweep", "two_shops", *VARY, "--also", "well_being", "--out", "s", code=2).stderr
    assert "it does not measure well_being" in told
    told = sim("sweep", "two_shops", *VARY[:2], "--seeds", "1", "--out", "s", code=2).stderr
    assert "it varies market.heterogeneity, market.turbulence, not market.heterogeneity" in told


def test_an_experiment_is_not_reproduced_in_its_own_folder_and_hints_can_be_pasted(shop):
    sim("sweep", "two_shops", *VARY, "--seeds", "1", "--out", "my runs")
    assert "is the experiment itself" in sim("reproduce", "my runs", "--out", "my runs", code=2).stderr
    with Store.open(Path("my runs"), writing=True) as held:
        held.forget(list(held.design.points())[:1])
    assert "Go on with: sim resume 'my runs'" in sim("status", "my runs").stdout


def test_a_run_that_two_arms_share_is_verified_once(shop):
    same = SHOP + '[[alternatives]]\nname = "cheap again"\n'
    (shop / "scenarios" / "twins.toml").write_text(same)
    sim("sweep", "twins", *VARY, "--seeds", "2", "--out", "s")
    assert "24 runs repeated, 0 differ" in sim("verify", "s").stdout


def test_precision_that_was_missed_or_reached_is_said_and_resume_goes_on_for_it(shop):
    more = ("--until-halfwidth", "1e6", "--at-most", "12")
    told = sim("sweep", "two_shops", *VARY, "--seeds", "3", *more, "--out", "s").stdout
    assert "after 10 seeds; ± 1e+06 was asked for." in told
    told = json.loads(sim("resume", "s", "--until-halfwidth", "0.01", "--at-most", "12", "--json").stdout)
    assert told["halfwidth"]["seeds"] == 12
    assert told["halfwidth"]["known"] > told["halfwidth"]["asked"] == 0.01
    compared = sim("compare", "two_shops", "--seeds", "3", "--until-halfwidth", "0.01", "--at-most", "4").stdout
    assert "only, after 4 seeds, the most allowed; ± 0.01 was asked for: a higher --at-most goes on" in compared


def test_a_tournament_is_resumed_as_one(shop):
    some = ("--with", "everyday_low_price", "--with", "fee_extractor")
    sim("tournament", "two_shops", *some, "--seeds", "3", "--out", "t")
    with Store.open(Path("t"), writing=True) as held:
        held.forget(list(held.design.points())[:2])
    assert "Equilibrium: " in sim("resume", "t").stdout
    told = sim("resume", "t", "--until-halfwidth", "0.01", "--at-most", "4").stdout
    assert "Mean payoffs are known to" in told
    sim("tournament", "two_shops", *some, "--markets", "4", "--firms", "2", "--out", "d")
    assert "over 4 drawn markets" in sim("resume", "d").stdout
    assert "seed of its own" in sim("resume", "d", "--until-halfwidth", "1", code=2).stderr


def test_a_tournament_shows_intervals_best_replies_a_start_and_a_picture(shop):
    some = ("--with", "everyday_low_price", "--with", "fee_extractor", "--seeds", "4", "--out", "t")
    told = sim("tournament", "two_shops", *some, "--start", "fee_extractor=0.25,everyday_low_price=0.75").stdout
    assert "Best reply to fee extractor: " in told
    assert "from 25 % fee extractor, 75 % everyday low price" in told
    first = next(line for line in told.splitlines() if line.strip().startswith("1 "))
    assert first.count("±") == 3  # its mean, and its payoff against each
    assert (shop / "t" / "picture.png").stat().st_size > 10_000
    sim("tournament", "two_shops", *some, "--start", "nobody=1", code=2)
    record = json.loads(sim("tournament", "two_shops", *some, "--json").stdout)["tournaments"][0]
    assert record["start"] == {"everyday_low_price": 0.5, "fee_extractor": 0.5}
    assert all(a <= b <= c for a, b, c in zip(*(record[k][0] for k in ("low", "matrix", "high")), strict=True))
    assert set(record["best_replies"]) == {"everyday_low_price", "fee_extractor"}


def test_a_comparison_whose_run_fails_says_which_and_where(shop, monkeypatch):
    def failing(plan, seed, **options):
        if seed == 9 and "learning_relationship" in plan.strategies:
            raise ZeroDivisionError("no customers left")
        return simulate(plan, seed=seed, **options)

    monkeypatch.setattr(executors, "simulate", failing)
    answer = CliRunner().invoke(app, ["compare", "two_shops", "--seeds", "4", "--workers", "1"])
    assert answer.exit_code == 1
    assert "Failed in the run of “close” with seed 9, hence no comparison: no customers left" in answer.stderr
    assert "in failing" in answer.stderr
    assert not (shop / "out" / "compare-two_shops").exists()
    answer = CliRunner().invoke(app, ["compare", "two_shops", "--seeds", "4", "--store", "s"])
    assert answer.exit_code == 1
    assert "1 runs failed, hence no comparison: sim status s --failures" in answer.stderr


def test_a_strategy_that_wants_to_end_the_program_is_a_run_that_fails(shop, monkeypatch):
    def leaving(plan, seed, **options):
        if seed == 8:
            sys.exit(3)
        return simulate(plan, seed=seed, **options)

    monkeypatch.setattr(executors, "simulate", leaving)
    assert "12 runs failed" in sim("sweep", "two_shops", *VARY, "--seeds", "2", "--out", "s", code=1).stderr


def test_every_alternatives_chance_is_told(shop):
    told = sim("sweep", "two_shops", *VARY, "--seeds", "3", "--out", "s").stdout
    assert "cheap 0." in told or "cheap 1.00" in told
    assert "close 0." in told or "close 1.00" in told
    assert "Probability of each: " in sim("compare", "two_shops", "--seeds", "4", "--out", "c").stdout


def test_ctrl_c_in_verify_says_how_far_it_came(shop, monkeypatch):
    sim("sweep", "two_shops", *VARY, "--seeds", "2", "--out", "s")

    def stopped(judge, outcomes):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.experiments.sweep._Judge.record", stopped)
    answer = CliRunner().invoke(app, ["verify", "s", "--workers", "1"])
    assert answer.exit_code == 130
    assert "Stopped after 0 of 24 runs were played again; nothing was changed." in answer.stderr
