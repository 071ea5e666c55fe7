"""Compare the alternatives of a scenario over paired seeds.

Replication r uses seed `seed + r` in every alternative: the same customers with the same luck meet another strategy, so
a difference between two alternatives is the strategy's doing. What is compared is the *focus* firm of each alternative.
A scenario without alternatives compares the firms of its one market with each other.

A comparison is an experiment like any other: a design (`sim.experiments.design`) in which nothing is varied, played by
the same crew (`sim.experiments.executors`). Its runs are kept in memory, or in a folder to go on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.inference import next_size
from sim.analysis.metrics import METRICS
from sim.experiments.comparison import Comparison
from sim.experiments.design import BARE, Arm, Design, grid
from sim.experiments.executors import execute
from sim.experiments.goal import Goal, goal_of
from sim.experiments.manifest import RunsMissing, command
from sim.experiments.memory import Kept, Memory, Rounds
from sim.experiments.pools import Players, opened
from sim.experiments.progress import Progress, Report, Watched, shown
from sim.experiments.store import Store
from sim.experiments.sweep import run_missing
from sim.in_words import ArgumentError, whole
from sim.machine import cores
from sim.results import Results
from sim.scenario_errors import Problem, ScenarioError, not_one_of

if TYPE_CHECKING:
    from sim.scenario import Scenario
    from sim.scenario_market import Market

Simulate = Callable[..., Results]
ALTERNATIVES, FIRMS = "comparison", "comparison of firms"  # kinds of designs


def compare(
    scenario: Scenario,
    seeds: int = 20,
    *,
    seed: int | None = None,
    rounds: int | None = None,
    window: tuple[int, int] | None = None,
    measures: Sequence[str] = (),
    halfwidth: float | None = None,
    measure: str = "discounted_profit",
    at_most: int = 200,
    out: str | Path | None = None,
    workers: int | None = None,
    executor: Players = "auto",
    progress: Progress = None,
    simulate: Simulate | None = None,
) -> Comparison:
    """Run every alternative of `scenario` with the seeds seed, seed + 1, ..., seed + seeds - 1.

    seed       base seed (default the scenario's), rounds: horizon (default the scenario's)
    window     instead of rounds: first and last round of what is measured (default all); runs end with it, and money is
               discounted to the start of it
    measures   further measures to take than those that every run allows: `METRICS` says which need dyads or a log
    measure    what decides who is ahead; measured in any case
    halfwidth  add seeds until the 95 % interval of every paired difference of `measure` to the baseline is this narrow
               (±), or there are `at_most`; see `sim.analysis.inference.next_size`
    out        keep all runs in this folder (`sim.experiments.store`); called again, only what is new is run
    workers    runs at a time (default one per core); the numbers do not depend on it
    executor   as in `sim.experiments.executors.execute`: "threads" (the compiled driver works outside Python's lock),
               "processes" (for strategies that think in Python; they must then be importable), "auto" (the first, and
               the second where they are held up and it can be), …
    progress   None: a bar in a terminal or notebook; True: elsewhere a line now and then; False: nothing; or a function
               that is given the `Counts`
    simulate   what runs one scenario (default `sim.run.simulate`); not together with `out`

    Raises ValueError for a bad argument, ScenarioError when an alternative is not valid or of another length,
    StoreError for a folder that cannot be used.
    """
    whole("seeds", seeds, 1)
    if out is not None and simulate is not None:
        raise ArgumentError("simulate: runs in a folder are those of sim.run.simulate; give one of the two")
    for name in (*measures, measure):
        if name not in METRICS:
            raise ArgumentError(f"measure: {not_one_of(name, 'a measure', METRICS)}")
    if not scenario.alternatives and not METRICS[measure].per_firm:
        raise ArgumentError(f"measure = {measure!r}: is one number for the whole market; it tells no firm from another")
    if rounds is not None and window is not None:
        raise ArgumentError(f"rounds = {rounds}, window = {window}: runs end with the window; give one of the two")
    taken = (*measures, measure)
    if window is None and rounds is not None:
        window = (1, rounds)
    plan = plan_of(scenario, seeds, seed=seed, window=window)
    goal = goal_of(halfwidth, at_most, seeds)
    # threads are made anew for every few runs; other players are there before anything is written, and stay
    with nullcontext(executor) if executor in ("auto", "threads") else opened(executor, workers) as players:
        crew = {"workers": workers, "executor": players, "progress": progress}
        if out is None:
            return _play(Memory(plan, taken, simulate), scenario, measure, goal, **crew).by(measure)
        with Store.create(Path(out), plan, measures=taken, series=True) as store:
            return _play(store, scenario, measure, goal, **crew).by(measure)


def plan_of(
    scenario: Scenario, seeds: int = 20, *, seed: int | None = None, window: tuple[int, int] | None = None
) -> Design:
    """The design that `compare` runs: an arm for each alternative, or for each firm of the one market."""
    if scenario.alternatives:
        plan = grid(scenario, (), seeds, seed=seed)
        plan = replace(plan, kind=ALTERNATIVES, arms=tuple(replace(arm, window=window) for arm in plan.arms))
    else:
        bare, first = scenario.with_changes(BARE), scenario.seed if seed is None else seed
        firms = tuple((firm.name, firm.strategy.kind) for firm in scenario.firms)
        arms = (Arm({}, name, name, {}, (first, seeds), window, bare.hash, firms) for name, _ in firms)
        plan = Design(bare, tuple(arms), FIRMS, (), firms[0][0], scenario.title)
    lengths = {_market(plan, arm).rounds for arm in plan.arms}
    if window is None and len(lengths) > 1:
        given = " and ".join(map(str, sorted(lengths)))
        raise ScenarioError(
            [Problem("alternatives", f"run for {given} rounds; to be compared they must last equally long")]
        )
    return plan


# ------------------------------------------------------------------------------------------------------------ parts


def _market(plan: Design, arm: Arm) -> Market:
    """The market of an arm; its scenario is made only where the market is another than that of all."""
    changed = any(path.partition(".")[0] == "market" for path in arm.changes)
    return (plan.play(arm) if changed else plan.scenario).market


def _play(
    runs: Memory | Store, scenario: Scenario, measure: str, goal: Goal | None, *, workers: int | None,
    executor: Players, progress: Progress,
) -> Comparison:  # fmt: skip
    """Play what is missing and, with a goal for a measure, more until it is reached."""
    with shown(progress) as report:
        while True:
            if isinstance(runs, Store):
                run_missing(runs, workers, executor, report)
            else:
                _run_missing(runs, workers, executor, report)
            found = _gathered(scenario, runs.design, _rows(runs))
            wanted = goal and next_size(found.differences(measure), *goal)
            if wanted is None:
                return found
            arms = tuple(replace(arm, seeds=(arm.seeds[0], wanted)) for arm in runs.design.arms)
            runs.extend(replace(runs.design, arms=arms))


def _run_missing(runs: Memory, workers: int | None, executor: Players, report: Report) -> None:
    """`run_missing` for runs in memory."""
    counts, points = runs.counts(), runs.missing()
    hands = len(points) if len(points) < (workers or cores()) else workers  # a lone run may use all cores
    options = {"executor": executor, "workers": hands, "total": len(points)}
    execute(Watched(runs, counts, report), runs.setup, iter(points), **options)


def _rows(runs: Memory | Store) -> Iterator[Kept]:
    """Every run with its rounds. Raises RunsMissing where some failed."""
    if isinstance(runs, Memory):
        yield from runs.rows()
        return
    if failed := runs.counts().failed:
        raise RunsMissing(
            f"{runs.folder}: {failed} runs failed, hence no comparison: {command('status', runs.folder, '--failures')}"
        )
    made = {"driver": "compiled", "numbers_version": runs.manifest["numbers_version"]} | runs.manifest["provenance"]
    for point, measures in runs.rows():
        accounts, market = runs.series(point)
        own = {"scenario_hash": point.arm.hash, "seed": point.seed}
        yield Kept(point, measures, Rounds(accounts, market, own | made))


def _gathered(scenario: Scenario, plan: Design, rows: Iterable[Kept]) -> Comparison:
    """The comparison of all runs of a design, given in its order."""
    table: list[list[tuple[Kept, int]]] = [[] for _ in plan.arms]  # arm by arm, with the place of the focus firm
    for each in rows:
        arm = each.point.arm
        table[each.point.number].append((each, [name for name, _ in arm.firms].index(arm.focus)))
    one = table[0][0][0]
    first, many = plan.arms[0].seeds
    return Comparison(
        scenario=scenario.to_dict(),
        names=[arm.alternative for arm in plan.arms],
        firms=[arm.focus for arm in plan.arms],
        strategies=[dict(arm.firms)[arm.focus] for arm in plan.arms],
        baseline=scenario.baseline or plan.arms[0].alternative,  # a folder may know an older one
        rates=[_market(plan, arm).discount_rate for arm in plan.arms],
        within=plan.kind == FIRMS and len(plan.arms) > 1,
        seeds=np.arange(first, first + many),
        measures={
            name: np.array([[each.measures[name][j if metric.per_firm else 0] for each, j in row] for row in table])
            for name, metric in METRICS.items()
            if name in one.measures
        },
        accounts={
            name: np.array([[each.rounds.accounts[name][:, j] for each, j in row] for row in table])
            for name in one.rounds.accounts
        },
        market={
            name: np.array([[each.rounds.market[name] for each, _ in row] for row in table])
            for name in one.rounds.market
        },
        provenance=one.rounds.provenance | {"given": scenario.given},  # of the scenario, not of an alternative
    )
