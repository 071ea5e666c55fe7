"""Every strategy against every other in one market: payoffs, ranks, equilibria, invasion, and how firms would change.

All firms are alike but for their strategy: copies of the focus firm of the scenario. A match is one strategy among
rivals that all play another; in a duopoly one run serves both sides. All matches have the same seeds. A tournament is
an experiment like any other (`sim.experiments.store`): a strategy added later meets the others, whose matches stand.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.games import equilibria, replicator, solve
from sim.analysis.inference import SEED, holm, p_value, rank_intervals
from sim.analysis.metrics import METRICS
from sim.analysis.statistics import Interval, interval, paired
from sim.experiments.axes import Axis, conditions_of
from sim.experiments.design import Arm, Design
from sim.experiments.entrants import Entrants, Strategies, axes_of, design_in, opened, tables_of
from sim.experiments.manifest import StoreError
from sim.experiments.pools import Players
from sim.experiments.progress import Progress, shown
from sim.experiments.store import Store
from sim.experiments.sweep import run_missing
from sim.results import ResultsError
from sim.scenario import Scenario

ROW, RIVALS = "strategy", "rivals"  # names of the factors
AGAIN = 400  # bootstrap samples in which an equilibrium is looked for again
ALIVE = 0.005  # share of the firms below which a strategy counts as gone


def spoken(name: str) -> str:
    """A strategy as people say it: fee extractor."""
    return name.replace("_", " ")


def enumerated(names: Sequence[str], most: int = 3) -> str:
    """A, B or C; of many strategies so many others."""
    said = [spoken(name) for name in names]
    return f"{len(said)} others" if len(said) > most else " or ".join([", ".join(said[:-1]), said[-1]][len(said) < 2 :])


def percent(share: float) -> str:
    """A share in whole per cent, never 100 of what is less than all."""
    return "over 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


class Rank(NamedTuple):
    """A strategy's mean payoff, over all rivals (its own kind too), and its rank with its limits.

    The limits of all ranks hold at once in 95 % of tournaments; see `sim.analysis.inference.rank_intervals`.
    """

    name: str
    payoff: Interval
    rank: int
    low: int
    high: int

    @property
    def limits(self) -> str:
        """2–4, or 1."""
        return f"{self.low}" if self.low == self.high else f"{self.low}–{self.high}"


def ranked(names: Sequence[str], payoffs: np.ndarray) -> list[Rank]:
    """Ranks by mean payoff (S, replications), NaN where a strategy did not take part; best first."""
    limits = rank_intervals(payoffs)
    found = [Rank(n, interval(p), *map(int, r)) for n, p, r in zip(names, payoffs, limits, strict=True)]
    return sorted(found, key=lambda rank: -np.nan_to_num(rank.payoff.mean, nan=-np.inf))


def ahead(ranking: Sequence[Rank], measure: str, where: str = "on average") -> str:
    """Who is clearly first; or that nobody is, and who may be as good."""
    first, *others = ranking
    what = "earns most" if measure == "discounted_profit" else f"has the highest {METRICS[measure].label}"
    level = [rank.name for rank in others if rank.low == 1]
    if not level:
        return f"{spoken(first.name)} {what} {where}"
    return f"No strategy clearly {what} {where}: {spoken(first.name)} is ahead, {enumerated(level)} may be as good"


class Found(NamedTuple):
    """An equilibrium in words and numbers; `share` of the bootstrap samples that have it too."""

    first: dict[str, float]
    second: dict[str, float]
    share: float

    def __str__(self) -> str:
        """All play A; A against 30 % B + 70 % C."""
        sides = [
            " + ".join(spoken(name) if share > 1 - 1e-6 else f"{percent(share)} {spoken(name)}" for name, share in side)
            for side in (self.first.items(), self.second.items())
        ]
        return f"all play {sides[0]}" if sides[0] == sides[1] else " against ".join(sides)


class Invasion(NamedTuple):
    """What a firm gains by playing `newcomer` where all play `resident`; p is adjusted (Holm) for all such pairs."""

    newcomer: str
    resident: str
    gain: Interval
    p: float

    @property
    def succeeds(self) -> bool:
        """Is there clearly a gain?"""
        return self.p < 0.05 and self.gain.mean > 0


@dataclass(frozen=True, eq=False)
class Tournament:
    """Payoffs (S, S, R): of the row's strategy where all rivals play the column's, seed by seed, in `measure`.

    names      what the strategies are called, kinds: their kinds; firms: how many in a market
    levels     the condition this is about; folder: the store
    """

    names: list[str]
    kinds: list[str]
    payoffs: np.ndarray
    measure: str
    firms: int
    title: str
    levels: dict[str, Any]
    folder: Path

    @property
    def matrix(self) -> np.ndarray:
        """(S, S) mean payoffs."""
        return self.payoffs.mean(axis=2)

    def payoff(self, name: str, rivals: str) -> Interval:
        """Mean payoff of a strategy among such rivals, with its t interval."""
        return interval(self.payoffs[self._index(name), self._index(rivals)])

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise ResultsError(f"{name!r} does not take part; there are: {', '.join(self.names)}")
        return self.names.index(name)

    @property
    def scores(self) -> np.ndarray:
        """(S, R) what is ranked: the mean payoff over all rivals, seed by seed."""
        return self.payoffs.mean(axis=1)

    def ranking(self) -> list[Rank]:
        """By mean payoff over all rivals, best first."""
        return ranked(self.names, self.scores)

    def best_replies(self) -> dict[str, list[str]]:
        """Rivals' strategy -> the best reply, and others that are not clearly worse (paired 95 % interval)."""
        found = {}
        for column, rivals in enumerate(self.names):
            best = int(self.matrix[:, column].argmax())
            gaps = [paired(self.payoffs[best, column], self.payoffs[k, column]) for k in range(len(self.names))]
            close = [n for k, n in enumerate(self.names) if k != best and not gaps[k].low > 0]
            found[rivals] = [self.names[best], *close]
        return found

    def equilibria(self) -> list[Found]:
        """Equilibria of the mean payoffs; in a market of more than two, only those where all play the same way.

        `share` says how firm each is: payoffs are drawn again from the seeds, and its supports solved anew.
        """
        found, _ = equilibria(self.matrix)
        if self.firms > 2:
            found = [each for each in found if each.pure and each.supports[0] == each.supports[1]]
        drawn = np.random.default_rng(SEED).integers(0, self.payoffs.shape[2], (AGAIN, self.payoffs.shape[2]))
        games = [self.payoffs[:, :, some].mean(axis=2) for some in drawn]
        return [
            Found(
                self._shares(each.first),
                self._shares(each.second),
                sum(solve(game, *each.supports) is not None for game in games) / AGAIN,
            )
            for each in found
        ]

    def _shares(self, shares: np.ndarray) -> dict[str, float]:
        return {name: float(share) for name, share in zip(self.names, shares, strict=True) if share > 0}

    def invasions(self) -> list[Invasion]:
        """Every newcomer into a market of every resident."""
        pairs = list(itertools.permutations(range(len(self.names)), 2))
        gains = [self.payoffs[new, old] - self.payoffs[old, old] for new, old in pairs]
        adjusted = holm(np.array([p_value(gain) for gain in gains]))
        return [
            Invasion(self.names[new], self.names[old], interval(gain), float(p))
            for (new, old), gain, p in zip(pairs, gains, adjusted, strict=True)
        ]

    def uninvadable(self) -> list[str]:
        """Strategies that no newcomer clearly gains by leaving."""
        lost = {each.resident for each in self.invasions() if each.succeeds}
        return [name for name in self.names if name not in lost]

    def ecology(self, start: Mapping[str, float] | None = None, steps: int = 2_000) -> np.ndarray:
        """(steps + 1, S) shares of the strategies over time if the more profitable spread (replicator dynamics).

        start: name -> share (default all equal). Raises ValueError where shares do not sum to 1.
        """
        shares = np.full(len(self.names), 1 / len(self.names))
        if start is not None:
            shares = np.zeros(len(self.names))
            for name, share in start.items():
                shares[self._index(name)] = share
        return replicator(self.matrix, shares, steps)

    def survivors(self) -> list[str]:
        """Who remains at the end of `ecology` from equal shares, the most first: 70 % A."""
        return [f"{percent(share)} {spoken(name)}" for name, share in self.remaining()]

    def remaining(self) -> list[tuple[str, float]]:
        """Who remains, with its share."""
        ends = zip(self.names, self.ecology()[-1].tolist(), strict=True)
        return [end for end in sorted(ends, key=lambda end: -end[1]) if end[1] > ALIVE]

    def record(self) -> dict[str, Any]:
        """All of it as JSON can say it."""
        return {
            "title": self.title,
            "levels": self.levels,
            "names": self.names,
            "measure": self.measure,
            "matrix": self.matrix.tolist(),
            "ranking": [rank._asdict() | {"payoff": rank.payoff._asdict()} for rank in self.ranking()],
            "best_replies": self.best_replies(),
            "equilibria": [each._asdict() for each in self.equilibria()],
            "invasions": [each._asdict() | {"gain": each.gain._asdict()} for each in self.invasions()],
            "uninvadable": self.uninvadable(),
            "ecology": dict(zip(self.names, self.ecology()[-1].tolist(), strict=True)),
            "headline": self.headline(),
        }

    def headline(self) -> str:
        """The finding in a sentence."""
        stable = [
            n for each in self.equilibria() if each.first == each.second and len(each.first) == 1 for n in each.first
        ]
        ends = (
            f"all playing {enumerated(stable, 4)} is an equilibrium"
            if stable
            else "no strategy alone is an equilibrium"
        )
        return f"{ahead(self.ranking(), self.measure)}; {ends}"


