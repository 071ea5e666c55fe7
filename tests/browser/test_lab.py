"""The stepper in a real JupyterLab and in a real Notebook 7, used by a browser as a student would use it."""

import os
import secrets
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest

pytest.importorskip("anywidget", reason="anywidget is not installed (extra: notebook)")
from walk import walk  # beside this file

ROOT = Path(__file__).resolve().parents[2]
CELLS = (
    "import sim\nfrom sim.notebook import Stepper",
    'scenario = sim.load(FILE).with_changes({"market.customers": 500})\nstepper = Stepper(scenario)\nstepper',
    'print("all cells have run")',
)


class App(NamedTuple):
    """A program that shows notebooks: its module, its class in configuration, where it shows a file, further settings,
    and what its own pages complain about, whatever the notebook.
    """

    module: str
    name: str
    page: str
    settings: str
    complains: str


# No news and no search for updates: the server would ask for them elsewhere, and the browser would ask the student.
SILENT = "c.LabApp.news_url = None\nc.LabApp.check_for_updates_class = 'jupyterlab.NeverCheckForUpdate'\n"
LAB = App("jupyterlab", "LabApp", "lab/tree", SILENT, "favicon")
NOTEBOOK = App("notebook", "JupyterNotebookApp", "notebooks", "", "static/notebook/")


@pytest.fixture(scope="module", params=[LAB, NOTEBOOK], ids=lambda app: app.module)
def opened(request, tmp_path_factory):
    """Such a program, and the address of the notebook in it."""
    app = request.param
    if find_spec(app.module) is None:
        pytest.skip(f"{app.module} is not installed")
    folder = tmp_path_factory.mktemp(app.module)
    cells = [
        nbformat.v4.new_code_cell(code.replace("FILE", repr(str(ROOT / "scenarios" / "everyday_low_price.toml"))))
        for code in CELLS
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "market.ipynb")
    (folder / "jupyter_server_config.py").write_text(app.settings, encoding="utf-8")
    (folder / "labconfig").mkdir()
    (folder / "labconfig" / "page_config.json").write_text(
        '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}', encoding="utf-8"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    own = {"JUPYTER_CONFIG_DIR": str(folder), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable, "-m", app.module, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}",
        f"--{app.name}.expose_app_in_browser=True",
        f"--config={folder / 'jupyter_server_config.py'}",
    ]  # fmt: skip
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | own, cwd=folder)
    try:
        for _ in range(300):
            try:
                with urlopen(f"http://127.0.0.1:{port}/api?token={token}", timeout=5):
                    break
            except (URLError, OSError):
                time.sleep(0.2)  # the server is still starting
        else:
            pytest.fail((folder / "log.txt").read_text()[-2000:])
        yield app, f"http://127.0.0.1:{port}/{app.page}/market.ipynb?reset&token={token}"
    finally:
        process.terminate()
        process.wait(20)


def test_a_student_steps_through_a_market(opened, browser):
    app, address = opened
    browser.driver.get(address)
    browser.wait("window.jupyterapp?.shell?.currentWidget?.context?.isReady")
    browser.wait("window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'")
    browser.driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    browser.wait("document.body.innerText.includes('all cells have run')", 120)
    shots = os.environ.get("SIM_SCREENSHOTS")
    walk(browser, Path(shots) if shots else None)
    assert not browser.strangers()
    assert not [words for words in browser.errors() if app.complains not in words]
    browser.driver.get("about:blank")  # else the page complains in the next test that its server has gone
