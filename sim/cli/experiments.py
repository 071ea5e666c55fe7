"""The commands that keep their runs in a store: sweep, resume, gather, status, export, verify, reproduce.

Ctrl-C stops them cleanly and says how to go on. Exit codes: 1 when runs failed or differ, 2 for what the user can put
right, 130 after Ctrl-C.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.inputs import (
    AsJson,
    AtMost,
    Dask,
    Further,
    HalfWidth,
    Measure,
    Mpi,
    Off,
    Pool,
    Rounds,
    ScenarioName,
    Seed,
    Settings,
    StoreName,
    Vary,
    Workers,
    known_measures,
    loaded,
)
from sim.cli.lasting import end_with, interruptible, looked_at, players, way_on
from sim.cli.terminal import UsageError, admit, attempt, fill, plainly, show, show_json, table

if TYPE_CHECKING:
    from sim.experiments.goal import Goal
    from sim.experiments.standings import Standing
    from sim.experiments.sweep import Sweep, Table

SHOWN = 12  # conditions in a table

Share = Annotated[
    str | None, typer.Option("--part", metavar="K/N", help="Play only one of N shares, for sim gather; as 3/10.")
]

Conditions = Annotated[
    Path | None, typer.Option("--list", metavar="FILE.csv", help="Conditions instead of --vary: a column per path.")
]


def sweep(
    scenario: ScenarioName,
    vary: Vary = None,
    conditions: Conditions = None,
    kind: Annotated[
        str, typer.Option("--design", metavar="KIND", help="grid, latin, sobol, saltelli or morris.")
    ] = "grid",
    points: Annotated[
        int | None, typer.Option("--points", min=1, help="Points of latin, sobol, saltelli; paths of morris.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Paired runs of every condition and alternative.")] = 10,
    measure: Measure = "discounted_profit",
    further: Further = None,
    series: Annotated[bool, typer.Option("--series", help="Keep every round of every run.")] = False,
    halfwidth: HalfWidth = None,
    at_most: AtMost = 200,
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    workers: Workers = None,
    executor: Pool = "auto",
    dask: Dask = None,
    mpi: Mpi = False,
    part: Share = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the experiment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario under many conditions; keep every run, go on after any interruption, map what is better where."""
    with plainly():
        known_measures(measure, further)
        chosen = loaded(scenario, settings, rounds, seed, off)
        folder = out or Path("out") / f"sweep-{Path(scenario).stem}"
        from sim.experiments import sweep as experiments
        from sim.experiments.goal import goal_of
        from sim.experiments.store import Store

        _one_design(vary, conditions, kind, points)
        plan = experiments.plan_of(chosen, conditions or vary or (), kind=kind, points=points, seeds=seeds)
        share, goal = _share(part), goal_of(halfwidth, at_most, seeds)
        if share is not None and goal is not None:
            raise UsageError("--until-halfwidth needs the whole: leave it out with --part")
        hint = way_on(folder, measure, halfwidth, at_most)
        with interruptible(folder, hint), players(executor, dask, mpi, workers) as pool:
            needed = sorted({measure, *(further or [])})
            Store.create(folder, plan, measures=needed, series=series).close()
            found = experiments.resume(folder, executor=pool, part=share, progress=True)
            widest = None
            if goal is not None:
                options = {"measure": measure, "at_most": at_most, "executor": pool, "progress": True}
                found, widest = experiments.until_halfwidth(folder, goal.halfwidth, **options)
        _report(found, measure, as_json, part, goal and (goal, widest))


