"""What slides are made of: titles, text, grounds, tables and notes, placed in inches from the top left.

Words are measured in the letters of `sim.figure`, which are wider than those of most programs: what fits here fits
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sim.figure import broken_lines, fitted, glued, length
from sim.reports.document import Cell, Definition, Report, Table

WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.55  # inches
ACROSS = WIDTH - 2 * MARGIN
MOST_LINES = 8  # of a title, however long
FOOT = 0.62  # inches at the bottom, for what a slide rests on
LINE = 1.22  # distance of lines, of their size
PAD = 0.08  # inches left and right of the words of a cell
NAMES = 2.6  # inches: names up to here are not broken where there is room
INK, QUIET, WASH = "222222", "5F6368", "F6F7F8"


class Board:
    """A presentation of slides in the format 16:9; `inches` makes a length."""

    def __init__(self, presentation: Any, report: Report) -> None:
        from pptx.util import Inches

        self.presentation, self.report, self.inches = presentation, report, Inches
        presentation.slide_width, presentation.slide_height = Inches(WIDTH), Inches(HEIGHT)
        presentation.core_properties.title = report.title
        presentation.core_properties.author = "buyer-seller-sim"
        self.meanings = {word.name: defined(word) for word in report.glossary}

    def slide(self, title: str, size: float = 26, top: float = 0.35, lines: int = 2) -> tuple[Any, float]:
        """An empty slide with its title, in so many lines if small letters allow; and where the room below begins."""
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[5])
        shown, count, size = self.sized(title, size, lines)
        tall = count * size * LINE / 72
        shape = slide.shapes.title
        place = (MARGIN, top, ACROSS, tall)
        shape.left, shape.top, shape.width, shape.height = map(self.inches, place)
        self._fill(shape.text_frame, [shown], size, INK, True)
        number = f"{len(self.presentation.slides)}"
        self.text(slide, [number], WIDTH - MARGIN + 0.08, HEIGHT - 0.32, MARGIN - 0.08, 0.2, 10, QUIET)
        return slide, top + tall + 0.22

    @staticmethod
    def sized(title: str, size: float, lines: int) -> tuple[str, int, float]:
        """A title, how many lines it takes, and in which size: the smallest may take more lines."""
        while len(broken_lines(title, ACROSS, size, bold=True)) > lines and size > 16:
            size -= 2
        shown = fitted(title, ACROSS, size, bold=True, lines=MOST_LINES)
        return " ".join(shown.split("\n")), shown.count("\n") + 1, size

    def text(
        self, slide: Any, words: Sequence[str], left: float, top: float, wide: float, tall: float, size: float,
        ink: str, bold: bool = False, font: str = "", below: bool = False,
    ) -> Any:  # fmt: skip
        """A text box; below: its words stand at its lower edge."""
        from pptx.enum.text import MSO_ANCHOR

        shape = slide.shapes.add_textbox(*map(self.inches, (left, top, wide, tall)))
        self._fill(shape.text_frame, words, size, ink, bold, font)
        if below:
            shape.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
        return shape

    def foot(self, slide: Any, words: str) -> None:
        """What a slide rests on, in small letters at its lower edge."""
        size = next((size for size in (11, 10, 9) if high(words, ACROSS, size) <= FOOT - 0.15), 8)
        self.text(slide, [words], MARGIN, HEIGHT - FOOT, ACROSS, FOOT - 0.1, size, QUIET, below=True)

    def box(self, slide: Any, left: float, top: float, wide: float, tall: float) -> None:
        """A quiet ground for a number."""
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE

        shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *map(self.inches, (left, top, wide, tall)))
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(WASH)
        shape.line.fill.background()
        shape.shadow.inherit = False

    def grid(self, slide: Any, table: Table, top: float, size: float, widths: Sequence[float]) -> float:
        """A table with its head, as wide as said; returns where it ends."""
        heights = [row_height(heads(table), widths, size), *(row_height(row, widths, size) for row in table.rows)]
        place = map(self.inches, (MARGIN, top, sum(widths), sum(heights)))
        grid = slide.shapes.add_table(len(table.rows) + 1, len(table.columns), *place).table
        self._plain_table(grid)
        for column, wide in zip(grid.columns, widths, strict=True):
            column.width = self.inches(wide)
        for row, tall in zip(grid.rows, heights, strict=True):
            row.height = self.inches(tall)
        for k, (column, head) in enumerate(zip(table.columns, heads(table), strict=True)):
            self._cell(grid.cell(0, k), head, size, column.numbers, head=True)
            for number, row in enumerate(table.rows, start=1):
                self._cell(grid.cell(number, k), row[k], size, column.numbers, first=k == 0)
        return top + sum(heights)

    def notes(self, slide: Any, words: Iterable[str], measures: Iterable[str]) -> None:
        """Speaker notes: what is shown, what the measures mean, what it rests on."""
        means = [self.meanings[name] for name in dict.fromkeys(measures) if name in self.meanings]
        slide.notes_slide.notes_text_frame.text = "\n\n".join([*filter(None, words), *means, self.report.basis])

    def _cell(
        self, cell: Any, content: Cell, size: float, right: bool, head: bool = False, first: bool = False
    ) -> None:
        """One cell of a table: its words, and below them smaller ones."""
        from pptx.enum.text import PP_ALIGN

        cell.margin_top = cell.margin_bottom = self.inches(0.03)
        cell.margin_left = cell.margin_right = self.inches(PAD)
        ink = QUIET if content.quiet else INK
        self._fill(cell.text_frame, [content.text], size, ink, head or first, slanted=content.quiet)
        small = [line for line in content.below.split("\n") if line]
        if small:
            self._fill(cell.text_frame, small, 0.85 * size, QUIET if head else ink, slanted=content.quiet, more=True)
        for paragraph in cell.text_frame.paragraphs:
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT

    def _fill(
        self, frame: Any, words: Sequence[str], size: float, ink: str, bold: bool = False, font: str = "",
        slanted: bool = False, more: bool = False,
    ) -> None:  # fmt: skip
        """Paragraphs of a frame; more: behind those that are there."""
        from pptx.dml.color import RGBColor
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
        from pptx.util import Pt

        if not more:
            frame.word_wrap = True
            frame.vertical_anchor = MSO_ANCHOR.TOP
        for number, line in enumerate(words):
            paragraph = frame.add_paragraph() if number or more else frame.paragraphs[0]
            paragraph.alignment = PP_ALIGN.LEFT
            run = paragraph.add_run()
            run.text = glued(line)
            run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, RGBColor.from_string(ink)
            run.font.italic = slanted
            if font:
                run.font.name = font
        if hasattr(frame, "auto_size"):
            frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0

    @staticmethod
    def _plain_table(grid: Any) -> None:
        """No bands of colour: a table style with thin lines only."""
        style = grid._tbl.tblPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId")
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # "No Style, No Grid" of every PowerPoint
        grid.horz_banding = False


# --------------------------------------------------------------------------------------------------------- measuring


def high(words: str, wide: float, size: float, bold: bool = False) -> float:
    """Inches that a paragraph takes."""
    return len(broken_lines(words, wide - 0.02, size, bold)) * size * LINE / 72


def heads(table: Table) -> list[Cell]:
    """The head of a table, units that its numbers do not bear below it."""
    return [Cell(column.head, column.shown_unit) for column in table.columns]


def row_height(cells: Sequence[Cell], widths: Sequence[float], size: float) -> float:
    """Inches that a row takes."""
    found = [
        high(cell.text, wide - 2 * PAD, size, bold=True)
        + sum(high(line, wide - 2 * PAD, 0.85 * size) for line in cell.below.split("\n") if line)
        for cell, wide in zip(cells, widths, strict=True)
    ]
    return max(found) + 0.08


def least(table: Table, k: int, size: float) -> float:
    """Inches that a column needs: numbers in one line, of text its longest word."""
    column = table.columns[k]
    texts = [(row[k].text, size, k == 0) for row in table.rows]
    texts += [(line, 0.85 * size, False) for row in table.rows for line in row[k].below.split("\n")]
    whole = column.numbers or any(row[k].colour for row in table.rows)
    found = [length(part, *how) for text, *how in texts for part in ([text] if whole else text.split())]
    found += [length(word, size, True) for word in (*column.head.split(), *column.shown_unit.split())]
    return max([0.5, *found]) + 2 * PAD + 0.02


def spread(table: Table, size: float) -> list[float]:
    """Widths of the columns of a table across a slide: what they need, and the rest where text is longest."""
    needs = [least(table, k, size) for k in range(len(table.columns))]
    names = max([needs[0], *(length(row[0].text, size, True) + 2 * PAD + 0.02 for row in table.rows)])
    if names < NAMES and names + sum(needs[1:]) < ACROSS:  # first of all, names stay whole
        needs[0] = names
    wishes = [max([need, *(_whole(row[k], size) for row in table.rows)]) for k, need in enumerate(needs)]
    spare, more = ACROSS - sum(needs), sum(wishes) - sum(needs)
    share = min(1.0, max(0.0, spare) / more) if more else 0.0
    found = [need + share * (wish - need) for need, wish in zip(needs, wishes, strict=True)]
    scale = ACROSS / sum(found)
    return [wide * min(scale, 2.0) for wide in found]


def _whole(cell: Cell, size: float) -> float:
    """Inches that a cell takes with no line broken."""
    small = (length(line, 0.85 * size) for line in cell.below.split("\n"))
    return max(length(cell.text, size), *small) + 2 * PAD + 0.02


def defined(word: Definition) -> str:
    """A definition with unit and source in one paragraph."""
    facts = [f"Unit: {word.unit}." if word.unit else "", f"Source: {word.source}." if word.source else ""]
    return " ".join([f"{word.label}: {word.meaning}", *filter(None, facts)])
