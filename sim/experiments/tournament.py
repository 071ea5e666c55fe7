"""Every strategy against every other in one market: payoffs, ranks, equilibria, invasion, and how firms would change.

All firms are alike but for their strategy: copies of the focus firm of the scenario. A match is one strategy among
rivals that all play another; in a duopoly one run serves both sides. All matches have the same seeds. A tournament is
an experiment like any other (`sim.experiments.store`): a strategy added later meets the others, whose matches stand.
Who is firm A of a duopoly goes by the alphabet and not by who was named first, so that strategies added one by one play
the very matches they would have played together.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.analysis.games import equilibria, replicator, solve
from sim.analysis.inference import SEED, Advice, holm, more_runs, next_size, p_value, rank_intervals
from sim.analysis.metrics import METRICS
from sim.analysis.statistics import Interval, interval, paired
from sim.experiments import pools
from sim.experiments.axes import Axis, conditions_of
from sim.experiments.design import Arm, Design
from sim.experiments.entrants import Entrants, Strategies, axes_of, design_in, opened, several, tables_of
from sim.experiments.goal import Goal, goal_of
from sim.experiments.manifest import RunsMissing, StoreError, command
from sim.experiments.pools import Players
from sim.experiments.progress import Progress, Report, shown
from sim.experiments.store import Store
from sim.experiments.sweep import run_missing
from sim.in_words import ArgumentError, whole
from sim.results import ResultsError
from sim.scenario import Scenario

ROW, RIVALS = "strategy", "rivals"  # names of the factors
AGAIN = 400  # bootstrap samples in which an equilibrium is looked for again
ALIVE = 0.005  # share of the firms below which a strategy counts as gone
SEEDS = 10  # paired runs of a match, unless more or fewer are asked for


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


def ranked(names: Sequence[str], payoffs: np.ndarray, sign: int = 1) -> list[Rank]:
    """Ranks by mean payoff (S, replications), NaN where a strategy did not take part; best first.

    sign: -1 where less is better, see `Metric.sign`.
    """
    limits = rank_intervals(sign * payoffs)
    found = [Rank(n, interval(p), *map(int, r)) for n, p, r in zip(names, payoffs, limits, strict=True)]
    return sorted(found, key=lambda rank: -np.nan_to_num(sign * rank.payoff.mean, nan=-np.inf))


def ahead(ranking: Sequence[Rank], measure: str, where: str = "on average") -> str:
    """Who is clearly first; or that nobody is, and who may be as good."""
    first, *others = ranking
    metric = METRICS[measure]
    what = "earns most" if measure == "discounted_profit" else f"has the {metric.most} {metric.label}"
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
    """What a firm gains by playing `newcomer` where all play `resident`; p is adjusted (Holm) for all such pairs.

    gain: by how much it is better off, positive also where less is better.
    """

    newcomer: str
    resident: str
    gain: Interval
    p: float

    @property
    def succeeds(self) -> bool:
        """Is there clearly a gain?"""
        return self.p < 0.05 and self.gain.mean > 0


class Missing(NamedTuple):
    """What a tournament does without: strategies -> how many of their runs are missing, how many seeds, and why."""

    strategies: dict[str, int]
    seeds: int
    why: str

    def __str__(self) -> str:
        """As a sentence, empty where nothing is missing."""
        parts = [f"{name} is left out, {runs:,} of its runs are missing" for name, runs in self.strategies.items()]
        parts += [f"{self.seeds} seed{'s are' if self.seeds > 1 else ' is'} left out"] if self.seeds else []
        return f"{'; '.join(parts)}: {self.why}" if parts else ""


@dataclass(frozen=True, eq=False)
class Tournament:
    """Payoffs (S, S, R): of the row's strategy where all rivals play the column's, seed by seed, in `measure`.

    names      what the strategies are called, kinds: their kinds; firms: how many in a market
    levels     the condition this is about; folder: the store; missing: what had to be left out
    first_seed of every match, where no seed is left out
    """

    names: list[str]
    kinds: list[str]
    payoffs: np.ndarray
    measure: str
    firms: int
    title: str
    levels: dict[str, Any]
    folder: Path
    missing: Missing = field(default_factory=lambda: Missing({}, 0, ""))
    first_seed: int | None = None

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
        return ranked(self.names, self.scores, self._sign)

    @property
    def _sign(self) -> int:
        return METRICS[self.measure].sign

    @property
    def _gains(self) -> np.ndarray:
        """(S, S, R) payoffs of which more is better."""
        return self._sign * self.payoffs

    def advice(self, halfwidth: float) -> Advice:
        """How widely the mean payoffs that are ranked are known, and how many more seeds ± `halfwidth` takes."""
        return max((more_runs(score, halfwidth) for score in self.scores), key=lambda advice: advice.halfwidth)

    def ends(self, name: str) -> tuple[str, str]:
        """The rivals among whom a strategy does best and worst."""
        row = self._sign * self.matrix[self._index(name)]
        return self.names[int(row.argmax())], self.names[int(row.argmin())]

    def best_replies(self) -> dict[str, list[str]]:
        """Rivals' strategy -> the best reply, and others that are not clearly worse (paired 95 % interval)."""
        found = {}
        for column, rivals in enumerate(self.names):
            best = int(self._gains[:, column].mean(axis=1).argmax())
            gaps = [paired(self._gains[best, column], self._gains[k, column]) for k in range(len(self.names))]
            close = [n for k, n in enumerate(self.names) if k != best and not gaps[k].low > 0]
            found[rivals] = [self.names[best], *close]
        return found

    def equilibria(self) -> list[Found]:
        """Equilibria of the mean payoffs; in a market of more than two, only those where all play the same way.

        `share` says how firm each is: payoffs are drawn again from the seeds, and its supports solved anew.
        """
        found, _ = equilibria(self._sign * self.matrix)
        if self.firms > 2:
            found = [each for each in found if each.pure and each.supports[0] == each.supports[1]]
        drawn = np.random.default_rng(SEED).integers(0, self.payoffs.shape[2], (AGAIN, self.payoffs.shape[2]))
        games = [self._gains[:, :, some].mean(axis=2) for some in drawn]
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
        gains = [self._gains[new, old] - self._gains[old, old] for new, old in pairs]
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

        start: name -> share (default all equal). Raises ArgumentError where shares do not sum to 1.
        """
        shares = np.full(len(self.names), 1 / len(self.names))
        if start is not None:
            if not (all(share >= 0 for share in start.values()) and abs(sum(start.values()) - 1) <= 1e-9):
                given = ", ".join(f"{name}={share:g}" for name, share in start.items())
                raise ArgumentError(f"start (--start) is {given}; allowed: shares that sum to 1, none negative")
            shares = np.zeros(len(self.names))
            for name, share in start.items():
                shares[self._index(name)] = share
        return replicator(self._sign * self.matrix, shares, steps)

    def survivors(self, start: Mapping[str, float] | None = None) -> list[str]:
        """Who remains at the end of `ecology` (default: from equal shares), the most first: 70 % A."""
        return [f"{percent(share)} {spoken(name)}" for name, share in self.remaining(start)]

    def remaining(self, start: Mapping[str, float] | None = None) -> list[tuple[str, float]]:
        """Who remains, with its share."""
        ends = zip(self.names, self.ecology(start)[-1].tolist(), strict=True)
        return [end for end in sorted(ends, key=lambda end: -end[1]) if end[1] > ALIVE]

    def record(self, start: Mapping[str, float] | None = None) -> dict[str, Any]:
        """All of it as JSON can say it; `ecology`: the shares at the end, from `start` (default equal shares)."""
        payoffs = interval(self.payoffs)
        return {
            "title": self.title,
            "levels": self.levels,
            "names": self.names,
            "measure": self.measure,
            "matrix": self.matrix.tolist(),
            "low": payoffs.low.tolist(),
            "high": payoffs.high.tolist(),
            "seeds": self.payoffs.shape[2],
            "missing": self.missing._asdict(),
            "ranking": [rank._asdict() | {"payoff": rank.payoff._asdict()} for rank in self.ranking()],
            "best_replies": self.best_replies(),
            "equilibria": [each._asdict() for each in self.equilibria()],
            "invasions": [each._asdict() | {"gain": each.gain._asdict()} for each in self.invasions()],
            "uninvadable": self.uninvadable(),
            "start": dict(zip(self.names, self.ecology(start, 0)[0].tolist(), strict=True)),
            "ecology": dict(zip(self.names, self.ecology(start)[-1].tolist(), strict=True)),
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
    firms: int = 2, seeds: int | None = None, seed: int | None = None, vary: Sequence[str | Axis] = (),
    measure: str = "discounted_profit", halfwidth: float | None = None, at_most: int = 200,
    workers: int | None = None, executor: Players = "auto", progress: Progress = None,
) -> list[Tournament]:  # fmt: skip
    """Play every strategy against every other and keep all in the folder `out`; only what is new is run.

    strategies   kinds, or name -> strategy table as in a scenario file (default: all kinds of the library); those
                 that took part in the folder before stay
    firms        in a market: one of the row's strategy, the others of the column's
    seeds        paired runs of every match (default: as many as the matches in the folder have, 10 where there are
                 none); fewer than those in the folder are refused
    vary         conditions under which the whole tournament is repeated, as "path=1,2,3"; one Tournament for each is
                 returned
    halfwidth    add seeds until the mean payoff of every strategy is known to ± this, or there are `at_most`

    Matches whose runs fail are left out, see `Tournament.missing`. Raises ScenarioError where a market would not be
    valid, StoreError for a folder that cannot be used, RunsMissing where no two strategies have all their matches.
    """
    before = design_in(Path(out), _kind(firms))
    plan = plan_of(scenario, strategies, firms=firms, seeds=seeds, seed=seed, vary=vary, before=before)
    goal = goal_of(halfwidth, at_most, _seeds(plan)[1])
    with (
        pools.opened(executor, workers) as players,
        opened(Path(out), plan, measure) as store,
        shown(progress) as report,
    ):
        return _play(store, measure, goal, workers, players, report)


def go_on(
    folder: str | Path, *, measure: str = "discounted_profit", halfwidth: float | None = None, at_most: int = 200,
    workers: int | None = None, executor: Players = "auto", retry: bool = False, progress: Progress = None,
) -> list[Tournament]:  # fmt: skip
    """Play what is missing of a tournament, with `retry` also what failed, and read it; see `tournament`."""
    with Store.open(Path(folder), writing=True) as store, shown(progress) as report:
        store.check_measure(measure)
        goal = goal_of(halfwidth, at_most, _seeds(store.design)[1])
        if retry:
            run_missing(store, workers, executor, report, retry=True)
        return _play(store, measure, goal, workers, executor, report)


def _play(
    store: Store, measure: str, goal: Goal | None, workers: int | None, executor: Players, report: Report
) -> list[Tournament]:
    """Play what is missing and, with a goal, more until it is reached."""
    while True:
        run_missing(store, workers, executor, report)
        found = read(store, measure)
        many = _seeds(store.design)[1]  # also those that failed: they are not played again
        scores = [np.pad(s, (0, many - len(s)), constant_values=np.nan) for each in found for s in each.scores]
        more = None if goal is None else next_size(scores, *goal)
        if more is None:
            return found
        arms = tuple(replace(arm, seeds=(arm.seeds[0], more)) for arm in store.design.arms)
        store.extend(replace(store.design, arms=arms))


def plan_of(
    scenario: Scenario, strategies: Strategies = (), *, firms: int = 2, seeds: int | None = None,
    seed: int | None = None, vary: Sequence[str | Axis] = (), before: Design | None = None,
) -> Design:  # fmt: skip
    """The matches as a design, also of strategies that took part before. Raises ScenarioError; StoreError for seeds
    that do not fit those before.
    """
    entrants, axes = Entrants(scenario, strategies, firms, tables_of(before, _players)), axes_of(scenario, vary)
    names, sides = several(entrants.entries), _sides(before)
    replications = _replications(scenario, seeds, seed, before)
    arms: list[Arm] = []
    for levels, changes in conditions_of(axes):
        # in a duopoly a match serves both sides
        pairs = itertools.combinations_with_replacement(names, 2) if firms == 2 else itertools.product(names, names)
        for pair in pairs:
            row, column = sides.get((str(levels), frozenset(pair)), pair) if firms == 2 else pair
            factors = levels | {ROW: row, RIVALS: column}
            arms += entrants.arm([row] + [column] * (firms - 1), replications, factors, changes)
    named = (*(axis.name for axis in axes), ROW, RIVALS)
    return entrants.checked(Design(entrants.bare, tuple(arms), _kind(firms), named, "", scenario.title))


def _sides(before: Design | None) -> dict[tuple[str, frozenset[str]], tuple[str, str]]:
    """Condition and pair -> who is firm A in the first match of it that there is: older folders go by other orders."""
    found: dict[tuple[str, frozenset[str]], tuple[str, str]] = {}
    for arm in () if before is None else before.arms:
        pair = arm.factors[ROW], arm.factors[RIVALS]
        found.setdefault((str(_condition(arm)), frozenset(pair)), pair)
    return found


def _condition(arm: Arm) -> dict[str, Any]:
    return {name: level for name, level in arm.factors.items() if name not in (ROW, RIVALS)}


def _replications(scenario: Scenario, seeds: int | None, seed: int | None, before: Design | None) -> tuple[int, int]:
    """(first, how many) seeds of every match. Raises ArgumentError for fewer than two, StoreError for other seeds than
    those of the matches there are: with fewer of them the newcomers would not have met the others in all runs.
    """
    if seeds is not None:
        whole("seeds", seeds, 2)  # of one alone nothing is known of luck
    if before is None:
        return scenario.seed if seed is None else seed, SEEDS if seeds is None else seeds
    first, many = _seeds(before)
    if seed is not None and seed != first:
        raise StoreError(f"the matches in the folder begin with seed {first}, not {seed}; name another folder")
    if seeds is not None and seeds < many:
        raise StoreError(
            f"the matches in the folder have {many} seeds each, not {seeds}; leave --seeds out to play as many, "
            f"give more, or name another folder"
        )
    return first, many if seeds is None else seeds


def _seeds(design: Design) -> tuple[int, int]:
    """(first, how many) seeds of all matches."""
    first = min(arm.seeds[0] for arm in design.arms)
    return first, max(sum(arm.seeds) for arm in design.arms) - first


def _kind(firms: int) -> str:
    return f"tournament of {firms}"


def _players(arm: Arm) -> list[str]:
    """What the firms of a match play."""
    return [arm.factors[ROW]] + [arm.factors[RIVALS]] * (len(arm.firms) - 1)


def read(store: Store, measure: str = "discounted_profit") -> list[Tournament]:
    """The tournaments of a store, one for each condition, without what is missing; see `complete_part`.

    Raises StoreError for conditions under which strategies do not meet at all, RunsMissing where no two strategies have
    all their matches.
    """
    store.check_measure(measure)
    arms = store.design.arms
    names = sorted({arm.factors[side] for arm in arms for side in (ROW, RIVALS)})
    kinds = {arm.factors[ROW]: arm.firms[0][1] for arm in arms} | {arm.factors[RIVALS]: arm.firms[1][1] for arm in arms}
    first, seeds = _seeds(store.design)
    found: dict[str, tuple[dict[str, Any], np.ndarray]] = {}
    meant: dict[tuple[str, frozenset[str] | tuple[str, str]], int] = {}  # a pair that was played twice counts once
    duopoly = len(arms[0].firms) == 2
    for number, arm in enumerate(arms):
        pair = arm.factors[ROW], arm.factors[RIVALS]
        condition = str(_condition(arm))
        meant.setdefault((condition, frozenset(pair) if duopoly else pair), number)
        found.setdefault(condition, (_condition(arm), np.full((len(names), len(names), seeds), np.nan)))
    matches = set(meant.values())
    for levels, _ in found.values():
        pairs = sum(condition == str(levels) for condition, _ in meant)
        if pairs < (len(names) * (len(names) + 1) // 2 if duopoly else len(names) ** 2):
            raise StoreError(f"{store.folder}: matches are missing{_where(levels)}; were conditions left out?")
    for point, measures in store.rows():
        if point.number not in matches:
            continue
        _, payoffs = found[str(_condition(point.arm))]
        row, column = (names.index(point.arm.factors[name]) for name in (ROW, RIVALS))
        values, at = measures[measure], point.seed - first
        if row == column:
            payoffs[row, row, at] = values.mean()
            continue
        payoffs[row, column, at] = values[0]
        if duopoly:
            payoffs[column, row, at] = values[-1]
    about = [kinds[name] for name in names], measure, len(arms[0].firms), store.design.title
    return [_tournament(store, names, *about, levels, payoffs) for levels, payoffs in found.values()]


def _tournament(
    store: Store, names: list[str], kinds: list[str], measure: str, firms: int, title: str, levels: dict[str, Any],
    payoffs: np.ndarray,
) -> Tournament:  # fmt: skip
    """What is complete of the payoffs (S, S, R), NaN where a run is missing. Raises RunsMissing."""
    known = ~np.isnan(payoffs)
    some, seeds = complete_part(known)
    counts = store.counts()
    why = f"{counts.failed:,} of {counts.total:,} runs failed: {command('status', store.folder, '--failures')}"
    if counts.left:
        why = f"{counts.left:,} of {counts.total:,} runs are still to be played: {command('resume', store.folder)}"
    elif not counts.failed:
        why = f"{METRICS[measure].label} is not known in every match: choose another --measure"
    if not some.size:
        raise RunsMissing(f"{store.folder}: no two strategies have all their matches{_where(levels)}: {why}")
    lost = {name: int((~known[k]).sum() + (~np.delete(known[:, k], k, axis=0)).sum()) for k, name in enumerate(names)}
    left_out = {name: lost[name] for k, name in enumerate(names) if k not in some}
    missing = Missing(left_out, int((~seeds).sum()), why)
    chosen = payoffs[np.ix_(some, some)][:, :, seeds]
    own = [[group[k] for k in some] for group in (names, kinds)]
    first = None if missing.seeds else _seeds(store.design)[0]
    return Tournament(*own, chosen, measure, firms, title, levels, store.folder, missing, first)


def _where(levels: dict[str, Any]) -> str:
    return f" at {', '.join(f'{name} = {level}' for name, level in levels.items())}" if levels else ""


def complete_part(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strategies (their numbers) and seeds (R,) of matches (S, S, R) between which no run is missing.

    Strategies are left out one by one, the one that misses most first, until half of the seeds are whole; where that
    never happens, until most runs are kept. Nobody where there are no two strategies that have all their matches.
    """
    left, best = np.arange(len(known)), (np.arange(0), np.zeros(known.shape[2], bool))
    while len(left) > 1:
        here = known[np.ix_(left, left)]
        whole = here.all(axis=(0, 1))
        if whole.any() and len(left) ** 2 * whole.sum() > len(best[0]) ** 2 * best[1].sum():
            best = left, whole
        if 2 * whole.sum() >= len(whole):
            return left, whole
        missing = (~here).sum(axis=(1, 2)) + (~here).sum(axis=(0, 2))
        left = np.delete(left, missing.argmax())
    return best
