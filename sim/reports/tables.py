"""Tables of a comparison: the ranking with intervals as a picture, and every measure absolute and relative."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.analysis.metrics import METRICS
from sim.analysis.readable import MISSING, readable, readable_interval
from sim.analysis.statistics import Interval
from sim.experiments.comparison import Comparison
from sim.figure import sentences
from sim.palette import looks
from sim.reports.document import Cell, Column, Sample, Section, Span, Table
from sim.reports.figures import bars
from sim.reports.words import DECIDES, percent, relative

WIDE = 6  # measures side by side


def name_cells(c: Comparison) -> dict[str, Cell]:
    """The first cell of a row: the name with the colour of its strategy."""
    look = looks(c.strategies)
    return {
        name: Cell(name, "baseline" if name == c.baseline else "", colour=look[k].colour)
        for k, name in enumerate(c.names)
    }


def ranking(c: Comparison) -> Table:
    """Everybody by what decides, the best first, with the interval drawn and the difference to the baseline."""
    unit, names = METRICS[c.measure].unit, name_cells(c)
    means = {name: c.value(c.measure, name) for name in c.names}
    spans = scaled(list(means.values()))
    rows = []
    told = any(name.replace(" ", "_") != kind for name, kind in zip(c.names, c.strategies, strict=True))
    for name in c.ranking():
        rows.append(
            (
                names[name],
                *((Cell(c.strategies[c.index(name)].replace("_", " ")),) if told else ()),
                Cell(readable_interval(means[name], unit), value=means[name].mean),
                Cell("", span=spans[c.index(name)], colour=names[name].colour),
                difference_cell(c, c.measure, name),
            )
        )
    columns = (
        Column("firm" if c.within else "alternative"),
        *((Column("strategy"),) if told else ()),
        Column(METRICS[c.measure].label, unit, c.measure, numbers=True),
        Column("", picture=True),
        Column(f"less {c.baseline}", unit, "paired", numbers=True),
    )
    spans = "Bars: mean from zero; line: 95 % interval." if len(c.seeds) > 1 else ""
    title = "Who earns most" if c.measure == DECIDES else f"Who has the highest {METRICS[c.measure].label}"
    return Table("ranking", title, columns, tuple(rows), "", True, bars(c, c.measure), spans, grey(c))


def grey(c: Comparison) -> str:
    """What a grey difference means in a table of alternatives."""
    many = len(c.names) - 1
    family = f", also where its own interval excludes zero: corrected for {many} rivals (Holm)" if many > 1 else ""
    return f"may be no difference{family}"


def difference_cell(c: Comparison, measure: str, name: str) -> Cell:
    """A paired difference with its size relative to the baseline; empty for the baseline itself."""
    if name == c.baseline:
        return Cell("")
    gap = c.difference(measure, name)
    if not np.isfinite(gap.mean):
        return Cell(MISSING, quiet=True)
    words = readable_interval(gap, METRICS[measure].unit, signed=True)
    share = percent(relative(gap, c.value(measure, c.baseline)))
    return Cell(words, share, gap.mean, quiet=gap.n > 1 and not c.clear(measure, name))


def scaled(found: Sequence[Interval]) -> list[Span | None]:
    """Intervals on one scale from the least to the greatest limit, with zero on it."""
    limits = [limit for each in found for limit in each[:3] if np.isfinite(limit)]
    low, high = min([0.0, *limits]), max([0.0, *limits])
    if high == low:
        return [None] * len(found)

    def at(value: float) -> float:
        return (value - low) / (high - low)

    return [
        Span(
            at(each.low) if np.isfinite(each.low) else at(each.mean),
            at(each.mean),
            at(each.high) if np.isfinite(each.high) else at(each.mean),
            at(0.0),
        )
        if np.isfinite(each.mean)
        else None
        for each in found
    ]


def ordered(c: Comparison) -> list[str]:
    """The measures that can be estimated in some run: what decides, those of the comparison's own table, the others."""
    order = dict.fromkeys((c.measure, *c.table_measures, *c.measures))
    return [name for name in order if name in c.measures and np.isfinite(c.measures[name]).any()]


def measures(c: Comparison) -> Section:
    """Every measure of the comparison: the deciding ones first, six side by side; those of a common market apart."""
    known = [name for name in ordered(c) if not _shared(c, name)]
    groups = [known[at : at + WIDE] for at in range(0, len(known), WIDE)]
    titles = ["The measures that decide", *[f"Further measures ({n})" for n in range(1, len(groups))]]
    tables = [
        table_of(c, group, f"measures-{n}", title) for n, (group, title) in enumerate(zip(groups, titles, strict=True))
    ]
    return Section("measures", "The numbers", (*tables, *market(c)))


def _shared(c: Comparison, measure: str) -> bool:
    """Is it one number for all that are compared, the market they share?"""
    return c.within and not METRICS[measure].per_firm


