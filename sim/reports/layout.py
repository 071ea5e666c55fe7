"""Tables that are wider than a page: turned round, or cut into parts that stand below each other.

Widths are counted in letters, so that pages, slides and paper can all ask; numbers do not break, words do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sim.reports.document import Cell, Column, Table

type Wide = Callable[[Table, int], float]

GAP, PICTURE = 2.0, 14.0  # letters between columns, and of a span
SMALL = 0.86  # of a letter: those of the further lines of a cell
SHORT, NAME = 14, 26  # letters that text, and a name with its colour, get in a line at least


def parts(table: Table, room: float, wide: Wide | None = None) -> list[Table]:
    """The table in parts that are at most `room` wide, each with what tells the rows apart in front.

    wide(table, k): of column k with its gap (default: in letters). A table that has more columns than rows, all of one
    measure, is turned round first. Spans are left out where a table is cut.
    """
    wide = wide or letters
    if width(table, wide) <= room:
        return [table]
    if _can_turn(table):
        return parts(turned(table), room, wide)
    table = _numbered(table)
    first, rest = wide(table, 0), [k for k in range(1, len(table.columns)) if not table.columns[k].picture]
    needs = {k: wide(table, k) for k in rest}
    groups: list[list[int]] = [[]]
    for k in rest:
        if groups[-1] and first + sum(needs[j] for j in groups[-1]) + needs[k] > room:
            groups.append([])
        groups[-1].append(k)
    even = -(-len(rest) // len(groups))  # columns in each, where their widths allow
    balanced = [rest[at : at + even] for at in range(0, len(rest), even)]
    if all(first + sum(needs[k] for k in group) <= room for group in balanced):
        groups = balanced
    return [_part(table, group, number, len(groups)) for number, group in enumerate(groups, start=1)]


def width(table: Table, wide: Wide | None = None) -> float:
    """How wide the table has to be."""
    return sum((wide or letters)(table, k) for k in range(len(table.columns)))


def pieces(rows: int, most: int) -> list[slice]:
    """Rows of a table that stand together where `most` fit, about equally many in each."""
    count = max(1, -(-rows // most))
    even = -(-rows // count)
    return [slice(at, at + even) for at in range(0, max(rows, 1), even)]


def turned(table: Table) -> Table:
    """Columns as rows and rows as columns. What the columns held alike (unit, measure) stays with the numbers."""
    measured = next(column for column in table.columns[1:] if column.numbers)
    heads = [Column("")]
    for row in table.rows:
        heads.append(replace(measured, head=row[0].text, unit=row[0].below or measured.unit))
    rows = [(Cell(column.head), *(row[k] for row in table.rows)) for k, column in enumerate(table.columns) if k]
    return replace(table, columns=tuple(heads), rows=tuple(rows))


def _can_turn(table: Table) -> bool:
    """Are there fewer rows than columns, and do the columns of numbers hold the same measure?"""
    numbers = {(column.unit, column.measure) for column in table.columns[1:] if column.numbers}
    pictures = any(column.picture for column in table.columns)
    return len(table.rows) < len(table.columns) - 1 and len(numbers) == 1 and not pictures


def _numbered(table: Table) -> Table:
    """The table with a number in front of rows that their first cells do not tell apart."""
    names = [row[0].text for row in table.rows]
    if len(set(names)) == len(names):
        return table
    rows = tuple((Cell(f"{number}"), *row) for number, row in enumerate(table.rows, start=1))
    return replace(table, columns=(Column("no."), *table.columns), rows=rows)


def _part(table: Table, group: list[int], number: int, many: int) -> Table:
    kept = [0, *group]
    name = table.name if number == 1 else f"{table.name}-part-{number}"
    title = f"{table.title} ({number} of {many})" if many > 1 else table.title
    return replace(
        table,
        name=name,
        title=title,
        columns=tuple(table.columns[k] for k in kept),
        rows=tuple(tuple(row[k] for k in kept) for row in table.rows),
        note=table.below if number == many else "",  # of all parts
        grey="",
    )


def letters(table: Table, k: int) -> float:
    """Letters that column k needs, the gap beside it included: numbers in one line, words broken between words."""
    column = table.columns[k]
    if column.picture:
        return PICTURE + GAP
    cells = [row[k].text for row in table.rows]
    small = [line for row in table.rows for line in row[k].below.split("\n")]
    head = max(map(len, breaks(column.head)), default=0)
    if column.numbers:
        return max(head, *map(len, cells), *(SMALL * len(line) for line in small), 3) + GAP
    cells += small
    words = max((len(word) for cell in cells for word in breaks(cell)), default=0)
    least = NAME if any(row[k].colour for row in table.rows) else SHORT
    return max(head, words, min(least, max(map(len, cells), default=0))) + GAP


def breaks(text: str) -> list[str]:
    """The parts of a text that stay in one line: words, and in long names what stands between dots and underscores."""
    return [part for part in re.split(r"\s+|(?<=[._/])", text) if part]
