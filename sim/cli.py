"""The command ``sim``: arguments in, files and a table out; no logic of its own.

Everything heavy is imported inside the commands, so that ``sim --help`` answers at once. What a user can get wrong is
answered on stderr in a line or two with exit code 2; Ctrl-C ends with exit code 130 and leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim import cli_experiments
from sim.cli_inputs import SCENARIOS, AsJson, Force, Off, Out, Rounds, ScenarioName, Seed, Settings, find, loaded
from sim.terminal import UsageError, fill, output, plainly, progress, show, show_json, table

if TYPE_CHECKING:
    from sim.calibrate import FittedLog
    from sim.experiments.ablation import Ablation
    from sim.experiments.compare import Comparison
    from sim.results import Results
    from sim.scenario import Scenario

app = typer.Typer(
    name="sim",
    help="A laboratory for strategies in simulated markets of buyers and sellers.",
    epilog="Begin with:  sim list   and   sim compare everyday_low_price",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would import half of rich at every start
    rich_markup_mode=None,
)

RUN_TABLE = ("discounted_profit", "retention", "market_share", "surplus_per_purchase", "trust", "context")

# -------------------------------------------------------------------------------------------------------- commands


@app.command("list")
def list_(
    folder: Annotated[Path, typer.Argument(help="Where the scenario files are.")] = SCENARIOS, as_json: AsJson = False
) -> None:
    """Show the scenarios there are and the strategies firms can have."""
    with plainly():
        from sim.strategies.base import registry

        scenarios = _scenarios(folder)
        strategies = [{"kind": kind, "posture": s.posture, "idea": s.idea()} for kind, s in registry().items()]
        if as_json:
            show_json({"scenarios": scenarios, "strategies": strategies})
            return
        titles = table(f"Scenarios in {folder}/", "scenario", "claim", "title")
        for row in scenarios:
            fill(titles, *row.values())
        show(titles if scenarios else f"No scenario files (*.toml) in {folder}/\n")
        ideas = table("Strategies", "strategy", "posture", "idea")
        for row in strategies:
            fill(ideas, *row.values())
        show(ideas)


@app.command()
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
            from sim.results import write_table
            from sim.run import simulate

            with progress("rounds", chosen.market.rounds) as report:
                results = simulate(chosen, alternative=alternative, log=log, played=report)
            results.save(folder)
            write_table(folder / "accounts.csv", results.columns())
            if log:
                results.log_frame().to_csv(folder / "transactions.csv", index=False)
            _write_scenario(folder, results.scenario)
            from sim.charts import run_dashboard

            run_dashboard(results).savefig(folder / "picture.png")
        _report_run(results, target, as_json)


@app.command()
def compare(
    scenario: ScenarioName,
    seeds: Annotated[int, typer.Option(min=1, help="Paired runs of every alternative.")] = 20,
    settings: Settings = None,
    off: Off = None,
    rounds: Rounds = None,
    seed: Seed = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at a time (default: one per core).")] = None,
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
            _write_scenario(folder, comparison.scenario)
            from sim.charts import comparison_picture

            comparison_picture(comparison).savefig(folder / "picture.png")
        _report_comparison(comparison, target, as_json)


@app.command()
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
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at a time (default: one per core).")] = None,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Switch off one mechanism after the other: how much of the deciding measure does each carry?"""
    with plainly():
        chosen = loaded(scenario, settings, rounds, seed, off)
        target = out or Path("out") / f"ablate-{Path(scenario).stem}"
        with output(target, force) as folder:
            from sim.experiments.ablation import ablate as experiment
            from sim.experiments.ablation import runs

            with progress("runs", runs(chosen, seeds, contrast)) as report:
                found = experiment(chosen, seeds, measure=measure, contrast=contrast, workers=workers, played=report)
            found.comparison.save(folder)
            found.table().to_csv(folder / "table.csv", index=False)
            _write_scenario(folder, chosen.to_dict())
            from sim.ablation_chart import ablation_picture

            ablation_picture(found).savefig(folder / "picture.png")
        _report_ablation(found, target, as_json)


