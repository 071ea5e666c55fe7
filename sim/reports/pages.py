"""A report as PDF pages (16:9), drawn by matplotlib alone: no browser, no office program.

The printed HTML page says the same in a layout for paper; this is for those who want slides that look alike everywhere.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from sim.figure import FAINT, INK, QUIET, SLIDE, STYLE, shortened
from sim.reports.document import Cards, Cell, Code, Figure, Finding, Note, Report, Section, Table

WIDE, TALL = SLIDE
LEFT, TOP, BOTTOM = 0.55, 0.55, 0.6  # margins, inches
LETTER = 0.54  # width of an average letter, of its size
BOLD = 0.7  # of a bold figure
LINE = 1.3  # distance of lines, of their size


def write(report: Report, file: Path) -> None:
    """Write the pages. Raises OSError where they cannot be written."""
    about = {"Title": report.title, "Subject": report.headline, "Creator": "buyer-seller-sim", "CreationDate": None}
    with rc_context(STYLE), PdfPages(str(file), metadata=about) as pdf:
        pages = Pages(pdf, report)
        pages.opening()
        for section in report.sections:
            pages.section(section)
        pages.begin("Glossary")
        for word in report.glossary:
            unit, source = f"Unit: {word.unit}." * bool(word.unit), f"Source: {word.source}." * bool(word.source)
            facts = f"{unit} {source}"
            pages.paragraph(f"{word.meaning} {facts}".strip(), 11, title=word.label)
        pages.end()


class Pages:
    """Pages one after the other; `at` is where the next thing begins, in inches from the top."""

    def __init__(self, pdf: PdfPages, report: Report) -> None:
        self.pdf, self.report, self.page, self.number = pdf, report, None, 0
        self.at, self.title = TOP, ""

    def begin(self, title: str, size: float = 24) -> None:
        """A new page with its title."""
        self.end()
        self.page, self.title, self.at, self.number = Drawing(figsize=SLIDE), title, TOP, self.number + 1
        for line in textwrap.wrap(title, int((WIDE - 2 * LEFT) * 72 / (size * LETTER * 1.08)))[:3]:
            self.write(line, LEFT, self.at, size, bold=True)
            self.at += size * LINE / 72
        self.at += 0.15
        self.write(shortened(f"{self.report.title} · {self.report.basis}", 150), LEFT, TALL - 0.4, 9, QUIET)
        self.write(f"{self.number}", WIDE - LEFT, TALL - 0.4, 9, QUIET, right=True)

    def end(self) -> None:
        """Put the page into the file."""
        if self.page is not None:
            self.pdf.savefig(self.page)
            self.page = None

    def write(
        self, text: str, x: float, y: float, size: float, ink: str = INK, bold: bool = False, right: bool = False
    ) -> None:
        """One line, its top at (x, y) in inches from the top left."""
        weight, side = ("bold" if bold else "normal"), ("right" if right else "left")
        self.page.text(x / WIDE, 1 - y / TALL, text, fontsize=size, color=ink, weight=weight, ha=side, va="top")

    def room(self, tall: float) -> None:
        """Go on to another page where so many inches are not left."""
        if self.at + tall > TALL - BOTTOM:
            self.begin(self.title)

    def paragraph(self, text: str, size: float, title: str = "", indent: float = 0.0) -> None:
        """Lines of text, a title in bold above them."""
        lines = textwrap.wrap(text, int((WIDE - 2 * LEFT - indent) * 72 / (size * LETTER)))
        self.room((len(lines) + bool(title)) * size * LINE / 72)
        for line in [title] if title else []:
            self.write(line, LEFT, self.at, size, bold=True)
            self.at += size * LINE / 72
        for line in lines:
            self.write(line, LEFT + indent, self.at, size)
            self.at += size * LINE / 72
        self.at += 0.4 * size / 72

    # ------------------------------------------------------------------------------------------------------ contents

    def opening(self) -> None:
        """The answer on one page."""
        report = self.report
        self.begin(report.headline, 26)
        if report.question:
            self.paragraph(report.question, 14)
        cards = next((block.cards for _, block in report.blocks() if isinstance(block, Cards)), ())
        wide = (WIDE - 2 * LEFT + 0.2) / max(1, len(cards)) - 0.2
        for number, card in enumerate(cards):
            x, size = LEFT + number * (wide + 0.2), min(19, (wide - 0.2) * 72 / (BOLD * max(1, len(card.number))))
            ground = Rectangle((x / WIDE, 1 - (self.at + 1.3) / TALL), wide / WIDE, 1.3 / TALL, facecolor="#f6f7f8")
            self.page.add_artist(ground)
            letters = int((wide - 0.2) * 72 / (11 * LETTER))
            for line, words in enumerate(textwrap.wrap(card.label, letters)[:2]):
                self.write(words, x + 0.1, self.at + 0.1 + 0.2 * line, 11, QUIET)
            self.write(card.number, x + 0.1, self.at + 0.55, size, QUIET if card.quiet else INK, bold=True)
            self.write(shortened(card.below, letters), x + 0.1, self.at + 0.98, 11, QUIET)
        self.at += 1.55 if cards else 0.0
        found = [block for block in report.sections[0].blocks if isinstance(block, Finding)]
        for finding in found:
            self.finding(finding, 11.5 if len(found) < 6 else 10)

    def section(self, section: Section) -> None:
        """A section: pictures have a page each, everything else follows as there is room."""
        first = section is self.report.sections[0]
        said = (Figure, Cards, Finding) if first else (Figure, Cards)
        flowing = [block for block in section.blocks if not isinstance(block, said)]
        if flowing:
            self.begin(section.title)
        for block in flowing:
            match block:
                case Finding():
                    self.finding(block, 13)
                case Note():
                    self.paragraph(block.text, 13, block.title)
                case Code():
                    self.code(block)
                case Table():
                    self.table(block)
        for block in section.blocks:
            if isinstance(block, Figure):
                self.figure(block)

    def finding(self, finding: Finding, size: float) -> None:
        """Question left, answer right."""
        lines = textwrap.wrap(finding.text, int((WIDE - 2 * LEFT - 2.6) * 72 / (size * LETTER)))
        asked = textwrap.wrap(finding.question, int(2.45 * 72 / (size * LETTER * 1.1)))
        tall = max(len(lines), len(asked)) * size * LINE / 72 + 0.12
        self.room(tall)
        for part, x, bold in ((asked, LEFT, True), (lines, LEFT + 2.6, False)):
            for number, line in enumerate(part):
                self.write(line, x, self.at + number * size * LINE / 72, size, bold=bold)
        self.at += tall

    def code(self, code: Code) -> None:
        """Lines to be typed; a file is named only: the HTML page and the deck's folder hold it."""
        if code.file:
            self.paragraph(f"The scenario stands in full in the HTML report ({code.file}).", 11)
            return
        with rc_context({"font.family": "DejaVu Sans Mono"}):
            self.paragraph(code.text, 12)

    def figure(self, figure: Figure) -> None:
        """A page with the picture as it is drawn."""
        self.end()
        drawing = figure.draw()
        wide, tall = drawing.get_size_inches()
        if abs(wide / tall - WIDE / TALL) < 0.01:  # taller ones have a page of their own size
            drawing.set_size_inches(WIDE, TALL)
        self.pdf.savefig(drawing)
        self.number += 1

    def table(self, table: Table) -> None:
        """A table over as many pages as it takes, its head on each."""
        shown = [k for k, column in enumerate(table.columns) if not column.picture]
        size = 11 if len(shown) <= 5 else 9
        widths = self._widths(table, shown, size)
        self.room(1.2)
        self.write(table.title, LEFT, self.at, 13, bold=True)
        self.at += 0.32
        heads = [Cell(table.columns[k].head) for k in shown]
        right = [table.columns[k].numbers for k in shown]
        self.row(heads, widths, right, size, True)
        for row in table.rows:
            cells = [row[k] for k in shown]
            tall = self._tall(cells, widths, size)
            if self.at + tall > TALL - BOTTOM:
                self.begin(self.title)
                self.row(heads, widths, right, size, True)
            self.row(cells, widths, right, size)
        if table.note:
            self.paragraph(table.note, 10)
        self.at += 0.15

    def row(
        self, cells: Sequence[Cell], widths: list[float], right: list[bool], size: float, head: bool = False
    ) -> None:
        """One row with a line below it."""
        x, tall = LEFT, self._tall(cells, widths, size)
        for number, (cell, wide, numbers) in enumerate(zip(cells, widths, right, strict=True)):
            for line, words in enumerate(self._lines(cell, wide, size)):
                place = x + wide - 0.1 if numbers else x
                ink = QUIET if cell.quiet or words in cell.below.split("\n") else INK
                self.write(words, place, self.at + line * size * LINE / 72, size, ink, head or (not number), numbers)
            x += wide
        self.at += tall
        y = 1 - (self.at - 0.06) / TALL
        ends = LEFT / WIDE, 1 - LEFT / WIDE
        self.page.add_artist(Rectangle((ends[0], y), ends[1] - ends[0], 0.0006, color=INK if head else FAINT))

    def _lines(self, cell: Cell, wide: float, size: float) -> list[str]:
        letters = max(4, int((wide - 0.12) * 72 / (size * LETTER)))
        words = textwrap.wrap(cell.text, letters) or [""]
        return words + [line for part in cell.below.split("\n") if part for line in textwrap.wrap(part, letters)]

    def _tall(self, cells: Sequence[Cell], widths: list[float], size: float) -> float:
        pairs = zip(cells, widths, strict=True)
        return max(len(self._lines(cell, wide, size)) for cell, wide in pairs) * size * LINE / 72 + 0.1

    def _widths(self, table: Table, shown: list[int], size: float) -> list[float]:
        """Widths of the columns: what their longest words ask for, in the room there is."""
        asked = []
        for k in shown:
            texts = [part for row in table.rows for part in (row[k].text, *row[k].below.split("\n"))]
            longest = max([len(table.columns[k].head) * 0.7, *map(len, texts)])
            asked.append(min(max(longest, 6), 60) * size * LETTER / 72 + 0.2)
        room = WIDE - 2 * LEFT
        return [wide * room / sum(asked) for wide in asked]
