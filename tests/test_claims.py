"""Claims: the rule of the verdict by hand, what scenario files must say, and the way from runs to a page."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.analysis.metrics import METRICS
from sim.analysis.statistics import Interval
from sim.cli import app
from sim.experiments.claims import Finding, at, examine, gallery, runs
from sim.experiments.compare import compare
from sim.experiments.verdict import Axis, Cell, cell_verdict, judge
from sim.gallery.document import lines, merged, page, read, records
from sim.gallery.pictures import claim_picture
from sim.gallery.why import why
from sim.mechanisms import NAMES
from sim.scenario import ScenarioError, load, loads

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "scenarios").glob("*.toml"))

SHOPS = """
title = "Shops"
claim = "X1"
claim_text = "Dear is better."
seed = 3
focus = "Ours"

[market]
customers = 60
rounds = 8

[[firms]]
name = "Ours"
strategy = {kind = "everyday_low_price", price = 5.0}

[[firms]]
name = "Theirs"
strategy = {kind = "product_centred"}

[[alternatives]]
name = "cheap"

[[alternatives]]
name = "dear"
set = {"firms.Ours.strategy.price" = 6.0}

[[factors]]
name = "spread"
path = "market.heterogeneity"
values = [0.2, 0.5, 1.0]

[[factors]]
name = "when"
levels = [{name = "early", window = [1, 3]}, {name = "late", window = [4, 8]}]
signs = [1, -1]

