"""A report as a workbook (Excel): answer, tables, a sheet per measure with every run, native charts, definitions.

Text stays text: no cell becomes a formula or a link because a name in a scenario begins with "=" or "http".
"""

from __future__ import annotations

import itertools
import math
import re
import textwrap
from pathlib import Path
from typing import Any

from sim.figure import said, sentences
from sim.reports.document import Cards, Cell, Chart, Code, Definition, Figure, Finding, Note, Report, Sample, Table
from sim.reports.extras import need
from sim.reports.workbook_charts import ACROSS, WIDE, columns, native

FORBIDDEN = re.compile(r"[\[\]:*?/\\]")  # in names of sheets
WAITS = r"a|and|as|by|for|from|has|in|is|it|of|on|than|that|the|they|to|where|with|\(.*|[^\s)]*:"  # for another word
UNFINISHED = re.compile(f"( ({WAITS}))+$")
CODE = 100  # letters of code in a line
ROOM, NAME = 31, 27  # letters that the name of a sheet may have, and those of one that may need a number behind it
CHART_ROWS = 28  # covered by a chart
NUMBER = 14  # width of a column of numbers
PAGE = 260  # units of width that can still be read when they are printed on one page
LETTERS = 1.15  # of average width that fit into a unit of column width
BOLD = 0.8  # likewise of bold ones, which have to end with a word
LONGEST = 250  # letters of a text in a formula


def write(report: Report, file: Path) -> None:
    """Write the workbook. Raises MissingExtra without XlsxWriter, OSError where it cannot be written."""
    xlsxwriter = need("xlsxwriter", "--xlsx")
    kept = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    book = Workbook(xlsxwriter.Workbook(str(file), kept), report)
    book.readme()
    for table in report.tables():
        if not (report.samples and table.name.startswith("measures-")):  # each measure has a sheet of its own
            book.table(table)
    for sample in report.samples:
        book.sample(sample)
    for figure in report.figures():
        if figure.charts and figure.name != "measure_bars":  # each measure has a sheet of its own
            book.numbers(figure)
    book.files()
    book.definitions(report.glossary)
    book.close()


