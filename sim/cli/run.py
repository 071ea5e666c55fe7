"""`sim run`: one run of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.inputs import AsJson, Force, Off, Out, Rounds, ScenarioName, Seed, Settings, loaded
from sim.cli.terminal import (
    admit,
    attempt,
    files,
    fill,
    output,
    plainly,
    progress,
    show,
    show_json,
    table,
    write_scenario,
)

if TYPE_CHECKING:
    from sim.results import Results

SHOWN = ("discounted_profit", "retention", "market_share", "surplus_per_purchase", "trust", "context")


def run(
    scenario: ScenarioName,
    alternative: Annotated[str | None, typer.Option(help="One of the scenario's alternatives.")] = None,
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    out: Out = None,
    force: Force = False,
    log: Annotated[bool, typer.Option("--log", help="Write every transaction to transactions.csv as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario once; write its results, accounts and a picture."""
    with plainly():
        chosen = loaded(scenario, settings, rounds, seed, off)
        target = out or Path("out") / f"run-{Path(scenario).stem}"
        with output(target, force) as folder:
            from sim.csv_cells import write_frame
            from sim.results import write_table
            from sim.run import simulate

            with progress("rounds", chosen.market.rounds) as report:
                results = simulate(chosen, alternative=alternative, log=log, played=report)
            results.save(folder)
            write_table(folder / "accounts.csv", results.columns())
            if log:
                write_frame(results.log_frame(), folder / "transactions.csv")
            write_scenario(folder, results.scenario)
            undone = attempt(folder / "picture.png", lambda file: _draw(results, file))
        _report_run(results, target, as_json)
        admit([undone], target)


def _draw(results: Results, file: Path) -> None:
    from sim.charts import run_dashboard

    run_dashboard(results).savefig(file)


def _report_run(results: Results, target: Path, as_json: bool) -> None:
    from sim.analysis.metrics import METRICS, readable

    wanted = METRICS if as_json else SHOWN
    values = {name: metric.of(results) for name, metric in METRICS.items() if name in wanted}
    own = [name for name in values if METRICS[name].per_firm]
    if as_json:
        firms = {
            firm: {"strategy": results.strategies[j]} | {name: float(values[name][j]) for name in own}
            for j, firm in enumerate(results.firms)
        }
        market = {name: value for name, value in values.items() if name not in own}
        summary = {"title": results.title, "seed": results.seed, "rounds": results.rounds, "firms": firms}
        show_json(summary | {"market": market, "folder": str(target), "files": files(target)})
        return
    shown = [name for name in SHOWN if name in own]
    firms = table(results.title, "firm", "strategy", *(METRICS[name].label for name in shown), numbers_from=2)
    for j, firm in enumerate(results.firms):
        numbers = (readable(values[name][j], METRICS[name].unit) for name in shown)
        fill(firms, firm, results.strategies[j], *numbers)
    show(firms)
    show(f"One run of {results.rounds} rounds, seed {results.seed}; sim compare tells how sure a difference is.")
    show(f"Written to {target}/: {', '.join(files(target))}")
