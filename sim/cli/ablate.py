"""`sim ablate`: what each mechanism carries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.inputs import (
    AsJson,
    Dask,
    Force,
    Mpi,
    Off,
    Out,
    Pool,
    Rounds,
    ScenarioName,
    Seed,
    Settings,
    Workers,
    loaded,
)
from sim.cli.lasting import executor_of
from sim.cli.terminal import admit, attempt, files, fill, output, plainly, show, show_json, table, write_scenario

if TYPE_CHECKING:
    from sim.experiments.ablation import Ablation


def ablate(
    scenario: ScenarioName,
    seeds: Annotated[int, typer.Option(min=1, help="Paired runs with and without each mechanism.")] = 10,
    measure: Annotated[str | None, typer.Option(help="What is looked at (default: what the claim hangs on).")] = None,
    contrast: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An alternative, or two to take the difference of.")
    ] = None,
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    workers: Workers = None,
    executor: Pool = "auto",
    dask: Dask = None,
    mpi: Mpi = False,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Switch off one mechanism after the other: how much of the deciding measure does each carry?"""
    with plainly():
        chosen = loaded(scenario, settings, rounds, seed, off)
        players = executor_of(executor, dask, mpi)
        target = out or Path("out") / f"ablate-{Path(scenario).stem}"
        with output(target, force) as folder:
            from sim.csv_cells import write_frame
            from sim.experiments.ablation import ablate as experiment

            options = {"workers": workers, "executor": players, "progress": True}
            found = experiment(chosen, seeds, measure=measure, contrast=contrast, **options)
            found.comparison.save(folder)
            write_frame(found.table(), folder / "table.csv")
            write_scenario(folder, chosen.to_dict())
            undone = attempt(folder / "picture.png", lambda file: _draw(found, file))
        _report_ablation(found, target, as_json)
        admit([undone], target)


def _draw(found: Ablation, file: Path) -> None:
    from sim.charts import ablation_picture

    ablation_picture(found).savefig(file)


def _report_ablation(found: Ablation, target: Path, as_json: bool) -> None:
    from sim.analysis.metrics import readable, readable_interval
    from sim.experiments.ablation import called

    rows, seeds = found.rows(), found.comparison.seeds.tolist()
    if as_json:
        summary = {"title": found.title, "headline": found.headline(), "measure": found.measure, "unit": found.unit}
        listed = [row._asdict() | {"without": row.without._asdict(), "change": row.change._asdict()} for row in rows]
        show_json(summary | {"seeds": seeds, "rows": listed, "folder": str(target), "files": files(target)})
        return
    numbers = table(found.title, "off", "measure", "change", numbers_from=1)
    for row in rows:
        change = "not at work" if row.idle else readable_interval(row.change, found.unit, signed=True)
        value = readable(row.without.mean, found.unit)
        fill(numbers, called(row.mechanism), value, change, bold=row.change.clear and not row.idle)
    show(numbers)
    show(f"{found.headline()}.")
    if len(seeds) > 1:
        show(f"{len(seeds)} paired runs, seeds {seeds[0]} to {seeds[-1]}. ±: 95 % interval of the paired change.")
    show(f"Written to {target}/: {', '.join(files(target))}")
