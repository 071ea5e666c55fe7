"""Which entries of a scenario can be turned, and how far: read off their declarations, nothing is declared twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sim.in_words import InWords
from sim.parameter import Parameter
from sim.scenario import Scenario, parameters
from sim.scenario_errors import did_you_mean, say
from sim.scenario_paths import leaves, named, value_at
from sim.strategies.base import registry

USUAL = ("market.heterogeneity", "market.turbulence", "relationship.context_gain", "learning.trust_loss")
HANDFUL = 7  # controls by default
OF_ONE = 2  # of them at the most for one alternative or factor, which may change many entries at once
STEPS = 100


class ControlError(InWords, ValueError):
    """A control that cannot be made; the message says why, and what can."""


@dataclass(frozen=True)
class Control:
    """An entry of the scenario that can be turned, with its unit, its meaning in one line and its value now."""

    path: str
    label: str
    unit: str
    meaning: str
    value: Any


@dataclass(frozen=True)
class Dial(Control):
    """A number between `low` and `high`."""

    low: float
    high: float
    step: float
    whole: bool


@dataclass(frozen=True)
class Menu(Control):
    """One of several names."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Switch(Control):
    """Yes or no."""


def controls(
    scenario: Scenario, paths: str | Sequence[str] | None = None, base: Scenario | None = None
) -> list[Control]:
    """The controls of these paths (or of this one), with the values that `scenario` has.

    By default a handful: first what the alternatives and factors of `base` (the scenario with its questions) vary, then
    the price of the firm in focus and what usually matters. Raises ControlError for a path that cannot be turned.
    """
    base = base or scenario
    if paths is not None:
        several = isinstance(paths, Sequence) and not isinstance(paths, str)
        return [control(scenario, path, base) for path in (paths if several else [paths])]
    found: dict[str, Control] = {}
    for path in usual(scenario, base):
        try:
            one = control(scenario, path, base)
        except ControlError:  # of another alternative, or a whole table
            continue
        found.setdefault(one.path, one)
    return list(found.values())[:HANDFUL]


def usual(scenario: Scenario, base: Scenario) -> Iterator[str]:
    """Paths that are worth a control, the most telling first; not all of them can have one."""
    for change in _varied(base):
        yield from [path for path in change if not path.endswith(".share")][:OF_ONE]  # one share alone cannot change
    yield from (f"firms.{focus(scenario)}.strategy.{name}" for name in ("price", "markup", "list_price"))
    yield from USUAL


def _varied(base: Scenario) -> list[dict[str, list[Any]]]:
    """Of each alternative and factor: path -> the values it takes there."""
    changes = [[alternative.set] for alternative in base.alternatives]
    for factor in base.factors:
        changes.append([table for level in factor.choices for table in (level.set, *level.alternatives.values())])
    return [_values(tables) for tables in changes]


