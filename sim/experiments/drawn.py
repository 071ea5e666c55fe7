"""Markets of n firms whose strategies are drawn from the list: who earns most in whatever company?

A market is drawn by chance and in balance: every strategy takes part equally often and, as far as it goes, meets every
other equally often (an incomplete block design whose blocks are markets). Each is played once, with luck of its own:
the mean over many of them is that over companies and over luck, and a wider choice of markets says more than a repeated
one. All markets are arms of a design, checked before the first is played.

A strategy that is added later takes part in new markets, with others drawn in balance, until it has been played as
often as they; what was played stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.metrics import METRICS
from sim.analysis.statistics import Interval, interval
from sim.experiments import pools
from sim.experiments.axes import Axis, conditions_of
from sim.experiments.design import Arm, Design
from sim.experiments.entrants import Entrants, Strategies, axes_of, design_in, opened, several, tables_of
from sim.experiments.manifest import RunsMissing, StoreError, command
from sim.experiments.pools import Players
from sim.experiments.progress import Progress, shown
from sim.experiments.store import Store
from sim.experiments.sweep import run_missing
from sim.experiments.tournament import Rank, ahead, ranked
from sim.in_words import whole
from sim.results import ResultsError
from sim.scenario import Scenario

MARKET = "market"  # name of the factor that numbers the markets


@dataclass(frozen=True, eq=False)
class DrawnTournament:
    """Payoffs (S, M): of each strategy in each market, NaN where it did not take part, in `measure`.

    names      what the strategies are called, kinds: their kinds; firms: how many in a market
    levels     the condition this is about; folder: the store; missing: markets that failed or are not yet played
    """

    names: list[str]
    kinds: list[str]
    payoffs: np.ndarray
    measure: str
    firms: int
    title: str
    levels: dict[str, Any]
    folder: Path
    missing: int = 0

    @property
    def appearances(self) -> dict[str, int]:
        """In how many of the markets that were played each strategy took part."""
        return dict(zip(self.names, (~np.isnan(self.payoffs)).sum(axis=1).tolist(), strict=True))

    def payoff(self, name: str) -> Interval:
        """Mean payoff of a strategy over its markets, with its t interval."""
        if name not in self.names:
            raise ResultsError(f"{name!r} does not take part; there are: {', '.join(self.names)}")
        return interval(self.payoffs[self.names.index(name)])

    @property
    def scores(self) -> np.ndarray:
        """(S, M) what is ranked."""
        return self.payoffs

    def ranking(self) -> list[Rank]:
        """By mean payoff, best first; without those who took part in no market that was played."""
        some = np.flatnonzero((~np.isnan(self.scores)).any(axis=1))
        return ranked([self.names[k] for k in some], self.scores[some], METRICS[self.measure].sign)

    def beside(self) -> np.ndarray:
        """(S, S) mean payoff of the row's strategy in markets in which the column's takes part, NaN where in none."""
        known = ~np.isnan(self.payoffs)
        together = known[:, None] & known[None]
        with np.errstate(invalid="ignore"):
            return np.where(together, self.payoffs[:, None], 0.0).sum(axis=2) / together.sum(axis=2)

    def record(self) -> dict[str, Any]:
        """All of it as JSON can say it."""
        return {
            "title": self.title,
            "levels": self.levels,
            "names": self.names,
            "measure": self.measure,
            "firms": self.firms,
            "markets": self.payoffs.shape[1],
            "missing": self.missing,
            "appearances": self.appearances,
            "ranking": [rank._asdict() | {"payoff": rank.payoff._asdict()} for rank in self.ranking()],
            "beside": self.beside().tolist(),
            "headline": self.headline(),
        }

    def headline(self) -> str:
        """The finding in a sentence."""
        many = self.payoffs.shape[1] - self.missing
        where = f"on average over {many} drawn market{'' if many == 1 else 's'}"
        return ahead(self.ranking(), self.measure, where)


def drawn_tournament(
    scenario: Scenario, strategies: Strategies = (), *, out: str | Path, firms: int = 5, markets: int = 200,
    seed: int | None = None, vary: Sequence[str | Axis] = (), measure: str = "discounted_profit",
    workers: int | None = None, executor: Players = "auto", progress: Progress = None,
) -> list[DrawnTournament]:  # fmt: skip
    """Play markets of firms whose strategies are drawn, and keep all in the folder `out`; only what is new is run.

    strategies   kinds, or name -> strategy table as in a scenario file (default: all kinds of the library); those
                 that took part in the folder before stay
    markets      how many in all; more where strategies that were added have to catch up
    seed         of the first market and of the draw (default the scenario's); market m is played with seed + m
    vary         conditions under which the same markets are played again, as "path=1,2,3"; one DrawnTournament for
                 each is returned
    progress     as in `sim.experiments.sweep.sweep`

    Markets that fail are left out, see `DrawnTournament.missing`. Raises ScenarioError where a market would not be
    valid, StoreError for a folder that cannot be used, RunsMissing where no market could be played.
    """
    folder = Path(out)
    before = design_in(folder, _kind(firms))
    plan = plan_of(scenario, strategies, firms=firms, markets=markets, seed=seed, vary=vary, before=before)
    with pools.opened(executor, workers) as players, opened(folder, plan, measure) as store:
        with shown(progress) as report:
            run_missing(store, workers, players, report)
        return read(store, measure)


def plan_of(
    scenario: Scenario, strategies: Strategies = (), *, firms: int = 5, markets: int = 200, seed: int | None = None,
    vary: Sequence[str | Axis] = (), before: Design | None = None,
) -> Design:  # fmt: skip
    """The markets as a design, those drawn before first. Raises ScenarioError; StoreError for another seed."""
    whole("markets", markets, 1)
    first, old = scenario.seed if seed is None else seed, [] if before is None else blocks_of(before)
    if before is not None and first != (was := before.arms[0].seeds[0] - before.arms[0].factors[MARKET]):
        raise StoreError(f"the markets in the folder were drawn with seed {was}, not {first}; name another folder")
    entrants = Entrants(scenario, strategies, firms, tables_of(before, _players))
    axes = axes_of(scenario, vary)
    drawn = draw(several(entrants.entries), firms, markets, first, old)
    arms = []
    for levels, changes in conditions_of(axes):
        for number, chosen in enumerate(drawn):
            factors = levels | {MARKET: number} | dict(zip(entrants.firms, chosen, strict=True))
            arms += entrants.arm(chosen, (first + number, 1), factors, changes)
    named = (*(axis.name for axis in axes), MARKET, *entrants.firms)
    return entrants.checked(Design(entrants.bare, tuple(arms), _kind(firms), named, "", scenario.title))


def _kind(firms: int) -> str:
    return f"drawn markets of {firms}"


def _players(arm: Arm) -> list[str]:
    """What the firms of a market play."""
    return [arm.factors[firm] for firm, _ in arm.firms]


def draw(
    names: Sequence[str], firms: int, markets: int, seed: int, before: Sequence[Sequence[str]] = ()
) -> list[list[str]]:
    """At least so many markets: those drawn before, then new ones. Market m depends on the seed and what precedes it.

    Drawn is who took part least often; of those, who met the others in the market least often; of those, by chance. No
    strategy plays twice in a market while there are others. Newcomers catch up one after the other, so that they meet
    the old rather than each other.
    """
    old = {name for market in before for name in market}
    table = _Table([name for name in names if name in old or not old], before)
    for newcomer in [name for name in names if name not in table.pool]:
        goal = int(table.counts.min())
        table.add(newcomer)
        # where all take part in every market, nobody catches up with a goal that moves
        while table.counts[-1] < (table.counts[:-1].min() if firms < len(table.pool) else goal):
            table.next(firms, seed)
    while len(table.markets) < markets:
        table.next(firms, seed)
    return table.markets


class _Table:
    """Markets drawn so far, how often each strategy of the pool took part (S,), and who met whom (S, S)."""

    def __init__(self, pool: list[str], markets: Sequence[Sequence[str]]) -> None:
        self.pool, self.markets = pool, []
        self.counts, self.met = np.zeros(len(pool), np.int64), np.zeros((len(pool), len(pool)), np.int64)
        for market in markets:
            self._note([pool.index(name) for name in market])

    def add(self, newcomer: str) -> None:
        """One more strategy."""
        self.pool.append(newcomer)
        self.counts, self.met = np.append(self.counts, 0), np.pad(self.met, (0, 1))

    def next(self, firms: int, seed: int) -> None:
        """Draw a market, its firms in random order."""
        rng, chosen = np.random.default_rng([seed, len(self.markets)]), []
        inside = np.zeros(len(self.pool), np.int64)
        for _ in range(firms):
            company = self.met[:, chosen].sum(axis=1)
            # the last key counts most
            order = np.lexsort((rng.random(len(self.pool)), company, self.counts + inside, inside))
            chosen.append(int(order[0]))
            inside[order[0]] += 1
        self._note(rng.permutation(chosen).tolist())

    def _note(self, chosen: list[int]) -> None:
        self.markets.append([self.pool[k] for k in chosen])
        np.add.at(self.counts, chosen, 1)
        self.met[np.ix_(chosen, chosen)] += 1


def blocks_of(design: Design) -> list[list[str]]:
    """Who plays in each market of a design, in the order of their numbers."""
    found = {arm.factors[MARKET]: _players(arm) for arm in design.arms}
    return [found[number] for number in sorted(found)]


def read(store: Store, measure: str = "discounted_profit") -> list[DrawnTournament]:
    """The tournaments of a store, one for each condition, as far as they were played. Raises StoreError."""
    store.check_measure(measure)
    design = store.design
    kinds = {arm.factors[firm]: kind for arm in design.arms for firm, kind in arm.firms}
    names, markets = sorted(kinds), max(arm.factors[MARKET] for arm in design.arms) + 1
    found: dict[str, tuple[dict[str, Any], np.ndarray]] = {}
    for arm in design.arms:
        levels = _condition(arm)
        found.setdefault(str(levels), (levels, np.full((len(names), markets), np.nan)))
    for point, measures in store.rows():
        payoffs = found[str(_condition(point.arm))][1]
        chosen = [names.index(name) for name in _players(point.arm)]
        values = np.broadcast_to(measures[measure], len(chosen))  # a measure of the market is everybody's
        for k in set(chosen):
            payoffs[k, point.arm.factors[MARKET]] = values[[j for j, who in enumerate(chosen) if who == k]].mean()
    counts, title, listed = store.counts(), design.title, [kinds[name] for name in names]
    if not all((~np.isnan(payoffs)).any() for _, payoffs in found.values()):
        failed = f"{counts.failed:,} runs failed: {command('status', store.folder, '--failures')}"
        way = f"{command('resume', store.folder)} does the rest" if counts.left else failed
        raise RunsMissing(f"{store.folder}: no market has been played yet; {way}")
    return [
        DrawnTournament(
            names, listed, payoffs, measure, len(design.arms[0].firms), title, levels, store.folder,
            int(np.isnan(payoffs).all(axis=0).sum()),
        )
        for levels, payoffs in found.values()
    ]  # fmt: skip


def _condition(arm: Arm) -> dict[str, Any]:
    """The levels of what is varied, without the market and who plays in it."""
    own = {MARKET, *(firm for firm, _ in arm.firms)}
    return {name: level for name, level in arm.factors.items() if name not in own}
