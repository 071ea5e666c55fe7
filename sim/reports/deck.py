"""A report as slides (PowerPoint, 16:9): charts are native, so that they can be edited; sources are in the notes.

Nothing of the report is left out unsaid: tables go on over as many slides as they take, and what is too much for slides
is named on one, with the formats that hold it.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.figure import fitted, length, said, sentences
from sim.reports.assumptions import VARIED
from sim.reports.deck_board import (
    ACROSS,
    FOOT,
    HEIGHT,
    INK,
    LINE,
    MARGIN,
    QUIET,
    WIDTH,
    Board,
    heads,
    high,
    least,
    row_height,
    spread,
)
from sim.reports.deck_charts import add_chart
from sim.reports.document import Cards, Chart, Code, Figure, Finding, Note, Report, Section, Table
from sim.reports.extras import need
from sim.reports.layout import parts

SIZES = (14, 12, 11, 10)  # letters of tables: the largest in which one fits on a slide, else the last
WIDEST = 4.0  # inches of a card
FEW = 5  # rows of tables that share a slide
SPARE = 0.15  # inches below a table: programs break lines elsewhere
GATHERED = ("caveats", "assumptions", "provenance")  # sections whose text has slides of its own


def write(report: Report, file: Path) -> None:
    """Write the deck. Raises MissingExtra without python-pptx, OSError where it cannot be written."""
    pptx = need("pptx", "--pptx")
    deck = Deck(pptx.Presentation(), report)
    deck.opening()
    for section in report.sections:
        deck.section(section)
    deck.glossary()
    deck.presentation.save(str(file))


class Deck(Board):
    """What is said on which slide."""

    def __init__(self, presentation: Any, report: Report) -> None:
        super().__init__(presentation, report)

    def opening(self) -> None:
        """The answer on one slide: headline, question, and the numbers that decide."""
        report = self.report
        slide, top = self.slide(report.headline, size=32, top=0.95, lines=3)
        self.text(
            slide, [fitted(report.title, ACROSS, 16, bold=True)], MARGIN, 0.45, ACROSS, 0.35, 16, QUIET, bold=True
        )
        if report.question:
            self.text(slide, [report.question], MARGIN, top, ACROSS, high(report.question, ACROSS, 18), 18, QUIET)
            top += high(report.question, ACROSS, 18) + 0.2
        cards = next((block.cards for _, block in report.blocks() if isinstance(block, Cards)), ())
        wide = min(WIDEST, (ACROSS + 0.2) / max(1, len(cards)) - 0.2)
        inner = wide - 0.24
        labels = max((high(card.label, inner, 12) for card in cards), default=0.0)
        under = max((high(card.below, inner, 12) for card in cards), default=0.0)
        for number, card in enumerate(cards):
            left, at = MARGIN + number * (wide + 0.2), max(top, 3.6)
            self.box(slide, left, at, wide, labels + under + 0.75)
            self.text(slide, [card.label], left + 0.12, at + 0.12, inner, labels, 12, QUIET)
            size = int(min(20.0, 20.0 * inner / length(card.number, 20, bold=True)))
            ink = QUIET if card.quiet else INK
            self.text(slide, [card.number], left + 0.12, at + 0.2 + labels, inner, 0.36, size, ink, bold=True)
            self.text(slide, [card.below], left + 0.12, at + 0.62 + labels, inner, under, 12, QUIET)
        self.foot(slide, report.basis)
        found = report.findings()[:4]
        whole = [report.headline, *(finding.text for finding in found)]
        self.notes(slide, dict.fromkeys(whole), [card.measure for card in cards])

    def section(self, section: Section) -> None:
        """Slides for every chart and table worth one, for findings together, and for caveats, assumptions, provenance.

        A single finding stands over the chart or table it is about.
        """
        if section.name == "caveats":
            self.caveats(section)
            return
        blocks = [
            b for b in section.blocks if isinstance(b, Figure) or (isinstance(b, Table) and self._shown(section, b))
        ]
        told = [block for block in section.blocks if isinstance(block, Finding)]
        leads: dict[int, str] = {}
        if len(told) == 1 and blocks:
            about = max(range(len(blocks)), key=lambda k: _alike(told[0], blocks[k]))
            leads[about] = told[0].text
        elif told:
            self.findings(section.title, told)
        for k, group in _together(blocks, leads):
            if isinstance(group[0], Figure):
                self.figure(group[0], leads.get(k, ""))
            elif len(group) > 1:
                self.small(section.title, group)
            else:
                self.table(group[0], leads.get(k, ""))
        if section.name == "provenance":
            self.provenance(section)

    def _shown(self, section: Section, table: Table) -> bool:
        """Has the table slides: since it matters, or since everybody must be able to look it up?"""
        return table.main or section.name in GATHERED

    # -------------------------------------------------------------------------------------------------------- slides

    def findings(self, title: str, findings: list[Finding]) -> None:
        """Question left, answer right, in the largest letters that leave room for all."""
        wide = ACROSS - 2.95

        def tall(finding: Finding, size: float) -> float:
            return max(high(finding.text, wide, size), high(finding.question, 2.7, size, bold=True)) + 0.18

        slide, top = self.slide(title)
        room = HEIGHT - FOOT - top
        size = next((s for s in (18, 16, 14, 13, 12, 11) if sum(tall(f, s) for f in findings) <= room), 10)
        for finding in findings:
            own = tall(finding, size)
            if top + own > HEIGHT - FOOT + 0.1:
                slide, top = self.slide(title)
            self.text(slide, [finding.question], MARGIN, top, 2.75, own - 0.1, size, INK, bold=True)
            self.text(slide, [finding.text], MARGIN + 2.95, top, wide, own - 0.1, size, INK)
            top += own
        self.foot(slide, self.report.basis)
        words = [f"{found.question} {found.text}" for found in findings]
        self.notes(slide, words, [m for f in findings for m in f.measures])

    def figure(self, figure: Figure, lead: str = "") -> None:
        """Native charts where there are numbers for them, otherwise the drawing; how it came about stands below."""
        drawing = figure.draw()
        caption = said(drawing)
        if any(chart.tells for chart in figure.charts):
            caption = sentences(figure.charts[0].key, figure.charts[0].caption or caption)
            self.native(figure.title, figure.charts, (figure.shows, caption), figure.measures, lead, caption)
            return
        for text in list(drawing.texts):
            text.remove()  # the slide says it in its own words
        for ax in drawing.axes:
            if ax.get_title(loc="left") == figure.title:
                ax.set_title("", loc="left")
        stream = io.BytesIO()
        drawing.savefig(stream, format="png", dpi=200, bbox_inches="tight", pad_inches=0.05)
        slide, top = self.headed(figure.title, lead)
        picture = slide.shapes.add_picture(stream, 0, 0)
        scale = min(self.inches(ACROSS) / picture.width, self.inches(HEIGHT - top - FOOT - 0.1) / picture.height)
        picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
        picture.left, picture.top = int((self.inches(WIDTH) - picture.width) / 2), self.inches(top)
        picture._element.nvPicPr.cNvPr.set("descr", f"{figure.title}: {figure.shows}")
        self.foot(slide, caption)
        self.notes(slide, [figure.shows, caption], figure.measures)

    def native(
        self, title: str, charts: tuple[Chart, ...], words: tuple[str, ...], measures: tuple[str, ...], lead: str,
        caption: str,
    ) -> None:  # fmt: skip
        """Charts that can be edited; several in rows of three."""
        slide, top = self.headed(title, lead)
        across = min(3, len(charts))
        down = -(-len(charts) // across)
        wide, tall = ACROSS / across, (HEIGHT - top - FOOT - 0.05) / down
        left_out: list[str] = []
        for number, chart in enumerate(charts):
            row, column = divmod(number, across)
            place = (MARGIN + column * wide, top + row * tall, wide - 0.15 * (across > 1), tall - 0.1 * (down > 1))
            left_out += add_chart(slide, chart, place, self, len(charts) > 1)
        self.foot(slide, sentences(*dict.fromkeys(left_out), caption))
        titles = [f"{chart.title}: {chart.y_title}" if chart.title else chart.y_title for chart in charts]
        self.notes(slide, dict.fromkeys([*titles, *words]), measures)

    def headed(self, title: str, lead: str) -> tuple[Any, float]:
        """A slide with its title and a sentence below it; and where the room for the rest begins."""
        slide, top = self.slide(title)
        if not lead:
            return slide, top
        size = 16 if high(lead, ACROSS, 16) <= 0.9 else 13
        tall = high(lead, ACROSS, size)
        self.text(slide, [lead], MARGIN, top - 0.08, ACROSS, tall, size, INK)
        return slide, top + tall + 0.1

    def table(self, table: Table, lead: str = "") -> None:
        """A chart of a table where it has one, else the table, over as many slides as it takes."""
        measures = tuple(dict.fromkeys(column.measure for column in table.columns if column.measure))
        if table.chart is not None and table.chart.tells:
            limits = any(map(math.isfinite, table.chart.series[0].low)) and "interval" not in table.note
            caption = sentences("Whiskers: 95 % interval." if limits else "", table.note, self.report.basis)
            self.native(table.title, (table.chart,), (caption,), measures, lead, caption)
            return
        bare = _without_pictures(table)
        for part in parts(bare, ACROSS, lambda one, k: least(one, k, SIZES[-1])):
            self._rows(part, lead, table.below, measures)
            lead = ""

    def _rows(self, table: Table, lead: str, note: str, measures: tuple[str, ...]) -> None:
        """One part of a table, its rows over as many slides as they take; in the largest letters where one will do."""
        top = max(self._top(table.title, lead), self._top(f"{table.title} (rows 100–199 of 200)", ""))
        room = HEIGHT - FOOT - top - SPARE
        for size in SIZES:
            widths = spread(table, size)
            tall = [row_height(row, widths, size) for row in table.rows]
            free = room - row_height(heads(table), widths, size)
            if sum(widths) <= ACROSS + 0.01 and sum(tall) <= free:
                break
        many, first = len(table.rows), 0
        for count in _groups(tall, free):
            last = first + count
            rows = f"row {first + 1} of {many}" if count == 1 else f"rows {first + 1}–{last} of {many}"
            title = table.title if count == many else f"{table.title} ({rows})"
            slide, top = self.headed(title, lead if first == 0 else "")
            self.grid(slide, replace(table, rows=table.rows[first:last]), top, size, widths)
            self.foot(slide, sentences(note, self.report.basis))
            self.notes(slide, [note], measures)
            first = last

    def small(self, title: str, tables: list[Table]) -> None:
        """Small tables below each other, over as many slides as they take."""
        size, slide, top, notes = 12, None, 0.0, []
        for table in tables:
            bare = _without_pictures(table)
            widths = spread(bare, size)
            tall = 0.36 + sum(row_height(row, widths, size) for row in (heads(bare), *bare.rows))
            if slide is None or top + tall > HEIGHT - FOOT:
                slide, top = self.slide(title)
                notes = []
            self.text(slide, [fitted(table.title, ACROSS, 15, bold=True)], MARGIN, top, ACROSS, 0.3, 15, INK, bold=True)
            top = self.grid(slide, bare, top + 0.32, size, widths) + 0.28
            notes += [f"{table.title}. {table.below}".strip()]
            self.notes(slide, notes, [column.measure for column in table.columns])
            if table is tables[-1] or top + tall > HEIGHT - FOOT:
                self.foot(slide, sentences(table.below, self.report.basis))

    def _top(self, title: str, lead: str) -> float:
        """Where the room below a title and a lead begins."""
        _, lines, size = self.sized(title, 26, 2)
        own = 16 if high(lead, ACROSS, 16) <= 0.9 else 13
        return 0.35 + lines * size * LINE / 72 + 0.22 + (high(lead, ACROSS, own) + 0.1 if lead else 0.0)

    # -------------------------------------------------------------------------------------------------------- closing

    def caveats(self, section: Section) -> None:
        """What to keep in mind, with the notes that stand elsewhere in the report, and what has no slide."""
        notes = [block for block in section.blocks if isinstance(block, Note)]
        for other, block in self.report.blocks():
            if isinstance(block, Note) and (other.name not in GATHERED or block.title == VARIED):
                notes.append(block if block.title else replace(block, title=other.title))
        later: dict[str, dict[str, None]] = {}  # section -> titles, of what goes on under a number once
        for other, block in self.report.blocks():
            if isinstance(block, Table) and not self._shown(other, block):
                later.setdefault(other.title, {})[re.sub(r" \(\d+\)$", "", block.title)] = None
        if later:
            listed = "; ".join(f"{where}: {', '.join(titles)}" for where, titles in later.items())
            text = f"{listed}. They are in the page (.html), the workbook (.xlsx) and the pages (.pdf) of this report."
            notes.append(Note(text, "Tables that have no slide"))
        self.plain(section.title, [(note.title, note.text) for note in notes], self.report.basis)

    def provenance(self, section: Section) -> None:
        """The command, and the scenario in the notes, whole."""
        notes = [(block.title, block.text) for block in section.blocks if isinstance(block, Note)]
        codes = [block for block in section.blocks if isinstance(block, Code)]
        files = [code for code in codes if code.file]
        for code in files:
            text = "The notes of this slide hold it in full: copy them into a file of that name."
            notes.append((code.file, text))
        slide, top = self.plain(section.title, notes, self.report.basis)
        for code in codes:
            if not code.file:
                tall = high(code.text, ACROSS, 14)
                self.text(slide, [code.text], MARGIN, top, ACROSS, tall, 14, INK, font="Consolas")
                top += tall + 0.1
        if files:
            slide.notes_slide.notes_text_frame.text = "\n".join(_whole(code.text) for code in files)

    def plain(self, title: str, notes: list[tuple[str, str]], foot: str) -> tuple[Any, float]:
        """Paragraphs, over as many slides as they take; returns the last one and where it has room."""
        slide, top = self.slide(title)
        size = 15
        said_here: list[str] = []
        for name, text in notes:
            words = f"{name}. {text}" if name else text
            tall = high(words, ACROSS, size) + 0.14
            if top + tall > HEIGHT - FOOT and said_here:
                self._close(slide, foot, said_here)
                slide, top = self.slide(title)
                said_here = []
            self.text(slide, [words], MARGIN, top, ACROSS, tall - 0.1, size, INK)
            said_here.append(words)
            top += tall
        self._close(slide, foot, said_here)
        return slide, top

    def _close(self, slide: Any, foot: str, words: list[str]) -> None:
        self.foot(slide, foot)
        self.notes(slide, words, ())

    def glossary(self) -> None:
        """Every measure and word with its definition, unit and source."""
        from sim.reports.document import Cell, Column

        heads = (Column("word"), Column("meaning"), Column("unit"), Column("source"))
        rows = tuple(
            (Cell(word.label), Cell(word.meaning), Cell(word.unit), Cell(word.source)) for word in self.report.glossary
        )
        table, size = Table("glossary", "Glossary", heads, rows), 11
        needs = (2.1, 6.2, 1.5, ACROSS - 9.8)
        self._listed(table, size, needs)

    def _listed(self, table: Table, size: float, widths: tuple[float, ...]) -> None:
        """A table of text in columns of given widths."""
        tall = [row_height(row, widths, size) for row in table.rows]
        room, first = HEIGHT - 0.3 - self._top(table.title, "") - row_height(heads(table), widths, size), 0
        for count in _groups(tall, room):
            slide, top = self.slide(table.title)
            self.grid(slide, replace(table, rows=table.rows[first : first + count]), top, size, widths)
            self.notes(slide, [table.title], ())
            first += count


# ------------------------------------------------------------------------------------------------------------- parts


def _without_pictures(table: Table) -> Table:
    """The table without its spans, which stand as numbers beside them."""
    kept = [k for k, column in enumerate(table.columns) if not column.picture]
    columns = tuple(table.columns[k] for k in kept)
    return replace(table, columns=columns, rows=tuple(tuple(row[k] for k in kept) for row in table.rows))


def _groups(heights: list[float], room: float) -> list[int]:
    """How many rows stand on each slide: as few slides as it takes, about equally full."""

    def filled(limit: float) -> list[int]:
        found, used = [0], 0.0
        for tall in heights:
            if found[-1] and used + tall > limit:
                found.append(0)
                used = 0.0
            found[-1] += 1
            used += tall
        return found

    fewest, low, high = filled(room), 0.0, room
    for _ in range(20):  # the least room in which as few slides will do
        middle = (low + high) / 2
        low, high = (low, middle) if len(filled(middle)) == len(fewest) else (middle, high)
    return filled(high)


def _together(blocks: list[Figure | Table], leads: dict[int, str]) -> list[tuple[int, list[Any]]]:
    """Blocks with their numbers; small tables that follow each other, without a lead, are one group."""
    found: list[tuple[int, list[Any]]] = []
    before = False
    for k, block in enumerate(blocks):
        small = k not in leads and _small(block)
        if small and before:
            found[-1][1].append(block)
        else:
            found.append((k, [block]))
        before = small
    return found


def _small(block: Figure | Table) -> bool:
    """Is it a table of a few rows that is not shown as a chart and fits across a slide?"""
    if isinstance(block, Figure) or block.chart is not None or len(block.rows) > FEW:
        return False
    bare = _without_pictures(block)
    return sum(least(bare, k, 12) for k in range(len(bare.columns))) <= ACROSS


def _alike(finding: Finding, block: Figure | Table) -> int:
    """How many words of a title a finding shares: what it is about."""
    own = set(re.findall(r"[a-z]{4,}", f"{finding.question} {finding.text}".lower()))
    return len(own & set(re.findall(r"[a-z]{4,}", block.title.lower())))


def _whole(text: str) -> str:
    """Text as notes can hold it: without what XML forbids."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
