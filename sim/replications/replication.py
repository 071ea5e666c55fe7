"""What a replication declares, and how a measured number is held against its target.

A module of this package ends in::

    REPLICATION = Replication(
        name="R1",
        title="…",
        source="…",
        level="distributional equivalence",
        off="what was switched off",
        scenarios=("r01_loyalty",),
        run=run,
        draw=draw,
    )
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.scenario import Scenario

# Axtell, Axelrod, Epstein & Cohen 1996, "Aligning simulation models", CMOT 1
Level = Literal["numerical identity", "distributional equivalence", "relational alignment"]
Verdict = Literal["reproduced", "missed", "undecided"]


@dataclass(frozen=True)
class Check:
    """One target and what was measured.

    what       in words, with unit
    target     the published or closed-form number
    measured   the estimate; NaN counts as missed
    tolerance  greatest deviation allowed, in the unit of the target
    interval   95 % Monte Carlo interval of `measured`; None where nothing is left to chance
    rule       where the tolerance comes from, in words
    bound      "at most" and "at least" allow any deviation in the other direction
    """

    what: str
    target: float
    measured: float
    tolerance: float
    interval: tuple[float, float] | None = None
    rule: str = ""
    bound: Literal["equal", "at most", "at least"] = "equal"

    @property
    def deviation(self) -> float:
        """How far the measured number is from what is allowed without any tolerance."""
        gap = self.measured - self.target
        return {"equal": abs(gap), "at most": max(0.0, gap), "at least": max(0.0, -gap)}[self.bound]

    @property
    def verdict(self) -> Verdict:
        """ "undecided" if the number is within tolerance but its interval is too wide for that to mean anything."""
        if not self.deviation <= self.tolerance:
            return "missed"
        if self.bound == "equal" and self.interval is not None:
            half = (self.interval[1] - self.interval[0]) / 2
            if not half <= self.tolerance:
                return "undecided"
        return "reproduced"


@dataclass(frozen=True)
class Found:
    """What a run of a replication leaves behind: the checks, and whatever its picture needs."""

    checks: tuple[Check, ...]
    seen: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The worst of all checks."""
        verdicts = {check.verdict for check in self.checks}
        return next((worst for worst in ("missed", "undecided") if worst in verdicts), "reproduced")


@dataclass(frozen=True)
class Replication:
    """One published result as a limit of the model.

    run(full)       plays its scenarios; `full` at the sizes of the documentation, otherwise a version of seconds
    draw(ax, seen)  simulation against theory on one pair of axes
    scenarios       names of the scenario files in this package
    """

    name: str
    title: str
    source: str
    level: Level
    off: str
    scenarios: tuple[str, ...]
    run: Callable[[bool], Found]
    draw: Callable[[Axes, Mapping[str, Any]], None]


def scenario_file(name: str) -> Path:
    """Path of a scenario file of this package."""
    return Path(__file__).parent / f"{name}.toml"


def scenario(name: str, **sizes: int) -> Scenario:
    """A scenario of this package, with entries of `market` such as `customers` or `rounds` changed."""
    from sim.scenario import load

    chosen = load(scenario_file(name))
    return chosen.with_changes({f"market.{key}": value for key, value in sizes.items()}) if sizes else chosen


# --------------------------------------------------------------------------------------------- Monte Carlo intervals


def mean_of(values: np.ndarray) -> tuple[float, tuple[float, float], float]:
    """Mean of independent values (n ≥ 2), its 95 % t interval, and its standard error.

    The values are runs with different seeds, or customers who do not influence each other.
    """
    from sim.analysis.statistics import interval

    values = np.asarray(values, float)
    estimate = interval(values)
    return estimate.mean, (estimate.low, estimate.high), float(values.std(ddof=1) / math.sqrt(values.size))


def close_to(what: str, target: float, values: np.ndarray, tolerance: float, rule: str = "") -> Check:
    """The mean of independent values must be within an absolute tolerance of the target."""
    mean, limits, _ = mean_of(values)
    return Check(what, target, mean, tolerance, limits, rule or f"± {tolerance:g}")


def within_errors(what: str, target: float, values: np.ndarray, errors: float = 3.0) -> Check:
    """The mean of independent values must be within `errors` Monte Carlo standard errors of the target."""
    mean, limits, error = mean_of(values)
    return Check(what, target, mean, errors * error, limits, f"{errors:g} standard errors")


def jackknifed(sums: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A statistic of sums over all customers, and its standard error: groups of customers are left out in turn.

    sums (G, ...): whatever is counted, by group of customers who do not influence each other; `statistic` takes their
    total. Source: Quenouille 1956; Tukey 1958.
    """
    total, groups = sums.sum(axis=0), len(sums)
    without = np.array([statistic(total - one) for one in sums])
    spread = (groups - 1) / groups * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(statistic(total)), np.sqrt(spread)


def errors_apart(what: str, target: float, measured: float, error: float, errors: float = 3.0) -> Check:
    """A number with a known standard error must be within `errors` of them of the target."""
    limits = (float(measured - 1.96 * error), float(measured + 1.96 * error))
    return Check(what, float(target), float(measured), float(errors * error), limits, f"{errors:g} standard errors")
