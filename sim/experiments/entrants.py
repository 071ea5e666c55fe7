"""Markets of firms that are alike but for their strategy: copies of the focus firm of a scenario.

Events that name a firm are left out. The markets of a tournament are arms of a design, each checked when it is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.experiments.axes import Axis, Range, vary
from sim.experiments.design import BARE, Arm, Design
from sim.experiments.manifest import StoreError, design_of, read_manifest
from sim.experiments.store import Store
from sim.in_words import whole
from sim.scenario import Scenario
from sim.scenario_errors import Problem, ScenarioError
from sim.scenario_paths import plain
from sim.strategies.base import registry

type Strategies = Sequence[str] | Mapping[str, Mapping[str, Any]]


class Entrants:
    """What may be played by `firms` firms: `entries`, name -> strategy table; `firms` are their names A, B, …

    bare     the scenario in which all play what the focus firm played
    before   entries of the same experiment so far, which stay; raises StoreError where a name means something else now
    """

    def __init__(
        self,
        scenario: Scenario,
        strategies: Strategies,
        firms: int,
        before: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        whole("firms", firms, 2)
        own, before = _entries(strategies), before or {}
        if other := [name for name in own if name in before and _written(before[name]) != _written(own[name])]:
            raise StoreError(f"{other[0]}: is another strategy here than in the folder so far; give it another name")
        self.entries = own | {name: dict(table) for name, table in before.items() if name not in own}
        self.firms = [chr(ord("A") + j) if firms <= 26 else f"firm {j + 1}" for j in range(firms)]
        focus = next(plain(firm) for firm in scenario.firms if firm.name == scenario.focus)
        self._alike = {name: value for name, value in focus.items() if name != "present_from_start"}
        events = [plain(event) for event in scenario.events if not hasattr(event, "firm")]
        alike = [self._alike | {"name": name} for name in self.firms]
        self.bare = scenario.with_changes(BARE | {"events": events, "firms": alike, "focus": self.firms[0]})
        self._problems: list[Problem] = []

    def arm(
        self, chosen: Sequence[str], seeds: tuple[int, int], factors: dict[str, Any], changes: Mapping[str, Any],
        alternative: str = "",
    ) -> list[Arm]:  # fmt: skip
        """The arm in which each firm plays the entry chosen for it; none where that is not valid: see `checked`."""
        firms = [
            self._alike | {"name": name, "strategy": dict(self.entries[entry])}
            for name, entry in zip(self.firms, chosen, strict=True)
        ]
        wanted = dict(changes) | {"firms": firms}
        try:
            market = self.bare.with_changes(wanted | {"focus": self.firms[0]})
        except ScenarioError as error:
            place = " against ".join(dict.fromkeys(chosen))
            self._problems += [Problem(place, str(problem)) for problem in error.problems]
            return []
        members = tuple((firm.name, firm.strategy.kind) for firm in market.firms)
        return [Arm(factors, alternative, self.firms[0], wanted, seeds, None, market.hash, members)]

    def checked(self, design: Design) -> Design:
        """The design, if all its arms were valid. Raises ScenarioError."""
        if self._problems:
            raise ScenarioError(list(dict.fromkeys(self._problems)), "tournament")
        return design


def _entries(strategies: Strategies) -> dict[str, dict[str, Any]]:
    if isinstance(strategies, Mapping):
        return {name: dict(table) for name, table in strategies.items()}
    library = (kind for kind, cls in registry().items() if cls.__module__.startswith("sim.strategies."))
    return {kind: {"kind": kind} for kind in dict.fromkeys(strategies or library)}


def _written(table: Mapping[str, Any]) -> str:
    return json.dumps(dict(table), sort_keys=True)  # a manifest knows lists only, where Python has tuples too


def axes_of(scenario: Scenario, varied: Sequence[str | Axis]) -> list[Axis]:
    """What a tournament is repeated under, from "path=1,2,3" or as it is. Raises ScenarioError for a mere range."""
    axes = [vary(scenario, each) if isinstance(each, str) else each for each in varied]
    if ranges := [axis for axis in axes if isinstance(axis, Range)]:
        message = f"a tournament needs values: {ranges[0].path}={ranges[0].low:g}:{ranges[0].high:g}:5 or v,w,x"
        raise ScenarioError([Problem(ranges[0].path, message)], "tournament")
    return axes


def several(entries: Mapping[str, Any]) -> list[str]:
    """Names of the entries in the order that draws and matches go by, whoever was named first. Raises ScenarioError."""
    if len(entries) < 2:
        message = f"{', '.join(entries)} alone has nobody to play against; name two strategies or more"
        raise ScenarioError([Problem("", message)], "tournament")
    return sorted(entries)


def design_in(folder: Path, kind: str) -> Design | None:
    """The design of this kind in a folder, None where it holds nothing. Raises StoreError for one of another kind."""
    if not (folder / "manifest.json").exists():
        return None
    manifest = read_manifest(folder)
    if manifest["kind"] != kind:
        raise StoreError(f"{folder}: holds no such tournament ({manifest['kind']}); name another folder")
    return design_of(manifest, folder)


def tables_of(design: Design | None, chosen: Callable[[Arm], Sequence[str]]) -> dict[str, dict[str, Any]]:
    """Entry -> strategy table of a design made of `Entrants.arm`s; `chosen` says which entries an arm's firms play."""
    arms = () if design is None else design.arms
    return {
        name: firm["strategy"] for arm in arms for name, firm in zip(chosen(arm), arm.changes["firms"], strict=True)
    }


def opened(folder: Path, plan: Design, measure: str) -> Store:
    """The store of a tournament, new or extended by what the plan adds.

    Raises StoreError for one of another kind, or one that does not measure what is asked for.
    """
    if design_in(folder, plan.kind) is None:
        return Store.create(folder, plan, measures=[measure])
    store = Store.open(folder, writing=True)
    try:
        store.check_measure(measure)
        store.extend(plan)
    except StoreError:
        store.close()
        raise
    return store
