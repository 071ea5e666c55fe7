"""`sim list` and `sim schema`: what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.inputs import SCENARIOS, AsJson
from sim.cli.terminal import UsageError, fill, plainly, show, show_json, table


def list_(
    folder: Annotated[Path, typer.Argument(help="Where the scenario files are.")] = SCENARIOS, as_json: AsJson = False
) -> None:
    """Show the scenarios there are and the strategies firms can have."""
    with plainly():
        from sim.strategies.base import registry

        scenarios = _scenarios(folder)
        strategies = [{"kind": kind, "posture": s.posture, "idea": s.idea()} for kind, s in registry().items()]
        if as_json:
            show_json({"scenarios": scenarios, "strategies": strategies})
            return
        titles = table(f"Scenarios in {folder}/", "scenario", "claim", "title")
        for row in scenarios:
            fill(titles, *row.values())
        show(titles if scenarios else f"No scenario files (*.toml) in {folder}/\n")
        ideas = table("Strategies", "strategy", "posture", "idea")
        for row in strategies:
            fill(ideas, *row.values())
        show(ideas)


def schema() -> None:
    """Print the JSON schema of scenario files, for editors that complete and check them."""
    with plainly():
        from sim.scenario import json_schema

        show_json(json_schema())


def _scenarios(folder: Path) -> list[dict[str, str]]:
    """Name, claim and title of every scenario file of a folder; read, not validated."""
    import tomllib

    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; name the one with the scenario files: sim list FOLDER")
    rows = []
    for file in sorted(folder.glob("*.toml")):
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            given = {"title": f"cannot be read: {error}"}
        rows.append({"name": file.stem, "claim": str(given.get("claim", "")), "title": str(given.get("title", ""))})
    return rows
