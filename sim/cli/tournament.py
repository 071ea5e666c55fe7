"""`sim tournament`: every strategy against every other, in drawn markets, or as a newcomer to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.inputs import (
    AsJson,
    Dask,
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
    loaded,
)
from sim.cli.lasting import interruptible, players
from sim.cli.terminal import UsageError, plainly, show, show_json


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
    seeds: Annotated[int | None, typer.Option(min=2, help="Paired runs of every match (default: 10).")] = None,
    vary: Vary = None,
    measure: Measure = "discounted_profit",
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    workers: Workers = None,
    executor: Pool = "threads",
    dask: Dask = None,
    mpi: Mpi = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder; strategies can be added to it later.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every strategy against every other, or in drawn markets: payoffs, ranks, equilibria, and who can enter where."""
    with plainly():
        chosen = loaded(scenario, settings, rounds, seed, off)
        axes = vary or []
        how = {"measure": measure, "progress": True} | ({} if firms is None else {"firms": firms})
        if newcomers and axes:
            raise UsageError("--newcomer: is asked under one condition at a time; leave out --vary, use --set")
        if seeds is not None and (newcomers or markets is not None):
            raise UsageError("--seeds: every drawn market has a seed of its own; --markets says how many are played")
        kind = "entry" if newcomers else "drawn" if markets is not None else "tournament"
        size = f"-{firms}" if firms else ""
        folder = out or Path("out") / f"{kind}-{Path(scenario).stem}{size}"
        with interruptible(folder), players(executor, dask, mpi, workers) as pool:
            how |= {"out": folder, "executor": pool}
            if newcomers:
                from sim.experiments.entry import entry

                found = [entry(chosen, newcomers, strategies or (), markets=markets or 100, **how)]
            elif markets is not None:
                from sim.experiments.drawn import drawn_tournament

                found = drawn_tournament(chosen, strategies or (), markets=markets, vary=axes, **how)
            else:
                from sim.experiments.tournament import tournament as experiment

                found = experiment(chosen, strategies or (), seeds=seeds or 10, vary=axes, **how)
        from sim.experiments.rankings import rankings

        over = rankings(found) if len(found) > 1 else None
        if as_json:
            told = {"folder": str(folder), "tournaments": [each.record() for each in found]}
            show_json(told | ({} if over is None else {"rankings": over.record()}))
            return
        from sim.cli import tournament_report as report

        shown = {"entry": report.show_entry, "drawn": report.show_drawn, "tournament": report.show_tournament}[kind]
        for each in found:
            shown(each)
        if over is not None:
            report.show_rankings(over)
        show(f"All runs are in {folder}/{'' if newcomers else '; run it again with another --with to add a strategy'}.")
