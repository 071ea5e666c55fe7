"""Examine a claim: run its contrast in every cell of its factors and judge by a rule that reads intervals only.

How to write a claim down (see any file in scenarios/):

    [[factors]]                         a condition that is varied; no factors: one cell, the scenario itself
    name = "spread of needs"            `path` and `values` vary one entry; `levels` (name, set, alternatives, window)
    path = "market.heterogeneity"       change several, change one alternative alone, or take the measure over a window
    values = [0.3, 0.6, 1.2]            of rounds. `alternative = "name"` makes the path one of that alternative alone.
                                        `signs = [1, -1]`: the claim expects the opposite effect at the second level
    [examination]
    measure = "discounted_profit"       a name in METRICS, of the focus firm of each alternative (or of the market)
    contrast = ["treated", "control"]   effect = measure of the first less the second, paired by seed; one name alone
                                        is held against zero (for measures that are effects themselves)
    sign = 1                            what the claim expects: 1 more, -1 less
    smallest_effect = 5                 below this nobody would act on it (say why in a comment)
    unit = "percent"                    of the control's measure; "measure" (default): in the unit of the measure
    window = [61, 120]                  rounds the measure is taken over; all if left out
    treatment = "surcharges"            mechanism (sim.mechanisms) that the contrast itself consists of, if it is one:
                                        it cannot explain the verdict
    moderator = "spread of needs"       the effect is then the contrast less the contrast at this factor's first level:
                                        for claims of the kind "the more X, the more Y"

The rule of the verdict: `sim.experiments.verdict`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.metrics import METRICS, readable, readable_interval
from sim.analysis.statistics import Interval, interval
from sim.experiments.compare import Simulate, compare
from sim.experiments.pools import Players
from sim.experiments.progress import Progress, part, shown
from sim.experiments.verdict import Axis, Cell, Verdict, cell_verdict, judge
from sim.scenario import Scenario, load
from sim.scenario_errors import Problem, ScenarioError, not_one_of


@dataclass(frozen=True)
class Finding:
    """What examining one claim found; plain data, see `record`."""

    claim: str
    scenario: str
    title: str
    text: str
    short: str
    measure: str
    unit: str  # of the effect, as `readable` takes it, or "percent"
    contrast: list[str]
    moderator: str
    sign: int
    smallest_effect: float
    axes: list[Axis]
    cells: list[Cell]
    seeds: list[int]
    customers: int
    rounds: int
    round_length: str
    verdict: Verdict
    why: str = ""

    def record(self) -> dict[str, Any]:
        """JSON-able, numbers to six digits, so that the file changes only when a finding does."""
        data = asdict(self)
        data["axes"] = [axis._asdict() for axis in self.axes]
        data["verdict"] = self.verdict._asdict()
        data["cells"] = [cell._asdict() | {"effect": cell.effect._asdict()} for cell in self.cells]
        return _rounded(data)

    @classmethod
    def of(cls, record: dict[str, Any]) -> Finding:
        """The finding that `record` came from."""
        parts = dict(record)
        parts["axes"] = [Axis(**axis) for axis in record["axes"]]
        parts["cells"] = [_cell(cell) for cell in record["cells"]]
        verdict = record["verdict"]
        parts["verdict"] = Verdict(verdict["kind"], tuple(verdict["factors"]), verdict["words"])
        return cls(**parts)

    @property
    def measured(self) -> str:
        """The measure and what it is compared between: "discounted profit: relationship less low price"."""
        if len(self.contrast) == 1:
            return METRICS[self.measure].label
        words = " less ".join(f"“{name}”" for name in self.contrast)
        more = f", beyond that at “{self.axis(self.moderator).labels[0]}”" if self.moderator else ""
        return f"{METRICS[self.measure].label}, {words}{more}"

    @property
    def range(self) -> str:
        """The effect with its interval, or those of the least and the greatest cell."""
        ordered = sorted(self.cells, key=lambda cell: _finite(cell.effect.mean))
        ends = ordered if len(ordered) == 1 else [ordered[0], ordered[-1]]
        return " to ".join(self.figures(cell.effect) for cell in ends)

    def axis(self, name: str) -> Axis:
        """The factor of this name."""
        return next(axis for axis in self.axes if axis.name == name)

    def place(self, cell: Cell) -> str:
        """The levels of a cell in words."""
        return ", ".join(axis.say(level) for axis, level in zip(self.axes, cell.levels, strict=True))

    def figures(self, effect: Interval) -> str:
        """An effect with its interval in figures."""
        if self.unit == "percent":
            shares = Interval(effect.mean / 100, effect.low / 100, effect.high / 100, effect.n)
            return readable_interval(shares, "share", signed=True).replace(" pp", " %")
        return readable_interval(effect, self.unit, signed=True)

    @property
    def smallest(self) -> str:
        """The smallest effect of interest in figures."""
        if self.unit == "percent":
            return f"{self.smallest_effect:g} %"
        if self.unit == "share":
            return f"{100 * self.smallest_effect:g} pp"
        if self.unit.startswith("euro"):
            return readable(self.smallest_effect, self.unit)
        return f"{self.smallest_effect:g}"


# ------------------------------------------------------------------------------------------------------------ runs


def examine(
    scenario: Scenario,
    seeds: int | None = None,
    *,
    full: bool = False,
    name: str = "",
    workers: int | None = None,
    executor: Players = "auto",
    progress: Progress = None,
    simulate: Simulate | None = None,
) -> Finding:
    """Run every cell of the scenario's factors and judge its claim.

    seeds      paired runs per cell (default: the scenario's, quick or `full`); seed, seed + 1, … in every cell
    name       what the scenario file is called, for reports
    workers, executor, progress, simulate   as in `sim.experiments.compare.compare`, which does the running

    Raises ScenarioError where the scenario does not say what decides, or says it wrongly.
    """
    asked = _asked(scenario)
    many = seeds or (asked.seeds.full if full else asked.seeds.quick)
    choices = [factor.choices for factor in scenario.factors]
    axes = [
        Axis(factor.name, [level.name for level in levels], factor.numbers)
        for factor, levels in zip(scenario.factors, choices, strict=True)
    ]
    contrasts, means = {}, {}
    places = list(product(*(range(len(levels)) for levels in choices)))
    each = many * _arms(scenario)
    with shown(progress) as report:
        for number, levels in enumerate(places):
            cell = at(scenario, levels)
            found = compare(
                cell, many, window=cell.examination.window, measures=[asked.measure], workers=workers,
                executor=executor, progress=part(report, each * len(places), each * number, each), simulate=simulate,
            )  # fmt: skip
            values = [found.sample(asked.measure, name) for name in asked.contrast]
            means[levels] = tuple(float(interval(one).mean) for one in values)
            contrasts[levels] = _contrast(values, asked.unit)
    cells = []
    for levels, effect in _moderated(contrasts, scenario):
        signs = (f.signs[level] for f, level in zip(scenario.factors, levels, strict=True) if f.signs)
        sign = asked.sign * math.prod(signs)
        estimate = interval(effect)
        verdict = cell_verdict(estimate, asked.smallest_effect, sign)
        cells.append(Cell(levels, sign, estimate, means[levels], verdict))
    return Finding(
        claim=scenario.claim,
        scenario=name,
        title=scenario.title,
        text=scenario.claim_text,
        short=asked.short or scenario.claim_text.rstrip("."),
        measure=asked.measure,
        unit="percent" if asked.unit == "percent" else METRICS[asked.measure].unit,
        contrast=list(asked.contrast),
        moderator=asked.moderator,
        sign=asked.sign,
        smallest_effect=asked.smallest_effect,
        axes=axes,
        cells=cells,
        seeds=[scenario.seed, scenario.seed + many - 1],
        customers=scenario.market.customers,
        rounds=scenario.market.rounds,
        round_length=scenario.market.round_length,
        verdict=judge(cells, axes),
    )


def gallery(folder: Path) -> dict[str, tuple[str, Scenario]]:
    """Claim -> (name of the file, scenario) of every scenario of a folder that examines a claim, in order."""
    found = {}
    for file in sorted(folder.glob("*.toml")):
        scenario = load(file)
        if scenario.examination is not None:
            found[scenario.claim] = (file.stem, scenario)
    return dict(sorted(found.items()))


def runs(scenario: Scenario, full: bool) -> int:
    """How many runs `examine` needs."""
    asked = _asked(scenario)
    cells = math.prod(len(factor.choices) for factor in scenario.factors)
    return cells * _arms(scenario) * (asked.seeds.full if full else asked.seeds.quick)


def _arms(scenario: Scenario) -> int:
    """How many markets a cell takes for each seed; firms share one."""
    return len(scenario.examination.contrast) if scenario.alternatives else 1


def _asked(scenario: Scenario) -> Any:
    """The examination of a scenario. Raises ScenarioError if there is none, or its measure does not exist."""
    asked, problems = scenario.examination, []
    if asked is None:
        problems = [Problem("examination", "is missing; it says which measure and contrast decide about the claim")]
    elif asked.measure not in METRICS:
        problems = [Problem("examination.measure", not_one_of(asked.measure, "a measure", METRICS))]
    if problems:
        raise ScenarioError(problems, scenario.claim or "scenario")
    return asked


def at(scenario: Scenario, levels: Sequence[int]) -> Scenario:
    """One cell: the scenario at these levels of its factors, with the contrasted alternatives alone."""
    asked = scenario.examination
    chosen = [factor.choices[level] for factor, level in zip(scenario.factors, levels, strict=True)]
    changes: dict[str, Any] = {"factors": [], "examination.moderator": ""}
    for level in chosen:
        changes |= level.set
    kept = []
    for item in scenario.alternatives:
        if item.name in asked.contrast:
            settings = dict(item.set)
            for level in chosen:
                settings |= level.alternatives.get(item.name, {})
            kept.append({"name": item.name, "focus": item.focus, "set": settings})
    changes |= {"alternatives": kept, "baseline": asked.contrast[-1] if kept else ""}
    windows = [level.window for level in chosen if level.window is not None]
    return scenario.with_changes(changes | ({"examination.window": windows[-1]} if windows else {}))


def _contrast(values: list[np.ndarray], unit: str) -> np.ndarray:
    """(R,) effect of every seed: first less second, or the only one; if asked in percent of the second's mean size.

    One mean for all seeds, not each seed's own: a seed in which the second is near zero must not outweigh the others.
    """
    if len(values) == 1:
        return values[0]
    difference = values[0] - values[1]
    if unit != "percent":
        return difference
    size = abs(float(interval(values[1]).mean))
    return 100.0 * difference / (size or math.nan)


def _moderated(
    contrasts: dict[tuple[int, ...], np.ndarray], scenario: Scenario
) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """The cells with their effects; with a moderator, less the contrast at its first level, which is then no cell."""
    names = [factor.name for factor in scenario.factors]
    moderator = scenario.examination.moderator
    for levels, effect in contrasts.items():
        if not moderator:
            yield levels, effect
            continue
        place = names.index(moderator)
        if levels[place] > 0:
            yield levels, effect - contrasts[reference(levels, place)]


def reference(levels: tuple[int, ...], place: int) -> tuple[int, ...]:
    """The cell at the first level of the factor in this place, otherwise the same."""
    return (*levels[:place], 0, *levels[place + 1 :])


# ----------------------------------------------------------------------------------------------------------- parts


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _cell(record: dict[str, Any]) -> Cell:
    def number(value: float | None) -> float:
        return math.nan if value is None else value

    effect = Interval(*(number(record["effect"][key]) for key in Interval._fields))
    means = tuple(number(mean) for mean in record["means"])
    return Cell(tuple(record["levels"]), record["sign"], effect, means, record["verdict"])


def _rounded(value: Any) -> Any:
    """Floats to six significant digits, NaN as None, tuples as lists."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