def _values(changes: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Path -> what these changes set there; a table counts by its entries."""
    found: dict[str, list[Any]] = {}
    for path, value in (entry for table in changes for entry in table.items()):
        inside = {f"{path}.{key}": held for key, held in value.items()} if isinstance(value, dict) else {path: value}
        for place, held in inside.items():
            found.setdefault(place, []).append(held)
    return found


def control(scenario: Scenario, path: str, base: Scenario | None = None) -> Control:
    """The control of one path; it reaches as far as what `base` varies. Raises ControlError."""
    if not isinstance(path, str):
        raise ControlError(f'{path!r} is no path; give texts such as "market.turbulence"')
    tree = scenario.to_dict()
    path = _turned(tree, named(tree, path))
    value, known = value_at(tree, path), declaration(tree, path)
    if isinstance(value, dict) and value.get("dist") == "fixed":  # the same number for everybody
        value = value["value"]
    turnable = (bool, int, float, str) if known is not None and known.options else (bool, int, float)
    if known is None or not isinstance(value, turnable):
        raise ControlError(_refusal(scenario, path, value))
    about = (path, _label(scenario, path, known), known.unit, known.meaning, value)
    if isinstance(value, bool):
        return Switch(*about)
    if isinstance(value, str):
        return Menu(*about, known.options)
    elsewhere = [held for change in _varied(base or scenario) for held in change.get(path, ()) if _number(held)]
    return Dial(*about, *_range(known, value, elsewhere))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _turned(tree: Any, path: str) -> str:
    """The path itself; of a distribution with a mean, the path of its mean."""
    value = value_at(tree, path)
    return f"{path}.mean" if isinstance(value, dict) and "dist" in value and "mean" in value else path


def _refusal(scenario: Scenario, path: str, value: Any) -> str:
    """Why an entry cannot be turned, and what can."""
    if isinstance(value, dict):
        inside = [f"{path}.{key}" for key, item in value.items() if isinstance(item, (bool, int, float))]
        what = f"a {value['dist']} distribution" if "dist" in value else "a whole table"
        return f'"{path}" is {what}; turn what is in it: {", ".join(inside) or "there is nothing to turn"}'
    if path.endswith(".kind") and value is not None:
        return f'"{path}" chooses a whole table; stepper.play("{value}", firm) lets a firm play another strategy'
    if value is not None:
        return f'"{path}" is {say(value)}; numbers, switches and names from a list can be turned'
    near = did_you_mean(path, [leaf for leaf, held in leaves(scenario.to_dict()) if not isinstance(held, list)])
    return f'there is no "{path}" in this scenario{near}; sim.scenario.parameters() lists what can be set'


def declaration(tree: Any, path: str) -> Parameter | None:
    """What is declared at a path such as `firms.Our shop.strategy.price`; `tree`: the scenario as plain data."""
    *above, last = path.split(".")
    table = value_at(tree, ".".join(above)) if above else tree
    kind = table.get("kind", table.get("dist", "")) if isinstance(table, dict) else ""
    if isinstance(table, dict) and "dist" in table:
        return _of_a_distribution(declaration(tree, ".".join(above)), _declared(f"segments.*.*.{last}", kind))
    if above[-1:] == ["strategy"]:  # of a firm, or of an event that changes it
        return _declared(f"firms.*.strategy.{last}", kind)
    several = len(above) > 1 and isinstance(value_at(tree, above[0]), list)
    return _declared(".".join([above[0], "*", *above[2:], last]) if several else path, kind)


def _of_a_distribution(trait: Parameter | None, number: Parameter | None) -> Parameter | None:
    """The declaration of a number in a trait's distribution: its unit, and its bounds, are mostly the trait's."""
    if trait is None or number is None:
        return number
    words = f"{trait.meaning}: {number.meaning}"
    if number.unit != "of the trait":
        return replace(number, meaning=words)
    return replace(number, meaning=words, unit=trait.unit, symbol=trait.symbol, low=trait.low, high=trait.high)


def _declared(path: str, kind: str) -> Parameter | None:
    return next((one for one in parameters() if one.path == path and one.kind in (kind, "")), None)


def _label(scenario: Scenario, path: str, known: Parameter) -> str:
    """`price`, `Rival: price`, `purchase rate λ`: a firm is named that is not in focus, and one of several segments."""
    parts = path.split(".")
    name = " ".join(parts[2:] if parts[0] == "segments" else parts[-1:]).replace("_", " ").removesuffix(" mean")
    whose = ""
    match parts[0]:
        case "events":
            whose = f"{value_at(scenario.to_dict(), '.'.join([*parts[:2], 'kind'])).replace('_', ' ')}: "
        case "firms" if parts[1] != focus(scenario):
            whose = f"{parts[1]}: "
        case "segments" if len(scenario.segments) > 1:
            whose = f"{parts[1]}: "
    return f"{whose}{name}{f' {known.symbol}' if known.symbol else ''}"


def _range(known: Parameter, value: float, elsewhere: Sequence[float]) -> tuple[float, float, float, bool]:
    """Low, high, step and whether only whole numbers: the declared bounds, unless the value is lost in them.

    elsewhere  values that alternatives and factors set
    """
    whole = isinstance(value, int) and not isinstance(known.default, float)
    usual = max(abs(value), abs(known.default) if _number(known.default) else 0.0)
    reach = max((abs(held) for held in elsewhere if not usual or abs(held) <= 50 * usual), default=0.0)
    high = max(nice(5.0 * usual) if usual else 0.0, roof(reach) if reach else 0.0) or 2.0
    if known.high is not None and known.high <= 10 * high:
        high = known.high
    low = known.low if known.low is not None else -high if value <= 0 else 0.0
    if whole:
        return int(low), math.ceil(high), 1, True
    step = nice((high - low) / STEPS)
    while step > (high - low) / 5000 and abs((value - low) / step - round((value - low) / step)) > 1e-6:
        step = nice(step * 0.51)  # 5, 2, 1, 0.5, …: until the value is on a step
    return low, high, step, False


def digits(step: float) -> int:
    """How many digits after the point numbers need that are this far apart."""
    return max(0, -math.floor(math.log10(step) + 1e-9))


def focus(scenario: Scenario) -> str:
    """The firm that is looked at."""
    return scenario.focus or scenario.firms[0].name


def kinds() -> list[str]:
    """Strategies that need no compulsory parameter, so that a menu can offer them."""
    return [kind for kind, cls in registry().items() if not any(f.is_required() for f in cls.model_fields.values())]


def roof(size: float) -> float:
    """1, 2 or 5 times a power of ten, not below `size`."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= size * 0.999999)


def nice(size: float) -> float:
    """1, 2 or 5 times a power of ten, not above `size`."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (5.0, 2.0, 1.0) if factor * power <= size * 1.000001)