def resume(
    store: StoreName,
    retry: Annotated[bool, typer.Option("--retry", help="Repeat runs that failed as well.")] = False,
    measure: Measure = "discounted_profit",
    halfwidth: HalfWidth = None,
    at_most: AtMost = 200,
    workers: Workers = None,
    executor: Pool = "auto",
    dask: Dask = None,
    mpi: Mpi = False,
    part: Share = None,
    as_json: AsJson = False,
) -> None:
    """Go on with an experiment that was stopped, however it was stopped."""
    with plainly():
        known_measures(measure)
        from sim.experiments import sweep as experiments
        from sim.experiments.goal import goal_of
        from sim.experiments.manifest import read_manifest
        from sim.experiments.saved import kind_of

        share, goal = _share(part), goal_of(halfwidth, at_most)
        if share is not None and goal is not None:
            raise UsageError("--until-halfwidth needs the whole: leave it out with --part")
        kind = kind_of(read_manifest(store)["kind"])
        if goal is not None and kind in ("drawn", "entry"):
            raise UsageError("--until-halfwidth: adds seeds, and every drawn market has a seed of its own")
        options = {"retry": retry, "progress": True}
        hint = way_on(store, measure, halfwidth, at_most)
        with interruptible(store, hint), players(executor, dask, mpi, workers) as pool:
            options["executor"] = pool
            if kind == "tournament" and share is None:
                from sim.experiments.tournament import go_on

                matches = go_on(store, measure=measure, halfwidth=halfwidth, at_most=at_most, **options)
            else:
                found = experiments.resume(store, part=share, **options)
            widest = None
            if goal is not None and kind != "tournament":
                del options["retry"]
                more = {"measure": measure, "at_most": at_most} | options
                found, widest = experiments.until_halfwidth(store, goal.halfwidth, **more)
        if kind in ("tournament", "drawn", "entry") and share is None:
            from sim.cli.tournament import report

            told = report(matches if kind == "tournament" else _read(store, kind, measure), store, as_json, None, goal)
            end_with(store)
            admit([told], store)
            return
        _report(found, measure, as_json, part, goal and (goal, widest))


def gather(
    parts: Annotated[list[Path], typer.Argument(metavar="STORE...", help="Folders of parts of one experiment.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the whole; what it holds already stays.")],
    measure: Measure = "discounted_profit",
    as_json: AsJson = False,
) -> None:
    """Put an experiment together that was played in parts (sim sweep --part)."""
    with plainly():
        known_measures(measure)
        from sim.experiments import parts as shares
        from sim.experiments.sweep import Sweep

        found = Sweep(out, shares.gather(parts, out))
        _report(found, measure, as_json)


