"""A report as PDF pages (16:9), drawn by matplotlib alone: no browser, no office program.

The printed HTML page says the same in a layout for paper; this is for those who want slides that look alike everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from matplotlib import rc_context
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from sim.figure import FAINT, INK, QUIET, SLIDE, STYLE, broken_lines, fitted, length
from sim.reports.document import Cards, Cell, Code, Figure, Finding, Note, Report, Section, Table
from sim.reports.layout import breaks, parts, width
from sim.reports.pdf_links import MARK, link

WIDE, TALL = SLIDE
LEFT, TOP, BOTTOM = 0.55, 0.55, 0.6  # margins, inches
ACROSS = WIDE - 2 * LEFT
LINE = 1.3  # distance of lines, of their size
LARGE, SMALL = 11, 9  # letters of tables: where they fit, and else
PAD = 0.14  # inches between columns
NAMES = 2.6  # inches: names up to here are not broken where there is room
WIDEST = 4.0  # inches of a card
ASKED = 2.6  # inches: questions, left of their answers
LINKED = "#1b5ea8"
MONO, MONO_LETTER = "DejaVu Sans Mono", 0.602  # of its size


def write(report: Report, file: Path) -> None:
    """Write the pages. Raises OSError where they cannot be written."""
    about = {"Title": report.title, "Subject": report.headline, "Creator": "buyer-seller-sim", "CreationDate": None}
    with rc_context(STYLE), PdfPages(str(file), metadata=about) as pdf:
        pages = Pages(pdf, report)
        pages.opening()
        for section in report.sections:
            pages.section(section)
        pages.glossary()
        pages.end()
        link(pdf, pages.places)


class Pages:
    """Pages one after the other; `at` is where the next thing begins, `top` where the first did, inches from the top.

    places: name of a definition -> number of its page (from 0) and how far from below it stands, in points.
    """

    def __init__(self, pdf: PdfPages, report: Report) -> None:
        self.pdf, self.report, self.page, self.number = pdf, report, None, 0
        self.at, self.top, self.title = TOP, TOP, ""
        self.words = {word.name: word.label for word in report.glossary}
        self.places: dict[str, tuple[int, float]] = {}

    def begin(self, title: str, size: float = 24) -> None:
        """A new page with its title."""
        self.end()
        self.page, self.title, self.at, self.number = Drawing(figsize=SLIDE), title, TOP, self.number + 1
        lines = broken_lines(title, ACROSS, size, bold=True)
        while len(lines) > 3 and size > 12:  # a long headline is set smaller, and not cut
            size -= 2
            lines = broken_lines(title, ACROSS, size, bold=True)
        for line in lines:
            self.write(line, LEFT, self.at, size, bold=True)
            self.at += size * LINE / 72
        self.at += 0.15
        foot = f"{self.report.title} · {self.report.basis}"
        self.write(fitted(foot, ACROSS - 0.6, 9), LEFT, TALL - 0.4, 9, QUIET)
        self.write(f"{self.number}", WIDE - LEFT, TALL - 0.4, 9, QUIET, right=True)
        self.top = self.at

    def end(self) -> None:
        """Put the page into the file."""
        if self.page is not None:
            self.pdf.savefig(self.page)
            self.page = None

    def write(
        self, text: str, x: float, y: float, size: float, ink: str = INK, bold: bool = False, right: bool = False,
        slanted: bool = False, to: str = "",
    ) -> None:  # fmt: skip
        """One line, its top at (x, y) in inches from the top left; to: name of a definition it leads to."""
        weight, side, style = "bold" if bold else "normal", "right" if right else "left", "oblique"
        found = self.page.text(
            x / WIDE, 1 - y / TALL, text, fontsize=size, color=LINKED if to in self.words else ink, weight=weight,
            ha=side, va="top", style=style if slanted else "normal",
        )  # fmt: skip
        if to in self.words:
            found.set_url(MARK + to)

    def room(self, tall: float) -> None:
        """Go on to another page where so many inches are not left."""
        if self.at + tall > TALL - BOTTOM:
            self.begin(self.title)

    def paragraph(self, text: str, size: float, title: str = "") -> None:
        """Lines of text, a title in bold above them."""
        lines = broken_lines(text, ACROSS, size)
        self.room(min(len(lines) + bool(title), 8) * size * LINE / 72)
        for line in [title] if title else []:
            self.write(line, LEFT, self.at, size, bold=True)
            self.at += size * LINE / 72
        for line in lines:
            self.room(size * LINE / 72)
            self.write(line, LEFT, self.at, size)
            self.at += size * LINE / 72
        self.at += 0.4 * size / 72

    # ------------------------------------------------------------------------------------------------------ contents

    def opening(self) -> None:
        """The answer on one page."""
        report = self.report
        self.begin(report.headline, 26)
        if report.question:
            self.paragraph(report.question, 14)
        cards = next((block for _, block in report.blocks() if isinstance(block, Cards)), None)
        if cards is not None:
            self.cards(cards)
        found = [block for block in report.sections[0].blocks if isinstance(block, Finding)]
        sizes = (12, 11, 10, 9)  # the largest that leaves room for all of them
        room = TALL - BOTTOM - self.at
        size = next((size for size in sizes if sum(self._high(each, size) for each in found) <= room), sizes[-1])
        for finding in found:
            self.finding(finding, size)

    def cards(self, block: Cards) -> None:
        """Numbers side by side, each as large as its card allows."""
        wide = min(WIDEST, (ACROSS + 0.2) / len(block.cards) - 0.2)
        labels = [broken_lines(card.label, wide - 0.2, 11)[:3] for card in block.cards]
        under = [broken_lines(card.below, wide - 0.2, 11)[:2] for card in block.cards]
        head, foot = max(map(len, labels)) * 0.2, max(map(len, under)) * 0.2
        tall = 0.1 + head + 0.42 + foot + 0.1
        for number, card in enumerate(block.cards):
            x = LEFT + number * (wide + 0.2)
            ground = Rectangle((x / WIDE, 1 - (self.at + tall) / TALL), wide / WIDE, tall / TALL, facecolor="#f6f7f8")
            self.page.add_artist(ground)
            for line, words in enumerate(labels[number]):
                self.write(words, x + 0.1, self.at + 0.1 + 0.2 * line, 11, QUIET, to=card.measure)
            size = min(19.0, 19.0 * (wide - 0.25) / length(card.number, 19, bold=True))
            ink = QUIET if card.quiet else INK
            self.write(card.number, x + 0.1, self.at + 0.12 + head, size, ink, bold=True)
            for line, words in enumerate(under[number]):
                self.write(words, x + 0.1, self.at + 0.52 + head + 0.2 * line, 11, QUIET)
        self.at += tall + 0.25

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
        """Question left, answer right, and below it what leads to the definitions."""
        lines = broken_lines(finding.text, ACROSS - ASKED, size)
        asked = broken_lines(finding.question, ASKED - 0.2, size, bold=True)
        known = [name for name in dict.fromkeys(finding.measures) if name in self.words]
        tall = self._high(finding, size)
        self.room(tall)
        for part, x, bold in ((asked, LEFT, True), (lines, LEFT + ASKED, False)):
            for number, line in enumerate(part):
                self.write(line, x, self.at + number * size * LINE / 72, size, bold=bold)
        x = LEFT + ASKED
        for name in known:
            self.write(self.words[name], x, self.at + len(lines) * size * LINE / 72, 0.75 * size, to=name)
            x += length(self.words[name], 0.75 * size) + 0.2
        self.at += tall

    def _high(self, finding: Finding, size: float) -> float:
        """Inches that a finding takes."""
        lines = len(broken_lines(finding.text, ACROSS - ASKED, size))
        asked = len(broken_lines(finding.question, ASKED - 0.2, size, bold=True))
        return (
            max(lines + 0.8 * any(name in self.words for name in finding.measures), asked)
        ) * size * LINE / 72 + 0.12

    def code(self, code: Code) -> None:
        """Lines to be typed; a file to be kept, in two columns."""
        size = 7.0 if code.file else 12.0
        columns = 2 if code.file else 1
        wide = ACROSS / columns - 0.2
        most = int(wide * 72 / (size * MONO_LETTER))
        lines = [part for line in code.text.splitlines() for part in _cut(line, most)]
        if code.file:
            self.begin(f"{self.title}: {code.file}")
        with rc_context({"font.family": MONO}):
            while lines:
                fit = max(1, int((TALL - BOTTOM - self.at) * 72 / (size * LINE)))
                for column in range(columns):
                    for number, line in enumerate(lines[column * fit : (column + 1) * fit]):
                        self.write(line, LEFT + column * ACROSS / columns, self.at + number * size * LINE / 72, size)
                used, lines = len(lines[:fit]), lines[columns * fit :]
                self.at += used * size * LINE / 72 + 0.1
                if lines:
                    with rc_context(STYLE):
                        self.begin(self.title)

    def figure(self, figure: Figure) -> None:
        """A page with the picture as it is drawn, and the number of the page beside its caption."""
        self.end()
        self.page, self.number = figure.draw(), self.number + 1
        self.write(f"{self.number}", WIDE - LEFT, TALL - 0.4, 9, QUIET, right=True)
        self.end()

    def glossary(self) -> None:
        """Every definition with unit and source; where each stands is kept, since links lead there."""
        self.begin("Glossary")
        for word in self.report.glossary:
            unit, source = f"Unit: {word.unit}." * bool(word.unit), f"Source: {word.source}." * bool(word.source)
            text = f"{word.meaning} {unit} {source}".strip()
            self.room((len(broken_lines(text, ACROSS, 11)) + 1) * 11 * LINE / 72)
            self.places[word.name] = self.number - 1, 72 * (TALL - self.at + 0.1)
            self.paragraph(text, 11, title=word.label)

    # -------------------------------------------------------------------------------------------------------- tables

    def table(self, table: Table) -> None:
        """A table over as many pages as it takes, its head on each; a wide one in parts."""
        bare = _without_pictures(table)
        size = LARGE if width(bare, _of_size(LARGE)) <= ACROSS else SMALL
        for part in parts(bare, ACROSS, _of_size(size)):
            self._part(part, size)

    def _part(self, table: Table, size: float) -> None:
        widths = _widths(table, size)
        heads = [Cell(column.head, column.shown_unit) for column in table.columns]
        right = [column.numbers for column in table.columns]
        links = [column.measure for column in table.columns]
        first = self._tall(heads, widths, size, True) + (self._tall(table.rows[0], widths, size) if table.rows else 0.0)
        title = broken_lines(table.title, ACROSS, 13, bold=True)
        least = 0.27 * len(title) + 0.05 + first
        tall = [self._tall(row, widths, size) for row in table.rows]
        note = (len(broken_lines(table.below, ACROSS, 10)) if table.below else 0) * 10 * LINE / 72
        whole = least + sum(tall[1:]) + note
        self.room(whole if whole <= TALL - BOTTOM - self.top else least)  # a table that fits on a page is not divided
        for line in title:
            self.write(line, LEFT, self.at, 13, bold=True)
            self.at += 0.27
        self.at += 0.05
        self.row(heads, widths, right, size, links)
        for k, row in enumerate(table.rows):
            alone = 0 < k == len(table.rows) - 2  # the last row goes not on without the one before it
            if self.at + (sum(tall[k:]) + note if alone else tall[k]) > TALL - BOTTOM:
                self.begin(self.title)
                self.row(heads, widths, right, size, links)
            self.row(row, widths, right, size)
        if table.below:
            self.paragraph(table.below, 10)
        self.at += 0.15

    def row(
        self, cells: Sequence[Cell], widths: list[float], right: list[bool], size: float, links: Sequence[str] = ()
    ) -> None:
        """One row with a line below it; links: of a head, the definitions its columns lead to."""
        head = bool(links)
        x, tall = LEFT, self._tall(cells, widths, size, head)
        for number, (cell, wide, numbers) in enumerate(zip(cells, widths, right, strict=True)):
            place, y = x + wide - PAD if numbers else x, self.at
            to = (links[number] if head else cell.measure) or ""
            bold = head or number == 0
            for text, own, thick in ((cell.text, size, bold), (cell.below, 0.88 * size, False)):
                for line in _lines(text, wide, own, thick):
                    ink = QUIET if cell.quiet or (head and not thick) else INK
                    target = to if text is cell.text else ""
                    self.write(line, place, y, own, ink, thick, numbers, slanted=cell.quiet, to=target)
                    y += own * LINE / 72
            x += wide
        self.at += tall
        y = 1 - (self.at - 0.06) / TALL
        ends = LEFT / WIDE, 1 - LEFT / WIDE
        self.page.add_artist(Rectangle((ends[0], y), ends[1] - ends[0], 0.0006, color=INK if head else FAINT))

    def _tall(self, cells: Sequence[Cell], widths: list[float], size: float, head: bool = False) -> float:
        pairs = enumerate(zip(cells, widths, strict=True))
        rows = [
            (
                len(_lines(cell.text, wide, size, head or not k))
                + 0.88 * len(_lines(cell.below, wide, 0.88 * size, False))
            )
            for k, (cell, wide) in pairs
        ]
        return max(rows) * size * LINE / 72 + 0.1


# ----------------------------------------------------------------------------------------------------------- parts


def _without_pictures(table: Table) -> Table:
    """The table without its spans, which stand as numbers beside them."""
    kept = [k for k, column in enumerate(table.columns) if not column.picture]
    columns = tuple(table.columns[k] for k in kept)
    rows = tuple(tuple(row[k] for k in kept) for row in table.rows)
    return replace(table, columns=columns, rows=rows)


def _lines(text: str, wide: float, size: float, bold: bool) -> list[str]:
    """The lines of a cell: broken between words, and long names after dots and underscores."""
    room, found = wide - PAD + 0.01, []  # a hundredth against rounding
    for part in text.split("\n"):
        for line in broken_lines(part, room, size, bold) if part else []:
            found += [line] if length(line, size, bold) <= room else _broken_name(line, room, size, bold)
    return found


def _broken_name(text: str, room: float, size: float, bold: bool) -> list[str]:
    """A long name in lines that end after a dot or underscore, or anywhere if there is none."""
    found = [""]
    for piece in breaks(text):
        for letter in [piece] if length(piece, size, bold) <= room else piece:
            if found[-1] and length(found[-1] + letter, size, bold) > room:
                found.append("")
            found[-1] += letter
    return found


def _cut(line: str, most: int) -> list[str]:
    """A line of code in pieces of at most so many letters."""
    return [line[at : at + most] for at in range(0, max(len(line), 1), most)]


def _of_size(size: float) -> Callable[[Table, int], float]:
    return lambda table, k: _least(table, k, size)


def _least(table: Table, k: int, size: float) -> float:
    """Inches that a column needs: numbers in one line, text what its longest words need."""
    column = table.columns[k]
    pieces = _pieces(table, k, size)
    found = (
        [length(*text) for text in pieces]
        if column.numbers
        else [length(w, *how) for t, *how in pieces for w in breaks(t)]
    )
    heads = [length(word, size, True) for word in breaks(column.head)]
    heads += [length(word, 0.88 * size) for word in breaks(column.shown_unit)]
    return max([0.4, *heads, *found]) + PAD


def _pieces(table: Table, k: int, size: float) -> list[tuple[str, float, bool]]:
    """Lines of the cells of a column with the size and weight they are set in."""
    cells = [(row[k].text, size, k == 0) for row in table.rows]
    return cells + [(line, 0.88 * size, False) for row in table.rows for line in row[k].below.split("\n") if line]


def _widths(table: Table, size: float) -> list[float]:
    """Widths of the columns: what they need, and as much more as lets them stay in one line, in the room there is."""
    least = [_least(table, k, size) for k in range(len(table.columns))]
    names = max([least[0], *(length(*text) + PAD for text in _pieces(table, 0, size))])
    if names < NAMES and names + sum(least[1:]) < ACROSS:  # first of all, names stay whole
        least[0] = names
    wished = [
        max([need, length(column.head, size, True) + PAD, *(length(*text) + PAD for text in _pieces(table, k, size))])
        for k, (column, need) in enumerate(zip(table.columns, least, strict=True))
    ]
    spare, more = ACROSS - sum(least), sum(wished) - sum(least)
    share = min(1.0, max(0.0, spare) / more) if more else 0.0
    found = [need + share * (wish - need) for need, wish in zip(least, wished, strict=True)]
    loose = min(1.5, ACROSS / sum(found))  # narrow tables are not spread over the whole page
    return [wide * loose for wide in found]
