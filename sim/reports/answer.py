"""The answer first: which strategy, by how much, how sure, for whom, and what if that is wrong."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from sim.analysis.inference import more_runs
from sim.analysis.metrics import METRICS
from sim.analysis.readable import MISSING
from sim.analysis.statistics import Interval
from sim.experiments.comparison import Comparison
from sim.reports.document import Card, Cards, Finding, Section
from sim.reports.doubt import bonferroni, flips, lead, sure
from sim.reports.words import (
    DECIDES,
    SURE,
    UNKNOWN,
    amount,
    called,
    chance,
    counted,
    estimate,
    listed,
    percent,
    relative,
    size,
)

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
    value, earns = c.value(c.measure, best), c.measure == DECIDES
    label = "earns" if earns else METRICS[c.measure].label
    if others:
        ahead = sure(c) or (value.n == 1 and lead(c).mean > 0)
        label = "earns most" if earns and ahead else f"highest {'mean profit' if earns else label}"
    found = [Card(label, amount(value.mean, c.measure), c.called(best), c.measure)]
    if not others:
        return found
    gap, many = lead(c), len(c.seeds)
    below = _runs(gap.n, many)
    found.append(
        Card(
            f"lead over {c.called(others[0])}", estimate(gap, c.measure, True), below, "clear", many > 1 and not sure(c)
        )
    )
    odds = c.choice()
    k = c.index(best)
    once = "cannot be estimated from one run"
    chances = chance(odds.probability[k]), size(Interval(odds.regret[k], np.nan, np.nan, 1), c.measure)
    if np.isnan(odds.regret[k]):
        chances = MISSING, MISSING
    found.append(Card("probability best", chances[0], "given these runs" if many > 1 else once, "probability-best"))
    found.append(Card("expected regret", chances[1], "of choosing it" if many > 1 else once, "regret"))
    measure = c.table_measures[4]
    if measure != c.measure:
        reference = _reference(c)
        gain = c.difference(measure, best, reference)
        label = f"customers' surplus against {c.called(reference)}"
        quiet = gain.n > 1 and not c.clear(measure, best, reference)
        number, below = estimate(gain, measure, True), f"per {PER[measure]}"
        if not np.isfinite(gain.mean):
            number, below = MISSING, UNKNOWN
        found.append(Card(label, number, below, measure, quiet))
    return found


def _runs(known: int, many: int) -> str:
    """How many pairs a difference rests on, of so many that there are."""
    if many == 1:
        return "in a single run"
    return f"over {counted(known, 'paired run')}" if known == many else f"known in {known} of {many} paired runs"


def _reference(c: Comparison) -> str:
    """What the best is held against: the baseline, or the next best where the best is the baseline."""
    best, *others = c.ranking()
    return c.baseline if c.baseline != best else others[0]


def _which(c: Comparison) -> Finding:
    ranking = c.ranking()
    text = f"{c.headline()}."
    if len(ranking) > 2 and len(c.seeds) > 1:
        near = [c.called(n) for n in ranking[1:] if not c.clear(c.measure, ranking[0], n)]
        if near:
            text += f" Not told apart from the first by these runs: {listed(near)}."
    return Finding("Which strategy?", text, (c.measure, "clear"), len(ranking) > 1 and not sure(c))


def _how_much(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    reference = _reference(c)
    gap = c.difference(c.measure, best, reference)
    against = f"the {'baseline' if reference == c.baseline else 'next best,'} {c.called(reference)}"
    verb = "earns" if c.measure == DECIDES else f"has a {METRICS[c.measure].label} of"
    text = f"{c.called(best)} {verb} {estimate(c.value(c.measure, best), c.measure)}"
    if not np.isfinite(gap.mean):
        return Finding("By how much?", f"{text}. The difference to {against} {UNKNOWN}.", (c.measure,), True)
    if gap.mean == 0:
        text += f": neither more nor less than {against}."
    else:
        share = percent(abs(relative(gap, c.value(c.measure, reference))), signed=False)
        much = size(gap, c.measure) + (f" ({share})" if share else "")
        text += f": {much} {'more' if gap.mean > 0 else 'less'} than {against}."
    worst = c.ranking()[-1]
    whole = c.difference(c.measure, best, worst).mean
    if len(c.names) > 2 and worst != reference and np.isfinite(whole):
        text += f" From first to last ({c.called(worst)}) it is {amount(whole, c.measure)}."
    return Finding("By how much?", text, (c.measure, "relative"), not c.clear(c.measure, best, reference))


def _how_sure(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    values = c.sample(c.measure, best) - c.sample(c.measure, others[0])
    values = values[~np.isnan(values)]
    if len(c.seeds) < 2:
        text = (
            "That is not known. A single run shows what happened once; with another seed another strategy may be "
            "ahead. Run it again with --seeds 20."
        )
        return Finding("How sure?", text, (), True)
    if len(values) < 2:
        text = f"That is not known: {called(c.measure)} of both is known in {len(values)} of {len(c.seeds)} runs only."
        return Finding("How sure?", text, ("missing",), True)
    odds, k = c.choice(), c.index(best)
    wins = f"{(values > 0).sum():,} of {counted(len(values), 'paired run')}"
    more = "it earned more than" if c.measure == DECIDES else f"its {METRICS[c.measure].label} was higher than that of"
    text = f"In {wins} {more} {c.called(others[0])}. "
    if np.isfinite(odds.probability[k]):
        text += f"Given these runs, the probability that it is {_best_of(c)} is {chance(odds.probability[k])}."
    if not sure(c):
        further = _runs_to_clear(values, lead(c), bonferroni(c))
        if 0 < further <= MOST_RUNS:
            text += f" If the difference is what it looks like, about {counted(further, 'more run')} would make it "
            text += f"clear with {100 * POWER:.0f} % probability."
        else:
            text += " More runs will hardly decide it: for all these runs can tell, the two are as good as each other."
    text += " This is certainty about the model, not about the world."
    return Finding("How sure?", text, ("probability-best", "interval", "clear"), not sure(c))


def _runs_to_clear(values: np.ndarray, gap: Interval, confidence: float) -> int:
    """How many more runs make the interval exclude zero with probability `POWER` if the mean gap is the true one.

    The least n with t s / sqrt(n) <= |gap| z / (z + z'), z and z' the normal quantiles of the confidence and of the
    power: with half width |gap| alone the odds would be even. 0 where there is no gap. Source: Cohen 1988, Statistical
    Power Analysis for the Behavioral Sciences, chapter 2, with the normal's quantile for that of Student's t.
    """
    if not gap.mean:
        return 0
    certain, powerful = ndtri((1 + confidence) / 2), ndtri(POWER)
    return more_runs(values, abs(gap.mean) * certain / (certain + powerful), confidence).more


def _best_of(c: Comparison) -> str:
    return "the better of the two" if len(c.names) == 2 else f"the best of all {len(c.names)}"


def _for_whom(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    reference, measure = _reference(c), c.table_measures[4]
    profit, surplus = c.difference(DECIDES, best, reference), c.difference(measure, best, reference)
    words = f"{estimate(surplus, measure, True)} per {PER[measure]}"
    opened = False
    if not np.isfinite(surplus.mean):
        text = f"what customers gain or lose {UNKNOWN}."
    elif surplus.n < 2 or profit.n < 2:
        text, opened = f"customers' surplus differed by {words} in this one run.", True
    else:
        firm, customers = (
            int(np.sign(gap.mean)) * c.clear(name, best, reference)
            for name, gap in ((DECIDES, profit), (measure, surplus))
        )
        text, opened = _gains(firm, customers, words, size(surplus, measure) + f" per {PER[measure]}")
    text = f"Against {c.called(reference)}, {text}"
    kindest = _leader(c, measure)
    if kindest is not None and kindest != best and c.clear(measure, kindest, best):
        text += f" Customers are best off with {c.called(kindest)}."
    return Finding("For whom?", text, (DECIDES, measure), opened)


def _gains(firm: int, customers: int, words: str, much: str) -> tuple[str, bool]:
    """Who gains (1) and loses (−1), 0 for no clear difference; and whether that is open for both."""
    gains = {1: "gains", -1: "loses"}
    match firm, customers:
        case 0, 0:
            return f"no clear difference for the firm, and none for its customers ({words}).", True
        case _, 0:
            return f"no clear difference for customers ({words}). The firm {gains[firm]}.", True
        case 0, _:
            better = "better" if customers > 0 else "worse"
            return f"no clear difference for the firm, but customers are {better} off by {much}.", False
        case 1, 1:
            return f"firm and customers both gain: customers' surplus is higher by {much}.", False
        case -1, -1:
            return f"firm and customers both lose: customers' surplus is lower by {much}.", False
    gain = "gain" if customers > 0 else "lose"
    return f"the firm {gains[firm]} and customers {gain} {much}.", False


def _leader(c: Comparison, measure: str) -> str | None:
    """Who has the highest mean of a measure; None where it is known of nobody."""
    means = [c.value(measure, name).mean for name in c.names]
    return None if np.isnan(means).all() else c.names[int(np.nanargmax(means))]


def _if_wrong(c: Comparison) -> Finding | None:
    best, *others = c.ranking()
    if not others:
        return None
    chosen, own = c.choice(), c.index(best)
    regret = chosen.regret[own]
    if np.isfinite(regret):
        lost = size(Interval(regret, np.nan, np.nan, 1), c.measure)
        text = f"Choosing {c.called(best)} is expected to lose {lost} against the best choice."
        if chosen.probability[own] >= SURE:  # that the loss is shown as zero would not do: its unit may be large
            text = f"Choosing {c.called(best)} is expected to lose next to nothing: it almost surely is best."
    else:
        why = "a single run" if len(c.seeds) == 1 else "these runs"
        text = f"What it costs to choose {c.called(best)} although another is better {UNKNOWN} from {why}."
    found = [flip.short for flip in flips(c) if flip.short]
    once = ["In that run:"] if len(c.seeds) == 1 and found else []
    text = " ".join([text, *once, *found])
    text += " Other conditions (needs, rates, prices) were not varied here; they may matter more than luck."
    return Finding("What if that is wrong?", text, ("regret", "flips"))