@app.command()
def schema() -> None:
    """Print the JSON schema of scenario files, for editors that complete and check them."""
    with plainly():
        from sim.scenario import json_schema

        show_json(json_schema())


@app.command()
def claims(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As B1 D2 (default: all).")] = None,
    full: Annotated[bool, typer.Option("--full/--quick", help="Seeds of the documentation, or a first look.")] = False,
    folder: Annotated[Path, typer.Option("--scenarios", metavar="DIR", help="Where the scenarios are.")] = SCENARIOS,
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at a time (default: one per core).")] = None,
    docs: Annotated[bool, typer.Option("--docs", help="Renew ./docs/claims.md, claims.json and pictures.")] = False,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Examine the claims of the scenarios, one line each: verdict and effect. Writes with --out or --docs only."""
    with plainly():
        chosen = _claims(folder, names or [])
        scenarios = {claim: scenario for claim, (_, scenario) in chosen.items()}
        if out is None:
            findings = _examine(chosen, full, workers, docs)
        else:
            with output(out, force) as target:
                findings = _examine(chosen, full, workers, True)
                from sim.gallery.document import write

                write(target, findings, scenarios=scenarios)
        if docs:
            from sim.gallery.document import merged, write

            known = Path("docs") / "claims.json"
            old = known.read_text(encoding="utf-8") if known.exists() else ""
            write(Path("docs"), merged(old, findings), scenarios=scenarios)
        if as_json:
            show_json([finding.record() for finding in findings])
            return
        from sim.gallery.document import lines

        for line in lines(findings):
            show(line)
        if out is not None or docs:
            show(f"Written to {out or 'docs'}/: claims.md, claims.json and a picture each")


@app.command()
def replicate(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="As R1 R4 (default: all).")] = None,
    full: Annotated[bool, typer.Option("--full/--quick", help="Sizes of the documentation, or seconds each.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Draw simulation against theory, one picture each.")] = False,
    out: Out = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Repeat published results and compare; exit code 1 if one is missed. Writes files with --plot or --out only."""
    with plainly():
        chosen = _replications(names or [])
        if not plot and out is None:
            played = _replicate(chosen, full)
        else:
            target = out or Path("out") / "replicate"
            with output(target, force) as folder:
                played = _replicate(chosen, full)
                from sim.replications.document import write
                from sim.replications.laws import observed

                write(folder, played, markets=() if names else observed(full))
        _report_replications(played, as_json)
        if plot or out is not None:
            typer.echo(f"Written to {target}/: {', '.join(_files(target))}", err=as_json)
        if any(found.verdict == "missed" for _, found in played.values()):
            raise typer.Exit(1)


@app.command()
def fit(
    log: Annotated[Path, typer.Argument(metavar="LOG.csv", help="A line per purchase: who bought, and when.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the customers as a scenario to FILE.")] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Write a picture of the fit beside it.")] = False,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Fit up to here; forecast what follows.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column that says who bought.")] = None,
    date: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column that says when.")] = None,
    customers: Annotated[
        int | None, typer.Option(min=1, help="All were there from the start, so many, as in a run of this simulator.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    as_json: AsJson = False,
) -> None:
    """Estimate from a transaction log how often customers buy and when they leave (BG/NBD); write it as a scenario."""
    with plainly():
        from sim.analysis.bgnbd import FitError
        from sim.calibrate import fit_log

        picture = (out or Path(log.stem)).with_suffix(".png") if plot else None
        for file in (out, picture):
            if file is not None and file.exists() and not force:
                raise UsageError(f"{file}: exists already; choose another name or add --force")
        try:
            fitted = fit_log(log, until=until, customer=customer, moment=date, customers=customers)
        except FitError as error:
            raise UsageError(str(error)) from None
        try:
            if out is not None:
                out.write_text(fitted.scenario(), encoding="utf-8")
            if picture is not None:
                fitted.picture().savefig(picture)
        except OSError as error:
            raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from None
        _report_fit(fitted, [str(file) for file in (out, picture) if file is not None], as_json)


@app.command()
def story(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario, or a folder written by sim run.")],
    customer: Annotated[int | None, typer.Option(min=0, help="Number of the customer, from 0.")] = None,
    pick: Annotated[str | None, typer.Option(metavar="KIND", help="left, valuable, betrayed or hostage.")] = None,
    alternative: Annotated[str | None, typer.Option(help="One of the scenario's alternatives.")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Same life, same luck: another alternative, or PATH=VALUE.")
    ] = None,
    rounds: Annotated[str | None, typer.Option(metavar="FROM:TO", help="Tell these rounds only.")] = None,
    settings: Settings = None,
    seed: Seed = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Tell the life of one customer, replayed from the seed: what it chose and why; with a picture."""
    with plainly():
        source = _lived(scenario, settings, seed)
        span = _span(rounds)
        from sim.story import StoryError

        try:
            target = out or Path("out") / f"story-{Path(scenario).stem}"
            _tell(source, customer, pick, alternative, against, span, target, force)
        except StoryError as error:
            raise UsageError(str(error)) from error


@app.command("app")
def app_(
    scenario: Annotated[str | None, typer.Argument(metavar="[SCENARIO]", help="Shown first (else the first).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port (default: a free one).")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Serve the stepper as a page on this machine: step, go back, turn a slider, compare, open a customer's life."""
    with plainly():
        files = sorted(SCENARIOS.glob("*.toml"))
        chosen = find(scenario) if scenario else next(iter(files), None)
        if chosen is None:
            raise UsageError(f"there are no scenarios in {SCENARIOS}/; name a file: sim app FILE.toml")
        from sim.notebook.app import AppError, serve
        from sim.scenario import load

        load(chosen)  # what is wrong with it is said here, not on the page
        try:
            serve(files if chosen in files else [chosen], chosen, port, show, browser)
        except AppError as error:
            raise UsageError(str(error)) from error


cli_experiments.add(app)


def main() -> None:
    """Entry point of the command `sim`."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # how schedulers end a job: like Ctrl-C
    try:
        app()
    except SystemExit as end:
        if end.code == 130:  # after Ctrl-C: runs still going in threads would keep the process alive
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(130)
        raise


# ---------------------------------------------------------------------------------------------------------- inputs


def _lived(name: str, settings: list[str] | None, seed: int | None) -> Any:
    """A scenario, or the results in a folder written by `sim run`."""
    if (Path(name) / "results.npz").exists():
        from sim.results import Results

        if settings or seed is not None:
            raise UsageError(f"{name}: is a finished run; --set and --seed belong to a scenario")
        return Results.load(name)
    return loaded(name, settings, None, seed)


def _span(text: str | None) -> tuple[int | None, int | None]:
    """First and last round of FROM:TO; either may be left out. Raises UsageError."""
    first, colon, last = (text or ":").partition(":")
    if not colon or not all(part.isdigit() or not part for part in (first, last)):
        raise UsageError(f"--rounds {text}: give the first and the last round, as 10:40, 10: or :40")
    return int(first) if first else None, int(last) if last else None


def _tell(
    source: Any, customer: int | None, kind: str | None, alternative: str | None, against: str | None,
    span: tuple[int | None, int | None], target: Path, force: bool,
) -> None:  # fmt: skip
    """Write and print a life; with `against`, also the other one and how the two markets part."""
    from sim.story import biography, counterfactual, pick, played, worlds

    if customer is not None and kind is not None:
        raise UsageError("--customer and --pick: give one of them")
    scenario, _, length, _ = played(source, alternative, None, None)
    other = name = None
    if against is not None:
        other, name = _other_world(source, scenario, against)
    with output(target, force) as folder:
        if customer is None:
            customer = pick(source, kind or "valuable", alternative=alternative)
        last = min(span[1] or length, length)
        told = (span[0] or 1, last)
        if other is None:
            life = biography(source, customer, alternative=alternative, rounds=last)
            text = life.text(told)
            life.picture(told).savefig(folder / "picture.png")
        else:
            fork = counterfactual(source, customer, other, alternative=alternative, rounds=last, name=name)
            both = zip(fork.names, (fork.fact, fork.other), strict=True)
            text = "\n\n\n".join([fork.text(), *(f"{title}\n\n{life.text(told)}" for title, life in both)])
            fork.picture(told).savefig(folder / "picture.png")
            markets = worlds(scenario, other, seed=fork.fact.seed, rounds=last, names=fork.names)
            (folder / "market.txt").write_text(f"{markets}\n", encoding="utf-8")
            markets.picture().savefig(folder / "market.png")
        (folder / "story.txt").write_text(f"{text}\n", encoding="utf-8")
    show(text if other is None else f"{fork}\n\nThe whole market. {markets}")
    show(f"\nWritten to {target}/: {', '.join(_files(target))}")


def _other_world(source: Any, scenario: Scenario, against: str) -> tuple[Scenario, str]:
    """The world of `against`: an alternative, or the same scenario with a change PATH=VALUE."""
    from sim.results import Results
    from sim.scenario import parse_setting

    if "=" in against:
        return scenario.with_changes(dict([parse_setting(against)])), against
    if isinstance(source, Results):
        raise UsageError("a finished run holds no alternatives; give --against PATH=VALUE, or name the scenario")
    return source.alternative(against), against


def _scenarios(folder: Path) -> list[dict[str, str]]:
    """Name, claim and title of every scenario file of a folder; read, not validated."""
    import tomllib

    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; name the one with the scenario files: sim list FOLDER")
    rows = []
    for file in sorted(folder.glob("*.toml")):
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            given = {"title": f"cannot be read: {error}"}
        rows.append({"name": file.stem, "claim": str(given.get("claim", "")), "title": str(given.get("title", ""))})
    return rows


# --------------------------------------------------------------------------------------------------------- outputs


def _write_scenario(folder: Path, scenario: dict[str, Any]) -> None:
    text = json.dumps(scenario, indent=2, ensure_ascii=False) + "\n"
    (folder / "scenario-as-run.json").write_text(text, encoding="utf-8")


def _files(target: Path) -> list[str]:
    return sorted(path.name for path in target.iterdir())


def _report_run(results: Results, target: Path, as_json: bool) -> None:
    from sim.analysis.metrics import METRICS, readable

    values = {name: metric.of(results) for name, metric in METRICS.items()}
    own = [name for name, metric in METRICS.items() if metric.per_firm]
    if as_json:
        firms = {
            firm: {"strategy": results.strategies[j]} | {name: float(values[name][j]) for name in own}
            for j, firm in enumerate(results.firms)
        }
        market = {name: value for name, value in values.items() if name not in own}
        summary = {"title": results.title, "seed": results.seed, "rounds": results.rounds, "firms": firms}
        show_json(summary | {"market": market, "folder": str(target), "files": _files(target)})
        return
    shown = [name for name in RUN_TABLE if name in own]
    firms = table(results.title, "firm", "strategy", *(METRICS[name].label for name in shown), numbers_from=2)
    for j, firm in enumerate(results.firms):
        numbers = (readable(values[name][j], METRICS[name].unit) for name in shown)
        fill(firms, firm, results.strategies[j], *numbers)
    show(firms)
    show(f"One run of {results.rounds} rounds, seed {results.seed}; sim compare tells how sure a difference is.")
    show(f"Written to {target}/: {', '.join(_files(target))}")


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
        show_json(summary | {"folder": str(target), "files": _files(target)})
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
    show(f"Written to {target}/: {', '.join(_files(target))}")


def _report_ablation(found: Ablation, target: Path, as_json: bool) -> None:
    from sim.analysis.metrics import readable, readable_interval
    from sim.experiments.ablation import called

    rows, seeds = found.rows(), found.comparison.seeds.tolist()
    if as_json:
        summary = {"title": found.title, "headline": found.headline(), "measure": found.measure, "unit": found.unit}
        listed = [row._asdict() | {"without": row.without._asdict(), "change": row.change._asdict()} for row in rows]
        show_json(summary | {"seeds": seeds, "rows": listed, "folder": str(target), "files": _files(target)})
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
    show(f"Written to {target}/: {', '.join(_files(target))}")


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
    from sim.gallery.why import why

    findings = []
    with progress("runs", sum(runs(scenario, full) for _, scenario in chosen.values())) as report:
        for name, scenario in chosen.values():
            finding = examine(scenario, full=full, name=name, workers=workers, played=report)
            findings.append(replace(finding, why=why(scenario, finding, workers)) if explain else finding)
    return findings


def _replications(names: list[str]) -> dict[str, Any]:
    """The replications of these names, in the order of their numbers; all if there are none. Raises UsageError."""
    from sim.replications import replications
    from sim.scenario_errors import did_you_mean

    known = replications()
    wanted = {name.upper() for name in names}
    for name in names:
        if name.upper() not in known:
            near = did_you_mean(name.upper(), list(known))
            raise UsageError(f'there is no replication "{name}"{near}; there are: {", ".join(known)}')
    return {name: item for name, item in known.items() if not wanted or name in wanted}


def _replicate(chosen: dict[str, Any], full: bool) -> dict[str, Any]:
    """Name -> (replication, what it found)."""
    played = {}
    with progress("replications", len(chosen)) as report:
        for name, replication in chosen.items():
            played[name] = (replication, replication.run(full))
            if report is not None:
                report(1)
    return played


def _report_replications(played: dict[str, Any], as_json: bool) -> None:
    from sim.replications.document import rows

    if as_json:
        show_json(
            {
                name: {
                    "title": replication.title,
                    "level": replication.level,
                    "source": replication.source,
                    "verdict": found.verdict,
                    "checks": [
                        {
                            "what": check.what, "target": check.target, "measured": check.measured,
                            "interval": check.interval, "tolerance": check.tolerance, "bound": check.bound,
                            "verdict": check.verdict,
                        }
                        for check in found.checks
                    ],
                }
                for name, (replication, found) in played.items()
            }
        )  # fmt: skip
        return
    for name, (replication, found) in played.items():
        cells = table(f"{name}  {replication.title}", "", "target", "measured", "95 % interval", "tolerance", "verdict")
        for row in rows(found):
            fill(cells, *row, bold=row[-1] != "reproduced")
        show(cells)
    verdicts = [found.verdict for _, found in played.values()]
    counts = [f"{verdicts.count(kind)} {kind}" for kind in ("reproduced", "missed", "undecided") if kind in verdicts]
    show(f"Replications: {', '.join(counts)}.")


def _report_fit(fitted: FittedLog, files: list[str], as_json: bool) -> None:
    from sim.analysis.bgnbd import NAMES

    fit, unit = fitted.fit, fitted.purchases.unit
    estimates = dict(zip(NAMES, zip(fit.parameters.tolist(), fit.errors.tolist(), strict=True), strict=True))
    split = fitted.last > fitted.end
    if as_json:
        summary = {"log": fitted.name, "unit": unit, "customers": fit.customers, "log_likelihood": fit.log_likelihood}
        summary |= {"repeats": int(fitted.known.repeats.sum()), "doubts": list(fit.doubts), "files": files}
        summary["parameters"] = {n: {"estimate": value, "error": error} for n, (value, error) in estimates.items()}
        show_json(summary | ({"forecast": fitted.forecast, "actual": fitted.actual} if split else {}))
        return
    meaning = (f"shape of purchase rates; mean r/alpha = {fit.r / fit.alpha:.3g} a {unit}", f"their rate, in {unit}s")
    meaning += (f"attrition after a purchase; mean a/(a+b) = {fit.a / (fit.a + fit.b):.3g}", "")
    numbers = table(f"BG/NBD of {fitted.name}", "parameter", "meaning", "estimate", "standard error", numbers_from=2)
    for (name, (value, error)), words in zip(estimates.items(), meaning, strict=True):
        fill(numbers, name, words, f"{value:.4f}", f"{error:.4f}" if error == error else "not known")
    show(numbers)
    span = f"{fitted.known.repeats.sum():.0f} repeat purchases in up to {fitted.known.length.max():.1f} {unit}s"
    show(f"{fit.customers} customers, {span}; log-likelihood {fit.log_likelihood:.2f}.")
    if split:
        show(f"After that: {fitted.forecast:.0f} repeat purchases were to be expected, {fitted.actual} came.")
    for doubt in fit.doubts:
        show(f"Careful: {doubt}.")
    if files:
        show(f"Written: {', '.join(files)}")
