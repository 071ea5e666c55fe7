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

from sim.scenario import Scenario, parse_setting
from sim.scenario_actors import Alternative
from sim.scenario_errors import Problem, ScenarioError, not_one_of
from sim.scenario_questions import Factor, Level, written

BARE = {"alternatives": [], "baseline": "", "factors": [], "examination": None}  # nothing left to choose or to ask


@dataclass(frozen=True)
class Values:
    """A factor with these values; like a `Factor` of a scenario file, but named after its path."""

    name: str
    path: str
    values: tuple[Any, ...]
    alternative: str = ""  # the entry is that of this alternative alone; else of the scenario

    @property
    def choices(self) -> tuple[Level, ...]:
        """The levels."""
        return tuple(_set(self, value) for value in self.values)


@dataclass(frozen=True)
class Range:
    """A factor that may take any number from `low` to `high`; whole numbers only where the entry holds one."""

    name: str
    path: str
    low: float
    high: float
    whole: bool = False
    alternative: str = ""

    def level(self, share: float) -> Level:
        """The level `share` (0 to 1) of the way up."""
        if self.whole:  # every whole number gets an equal part of the way
            value = math.floor(self.low + share * (self.high - self.low + 1))
            return _set(self, min(int(self.high), value))
        return _set(self, self.low + share * (self.high - self.low))


def _set(axis: Values | Range, value: Any) -> Level:
    change = {axis.path: value}
    if axis.alternative:
        return Level(name=written(value), alternatives={axis.alternative: change})
    return Level(name=written(value), set=change)


type Axis = Factor | Values | Range


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


def numbers(levels: Iterable[Any]) -> bool:
    """Are all levels of a factor numbers, and not names or yes and no?"""
    return all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in levels)


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


def declared(scenario: Scenario, seeds: int = 10, **options: Any) -> Design:
    """Every combination of the factors that the scenario file declares. Raises ScenarioError where it declares none."""
    if not scenario.factors:
        raise ScenarioError([Problem("factors", "there are none; declare some, or say what to vary")])
    return grid(scenario, scenario.factors, seeds, **options)


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

    shares = qmc.LatinHypercube(_dimensions(axes), rng=scenario.seed).random(_at_least(points, 1))
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

    Source: Morris 1991, Factorial sampling plans for preliminary computational experiments, Technometrics 33.
    """
    if levels < 2 or levels % 2:
        raise ValueError(f"levels = {levels}: Morris needs an even number of levels, 4 for example")
    k, delta = _dimensions(axes), levels / (2 * (levels - 1))
    rng = np.random.default_rng(scenario.seed)
    shares = np.empty((_at_least(trajectories, 1), k + 1, k))
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
        raise ValueError("a saltelli design needs SALib: pip install 'buyer-seller-sim[analysis]'") from None
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
            rows = list(csv.DictReader(stream, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError([Problem("", f"cannot be read as a table: {error}")], str(file)) from error
    if not rows:
        raise ScenarioError([Problem("", "is empty: a line of dotted paths and a line per condition")], str(file))
    paths, problems, conditions = list(rows[0]), [], []
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            problems.append(Problem(f"line {number}", f"has not {len(paths)} cells, as the first line has"))
            continue
        given = [(path, cell.strip()) for path, cell in row.items()]
        changes = [dict([parse_setting(f"{path}={cell}")]) if cell else {} for path, cell in given]
        # an empty cell needs a name too, since a level has one
        levels = [Level(name=cell or "-", set=change) for (_, cell), change in zip(given, changes, strict=True)]
        conditions.append((levels, None))
    if problems:
        raise ScenarioError(problems, str(file))
    axes = [Values(path, path, ()) for path in paths]
    names = [f"line {number}" for number in range(2, len(rows) + 2)]
    return _design("list", scenario, axes, conditions, seeds, names=names, source=str(file), **options)


def conditions_of(axes: Sequence[Axis]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(name -> level, changes) of every combination of levels; one empty condition where nothing is varied."""
    for levels in itertools.product(*(axis.choices for axis in axes)):
        changes: dict[str, Any] = {}
        for level in levels:
            changes |= level.set
        yield {axis.name: _value(axis, level) for axis, level in zip(axes, levels, strict=True)}, changes


