"""Captions: how many runs, which seeds, which interval, which market."""

from __future__ import annotations

from typing import Any

from sim.analysis.metrics import METRICS
from sim.experiments.comparison import Comparison
from sim.experiments.tournament import Tournament
from sim.results import Results


def caption(comparison: Comparison, how: str | None = None) -> str:
    """How a figure of a comparison came about: runs, seeds, interval, market; `how`: what a chart's own marks mean."""
    seeds, where = comparison.seeds, market(comparison.scenario)
    if len(seeds) == 1:
        return f"A single run (seed {seeds[0]}): no interval can be given. {where}"
    baseline = comparison.baseline if comparison.within else f"“{comparison.baseline}”"
    if how is None:
        how = f"Differences (▲▼) are to {baseline}, pair by pair; grey or hollow: may be zero."
    return (
        f"Means of {len(seeds)} paired runs (seeds {seeds[0]}–{seeds[-1]}: "
        f"{'same market' if comparison.within else 'same customers, same luck'}). "
        f"Bands, whiskers and ±: 95 % t interval. {how} {where}"
    )


def run_caption(results: Results, more: str = "") -> str:
    """How a figure of a single run came about; `more`: a sentence of the chart's own."""
    once = f"A single run (seed {results.seed}): what happened once, not what to expect."
    return " ".join(part for part in (once, more, market(results.scenario)) if part)


def played(found: Tournament, how: str = "") -> str:
    """How a figure of a tournament came about."""
    number, firms = found.payoffs.shape[2], found.firms
    runs = (
        f"{number} paired runs of every match"
        if number > 1
        else "A single run of every match: no interval can be given"
    )
    meet = "two firms" if firms == 2 else f"one firm among {firms - 1} rivals that play alike"
    levels = ", ".join(f"{name} = {level}" for name, level in found.levels.items())
    where = " · ".join(part for part in (found.title, levels) if part)
    parts = (f"{METRICS[found.measure].label.capitalize()}, {meet}, {runs}.", how, where)
    return " ".join(part for part in parts if part)


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
