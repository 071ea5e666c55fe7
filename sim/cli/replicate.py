"""`sim replicate`: published results, repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.inputs import AsJson, Force, Out
from sim.cli.terminal import UsageError, files, fill, output, plainly, progress, show, show_json, table


def replicate(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="As R1 R4 (default: all).")] = None,
    full: Annotated[bool, typer.Option("--full/--quick", help="Sizes of the documentation, or seconds each.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw simulation against theory, one picture each.")] = False,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Repeat published results and compare; exit code 1 if one is missed. Writes files with --plot or --out only."""
    with plainly():
        chosen = _replications(names or [])
        if not plot and out is None:
            played = _replicate(chosen, full)
        else:
            target = out or Path("out") / "replicate"
            with output(target, force) as folder:
                played = _replicate(chosen, full)
                from sim.replications.document import write
                from sim.replications.laws import observed

                write(folder, played, markets=() if names else observed(full))
        _report_replications(played, as_json)
        if plot or out is not None:
            typer.echo(f"Written to {target}/: {', '.join(files(target))}", err=as_json)
        if any(found.verdict == "missed" for _, found in played.values()):
            raise typer.Exit(1)


def _replications(names: list[str]) -> dict[str, Any]:
    """The replications of these names, in the order of their numbers; all if there are none. Raises UsageError."""
    from sim.replications import replications
    from sim.scenario_errors import did_you_mean

    known = replications()
    wanted = {name.upper() for name in names}
    for name in names:
        if name.upper() not in known:
            near = did_you_mean(name.upper(), list(known))
            raise UsageError(f'there is no replication "{name}"{near}; there are: {", ".join(known)}')
    return {name: item for name, item in known.items() if not wanted or name in wanted}


def _replicate(chosen: dict[str, Any], full: bool) -> dict[str, Any]:
    """Name -> (replication, what it found)."""
    played = {}
    with progress("replications", len(chosen)) as report:
        for name, replication in chosen.items():
            played[name] = (replication, replication.run(full))
            report(1)
    return played


def _report_replications(played: dict[str, Any], as_json: bool) -> None:
    from sim.replications.document import rows

    if as_json:
        show_json(
            {
                name: {
                    "title": replication.title,
                    "level": replication.level,
                    "source": replication.source,
                    "verdict": found.verdict,
                    "checks": [
                        {
                            "what": check.what, "target": check.target, "measured": check.measured,
                            "interval": check.interval, "tolerance": check.tolerance, "bound": check.bound,
                            "verdict": check.verdict,
                        }
                        for check in found.checks
                    ],
                }
                for name, (replication, found) in played.items()
            }
        )  # fmt: skip
        return
    for name, (replication, found) in played.items():
        cells = table(f"{name}  {replication.title}", "", "target", "measured", "95 % interval", "tolerance", "verdict")
        for row in rows(found):
            fill(cells, *row, bold=row[-1] != "reproduced")
        show(cells)
    verdicts = [found.verdict for _, found in played.values()]
    counts = [f"{verdicts.count(kind)} {kind}" for kind in ("reproduced", "missed", "undecided") if kind in verdicts]
    show(f"Replications: {', '.join(counts)}.")
