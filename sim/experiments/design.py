"""What an experiment runs: arms (a scenario with changes by dotted path), each with its seeds.

A grid, a Latin hypercube, a Sobol sequence, Morris trajectories, Saltelli's blocks, a list in a file and the factors
declared in a scenario file all become the same thing, a `Design`. Its conditions (combinations of factor levels) meet
every alternative of the scenario with the same seeds, so that all comparisons are paired. Every arm is validated when
the design is made: a design that exists can be run.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.experiments.axes import Axis, Range, Values, level_of, numbers, value_of
from sim.in_words import ArgumentError, whole
from sim.scenario import Scenario, parse_setting
from sim.scenario_actors import Alternative
from sim.scenario_errors import Problem, ScenarioError
from sim.scenario_questions import Level

BARE = {"alternatives": [], "baseline": "", "factors": [], "examination": None}  # nothing left to choose or to ask


@dataclass(frozen=True)
class Arm:
    """One scenario to run and the seeds to run it with.

    factors       name -> level, as numbers where they are; alternative: its name, "" where there is none
    focus         the firm whose profit decides; changes: dotted path -> value, made to the bare scenario
    seeds         (first, how many); window: rounds that are measured, None for all
    hash          of the scenario as run; firms: (name, kind of strategy) of each
    group         number of Morris's trajectory, or of Saltelli's block
    """

    factors: dict[str, Any]
    alternative: str
    focus: str
    changes: dict[str, Any]
    seeds: tuple[int, int]
    window: tuple[int, int] | None = None
    hash: str = ""
    firms: tuple[tuple[str, str], ...] = ()
    group: int | None = None

    def record(self) -> dict[str, Any]:
        """The arm as JSON can say it."""
        return asdict(self)

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Arm:
        """The arm that gave this record."""
        window = record["window"] and tuple(record["window"])
        firms = tuple((name, kind) for name, kind in record["firms"])
        return cls(**{**record, "seeds": tuple(record["seeds"]), "window": window, "firms": firms})


class Point(NamedTuple):
    """One run: the arm, its number in the design, and the seed."""

    number: int
    arm: Arm
    seed: int


@dataclass(frozen=True, eq=False)
class Design:
    """The points of an experiment. `kind` says how they were chosen, `factors` what was varied, in order."""

    scenario: Scenario  # bare
    arms: tuple[Arm, ...]
    kind: str = "list"
    factors: tuple[str, ...] = ()
    baseline: str = ""
    title: str = ""
    paths: dict[str, str] = field(default_factory=dict)  # factor -> dotted path, for axes of charts

    def __len__(self) -> int:
        return sum(arm.seeds[1] for arm in self.arms)

    def points(self) -> Iterator[Point]:
        """Every run, arm by arm."""
        for number, arm in enumerate(self.arms):
            for seed in range(arm.seeds[0], arm.seeds[0] + arm.seeds[1]):
                yield Point(number, arm, seed)

    def play(self, arm: Arm) -> Scenario:
        """The scenario of an arm."""
        return self.scenario.with_changes(arm.changes | {"focus": arm.focus})


# ------------------------------------------------------------------------------------------------------ the designs


def grid(scenario: Scenario, axes: Sequence[Axis], seeds: int = 10, **options: Any) -> Design:
    """Every combination of levels, the last factor fastest. Raises ScenarioError for what cannot be run."""
    if ranges := [axis for axis in axes if isinstance(axis, Range)]:
        message = f"a grid needs values: {ranges[0].path}={ranges[0].low:g}:{ranges[0].high:g}:5 or v,w,x"
        raise ScenarioError([Problem(ranges[0].path, message)], "design")
    conditions = itertools.product(*(axis.choices for axis in axes))
    return _design("grid", scenario, axes, ((levels, None) for levels in conditions), seeds, **options)


def latin(scenario: Scenario, axes: Sequence[Axis], points: int, seeds: int = 1, **options: Any) -> Design:
    """Latin hypercube: each factor's range is cut into `points` slices and each slice is used once.

    Source: McKay, Beckman & Conover 1979, Technometrics 21.
    """
    from scipy.stats import qmc

    shares = qmc.LatinHypercube(_dimensions(axes), rng=scenario.seed).random(whole("points", points, 1))
    return _sampled("latin", scenario, axes, shares, seeds, **options)


def sobol(scenario: Scenario, axes: Sequence[Axis], points: int, seeds: int = 1, **options: Any) -> Design:
    """Scrambled Sobol sequence; the number of points is a power of two, without which it loses its balance.

    Source: Owen 1998, Scrambling Sobol' and Niederreiter-Xing points, Journal of Complexity 14.
    """
    from scipy.stats import qmc

    shares = qmc.Sobol(_dimensions(axes), rng=scenario.seed).random_base2(_power(points))
    return _sampled("sobol", scenario, axes, shares, seeds, **options)


def morris(
    scenario: Scenario, axes: Sequence[Axis], trajectories: int, seeds: int = 1, *, levels: int = 4, **options: Any
) -> Design:
    """Trajectories that change one factor after the other by delta = p / 2(p - 1), p the number of levels (even).

    Raises ScenarioError for a list of numbers: a step of delta must be one of the effect's range, not from value to
    value. Source: Morris 1991, Factorial sampling plans for preliminary computational experiments, Technometrics 33.
    """
    if levels < 2 or levels % 2:
        raise ArgumentError(f"levels = {levels}: Morris needs an even number of levels, 4 for example")
    if problems := [Problem(axis.path or axis.name, why) for axis in axes if (why := _stepless(axis, levels))]:
        raise ScenarioError(problems, "design")
    k, delta = _dimensions(axes), levels / (2 * (levels - 1))
    rng = np.random.default_rng(scenario.seed)
    shares = np.empty((whole("trajectories", trajectories, 1), k + 1, k))
    for path in shares:
        start = rng.integers(0, levels // 2, k) / (levels - 1)
        down = rng.random(k) < 0.5  # half of the steps go down
        path[:] = np.where(down, start + delta, start)
        for step, factor in enumerate(rng.permutation(k), start=1):
            path[step:, factor] = start[factor] if down[factor] else start[factor] + delta
    groups = np.repeat(np.arange(trajectories), k + 1).tolist()
    return _sampled("morris", scenario, axes, shares.reshape(-1, k), seeds, groups=groups, **options)


def saltelli(scenario: Scenario, axes: Sequence[Axis], points: int, seeds: int = 1, **options: Any) -> Design:
    """Saltelli's design for shares of variance: `points` (a power of two) blocks of k + 2 conditions.

    A block holds a point of each of two Sobol samples, and between them the first with one factor after the other from
    the second. Raises ValueError where SALib, which makes it, is not installed. Source: Saltelli et al. 2010.
    """
    try:
        from SALib.sample import sobol as sample
    except ImportError:
        raise ArgumentError("a saltelli design needs SALib: pip install 'buyer-seller-sim[analysis]'") from None
    k = _dimensions(axes)
    problem = {"num_vars": k, "names": [axis.name for axis in axes], "bounds": [[0.0, 1.0]] * k}
    shares = sample.sample(problem, 2 ** _power(points), calc_second_order=False, seed=scenario.seed)
    groups = np.repeat(np.arange(points), k + 2).tolist()
    return _sampled("saltelli", scenario, axes, shares, seeds, groups=groups, **options)


def listed(scenario: Scenario, file: str | Path, seeds: int = 10, **options: Any) -> Design:
    """One condition a line of a CSV file, whose columns are dotted paths; values are written as in TOML.

    An empty cell leaves the entry as it is. Raises ScenarioError that names the line of what is wrong.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            paths, rows = [path.strip() for path in reader.fieldnames or ()], list(reader)
    except FileNotFoundError:
        raise ScenarioError([Problem("", "there is no such file")], str(file)) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError([Problem("", f"cannot be read as a table: {reason}")], str(file)) from error
    if not rows:
        raise ScenarioError([Problem("", "is empty: a line of dotted paths and a line per condition")], str(file))
    if not all(paths):
        raise ScenarioError([Problem("line 1", f"column {paths.index('') + 1} has no dotted path")], str(file))
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise ScenarioError([Problem("line 1", f"{', '.join(twice)} has two columns; give it one")], str(file))
    problems, conditions = [], []
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            problems.append(Problem(f"line {number}", f"has not {len(paths)} cells, as the first line has"))
            continue
        given = [(path, cell.strip()) for path, cell in zip(paths, row.values(), strict=True)]
        changes = [dict([parse_setting(f"{path}={cell}")]) if cell else {} for path, cell in given]
        # an empty cell needs a name too, since a level has one
        levels = [Level(name=cell or "-", set=change) for (_, cell), change in zip(given, changes, strict=True)]
        conditions.append((levels, None))
    if problems:
        raise ScenarioError(problems, str(file))
    axes = [Values(path, path, ()) for path in paths]
    names = [f"line {number}" for number in range(2, len(rows) + 2)]
    return _design("list", scenario, axes, conditions, seeds, names=names, source=str(file), **options)


