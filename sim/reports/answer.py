"""The answer first: which strategy, by how much, how sure, for whom, and what if that is wrong."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from sim.analysis.inference import choice, more_runs
from sim.analysis.metrics import METRICS
from sim.analysis.readable import MISSING, readable
from sim.analysis.statistics import Interval
from sim.experiments.comparison import Comparison
from sim.reports.document import Card, Cards, Finding, Section
from sim.reports.doubt import bonferroni, flips, lead
from sim.reports.words import DECIDES, UNKNOWN, amount, chance, counted, estimate, listed, percent, relative

PER = {"customer_surplus": "customer and round", "surplus_per_purchase": "purchase"}
POWER = 0.8  # probability with which the runs that are advised make a difference clear
MOST_RUNS = 5_000  # beyond that many runs, "more runs" is no advice


def answer(comparison: Comparison, segments: tuple[Finding, ...] = ()) -> Section:
    """The section that a reader in a hurry reads."""
    cards = Cards(tuple(_cards(comparison)))
    findings = [_which(comparison), _how_much(comparison), _how_sure(comparison), _for_whom(comparison)]
    findings += [*segments, _if_wrong(comparison)]
    return Section("answer", "The answer", (cards, *(found for found in findings if found is not None)))


def _cards(c: Comparison) -> list[Card]:
    best, *others = c.ranking()
    value = c.value(DECIDES, best)
    found = [Card("earns most" if others else "earns", amount(value.mean, DECIDES), c.called(best), DECIDES)]
    if not others:
        return found
    gap, many = lead(c), len(c.seeds)
    found.append(
        Card(f"lead over {c.called(others[0])}", estimate(gap, DECIDES, True), _seeds(many), DECIDES, not _sure(gap))
    )
    odds = choice(c.measures[DECIDES])
    k = c.index(best)
    once = "cannot be estimated from one run"
    chances = chance(odds.probability[k]), readable(odds.regret[k], METRICS[DECIDES].unit)
    if np.isnan(odds.regret[k]):
        chances = MISSING, MISSING
    found.append(Card("probability best", chances[0], "given these runs" if many > 1 else once, "probability-best"))
    found.append(Card("expected regret", chances[1], "of choosing it" if many > 1 else once, "regret"))
    measure = c.table_measures[4]
    reference = _reference(c)
    gain = c.difference(measure, best, reference)
    label = f"customers' surplus against {c.called(reference)}"
    found.append(Card(label, estimate(gain, measure, True), "per " + PER[measure], measure, not _sure(gain)))
    return found


def _seeds(many: int) -> str:
    return f"over {many} paired runs" if many > 1 else "in a single run"


def _size(gap: Interval) -> Interval:
    """The interval of the difference without its sign."""
    return gap if gap.mean >= 0 else Interval(-gap.mean, -gap.high, -gap.low, gap.n)


def _sure(gap: Interval) -> bool:
    return gap.n > 1 and gap.clear


def _reference(c: Comparison) -> str:
    """What the best is held against: the baseline, or the next best where the best is the baseline."""
    best, *others = c.ranking()
    return c.baseline if c.baseline != best else others[0]


def _which(c: Comparison) -> Finding:
    gap = lead(c)
    ranking = c.ranking()
    text = f"{c.headline()}."
    if gap is not None and len(ranking) > 2 and gap.n > 1:
        confidence = bonferroni(c)
        near = [n for n in ranking[1:] if not c.difference(DECIDES, ranking[0], n, confidence).low > 0]
        if near:
            text += f" Not told apart from the first by these runs: {listed([c.called(name) for name in near])}."
    return Finding("Which strategy?", text, (DECIDES, "headline"), gap is not None and not _sure(gap))


def _how_much(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    reference = _reference(c)
    gap = c.difference(DECIDES, best, reference)
    share = percent(relative(gap, c.value(DECIDES, reference)))
    against = f"the {'baseline' if reference == c.baseline else 'next best,'} {c.called(reference)}"
    more = "more" if gap.mean >= 0 else "less"
    size = estimate(_size(gap), DECIDES) + (f" ({share.strip('+−')})" if share else "")
    text = f"{c.called(best)} earns {estimate(c.value(DECIDES, best), DECIDES)}: {size} {more} than {against}."
    worst = c.ranking()[-1]
    if len(c.names) > 2 and worst != reference:
        whole = c.difference(DECIDES, best, worst).mean
        text += f" From first to last ({c.called(worst)}) it is {amount(whole, DECIDES)}."
    return Finding("By how much?", text, (DECIDES,), not _sure(gap))


def _how_sure(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    values = c.sample(DECIDES, best) - c.sample(DECIDES, others[0])
    values = values[~np.isnan(values)]
    if len(values) < 2:
        text = (
            "That is not known. A single run shows what happened once; with another seed another strategy may be "
            "ahead. Run it again with --seeds 20."
        )
        return Finding("How sure?", text, (), True)
    odds, k = choice(c.measures[DECIDES]), c.index(best)
    wins = f"{(values > 0).sum():,} of {counted(len(values), 'paired run')}"
    text = (
        f"In {wins} it earned more than {c.called(others[0])}. "
        f"Given these runs, the probability that it is {_best_of(c)} is {chance(odds.probability[k])}."
    )
    gap = lead(c)
    if not gap.clear:
        more = _runs_to_clear(values, gap, bonferroni(c))
        if 0 < more <= MOST_RUNS:
            text += f" If the difference is what it looks like, about {more:,} more runs would make it clear with "
            text += f"{100 * POWER:.0f} % probability."
        else:
            text += " More runs will hardly decide it: for all these runs can tell, the two are as good as each other."
    text += " This is certainty about the model, not about the world."
    return Finding("How sure?", text, ("probability-best", "interval"), not gap.clear)


def _runs_to_clear(values: np.ndarray, gap: Interval, confidence: float) -> int:
    """How many more runs make the interval exclude zero with probability `POWER` if the mean gap is the true one.

    The least n with t s / sqrt(n) <= |gap| z / (z + z'), z and z' the normal quantiles of the confidence and of the
    power: with half width |gap| alone the odds would be even. 0 where there is no gap. Source: Cohen 1988, Statistical
    Power Analysis for the Behavioral Sciences, chapter 2, with the normal's quantile for that of Student's t.
    """
    if not gap.mean:
        return 0
    sure, powerful = ndtri((1 + confidence) / 2), ndtri(POWER)
    return more_runs(values, abs(gap.mean) * sure / (sure + powerful), confidence).more


def _best_of(c: Comparison) -> str:
    return "the better of the two" if len(c.names) == 2 else f"the best of all {len(c.names)}"


def _for_whom(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    reference, measure = _reference(c), c.table_measures[4]
    profit, surplus = c.difference(DECIDES, best, reference), c.difference(measure, best, reference)
    words = f"{estimate(surplus, measure, True)} per {PER[measure]}"
    who = f"Against {c.called(reference)}, "
    opened = False
    if not np.isfinite(surplus.mean):
        text = f"{who}what customers gain or lose {UNKNOWN}."
    elif surplus.n < 2 or profit.n < 2:
        text, opened = f"{who}customers' surplus differed by {words} in this one run.", True
    elif not surplus.clear:
        text, opened = f"{who}no clear difference for customers ({words}).", True
        text += " The firm gains." if profit.low > 0 else ""
    elif not profit.clear:
        better = "better" if surplus.mean > 0 else "worse"
        text = f"{who}no clear difference for the firm, but customers are {better} off by {words}."
    elif surplus.mean > 0:
        text = f"{who}firm and customers both gain: customers' surplus is higher by {words.lstrip('+')}."
    else:
        text = f"{who}the firm gains and customers lose {words.lstrip('−')}."
    kindest = _leader(c, measure)
    if kindest is not None and kindest != best and len(c.names) > 2:
        text += f" Customers are best off with {c.called(kindest)}."
    return Finding("For whom?", text, (DECIDES, measure), opened)


def _leader(c: Comparison, measure: str) -> str | None:
    """Who has the highest mean of a measure; None where it is known of nobody."""
    means = [c.value(measure, name).mean for name in c.names]
    return None if np.isnan(means).all() else c.names[int(np.nanargmax(means))]


def _if_wrong(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    odds = choice(c.measures[DECIDES])
    regret = odds.regret[c.index(best)]
    if np.isfinite(regret):
        text = f"Choosing {c.called(best)} is expected to lose {amount(regret, DECIDES)} against the best choice."
    else:
        text = f"What it costs to choose {c.called(best)} although another is better {UNKNOWN} from a single run."
    found = [flip.short for flip in flips(c) if flip.short]
    once = ["In that run:"] if len(c.seeds) == 1 else []
    text = " ".join([text, *once, *found])
    text += " Other conditions (needs, rates, prices) were not varied here; they may matter more than luck."
    return Finding("What if that is wrong?", text, ("regret",))
