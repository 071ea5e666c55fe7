"""A market to step through, go back in, change and ask; all of the stepper but its widgets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sim.in_words import whole
from sim.notebook import scene
from sim.notebook.controls import ControlError, controls, focus
from sim.notebook.timeline import Timeline
from sim.scenario import Scenario, scenario_of
from sim.scenario_paths import named, value_at
from sim.stories.chapter import StoryError

if TYPE_CHECKING:
    import pandas as pd

    from sim.figure import Picture
    from sim.notebook.controls import Control
    from sim.stories import Life


def _value(tree: Any, path: str) -> Any:
    """The value at a path; of what is the same for everybody that number."""
    value = value_at(tree, path)
    return value["value"] if isinstance(value, dict) and value.get("dist") == "fixed" else value


class Walk:
    """A market at some round, which can be played, gone back in and changed; see `sim.notebook.Stepper`."""

    def __init__(
        self,
        scenario: Scenario | str | Path,
        *,
        alternative: str | None = None,
        seed: int | None = None,
        controls: str | Sequence[str] | None = None,
        compare: bool = False,
    ) -> None:
        self.base, self.alternative, self.seed = scenario_of(scenario), alternative, seed
        self.changes: dict[str, Any] = {}
        self.paths, self.compare = controls, compare
        self.scenario = self._changed(alternative, {})
        self.file = self.scenario.to_dict()  # as it is without changes
        self.controls()  # one that is none is refused here, not when the panel is shown
        self.timeline = Timeline(self.scenario, seed)
        self.ghost: dict[str, Any] = {}  # the series of the run before
        self.before: np.ndarray | None = None  # (C,) suppliers before the round just played

    # --------------------------------------------------------------------------------------------------- moving

    @property
    def round(self) -> int:
        """Rounds played."""
        return self.timeline.round

    @property
    def rounds(self) -> int:
        """The horizon."""
        return self.scenario.market.rounds

    def step(self, rounds: int = 1) -> Self:
        """Play some rounds, at most to the horizon."""
        return self.go(min(self.rounds, self.round + whole("rounds", rounds, 0)))

    run = step

    def back(self, rounds: int = 1) -> Self:
        """Go back some rounds, exactly."""
        return self.go(max(0, self.round - whole("rounds", rounds, 0)))

    def go(self, round: int) -> Self:
        """To any round, from 0 to the horizon. Raises ControlError for another one."""
        if whole("round", round, 0) > self.rounds:
            raise ControlError(f"there is no round {round}; this market has the rounds 0 to {self.rounds}")
        if round == 0:
            self.timeline.go(0)
            self.before = None
            return self
        if round != self.round:
            self.timeline.go(round - 1)  # whose suppliers tell who has switched
            self.before = self.timeline.simulation.state.supplier.copy()
            self.timeline.step()
        return self

    def reset(self) -> Self:
        """To the beginning; the run so far stays as a ghost."""
        self._remember()
        return self.go(0)

    # ------------------------------------------------------------------------------------------------- changing

    def set(self, path: str, value: Any) -> Self:
        """Change one entry of the scenario and play it up to the present round. Raises ScenarioError."""
        return self._restart(self.alternative, self.changes | {named(self.scenario.to_dict(), path): value})

    def undo(self) -> Self:
        """Take all changes back: the scenario, or its alternative, as the file has it."""
        return self._restart(self.alternative, {})

    def choose(self, alternative: str | None) -> Self:
        """Play another alternative of the scenario, with the same changes."""
        return self._restart(alternative, self.changes)

    def play(self, kind: str, firm: str | None = None) -> Self:
        """Let a firm (default: the one in focus) play another strategy with its default settings."""
        firm = firm or focus(self.scenario)
        kept = {path: value for path, value in self.changes.items() if not path.startswith(f"firms.{firm}.strategy")}
        return self._restart(self.alternative, kept | {f"firms.{firm}.strategy": {"kind": kind}})

    def _restart(self, alternative: str | None, changes: dict[str, Any]) -> Self:
        scenario, round = self._changed(alternative, changes), self.round
        timeline = Timeline(scenario, self.seed)
        timeline.go(min(round, scenario.market.rounds))  # if a strategy fails, everything stays as it was
        self._remember()
        self.scenario, self.alternative, self.changes, self.timeline = scenario, alternative, changes, timeline
        self.before = None
        self.file = self._changed(alternative, {}).to_dict()
        return self

    def _changed(self, alternative: str | None, changes: dict[str, Any]) -> Scenario:
        chosen = self.base if alternative is None else self.base.alternative(alternative)
        return chosen.with_changes(changes) if changes else chosen

    def _remember(self) -> None:
        if self.round:
            self.ghost = scene.series(self.timeline.simulation)

    # -------------------------------------------------------------------------------------------------- looking

    def controls(self) -> list[Control]:
        """What can be turned, as it stands now."""
        return controls(self.scenario, self.paths, self.base)

    def differing(self) -> dict[str, tuple[Any, Any]]:
        """Path of each change -> the value in the file (None: a table of another kind has no such entry) and now."""
        pairs = {path: (_value(self.file, path), value) for path, value in self.changes.items()}
        return {path: (before, now) for path, (before, now) in pairs.items() if before != now}

    @cached_property
    def spread(self) -> dict[str, tuple[float, float]]:
        """The ends of each scale of colours; they stay, so that a colour means the same before and after a change."""
        worlds = [self.base.alternative(one.name) for one in self.base.alternatives] or [self.base]
        return scene.spread(worlds, self.seed)

    def table(self) -> pd.DataFrame:
        """One row per firm: what it does and how it fares in this round."""
        import pandas as pd

        simulation = self.timeline.simulation
        books, rows = simulation.books, {}
        for j, name in enumerate(simulation.firm_names):
            customers = int(((simulation.state.supplier == j) & (simulation.state.active != 0)).sum())
            row: dict[str, Any] = {"strategy": simulation.outlook.strategies[j].kind, "customers": customers}
            if self.round:
                last = {key: float(books.account(key)[-1, j]) for key in ("price", "purchases", "trust", "won", "lost")}
                buyers = last["purchases"] or float("nan")
                row |= {"price": last["price"], "purchases": last["purchases"], "won": last["won"]}
                row |= {"lost": last["lost"], "trust of buyers": last["trust"] / buyers}
                row |= {"profit to date": float(books.account("profit")[:, j].sum())}
            rows[name] = row
        return pd.DataFrame.from_dict(rows, orient="index")

    def life(self, customer: int) -> Life:
        """The life of a customer up to the present round. Raises StoryError where there is none."""
        from sim.stories import story

        if self.round == 0:
            raise StoryError(f"customer {customer} has no life yet; play a round first")
        return story(self.scenario, customer, seed=self.seed, rounds=self.round)

    def picture(self) -> Picture:
        """The market now as a still picture: the network and three charts."""
        from sim.notebook.still import still

        return still(self.timeline.simulation, self.before, self.ghost, self.spread)

    def __repr__(self) -> str:
        where = f"{self.scenario.title}, {self.scenario.market.round_length} {self.round} of {self.rounds}"
        return f"{where}\n{self.table().round(2).to_string()}"
