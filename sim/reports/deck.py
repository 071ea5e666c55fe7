"""A report as slides (PowerPoint, 16:9): charts are native, so that they can be edited; sources are in the notes."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import Any

from sim.figure import shortened
from sim.reports.deck_board import HEIGHT, INK, MARGIN, QUIET, WIDTH, Board
from sim.reports.deck_charts import add_chart
from sim.reports.document import Cards, Cell, Chart, Code, Figure, Finding, Note, Report, Section, Table
from sim.reports.extras import need

ROWS, FEW_ROWS = 11, 7  # of a table on a slide; of one with more lines in a row
TALLEST = 8.5  # inches of a drawing that can still be read on a slide


def write(report: Report, file: Path) -> None:
    """Write the deck. Raises MissingExtra without python-pptx, OSError where it cannot be written."""
    pptx = need("pptx", "--pptx")
    deck = Deck(pptx.Presentation(), report)
    deck.opening()
    for section in report.sections:
        deck.section(section)
    deck.presentation.save(str(file))


class Deck(Board):
    """What is said on which slide."""

    def opening(self) -> None:
        """The answer on one slide: headline, question, and the numbers that decide."""
        report = self.report
        slide = self.slide(report.headline, size=34, top=0.9, tall=2.0)
        self.text(slide, [shortened(report.title, 90)], MARGIN, 0.45, WIDTH - 2 * MARGIN, 0.4, 16, QUIET, bold=True)
        self.text(slide, [report.question], MARGIN, 2.95, WIDTH - 2 * MARGIN, 0.8, 18, QUIET)
        self.text(slide, [report.basis], MARGIN, HEIGHT - 0.75, WIDTH - 2 * MARGIN, 0.4, 12, QUIET)
        cards = next((block.cards for _, block in report.blocks() if isinstance(block, Cards)), ())
        wide = (WIDTH - 2 * MARGIN + 0.2) / max(1, len(cards)) - 0.2
        for number, card in enumerate(cards):
            left = MARGIN + number * (wide + 0.2)
            self.box(slide, left, 4.2, wide, 1.75)
            self.text(slide, [shortened(card.label, 44)], left + 0.1, 4.28, wide - 0.2, 0.6, 12, QUIET)
            ink = QUIET if card.quiet else INK
            size = 19 if len(card.number) < 13 else 16
            self.text(slide, [card.number], left + 0.1, 4.85, wide - 0.2, 0.5, size, ink, bold=True)
            self.text(slide, [shortened(card.below, 34)], left + 0.1, 5.4, wide - 0.2, 0.45, 12, QUIET)
        self.notes(slide, [found.text for found in report.findings()[:4]], ())

    def section(self, section: Section) -> None:
        """A slide for every chart and table worth one, for findings together, and for caveats and provenance.

        A single finding stands over the chart or table that follows it.
        """
        told: list[Finding] = []
        for block in section.blocks:
            if isinstance(block, Finding):
                told.append(block)
            elif (isinstance(block, Table) and block.main) or (isinstance(block, Figure) and _fits(block)):
                if len(told) > 1:
                    self.findings(section.title, told)
                self.shown(block, told[0].text if len(told) == 1 else "")
                told = []
        if told:
            self.findings(section.title, told)
        if section.name in ("caveats", "provenance"):
            notes = [block for block in section.blocks if isinstance(block, Note)]
            codes = [block for block in section.blocks if isinstance(block, Code) and not block.file]
            self.plain(section.title, notes, codes)

    def shown(self, block: Figure | Table, lead: str) -> None:
        """A chart or a table, a sentence over it."""
        if isinstance(block, Figure):
            self.figure(block, lead)
        elif block.chart is not None:
            self.native(block.title, (block.chart,), block.note, [column.measure for column in block.columns], lead)
        else:
            self.table(block, lead)

    def findings(self, title: str, findings: list[Finding]) -> None:
        """Question left, answer right."""
        slide, top = self.slide(title), 1.35
        size = 16 if sum(len(found.text) for found in findings) < 1000 else 13
        for found in findings:
            lines = len(textwrap.wrap(found.text, 88 if size == 16 else 108))
            tall = max(0.55, lines * size * 1.25 / 72 + 0.2)
            self.text(slide, [found.question], MARGIN, top, 2.6, tall, size, INK, bold=True)
            self.text(slide, [found.text], MARGIN + 2.75, top, WIDTH - 2 * MARGIN - 2.75, tall, size, INK)
            top += tall + 0.05
        self.notes(
            slide, [f"{found.question} {found.text}" for found in findings], [m for f in findings for m in f.measures]
        )

    def figure(self, figure: Figure, lead: str = "") -> None:
        """Native charts where there are numbers for them, otherwise the drawing."""
        if figure.charts:
            self.native(figure.title, figure.charts, figure.shows, figure.measures, lead)
            return
        drawing, stream = figure.draw(), io.BytesIO()
        drawing.savefig(stream, format="png", dpi=200)
        slide, top = self.headed(figure.title, lead)
        wide, tall = drawing.get_size_inches()
        scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - top - 0.3) / tall)
        place = ((WIDTH - wide * scale) / 2, top, wide * scale, tall * scale)
        picture = slide.shapes.add_picture(stream, *map(self.inches, place))
        picture._element.nvPicPr.cNvPr.set("descr", f"{figure.title}: {figure.shows}")
        self.notes(slide, [figure.shows], figure.measures)

    def native(
        self, title: str, charts: tuple[Chart, ...], words: str, measures: tuple[str, ...], lead: str = ""
    ) -> None:
        """Charts that can be edited; several in rows of three."""
        slide, top = self.headed(title, lead)
        across = min(3, len(charts))
        down = -(-len(charts) // across)
        wide, tall = (WIDTH - 2 * MARGIN) / across, (HEIGHT - top - 0.4) / down
        for number, chart in enumerate(charts):
            row, column = divmod(number, across)
            place = (MARGIN + column * wide, top + row * tall, wide - 0.15 * (across > 1), tall - 0.1 * (down > 1))
            add_chart(slide, chart, place, self)
        self.notes(slide, [*(chart.y_title for chart in charts), words], measures)

    def headed(self, title: str, lead: str) -> tuple[Any, float]:
        """A slide with its title and a sentence below it; and where the room for the rest begins."""
        slide = self.slide(title)
        if not lead:
            return slide, 1.3
        tall = len(textwrap.wrap(lead, 112)) * 16 * 1.25 / 72 + 0.2
        self.text(slide, [lead], MARGIN, 1.2, WIDTH - 2 * MARGIN, tall, 16, INK)
        return slide, 1.25 + tall

    def table(self, table: Table, lead: str = "") -> None:
        """The first rows of a table."""
        (slide, top), tall = self.headed(table.title, lead), max(map(_lines, table.rows))
        rows = table.rows[: ROWS if tall == 1 else FEW_ROWS]
        shown = [k for k, column in enumerate(table.columns) if not column.picture]
        place = map(self.inches, (MARGIN, top, WIDTH - 2 * MARGIN, 0.4 * (len(rows) + 1)))
        grid = slide.shapes.add_table(len(rows) + 1, len(shown), *place).table
        self._plain_table(grid)
        size = 14 if len(shown) <= 5 else 11
        for column, k in enumerate(shown):
            self.cell(grid.cell(0, column), table.columns[k].head, size, table.columns[k].numbers, INK, bold=True)
            for row, cells in enumerate(rows, start=1):
                cell = cells[k]
                words = f"{cell.text}\n{cell.below}" if cell.below and table.columns[k].numbers else cell.text
                ink = QUIET if cell.quiet else INK
                self.cell(grid.cell(row, column), words, size, table.columns[k].numbers, ink, bold=k == 0)
        left = len(table.rows) - len(rows)
        more = f" The first {len(rows)} of {len(table.rows)} rows." if left else ""
        self.text(slide, [table.note + more], MARGIN, HEIGHT - 0.6, WIDTH - 2 * MARGIN, 0.4, 12, QUIET)
        self.notes(slide, [table.note + more], [column.measure for column in table.columns])

    def plain(self, title: str, notes: list[Note], codes: list[Code]) -> None:
        """Paragraphs, and lines to be typed."""
        slide, top = self.slide(title), 1.35
        for note in notes:
            words = f"{note.title}. {note.text}" if note.title else note.text
            tall = len(textwrap.wrap(words, 100)) * 15 * 1.25 / 72 + 0.16
            self.text(slide, [words], MARGIN, top, WIDTH - 2 * MARGIN, tall, 15, INK)
            top += tall
        for code in codes:
            self.text(slide, [code.text], MARGIN, top, WIDTH - 2 * MARGIN, 0.5, 14, INK, font="Consolas")
            top += 0.5
        self.notes(slide, [note.text for note in notes], ())


def _fits(figure: Figure) -> bool:
    """Can the figure be read on a slide: as native charts, or since its drawing is not too tall?"""
    return bool(figure.charts) or figure.draw().get_size_inches()[1] <= TALLEST


def _lines(row: tuple[Cell, ...]) -> int:
    """Lines of the tallest cell but the first."""
    return max(1 + len([line for line in cell.below.split("\n") if line]) for cell in row[1:])
