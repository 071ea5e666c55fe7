"""Every notebook runs from top to bottom, and still says what it said when the words around its cells were written."""

import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "notebooks"))  # the runner lives beside the notebooks, where a reader finds it

import run  # noqa: E402

SMALL = 300_000  # bytes; pictures in a notebook stay in the history of the project for good
by_notebook = pytest.mark.parametrize("path", run.notebooks(), ids=lambda path: path.stem)


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_there_are_ten_notebooks_in_order():
    assert [int(path.name[:2]) for path in run.notebooks()] == list(range(1, 11))


@by_notebook
def test_the_notebook_runs_and_says_the_same(path):
    done, kept = run.executed(path), nbformat.read(path, as_version=4)
    assert run.words(done) == run.words(kept), f"read the prose again, then: python notebooks/run.py {path.name}"
    assert not [o for o in outputs(done) if o.output_type == "stream" and o.name == "stderr"]
    assert not pictures_lost(done)


@by_notebook
def test_the_notebook_is_kept_small_with_outputs_that_name_no_machine(path):
    notebook, text = nbformat.read(path, as_version=4), path.read_text(encoding="utf-8")
    nbformat.validate(notebook)
    assert path.stat().st_size < SMALL
    assert outputs(notebook), "run it before it is committed"
    assert not [output for output in outputs(notebook) if output.output_type == "error"]
    assert not pictures_lost(notebook)
    for private in (str(ROOT), str(Path.home()) + "/", "/tmp/", " at 0x"):
        assert private not in text
    again = nbformat.writes(run.normalised(nbformat.reads(text, as_version=4)))
    assert again.strip() == text.strip(), (
        f"something in it differs from run to run: python notebooks/run.py {path.name}"
    )


def pictures_lost(notebook):
    """Pictures of which only the name is shown, as where a notebook has not said %matplotlib inline."""
    data = [output.data for output in outputs(notebook) if "data" in output]
    return [one for one in data if one.get("text/plain", "").startswith("<Figure") and "image/png" not in one]


@by_notebook
def test_the_notebook_asks_before_it_tells(path):
    prose = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    assert prose.startswith("# ")
    assert prose.count("Your prediction: …") >= 2
    assert prose.count("**Exercise ") >= 3
