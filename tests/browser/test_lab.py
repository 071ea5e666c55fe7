"""The stepper in a real JupyterLab, used by a browser as a student would use it."""

import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest

pytest.importorskip("jupyterlab", reason="jupyterlab is not installed (extra: notebook)")
pytest.importorskip("anywidget", reason="anywidget is not installed (extra: notebook)")
from walk import walk  # beside this file

ROOT = Path(__file__).resolve().parents[2]
CELLS = (
    "import sim\nfrom sim.notebook import Stepper",
    'scenario = sim.load(FILE).with_changes({"market.customers": 500})\nstepper = Stepper(scenario)\nstepper',
    'print("all cells have run")',
)
# No news and no search for updates: the server would ask for them elsewhere, and the browser would ask the student.
SILENT = "c.LabApp.news_url = None\nc.LabApp.check_for_updates_class = 'jupyterlab.NeverCheckForUpdate'\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab with the notebook."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [
        nbformat.v4.new_code_cell(code.replace("FILE", repr(str(ROOT / "scenarios" / "everyday_low_price.toml"))))
        for code in CELLS
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "market.ipynb")
    (folder / "jupyter_server_config.py").write_text(SILENT, encoding="utf-8")
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
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
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
        yield f"http://127.0.0.1:{port}/lab/tree/market.ipynb?reset&token={token}"
    finally:
        process.terminate()
        process.wait(20)


def test_a_student_steps_through_a_market(lab, browser):
    browser.driver.get(lab)
    browser.wait("window.jupyterapp?.shell?.currentWidget?.context?.isReady")
    browser.wait("window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'")
    browser.driver.execute_script("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    browser.wait("document.body.innerText.includes('all cells have run')", 120)
    shots = os.environ.get("SIM_SCREENSHOTS")
    walk(browser, Path(shots) if shots else None)
    assert not browser.strangers()
    assert not [words for words in browser.errors() if "favicon" not in words]
