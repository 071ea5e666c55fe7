"""`sim chart`: what fits is listed and drawn, anything else answered in a line."""

import importlib.util
from pathlib import Path

import pytest
from material import comparison, run
from PIL import Image
from typer.testing import CliRunner

from sim.charts import CHARTS
from sim.charts.saved import drawable, fitting
from sim.cli import app

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    run().save(folder / "run")
    comparison().save(folder / "found")
    return folder


def asked(*arguments: object):
    return CliRunner().invoke(app, ["chart", *map(str, arguments)])


def test_without_a_name_the_charts_that_fit_are_listed(saved):
    listed = asked(saved / "run").output
    for name, each in CHARTS.items():
        assert (name in listed) == (each.needs == "results"), name


def test_a_chart_is_written_beside_the_result_and_not_over_another_file(saved):
    assert asked(saved / "found", "risk_return").exit_code == 0
    file = saved / "found-risk_return.png"
    with Image.open(file) as picture:
        assert picture.width > 1000
    before = file.read_bytes()
    again = asked(saved / "found", "risk_return")
    assert again.exit_code == 2
    assert "exists already" in again.output
    assert file.read_bytes() == before
    assert asked(saved / "found", "risk_return", "--force").exit_code == 0


def test_a_renamed_file_is_known_by_its_contents(saved):
    for folder, file in (("run", "results.npz"), ("found", "comparison.npz")):
        renamed = saved / f"renamed-{folder}.npz"
        renamed.write_bytes((saved / folder / file).read_bytes())
        names = [line.split()[0] for line in asked(renamed).output.splitlines() if line.strip()]
        assert set(fitting(drawable(saved / folder))) <= set(names), folder


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_the_ending_says_in_which_form(saved, form):
    file = saved / f"chart.{form}"
    assert asked(saved / "run", "inbox", "--out", file).exit_code == 0
    assert file.read_bytes()[:5] in (b"<?xml", b"%PDF-")


@pytest.mark.parametrize(
    "arguments, answer",
    [
        (("run", "inbx"), 'did you mean "inbox"?'),
        (("run", "tornado"), "tornado is drawn from: sweep"),
        (("run", "inbox", "--out", "x.txt"), "pictures are written as .png, .svg, .pdf"),
        (("nothing",), "there is no such file"),
        (("run", "inbox", "--out", "no/folder/x.png"), "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(saved, monkeypatch, arguments, answer):
    monkeypatch.chdir(saved)
    found = asked(*arguments)
    assert found.exit_code == 2
    assert answer in found.output
    assert "Traceback" not in found.output


def test_the_page_of_charts_is_what_the_list_says_and_has_all_its_pictures():
    file = ROOT / "docs" / "generate_charts.py"
    spec = importlib.util.spec_from_file_location("docs_generate_charts", file)
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert (ROOT / "docs" / "charts.md").read_text(encoding="utf-8") == generate.page(), f"run {file.name}"
    there = {picture.stem for picture in (ROOT / generate.IMAGES).glob("*.png")}
    assert there == set(generate.pictures()), f"run {file.name}"
