"""Run notebooks from top to bottom and keep them with what came out: `python notebooks/run.py` (all, or those named).

What is kept does not depend on the machine or the moment: no times, no counters, no paths, ids that only count cells.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

HERE = Path(__file__).resolve().parent
WIDGET = "application/vnd.jupyter.widget-view+json"
BAR = re.compile(r"\s*\d+%\|")  # what tqdm says of its bar where there are no widgets
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebooks() -> list[Path]:
    """All notebooks, in the order of their numbers."""
    return sorted(HERE.glob("*.ipynb"))


def executed(path: Path) -> NotebookNode:
    """The notebook as it is after a run in a fresh kernel, in its own folder as a reader would run it.

    Raises nbclient's CellExecutionError with the cell and its traceback.
    """
    paths = [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(HERE)}})
    return client.execute(env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)})


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Without what would differ from run to run; changes and returns the notebook."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number:02}", nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = joined(cell.outputs)
    return notebook


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs without counters, metadata and what a bar of progress leaves; what was printed in pieces in one piece."""
    found: list[NotebookNode] = []
    for output in map(deepcopy, outputs):
        if WIDGET in output.get("data", {}) and BAR.match(output.data.get("text/plain", "")):
            continue
        if "execution_count" in output:
            output.execution_count = None
        if "metadata" in output:
            output.metadata = nbformat.from_dict({})
        output.get("data", {}).pop(WIDGET, None)  # without its kernel nobody can show it; its words stay
        if "image/png" in output.get("data", {}):
            output.data["image/png"] = slim(output.data["image/png"])
        if output.output_type == "stream" and found and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def slim(png: str) -> str:
    """A picture in base64 with the 255 colours that fit it best: a third of the bytes, no difference to be seen."""
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    if picture.mode == "P":
        return png
    with io.BytesIO() as file:
        fewer = picture.convert("RGB").quantize(255, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
        fewer.save(file, format="png", optimize=True)
        return base64.b64encode(file.getvalue()).decode()


def words(notebook: NotebookNode) -> list[str]:
    """What each code cell says in text (not its pictures): what the prose around it was written about."""
    told = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            said = [output for output in joined(cell.outputs) if "image/png" not in output.get("data", {})]
            told.append("".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in said))
    return told


def main(names: list[str]) -> None:
    """Run and write those whose file name begins with one of the names."""
    for path in notebooks():
        if not names or path.name.startswith(tuple(names)):
            nbformat.write(normalised(executed(path)), path)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
