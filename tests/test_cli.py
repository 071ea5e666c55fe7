"""The command line as a newcomer meets it: what it prints, writes and refuses."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from two_shops import sim

from sim.cli.terminal import WRITTEN
from sim.experiments.comparison import Comparison
from sim.results import Results

ROOT = Path(__file__).parents[1]

SHOP = """
title = "Two shops"
claim = "D2"
claim_text = "Price and convenience win."

[market]
customers = 60
rounds = 6

[[firms]]
name = "Ours [bold]"
strategy = {kind = "everyday_low_price", price = 5.0}

[[firms]]
name = "Theirs"
strategy = {kind = "product_centred"}

[[alternatives]]
name = "low price"

[[alternatives]]
name = "relationship"
set = {"firms.0.strategy" = {kind = "learning_relationship", price = 7.0}}
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with one small scenario, in which the commands are called."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "two_shops.toml").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---------------------------------------------------------------------------------------------------------- commands


def test_list_shows_scenarios_with_their_claims_and_strategies_with_their_ideas(shop):
    answer = sim("list").stdout
    assert "two_shops" in answer
    assert "D2" in answer
    assert "learning_relationship" in answer
    assert "pseudo-relational" in answer
    listed = json.loads(sim("list", "--json").stdout)
    assert listed["scenarios"] == [{"name": "two_shops", "claim": "D2", "title": "Two shops"}]
    assert {"kind", "posture", "idea"} == set(listed["strategies"][0])


def test_list_goes_on_past_a_broken_file(shop):
    (shop / "scenarios" / "broken.toml").write_text("= 1")
    answer = sim("list").stdout
    assert "cannot be read" in answer
    assert "Two shops" in answer
    assert "no such folder" in sim("list", "elsewhere", code=2).stderr


