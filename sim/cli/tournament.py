"""`sim tournament`: every strategy against every other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.inputs import AsJson, Measure, Off, Pool, Rounds, ScenarioName, Seed, Settings, Vary, Workers, loaded
from sim.cli.lasting import check, interruptible, lasting
from sim.cli.terminal import fill, plainly, show, show_json, table

if TYPE_CHECKING:
    from sim.experiments.tournament import Tournament


def tournament(
    scenario: ScenarioName,
    strategies: Annotated[
        list[str] | None, typer.Option("--with", metavar="KIND", help="Who takes part (default: all strategies).")
    ] = None,
    firms: Annotated[int, typer.Option(min=2, help="Firms in a market.")] = 2,
    seeds: Annotated[int, typer.Option(min=2, help="Paired runs of every match.")] = 10,
    vary: Vary = None,
    measure: Measure = "discounted_profit",
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    workers: Workers = None,
    executor: Pool = "threads",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder; strategies can be added to it later.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every strategy against every other: payoffs, ranks, equilibria, and who can enter where."""
    with plainly():
        chosen = loaded(scenario, settings, rounds, seed, off)
        folder = out or Path("out") / f"tournament-{Path(scenario).stem}"
        from sim.experiments.design import vary as varied
        from sim.experiments.tournament import tournament as experiment

        check(executor)
        axes = [varied(chosen, each) for each in vary or []]
        with interruptible(folder), lasting(0) as report:
            found = experiment(
                chosen, strategies or (), out=folder, firms=firms, seeds=seeds, vary=axes, measure=measure,
                workers=workers, executor=executor, played=report,
            )  # fmt: skip
        if as_json:
            show_json({"folder": str(folder), "tournaments": [each.record() for each in found]})
            return
        for each in found:
            _show_tournament(each)
        show(f"All matches are in {folder}/; run it again with another --with to add a strategy.")


def _show_tournament(found: Tournament) -> None:
    from sim.analysis.metrics import METRICS, readable, readable_interval

    unit, ranks = METRICS[found.measure].unit, found.ranking()
    where = ", ".join(f"{name} = {level}" for name, level in found.levels.items())
    order = [rank.name for rank in ranks]
    heads = [f"{number}" for number in range(1, len(order) + 1)]
    rows = table(f"{found.title}{': ' if where else ''}{where}", "strategy", "rank", "payoff", *heads, numbers_from=1)
    for number, rank in enumerate(ranks, start=1):
        cells = [readable(found.payoff(rank.name, rivals).mean, unit) for rivals in order]
        span = f"{rank.low}" if rank.low == rank.high else f"{rank.low}–{rank.high}"
        fill(rows, f"{number} {rank.name}", span, readable_interval(rank.payoff, unit), *cells)
    show(rows)
    show("Columns: what the row earns among rivals that all play the strategy with that number.")
    for each in found.equilibria():
        sides = [
            " + ".join(n if p == 1 else f"{p:.0%} {n}" for n, p in side.items()) for side in (each.first, each.second)
        ]
        words = f"all play {sides[0]}" if sides[0] == sides[1] else " against ".join(sides)
        show(f"Equilibrium: {words} (in {each.share:.0%} of the samples drawn again).")
    show(f"Nobody clearly gains by leaving: {', '.join(found.uninvadable()) or 'no strategy'}.")
    ends = found.ecology()[-1]
    alive = [f"{share:.0%} {name}" for name, share in zip(found.names, ends, strict=True) if share > 0.005]
    show(f"If the more profitable spread, from equal shares: {', '.join(alive)}.")
    show(f"{found.headline()}.")
