"""What a report says, before it is a page, a deck or a workbook: frozen parts that the writers only render.

A `Report` is built once from a result (`sim.reports.build`). All text in it is plain: a writer escapes what its format
asks for, and nothing it writes was computed by the writer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing


BORNE = ("", "1", "share", "euro")  # units that are written at every number, or that need no word


class Span(NamedTuple):
    """An interval on the common scale of a column, 0 the left end and 1 the right; `zero` lies there if it is shown."""

    low: float
    mean: float
    high: float
    zero: float | None


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    text      as people read it, below: further, quieter lines
    value     what a workbook gets: a number, or None where the text says it all
    measure   its definition is one click away
    colour    of a strategy; quiet: a difference that may be none; span: the interval as a picture
    """

    text: str
    below: str = ""
    value: float | None = None
    measure: str = ""
    colour: str = ""
    quiet: bool = False
    span: Span | None = None


@dataclass(frozen=True)
class Column:
    """Head of a column; numbers are aligned right, `picture` columns hold spans. unit: of the values in a workbook."""

    head: str
    unit: str = ""
    measure: str = ""
    numbers: bool = False
    picture: bool = False

    @property
    def shown_unit(self) -> str:
        """The unit where neither the numbers of the column nor its head say it."""
        return "" if not self.numbers or self.unit in BORNE or self.unit in self.head.split() else self.unit


@dataclass(frozen=True)
class Series:
    """Numbers of one line, group of bars, area or point, with limits where there are any; NaN where nothing is known.

    featured: named and in colour; of points, filled. dash: its number in `sim.palette.DASHES`.
    """

    name: str
    colour: str
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    featured: bool = True
    ink: str = ""  # of its name, dark enough to be read; the colour where it is left out
    dash: int = 0


@dataclass(frozen=True)
class Chart:
    """The numbers of a figure, from which a deck, a workbook or an interactive page makes a chart that can be edited.

    lines     x are numbers
    areas     the same, stacked, the first series below
    bars      x are names; `colours` one per bar where there is one series, else each series has its own
    stacked   the same, the series of a name side by side; what is negative left of zero
    points    a series for each point, whose x is at its place in `x`
    title     what tells several charts of a figure apart
    key       what its colours mean, where they are none of strategies
    caption   what stands below it where it is read in another way than the drawing
    beside    what its scale holds as well, since it is compared with charts beside it
    """

    kind: Literal["lines", "areas", "bars", "stacked", "points"]
    x: tuple[float | str, ...]
    x_title: str
    y_title: str
    series: tuple[Series, ...]
    colours: tuple[str, ...] = ()
    percent: bool = False
    title: str = ""
    key: str = ""
    caption: str = ""
    beside: tuple[float, ...] = ()

    @property
    def tells(self) -> bool:
        """Is there a number other than zero? Without one, a drawing can say why."""
        return any(math.isfinite(value) and value for series in self.series for value in series.values)


@dataclass(frozen=True)
class Table:
    """Rows of cells; name is unique in a report.

    main    short enough, and important enough, for a slide
    chart   what a slide shows in its place
    spans   what the bars of its column of pictures mean, for writers that draw them
    grey    what it means that a cell is quiet, for writers that show the cells
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    main: bool = False
    chart: Chart | None = None
    spans: str = ""
    grey: str = ""

    @property
    def below(self) -> str:
        """What stands below its cells: the note, and what grey means where something is grey."""
        quiet = self.grey and any(cell.quiet for row in self.rows for cell in row)
        return " ".join(filter(None, (self.note, f"Grey, slanted: {self.grey}." if quiet else "")))


@dataclass(frozen=True)
class Figure:
    """A picture: how it is drawn, and its numbers where native charts can show them. shows: what, in one line.

    How it came about (runs, seeds, interval) stands below the drawing, as the only text that is no part of its axes.
    """

    name: str
    title: str
    shows: str
    draw: Callable[[], Drawing]
    measures: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A sentence made from numbers, as the answer to a question. open: the numbers do not decide it."""

    question: str
    text: str
    measures: tuple[str, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class Note:
    """A plain paragraph; `title` stands before it."""

    text: str
    title: str = ""


@dataclass(frozen=True)
class Code:
    """Lines to be typed, or a file to be kept under `file`."""

    text: str
    file: str = ""


@dataclass(frozen=True)
class Card:
    """One number large: what it is, the number, and what it is to be compared with."""

    label: str
    number: str
    below: str = ""
    measure: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class Cards:
    """The numbers that decide, side by side."""

    cards: tuple[Card, ...]


type Block = Finding | Cards | Figure | Table | Note | Code


@dataclass(frozen=True)
class Section:
    """A heading with what is below it; name: the anchor."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Definition:
    """What a word of the report means; name: the measure's, or the anchor of another word."""

    name: str
    label: str
    meaning: str
    unit: str = ""
    source: str = ""


@dataclass(frozen=True)
class Sample:
    """One measure run by run, for those who go on calculating: table sums it up, values are (names, seeds)."""

    measure: str
    table: Table
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Report:
    """A whole report. headline: the finding in one sentence; basis: what it rests on, in one line."""

    title: str
    question: str
    headline: str
    basis: str
    sections: tuple[Section, ...]
    glossary: tuple[Definition, ...]
    samples: tuple[Sample, ...] = ()

    def blocks(self) -> Iterator[tuple[Section, Block]]:
        """Every block with its section, in order."""
        return ((section, block) for section in self.sections for block in section.blocks)

    def figures(self) -> list[Figure]:
        """Every figure."""
        return [block for _, block in self.blocks() if isinstance(block, Figure)]

    def tables(self) -> list[Table]:
        """Every table."""
        return [block for _, block in self.blocks() if isinstance(block, Table)]

    def findings(self) -> list[Finding]:
        """Every finding."""
        return [block for _, block in self.blocks() if isinstance(block, Finding)]
