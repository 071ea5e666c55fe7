"""What to keep in mind: what the numbers cannot say, and what the model leaves out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.analysis.inference import LEVEL, p_value
from sim.analysis.levels import YEAR
from sim.analysis.metrics import METRICS
from sim.charts.words import round_name
from sim.experiments.comparison import Comparison
from sim.experiments.counts import Counts
from sim.figure import sentence
from sim.reports.document import Note, Section
from sim.reports.tables import missing
from sim.reports.words import DECIDES, counted, listed

FEW = 10  # seeds; below, an interval rests on little
# As README.md has them (a test compares).
LIMITS = (
    "It is a theory in the form of a program, not a forecast.",
    "An interval in a table covers the luck of the draw in this model, not the doubt whether the model is right.",
    "Customers look back, never ahead; they do not bargain, and buy one unit at a time.",
    "Firms do not hire, invest or go bankrupt.",
)


def caveats(c: Comparison, segments: str = "", customers: str = "", looked: bool = False) -> Section:
    """The caveats that apply to these numbers, then those that always do.

    segments, customers   why they are not told apart, or not looked at; looked: they were, one by one
    """
    found = [Note(why, what) for why, what in ((segments, "Segments"), (customers, "Customers")) if why]
    found += [
        *_of_holes(c),
        *decided(c.measure),
        *_of_luck(c),
        *_of_time(c),
        *_of_what_is_missing(c),
        *_of_measures(c, looked),
    ]
    return Section("caveats", "What to keep in mind", (*found, left_out()))


def left_out() -> Note:
    """What the model leaves out."""
    return Note(f"{' '.join(LIMITS)} docs/model.md says more, assumption by assumption.", "What the model leaves out")


def incomplete(counts: Counts) -> tuple[Note, ...]:
    """What is said where runs of an experiment are missing."""
    if counts.done == counts.total:
        return ()
    return (Note(f"{counts.left + counts.failed:,} of {counts.total:,} runs are missing or failed.", "Not complete"),)


def _of_holes(c: Comparison) -> list[Note]:
    if not c.left_out:
        return []
    text = (
        f"{counted(len(c.left_out), 'run')} of each alternative (seeds {listed([str(s) for s in c.left_out], 8)}) "
        "cannot be used: profit or books hold what is no number. All that is said here rests on the others."
    )
    return [Note(text, "Runs left out")]


def decided(measure: str) -> tuple[Note, ...]:
    """What is said where another measure than profit decides."""
    if measure == DECIDES:
        return ()
    label = METRICS[measure].label
    text = f"Ahead, or best, is here who has the highest {label}; whether much of it is good the reader has to say. "
    return (Note(f"{text}Profit may order them otherwise.", "The measure that decides"),)


def _of_luck(c: Comparison) -> list[Note]:
    many = len(c.seeds)
    if many == 1:
        return [
            Note(
                f"All numbers are of one run (seed {c.seeds[0]}). They show what happened once. No interval, no "
                "probability and no regret can be estimated from it, and none is given.",
                "A single seed",
            )
        ]
    notes = []
    if many < FEW:
        notes.append(Note(f"{many} paired runs are few: intervals rest on {many} differences each.", "Few runs"))
    if len(c.names) > 2:
        text = (
            f"With {len(c.names)} alternatives, some difference to the baseline could look clear by luck alone. What "
            "is called clear is corrected for their number, measure by measure (Holm); ± is the 95 % interval of one "
            "difference alone. Measures are not corrected for one another."
        )
        notes.append(Note(text, "Many comparisons"))
    return notes


def _of_time(c: Comparison) -> list[Note]:
    best, *others = replace(c, measure=DECIDES).ranking()  # by profit, whatever decides
    name, notes = round_name(c.scenario), []
    late = c.accounts["profit"][:, :, -YEAR:].sum(axis=2)  # (A, R) of the last year
    profit, own = late.mean(axis=1), c.index(best)
    first = int(np.nanargmax(profit)) if np.isfinite(profit).any() else own
    ahead = c.names[first]
    luck = p_value(late[first] - late[own]) * (len(c.names) - 1) >= LEVEL  # False for a single run, whose p is NaN
    if others and profit[first] > profit[own] and not luck:
        text = (
            f"In the last {min(YEAR, c.rounds)} {name}s {c.called(ahead)} earned more than {c.called(best)}. With a "
            f"horizon longer than {c.rounds} {name}s the answer may be another."
        )
        notes.append(Note(text, "The horizon matters"))
    elif c.rounds < 2 * YEAR:
        text = f"The market was played for {counted(c.rounds, name)}. Relationships take time: what they bring may "
        text += "come later."
        notes.append(Note(text, "A short horizon"))
    return notes


def _of_what_is_missing(c: Comparison) -> list[Note]:
    notes, many = [], len(c.seeds)
    idle = [c.called(n) for k, n in enumerate(c.names) if (c.accounts["purchases"][k].sum(axis=1) == 0).any()]
    if idle:
        text = f"In at least one run nobody bought anything from {'' if c.within else 'the firm under '}{listed(idle)}."
        notes.append(Note(text, "No purchases"))
    gone = missing(c)
    never = list(dict.fromkeys(m for m, _, runs in gone if runs == many))
    if never:
        text = (
            f"{sentence(listed([METRICS[m].label for m in never], 12))} cannot be estimated for at least one "
            "alternative; the cells say so."
        )
        notes.append(Note(text, "Cannot be estimated"))
    some = list(dict.fromkeys(m for m, _, runs in gone if 0 < runs < many))
    if some:
        text = (
            f"{sentence(listed([METRICS[m].label for m in some], 12))} could not be estimated in some runs. Those are "
            "left out, together with their partners in a paired difference; what is left may be a selection."
        )
        notes.append(Note(text, "Partly estimated"))
    return notes


def _of_measures(c: Comparison, looked: bool) -> list[Note]:
    text = (
        "Retention, trust and context are those of the customers who bought. A firm that drives the dissatisfied away "
        "keeps the satisfied, and looks better for it."
    )
    if "trust_of_all" not in c.measures and not looked:
        text += (
            " Trust of all who ever bought is another measure; sim compare --also trust_of_all takes it in every run."
        )
    return [Note(text, "Survivors")]
