"""`sim claims`: the claims of the scenarios, examined."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.inputs import SCENARIOS, AsJson, Force, Out, Workers
from sim.cli.terminal import UsageError, admit, attempt, output, plainly, show, show_json


def claims(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As B1 D2 (default: all).")] = None,
    full: Annotated[bool, typer.Option("--full/--quick", help="Seeds of the documentation, or a first look.")] = False,
    folder: Annotated[Path, typer.Option("--scenarios", metavar="DIR", help="Where the scenarios are.")] = SCENARIOS,
    workers: Workers = None,
    docs: Annotated[bool, typer.Option("--docs", help="Renew ./docs/claims.md, claims.json and pictures.")] = False,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Examine the claims of the scenarios, one line each: verdict and effect. Writes with --out or --docs only."""
    with plainly():
        chosen = _claims(folder, names or [])
        scenarios, undone = {claim: scenario for claim, (_, scenario) in chosen.items()}, []
        if out is None:
            findings = _examine(chosen, full, workers, docs)
        else:
            with output(out, force) as target:
                findings = _examine(chosen, full, workers, True)
                from sim.gallery.document import write

                undone.append(attempt(target / "images", lambda _: write(target, findings, scenarios=scenarios)))
        if docs:
            from sim.gallery.document import merged, write

            known = Path("docs") / "claims.json"
            old = known.read_text(encoding="utf-8") if known.exists() else ""
            whole = merged(old, findings)
            undone.append(attempt(Path("docs") / "images", lambda _: write(Path("docs"), whole, scenarios=scenarios)))
        if as_json:
            show_json([finding.record() for finding in findings])
        else:
            _report(findings)
            if (out is not None or docs) and not any(undone):
                show(f"Written to {out or 'docs'}/: claims.md, claims.json and a picture each")
        admit(undone, out or Path("docs"))


def _report(findings: list[Any]) -> None:
    from sim.gallery.document import lines

    for line in lines(findings):
        show(line)


def _claims(folder: Path, names: list[str]) -> dict[str, Any]:
    """Claim -> (scenario file, scenario) of these claims; all if there are none. Raises UsageError."""
    from sim.experiments.claims import gallery
    from sim.scenario_errors import did_you_mean

    known = gallery(folder)
    wanted = {name.upper() for name in names}
    for name in sorted(wanted - set(known)):
        near = did_you_mean(name, list(known))
        raise UsageError(f'no scenario in {folder}/ examines "{name}"{near}; there are: {", ".join(known) or "none"}')
    return {name: item for name, item in known.items() if not wanted or name in wanted}


def _examine(chosen: dict[str, Any], full: bool, workers: int | None, explain: bool) -> list[Any]:
    """The findings, one claim after the other; with `explain`, also why where a claim does not simply hold."""
    from dataclasses import replace

    from sim.experiments.claims import examine, runs
    from sim.experiments.progress import part, shown
    from sim.gallery.why import why

    findings, before = [], 0
    many = {claim: runs(scenario, full) for claim, (_, scenario) in chosen.items()}
    with shown(True) as report:
        for claim, (name, scenario) in chosen.items():
            own = part(report, sum(many.values()), before, many[claim])
            finding = examine(scenario, full=full, name=name, workers=workers, progress=own)
            findings.append(replace(finding, why=why(scenario, finding, workers)) if explain else finding)
            before += many[claim]
    return findings
