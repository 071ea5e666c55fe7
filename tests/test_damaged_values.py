"""Files that open but hold what no run has: refused in one sentence, or reported with what is known and no more."""

import json
import re
import warnings

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.experiments.comparison import Comparison
from sim.results import Results

MARKET = """
title = "Two shops"
seed = 3
[market]
customers = 40
rounds = 8
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


def sim(*arguments):
    """Call the command with every warning an error; returns its exit code and what it said."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        answer = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.output


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run with its transactions and a comparison of four seeds."""
    base = tmp_path_factory.mktemp("made")
    (base / "shops.toml").write_text(MARKET)
    assert sim("run", base / "shops.toml", "--log", "--out", base / "run")[0] == 0
    assert sim("compare", base / "shops.toml", "--seeds", 4, "--out", base / "comparison")[0] == 0
    return {"run": base / "run" / "results.npz", "comparison": base / "comparison" / "comparison.npz"}


def every_third(arrays, what):
    return {n: np.where(np.arange(v.size).reshape(v.shape) % 3, v, what) if v.dtype.kind == "f" else v
            for n, v in arrays.items()}  # fmt: skip


def one(arrays, what, among=""):
    """One number of every array whose name ends so is replaced."""
    found = {}
    for name, values in arrays.items():
        found[name] = values.copy()
        if values.dtype.kind == "f" and values.size > 5 and name.endswith(among):
            found[name].flat[5] = what
    return found


def described(arrays, **entries):
    """Other metadata."""
    metadata = json.loads(str(arrays["metadata"])) | entries
    kept = {name: value for name, value in metadata.items() if value is not ...}
    return arrays | {"metadata": np.array(json.dumps(kept))}


MUTATIONS = {
    "every third is NaN": lambda a: every_third(a, np.nan),
    "all are NaN": lambda a: {n: np.full_like(v, np.nan) if v.dtype.kind == "f" else v for n, v in a.items()},
    "one of each is infinite": lambda a: one(a, np.inf),
    "one of each is minus infinite": lambda a: one(a, -np.inf),
    "one profit is NaN": lambda a: one(a, np.nan, "profit"),
    "one number of trust is NaN": lambda a: one(a, np.nan, "trust"),
    "profit is text": lambda a: {n: v.astype(str) if n.endswith("profit") else v for n, v in a.items()},
    "no profit": lambda a: {n: v for n, v in a.items() if not n.endswith("profit")},
    "no trust": lambda a: {n: v for n, v in a.items() if not n.endswith("trust")},
    "no active customers": lambda a: {n: v for n, v in a.items() if not n.endswith("active")},
    "no sales": lambda a: {n: v for n, v in a.items() if not n.endswith("sales")},
    "no purchases": lambda a: {n: v for n, v in a.items() if not n.endswith("purchases")},
    "no quoted prices": lambda a: {n: v for n, v in a.items() if not n.endswith("quoted_price")},
    "profit of a round less": lambda a: {n: v[..., :-1] if n.endswith("profit") else v for n, v in a.items()},
    "no metadata but an empty table": lambda a: a | {"metadata": np.array("{}")},
    "half a scenario": lambda a: described(a, scenario={"title": "x"}),
    "a scenario that is none": lambda a: described(a, scenario="x"),
    "a market that is a text": lambda a: described(a, scenario={"market": "x"}),
    "segments that are numbers": lambda a: described(a, scenario={"segments": [1, 2]}),
    "no scenario": lambda a: described(a, scenario=...),
    "a title that is a number": lambda a: described(a, scenario={"title": 1}),
    "firms that are numbers": lambda a: described(a, firms=[1, 2]),
    "one firm too many": lambda a: described(a, firms=["Ours", "Theirs", "Whose"]),
    "no version": lambda a: described(a, version=...),
    "a version in words": lambda a: described(a, version="new"),
    "another format": lambda a: described(a, format=99),
    "rates that are NaN": lambda a: described(a, rates=[float("nan"), 0.0], rounds=-1),
    "a supplier there is not": lambda a: {n: v + 9 if n == "customers/supplier" else v for n, v in a.items()},
}


@pytest.mark.parametrize("what", ["run", "comparison"])
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_file_is_refused_in_a_sentence_or_reported_without_a_number_that_is_none(made, tmp_path, mutation, what):
    with np.load(made[what]) as held:
        arrays = {name: held[name] for name in held.files}
    file = tmp_path / made[what].name
    np.savez_compressed(file, **MUTATIONS[mutation](arrays))
    code, said = sim("report", file)
    assert "Traceback" not in said
    if code:
        assert code == 2
        assert file.name in said
        assert len(said.strip().splitlines()) == 1
        assert not (tmp_path / "report.html").exists()
        return
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"\bnan\b|\binf\b", re.sub(r"<pre>.*?</pre>|base64,[^\"]*", "", text, flags=re.DOTALL))
    assert not re.search(r"cannot be estimated (more|less) than", text)


@pytest.mark.parametrize("what, chart", [("run", "run_dashboard"), ("run", "customer_firm_graph"),
                                         ("comparison", "comparison_picture")])  # fmt: skip
@pytest.mark.parametrize("mutation", ["every third is NaN", "one of each is infinite", "profit is text"])
def test_no_chart_is_drawn_from_numbers_that_are_none(made, tmp_path, mutation, what, chart):
    with np.load(made[what]) as held:
        arrays = {name: held[name] for name in held.files}
    file = tmp_path / made[what].name
    np.savez_compressed(file, **MUTATIONS[mutation](arrays))
    code, said = sim("chart", file, chart)
    if what == "run" or mutation != "one of each is infinite":
        assert code == 2
        assert f"{file.name}: is damaged: " in said
    else:
        assert code == 0


def test_runs_with_holes_are_left_out_and_counted(made, tmp_path):
    # number 5 of profit: measures (2, 4) -> second alternative, second seed; accounts (2, 4, 8) -> first, first seed
    with np.load(made["comparison"]) as held:
        arrays = {name: held[name] for name in held.files}
    file = tmp_path / "comparison.npz"
    np.savez_compressed(file, **MUTATIONS["one profit is NaN"](arrays))
    found = Comparison.load(file)
    assert found.seeds.tolist() == [5, 6]
    assert found.left_out == [3, 4]
    assert sim("report", file, "--no-segments")[0] == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "2 paired runs (2 more left out)" in text
    assert "2 runs of each alternative (seeds 3 and 4) cannot be used" in text
    assert "over 2 paired runs" in text
    assert "sim compare scenario.toml --seeds 4 --out" in text


def test_a_measure_known_in_some_runs_is_counted_as_such(made, tmp_path):
    whole = Comparison.load(made["comparison"])
    values = whole.measures["retention"].copy()
    values[1, 0] = np.nan
    measures = dict(whole.measures) | {"retention": values}
    Comparison(**{**vars(whole), "measures": measures}).save(tmp_path)
    assert sim("report", tmp_path / "comparison.npz", "--measure", "retention", "--no-segments")[0] == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "known in 3 of 4 paired runs" in text
    assert re.search(r"[Rr]etention[^.]*could not be estimated in some runs", text)


def test_the_place_of_the_first_number_that_is_none_is_named(made, tmp_path):
    run = Results.load(made["run"])
    run.accounts["cost"][2, 1] = np.nan
    code, said = sim("report", run.save(tmp_path))
    assert code == 2
    assert "accounts/cost holds nan (first at [2, 1]) where a number belongs" in said
