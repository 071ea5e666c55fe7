"""`sim app`: the stepper as a page."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.inputs import SCENARIOS, find
from sim.cli.terminal import UsageError, plainly, show


def app(
    scenario: Annotated[str | None, typer.Argument(metavar="[SCENARIO]", help="Shown first (else the first).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port (default: a free one).")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Serve the stepper as a page on this machine: step, go back, turn a slider, compare, open a customer's life."""
    with plainly():
        files = sorted(SCENARIOS.glob("*.toml"))
        chosen = find(scenario) if scenario else next(iter(files), None)
        if chosen is None:
            raise UsageError(f"there are no scenarios in {SCENARIOS}/; name a file: sim app FILE.toml")
        from sim.notebook.app import AppError, serve
        from sim.scenario import load

        load(chosen)  # what is wrong with it is said here, not on the page
        try:
            serve(files if chosen in files else [chosen], chosen, port, show, browser)
        except AppError as error:
            raise UsageError(str(error)) from error