# ------------------------------------------------------------------------------------------------------------ parts


def _sampled(
    kind: str, scenario: Scenario, axes: Sequence[Axis], shares: np.ndarray, seeds: int, *,
    groups: Iterable[int | None] | None = None, **options: Any,
) -> Design:  # fmt: skip
    """A design of points in the unit cube, shares (n, k)."""
    conditions = [[level_of(axis, share) for axis, share in zip(axes, row, strict=True)] for row in shares.tolist()]
    pairs = zip(conditions, groups or itertools.repeat(None), strict=False)
    return _design(kind, scenario, axes, pairs, seeds, **options)


def _unusable(axis: Axis, kind: str) -> Problem | None:
    """What is wrong with a factor whatever the scenario: no levels, the same level twice, or the seed."""
    if axis.path == "seed":
        return Problem("seed", "is not varied: every condition meets the same seeds; say how many with --seeds")
    if isinstance(axis, Range) or kind == "list":
        return None
    levels = list(axis.choices)
    if not levels:
        return Problem(axis.path or axis.name, "has no levels; give one or more")
    if twice := [level.name for at, level in enumerate(levels) if level in levels[:at]]:
        return Problem(axis.path or axis.name, f"has the level {twice[0]} twice, which would count as two conditions")
    return None


def _stepless(axis: Axis, levels: int) -> str:
    """Why a factor cannot be moved by a step of so many levels; "" where it can: a range, names, or yes and no."""
    if not isinstance(axis, Range):
        listed = numbers(value_of(axis, level) for level in axis.choices)
        return (
            "a morris design moves numbers through a range: give a range path=0:1 instead of values" if listed else ""
        )
    few = axis.whole and axis.high - axis.low + 1 < levels
    return f"{axis.low:g} to {axis.high:g} are fewer whole numbers than the {levels} levels of morris" if few else ""


