"""Why: where the difference in profit comes from, account by account."""

from __future__ import annotations

from sim.analysis.bridge import Step, comparison_bridge
from sim.analysis.readable import readable, readable_interval
from sim.experiments.comparison import Comparison
from sim.figure import INK
from sim.palette import looks
from sim.reports.document import Block, Cell, Column, Finding, Note, Section, Table
from sim.reports.figures import bar_chart
from sim.reports.tables import scaled
from sim.reports.words import DECIDES, listed
from sim.results import ResultsError

ALL = "difference in all"
SMALL = 0.05  # parts below this share of the greatest are not worth a word in the finding


def why(c: Comparison, best: str, other: str) -> tuple[Block, ...]:
    """The bridge from the profit of one to that of another: a sentence and a table."""
    bridge = comparison_bridge(c, best, other)
    steps = bridge.steps()
    if not steps:
        return ()
    great = max(abs(step.value.mean) for step in steps)
    order = sorted(steps, key=lambda step: -abs(step.value.mean))
    told = [step for step in order if abs(step.value.mean) >= SMALL * great and (step.value.clear or step.value.n < 2)]
    gains = [f"{_called(step)} ({readable(step.value.mean, 'euro', True)})" for step in told if step.value.mean > 0]
    costs = [f"{_called(step)} ({readable(step.value.mean, 'euro', True)})" for step in told if step.value.mean < 0]
    parts = [f"it gains by {listed(gains, 4)}" if gains else "", f"it loses by {listed(costs, 4)}" if costs else ""]
    text = f"{c.called(best)} against {c.called(other)}: {'; '.join(part for part in parts if part)}."
    spans = scaled([step.value for step in steps])
    ink = looks(c.strategies)[c.index(best)].colour
    rows = [
        (
            Cell(step.label),
            Cell("", span=spans[k], colour=ink),
            Cell(
                readable_interval(step.value, "euro", True),
                value=step.value.mean,
                quiet=not step.value.clear and step.value.n > 1,
            ),
        )
        for k, step in enumerate(steps)
    ]
    total = c.difference(DECIDES, best, other)
    rows.append((Cell(ALL), Cell(""), Cell(readable_interval(total, "euro", True), value=total.mean)))
    columns = (
        Column("part"),
        Column("", picture=True),
        Column("difference", "euro", "comparison_bridge", numbers=True),
    )
    title = f"Where the difference between {best} and {other} comes from"
    note = f"Discounted euro{', seed by seed' if total.n > 1 else ''}; the parts sum to the difference."
    grey = f"may be none, corrected for {len(steps)} parts (Holm)"
    names = (*(step.label for step in steps), ALL)
    values = [*(step.value for step in steps), total]
    native = bar_chart(names, (*(ink,) * len(steps), INK), values, "part of the difference", "euro")
    table = Table("bridge", title, columns, tuple(rows), note, True, native, grey=grey)
    finding = Finding("Where does it come from?", text, ("comparison_bridge", "clear")) if told else None
    return (finding, table) if finding else (table,)


def _called(step: Step) -> str:
    """What a step is called where its sign is known."""
    return step.label if step.name != "volume" else "more purchases" if step.value.mean > 0 else "fewer purchases"


def section(c: Comparison) -> Section | None:
    """Why the best differs from the baseline (or from the next best); None where nothing is compared."""
    best, *others = c.ranking()
    if not others:
        return None
    other = c.baseline if c.baseline != best else others[0]
    try:
        return Section("why", "Why", why(c, best, other))
    except ResultsError as error:  # books that do not add up, as of a result made by another program
        return Section("why", "Why", (Note(f"Where the difference comes from cannot be told: {error}."),))
