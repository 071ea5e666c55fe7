"""What would turn the answer round, as far as the runs at hand can tell: horizon, discount rate, costs left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.inference import rank_intervals
from sim.analysis.levels import discount_factors
from sim.analysis.metrics import METRICS
from sim.analysis.readable import readable
from sim.analysis.statistics import Interval
from sim.charts.words import round_name
from sim.experiments.comparison import Comparison
from sim.palette import looks
from sim.reports.document import Cell, Column, Note, Section, Table
from sim.reports.words import DECIDES, chance, listed, size

RATES = np.linspace(0.0, 0.2, 401)  # per round; tried in place of the scenario's


class Flip(NamedTuple):
    """What was asked, the answer at length, and in a sentence for the summary ("" where it is not worth one)."""

    what: str
    answer: str
    short: str = ""


def bonferroni(c: Comparison) -> float:
    """Confidence by which the best's lead over the next best is judged, which was picked from all the others."""
    return 1 - 0.05 / max(1, len(c.names) - 1)


def lead(c: Comparison) -> Interval | None:
    """Lead of the best over the next best; None where nothing is compared."""
    first, *others = c.ranking()
    return c.difference(c.measure, first, others[0]) if others else None


def sure(c: Comparison) -> bool:
    """Is that lead more than luck?"""
    first, *others = c.ranking()
    return bool(others) and c.clear(c.measure, first, others[0])


def flips(c: Comparison) -> list[Flip]:
    """What would put another alternative first in profit. Strategies are taken to act as they did."""
    gap = lead(c)
    if gap is None or c.measure != DECIDES or not np.isfinite(gap.mean):
        return []
    if gap.n > 1 and not sure(c):
        words = "Which one is ahead is a matter of luck here, so that there is no order to turn round."
        return [Flip("anything", words, words)]
    if gap.mean == 0:
        words = "They earn the same, so that there is no order to turn round."
        return [Flip("anything", words, words)]
    return [_horizon(c), _rate(c), _cost(c)]


def _mean_paths(c: Comparison) -> np.ndarray:
    """(A, T) mean cumulative discounted profit, over the runs in which every alternative has one."""
    paths = c.profit_paths()
    return paths[:, ~np.isnan(paths).any(axis=(0, 2))].mean(axis=1)


def _horizon(c: Comparison) -> Flip:
    name, best, what = round_name(c.scenario), c.ranking()[0], "a shorter horizon"
    paths, own = _mean_paths(c), c.index(best)
    ahead = np.where(paths[own] == paths.max(axis=0), own, paths.argmax(axis=0))  # (T,); a tie is no lead of another
    others = np.flatnonzero(ahead != own)
    if not others.size:
        first = int((paths[own] > np.delete(paths, own, axis=0).max(axis=0)).argmax()) + 1
        start = f"from {name} {first} on, and level before" if first > 1 else f"from the first {name} on"
        words = f"{c.called(best)} is ahead {start}."
        return Flip(what, words, f"A shorter horizon would not change the order: {words}")
    last = int(others[-1]) + 1
    before = c.names[ahead[last - 1]]
    span = f"{last} {name}s or less" if last > 1 else f"one {name}"
    words = f"With a horizon of {span} (of {c.rounds}), {c.called(before)} would have been ahead"
    if len(np.unique(ahead[:last])) > 2 or (ahead[:last] == own).any():
        words = f"The lead changes hands; for the last time after {name} {last} of {c.rounds}, from {c.called(before)}"
    return Flip(what, f"{words}.", f"{words}.")


