"""`sim report` as somebody meets it who has run something: what it writes, and what it refuses."""

import re
from html import unescape

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.analysis.readable import readable_interval
from sim.cli import app
from sim.experiments.comparison import Comparison
from sim.experiments.entry import read
from sim.experiments.store import Store

MARKET = """
title = "Two <b>shops</b>"
claim = "D2"
claim_text = "Price and convenience win."
seed = 3
[market]
customers = 60
rounds = 6
[[segments]]
name = "calm"
share = 0.5
[[segments]]
name = "busy"
share = 0.5
purchase_rate = 0.9
[[firms]]
name = "Ours"
strategy = {kind = "everyday_low_price", price = 5.0}
[[firms]]
name = "Theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "low"
[[alternatives]]
name = "high"
set = {"firms.Ours.strategy.price" = 6.5}
"""


def sim(*arguments, code=0):
    """Call the command; its answer must be what is expected and never a traceback."""
    answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    assert answer.exit_code == code, answer.output
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two shops compared, with the report."""
    base = tmp_path_factory.mktemp("shops")
    (base / "shops.toml").write_text(MARKET)
    sim("compare", base / "shops.toml", "--seeds", 3, "--out", base / "found", "--report")
    return base


def test_compare_with_report_does_it_in_one_go(folder):
    text = (folder / "found" / "report.html").read_text(encoding="utf-8")
    assert "Two &lt;b&gt;shops&lt;/b&gt;" in text
    assert "What the firm earns from each segment" in text


def test_the_command_and_scenario_in_a_report_give_the_same_numbers_again(folder, tmp_path, monkeypatch):
    text = (folder / "found" / "report.html").read_text(encoding="utf-8")
    codes = [unescape(code) for code in re.findall(r"<pre><code>(.*?)</code></pre>", text, re.DOTALL)]
    command, scenario = codes
    (tmp_path / "scenario.toml").write_text(scenario, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    sim(*command.split()[1:])
    again, first = Comparison.load(tmp_path / "out" / "again"), Comparison.load(folder / "found")
    assert np.array_equal(again.seeds, first.seeds)
    for name, values in first.measures.items():
        assert np.array_equal(again.measures[name], values, equal_nan=True), name


def test_a_report_is_not_replaced_unless_asked(folder):
    answer = sim("report", folder / "found", code=2)
    assert "exists already" in answer.output
    assert "--force" in answer.output
    assert "Written" in sim("report", folder / "found", "--force").output


def test_other_formats_come_on_request_into_the_folder_asked_for(folder, tmp_path):
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    sim("report", folder / "found" / "comparison.npz", "--xlsx", "--svg", "--no-segments", "--out", tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"report.html", "report.xlsx", "report-charts"}
    assert "each segment" not in (tmp_path / "new" / "report.html").read_text(encoding="utf-8")


def test_a_run_a_sweep_and_a_tournament_are_reported_too(folder, tmp_path):
    shops = folder / "shops.toml"
    sim("run", shops, "--alternative", "high", "--log", "--out", tmp_path / "run")
    sim("sweep", shops, "--vary", "market.heterogeneity=0.5:1.5:3", "--seeds", 2, "--out", tmp_path / "sweep")
    kinds = ("--with", "everyday_low_price", "--with", "fee_extractor")
    sim("tournament", shops, *kinds, "--seeds", 2, "--out", tmp_path / "tournament")
    for name, words in {"run": "happened once", "sweep": "of 3 conditions", "tournament": "Who would remain?"}.items():
        sim("report", tmp_path / name)
        text = (tmp_path / name / "report.html").read_text(encoding="utf-8")
        assert words in text
        assert not re.search(r"\bnan\b", text)


def test_drawn_markets_are_reported_as_a_ranking_with_its_limits(folder, tmp_path):
    shops, store = folder / "shops.toml", tmp_path / "drawn"
    kinds = ("--with", "everyday_low_price", "--with", "fee_extractor", "--with", "promoter")
    printed = sim("tournament", shops, *kinds, "--markets", 12, "--out", store).output
    sim("report", store)
    text = unescape((store / "report.html").read_text(encoding="utf-8"))
    headline = re.search(r"(No strategy clearly|[a-z ]+) earns most on average over 12 drawn markets[^.]*", printed)
    assert f"<h1>{headline.group()}</h1>" in text
    assert "3 strategies · 12 drawn markets of 5 firms · discounted profit" in text
    assert "Who earns what beside whom" in text
    assert "lies between" not in text
    assert "no chart is drawn from this kind of experiment" in sim("chart", store, code=2).output
    assert not re.search(r"\bnan\b", text)


def test_a_ranking_under_several_conditions_says_first_what_it_hangs_on(folder, tmp_path):
    shops, store = folder / "shops.toml", tmp_path / "drawn"
    kinds = ("--with", "everyday_low_price", "--with", "fee_extractor")
    sim("tournament", shops, *kinds, "--markets", 4, "--vary", "market.heterogeneity=0.5,1.5", "--out", store)
    sim("report", store)
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", (store / "report.html").read_text(encoding="utf-8"))
    assert titles[0] == "What the ranking hangs on"
    assert "The answer: heterogeneity 0.5" in titles
    assert "The answer: heterogeneity 1.5" in titles


def test_entries_are_reported_with_gains_and_what_they_do_to_the_others(folder, tmp_path):
    shops, store = folder / "shops.toml", tmp_path / "entry"
    who = ("--with", "everyday_low_price", "--with", "fee_extractor", "--newcomer", "promoter", "--newcomer", "tiered")
    printed = sim("tournament", shops, *who, "--markets", 6, "--firms", 3, "--out", store).output
    sim("report", store)
    text = unescape((store / "report.html").read_text(encoding="utf-8"))
    assert "over 6 drawn markets" in " ".join(printed.split())
    assert "Does it pay to enter?" in text
    assert "2 newcomers · 2 residents · 6 drawn markets of 3 firms" in text
    with Store.open(store) as opened:
        found = read(opened)
    assert readable_interval(found.gain("tiered"), "euro", signed=True) in text
    assert readable_interval(found.harm("tiered"), "euro", signed=True) in text
    assert readable_interval(found.harms()["promoter"], "euro", signed=True) in text
    assert readable_interval(found.gain("tiered", "fee_extractor"), "euro", signed=True) in text


def test_runs_that_a_comparison_kept_are_called_so(folder, tmp_path):
    sim("compare", folder / "shops.toml", "--seeds", 2, "--out", tmp_path / "out", "--store", tmp_path / "store")
    sim("report", tmp_path / "store")
    assert "holds the runs of a comparison" in (tmp_path / "store" / "report.html").read_text(encoding="utf-8")


def test_another_measure_can_decide_in_a_sweep_and_in_a_comparison(folder, tmp_path):
    shops, store = folder / "shops.toml", tmp_path / "sweep"
    sim("sweep", shops, "--vary", "market.heterogeneity=0.5:1.5:3", "--seeds", 2, "--out", store)
    sim("report", store, "--measure", "trust")
    assert "2 seeds each · trust" in (store / "report.html").read_text(encoding="utf-8")
    assert "was not measured" in sim("report", store, "--measure", "net_promoters", "--force", code=2).output
    sim("report", folder / "found", "--measure", "trust", "--out", tmp_path / "trust", "--no-segments")
    text = (tmp_path / "trust" / "report.html").read_text(encoding="utf-8")
    assert re.search(r"<h1>(Trust is|No clear difference in trust|No difference in trust)", text)
    assert "decides: trust" in text
    answer = sim("report", folder / "found", "--measure", "lock_in", "--out", tmp_path / "no", code=2)
    assert "comparison.npz: 'lock_in' was not measured" in answer.output


def test_a_comparison_decided_by_another_measure_is_reported_by_it_and_takes_further_ones(folder, tmp_path):
    asked = ("--measure", "retention", "--also", "loyalty_index", "--report", "--out", tmp_path / "out")
    printed = sim("compare", folder / "shops.toml", "--seeds", 3, *asked).output
    assert "loyalty index" in printed
    text = unescape((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert re.search(r"<h1>(Retention is|No clear difference in retention)", text)
    assert "--seeds 3 --measure retention --also loyalty_index --out" in text
    assert Comparison.load(tmp_path / "out").measure == "retention"
    assert "did you mean" in sim("compare", folder / "shops.toml", "--measure", "retenton", code=2).output


def test_a_result_can_be_replaced_with_its_report(folder):
    sim("compare", folder / "shops.toml", "--seeds", 3, "--out", folder / "found", "--force", "--report")


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "there is no such file or folder"),
        ("empty folder", "holds no result; looked for comparison.npz (a comparison)"),
        (b"PK\x03\x04 but no archive", "is damaged or no file of this program"),
        (b"", "is damaged or no file of this program"),
    ],
)
def test_what_is_no_result_is_refused_in_a_sentence(tmp_path, content, words):
    target = tmp_path / "result"
    if content == "empty folder":
        target.mkdir()
    elif content is not None:
        target.mkdir()
        (target / "comparison.npz").write_bytes(content)
    answer = sim("report", target, code=2)
    assert words in answer.output
    assert "Traceback" not in answer.output
    assert not list(tmp_path.rglob("report.html"))


def test_a_cut_file_is_refused_and_leaves_nothing(folder, tmp_path):
    whole = (folder / "found" / "comparison.npz").read_bytes()
    (tmp_path / "comparison.npz").write_bytes(whole[: len(whole) // 2])
    assert "is damaged" in sim("report", tmp_path, code=2).output
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.npz"]


def test_a_foreign_archive_is_not_taken_for_a_result(tmp_path):
    np.savez(tmp_path / "comparison.npz", profit=np.arange(3))
    assert "was not written by this program" in sim("report", tmp_path, code=2).output


def test_a_missing_library_is_said_before_anything_is_done(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pptx", None)
    answer = sim("report", folder / "found", "--pptx", "--out", tmp_path / "new", code=2)
    assert answer.output.strip() == "--pptx needs pptx, which is not installed: pip install 'buyer-seller-sim[report]'"
    assert not (tmp_path / "new").exists()


def test_compare_writes_every_format_in_one_go(folder, tmp_path):
    pytest.importorskip("pptx", reason="python-pptx is not installed (extra: report)")
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    out = tmp_path / "all"
    sim("compare", folder / "shops.toml", "--seeds", 2, "--pptx", "--xlsx", "--pdf", "--out", out)
    assert {file.suffix for file in out.glob("report.*")} == {".html", ".pptx", ".xlsx", ".pdf"}
