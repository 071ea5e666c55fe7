"""Captions: how many runs, which seeds, which interval, which market."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.metrics import METRICS
from sim.figure import money
from sim.results import Results

if TYPE_CHECKING:
    from sim.experiments.comparison import Comparison
    from sim.experiments.discovery import Discovery
    from sim.experiments.sensitivity import Sensitivity
    from sim.experiments.sweep import Table
    from sim.experiments.tournament import Tournament


def caption(comparison: Comparison, how: str = "", limits: str = "Whiskers and ±") -> str:
    """How a figure of a comparison came about: runs, seeds, interval, market; `how`: what a chart's own marks mean,
    `limits`: as what it shows intervals, if it does.
    """
    seeds, where = comparison.seeds, market(comparison.scenario)
    if len(seeds) == 1:
        parts = (f"A single run (seed {seeds[0]}): no interval can be given.", how, where)
    else:
        runs = f"Means of {len(seeds)} paired runs (seeds {seeds[0]}–{seeds[-1]}: "
        runs += f"{'same market' if comparison.within else 'same customers, same luck'})."
        parts = (runs, f"{limits}: 95 % t interval." if limits else "", how, where)
    return " ".join(part for part in parts if part)


def grey(number: int, what: str = "others") -> str:
    """What pale lines are; nothing where there are none."""
    return f"Thin and grey: the {number} {what}." if number else ""


def left_out(number: int, what: str) -> str:
    """What is said where a chart has no room for all."""
    return f" The {number} {what} in the middle of the order are not shown." if number else ""


def run_caption(results: Results, more: str = "") -> str:
    """How a figure of a single run came about; `more`: a sentence of the chart's own."""
    played = "" if results.alternative is None else f" of “{results.alternative}”"
    once = f"A single run{played} (seed {results.seed}): what happened once, not what to expect."
    return " ".join(part for part in (once, more, market(results.scenario)) if part)


def played(found: Tournament, how: str = "") -> str:
    """How a figure of a tournament came about."""
    number, firms = found.payoffs.shape[2], found.firms
    runs = (
        f"{number} paired runs of every match"
        if number > 1
        else "A single run of every match: no interval can be given"
    )
    first = getattr(found, "first_seed", None)
    runs += f" (seed{f's {first}–{first + number - 1}' if number > 1 else f' {first}'})" if first is not None else ""
    meet = "two firms" if firms == 2 else f"one firm among {firms - 1} rivals that play alike"
    levels = ", ".join(f"{name} = {level}" for name, level in found.levels.items())
    where = " · ".join(part for part in (found.title, levels) if part)
    parts = (f"{METRICS[found.measure].label.capitalize()}, {meet}, {runs}.", how, where)
    return " ".join(part for part in parts if part)


def scale_of(limits: Iterable[Any], unit: str, length: str = "round", change: bool = False) -> tuple[float, str]:
    """By what values are divided to be drawn, and what their scale says of them: (1000.0, "thousand euro").

    limits: all that is drawn; length: what a round is called; change: differences of shares are in points.
    """
    if unit == "euro":
        return money(np.array([*limits], dtype=float))
    if unit == "share":
        return 0.01, "percentage points" if change else "%"
    return 1.0, "" if unit == "1" else unit.replace("round", length).replace("euro", "€")


def label(table: Table, factor: str) -> str:
    """A factor of a sweep in words, with its unit; a name from the scenario file stands as it is."""
    path = table.paths.get(factor) or factor
    return with_unit(table.label(factor), path if factor.endswith(path) else "")


def with_unit(words: str, path: str) -> str:
    """`words` for the factor at `path`, its unit behind them; that of a trait is the trait's."""
    if "(" in words or "." not in path:
        return words
    unit = _unit(path.split("."))
    return f"{words} ({unit})" if unit else words


def _unit(steps: list[str]) -> str:
    """Unit of the parameter at this path, "no unit" of a pure number; "" where it cannot be told."""
    from sim.scenario import parameters

    declared = [(each.path.split("."), each.unit) for each in parameters()]
    units = {unit for parts, unit in declared if len(parts) == len(steps) and all(map(_fits, parts, steps))}
    if len(steps) == 4 and units == {"of the trait"}:
        return _unit(steps[:3])
    return {"1": "no unit"}.get(*units, *units) if len(units) == 1 else ""


def _fits(pattern: str, step: str) -> bool:
    return pattern in ("*", step)


def origin(found: Sensitivity | Discovery) -> str:
    """Scenario and seeds of what was found in a sweep, as far as the result bears them."""
    first, seeds, title = (getattr(found, name, None) for name in ("first_seed", "seeds", "title"))
    span = f"Seeds {first}–{first + seeds - 1}." if first is not None and seeds else ""
    return " ".join(part for part in (span, title) if part)


def market(scenario: dict[str, Any]) -> str:
    """Scenario, customers and discount rate, as far as the scenario says."""
    entries = scenario.get("market", {})
    parts = [scenario.get("title") or "Untitled scenario"]
    if "customers" in entries:
        parts.append(f"{entries['customers']:,} customers")
    if "discount_rate" in entries:
        parts.append(f"discounted at {100 * entries['discount_rate']:.3g} % a {round_name(scenario)}")
    return " · ".join(parts)


def claim(scenario: dict[str, Any]) -> str:
    """What is examined: the claim in words, or at least the title of the scenario."""
    number, words = scenario.get("claim"), scenario.get("claim_text") or scenario.get("title") or ""
    return f"Claim {number}: {words}" if number else words


def round_name(scenario: dict[str, Any]) -> str:
    """What a round is: week, month, ..."""
    return scenario.get("market", {}).get("round_length") or "round"


def focus_of(results: Results) -> str:
    """The firm a run is about: the scenario's focus, else the first one."""
    focus = results.scenario.get("focus")
    return focus if focus in results.firms else results.firms[0]


def spoken(kind: str) -> str:
    """A kind of strategy as people say it: learning relationship."""
    return kind.replace("_", " ")