def status(
    store: StoreName,
    failures: Annotated[bool, typer.Option("--failures", help="Show the tracebacks of runs that failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """How far an experiment is, what it took, and what failed. May be asked while it runs."""
    with plainly():
        from sim.experiments.store import Store

        with Store.open(store) as held:
            counts, seconds, manifest = held.counts(), held.seconds(), held.manifest
            failed = [(_where(point), told) for point, told in held.failures()]
        if as_json:
            told = {"title": manifest["title"], "design": manifest["kind"], "factors": manifest["factors"]}
            told |= {"begun": manifest.get("begun")}
            told |= counts._asdict() | {"left": counts.left, "seconds": seconds, "digest": manifest["digest"]}
            show_json(told | {"failures": [{"run": where, "traceback": words} for where, words in failed]})
            return
        over = f" over {', '.join(manifest['factors'])}" if manifest["factors"] else ""
        show(f"{manifest['title']}: {manifest['kind']}{over}")
        if begun := manifest.get("begun"):
            show(f"Begun {begun['date']} by: {begun['command']}")
        show(f"{counts.done:,} of {counts.total:,} runs done, {counts.failed:,} failed, {counts.left:,} to go.")
        if counts.done:
            show(f"{seconds:,.1f} s of processor time, {1000 * seconds / counts.done:.1f} ms a run.")
        for where, words in failed:
            show(f"Failed: {where}: {words.strip() if failures else words.strip().splitlines()[-1]}")
        if counts.left:
            show(f"Go on with: {way_on(store)}")


def export(
    store: StoreName,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", metavar="FILE", help="Write a Parquet file.")] = None,
    xarray: Annotated[
        Path | None, typer.Option("--xarray", metavar="FILE.nc", help="Write labelled arrays as netCDF, for xarray.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write all runs, as a table with a row per run and firm or as arrays; the same bytes whoever played them."""
    with plainly():
        if csv is None and parquet is None and xarray is None:
            raise UsageError("say where to: --csv FILE, --parquet FILE or --xarray FILE.nc")
        from sim.experiments import cube
        from sim.experiments import export as exports
        from sim.experiments.store import Store

        with Store.open(store) as held:
            tables = ((csv, exports.to_csv, "rows"), (parquet, exports.to_parquet, "rows"))
            for file, write, what in (*tables, (xarray, cube.to_netcdf, "runs")):
                if file is not None:
                    show(f"Written: {file}, {write(held, file, force):,} {what}")
            counts = held.counts()
        if counts.done < counts.total:
            typer.echo(f"Not in it: {counts.left:,} runs to go, {counts.failed:,} that failed.", err=True)


def verify(
    store: StoreName,
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="So many runs instead of all.")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Take out what is wrong, for sim resume.")] = False,
    workers: Workers = None,
    executor: Pool = "auto",
    dask: Dask = None,
    mpi: Mpi = False,
) -> None:
    """Play stored runs again and compare bit by bit; exit code 1 where one differs or a file is damaged."""
    with plainly():
        from sim.experiments import sweep as experiments

        with looked_at() as report, players(executor, dask, mpi, workers) as pool:
            found = experiments.verify(store, sample, repair=repair, executor=pool, progress=report)
        for point in found.different:
            show(f"Differs: {_where(point)}")
        for words, points in found.damaged.items():
            show(f"{words} ({len(points)} runs)")
        show(f"{found.repeated:,} runs repeated, {len(found.different):,} differ, {len(found.damaged)} files damaged.")
        if not found.sound:
            if repair:
                show(f"Taken out; make them anew with: {way_on(store)}")
            raise typer.Exit(1)


def reproduce(
    store: Annotated[
        Path, typer.Argument(metavar="STORE", help="Folder with a manifest.json; nothing else is needed.")
    ],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the new experiment.")] = None,
    workers: Workers = None,
    executor: Pool = "auto",
    dask: Dask = None,
    mpi: Mpi = False,
) -> None:
    """Repeat a whole experiment from its manifest and say whether every number is the same."""
    with plainly():
        from sim.experiments import sweep as experiments
        from sim.experiments.manifest import command

        folder = out or Path("out") / f"{store.resolve().name}-again"
        with (
            interruptible(folder, command("reproduce", store, "--out", folder)),
            players(executor, dask, mpi, workers) as pool,
        ):
            found, same = experiments.reproduce(store, folder, executor=pool, progress=True)
        verdict = {
            True: "every number is the same",
            False: "the numbers are NOT the same",
            None: "nothing to compare with",
        }
        show(f"{found.counts.done:,} runs in {folder}, {found.played:,} played now; {verdict[same]}.")
        if same is False:
            raise typer.Exit(1)
        end_with(folder)


# ------------------------------------------------------------------------------------------------------------ parts


def _where(point: Any) -> str:
    from sim.experiments.axes import said

    levels = ", ".join(f"{name} = {said(value)}" for name, value in point.arm.factors.items())
    return ", ".join(part for part in (levels, point.arm.alternative, f"seed {point.seed}") if part)


def _share(part: str | None) -> tuple[int, int] | None:
    """(3, 10) for "3/10". Raises UsageError."""
    if part is None:
        return None
    number, _, parts = part.partition("/")
    if not (number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise UsageError(f"--part {part}: write 3/10 for the third of ten parts, of which the first is 1/10")
    return int(number), int(parts)


def _one_design(vary: list[str] | None, conditions: Path | None, kind: str, points: int | None) -> None:
    """Raise UsageError where conditions are given in two ways, or points to a design that has its own."""
    from sim.experiments.sweep import KINDS
    from sim.scenario_errors import not_one_of

    if kind not in KINDS:
        raise UsageError(f"--design: {not_one_of(kind, 'a design', KINDS)}")
    if conditions is not None:
        others = {"--vary": vary, "--points": points, f"--design {kind}": kind != "grid"}
        if doubled := [option for option, given in others.items() if given]:
            raise UsageError(f"--list names all conditions itself: leave out {' and '.join(doubled)}")
    elif kind == "grid" and points is not None:
        raise UsageError(f"--points {points}: a grid has its own points; they are for --design {', '.join(KINDS[1:])}")
    elif kind != "grid" and points is None:
        raise UsageError(f"--design {kind}: say how many points, for example --points 64")


def _read(store: Path, kind: str, measure: str) -> list[Any]:
    """What a tournament of drawn markets found. Raises StoreError."""
    from sim.experiments import drawn, entry
    from sim.experiments.store import Store

    with Store.open(store) as held:
        return [entry.read(held, measure)] if kind == "entry" else drawn.read(held, measure)


def _report(
    found: Sweep, measure: str, as_json: bool, part: str | None = None,
    precision: tuple[Goal, float] | None = None,
) -> None:  # fmt: skip
    """What came out, in the terminal and as a map where two factors are numbers; of a part, only how far it is.

    precision: half width that was asked for, and the widest there is
    """
    if part is not None and not as_json:
        counts = found.counts
        show(f"Part {part}: {counts.done:,} of {counts.total:,} runs in {found.folder}/, {found.played:,} played now.")
        show("When all parts are played: sim gather PART PART … --out DIR")
        end_with(found.folder)
        return
    counts, held = found.counts, found.table(measure)
    from sim.experiments.goal import known
    from sim.experiments.manifest import command
    from sim.experiments.standings import headline, pairing, standings

    compared = standings(held) if len(held.names) > 1 else []
    picture, failure = _map(found.folder, held)
    if as_json:
        told = {"folder": str(found.folder), "played": found.played, "picture": picture} | counts._asdict()
        told |= {"variance_reduction": pairing(held)}
        if precision is not None:
            told |= {"halfwidth": {"asked": precision[0].halfwidth, "known": precision[1], "seeds": held.seeds[1]}}
        listed = [s._asdict() | {"lead": s.lead._asdict(), "clear": s.clear} for s in compared]
        show_json(told | {"measure": measure, "standings": listed})
    else:
        if compared and len(compared) <= SHOWN:
            _show_standings(held, compared)
        if compared:
            show(f"{headline(compared)}.")
        if compared and (factor := pairing(held)) > 1.0:
            show(f"The same luck in every alternative lowered the variance of differences {factor:.3g}-fold (median).")
        if precision is not None:
            what = "Differences" if compared else "Means"
            show(known(what, precision[1], precision[0], held.seeds[1]))
        show(f"{counts.done:,} of {counts.total:,} runs in {found.folder}/, {found.played:,} played now.")
        table = command("export", found.folder, "--csv", "FILE")
        show(f"The map: {picture}" if picture else f"All runs as a table: {table}")
    end_with(found.folder)
    admit([failure], found.folder)


def _show_standings(held: Table, compared: list[Standing]) -> None:
    from sim.analysis.metrics import METRICS, readable, readable_interval
    from sim.analysis.readable import MISSING, chances_in_words, significance
    from sim.experiments.axes import said

    metric = METRICS[held.measure]
    unit, factors = metric.unit, list(held.levels)
    best = "highest" if metric.more == "either" else "best"
    heads = (f"{metric.most} mean", "lead over the next", "p (Holm)", f"probability {best}", "regret")
    rows = table(held.title, *factors, *heads, numbers_from=len(factors) + 1)
    for each in compared:
        lead = readable_interval(each.lead, unit, signed=True)
        once = each.lead.n < 2
        sure = (MISSING, MISSING) if once else (significance(each.p), chances_in_words(each.chances))
        fill(rows, *map(said, each.levels.values()), each.best, lead, *sure, readable(each.regret, unit))
    show(rows)


def _map(folder: Path, held: Table) -> tuple[str | None, str]:
    """Draw the map into the store where there is one to draw: its file, and what went wrong."""
    from sim.charts import axes_of, map_picture

    try:
        axes_of(held)
        figure = map_picture(held)
    except ValueError:  # no two factors, or too few conditions
        return None, ""
    failure = attempt(folder / "map.png", figure.savefig)
    return None if failure else str(folder / "map.png"), failure
