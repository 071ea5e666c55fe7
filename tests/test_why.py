"""`sim map`, `sim sensitivity` and `sim discover` on the command line: what they say, write and refuse."""

import json
import os
import shutil

import pytest
from typer.testing import CliRunner

import sim
from sim.cli import app

SMALL = {"market.customers": 40, "market.rounds": 6}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A grid of 25 conditions and a design of Saltelli's, each in a folder."""
    scenario = sim.load("scenarios/everyday_low_price.toml").with_changes(SMALL)
    folder = tmp_path_factory.mktemp("sweeps")
    ways = ["market.heterogeneity=0.5:2:5", "market.turbulence=0:0.2:5"]
    sim.sweep(scenario, ways, seeds=4, out=folder / "grid", progress=False)
    ranges = [way[:-2] for way in ways]
    sim.sweep(scenario, ranges, kind="saltelli", points=8, seeds=2, out=folder / "blocks", progress=False)
    return folder


def called(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_second_measure_has_a_picture_of_its_own_that_is_not_overwritten_unasked(swept):
    for command, store, name in (
        ("map", "grid", "map"),
        ("discover", "grid", "regions"),
        ("sensitivity", "blocks", None),
    ):
        name = name or command
        assert called(command, swept / store).exit_code == 0
        usual = (swept / store / f"{name}.png").read_bytes()
        assert called(command, swept / store, "--measure", "retention").exit_code == 0
        assert (swept / store / f"{name}.png").read_bytes() == usual
        other = swept / store / f"{name}-retention.png"
        before = os.stat(other).st_mtime_ns
        again = called(command, swept / store, "--measure", "retention")
        assert (again.exit_code, os.stat(other).st_mtime_ns) == (2, before)
        assert "exists already" in again.output
        assert called(command, swept / store, "--measure", "retention", "--force").exit_code == 0


def test_sensitivity_says_what_it_found_also_as_json(swept):
    text = called("sensitivity", swept / "blocks").output
    assert "matters most" in text or "No factor has a clear effect" in text
    told = json.loads(called("sensitivity", swept / "blocks", "--json").output)
    assert {row["name"] for row in told["rows"]} == {"first", "total"}
    assert {row["factor"] for row in told["rows"]} == {"market.heterogeneity", "market.turbulence"}


def test_discover_counts_every_condition_once(swept):
    told = json.loads(called("discover", swept / "grid", "--json").output)
    assert sum(row["conditions"] for row in told["rows"]) == 25


@pytest.mark.parametrize(
    "words, message",
    [
        (("sensitivity", "grid"), "indices need --design saltelli"),
        (("sensitivity", "blocks", "--of", "lowprice"), 'there is no alternative "lowprice"'),
        (("discover", "grid", "--of", "low price", "--measure", "proft"), '"proft" is not a measure'),
        (("map", "grid", "--out", "map.xyz"), "pictures are written as .png, .svg, .pdf"),
        (("map", "grid", "--x", "market.turbulens"), "no factor with numbers"),
        (("map", "nowhere"), "there is no such folder"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(swept, words, message):
    command, store, *rest = words
    found = called(command, swept / store, *rest)
    assert found.exit_code == 2
    assert message in found.output
    assert "Traceback" not in found.output
    assert not (swept / "map.xyz").exists()


def test_a_finished_comparison_is_told_from_an_experiment(tmp_path):
    scenario = sim.load("scenarios/everyday_low_price.toml").with_changes(SMALL)
    sim.compare(scenario, 2).save(tmp_path / "c")
    assert "holds a comparison, no experiment that keeps its runs" in called("map", tmp_path / "c").output


def test_a_lost_journal_is_not_called_safe(swept, tmp_path):
    shutil.copytree(swept / "grid", tmp_path / "s")
    for file in (tmp_path / "s").glob("journal.sqlite*"):
        file.unlink()
    found = called("status", tmp_path / "s")
    assert found.exit_code == 2
    assert "is missing, and with it all runs" in found.output


def test_what_is_no_scenario_is_told_how_to_become_one():
    with pytest.raises(TypeError, match="load it first"):
        sim.simulate("one_click")
    with pytest.raises(ValueError, match="rounds is 0; allowed: 1 or more"):
        sim.simulate(sim.load("scenarios/one_click.toml"), rounds=0)


def test_a_story_that_ends_before_it_begins_is_refused():
    found = called("story", "one_click", "--rounds", "9:2")
    assert found.exit_code == 2
    assert "ends before it begins; write 2:9" in found.output
