"""How far an experiment is: a bar where somebody looks, plain lines elsewhere, nothing where it was not asked for."""

import os
import pty
import subprocess
import sys

import pytest
from two_shops import SHOP, VARY

from sim.experiments import executors, progress
from sim.experiments.ablation import ablate
from sim.experiments.claims import examine
from sim.experiments.counts import Counts
from sim.experiments.progress import Pace, part
from sim.experiments.sweep import resume, sweep, verify
from sim.run import simulate
from sim.scenario import loads


def test_rate_and_time_left_follow_from_what_was_done_since_the_start():
    pace = Pace()
    assert pace.words(Counts(400, 20, 0)) == "20 of 400 runs"  # of an earlier day
    pace.begun -= 10.0
    assert pace.words(Counts(400, 119, 1)) == "120 of 400 runs, 10/s, 0:00:28 left, 1 failed"
    assert pace.words(Counts(400_000, 40_020, 0)) == "40,020 of 400,000 runs, 4,000/s, 0:01:30 left"


def test_a_function_is_told_of_every_change(shop, tmp_path, monkeypatch):
    def failing(plan, seed, **options):
        if seed == 8:
            raise ZeroDivisionError
        return simulate(plan, seed=seed, **options)

    told = []
    with monkeypatch.context() as patch:
        patch.setattr(executors, "simulate", failing)
        sweep(shop, VARY, seeds=2, out=tmp_path / "s", workers=1, progress=told.append)
    assert (told[0], told[-1]) == (Counts(12, 0, 0), Counts(12, 6, 6))
    assert [counts.left for counts in told] == sorted((counts.left for counts in told), reverse=True)
    told.clear()
    resume(tmp_path / "s", retry=True, progress=told.append)
    assert (told[0], told[-1]) == (Counts(12, 6, 0), Counts(12, 12, 0))
    told.clear()
    verify(tmp_path / "s", progress=told.append)
    assert (told[0], told[-1]) == (Counts(12, 0, 0), Counts(12, 12, 0))


def test_experiments_that_are_run_one_after_the_other_are_told_as_one():
    told = []
    whole = part(told.append, total=30, before=10, runs=8)
    whole(Counts(4, 0, 0))  # of eight runs four are the same as others
    whole(Counts(4, 2, 1))
    whole(Counts(4, 3, 1))
    assert told == [Counts(30, 14, 0), Counts(30, 16, 1), Counts(30, 17, 1)]


CLAIM = """
[[factors]]
name = "spread"
path = "market.heterogeneity"
values = [0.5, 1.0]
[examination]
measure = "discounted_profit"
contrast = ["close", "cheap"]
sign = 1
smallest_effect = 1.0
"""


def test_an_examination_is_told_as_a_whole_and_an_ablation_too(shop):
    told, claim = [], loads(SHOP + CLAIM)
    examine(claim, 3, workers=1, progress=told.append)
    assert (told[0], told[-1]) == (Counts(12, 0, 0), Counts(12, 12, 0))  # 2 cells, 2 alternatives, 3 seeds
    assert [counts.done for counts in told] == sorted(counts.done for counts in told)
    told.clear()
    ablate(shop, 2, mechanisms=["contacts"], workers=1, progress=told.append)
    assert told[0].done == 0
    assert told[-1].left == 0


def test_python_is_quiet_where_nobody_looks_and_speaks_in_lines_where_asked(shop, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    sweep(shop, VARY, seeds=2, out=tmp_path / "s", workers=1)
    sweep(shop, VARY, seeds=2, out=tmp_path / "t", workers=1, progress=False)
    assert capsys.readouterr() == ("", "")
    sweep(shop, VARY, seeds=2, out=tmp_path / "u", workers=1, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith("12 of 12 runs, ")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("sweep", "shop.toml", "--vary", VARY[0], "--seeds", "20"), "of 120 runs"),
        (("compare", "shop.toml", "--seeds", "20"), "of 40 runs"),
        (("run", "shop.toml"), "of 3 rounds"),
    ],
    ids=["sweep", "compare", "run"],
)
def test_a_terminal_shows_a_bar_that_goes_when_all_is_done(tmp_path, arguments, told):
    (tmp_path / "shop.toml").write_text(SHOP)
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "sim", *arguments, "--out", "s"]
    running = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=child, env=os.environ | {"TERM": "xterm"}
    )
    os.close(child)
    seen = b""
    while some := read(parent):
        seen += some
    assert running.wait(60) == 0
    assert told.encode() in seen
    assert "━".encode() in seen
    assert seen.rstrip().endswith(b"\x1b[2K")  # the line is wiped


def read(terminal: int) -> bytes:
    """What came, nothing when the other side has hung up."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


NOTEBOOK = f"""
import sim
from sim.experiments import executors, progress
progress.LATE = progress.OFTEN = 0.0
scenario = sim.loads('''{SHOP}''')
found = sim.sweep(scenario, {VARY}, seeds=2, out="s", workers=1)
executors.simulate = None
found = sim.sweep(scenario, {VARY}, seeds=3, out="s", workers=1)
"""


def test_a_notebook_shows_tqdms_bar_by_itself_and_keeps_of_it_only_failures(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipywidgets")

    class Watching(nbclient.NotebookClient):
        shown: list[str] = []  # noqa: RUF012 one client, one list

        def process_message(self, message, cell, index):
            if message["msg_type"] == "comm_msg" and "value" in (state := message["content"]["data"].get("state", {})):
                self.shown.append(str(state["value"]))
            return super().process_message(message, cell, index)

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NOTEBOOK)])
    client = Watching(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert any("12/12" in value and "run/s" in value for value in client.shown), client.shown
    left = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert left == "6 of 18 runs failed\n"
