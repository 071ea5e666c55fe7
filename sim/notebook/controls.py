"""Which parameters can be turned, and how far: read off their declarations, nothing is declared a second time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.in_words import InWords
from sim.parameter import Parameter
from sim.scenario import Scenario, parameters
from sim.scenario_errors import did_you_mean
from sim.scenario_paths import plain
from sim.strategies.base import registry

USUAL = ("market.heterogeneity", "market.turbulence", "relationship.context_gain", "learning.trust_loss")
STEPS = 50


class ControlError(InWords, ValueError):
    """A control that cannot be made; the message says why, and what can."""


@dataclass(frozen=True)
class Dial:
    """A number that can be turned between `low` and `high`."""

    path: str
    label: str
    unit: str
    meaning: str
    value: float
    low: float
    high: float
    step: float
    whole: bool


def dials(scenario: Scenario, paths: Sequence[str] | None = None) -> list[Dial]:
    """The dials of these paths; by default a usual handful and the price of the firm in focus.

    Raises ControlError for a path that is not one declared number of the scenario.
    """
    if paths is not None:
        return [dial(scenario, path) for path in paths]
    firm = focus(scenario)
    own = [f"firms.{firm}.strategy.{name}" for name in ("price", "markup", "list_price")]
    found = [path for path in own if value_at(scenario, path) is not None][:1]
    return [dial(scenario, path) for path in (*found, *USUAL)]


def dial(scenario: Scenario, path: str) -> Dial:
    """The dial of one path."""
    known = declaration(scenario, path)
    value = value_at(scenario, path)
    if known is None or isinstance(value, bool) or not isinstance(value, int | float):
        near = did_you_mean(path, [one.path for one in parameters()])
        raise ControlError(f'"{path}" is not one number of this scenario{near}; see sim.scenario.parameters()')
    whole = isinstance(value, int) and not isinstance(known.default, float)
    low = known.low if known.low is not None else min(0.0, 2.0 * value)
    usual = max(abs(value), abs(known.default) if isinstance(known.default, int | float) else 0.0, 0.5)
    high = known.high if known.high is not None and known.high <= 20 * usual else 2.5 * usual
    if whole:
        low, high = int(low), math.ceil(high)
    step = 1 if whole else nice((high - low) / STEPS)
    name = path.split(".")[-1].replace("_", " ")
    symbol = f" {known.symbol}" if known.symbol else ""
    return Dial(path, f"{name}{symbol}", known.unit, known.meaning, value, low, high, step, whole)


def declaration(scenario: Scenario, path: str) -> Parameter | None:
    """What is declared at a path such as `firms.Our shop.strategy.price`."""
    parts = path.split(".")
    if parts[0] in ("firms", "segments") and len(parts) > 2:
        kind = ""
        if parts[0] == "firms" and parts[2] == "strategy":
            kind = next((firm.strategy.kind for firm in scenario.firms if firm.name == parts[1]), "")
        path = ".".join([parts[0], "*", *parts[2:]])
        return next((one for one in parameters() if one.path == path and one.kind == kind), None)
    return next((one for one in parameters() if one.path == path), None)


def value_at(scenario: Scenario, path: str) -> Any:
    """The value at a dotted path, None where there is nothing."""
    tree: Any = plain(scenario.to_dict())
    for part in path.split("."):
        if isinstance(tree, list):
            tree = next((item for item in tree if item.get("name") == part), None)
        else:
            tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def focus(scenario: Scenario) -> str:
    """The firm that is looked at."""
    return scenario.focus or scenario.firms[0].name


def kinds() -> list[str]:
    """Strategies that need no compulsory parameter, so that a menu can offer them."""
    return [kind for kind, cls in registry().items() if not any(f.is_required() for f in cls.model_fields.values())]


def nice(size: float) -> float:
    """1, 2 or 5 times a power of ten, not above `size`."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (5.0, 2.0, 1.0) if factor * power <= size * 1.000001)