class Workbook:
    """Sheets one after the other, listed on the first."""

    def __init__(self, book: Any, report: Report) -> None:
        self.book, self.report, self.names = book, report, set()
        self.heights: dict[tuple[str, int], int] = {}  # (sheet, row) -> points
        self.widths: dict[str, tuple[float, ...]] = {}  # sheet -> of its columns
        self.wide: list[Any] = []  # sheets of tables that are printed over several pages side by side
        book.set_properties({"title": report.title, "comments": report.headline, "author": "buyer-seller-sim"})
        wrapped = {"text_wrap": True, "valign": "top", "indent": 1}
        grey = wrapped | {"font_color": "#5f6368"}
        self.plain, self.under, self.quiet = map(book.add_format, (wrapped, grey, grey | {"italic": True}))
        head = {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1}
        self.bold = book.add_format(head | {"indent": 1})
        self.link = book.add_format(head | {"underline": 1, "color": "#1b5ea8", "indent": 1})
        self.title = book.add_format({"bold": True, "font_size": 15})
        self.note = book.add_format({"font_color": "#5f6368"})
        apart = {"valign": "top", "align": "right", "indent": 1}  # from the words in the next column
        self.number = book.add_format({"num_format": "#,##0.####"} | apart)
        self.whole = book.add_format({"num_format": "#,##0"} | apart)
        self.percent = book.add_format({"num_format": "0.0%"} | apart)
        self.missing = book.add_format(apart)
        self.right = book.add_format(apart | head)
        self.right_link = book.add_format(apart | head | {"underline": 1, "color": "#1b5ea8"})
        self.code = book.add_format({"font_name": "Consolas", "font_size": 9, "text_wrap": True})

    # ------------------------------------------------------------------------------------------------------ the sheets

    def readme(self) -> None:
        """What this is, the answer, and what is on which sheet."""
        report = self.report
        sheet = self._sheet("Read me", report.headline, (30, 110))
        for row, words in enumerate((report.title, report.question, report.basis), start=1):
            sheet.write_string(row, 0, words, self.note)
        row = 5
        for section, block in report.blocks():
            pairs: list[tuple[str, str]] = []
            match block:
                case Cards():
                    pairs = [(card.label, f"{card.number}  {card.below}") for card in block.cards]
                case Finding() if section.name.startswith("answer"):
                    pairs = [(block.question, block.text)]
                case Note():
                    pairs = [(block.title or section.title, block.text)]
                case Code() if not block.file:
                    pairs = [("Command", block.text)]
            for pair in pairs:
                self._row(sheet, row, pair, (30, 110))
                row += 1
        sheet.write_string(row + 1, 0, "Sheet", self.bold)
        sheet.write_string(row + 1, 1, "What is on it", self.bold)
        self.contents, self.next = sheet, row + 2

    def table(self, table: Table) -> None:
        """A table of the report; its numbers once to calculate with and once as people read them."""
        widths = [wide for k in range(len(table.columns)) for wide in _widths(table, k)]
        extra = 1 + WIDE * len(table.chart.series) - len(widths) if table.chart else 0
        sheet = self._sheet(table.title, table.title, (*widths, *(NUMBER,) * extra))
        note = re.sub(r"\bbelow: ", "behind the dot: ", re.sub(r"\bBelow: ", "Behind the dot: ", table.below))
        self._under(sheet, note)
        if sum(self.widths[sheet.get_name()]) > PAGE:  # in a cell they would be cut where a page ends
            sheet.set_header("&L&B" + _in_margin(table.title))
            sheet.set_footer("&L" + _in_margin(note))
            self.wide.append(sheet)
        top = 3
        if table.chart is not None and table.chart.tells:
            corner = self._data(sheet, table.chart, top + CHART_ROWS + len(table.rows) + 3)
            sheet.insert_chart(2, 0, native(self.book, sheet.get_name(), table.chart, corner))
            top += CHART_ROWS
            reach = max(self._covered(sheet), len(widths) - 1)
            sheet.print_area(0, 0, top + len(table.rows), reach)  # without the chart's numbers
        place = 0
        for k, column in enumerate(table.columns):
            if column.picture:
                continue
            twice = _twice(table, k)
            self._head(sheet, top, place, column.head, column.unit if twice else "", column.measure, twice)
            for row, cells in enumerate(table.rows, start=top + 1):
                if twice or cells[k].value is not None:
                    self._number(sheet, row, place, cells[k].value, column.unit)
                if twice or cells[k].value is None:
                    self._words(sheet, row, place + twice, cells[k], widths[place + twice])
            if twice:
                self._head(sheet, top, place + 1, f"{column.head}, as shown", "", "")
            place += 1 + twice
        if table.chart is None:
            sheet.freeze_panes(top + 1, 1)
            sheet.repeat_rows(top)

    def sample(self, sample: Sample) -> None:
        """One measure: chart, mean and difference of every alternative, then every run."""
        sheet = self._sheet(sample.table.title, sample.table.title, (26, *(16,) * max(8, len(sample.names))))
        sheet.fit_to_pages(1, 1)  # what is printed is as wide as the chart: the runs are there to be calculated with
        chart = sample.table.chart if sample.table.chart is not None and sample.table.chart.tells else None
        top = 3 if chart is None else 3 + CHART_ROWS
        last = top + len(sample.table.rows)
        if chart is not None:
            corner = self._data(sheet, chart, last + len(sample.seeds) + 6)
            sheet.insert_chart(2, 0, native(self.book, sheet.get_name(), chart, corner))
        for k, column in enumerate(sample.table.columns):
            self._head(sheet, top, k, column.head, column.unit, "" if k else sample.measure, bool(k))
            for row, cells in enumerate(sample.table.rows, start=top + 1):
                if cells[k].value is None:
                    sheet.write_string(row, k, cells[k].text, self.missing if k else self.plain)
                else:
                    self._number(sheet, row, k, cells[k].value, column.unit or "runs")
        sheet.print_area(0, 0, last, max(self._covered(sheet), len(sample.table.columns) - 1))
        under = last + 3
        sheet.write_string(under - 1, 0, "Every run", self.bold)
        self._head(sheet, under, 0, "seed", "", "")
        for column, (name, values) in enumerate(zip(sample.names, sample.values, strict=True), start=1):
            self._head(sheet, under, column, name, "", "", True)
            for row, (seed, value) in enumerate(zip(sample.seeds, values, strict=True), start=under + 1):
                sheet.write_number(row, 0, seed)
                self._number(sheet, row, column, value, sample.table.columns[1].unit)

    def numbers(self, figure: Figure) -> None:
        """The numbers of a figure and charts of them."""
        many = max(len(chart.series) for chart in figure.charts)
        sheet = self._sheet(figure.title, figure.title, (26, *(NUMBER,) * WIDE * many))
        sheet.fit_to_pages(1, 1)
        thin = any(chart.kind == "lines" and any(s.low for s in chart.series if s.featured) for chart in figure.charts)
        how = figure.charts[0].caption or said(figure.draw())
        self._under(sheet, sentences("Thin dotted lines: 95 % limits." if thin else "", figure.charts[0].key, how))
        across = min(2, len(figure.charts))
        under = 2 + CHART_ROWS * -(-len(figure.charts) // across)
        sheet.print_area(0, 0, under - 1, self._covered(sheet, across))  # the numbers are there to be calculated with
        for at, chart in enumerate(figure.charts):
            corner = self._data(sheet, chart, under)
            row, column = divmod(at, across)
            drawn = native(self.book, sheet.get_name(), chart, corner)
            sheet.insert_chart(2 + CHART_ROWS * row, 0, drawn, {"x_offset": column * (ACROSS + 20)})
            under += len(chart.x) + 3

    def files(self) -> None:
        """Files that belong to the report, line by line, to be copied out of their column."""
        for _, block in self.report.blocks():
            if isinstance(block, Code) and block.file:
                sheet = self._sheet(block.file, f"Copy the lines from A3 on into a file called {block.file}", (CODE,))
                for row, line in enumerate(block.text.splitlines(), start=2):
                    sheet.write_string(row, 0, line, self.code)
                    self._tall(sheet, row, len(line) / CODE)

    def definitions(self, words: tuple[Definition, ...]) -> None:
        """The glossary; the heads of columns lead here."""
        wide = (24, 28, 90, 26, 42)
        sheet = self._sheet("Definitions", "What the words and measures mean", wide)
        for place, head in enumerate(("name", "label", "meaning", "unit", "source")):
            sheet.write_string(2, place, head, self.bold)
        for row, word in enumerate(words, start=3):
            self._row(sheet, row, (word.name, word.label, word.meaning, word.unit, word.source), wide)
        sheet.freeze_panes(3, 1)
        sheet.repeat_rows(2)

    def close(self) -> None:
        """Write the file. Raises OSError."""
        for sheet in self.wide:
            sheet.print_area(2, 0, sheet.dim_rowmax, sheet.dim_colmax)  # without title and note
        self.book.close()

    # ------------------------------------------------------------------------------------------------------- the parts

    def _sheet(self, name: str, title: str, widths: tuple[float, ...]) -> Any:
        """A new sheet with its title, listed on the first one."""
        words = FORBIDDEN.sub(" ", name).replace("_", " ")
        base = words
        if len(words) > ROOM or words.lower() in self.names:  # cut at a comma, and after no word that waits for another
            base = textwrap.shorten(words, NAME, placeholder="") or words[:NAME]
            base = UNFINISHED.sub("", base.split(",")[0]) if base != words else base
        base = base.strip("' ,;:") or "sheet"
        short, number = base, 2
        while short.lower() in self.names:
            short, number = f"{base} {number}", number + 1
        sheet = self.book.add_worksheet(short)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        if sum(widths) <= PAGE:
            sheet.fit_to_pages(1, 0)
        else:  # as large as it is, over several pages, with the names on each
            sheet.set_print_scale(70)
            sheet.repeat_columns(0)
        sheet.hide_gridlines(2)
        sheet.write_string(0, 0, title, self.title)
        self.widths[short] = widths
        for place, wide in enumerate(widths):
            sheet.set_column(place, place, wide)
        if self.names:
            self.contents.write_url(self.next, 0, f"internal:'{short}'!A1", None, short)
            self.contents.write_string(self.next, 1, title, self.plain)
            self.next += 1
        self.names.add(short.lower())
        return sheet

    def _under(self, sheet: Any, words: str) -> None:
        """A note below the title of a sheet, over its first columns."""
        if words:
            widths = [wide for wide in self.widths[sheet.get_name()] if wide][:6]
            sheet.merge_range(1, 0, 1, max(1, len(widths) - 1), "", self.under)
            sheet.write_string(1, 0, words, self.under)
            self._tall(sheet, 1, 1.1 * len(words) / (LETTERS * max(40.0, sum(widths))))

    def _covered(self, sheet: Any, charts: int = 1) -> int:
        """The last column that charts cover, in whatever program: their columns are not all as wide."""
        widths, reach = self.widths[sheet.get_name()], 0.0
        for place in itertools.count():
            reach += 7 * (widths[place] if place < len(widths) else 8.43) + 5  # dots
            if reach > 1.1 * ACROSS * charts:
                return place

    def _data(self, sheet: Any, chart: Chart, top: int) -> tuple[int, int]:
        """Write the numbers of a chart with limits from row `top` on; returns their corner."""
        self._head(sheet, top, 0, chart.x_title or "name", "", "")
        for row, x in enumerate(chart.x, start=top + 1):
            if isinstance(x, float):
                self._number(sheet, row, 0, x, "")
            else:
                sheet.write_string(row, 0, x, self.plain)
        for k, series in enumerate(chart.series):
            for place, (head, values) in enumerate(columns(series), start=1 + WIDE * k):
                self._head(sheet, top, place, head, "", "", True)
                first = top + 1 + (k if chart.kind == "points" else 0)
                for row, value in enumerate(values, start=first):
                    self._number(sheet, row, place, value, "share" if chart.percent else "")
        return top, 0

    def _number(self, sheet: Any, row: int, place: int, value: float | None, unit: str) -> None:
        """A number; nothing where there is none."""
        if value is not None and math.isfinite(value):
            usual = self.whole if float(value).is_integer() else self.number  # with places left open, 12 would be "12."
            style = {"share": self.percent, "runs": self.whole}.get(unit, usual)
            sheet.write_number(row, place, value, style)

    def _words(self, sheet: Any, row: int, place: int, cell: Cell, wide: float) -> None:
        words = " · ".join([cell.text, *filter(None, cell.below.split("\n"))])
        sheet.write_string(row, place, words, self.quiet if cell.quiet else self.plain)
        self._tall(sheet, row, len(words) / (wide * LETTERS))

    def _row(self, sheet: Any, row: int, words: tuple[str, ...], widths: tuple[float, ...]) -> None:
        for place, (text, wide) in enumerate(zip(words, widths, strict=True)):
            sheet.write_string(row, place, text, self.plain)
            self._tall(sheet, row, len(text) / (wide * LETTERS))

    def _tall(self, sheet: Any, row: int, lines: float) -> None:
        """Make a row at least so many lines tall: not every program does it by itself."""
        row_of, tall = (sheet.get_name(), row), 15 * math.ceil(lines)
        if tall > self.heights.get(row_of, 15):
            self.heights[row_of] = tall
            sheet.set_row(row, tall)

    def _head(self, sheet: Any, row: int, place: int, head: str, unit: str, measure: str, right: bool = False) -> None:
        """Head of a column; a measure's leads to the definitions; right: above numbers."""
        words = f"{head} ({unit})" if unit and unit != "1" else head
        known = [word.name for word in self.report.glossary]
        if measure in known:
            style = self.right_link if right else self.link
            self._leads(sheet, row, place, words, f"#Definitions!A{known.index(measure) + 4}", style)
        else:
            sheet.write_string(row, place, words, self.right if right else self.bold)
        widths = self.widths[sheet.get_name()]
        room = widths[place] if place < len(widths) else NUMBER
        self._tall(sheet, row, len(textwrap.wrap(words, max(4, int(BOLD * room)))))

    @staticmethod
    def _leads(sheet: Any, row: int, place: int, words: str, to: str, style: Any) -> None:
        """Words that lead to another place. A formula, as LibreOffice breaks no lines in a link."""
        if len(words) > LONGEST:
            sheet.write_string(row, place, words, style)
        else:
            quoted = words.replace('"', '""')
            sheet.write_formula(row, place, f'=HYPERLINK("{to}","{quoted}")', style, words)


def _in_margin(text: str) -> str:
    """A text for the margin of a printed page, where & has a meaning and 255 letters are allowed."""
    return textwrap.shorten(text.replace("&", "&&"), 240, placeholder=" …")


def _twice(table: Table, k: int) -> bool:
    """Does the column hold numbers to calculate with, besides the words people read?"""
    return table.columns[k].numbers and any(row[k].value is not None for row in table.rows)


def _widths(table: Table, k: int) -> tuple[float, ...]:
    """Widths of what becomes of a column: nothing of a span, of numbers a second one for their words."""
    if table.columns[k].picture:
        return ()
    cells = [" · ".join([row[k].text, *filter(None, row[k].below.split("\n"))]) for row in table.rows]
    words = min(48.0, max([12.0, *(len(cell) / LETTERS + 3 for cell in cells)]))
    return (16.0, words) if _twice(table, k) else (max(words, 26.0) if k == 0 else words,)
