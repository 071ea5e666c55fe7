"""Does it pay to enter? A firm of a drawn market changes its strategy, and everything else stays as it was.

The markets are those of `sim.experiments.drawn`, drawn from the residents. In each the first firm plays what was drawn
for it, and then, with the same customers, rivals and luck, each of the newcomers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.evidence import Evidence, evidence
from sim.analysis.inference import Judged, judged
from sim.analysis.metrics import METRICS, readable_interval
from sim.analysis.statistics import Interval, interval
from sim.experiments import pools
from sim.experiments.design import Design
from sim.experiments.drawn import MARKET, draw
from sim.experiments.entrants import Entrants, Strategies, design_in, opened
from sim.experiments.manifest import RunsMissing, StoreError, command
from sim.experiments.pools import Players
from sim.experiments.progress import Progress, shown
from sim.experiments.store import Store
from sim.experiments.sweep import run_missing
from sim.experiments.tournament import spoken
from sim.results import ResultsError
from sim.scenario import Scenario

REPLACED = "replaced"  # name of the factor: whose place the newcomer takes
STAYS = "nobody enters"


@dataclass(frozen=True, eq=False)
class Entry:
    """Payoffs (1 + N, M) of the first firm in each market: as it was drawn, and as each newcomer; `others` of the rest.

    names      STAYS and the newcomers; replaced (M,): the resident whose place they take; firms: how many in a market
    missing    newcomer -> in how many markets nothing is known of what it gains: a run failed; folder: the store
    """

    names: list[str]
    payoffs: np.ndarray
    others: np.ndarray
    replaced: list[str]
    measure: str
    firms: int
    title: str
    missing: dict[str, int] = field(default_factory=dict)
    folder: Path = Path()

    def gain(self, newcomer: str, resident: str | None = None) -> Interval:
        """What a newcomer earns more than the resident it replaces, paired; of one resident alone if asked."""
        return self._change(self.payoffs, newcomer, resident)

    def gains(self) -> dict[tuple[str, str], Judged]:
        """Gain of every newcomer in the place of every resident, all judged together (Holm)."""
        pairs = [(new, old) for new in self.names[1:] for old in sorted(set(self.replaced))]
        return dict(zip(pairs, judged([self._changes(self.payoffs, *pair) for pair in pairs]), strict=True))

    def harms(self) -> dict[str, Judged]:
        """What each newcomer changes for the other firms, judged together (Holm)."""
        changes = [self._changes(self.others, name, None) for name in self.names[1:]]
        return dict(zip(self.names[1:], judged(changes), strict=True))

    def harm(self, newcomer: str, resident: str | None = None) -> Interval:
        """By how much the other firms' mean payoff changes."""
        return self._change(self.others, newcomer, resident)

    def _change(self, values: np.ndarray, newcomer: str, resident: str | None) -> Interval:
        return interval(self._changes(values, newcomer, resident))

    def _changes(self, values: np.ndarray, newcomer: str, resident: str | None) -> np.ndarray:
        """(markets,) differences to the market as it was drawn."""
        for name, known in ((newcomer, self.names[1:]), (resident, self.replaced)):
            if name is not None and name not in known:
                raise ResultsError(f"{name!r} does not take part; there are: {', '.join(dict.fromkeys(known))}")
        some = [resident is None or who == resident for who in self.replaced]
        return values[self.names.index(newcomer), some] - values[0, some]

    def evidence(self) -> Evidence:
        """How sure the gains are, corrected for the number of newcomers, and which is best."""
        return evidence(self.names, self.payoffs, STAYS, METRICS[self.measure].sign)

    def record(self) -> dict[str, Any]:
        """All of it as JSON can say it."""
        residents = sorted(set(self.replaced))
        return {
            "title": self.title,
            "measure": self.measure,
            "firms": self.firms,
            "markets": self.payoffs.shape[1],
            "missing": self.missing,
            "newcomers": [
                {
                    "name": each.name,
                    "gain": each.difference._asdict(),
                    "p": each.p,
                    "superiority": each.superiority,
                    "others": self.harm(each.name)._asdict(),
                    "in_place_of": {who: self.gain(each.name, who)._asdict() for who in residents},
                }
                for each in self.evidence().contrasts
            ],
            "headline": self.headline(),
        }

    def headline(self) -> str:
        """The finding in a sentence."""
        unit, found = METRICS[self.measure].unit, self.evidence().contrasts
        sign = METRICS[self.measure].sign
        can = [each for each in found if each.p < 0.05 and sign * each.difference.mean > 0]
        many = self.payoffs.shape[1]
        where = f"over {many} drawn market{'' if many == 1 else 's'}"
        if not can:
            return f"No newcomer clearly gains by entering, {where}"
        best = max(can, key=lambda each: sign * each.difference.mean)
        if self.measure != "discounted_profit":
            change = readable_interval(best.difference, unit, signed=True)
            return f"{spoken(best.name)} changes {METRICS[self.measure].label} by {change} by entering, {where}"
        return f"{spoken(best.name)} gains {readable_interval(best.difference, unit)} by entering, {where}"


