"""`sim tournament`: every strategy against every other, in drawn markets, or as a newcomer to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.inputs import (
    AsJson,
    AtMost,
    Dask,
    HalfWidth,
    Measure,
    Mpi,
    Off,
    Pool,
    Rounds,
    ScenarioName,
    Seed,
    Settings,
    Vary,
    Workers,
    known_measures,
    loaded,
    tells_firms_apart,
)
from sim.cli.lasting import end_with, interruptible, players, way_on
from sim.cli.terminal import UsageError, admit, attempt, plainly, show, show_json

if TYPE_CHECKING:
    from sim.experiments.goal import Goal

Start = Annotated[
    str | None,
    typer.Option(metavar="KIND=SHARE,…", help="Shares from which the more profitable spread (default: equal)."),
]


def tournament(
    scenario: ScenarioName,
    strategies: Annotated[
        list[str] | None, typer.Option("--with", metavar="KIND", help="Who takes part (default: all strategies).")
    ] = None,
    firms: Annotated[int | None, typer.Option(min=2, help="Firms in a market (default: 2; in drawn ones 5).")] = None,
    markets: Annotated[
        int | None, typer.Option(min=2, help="Draw so many markets instead, of strategies in any mixture.")
    ] = None,
    newcomers: Annotated[
        list[str] | None, typer.Option("--newcomer", metavar="KIND", help="Who enters drawn markets of the others.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Paired runs of every match (default: as many as there are, or 10).")
    ] = None,
    halfwidth: HalfWidth = None,
    at_most: AtMost = 200,
    start: Start = None,
    vary: Vary = None,
    measure: Measure = "discounted_profit",
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    workers: Workers = None,
    executor: Pool = "auto",
    dask: Dask = None,
    mpi: Mpi = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder; strategies can be added to it later.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every strategy against every other, or in drawn markets: payoffs, ranks, equilibria, and who can enter where."""
    with plainly():
        known_measures(measure)
        tells_firms_apart(measure)
        chosen = loaded(scenario, settings, rounds, seed, off)
        axes, shares = vary or [], _shares(start)
        how: dict[str, Any] = {"measure": measure, "progress": True} | ({} if firms is None else {"firms": firms})
        if newcomers and axes:
            raise UsageError("--newcomer: is asked under one condition at a time; leave out --vary, use --set")
        kind = "entry" if newcomers else "drawn" if markets is not None else "tournament"
        if kind != "tournament":
            for option, given in (("--seeds", seeds), ("--until-halfwidth", halfwidth), ("--start", start)):
                if given is not None:
                    raise UsageError(f"{option}: {WHY_NOT[option]}")
        from sim.experiments.goal import goal_of

        goal = goal_of(halfwidth, at_most, seeds)
        size = f"-{firms}" if firms else ""
        folder = out or Path("out") / f"{kind}-{Path(scenario).stem}{size}"
        hint = way_on(folder, measure, None if goal is None else halfwidth, at_most)
        with interruptible(folder, hint), players(executor, dask, mpi, workers) as pool:
            how |= {"out": folder, "executor": pool}
            if newcomers:
                from sim.experiments.entry import entry

                found = [entry(chosen, newcomers, strategies or (), markets=markets or 100, **how)]
            elif markets is not None:
                from sim.experiments.drawn import drawn_tournament

                found = drawn_tournament(chosen, strategies or (), markets=markets, vary=axes, **how)
            else:
                from sim.experiments.tournament import tournament as experiment

                how |= {"halfwidth": halfwidth, "at_most": at_most}
                found = experiment(chosen, strategies or (), seeds=seeds, vary=axes, **how)
        told = report(found, folder, as_json, shares, goal)
        if not as_json:
            more = "" if newcomers else "; run it again with another --with to add a strategy"
            show(f"All runs are in {folder}/{more}.")
        end_with(folder)
        admit([told], folder)


WHY_NOT = {
    "--seeds": "every drawn market has a seed of its own; --markets says how many are played",
    "--until-halfwidth": "adds seeds, and every drawn market has a seed of its own; --markets says how many are played",
    "--start": "shares spread by the payoffs of every strategy against every other; leave out --markets and --newcomer",
}


def report(found: list[Any], folder: Path, as_json: bool, start: dict[str, float] | None, goal: Goal | None) -> str:
    """Print what was found and draw it where that is known; returns what could not be drawn, "" where all could."""
    from sim.cli import tournament_report as say
    from sim.experiments.drawn import DrawnTournament
    from sim.experiments.rankings import rankings
    from sim.experiments.sweep import Sweep
    from sim.experiments.tournament import Tournament

    try:
        over, apart = (rankings(found) if len(found) > 1 else None), ""
    except ValueError as error:
        over, apart = None, str(error)
    matches = isinstance(found[0], Tournament)
    pictures, failure = _drawn(found, folder) if matches else ([], "")
    if as_json:
        records = [each.record(start) if matches else each.record() for each in found]
        told = {"folder": str(folder), "pictures": pictures} | Sweep(folder).counts._asdict()
        show_json(told | {"tournaments": records} | ({} if over is None else {"rankings": over.record()}))
        return failure
    for each in found:
        if matches:
            say.show_tournament(each, start, goal)
        else:
            (say.show_drawn if isinstance(each, DrawnTournament) else say.show_entry)(each)
    if over is not None:
        say.show_rankings(over)
    if apart:
        show(f"The rankings are not held against each other: {apart}.")
    if pictures:
        show(f"The picture{'s' if len(pictures) > 1 else ''}: {', '.join(pictures)}")
    return failure


def _drawn(found: list[Any], folder: Path) -> tuple[list[str], str]:
    """Draw a picture of the payoffs under each condition into the folder: their files, and what went wrong."""
    from sim.charts import tournament_picture

    written = []
    for number, each in enumerate(found, start=1):
        file = folder / (f"picture-{number}.png" if len(found) > 1 else "picture.png")
        if failure := attempt(file, lambda file, each=each: tournament_picture(each).savefig(file)):
            return written, failure
        written.append(str(file))
    return written, ""


def _shares(start: str | None) -> dict[str, float] | None:
    """Name -> share from "a=0.5,b=0.5". Raises UsageError."""
    if start is None:
        return None
    found: dict[str, float] = {}
    for part in start.split(","):
        name, equals, share = (each.strip() for each in part.partition("="))
        try:
            number = float(share)
        except ValueError:
            number = float("nan")
        if not equals or not name or number != number:
            raise UsageError(f"--start {start}: write a share for each, as milker=0.5,tiered=0.5")
        if name in found:
            raise UsageError(f"--start {start}: {name} is given twice")
        found[name] = number
    if min(found.values()) < 0 or abs(sum(found.values()) - 1) > 1e-9:
        raise UsageError(f"--start {start}: allowed are shares that sum to 1, none negative")
    return found