def vary(scenario: Scenario, text: str) -> Axis:
    """What is varied, as the command line says it; values as in TOML.

    `path=1,2,3` values; `path=1:3` a range; `path=1:3:5` five values from 1 to 3. `name>path=…` concerns one
    alternative alone. Raises ScenarioError where the text cannot be read.
    """
    place, equals, given = text.partition("=")
    alternative, arrow, path = (part.strip() for part in place.rpartition(">"))
    parts = [part.strip() for part in given.split(":" if _is_range(given) else ",")]
    if not equals or not path or not all(parts):
        message = f'"{text}" says not what to vary; write path=1,2,3 or path=0:1 or path=0:1:5'
        raise ScenarioError([Problem("", message)], "--vary")
    if arrow and alternative not in (known := [item.name for item in scenario.alternatives]):
        raise ScenarioError([Problem("", not_one_of(alternative, "an alternative here", known))], "--vary")
    name = f"{alternative}: {path}" if alternative else path
    if not _is_range(given):
        values = [parse_setting(f"{path}={part}")[1] for part in parts]
        return Values(name, path, tuple(values), alternative)
    low, high = float(parts[0]), float(parts[1])
    whole = low.is_integer() and high.is_integer() and _holds_whole_number(scenario, path)
    if not low < high or not math.isfinite(high - low):
        raise ScenarioError([Problem(path, f"from {low:g} to {high:g} is no range")], "--vary")
    if len(parts) == 2:
        return Range(name, path, low, high, whole, alternative)
    if not parts[2].isdecimal() or int(parts[2]) < 2:
        raise ScenarioError([Problem(path, f"{parts[2]} values cannot be spread; give 2 or more")], "--vary")
    spread = np.linspace(low, high, int(parts[2])).tolist()
    values = list(dict.fromkeys(round(value) for value in spread)) if whole else [round(value, 12) for value in spread]
    return Values(name, path, tuple(values), alternative)


# ------------------------------------------------------------------------------------------------------------ parts


def _sampled(
    kind: str, scenario: Scenario, axes: Sequence[Axis], shares: np.ndarray, seeds: int, *,
    groups: Iterable[int | None] | None = None, **options: Any,
) -> Design:  # fmt: skip
    """A design of points in the unit cube, shares (n, k)."""
    conditions = [[_level(axis, share) for axis, share in zip(axes, row, strict=True)] for row in shares.tolist()]
    pairs = zip(conditions, groups or itertools.repeat(None), strict=False)
    return _design(kind, scenario, axes, pairs, seeds, **options)


def _power(points: int) -> int:
    """Of two, that gives so many points. Raises ValueError for other numbers."""
    power = math.log2(_at_least(points, 1))
    if power != int(power):
        near = f"{2 ** int(power)} or {2 ** (int(power) + 1)}"
        raise ValueError(f"points = {points}: a Sobol sequence needs a power of two, such as {near}")
    return int(power)


def _level(axis: Axis, share: float) -> Level:
    if isinstance(axis, Range):
        return axis.level(share)
    return axis.choices[min(int(share * len(axis.choices)), len(axis.choices) - 1)]


def _design(
    kind: str, scenario: Scenario, axes: Sequence[Axis], conditions: Iterable[tuple[Sequence[Level], int | None]],
    seeds: int, *, seed: int | None = None, names: Sequence[str] | None = None, source: str = "design",
    checked: Callable[[int], None] | None = None,
) -> Design:  # fmt: skip
    """Cross conditions with alternatives and validate every arm; `checked` is told of every condition done."""
    named = tuple(axis.name for axis in axes)
    if len(set(named)) < len(named):
        raise ScenarioError([Problem("", f"something is varied twice: {', '.join(named)}")], "design")
    replications = (scenario.seed if seed is None else seed, _at_least(seeds, 1, "seeds"))
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
    factors = {axis.name: _value(axis, level) for axis, level in zip(axes, levels, strict=True)}
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
            chosen = [*levels[:at], _level(axis, share), *levels[at + 1 :]]
            try:
                both.append([(arm.hash, arm.window) for arm in _arms(scenario, bare, axes, chosen)])
            except ScenarioError:
                break  # said where the condition itself is made
        if len(both) == 2 and both[0] == both[1] and _level(axis, 0.0) != _level(axis, 1.0):
            message = "makes no difference: what is varied is overwritten; vary it as alternative>path=…"
            yield Problem(axis.name, message)


def _value(axis: Axis, level: Level) -> Any:
    """The level as a number where it is one, else its name."""
    changed = level.alternatives.get(axis.alternative, {}) if axis.alternative else level.set
    value = changed.get(axis.path, level.name) if axis.path else level.name
    return value if isinstance(value, (int, float, str, bool)) else level.name


def _is_range(text: str) -> bool:
    parts = text.split(":")
    return len(parts) in (2, 3) and all(_number(part) for part in parts[:2])


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _holds_whole_number(scenario: Scenario, path: str) -> bool:
    """Is the entry a whole number now? An entry that cannot be found is said to be wrong when the design is made."""
    value: Any = scenario.to_dict()
    for step in path.split("."):
        if isinstance(value, list):
            value = next((item for at, item in enumerate(value) if step in (str(at), item.get("name"))), None)
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return isinstance(value, int) and not isinstance(value, bool)


def _dimensions(axes: Sequence[Axis]) -> int:
    if not axes:
        raise ScenarioError([Problem("", "nothing is varied; say what, for example path=0:1")], "design")
    return len(axes)


def _at_least(number: int, least: int, what: str = "points") -> int:
    if number < least:
        raise ValueError(f"{what} = {number}: at least {least}")
    return number