def tournament(
    scenario: Scenario, strategies: Strategies = (), *, out: str | Path,
    firms: int = 2, seeds: int = 10, seed: int | None = None, vary: Sequence[str | Axis] = (),
    measure: str = "discounted_profit", workers: int | None = None, executor: Players = "threads",
    progress: Progress = None,
) -> list[Tournament]:  # fmt: skip
    """Play every strategy against every other and keep all in the folder `out`; only what is new is run.

    strategies   kinds, or name -> strategy table as in a scenario file (default: all kinds of the library); those
                 that took part in the folder before stay
    firms        in a market: one of the row's strategy, the others of the column's
    vary         conditions under which the whole tournament is repeated, as "path=1,2,3"; one Tournament for each is
                 returned

    Raises ScenarioError where a market would not be valid, StoreError for a folder that cannot be used.
    """
    before = tables_of(design_in(Path(out), _kind(firms)), _players)
    plan = plan_of(scenario, strategies, firms=firms, seeds=seeds, seed=seed, vary=vary, before=before)
    with opened(Path(out), plan, measure) as store:
        with shown(progress) as report:
            run_missing(store, workers, executor, report)
        return read(store, measure)


def plan_of(
    scenario: Scenario, strategies: Strategies = (), *, firms: int = 2, seeds: int = 10, seed: int | None = None,
    vary: Sequence[str | Axis] = (), before: Mapping[str, Mapping[str, Any]] | None = None,
) -> Design:  # fmt: skip
    """The matches as a design, also of strategies that took part before. Raises ScenarioError."""
    entrants, axes = Entrants(scenario, strategies, firms, before), axes_of(scenario, vary)
    # in a duopoly a match serves both sides
    pick = itertools.combinations_with_replacement if firms == 2 else lambda kinds, _: itertools.product(kinds, kinds)
    replications = (scenario.seed if seed is None else seed, seeds)
    arms: list[Arm] = []
    for levels, changes in conditions_of(axes):
        for row, column in pick(entrants.entries, 2):
            factors = levels | {ROW: row, RIVALS: column}
            arms += entrants.arm([row] + [column] * (firms - 1), replications, factors, changes)
    named = (*(axis.name for axis in axes), ROW, RIVALS)
    return entrants.checked(Design(entrants.bare, tuple(arms), _kind(firms), named, "", scenario.title))