[examination]
measure = "discounted_profit"
contrast = ["dear", "cheap"]
smallest_effect = 5.0
"""


def cells(*verdicts: tuple[tuple[int, ...], str]) -> list[Cell]:
    """Cells with these levels and verdicts."""
    return [Cell(levels, 1, Interval(0, 0, 0, 3), (), verdict) for levels, verdict in verdicts]


# ------------------------------------------------------------------------------------------------------------ rule


@pytest.mark.parametrize(
    "low, high, sign, verdict",
    [
        (2.1, 9.0, 1, "supported"),
        (2.0, 9.0, 1, "undecided"),  # touches the smallest effect
        (1.0, 1.9, 1, "negligible"),
        (-2.0, 2.0, 1, "negligible"),
        (-2.5, 1.0, 1, "undecided"),
        (-9.0, -2.1, 1, "contradicted"),
        (-9.0, -2.1, -1, "supported"),
        (2.1, 9.0, -1, "contradicted"),
        (-5.0, 5.0, -1, "undecided"),
        (np.nan, np.nan, 1, "undecided"),
    ],
)
def test_a_cell_is_judged_by_its_interval_and_a_smallest_effect_of_two(low, high, sign, verdict):
    assert cell_verdict(Interval((low + high) / 2, low, high, 5), 2.0, sign) == verdict


def test_a_claim_is_supported_only_if_all_cells_are():
    axes = [Axis("x", ["1", "2"], [1.0, 2.0])]
    assert judge(cells(((0,), "supported"), ((1,), "supported")), axes).kind == "supported"
    nowhere = judge(cells(((0,), "negligible"), ((1,), "contradicted")), axes)
    assert (nowhere.kind, nowhere.words) == ("not supported", "1 × contradicted, 1 × negligible")


def test_the_factor_that_separates_the_cells_is_named_with_its_boundary():
    axes = [Axis("x", ["0.1", "0.5", "1"], [0.1, 0.5, 1.0]), Axis("who", ["us", "them"], None)]
    found = judge(
        cells(*(((x, who), "supported" if x > 0 else "undecided") for x in range(3) for who in range(2))), axes
    )
    assert (found.kind, found.factors) == ("depends", (0,))
    assert found.words == "supported from 0.5 on, not up to 0.1"
    other = judge(cells(*(((x, who), ("supported", "negligible")[who]) for x in range(3) for who in range(2))), axes)
    assert (other.factors, other.words) == ((1,), "supported at us; not at them")


def test_factors_that_matter_only_together_are_all_named():
    axes = [Axis("x", ["1", "2"], [1.0, 2.0]), Axis("who", ["us", "them"], None), Axis("idle", ["a", "b"], None)]
    every = ((x, who, idle) for x in range(2) for who in range(2) for idle in range(2))
    found = judge(cells(*((one, "supported" if one[:2] == (1, 1) else "undecided") for one in every)), axes)
    assert (found.kind, found.factors) == ("depends", (0, 1))
    assert found.words == "supported in 2 of 8 cells: at x 2 with “them”"


# ----------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_states_its_claim_measure_and_smallest_effect(file):
    scenario, text = load(file), file.read_text(encoding="utf-8")
    asked = scenario.examination
    assert asked is not None
    assert scenario.claim
    assert scenario.claim_text
    assert scenario.description
    assert asked.measure in METRICS
    assert asked.smallest_effect > 0
    assert asked.treatment in ("", *NAMES)
    assert "assumption" in text[text.index("smallest_effect") :], "the smallest effect is a choice: say so"
    assert runs(scenario, full=True) <= 600
    for levels in np.ndindex(*(len(factor.choices) for factor in scenario.factors)):
        at(scenario, levels)


def test_every_claim_is_examined_by_one_scenario():
    claims = [load(file).claim for file in FILES if load(file).examination is not None]
    assert len(claims) == len(set(claims))
    assert {"A1", "A2", "A3", "B1", "B2", "B3", "B4", "B5", "B6", "B7"} <= set(gallery(ROOT / "scenarios"))


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('contrast = ["dear"', 'contrast = ["deer"', 'did you mean "dear"?'),
        ("smallest_effect = 5.0", 'smallest_effect = 5.0\nmoderator = "spred"', 'did you mean "spread"?'),
        ("window = [4, 8]", "window = [8, 4]", "must not come before the first"),
        ("signs = [1, -1]", "signs = [1]", "has 1 numbers; allowed: 2"),
        ('path = "market.heterogeneity"\n', "", "either path and values, or levels"),
        ("smallest_effect = 5.0", "smallest_effect = 0.0", "examination.smallest_effect"),
    ],
)
def test_what_is_asked_wrongly_is_answered(old, new, message):
    with pytest.raises(ScenarioError, match=message.replace("?", r"\?")):
        loads(SHOPS.replace(old, new))


def test_a_measure_that_does_not_exist_is_answered():
    with pytest.raises(ScenarioError, match='did you mean "retention"'):
        examine(loads(SHOPS.replace('measure = "discounted_profit"', 'measure = "retenton"')))


def test_the_question_does_not_change_the_run():
    with_it, without = loads(SHOPS), loads(SHOPS[: SHOPS.index("[[factors]]")])
    assert with_it.hash == without.hash


# ------------------------------------------------------------------------------------------------------------ runs


def test_the_effect_of_a_cell_is_the_paired_difference_of_a_comparison():
    finding = examine(loads(SHOPS), 3, workers=1)
    assert len(finding.cells) == 6
    assert [cell.sign for cell in finding.cells] == [1, -1] * 3
    scenario = loads(SHOPS).with_changes({"market.heterogeneity": 0.5, "factors": []})
    by_hand = compare(scenario, 3, window=(4, 8), workers=1)
    expected = by_hand.difference("discounted_profit", "dear", "cheap")
    assert finding.cells[3].levels == (1, 1)
    assert finding.cells[3].effect == pytest.approx(expected)


def test_a_moderator_asks_how_much_more_and_percent_refer_to_the_control():
    plain = examine(loads(SHOPS), 3, workers=1)
    percent = examine(loads(SHOPS.replace("smallest_effect", 'unit = "percent"\nsmallest_effect')), 3, workers=1)
    for one, other in zip(plain.cells, percent.cells, strict=True):
        assert other.effect.mean == pytest.approx(100 * one.effect.mean / abs(one.means[1]))
    moderated = examine(loads(SHOPS + 'moderator = "spread"\n'), 3, workers=1)
    assert [cell.levels for cell in moderated.cells] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert moderated.cells[0].effect.mean == pytest.approx(plain.cells[2].effect.mean - plain.cells[0].effect.mean)


@pytest.mark.parametrize("name", ["airline_fees", "commodity"])
def test_a_claim_is_examined_told_and_drawn(name):
    scenario = load(ROOT / "scenarios" / f"{name}.toml").with_changes({"market.customers": 40})
    finding = examine(scenario, 2, name=name)
    assert finding == examine(scenario, 2, name=name, workers=1)
    again = Finding.of(json.loads(json.dumps(finding.record())))
    assert again.record() == finding.record()
    assert lines([again])[0].startswith(f"{finding.claim}  ")
    assert len(claim_picture(finding).axes) == 1
    text = page([finding])
    assert finding.verdict.kind in text
    assert finding.text in text
    if finding.verdict.kind != "supported":
        assert why(scenario, finding).count(". ") == 1


def test_a_supported_claim_needs_no_excuse():
    scenario = loads(SHOPS)
    finding = examine(scenario, 2, workers=1)
    supported = Finding(**(vars(finding) | {"verdict": finding.verdict._replace(kind="supported")}))
    assert why(scenario, supported) == ""


def test_claims_examined_anew_replace_the_old_and_leave_the_rest():
    one = examine(loads(SHOPS), 2, workers=1)
    other = Finding(**(vars(one) | {"claim": "W1"}))
    newer = Finding(**(vars(one) | {"short": "newer"}))
    found = merged(records([other, one]), [newer])
    assert [(finding.claim, finding.short) for finding in found] == [("W1", one.short), ("X1", "newer")]


def test_the_page_of_the_documentation_is_made_from_its_numbers():
    folder = ROOT / "docs"
    findings = read((folder / "claims.json").read_text(encoding="utf-8"))
    assert (folder / "claims.md").read_text(encoding="utf-8") == page(findings)
    for finding in findings:
        scenario = load(ROOT / "scenarios" / f"{finding.scenario}.toml")
        assert (finding.text, finding.measure) == (scenario.claim_text, scenario.examination.measure)
        assert judge(finding.cells, finding.axes) == finding.verdict
        for cell in finding.cells:
            assert cell_verdict(cell.effect, finding.smallest_effect, cell.sign) == cell.verdict
        assert (folder / "images" / "claims" / f"{finding.claim}.png").stat().st_size > 10_000


# --------------------------------------------------------------------------------------------------------- command


def test_the_command_prints_a_line_per_claim_and_writes_when_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "shops.toml").write_text(SHOPS)
    answer = CliRunner().invoke(app, ["claims", "x1", "--out", "found"])
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("X1  ")
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == ["claims.json", "claims.md", "images"]
    unknown = CliRunner().invoke(app, ["claims", "X2"])
    assert unknown.exit_code == 2
    assert 'examines "X2"; there are: X1' in unknown.stderr


def test_a_picture_that_cannot_be_drawn_costs_no_finding(tmp_path, monkeypatch):
    def broken(folder, findings):
        raise ValueError("Image size is too large")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.gallery.document.pictures", broken)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "shops.toml").write_text(SHOPS)
    answer = CliRunner().invoke(app, ["claims", "--out", "found"])
    assert answer.exit_code == 1
    told = "images could not be made (ValueError: Image size is too large); the numbers are in found/\n"
    assert answer.stderr == told
    assert [finding.claim for finding in read((tmp_path / "found" / "claims.json").read_text())] == ["X1"]