def _rate(c: Comparison) -> Flip:
    what, name = "another discount rate", round_name(c.scenario)
    if len(set(c.rates)) > 1:
        return Flip(what, "The alternatives have discount rates of their own; no other was tried.")
    profit = c.accounts["profit"]
    profit = profit[:, ~np.isnan(profit).any(axis=(0, 2))].mean(axis=1)  # (A, T)
    factors = np.array([discount_factors(rate, c.rounds) for rate in RATES])  # (rates, T)
    ahead, own = (profit @ factors.T).argmax(axis=0), c.index(c.ranking()[0])
    here = int(abs(RATES - c.rates[0]).argmin())
    away = [k for k in range(len(RATES)) if ahead[k] != own]
    if not away:
        words = (
            f"At no rate from 0 to {100 * RATES[-1]:.0f} % a {name} (it is {100 * c.rates[0]:.3g} %) is another ahead."
        )
        return Flip(what, words)
    nearest = min(away, key=lambda k: abs(k - here))
    beyond = ahead[nearest:] if nearest > here else ahead[: nearest + 1]
    side = "" if (beyond != ahead[nearest]).any() else " and above" if nearest > here else " and below"
    words = (
        f"At a discount rate of about {100 * RATES[nearest]:.2g} % a {name}{side} (it is {100 * c.rates[0]:.3g} %), "
    )
    words += f"{c.called(c.names[ahead[nearest]])} comes first"
    tried = f"rates from 0 to {100 * RATES[-1]:.0f} % were tried, strategies acting as they did"
    return Flip(what, f"{words}; {tried}.", f"{words}.")


def _cost(c: Comparison) -> Flip:
    what, (best, second, *_) = "costs the model leaves out", c.ranking()
    gap = c.difference(DECIDES, best, second).mean
    each = gap / discount_factors(c.rates[c.index(best)], c.rounds).sum()
    words = f"{readable(each, 'euro')} a {round_name(c.scenario)} more than the model says"
    text = (
        f"The lead over {c.called(second)} is gone if {c.called(best)} costs {words}, "
        f"{readable(gap, 'euro')} in all{', discounted' if c.rates[c.index(best)] else ''}."
    )
    return Flip(what, text, text)


# -------------------------------------------------------------------------------------------------------- section


def doubt(c: Comparison) -> Section:
    """Regret and probability of every alternative, and what would turn the answer round."""
    rows = tuple((Cell(flip.what), Cell(flip.answer)) for flip in flips(c))
    columns = (Column("what if", measure="flips"), Column("then"))
    means = "Worked out from means over the runs; how sure the order would then be is not asked. "
    flipped = Table("flips", "What would turn the answer round", columns, rows, means + _unvaried(c))
    rest = (flipped,) if rows else (Note(_unvaried(c), "What was not varied"),)
    return Section("doubt", "What if we are wrong?", (_odds(c), *rest))


def _odds(c: Comparison) -> Table | Note:
    values = c.measures[c.measure]
    odds = c.choice()
    if np.isnan(odds.probability).any():
        few = "a single run" if len(c.seeds) == 1 else "runs in which the measure is not known of all"
        return Note(f"From {few} neither the probability of being best nor the expected regret can be estimated.")
    metric = METRICS[c.measure]
    ranks, unit, look = rank_intervals(metric.sign * values), metric.unit, looks(c.strategies)
    rows = []
    for name in c.ranking():
        k = c.index(name)
        own, low, high = (int(rank) for rank in ranks[k])
        rows.append(
            (
                Cell(name, colour=look[k].colour),
                Cell(f"{own}" if low == high else f"{own} ({low}–{high})", value=own),
                Cell(chance(odds.probability[k]), value=float(odds.probability[k])),
                Cell(size(Interval(odds.regret[k], np.nan, np.nan, 1), c.measure), value=float(odds.regret[k])),
            )
        )
    columns = (
        Column("firm" if c.within else "alternative"),
        Column("rank (95 %)", "", "rank-limits", numbers=True),
        Column("probability best", "share", "probability-best", numbers=True),
        Column("expected regret", unit, "regret", numbers=True),
    )
    return Table(
        "odds", "How likely is each the best, and what does choosing it cost?", columns, tuple(rows), main=True
    )


def _unvaried(c: Comparison) -> str:
    """What was not varied, and how to."""
    factors = [factor["name"] for factor in c.scenario.get("factors", [])]
    quoted = [f"“{factor}”" for factor in factors]
    asked = f" The scenario names {listed(quoted)} as worth varying." if factors else ""
    return (
        "Conditions of the market were not varied here." + asked + " sim sweep SCENARIO --vary PATH=LOW:HIGH:N --out "
        "STORE, then sim report STORE, shows where another alternative is better."
    )