def _kind(firms: int) -> str:
    return f"tournament of {firms}"


def _players(arm: Arm) -> list[str]:
    """What the firms of a match play."""
    return [arm.factors[ROW]] + [arm.factors[RIVALS]] * (len(arm.firms) - 1)


def read(store: Store, measure: str = "discounted_profit") -> list[Tournament]:
    """The tournaments of a store, one for each condition, as far as they are complete. Raises StoreError."""
    store.check_measure(measure)
    names = list(dict.fromkeys(name for arm in store.design.arms for name in (arm.factors[ROW], arm.factors[RIVALS])))
    kinds = {arm.factors[ROW]: arm.firms[0][1] for arm in store.design.arms}
    kinds |= {arm.factors[RIVALS]: arm.firms[1][1] for arm in store.design.arms}
    firms = len(store.design.arms[0].firms)
    first = min(arm.seeds[0] for arm in store.design.arms)
    seeds = max(sum(arm.seeds) for arm in store.design.arms) - first
    found: dict[str, tuple[dict[str, Any], np.ndarray]] = {}
    unknown = False  # the measure, in a match that was played
    for point, measures in store.rows():
        levels = {name: level for name, level in point.arm.factors.items() if name not in (ROW, RIVALS)}
        empty = np.full((len(names), len(names), seeds), np.nan)
        _, payoffs = found.setdefault(str(levels), (levels, empty))
        row, column = (names.index(point.arm.factors[name]) for name in (ROW, RIVALS))
        values, at = measures[measure], point.seed - first
        unknown |= bool(np.isnan(values).any())
        if row == column:
            payoffs[row, row, at] = values.mean()
            continue
        payoffs[row, column, at] = values[0]
        if firms == 2:
            payoffs[column, row, at] = values[-1]
    for levels, payoffs in found.values():
        whole = ~np.isnan(payoffs).any(axis=(0, 1))
        if not whole.any():
            where = f" at {', '.join(f'{name} = {level}' for name, level in levels.items())}" if levels else ""
            if unknown:
                label = METRICS[measure].label
                raise StoreError(
                    f"{store.folder}: {label} is not known in every match{where}; choose another --measure"
                )
            way = "sim resume does the rest" if store.counts().left else "were conditions left out, or did runs fail?"
            raise StoreError(f"{store.folder}: matches are missing{where}; {way}")
        found[str(levels)] = (levels, payoffs[:, :, whole])
    listed = [kinds[name] for name in names]
    title = store.design.title
    return [Tournament(names, listed, p, measure, firms, title, levels, store.folder) for levels, p in found.values()]
