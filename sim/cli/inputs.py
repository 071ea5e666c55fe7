"""What the commands have in common: how a scenario is named and changed on the command line, and their options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.terminal import UsageError

if TYPE_CHECKING:
    from sim.scenario import Scenario

SCENARIOS = Path("scenarios")

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A file, or the name of one in ./scenarios.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change the scenario, as market.rounds=60; may be repeated."),
]
Off = Annotated[
    list[str] | None,
    typer.Option("--off", metavar="MECHANISM", help="Switch a mechanism off, as contacts; may be repeated."),
]
Rounds = Annotated[int | None, typer.Option(min=1, help="Number of rounds, instead of the scenario's.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed (the first of several), instead of the scenario's.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write to (default: in ./out).")]
Force = Annotated[bool, typer.Option("--force", help="Replace the folder if it holds earlier results.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Runs at a time (default: one per core).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs instead of tables.")]

# of experiments that keep their runs
StoreName = Annotated[Path, typer.Argument(metavar="STORE", help="Folder of an experiment.")]
Pool = Annotated[
    str, typer.Option("--executor", metavar="KIND", help="auto (threads, or processes where they pay), or one of both.")
]
Dask = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS|FILE", help="Play on the workers of a Dask scheduler, or of its file."),
]
Mpi = Annotated[
    bool, typer.Option("--mpi", help="Play on the other ranks of: mpiexec -n 3 python -m mpi4py.futures -m sim …")
]
Measure = Annotated[str, typer.Option(metavar="NAME", help="The measure that decides.")]
Further = Annotated[list[str] | None, typer.Option("--also", metavar="NAME", help="Measure this as well.")]
HalfWidth = Annotated[
    float | None,
    typer.Option("--until-halfwidth", metavar="NUMBER", help="Add seeds until what is compared is known to ± this."),
]
AtMost = Annotated[int, typer.Option("--at-most", min=2, help="Most seeds that --until-halfwidth adds to.")]
Vary = Annotated[
    list[str] | None,
    typer.Option(metavar="PATH=LEVELS", help="1,2,3 or 0:1:5 (five from 0 to 1) or 0:1; may be repeated."),
]


def find(name: str) -> Path:
    """The scenario file meant by `name`: a path, or the name of a file in ./scenarios. Raises UsageError."""
    from sim import scenario_files
    from sim.scenario_errors import ScenarioError

    try:
        return scenario_files.find(name)
    except ScenarioError as error:
        raise UsageError(error.problems[0].message) from error


def known_measures(measure: str, also: Sequence[str] | None = None) -> None:
    """Raise UsageError at the first that is no measure."""
    from sim.analysis.metrics import METRICS
    from sim.scenario_errors import not_one_of

    for option, name in (("--measure", measure), *(("--also", name) for name in also or ())):
        if name not in METRICS:
            raise UsageError(f"{option}: {not_one_of(name, 'a measure', list(METRICS))}")


def tells_firms_apart(measure: str) -> None:
    """Raise UsageError for a measure of the whole market, where its firms are to be compared."""
    from sim.analysis.metrics import METRICS

    if not METRICS[measure].per_firm:
        label = METRICS[measure].label
        raise UsageError(
            f"--measure {measure}: {label} is one number for the whole market; it tells no firm from another"
        )


def loaded(
    name: str, settings: list[str] | None, rounds: int | None, seed: int | None, off: list[str] | None = None
) -> Scenario:
    """The scenario with the changes of the command line."""
    file = find(name)
    from sim.scenario import load, parse_setting

    changes = dict(parse_setting(setting) for setting in settings or [])
    changes |= {f"mechanisms.{mechanism}": False for mechanism in off or []}
    changes |= {} if rounds is None else {"market.rounds": rounds}
    changes |= {} if seed is None else {"seed": seed}
    scenario = load(file)
    return scenario.with_changes(changes) if changes else scenario
