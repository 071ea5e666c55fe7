"""The stepper as a page: Voila on this machine only, behind a token, with everything the page needs from here."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.run import simulate
from sim.scenario import load

ADDRESS = "127.0.0.1"
READY = 60.0  # seconds that the server may take to start

# What the page needs of JupyterLab's extensions; others may be built for another version than Voila's.
EXTENSIONS = ["@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget"]

# Voila's page without the fonts it would fetch from elsewhere.
TEMPLATE = """\
{%- extends 'voila/templates/lab/index.html.j2' -%}
{% import "spinner.macro.html.j2" as spinner %}
{%- block notebook_css -%}
{{ resources.include_js("static/voila-style.js") }}
{{ spinner.css() }}
<title>{{ "Markets" }}</title>
{{ super.super() }}
{%- endblock notebook_css -%}
"""


class AppError(RuntimeError):
    """The page cannot be served; the message says what to do."""


def page(files: Sequence[str], chosen: str) -> Any:
    """The widgets of the page: a menu of scenario files if there are several, and the stepper of the chosen one."""
    import ipywidgets as widgets

    from sim.notebook.stepper import Stepper

    area = widgets.VBox()

    def show(file: str) -> None:
        scenario = load(file)
        title, claim = escape(scenario.title), escape(scenario.claim_text)
        heading = widgets.HTML(f"<h2>{title}</h2><p style='max-width:60em'>{claim}</p>")
        area.children = [heading, Stepper(scenario, compare=True).panel()]

    show(chosen)
    if len(files) < 2:
        return area
    menu = widgets.Dropdown(options=[(Path(file).stem, file) for file in files], value=chosen, description="scenario")
    menu.observe(lambda change: show(change["new"]), "value")
    return widgets.VBox([menu, area])


@contextmanager
def server(files: Sequence[Path], chosen: Path, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen]]:
    """A running server; yields the address of the page, token included, and the process. Raises AppError."""
    missing = [name for name in ("voila", "ipywidgets", "anywidget") if find_spec(name) is None]
    if missing:
        raise AppError(f"{', '.join(missing)}: not installed; pip install 'buyer-seller-sim[notebook]'")
    port = port or _free_port()
    token = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="sim-app-") as folder:
        notebook = _write(Path(folder), [file.resolve() for file in files], chosen.resolve())
        paths = [folder, *filter(None, [os.environ.get("JUPYTER_PATH")])]
        known = [str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"JUPYTER_PATH": os.pathsep.join(paths), "PYTHONPATH": os.pathsep.join(known)}
        command = [
            sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--Voila.ip={ADDRESS}", f"--port={port}",
            "--port_retries=0", "--template=market", f"--Voila.config_file_paths={folder}",
        ]  # fmt: skip
        log = Path(folder) / "log.txt"
        # the token goes by a file that is ours alone: the list of processes is for everybody to read
        config = {"Voila": {"token": token}, "VoilaConfiguration": {"extension_allowlist": EXTENSIONS}}
        (Path(folder) / "voila.json").write_text(json.dumps(config), encoding="utf-8")
        with log.open("w", encoding="utf-8") as lines:
            process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines, cwd=folder)
        try:
            simulate(load(chosen), rounds=1)  # compiles what is not compiled yet; nobody's first step waits for it
            _wait(process, port, log)
            yield f"http://{ADDRESS}:{port}/?token={token}", process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def serve(
    files: Sequence[Path], chosen: Path, port: int | None, say: Callable[[str], None], browse: bool = False
) -> None:
    """Serve until interrupted; `say` is told the address."""
    with server(files, chosen, port) as (address, process):
        say(f"Open {address}\nOnly this machine can reach it. Ctrl-C ends it.")
        if browse:
            import webbrowser

            webbrowser.open(address)
        if process.wait():
            raise AppError(f"the server stopped with exit code {process.returncode}")


def _write(folder: Path, files: Sequence[Path], chosen: Path) -> Path:
    """The notebook behind the page, and the template, below `folder`."""
    import nbformat

    template = folder / "voila" / "templates" / "market"
    template.mkdir(parents=True)
    (template / "index.html.j2").write_text(TEMPLATE, encoding="utf-8")
    (template / "conf.json").write_text('{"base_template": "lab"}\n', encoding="utf-8")
    names = [str(file) for file in files]
    code = f"from sim.notebook.app import page\n\npage({names!r}, {str(chosen)!r})"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "market.ipynb"
    nbformat.write(notebook, path)
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def _wait(process: subprocess.Popen, port: int, log: Path) -> None:
    end = time.monotonic() + READY
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex((ADDRESS, port)) == 0:
                return
        time.sleep(0.1)  # until the server answers
    told = log.read_text(encoding="utf-8").strip().splitlines()[-3:]
    raise AppError("the server did not start: " + " ".join(told))