def _power(points: int) -> int:
    """Of two, that gives so many points. Raises ArgumentError for other numbers."""
    power = math.log2(whole("points", points, 1))
    if power != int(power):
        near = f"{2 ** int(power)} or {2 ** (int(power) + 1)}"
        raise ArgumentError(f"points = {points}: a Sobol sequence needs a power of two, such as {near}")
    return int(power)


def _design(
    kind: str, scenario: Scenario, axes: Sequence[Axis], conditions: Iterable[tuple[Sequence[Level], int | None]],
    seeds: int, *, seed: int | None = None, names: Sequence[str] | None = None, source: str = "design",
    checked: Callable[[int], None] | None = None,
) -> Design:  # fmt: skip
    """Cross conditions with alternatives and validate every arm; `checked` is told of every condition done."""
    named = tuple(axis.name for axis in axes)
    if len(set(named)) < len(named):
        raise ScenarioError([Problem("", f"something is varied twice: {', '.join(named)}")], "design")
    if wrong := [problem for axis in axes if (problem := _unusable(axis, kind))]:
        raise ScenarioError(wrong, source)
    replications = (scenario.seed if seed is None else whole("seed", seed, 0), whole("seeds", seeds, 1))
    bare, arms, problems = scenario.with_changes(BARE), [], []
    places: dict[str, list[str]] = {}
    for number, (levels, group) in enumerate(conditions):
        if number == 0 and kind != "list":
            problems += _without_effect(scenario, bare, axes, levels)
        where = names[number] if names else ", ".join(f"{a.name} = {v.name}" for a, v in zip(axes, levels, strict=True))
        try:
            arms += [replace(arm, seeds=replications, group=group) for arm in _arms(scenario, bare, axes, levels)]
        except ScenarioError as error:
            for problem in error.problems:
                places.setdefault(str(problem), []).append(where)
        if checked is not None:
            checked(1)
    for words, (first, *others) in places.items():  # what is wrong everywhere is said once
        problems.append(Problem(first + (f" (and {len(others)} more)" if others else ""), words))
    if problems:
        raise ScenarioError(problems, source)
    paths = {axis.name: axis.path for axis in axes}
    return Design(bare, tuple(arms), kind, named, scenario.baseline, scenario.title, paths)


def _arms(scenario: Scenario, bare: Scenario, axes: Sequence[Axis], levels: Sequence[Level]) -> list[Arm]:
    """One condition under every alternative (under none where there are none). Raises ScenarioError."""
    factors = {axis.name: value_of(axis, level) for axis, level in zip(axes, levels, strict=True)}
    window = next((level.window for level in reversed(levels) if level.window), None)
    found = []
    for item in scenario.alternatives or (Alternative(name="-"),):
        name = item.name if scenario.alternatives else ""
        changes: dict[str, Any] = {}
        for more in (*(level.set for level in levels), item.set, *(v.alternatives.get(name, {}) for v in levels)):
            changes |= more
        played = bare.with_changes(changes | {"focus": item.focus or scenario.focus})
        firms = tuple((firm.name, firm.strategy.kind) for firm in played.firms)
        found.append(Arm(factors, name, played.focus, changes, (0, 1), window, played.hash, firms))
    return found


def _without_effect(
    scenario: Scenario, bare: Scenario, axes: Sequence[Axis], levels: Sequence[Level]
) -> Iterator[Problem]:
    """Factors that change nothing whatever their level, as when every alternative overwrites what is varied."""
    for at, axis in enumerate(axes):
        both = []
        for share in (0.0, 1.0):
            chosen = [*levels[:at], level_of(axis, share), *levels[at + 1 :]]
            try:
                both.append([(arm.hash, arm.window) for arm in _arms(scenario, bare, axes, chosen)])
            except ScenarioError:
                break  # said where the condition itself is made
        if len(both) == 2 and both[0] == both[1] and level_of(axis, 0.0) != level_of(axis, 1.0):
            message = "makes no difference: what is varied is overwritten; vary it as alternative>path=…"
            yield Problem(axis.name, message)


def _dimensions(axes: Sequence[Axis]) -> int:
    if not axes:
        raise ScenarioError([Problem("", "nothing is varied; say what, for example path=0:1")], "design")
    return len(axes)
