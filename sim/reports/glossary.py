"""What the words of a report mean: measures from their functions, statistical words from here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sim.analysis.metrics import METRICS
from sim.reports.document import Definition

WHOSE = {True: "each firm", False: "the whole market"}

WORDS = (
    Definition(
        "interval",
        "± and 95 % interval",
        "The range that holds the mean of infinitely many runs in 95 of 100 such experiments (Student's t over the "
        "runs). It covers the luck of the draw in this model, not the doubt whether the model is right.",
        source="Law 2015, Simulation Modeling and Analysis, chapter 9",
    ),
    Definition(
        "paired",
        "Paired difference",
        "Difference of a measure between two alternatives that meet the same customers with the same luck (the same "
        "seed), averaged over the seeds. It is “clear” if its 95 % interval excludes zero; otherwise it is shown in "
        "grey and may be none.",
        source="Law 2015, section 11.2, common random numbers",
    ),
    Definition(
        "headline",
        "Clear lead",
        "The best of several was picked after looking, so that its lead over the next best is held against an interval "
        "widened for the number of rivals (Bonferroni).",
        source="Bonferroni correction",
    ),
    Definition(
        "probability-best",
        "Probability best",
        "How likely the alternative has the highest expected value, given the runs that were made: means drawn from "
        "what the paired sample leaves possible.",
        unit="share",
        source="Chick & Inoue 2001, Management Science 47",
    ),
    Definition(
        "regret",
        "Expected regret",
        "What choosing this alternative is expected to cost against the best one, averaged over what the runs leave "
        "possible. Near zero for an alternative that is surely best.",
        unit="that of the measure",
        source="Chick & Inoue 2001, Management Science 47",
    ),
    Definition(
        "relative",
        "Relative to the baseline",
        "Difference to the baseline divided by the baseline's mean; not given where the baseline's mean is not clearly "
        "above zero.",
        unit="%",
    ),
    Definition(
        "missing",
        "Cannot be estimated",
        "The runs hold nothing the number could be computed from, say trust of the buyers of a firm without buyers. It "
        "is left empty, never filled in.",
    ),
)  # fmt: skip


def defined(measures: Iterable[str]) -> tuple[Definition, ...]:
    """The glossary of a report: its measures in the order of `METRICS`, then the statistical words."""
    used = set(measures)
    found = [
        Definition(name, m.label, f"{_plain(m.description)} Of {WHOSE[m.per_firm]}.", m.unit, m.source)
        for name, m in METRICS.items()
        if name in used
    ]
    return (*found, *WORDS)


def _plain(markdown: str) -> str:
    """A description without its marks, in one paragraph."""
    return re.sub(r"\s+", " ", markdown.replace("`", "").replace("**", "")).strip()