def market(c: Comparison, name: str = "market", words: str = "The market as a whole") -> tuple[Table, ...]:
    """What is one number for all firms of one market; nothing where every alternative has a market of its own."""
    shared = [measure for measure in ordered(c) if _shared(c, measure)]
    tables = []
    for at in range(0, len(shared), WIDE):
        group = shared[at : at + WIDE]
        values = [(c.value(measure, c.names[0]), METRICS[measure].unit) for measure in group]
        cells = (Cell(readable_interval(value, unit), value=value.mean) for value, unit in values)
        columns = (Column("market"), *(Column(METRICS[m].label, METRICS[m].unit, m, numbers=True) for m in group))
        number = at // WIDE
        title = f"{words}{f' ({number + 1})' if number else ''}"
        tables.append(Table(f"{name}-{number}", title, columns, ((Cell("all firms"), *cells),)))
    return tuple(tables)


def table_of(c: Comparison, group: Sequence[str], name: str, title: str) -> Table:
    """Rows: alternatives; columns: measures. Below each mean the paired difference to the baseline and its share."""
    names = name_cells(c)
    order = sorted(c.names if len(c.names) <= WIDE else c.ranking(), key=lambda each: each != c.baseline)
    rows = tuple((names[each], *(_both(c, measure, each) for measure in group)) for each in order)
    columns = (
        Column("firm" if c.within else "alternative"),
        *(Column(METRICS[m].label, METRICS[m].unit, m, numbers=True) for m in group),
    )
    paired = "" if len(c.seeds) == 1 else "paired "
    below = f"Below: {paired}difference to {c.baseline}, and relative to it." if len(rows) > 1 else ""
    unknown = any(cell.text == MISSING for row in rows for cell in row)
    note = sentences(below, f"{MISSING}: cannot be estimated." if unknown else "")
    return Table(name, title, columns, rows, note, main=name == "measures-0", grey=grey(c))


def _both(c: Comparison, measure: str, name: str) -> Cell:
    found, unit = c.value(measure, name), METRICS[measure].unit
    text = readable(found.mean, unit)
    if name == c.baseline or not np.isfinite(found.mean):
        return Cell(text, value=found.mean if np.isfinite(found.mean) else None)
    gap = difference_cell(c, measure, name)
    return Cell(text, "\n".join(part for part in (gap.text, gap.below) if part), found.mean, quiet=gap.quiet)


def sample(c: Comparison, measure: str) -> Sample:
    """One measure of every alternative: mean and paired difference with their limits, and the runs themselves."""
    unit, rows, k = METRICS[measure].unit, [], c.index(c.baseline)
    if _shared(c, measure):
        return _of_market(c, measure)
    order = sorted(c.names, key=lambda name: -np.nan_to_num(c.value(measure, name).mean, nan=-np.inf))
    for name in order:
        value, gap = c.value(measure, name), c.difference(measure, name)
        numbers = [*value[:3], *gap[:3], relative(gap, c.value(measure, c.baseline))]
        own = numbers[:3] + [float("nan")] * 4 if c.index(name) == k else numbers
        rows.append((Cell(name), *(_number(number) for number in own), _number(value.n)))
    less = f"less {c.baseline}"
    heads = (
        "mean",
        "low, 95 %",
        "high, 95 %",
        less,
        f"{less}, low",
        f"{less}, high",
        f"relative to {c.baseline}",
        "runs",
    )
    units = (unit,) * 6 + ("share", "")
    columns = tuple(Column(head, of, numbers=True) for head, of in zip(heads, units, strict=True))
    table = Table(
        measure, METRICS[measure].label, (Column("firm" if c.within else "alternative"), *columns), tuple(rows),
        chart=bars(c, measure),
    )  # fmt: skip
    values = tuple(tuple(row) for row in c.measures[measure].tolist())
    return Sample(measure, table, tuple(c.names), tuple(c.seeds.tolist()), values)


def _of_market(c: Comparison, measure: str) -> Sample:
    """The same of a measure that all firms share: one row."""
    value, unit = c.value(measure, c.names[0]), METRICS[measure].unit
    columns = [Column(head, unit, numbers=True) for head in ("mean", "low, 95 %", "high, 95 %")]
    cells = [_number(number) for number in value[:3]]
    head, runs = Column("market"), Column("runs", numbers=True)
    row = (Cell("the market"), *cells, _number(value.n))
    table = Table(measure, METRICS[measure].label, (head, *columns, runs), (row,))
    values = (tuple(c.sample(measure, c.names[0]).tolist()),)
    return Sample(measure, table, ("the market",), tuple(c.seeds.tolist()), values)


def _number(value: float) -> Cell:
    return Cell("", value=float(value)) if np.isfinite(value) else Cell(MISSING)


def missing(c: Comparison) -> list[tuple[str, str, int]]:
    """(measure, alternative, runs in which it cannot be estimated), where there are any."""
    return [
        (measure, name, int(np.isnan(values[k]).sum()))
        for measure, values in c.measures.items()
        for k, name in enumerate(c.names)
        if np.isnan(values[k]).any()
    ]
