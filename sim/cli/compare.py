"""`sim compare`: the alternatives of a scenario over paired seeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.inputs import (
    AsJson,
    AtMost,
    Dask,
    Force,
    Further,
    HalfWidth,
    Measure,
    Mpi,
    Off,
    Out,
    Pool,
    Rounds,
    ScenarioName,
    Seed,
    Settings,
    Workers,
    known_measures,
    loaded,
    tells_firms_apart,
)
from sim.cli.lasting import executor_of, interruptible, way_on
from sim.cli.report import NAME, libraries
from sim.cli.terminal import (
    UsageError,
    admit,
    attempt,
    files,
    fill,
    output,
    plainly,
    show,
    show_json,
    table,
    write_scenario,
)

if TYPE_CHECKING:
    from sim.analysis.evidence import Evidence
    from sim.experiments.comparison import Comparison
    from sim.experiments.goal import Goal
    from sim.reports.document import Report


def compare(
    scenario: ScenarioName,
    seeds: Annotated[int, typer.Option(min=1, help="Paired runs of every alternative.")] = 20,
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    measure: Measure = "discounted_profit",
    further: Further = None,
    halfwidth: HalfWidth = None,
    at_most: AtMost = 200,
    advice: Annotated[
        float | None, typer.Option("--advice", metavar="HALFWIDTH", help="Say how many more seeds ± this takes.")
    ] = None,
    workers: Workers = None,
    executor: Pool = "auto",
    dask: Dask = None,
    mpi: Mpi = False,
    store: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep every run here; called again, only new ones are run.")
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Write the report of the finding as well.")] = False,
    pptx: Annotated[bool, typer.Option("--pptx", help="The report with slides as well.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="The report with a workbook as well.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="The report with pages for the screen as well.")] = False,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compare the alternatives of a scenario (or its firms) over paired seeds; write table, results and a picture."""
    with plainly():
        known_measures(measure, further)
        chosen = loaded(scenario, settings, rounds, seed, off)
        if not chosen.alternatives:
            tells_firms_apart(measure)
        players = executor_of(executor, dask, mpi)
        kinds = [kind for kind, wanted in ((".pptx", pptx), (".xlsx", xlsx), (".pdf", pdf)) if wanted]
        kinds = [".html", *kinds] if report or kinds else []
        libraries(kinds)
        target = out or Path("out") / f"compare-{Path(scenario).stem}"
        from sim.experiments.goal import goal_of

        goal = goal_of(halfwidth, at_most, seeds)
        _above_zero("--advice", advice)
        with output(target, force) as folder:
            from sim.csv_cells import write_frame
            from sim.experiments.compare import compare as experiment

            hint = "" if store is None else way_on(store, measure, halfwidth, at_most)
            with nullcontext() if store is None else interruptible(store, hint), _failing():
                comparison = experiment(
                    chosen, seeds, measures=further or [], halfwidth=halfwidth, measure=measure, at_most=at_most,
                    out=store, workers=workers, executor=players, progress=True,
                )  # fmt: skip
            comparison.save(folder)
            shown = list(dict.fromkeys((*comparison.table_measures, measure, *(further or []))))
            write_frame(comparison.table(shown), folder / "table.csv")
            write_frame(comparison.to_frame(), folder / "measures.csv")
            write_scenario(folder, comparison.scenario)
            undone = [attempt(folder / "picture.png", lambda file: _draw(comparison, file))]
            if kinds:
                undone += _write_reports(comparison, folder, kinds)
        _report_comparison(comparison, shown, advice, goal, target, as_json)
        admit(undone, target)


def _draw(comparison: Comparison, file: Path) -> None:
    from sim.charts import comparison_picture

    comparison_picture(comparison).savefig(file)


def _write_reports(comparison: Comparison, folder: Path, kinds: list[str]) -> list[str]:
    """The report in these formats, made once; returns what could not be written."""
    from sim.reports import write
    from sim.reports.build import of_comparison

    made: list[Report] = []
    failed = attempt(folder / f"{NAME}{kinds[0]}", lambda _: made.append(of_comparison(comparison)))
    if failed:
        return [failed]
    return [attempt(folder / f"{NAME}{kind}", lambda file: write(made[0], file)) for kind in kinds]


def _above_zero(option: str, value: float | None) -> None:
    if value is not None and not 0 < value < float("inf"):
        raise UsageError(f"{option} {value:g}: must be above 0, and finite")


