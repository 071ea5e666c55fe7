"""Why a claim does not simply hold: what the mechanisms contribute where it fails most, and where it holds best."""

from __future__ import annotations

import numpy as np

from sim.analysis.statistics import Interval, interval, paired
from sim.experiments.ablation import ablate, called
from sim.experiments.claims import Finding, at, reference
from sim.experiments.verdict import SUPPORTED, Cell
from sim.scenario import Scenario


def why(scenario: Scenario, finding: Finding, workers: int | None = None) -> str:
    """Two sentences from an ablation of the cells farthest from and closest to the claim; none if it is supported."""
    known = [cell for cell in finding.cells if np.isfinite(cell.effect.mean)]
    if finding.verdict.kind == "supported" or not known:
        return ""
    ordered = sorted(known, key=lambda cell: cell.sign * cell.effect.mean)
    worst = next((cell for cell in ordered if cell.verdict != SUPPORTED), ordered[0])
    best = ordered[-1]
    if best is worst:
        return " ".join(_sentences(scenario, finding, worst, workers))
    against, _ = _sentences(scenario, finding, worst, workers)
    _, towards = _sentences(scenario, finding, best, workers)
    return f"{against} {towards}"


def _sentences(scenario: Scenario, finding: Finding, cell: Cell, workers: int | None) -> tuple[str, str]:
    """What works against the claim in a cell, and what speaks for it there."""
    whole, without = _ablated(scenario, finding, cell, workers)
    changes = {name: paired(values, whole) for name, values in without.items()}
    treatment, least = scenario.examination.treatment, finding.smallest_effect
    gains = {name: cell.sign * change.mean for name, change in changes.items() if change.clear and name != treatment}
    place = f"At {finding.place(cell)} the effect" if cell.levels else "The effect"
    start = f"{place} is {finding.figures(cell.effect)} ({cell.verdict})"

    def without_it(name: str) -> str:
        left: Interval = interval(without[name])
        return f"{called(name)}: with that switched off it would be {finding.figures(left)}"

    harmful, helpful = max(gains, key=gains.get, default=""), min(gains, key=gains.get, default="")
    against = f"{start}, and no single mechanism holds it back by as much as the smallest effect of interest."
    if harmful and gains[harmful] >= least:
        against = f"{start}; what works against the claim there most is {without_it(harmful)}."
    towards = f"{start}, and no single mechanism carries as much as the smallest effect of interest."
    if helpful and gains[helpful] <= -least:
        towards = f"{start}; what speaks for the claim there most is {without_it(helpful)}."
    return against, towards


def _ablated(
    scenario: Scenario, finding: Finding, cell: Cell, workers: int | None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(R,) effect in a cell with everything at work, and mechanism -> the same without it, in the finding's unit."""
    first, last = finding.seeds
    cells, scale = [cell.levels], 1.0
    if finding.moderator:
        place = [axis.name for axis in finding.axes].index(finding.moderator)
        cells.append(reference(cell.levels, place))
    found = [ablate(at(scenario, levels), last - first + 1, workers=workers, progress=False) for levels in cells]
    if finding.unit == "percent":
        scale = 100.0 / abs(cell.means[-1])
    own, *other = found
    idle = own.idle if not other else own.idle & other[0].idle
    whole = own.whole - (other[0].whole if other else 0.0)
    without = {
        name: scale * (values - (other[0].without[name] if other else 0.0))
        for name, values in own.without.items()
        if name not in idle
    }
    return scale * whole, without