def test_run_writes_results_accounts_picture_and_the_scenario_as_run(shop):
    answer = sim("run", "two_shops", "--seed", "7", "--out", "there").stdout
    assert "Ours [bold]" in answer  # a name is shown as it is, whatever brackets it contains
    there = shop / "there"
    assert {path.name for path in there.iterdir()} == {
        "accounts.csv", "picture.png", "results.npz", "scenario-as-run.json",
    }  # fmt: skip
    results = Results.load(there)
    assert (results.seed, results.rounds) == (7, 6)
    with (there / "accounts.csv").open(newline="") as file:
        profit = [float(row["profit"]) for row in csv.DictReader(file)]
    assert profit == results.accounts["profit"].reshape(-1).tolist()  # to the last bit
    as_run = json.loads((there / "scenario-as-run.json").read_text())
    assert as_run["seed"] == 7
    assert as_run == results.scenario
    assert (there / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_run_can_write_every_transaction(shop):
    sim("run", "two_shops", "--log", "--out", "there")
    log = pd.read_csv(shop / "there" / "transactions.csv")
    assert len(log) == Results.load(shop / "there").accounts["purchases"].sum()
    assert set(log["firm"]) <= {"Ours [bold]", "Theirs"}


def test_run_can_play_one_of_the_alternatives(shop):
    sim("run", "two_shops", "--alternative", "relationship", "--out", "there")
    assert Results.load(shop / "there").strategies[0] == "learning_relationship"
    assert 'did you mean "relationship"' in sim("run", "two_shops", "--alternative", "relationshp", code=2).stderr


def test_compare_prints_differences_and_writes_what_it_compared(shop):
    answer = sim("compare", "two_shops", "--seeds", "3", "--out", "there").stdout
    for word in (
        "discounted profit",
        "customer equity so far",
        "retention",
        "market share",
        "customer surplus",
        "trust",
    ):
        assert word in answer
    assert "less low price" in answer
    assert "3 paired runs, seeds 0 to 2" in answer
    there = shop / "there"
    assert {path.name for path in there.iterdir()} == {
        "comparison.npz", "measures.csv", "picture.png", "scenario-as-run.json", "table.csv",
    }  # fmt: skip
    comparison = Comparison.load(there)
    assert comparison.headline() in answer
    assert len(pd.read_csv(there / "measures.csv")) == 2 * 3
    assert len(pd.read_csv(there / "table.csv")) == 2 * 6


def broken(*_, **__):
    raise ValueError("Image size is too large")


def test_a_picture_that_cannot_be_drawn_costs_no_run(shop, monkeypatch):
    for name in ("run_dashboard", "comparison_picture", "ablation_picture"):
        monkeypatch.setattr(f"sim.charts.{name}", broken)
    told = "picture.png could not be made (ValueError: Image size is too large); the numbers are in "
    answer = sim("run", "two_shops", "--out", "one", code=1)
    assert answer.stderr == f"{told}one/\n"
    assert "One run of 6 rounds" in answer.stdout
    assert Results.load(shop / "one").rounds == 6
    assert sim("compare", "two_shops", "--seeds", "2", "--report", "--out", "two", code=1).stderr == f"{told}two/\n"
    assert Comparison.load(shop / "two").seeds.tolist() == [0, 1]
    assert (shop / "two" / "report.html").exists()
    assert not (shop / "two" / "picture.png").exists()
    assert sim("ablate", "two_shops", "--seeds", "1", "--out", "three", code=1).stderr == f"{told}three/\n"
    assert len(pd.read_csv(shop / "three" / "table.csv")) > 1


def test_a_report_that_cannot_be_written_costs_no_run_even_if_it_was_stopped(shop, monkeypatch):
    def stopped(document, file):
        file.write_text("<html>")
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.reports.write", stopped)
    answer = sim("compare", "two_shops", "--seeds", "1", "--report", "--out", "there", code=1)
    assert answer.stderr == "report.html could not be made (stopped); the numbers are in there/\n"
    assert Comparison.load(shop / "there").seeds.tolist() == [0]
    assert not (shop / "there" / "report.html").exists()
    assert (shop / "there" / "picture.png").exists()


def test_whoever_plays_a_comparison_writes_the_same_numbers(shop):
    sim("compare", "two_shops", "--seeds", "2", "--out", "threads")
    sim("compare", "two_shops", "--seeds", "2", "--executor", "processes", "--workers", "1", "--out", "processes")
    sim("ablate", "two_shops", "--seeds", "1", "--workers", "1", "--out", "ablated")
    sim("ablate", "two_shops", "--seeds", "1", "--executor", "processes", "--workers", "1", "--out", "elsewhere")
    for one, other, file in (("threads", "processes", "measures.csv"), ("ablated", "elsewhere", "table.csv")):
        assert (shop / one / file).read_bytes() == (shop / other / file).read_bytes()


@pytest.mark.parametrize("command", ["compare", "ablate"])
def test_players_that_are_not_there_are_said_before_anything_is_written(shop, command):
    assert "allowed: auto, threads, processes" in sim(command, "two_shops", "--executor", "cloud", code=2).stderr
    assert "--mpi needs two ranks" in sim(command, "two_shops", "--mpi", code=2).stderr
    assert list((shop / "out").iterdir()) == []


def test_json_is_for_programs(shop):
    run = json.loads(sim("run", "two_shops", "--json").stdout)
    assert run["folder"] == os.path.join("out", "run-two_shops")
    assert set(run["files"]) <= WRITTEN
    assert run["firms"]["Theirs"]["strategy"] == "product_centred"
    compared = json.loads(sim("compare", "two_shops", "--seeds", "1", "--json").stdout)
    assert compared["seeds"] == [0]
    assert compared["rows"][1]["difference"]["low"] is None  # one run has no interval, and JSON no NaN


def test_settings_change_the_scenario_and_nothing_else(shop):
    sim("run", "two_shops", "--set", "market.customers=30", "--set", "firms.Theirs.strategy.kind=fee_extractor",
        "--rounds", "3", "--out", "there")  # fmt: skip
    results = Results.load(shop / "there")
    assert results.scenario["market"]["customers"] == 30
    assert results.strategies[1] == "fee_extractor"
    assert results.rounds == 3


def test_schema_is_json(shop):
    assert json.loads(sim("schema").stdout)["properties"]["market"]


# ------------------------------------------------------------------------------------------------------------ answers


def test_a_misspelt_scenario_is_answered_with_the_nearest(shop):
    answer = sim("run", "two_shop", code=2).stderr
    assert answer == 'there is no scenario "two_shop" in scenarios/; did you mean "two_shops"?; there are: two_shops\n'


@pytest.mark.parametrize(
    "setting, why",
    [
        ("firms.0.strategy.kind=everyday_low_prise", 'did you mean "everyday_low_price"'),
        ("market.turbulence=1.4", "0 to 1"),
        ("market.turbulance=0.4", 'did you mean "turbulence"'),
        ("nonsense", "path=value"),
    ],
)
def test_a_bad_setting_is_answered_in_a_line(shop, setting, why):
    answer = sim("compare", "two_shops", "--set", setting, code=2)
    assert why in answer.stderr
    assert "Traceback" not in answer.output
    assert not (shop / "out").exists()


def test_an_empty_file_is_called_empty(shop):
    (shop / "empty.toml").write_text("")
    assert "is empty" in sim("run", "empty.toml", code=2).stderr
    assert "no such file" in sim("run", "absent.toml", code=2).stderr


def test_an_earlier_output_is_refused_before_anything_runs(shop, monkeypatch):
    sim("run", "two_shops", "--out", "there")
    before = (shop / "there" / "results.npz").read_bytes()
    monkeypatch.setattr("sim.run.simulate", lambda *_, **__: pytest.fail("it ran"))
    answer = sim("run", "two_shops", "--seed", "9", "--out", "there", code=2).stderr
    assert answer == "there: exists already and is not empty; name another folder with --out, or add --force\n"
    assert (shop / "there" / "results.npz").read_bytes() == before


def test_force_replaces_earlier_results_but_never_anything_else(shop):
    sim("run", "two_shops", "--out", "there")
    sim("compare", "two_shops", "--seeds", "2", "--out", "there", "--force")
    assert not (shop / "there" / "results.npz").exists()  # nothing is left of the former
    (shop / "there" / "thesis.docx").write_text("three years of work")
    answer = sim("run", "two_shops", "--out", "there", "--force", code=2).stderr
    assert "holds thesis.docx, which sim did not write" in answer
    assert (shop / "there" / "thesis.docx").exists()


def test_an_output_that_cannot_be_made_is_named(shop, monkeypatch):
    (shop / "note").write_text("")
    assert "note: is a file" in sim("run", "two_shops", "--out", "note", code=2).stderr
    assert "cannot be written" in sim("run", "two_shops", "--out", "note/below", code=2).stderr
    (shop / "empty").mkdir()
    monkeypatch.chdir(shop / "empty")
    assert "is the folder you are in" in sim("run", "../scenarios/two_shops.toml", "--out", ".", code=2).stderr


def test_a_run_that_fails_leaves_no_folder(shop):
    toml = SHOP.replace("price = 5.0", "price = -1")
    (shop / "bad.toml").write_text(toml)
    sim("run", "bad.toml", "--out", "there", code=2)
    assert sorted(path.name for path in shop.iterdir()) == ["bad.toml", "scenarios"]


# ----------------------------------------------------------------------------------------------------------- process


def process(*arguments: str, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **options,
    )  # fmt: skip


def test_ctrl_c_ends_a_comparison_with_a_word_and_code_130(tmp_path):
    out = tmp_path / "there"
    running = process("compare", "everyday_low_price", "--seeds", "100000", "--out", str(out))
    deadline = time.monotonic() + 60
    while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)  # until it has begun to write
    time.sleep(1.0)  # so that Ctrl-C comes in the middle of the runs
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors.strip() == "Stopped; nothing was written."
    assert list(tmp_path.iterdir()) == []