@contextmanager
def _failing() -> Iterator[None]:
    """Say in which run an error was raised, and where; with exit code 1, since the command was right."""
    try:
        yield
    except (Exception, SystemExit) as error:
        from sim.experiments.executors import FAILED

        if not (notes := [note for note in getattr(error, "__notes__", ()) if note.startswith(FAILED)]):
            raise
        import traceback

        end = "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-3, chain=False))
        typer.echo(f"Failed {notes[0]}, hence no comparison: {error or type(error).__name__}\n{end.rstrip()}", err=True)
        typer.echo("With --store DIR runs that succeed are kept, and sim status says what failed.", err=True)
        raise typer.Exit(1) from None


def _report_comparison(
    comparison: Comparison, shown: list[str], advice: float | None, goal: Goal | None, target: Path, as_json: bool
) -> None:
    from sim.analysis.metrics import METRICS, readable, readable_interval
    from sim.experiments.goal import known

    rows, seeds, measure = comparison.rows(shown), comparison.seeds.tolist(), comparison.measure
    leads = [(comparison.names[change.leader], change.round) for change in comparison.lead_changes()]
    if as_json:
        summary = {"title": comparison.title, "headline": comparison.headline(), "baseline": comparison.baseline}
        table_rows = [
            row._asdict() | {"value": row.value._asdict(), "difference": row.difference and row.difference._asdict()}
            for row in rows
        ]
        changes = [{"leader": leader, "round": round} for leader, round in leads]
        summary |= {"seeds": seeds, "rows": table_rows, "lead_changes": changes, "measure": measure}
        if len(comparison.names) > 1:
            summary |= _record(comparison.evidence(measure))
        if (wanted := advice or (goal and goal.halfwidth)) is not None:
            summary |= {"advice": comparison.advice(wanted, measure)._asdict()}
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
        show(f"{comparison.called(leader)} takes the lead in round {round}.")
    if len(seeds) > 1:
        if len(comparison.names) > 1:
            _show_evidence(comparison, measure)
        show(f"{len(seeds)} paired runs, seeds {seeds[0]} to {seeds[-1]}. ±: 95 % interval of the paired difference.")
    if goal is not None:
        now = comparison.advice(goal.halfwidth, measure).halfwidth
        show(known("Differences" if len(comparison.names) > 1 else "Means", now, goal, len(seeds)))
    if advice is not None:
        _show_advice(comparison, measure, advice)
    show(f"Written to {target}/: {', '.join(files(target))}")


def _record(found: Evidence) -> dict[str, Any]:
    contrasts = [
        each._asdict() | {"difference": each.difference._asdict(), "bootstrap": each.bootstrap._asdict()}
        for each in found.contrasts
    ]
    return {"contrasts": contrasts, "chances": [chance._asdict() for chance in found.chances]}


def _show_evidence(comparison: Comparison, measure: str) -> None:
    """How sure the differences are, in a table with a line for each rival, and who is best."""
    from sim.analysis.metrics import METRICS, readable, readable_interval
    from sim.analysis.readable import MISSING, chances_in_words, readable_ends, significance

    metric, found = METRICS[measure], comparison.evidence(measure)
    heads = (f"less {comparison.baseline}", "bootstrap", "p (Holm)", "effect size", "ahead in")
    numbers = table(f"How sure: {metric.label}", "rival", *heads, numbers_from=1)
    for each in found.contrasts:
        t = readable_interval(each.difference, metric.unit, signed=True)
        drawn = readable_ends(each.bootstrap, metric.unit, signed=True)
        size = MISSING if each.size != each.size else f"{each.size:.2f}"
        ahead = MISSING if each.superiority != each.superiority else f"{100 * each.superiority:.0f} %"
        fill(numbers, each.name, t, drawn, significance(each.p), size, ahead)
    show(numbers)
    best = found.best
    word = f"has the {metric.most} {metric.label}" if metric.more != "better" else "is best"
    if best.probability > 0.999:
        show(f"“{best.name}” {word} with probability above 0.999.")
    elif best.probability == best.probability:
        cost = f"the chance that it is not costs {readable(best.regret, metric.unit)} on average"
        show(f"“{best.name}” {word} with probability {best.probability:.2f}; {cost}.")
    if best.probability == best.probability:
        chances = chances_in_words({chance.name: chance.probability for chance in found.chances}, len(found.chances))
        show(f"Probability of each: {chances}.")
    if not comparison.within and found.reduction > 1.0:
        show(f"The same luck in every alternative lowered the variance of differences {found.reduction:.3g}-fold.")


def _show_advice(comparison: Comparison, measure: str, halfwidth: float) -> None:
    now, more = comparison.advice(halfwidth, measure)
    now = f"± {now:.4g}" if now < float("inf") else "no interval"
    so_far = f"Differences are known to {now} after {len(comparison.seeds)} seeds"
    show(f"{so_far}; ± {halfwidth:g} takes {f'about {more:,} more' if more else 'no more'}.")
