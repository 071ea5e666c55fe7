"""`sim compare`: the alternatives of a scenario over paired seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.inputs import AsJson, Force, Off, Out, Rounds, ScenarioName, Seed, Settings, Workers, loaded
from sim.cli.terminal import files, fill, output, plainly, progress, show, show_json, table, write_scenario

if TYPE_CHECKING:
    from sim.experiments.compare import Comparison


def compare(
    scenario: ScenarioName,
    seeds: Annotated[int, typer.Option(min=1, help="Paired runs of every alternative.")] = 20,
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compare the alternatives of a scenario (or its firms) over paired seeds; write table, results and a picture."""
    with plainly():
        chosen = loaded(scenario, settings, rounds, seed, off)
        target = out or Path("out") / f"compare-{Path(scenario).stem}"
        with output(target, force) as folder:
            from sim.experiments.compare import compare as experiment

            runs = seeds * max(1, len(chosen.alternatives))
            with progress("runs", runs) as report:
                comparison = experiment(chosen, seeds, workers=workers, played=report)
            comparison.save(folder)
            comparison.table().to_csv(folder / "table.csv", index=False)
            comparison.to_frame().to_csv(folder / "measures.csv", index=False)
            write_scenario(folder, comparison.scenario)
            from sim.charts import comparison_picture

            comparison_picture(comparison).savefig(folder / "picture.png")
        _report_comparison(comparison, target, as_json)


def _report_comparison(comparison: Comparison, target: Path, as_json: bool) -> None:
    from sim.analysis.metrics import METRICS, readable, readable_interval

    rows, seeds = comparison.rows(), comparison.seeds.tolist()
    leads = [(comparison.names[change.leader], change.round) for change in comparison.lead_changes()]
    if as_json:
        summary = {"title": comparison.title, "headline": comparison.headline(), "baseline": comparison.baseline}
        table_rows = [
            row._asdict() | {"value": row.value._asdict(), "difference": row.difference and row.difference._asdict()}
            for row in rows
        ]
        changes = [{"leader": leader, "round": round} for leader, round in leads]
        summary |= {"seeds": seeds, "rows": table_rows, "lead_changes": changes}
        show_json(summary | {"folder": str(target), "files": files(target)})
        return
    what = "firm" if comparison.within else "alternative"
    numbers = table(comparison.title, "measure", what, "mean", f"less {comparison.baseline}", numbers_from=2)
    for previous, row in zip([None, *rows], rows, strict=False):
        first = previous is None or previous.measure != row.measure
        if first and previous is not None:
            numbers.add_section()
        difference = "" if row.difference is None else readable_interval(row.difference, row.unit, signed=True)
        label = METRICS[row.measure].label if first else ""
        clear = row.difference is not None and row.difference.clear
        fill(numbers, label, row.alternative, readable(row.value.mean, row.unit), difference, bold=clear)
    show(numbers)
    show(f"{comparison.headline()}.")
    for leader, round in leads:
        show(f"{leader} takes the lead in round {round}.")
    if len(seeds) > 1:
        show(f"{len(seeds)} paired runs, seeds {seeds[0]} to {seeds[-1]}. ±: 95 % interval of the paired difference.")
    show(f"Written to {target}/: {', '.join(files(target))}")