def test_help_and_list_import_nothing_heavy():
    heavy = "{'numba', 'pandas', 'mesa', 'matplotlib', 'scipy', 'networkx'} & set(sys.modules)"
    for arguments in (["--help"], ["list"]):
        code = (
            f"import sys; sys.argv = ['sim', *{arguments}]\nfrom sim.cli import main\n"
            f"try:\n    main()\nexcept SystemExit:\n    pass\nassert not {heavy}, {heavy}"
        )
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_help_answers_at_once():
    spent = []
    for _ in range(3):  # the least of three: the machine may be busy
        before = os.times()
        process("--help").communicate()
        after = os.times()
        spent.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(spent) < 0.5


def test_a_command_ends_at_once_but_not_before_all_is_said_and_done(shop):
    code = "import atexit, sys; atexit.register(print, 'cleared away'); sys.argv[1:] = ['run', 'two_shops']"
    code += "; from sim.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *_, written, last = done.stdout.splitlines()
    assert written.startswith("Written to out/run-two_shops/")
    assert last == "cleared away"
    assert done.stderr == ""


def test_help_works_out_the_options_of_one_command_and_says_what_all_would(shop):
    from typer.testing import CliRunner

    from sim.cli import _asked, app

    def told(commands, *arguments):
        return CliRunner().invoke(commands, arguments).output

    assert told(_asked([]), "--help") == told(app, "--help")
    assert told(_asked(["run"]), "run", "--help") == told(app, "run", "--help")
    assert "Did you mean 'run'?" in told(_asked(["runn"]), "runn")