def entry(
    scenario: Scenario, newcomers: Sequence[str], residents: Strategies = (), *, out: str | Path, firms: int = 5,
    markets: int = 100, seed: int | None = None, measure: str = "discounted_profit", workers: int | None = None,
    executor: Players = "auto", progress: Progress = None,
) -> Entry:  # fmt: skip
    """Play every drawn market once as it is and once with each newcomer in the first firm's place.

    newcomers   names among the residents' tables, or kinds; residents: who markets are drawn from, kinds or name ->
                strategy table (default: all kinds of the library, but for the newcomers)
    the rest    as in `sim.experiments.drawn.drawn_tournament`

    Newcomers whose runs all fail are left out. Raises ScenarioError where a market would not be valid, StoreError for a
    folder that cannot be used, RunsMissing where nobody's gain is known.
    """
    plan = plan_of(scenario, newcomers, residents, firms=firms, markets=markets, seed=seed)
    before = design_in(Path(out), plan.kind)
    drawn, was = (_markets(design) for design in (plan, before))
    if any(was.get(number, market) != market for number, market in drawn.items()):
        raise StoreError(f"{out}: holds entries into other markets; name another folder")
    with pools.opened(executor, workers) as players, opened(Path(out), plan, measure) as store:
        with shown(progress) as report:
            run_missing(store, workers, players, report)
        return read(store, measure)


def plan_of(
    scenario: Scenario, newcomers: Sequence[str], residents: Strategies = (), *, firms: int = 5, markets: int = 100,
    seed: int | None = None,
) -> Design:  # fmt: skip
    """The markets as a design: a condition each, whose alternatives are who plays the first firm."""
    if not newcomers:
        raise ValueError("newcomers: nobody is to enter")
    own = Entrants(scenario, residents, firms).entries
    tables = {name: own.get(name, {"kind": name}) for name in newcomers}
    if not residents or isinstance(residents, Mapping):
        own = {name: table for name, table in own.items() if name not in newcomers}
    entrants, first = Entrants(scenario, own | tables, firms), scenario.seed if seed is None else seed
    arms = []
    for number, drawn in enumerate(draw(sorted(own), firms, markets, first)):
        factors, seeds = {MARKET: number, REPLACED: drawn[0]}, (first + number, 1)
        arms += entrants.arm(drawn, seeds, factors, {}, STAYS)
        for name in newcomers:
            arms += entrants.arm([name, *drawn[1:]], seeds, factors, {}, name)
    kind = f"entry into markets of {firms}"
    return entrants.checked(Design(entrants.bare, tuple(arms), kind, (MARKET, REPLACED), STAYS, scenario.title))


def _markets(design: Design | None) -> dict[int, tuple[str, tuple[int, int]]]:
    """Number -> scenario and seed of each market as it was drawn."""
    arms = () if design is None else design.arms
    return {arm.factors[MARKET]: (arm.hash, arm.seeds) for arm in arms if arm.alternative == STAYS}


def read(store: Store, measure: str = "discounted_profit") -> Entry:
    """What a store says, without newcomers of whom nothing is known. Raises RunsMissing where that is nobody."""
    store.check_measure(measure)
    arms = store.design.arms
    names = list(dict.fromkeys(arm.alternative for arm in arms))
    replaced = {arm.factors[MARKET]: arm.factors[REPLACED] for arm in arms}
    own, others = np.full((2, len(names), len(replaced)), np.nan)
    for point, measures in store.rows():
        at = names.index(point.arm.alternative), point.arm.factors[MARKET]
        values = np.broadcast_to(measures[measure], len(point.arm.firms))
        own[at], others[at] = values[0], values[1:].mean()
    counts = store.counts()
    if counts.left:
        raise RunsMissing(f"{store.folder}: markets are missing; {command('resume', store.folder)} does the rest")
    unknown = {name: int(np.isnan(own[k] - own[0]).sum()) for k, name in enumerate(names) if k}
    some = [0, *(k for k, name in enumerate(names) if k and unknown[name] < len(replaced))]
    if len(some) < 2:
        why = f"{counts.failed:,} of {counts.total:,} runs failed: {command('status', store.folder, '--failures')}"
        raise RunsMissing(f"{store.folder}: what newcomers gain is not known in any market; {why}")
    who = [replaced[number] for number in sorted(replaced)]
    about = who, measure, len(arms[0].firms), store.design.title
    missing = {name: many for name, many in unknown.items() if many}
    return Entry([names[k] for k in some], own[some], others[some], *about, missing, store.folder)
