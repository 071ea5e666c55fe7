"""What each mechanism carries: the deciding measure with everything at work, and with one mechanism switched off.

An ablation is a comparison (`sim.experiments.compare`) whose alternatives are the scenario's own, each once as it is
and once per mechanism without it. Seeds are paired throughout: the same customers with the same luck live in a market
with and without word of mouth. Where two alternatives are held against each other, what is ablated is the difference
between them, seed by seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.analysis.metrics import METRICS, readable_interval
from sim.analysis.statistics import Interval, interval, paired
from sim.experiments.compare import Simulate, compare
from sim.experiments.comparison import Comparison
from sim.experiments.pools import Players
from sim.experiments.progress import Progress
from sim.mechanisms import NAMES
from sim.scenario_errors import Problem, ScenarioError, not_one_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario


class Row(NamedTuple):
    """One mechanism: the measure without it, and how far that is from the measure with everything at work."""

    mechanism: str
    without: Interval
    change: Interval
    idle: bool  # in no run was it at work: without it every account is the same to the last bit


@dataclass(frozen=True, eq=False)
class Ablation:
    """Outcome of an ablation over R seeds.

    measure      name in METRICS; contrast: one alternative (or firm), or two whose difference is looked at
    whole        (R,) measure, or difference, with everything at work
    without      mechanism -> (R,) the same without it; idle: mechanisms that are not at work in the scenario
    comparison   all runs behind it
    """

    measure: str
    contrast: list[str]
    whole: np.ndarray
    without: dict[str, np.ndarray]
    idle: frozenset[str]
    comparison: Comparison

    @property
    def unit(self) -> str:
        """Unit of the measure."""
        return METRICS[self.measure].unit

    @property
    def title(self) -> str:
        """What is ablated: "discounted profit, “relationship” less “low price”"."""
        return f"{METRICS[self.measure].label}, {' less '.join(f'“{name}”' for name in self.contrast)}"

    def rows(self, confidence: float = 0.95) -> list[Row]:
        """One row per mechanism, what changes most first."""
        found = [
            Row(name, interval(values, confidence), paired(values, self.whole, confidence), name in self.idle)
            for name, values in self.without.items()
        ]
        return sorted(found, key=lambda row: (row.idle, -abs(np.nan_to_num(row.change.mean))))

    def table(self) -> pd.DataFrame:
        """`rows` as a data frame, below a first one for everything at work."""
        import pandas as pd

        def columns(name: str, of: Interval) -> dict[str, float]:
            return {name: of.mean, f"{name}_low": of.low, f"{name}_high": of.high}

        nothing = Interval(0.0, 0.0, 0.0, len(self.whole))
        rows = [Row("", interval(self.whole), nothing, False), *self.rows()]
        return pd.DataFrame(
            {"off": row.mechanism, "measure": self.measure, "unit": self.unit}
            | columns("value", row.without)
            | columns("change", row.change)
            | {"idle": row.idle, "n": row.without.n}
            for row in rows
        )

    def headline(self) -> str:
        """The finding in one sentence: which mechanism the measure hangs on most."""
        whole, what = interval(self.whole), METRICS[self.measure].label
        what = f"the difference in {what}" if len(self.contrast) > 1 else what
        now = readable_interval(whole, self.unit, signed=len(self.contrast) > 1)
        clear = [row for row in self.rows() if not row.idle and (row.change.clear or row.change.n == 1)]
        if not clear:
            return f"No single mechanism clearly changes {what} ({now})"
        first, moved = clear[0], readable_interval(clear[0].change, self.unit, signed=True)
        turned = first.without.clear and whole.clear and first.without.mean * whole.mean < 0
        words = "turns its sign" if turned else "changes most"
        return f"Without {called(first.mechanism)} {what} {words}: {moved} on {now}"


def ablate(
    scenario: Scenario,
    seeds: int = 10,
    *,
    measure: str | None = None,
    contrast: Sequence[str] | None = None,
    mechanisms: Sequence[str] = NAMES,
    workers: int | None = None,
    executor: Players = "auto",
    progress: Progress = None,
    simulate: Simulate | None = None,
) -> Ablation:
    """Switch off one mechanism at a time in every run of a contrast.

    measure      default that of the scenario's examination, else discounted profit
    contrast     one or two alternatives (firms where there are none); default that of the examination, else the first
                 alternative against the baseline, or the focus firm alone
    mechanisms   which to switch off, in turn; those the scenario has switched off itself are left out
    seeds, workers, executor, progress, simulate   as in `compare`

    Mechanisms work together, so the changes do not add up to the whole. The factors of an examination are not varied;
    its window of rounds is kept. Raises ScenarioError for a name that does not exist.
    """
    asked = scenario.examination
    measure = measure or (asked.measure if asked else "discounted_profit")
    contrast = list(contrast or (asked.contrast if asked else _usual_contrast(scenario)))
    names = [item.name for item in scenario.alternatives or scenario.firms]
    _check("measure", [measure], METRICS, "a measure")
    _check("contrast", contrast, names, "an alternative here" if scenario.alternatives else "a firm here")
    _check("mechanisms", mechanisms, NAMES, "a mechanism")
    at_work = [name for name in mechanisms if getattr(scenario.mechanisms, name)]
    comparison = compare(
        _design(scenario, contrast, at_work), seeds, measures=[measure], window=asked.window if asked else None,
        workers=workers, executor=executor, progress=progress, simulate=simulate,
    )  # fmt: skip

    def contrasted(off: str | None) -> np.ndarray:
        first, *second = (comparison.sample(measure, _arm(name, off)) for name in contrast)
        return first - second[0] if second else first

    without = {name: contrasted(name) for name in at_work}
    idle = frozenset(off for off in at_work if all(_same(comparison, name, off) for name in contrast))
    return Ablation(measure, contrast, contrasted(None), without, idle, comparison)


def called(mechanism: str) -> str:
    """A mechanism in words."""
    return {"cocreation": "co-creation"}.get(mechanism, mechanism.replace("_", " "))


def _usual_contrast(scenario: Scenario) -> list[str]:
    if not scenario.alternatives:
        return [scenario.focus]
    others = [item.name for item in scenario.alternatives if item.name != scenario.baseline]
    return [*others[:1], scenario.baseline]


def _check(path: str, given: Sequence[str], known: Sequence[str], what: str) -> None:
    """Raise ScenarioError for the names that are not known."""
    wrong = [Problem(path, not_one_of(name, what, known)) for name in given if name not in known]
    if wrong:
        raise ScenarioError(wrong, "ablation")


def _arm(name: str, off: str | None) -> str:
    return name if off is None else f"{name} | without {called(off)}"


def _design(scenario: Scenario, contrast: Sequence[str], mechanisms: Sequence[str]) -> Scenario:
    """The scenario whose alternatives are the contrasted ones, with everything at work and without each mechanism."""
    own = {item.name: item for item in scenario.alternatives}
    alternatives = []
    for name in contrast:  # a firm where there are no alternatives: the same market, seen from that firm
        settings, focus = (own[name].set, own[name].focus) if own else ({}, name)
        for off in (None, *mechanisms):
            switch = {} if off is None else {f"mechanisms.{off}": False}
            arm = {"name": _arm(name, off), "set": settings | switch}
            alternatives.append(arm | ({"focus": focus} if focus else {}))
    changes = {"alternatives": alternatives, "baseline": contrast[-1], "factors": [], "examination": None}
    return scenario.with_changes(changes)


def _same(comparison: Comparison, name: str, off: str) -> bool:
    """Whether the books of an alternative do not show that a mechanism was off."""
    one, other = (comparison.index(_arm(name, each)) for each in (None, off))
    return all(np.array_equal(values[one], values[other], equal_nan=True) for values in comparison.accounts.values())
