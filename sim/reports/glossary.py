"""What the words of a report mean: measures and tables from their functions, statistical words from here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sim.analysis.glossary import Term, books, tables
from sim.analysis.metrics import METRICS
from sim.reports.document import Definition, Figure

WHOSE = {True: "each firm", False: "the whole market"}
ALWAYS = ("interval", "paired", "clear", "missing")  # said in every report

# What a figure shows besides the measures it is made from: name in `sim.charts.CHARTS` -> words.
SHOWN = {
    "profit_paths": ("profit_path",),
    "profit_difference": ("profit_path", "paired"),
    "measure_bars": ("clear",),
    "profit_bridge": ("comparison_bridge",),
    "who_gets_the_value": ("split",),
    "risk_return": ("risk",),
    "retention_curves": ("survival_curve",),
    "lifetime_values": ("customer_values", "value_distribution"),
    "switching_flow": ("switching_matrix",),
    "phases_picture": ("phase_path",),
    "inbox": ("account-contacts", "stress"),
    "run-share": ("share_path",),
    "run-trust": ("trust",),
    "run-context": ("context",),
    "strategy_map": ("map",),
    "tornado": ("swing",),
    "region_rows": ("region",),
    "payoff_matrix": ("payoff", "best-reply"),
    "ecology": ("replicator",),
}

WORDS = (
    Definition(
        "interval",
        "± and 95 % interval",
        "The range that holds the mean of infinitely many runs in 95 of 100 such experiments (Student's t over the "
        "runs). It covers the luck of the draw in this model, not the doubt whether the model is right.",
        "that of the measure",
        "Law 2015, Simulation Modeling and Analysis, chapter 9",
    ),
    Definition(
        "paired",
        "Paired difference",
        "Difference of a measure between two alternatives that meet the same customers with the same luck (the same "
        "seed), averaged over the seeds.",
        "that of the measure",
        "Law 2015, section 11.2, common random numbers",
    ),
    Definition(
        "clear",
        "Clear",
        "More than luck: the p value of no difference (Student's t over the pairs) is below 0.05 after correction for "
        "everything that stands in the same column: for all rivals of the baseline, all segments, all conditions, all "
        "parts (Holm); for the lead of the best over a next best that are both picked from many, times their number "
        "(Bonferroni). What is not clear is grey and slanted, also where its own 95 % interval excludes zero.",
        "yes or no",
        "Holm 1979, Scandinavian Journal of Statistics 6",
    ),
    Definition(
        "probability-best",
        "Probability best",
        "How likely the alternative has the highest expected value, given the runs that were made: means drawn from "
        "what the paired sample leaves possible.",
        "share",
        "Chick & Inoue 2001, Management Science 47",
    ),
    Definition(
        "regret",
        "Expected regret",
        "What choosing this alternative is expected to cost against the best one, averaged over what the runs leave "
        "possible. Near zero for an alternative that is surely best.",
        "that of the measure",
        "Chick & Inoue 2001, Management Science 47",
    ),
    Definition(
        "rank-limits",
        "Rank and its limits",
        "Rank by mean, 1 the highest. Nothing can rank above what is clearly better, nor below what is clearly worse; "
        "the limits of all ranks hold at once in 95 of 100 such experiments.",
        "rank",
        "Mogstad, Romano, Shaikh & Wilhelm 2024, Review of Economic Studies 91",
    ),
    Definition(
        "p-holm",
        "p (Holm)",
        "How likely a difference at least as large would be by luck if there were none (Student's t, two-sided), "
        "adjusted for the number of comparisons.",
        "probability",
        "Student 1908; Holm 1979",
    ),
    Definition(
        "relative",
        "Relative to the baseline",
        "Difference to the baseline divided by the baseline's mean; not given where the baseline's mean is not clearly "
        "above zero.",
        "%",
        "ratio of means",
    ),
    Definition(
        "missing",
        "Cannot be estimated",
        "The runs hold nothing the number could be computed from, say trust of the buyers of a firm without buyers. It "
        "is left empty, never filled in.",
        "none",
        "rule of this program",
    ),
    Definition(
        "flips",
        "What would turn the answer round",
        "The longest horizon with which another would have been ahead, the nearest discount rate, and the cost per "
        "round that eats up the lead: worked out from the mean profits of the runs at hand, strategies acting as they "
        "did.",
        "rounds; % a round; euro a round",
        "break-even analysis",
    ),
    Definition(
        "risk",
        "Risk and return",
        "Mean of the discounted profit against its standard deviation over the seeds: what luck alone may do to it.",
        "euro",
        "Markowitz 1952, Journal of Finance 7",
    ),
    Definition(
        "margin",
        "Margin per customer",
        "Revenue from a customer less the cost of making, tailoring and compensating what it bought, over the run and "
        "not discounted; contacts, listening, advertising and content are not in it: they are not known by customer.",
        "euro per customer",
        "Farris et al. 2010, Marketing Metrics",
    ),
    Definition(
        "surplus",
        "Surplus per customer",
        "Value in use of all that a customer bought, from all firms, less what it paid and the worth of its effort.",
        "euro per customer",
        "Marshall 1890, consumer's surplus",
    ),
    Definition(
        "condition",
        "Condition",
        "One combination of levels of what was varied; every alternative was played in it with the same seeds.",
        "levels of the factors",
        "Law 2015, chapter 12, design points",
    ),
    Definition(
        "map",
        "Map",
        "Colour: the alternative with the highest mean, deeper with its lead. On a grid means are joined by straight "
        "lines; scattered conditions are smoothed by a cubic polynomial. Hatched: the lead is not clear.",
        "that of the measure",
        "smoothing: Box & Wilson 1951, response surfaces",
    ),
    Definition(
        "swing",
        "Swing (tornado)",
        "Change of the outcome when one factor goes from its lowest to its highest level and all others stay as they "
        "are, averaged over all their combinations, seed by seed.",
        "that of the measure",
        "Eschenbach 1992, Interfaces 22",
    ),
    Definition(
        "first-order",
        "Share of variance alone (Sobol)",
        "By how much the variance of the outcome between conditions would fall on average if this factor alone were "
        "known, as a share of it.",
        "share",
        "Saltelli et al. 2010, Computer Physics Communications 181",
    ),
    Definition(
        "total-order",
        "Share of variance in all (Sobol)",
        "Share of the variance of the outcome that would be left if all factors but this one were known: what it does "
        "alone and in interaction with others. At least as large as what it does alone.",
        "share",
        "Saltelli et al. 2010, Computer Physics Communications 181",
    ),
    Definition(
        "morris-size",
        "Size of an effect (Morris)",
        "Mean of the absolute changes of the outcome when the factor moves through its range from different starting "
        "points. Its mean keeps the sign; its spread is their standard deviation, large where factors interact or the "
        "effect is not a straight line.",
        "that of the measure",
        "Morris 1991; Campolongo, Cariboni & Saltelli 2007",
    ),
    Definition(
        "region",
        "Region",
        "Conditions that a regression tree keeps together, described by limits of factors. Sought with every second "
        "seed and measured with the others, so that its mean lead is not too large for having been sought.",
        "that of the measure",
        "Breiman et al. 1984; Athey & Imbens 2016; Bryant & Lempert 2010",
    ),
    Definition(
        "payoff",
        "Payoff",
        "What a firm earns with the row's strategy where all its rivals play the column's; the mean payoff is that "
        "over all columns, each counting alike.",
        "that of the measure",
        "von Neumann & Morgenstern 1944",
    ),
    Definition(
        "best-reply",
        "Best reply",
        "The strategy with the highest payoff against rivals that all play one strategy, and others that are not "
        "clearly worse.",
        "strategy",
        "Nash 1951",
    ),
    Definition(
        "equilibrium",
        "Equilibrium",
        "Strategies, or mixtures of them, from which neither of two firms gains by departing alone, given mean "
        "payoffs. Beside it the share of samples drawn again from the seeds that have an equilibrium of the same ones.",
        "shares of strategies",
        "Nash 1951, Annals of Mathematics 54",
    ),
    Definition(
        "stable",
        "Stable strategy",
        "One that, where all play it, no firm clearly gains by leaving for another (Holm over all pairs).",
        "strategy",
        "Maynard Smith & Price 1973",
    ),
    Definition(
        "entry",
        "Gain by entering",
        "What a newcomer earns more than the resident whose place it takes in the same market with the same luck.",
        "that of the measure",
        "paired by market: Law 2015, section 11.2",
    ),
    Definition(
        "superiority",
        "Gains in",
        "Share of the pairs in which the first is ahead of the second, ties counting half.",
        "share",
        "Grissom 1994, Journal of Applied Psychology 79",
    ),
    Definition(
        "agreement",
        "Agreement of two rankings (tau)",
        "Pairs of strategies in the same order under two conditions less pairs in the other order, as a share: 1 where "
        "the order is the same, 0 where one says nothing of the other.",
        "−1 to 1",
        "Kendall 1945, Biometrika 33",
    ),
)  # fmt: skip


def shown(figure: Figure) -> tuple[str, ...]:
    """Words that a figure needs; of several that show the same under other conditions ("ecology-1") those of it."""
    return SHOWN.get(figure.name) or SHOWN.get(figure.name.partition("-")[0], ())


def defined(used: Iterable[str]) -> tuple[Definition, ...]:
    """The glossary of a report, of what it mentions: measures, tables and accounts, then the statistical words."""
    used = {*used, *ALWAYS}
    terms = tables() | books()
    labels = {name: metric.label for name, metric in METRICS.items()} | {t.name: t.label for t in terms.values()}
    measures = [
        Definition(name, m.label, f"{_plain(m.description, labels)} Of {WHOSE[m.per_firm]}.", m.unit, m.source)
        for name, m in METRICS.items()
        if name in used
    ]
    said = {word.name for word in WORDS}
    further = [_of(term, labels) for term in terms.values() if term.name in used - said]
    return (*measures, *further, *(word for word in WORDS if word.name in used))


def _of(term: Term, labels: Mapping[str, str]) -> Definition:
    first = term.description.split("\n\n")[0]
    return Definition(term.name, term.label, f"{_plain(first, labels)} Of: {term.of}.", term.unit, term.source)


def _plain(markdown: str, labels: Mapping[str, str]) -> str:
    """A description for readers: without its marks, and without what is said to programmers, in one paragraph.

    labels: what measures are called, for those whose name in the program shows that it is one.
    """
    text = re.sub(r"\s+", " ", markdown.replace("`", "").replace("**", "")).strip()
    kept = [part for part in re.split(r"(?<=[.;]) (?=[A-Z])", text) if not part.startswith(("Raises ", "Source"))]
    plain = re.sub(r": part -> [^.]*", "", " ".join(kept)).replace("NaN", "unknown")
    plain = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda name: labels.get(name[0], name[0]), plain)
    return re.sub(r"(^|\. )unknown", r"\1Unknown", plain)
