"""Runs kept in memory, with their rounds: what a store is to an experiment of which only the finding is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.experiments.counts import Counts
from sim.experiments.design import Design, Point
from sim.experiments.executors import Setup
from sim.experiments.manifest import measures_taken
from sim.experiments.store import Layout, Outcome, key
from sim.results import Results


class Rounds(NamedTuple):
    """Every round of a run: accounts (T, F) and market series (T,); and what it takes to obtain them again."""

    accounts: dict[str, np.ndarray]
    market: dict[str, np.ndarray]
    provenance: dict[str, Any]


class Kept(NamedTuple):
    """A point that was run, its measures, (F,) or (1,) for the market's, and its rounds."""

    point: Point
    measures: dict[str, np.ndarray]
    rounds: Rounds


class Memory:
    """The runs of a design. An error in a run is raised; nothing survives the end of the program."""

    way_on = ""

    def __init__(
        self, design: Design, measures: Sequence[str] = (), simulate: Callable[..., Results] | None = None
    ) -> None:
        self.design, self.layout = design, Layout(measures_taken(measures))
        self.setup = Setup(design.scenario, self.layout.measures, None, kept=_rounds, strict=True, simulate=simulate)
        self._runs: dict[bytes, Outcome] = {}

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Keep finished runs."""
        self._runs |= {outcome.key: outcome for outcome in outcomes}

    def extend(self, design: Design) -> None:
        """Go on with a design that has more of the same; what was run stays."""
        self.design = design

    def counts(self) -> Counts:
        """How far the experiment is; runs that are the same scenario count once."""
        left = len(self.missing())
        return Counts(left + len(self._runs), len(self._runs), 0)

    def missing(self) -> list[Point]:
        """Points not yet run; of arms that are the same scenario, the first."""
        found: dict[bytes, Point] = {}
        for point in self.design.points():
            found.setdefault(key(point.arm, point.seed), point)
        return [point for run, point in found.items() if run not in self._runs]

    def rows(self) -> Iterator[Kept]:
        """Every point in the order of the design."""
        for point in self.design.points():
            outcome = self._runs[key(point.arm, point.seed)]
            yield Kept(point, self.layout.unpack(outcome.measures), outcome.kept)


def _rounds(results: Results) -> Rounds:
    return Rounds(results.accounts, results.market, results.provenance)
