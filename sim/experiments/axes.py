"""What an experiment varies: factors with their levels, as values, as a range, or as a scenario file declares them.

On the command line `path=1,2,3` are values, `path=0:1:5` are five, `path=0:1` is a range, see `vary`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.scenario import Scenario, parse_setting
from sim.scenario_errors import Problem, ScenarioError, not_one_of
from sim.scenario_paths import value_at
from sim.scenario_questions import Factor, Level, written


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


def numbers(levels: Iterable[Any]) -> bool:
    """Are all levels of a factor numbers, and not names or yes and no?"""
    return all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in levels)


def said(level: Any) -> str:
    """A level as people write it: 0.1667 for 0.166666666667."""
    if isinstance(level, bool) or not isinstance(level, (int, float)):
        return str(level)
    exact, short = str(level), f"{level:.4g}"
    return exact if len(exact) <= len(short) + 1 or "e" in short else short


def level_of(axis: Axis, share: float) -> Level:
    """The level `share` (0 to 1) of the way through the levels of a factor."""
    if isinstance(axis, Range):
        return axis.level(share)
    return axis.choices[min(int(share * len(axis.choices)), len(axis.choices) - 1)]


def value_of(axis: Axis, level: Level) -> Any:
    """The level as a number where it is one, else its name."""
    changed = level.alternatives.get(axis.alternative, {}) if axis.alternative else level.set
    value = changed.get(axis.path, level.name) if axis.path else level.name
    return value if isinstance(value, (int, float, str, bool)) else level.name


def conditions_of(axes: Sequence[Axis]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(name -> level, changes) of every combination of levels; one empty condition where nothing is varied."""
    for levels in itertools.product(*(axis.choices for axis in axes)):
        changes: dict[str, Any] = {}
        for level in levels:
            changes |= level.set
        yield {axis.name: value_of(axis, level) for axis, level in zip(axes, levels, strict=True)}, changes


def vary(scenario: Scenario, text: str) -> Axis:
    """What is varied, as the command line says it; values as in TOML.

    `path=1,2,3` values; `path=1:3` a range; `path=1:3:5` five values from 1 to 3; `path=[0, 1],[1, 0]` lists.
    `name>path=…` concerns one alternative alone. Raises ScenarioError where the text cannot be read.
    """
    place, equals, given = text.partition("=")
    alternative, arrow, path = (part.strip() for part in place.rpartition(">"))
    parts = [part.strip() for part in (given.split(":") if _is_range(given) else _apart(given))]
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


def _apart(text: str) -> list[str]:
    """Values apart at their commas, but for those within brackets, braces or quotation marks."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        else:
            depth += (letter in "[{") - (letter in "]}")
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


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
    value = value_at(scenario.to_dict(), path)
    return isinstance(value, int) and not isinstance(value, bool)
