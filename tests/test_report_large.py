"""Reports of many: twenty strategies, twelve segments, a sweep of them, a tournament of all, a market of twenty firms.

Nothing is cut off, nothing lies on something else, nothing is left out without a word: in slides, pages and workbook as
far as their libraries can tell. The HTML page is opened in tests/browser.
"""

import re
import xml.etree.ElementTree as ET
import zipfile
from itertools import chain

import pytest
from material import LIBRARY, VARIED, large, run
from pictures import check_readable, words

import sim
from sim.figure import FADED, broken_lines
from sim.reports import write
from sim.reports.build import of_comparison, of_results
from sim.reports.document import Code, Figure, Note, Table
from sim.reports.files import report_of
from sim.reports.layout import parts, turned, width
from sim.reports.pages import Pages

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LARGEST = 5_000_000  # bytes
LARGE = ["comparison", "sweep", "tournament", "run"]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    small = {"customers": 24, "rounds": 4}
    sim.sweep(large(**small), VARIED, out=folder / "sweep", seeds=2, progress=False)
    sim.tournament(large(**small), LIBRARY, out=folder / "tournament", seeds=2, progress=False)
    return {
        "comparison": of_comparison(sim.compare(large(), 3, progress=False)),
        "sweep": report_of(folder / "sweep"),
        "tournament": report_of(folder / "tournament"),
        "run": of_results(run(20)),
    }


# ------------------------------------------------------------------------------------------------------------- slides


@pytest.fixture(scope="module")
def decks(documents, tmp_path_factory):
    pptx = pytest.importorskip("pptx", reason="python-pptx is not installed (extra: report)")
    folder = tmp_path_factory.mktemp("decks")
    return {n: pptx.Presentation(str(write(d, folder / f"{n}.pptx"))) for n, d in documents.items()}


def inches(shape):
    return [part / 914_400 for part in (shape.left, shape.top, shape.left + shape.width, shape.top + shape.height)]


def common(one, other):
    wide, tall = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return min(wide, tall)


def words_of(slide):
    """All text of a slide: boxes, tables, names of bars and lines."""
    found = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for shape in slide.shapes:
        if shape.has_table:
            found += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
        if shape.has_chart:
            plot = shape.chart.plots[0]
            found += [series.name for series in plot.series]
            found += [str(each) for each in plot.categories]
    return [words.replace("\u00a0", " ") for words in found]


@pytest.mark.parametrize("name", LARGE)
def test_nothing_on_a_slide_sticks_out_or_lies_on_something_else(decks, name):
    for number, slide in enumerate(decks[name].slides, start=1):
        solid = [s for s in slide.shapes if s.has_table or s.has_chart or s.shape_type == 13 or s.text_frame.text]
        for shape in solid:
            left, top, right, bottom = inches(shape)
            inside = left >= 0 and top >= 0 and right <= 13.34 and bottom <= 7.5
            assert inside, (name, number, shape.name)
        for k, shape in enumerate(solid):
            for other in solid[k + 1 :]:
                kinds = {
                    "chart" if each.has_chart else "text" if each.has_text_frame else "" for each in (shape, other)
                }
                if kinds != {"chart", "text"}:  # names stand within the room of their chart
                    assert common(inches(shape), inches(other)) < 0.03, (name, number, shape.name, other.name)


@pytest.mark.parametrize("name", LARGE)
def test_words_on_a_slide_fit_into_their_boxes(decks, name):
    for number, slide in enumerate(decks[name].slides, start=1):
        for shape in slide.shapes:
            if not shape.has_text_frame or not shape.text_frame.text:
                continue
            left, top, right, bottom = inches(shape)
            tall = 0.0
            for paragraph in shape.text_frame.paragraphs:
                size = paragraph.runs[0].font.size.pt
                bold = bool(paragraph.runs[0].font.bold)
                tall += len(broken_lines(paragraph.text, right - left + 0.02, size, bold)) * size * 1.2 / 72
            assert tall <= bottom - top + 0.08, (name, number, shape.text_frame.text[:60])


@pytest.mark.parametrize("name", LARGE)
def test_every_table_has_a_slide_or_is_named_on_one(decks, documents, name):
    said = [words_of(slide) for slide in decks[name].slides]
    everything = "\n".join(part for slide in said for part in slide)
    for table in (block for _, block in documents[name].blocks() if isinstance(block, Table)):
        firsts = [row[0].text for row in table.rows]
        shown = all(first in everything for first in firsts) and any(table.title in part for part in chain(*said))
        title = re.sub(r" \(\d+\)$", "", table.title)  # those that go on under a number are named once
        named = any("Tables that have no slide" in part and title in part for part in chain(*said))
        assert shown or named, table.title


@pytest.mark.parametrize("name", LARGE)
def test_every_figure_and_every_note_has_a_slide(decks, documents, name):
    titles = [slide.shapes.title.text_frame.text for slide in decks[name].slides]
    said = "\n".join(part for slide in decks[name].slides for part in words_of(slide))
    for section, block in documents[name].blocks():
        if isinstance(block, Figure):
            assert block.title in titles
        if isinstance(block, Note) and section.name != "assumptions":
            assert block.text in said


@pytest.mark.parametrize("name", LARGE)
def test_charts_can_be_edited_wherever_an_office_program_has_such_charts(decks, documents, name):
    pictures = {"strategy_map", "payoff_matrix", "lifetime_values", "switching_flow", "phases_picture"}
    found = {block.name for _, block in documents[name].blocks() if isinstance(block, Figure) and not block.charts}
    assert found <= pictures
    assert any(shape.has_chart for slide in decks[name].slides for shape in slide.shapes)


def test_every_coloured_area_of_a_slide_is_named(decks, documents):
    (figure,) = [block for _, block in documents["tournament"].blocks() if isinstance(block, Figure) and
                 any(chart.kind == "areas" for chart in block.charts)]  # fmt: skip
    slide = next(s for s in decks["tournament"].slides if s.shapes.title.text_frame.text == figure.title)
    said = " ".join(words_of(slide))
    coloured = [series for series in figure.charts[0].series if series.colour != FADED]
    assert len(coloured) > 1
    names = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    assert all(series.name in names for series in coloured) or "From below: " in said
    assert all(series.name in said for series in coloured)


def test_lines_have_their_limits_beside_them(decks):
    slide = next(s for s in decks["comparison"].slides if s.shapes.title.text_frame.text == "Profit over time")
    (chart,) = [shape.chart for shape in slide.shapes if shape.has_chart]
    values = {series.name: list(series.values) for series in chart.plots[0].series}
    low, mean, high = (values[f"everyday low price{end}"] for end in (", low, 95 %", "", ", high, 95 %"))
    assert all(a <= b <= c for a, b, c in zip(low, mean, high, strict=True))


@pytest.mark.parametrize("name", LARGE)
def test_slides_of_charts_say_how_they_came_about_and_notes_define_what_they_show(decks, documents, name):
    for slide in decks[name].slides:
        if not any(shape.has_chart or shape.shape_type == 13 for shape in slide.shapes):
            continue
        foot = " ".join(s.text_frame.text for s in slide.shapes if s.has_text_frame and inches(s)[3] > 7.3)
        assert "run" in foot or "seed" in foot, slide.shapes.title.text_frame.text
    (word, *_) = [word for word in documents[name].glossary if word.name == "discounted_profit"]
    notes = [slide.notes_slide.notes_text_frame.text for slide in decks[name].slides]
    assert any(word.meaning in note and f"Unit: {word.unit}" in note and word.source in note for note in notes)
    tables = [shape.table for slide in decks[name].slides for shape in slide.shapes if shape.has_table]
    assert any(table.cell(0, 0).text_frame.text == "word" for table in tables)


@pytest.mark.parametrize("name", LARGE)
def test_a_deck_holds_the_scenario(decks, documents, name):
    (code,) = [block for _, block in documents[name].blocks() if isinstance(block, Code) and block.file]
    notes = [slide.notes_slide.notes_text_frame.text for slide in decks[name].slides]
    (held,) = [note for note in notes if note.strip() == code.text.strip()]
    assert sim.loads(held).title == sim.loads(code.text).title


# -------------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("name", LARGE)
def test_nothing_on_a_pdf_page_is_cut_off_small_or_overlapping(documents, name, tmp_path, monkeypatch):
    pages, end = [], Pages.end
    monkeypatch.setattr(Pages, "end", lambda self: (self.page and pages.append(self.page), end(self)))
    content = write(documents[name], tmp_path / "report.pdf").read_bytes()
    assert len(pages) > 8
    assert len(content) < LARGEST
    for number, page in enumerate(pages, start=1):
        check_readable(page, 6.5)
        assert f"{number}" in words(page)
    sizes = {tuple(round(float(v)) for v in box.split()) for box in _boxes(content)}
    assert all(wide / tall == pytest.approx(16 / 9, rel=0.01) for _, _, wide, tall in sizes)
    assert content.count(b"/XYZ") > 20  # words lead to their definitions
    assert b"/URI" not in content


def _boxes(content):
    return [part.partition(b"]")[0].decode() for part in content.split(b"/MediaBox [")[1:]]


# ----------------------------------------------------------------------------------------------------------- workbook


@pytest.mark.parametrize("name", LARGE)
def test_columns_of_a_workbook_are_wide_enough_for_their_numbers(documents, name, tmp_path):
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    with zipfile.ZipFile(write(documents[name], tmp_path / "report.xlsx")) as archive:
        sheets = [archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        charts = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/charts/chart")]
        strings = archive.read("xl/sharedStrings.xml").decode()
    for sheet in map(ET.fromstring, sheets):
        wide = {}
        for column in sheet.iter(f"{SHEET}col"):
            wide |= dict.fromkeys(range(int(column.get("min")), int(column.get("max")) + 1), float(column.get("width")))
        for cell in sheet.iter(f"{SHEET}c"):
            if cell.get("t") is None and len(cell):
                column = sum((ord(c) - 64) * 26**k for k, c in enumerate(reversed(cell.get("r").rstrip("0123456789"))))
                shown = f"{float(cell.find(f'{SHEET}v').text):,.4f}"
                assert len(shown.rstrip("0")) + 1 <= wide.get(column, 8.43) + 0.8, (cell.get("r"), shown)
    assert charts
    assert not any("<c:numLit>" in chart for chart in charts)  # whiskers that every program shows
    assert strings.count("[market]") == 1  # the scenario


def test_sheets_have_names_that_people_read(documents, tmp_path):
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    with zipfile.ZipFile(write(documents["comparison"], tmp_path / "report.xlsx")) as archive:
        names = [s.get("name") for s in ET.fromstring(archive.read("xl/workbook.xml")).iter(f"{SHEET}sheet")]
    assert {"Who earns most", "Profit over time", "scenario.toml"} <= set(names)
    assert len(names) == len({name.lower() for name in names})
    assert {"switching cost by expectation", "switching cost by exit fee"} <= set(names)
    assert not [name for name in names if name.split()[-1] in ("by", "of", "the", "from", "to", "with", "that", "and")]


def test_a_sheet_wider_than_a_page_has_its_title_and_note_on_every_page_and_cut_in_no_cell(documents, tmp_path):
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    with zipfile.ZipFile(write(documents["comparison"], tmp_path / "report.xlsx")) as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        names = [sheet.get("name") for sheet in book.iter(f"{SHEET}sheet")]
        pages = {n: ET.fromstring(archive.read(f"xl/worksheets/sheet{k}.xml")) for k, n in enumerate(names, start=1)}
    areas = {
        names[int(each.get("localSheetId"))]: each.text.rpartition("!")[2]
        for each in book.iter(f"{SHEET}definedName") if each.get("name") == "_xlnm.Print_Area"
    }  # fmt: skip
    heads = {name: page.findtext(f".//{SHEET}oddHeader") for name, page in pages.items()}
    titles = {table.title for table in documents["comparison"].tables()}
    wide = [name for name, head in heads.items() if head]
    assert len(wide) > 2
    for name in wide:
        assert heads[name].removeprefix("&L&B").replace("&&", "&") in titles
        assert areas[name].startswith("$A$3:")  # below title and note


@pytest.mark.parametrize("name", LARGE)
def test_what_is_printed_of_a_sheet_holds_its_charts_whole(documents, name, tmp_path):
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    drawing = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
    with zipfile.ZipFile(write(documents[name], tmp_path / "report.xlsx")) as archive:
        areas = {
            int(each.get("localSheetId")): each.text.rpartition("$")
            for each in ET.fromstring(archive.read("xl/workbook.xml")).iter(f"{SHEET}definedName")
            if each.get("name") == "_xlnm.Print_Area"
        }
        held = 0
        for number, (first, _, row) in areas.items():
            links = f"xl/worksheets/_rels/sheet{number + 1}.xml.rels"
            if links not in archive.namelist() or b"drawings/drawing" not in archive.read(links):
                continue
            target = archive.read(links).decode().partition("drawings/")[2].partition('"')[0]
            ends = ET.fromstring(archive.read(f"xl/drawings/{target}")).iter(f"{drawing}to")
            letters = first.rpartition("$")[2]
            column = sum((ord(letter) - 64) * 26**k for k, letter in enumerate(reversed(letters))) - 1
            for end in ends:
                assert int(end.find(f"{drawing}col").text) <= column
                assert int(end.find(f"{drawing}row").text) < int(row)
                held += 1
    assert held


# ------------------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("room", [60, 112])
def test_a_table_cut_into_parts_keeps_every_cell_and_no_part_is_too_wide(documents, name, room):
    for table in documents[name].tables():
        found = parts(table, room)
        cells = [
            cell for row in table.rows for cell, column in zip(row, table.columns, strict=True) if not column.picture
        ]
        kept = [cell.text for part in found for row in part.rows for cell in row]
        kept += [column.head for part in found for column in part.columns]
        assert all(cell.text in kept for cell in cells)
        assert len({part.name for part in found}) == len(found)
        for part in found:
            assert width(part) <= room or len(part.columns) == 2


def test_a_table_with_more_columns_than_rows_is_turned_round(documents):
    (table, *_) = [table for table in documents["sweep"].tables() if table.name.startswith("level-")]
    again = turned(table)
    assert len(again.columns) == len(table.rows) + 1
    assert [row[0].text for row in again.rows] == [column.head for column in table.columns[1:]]
    assert again.rows[0][1].text == table.rows[0][1].text


@pytest.mark.parametrize("name", LARGE)
def test_the_page_of_many_is_small_enough_to_send(documents, name, tmp_path):
    assert write(documents[name], tmp_path / "report.html").stat().st_size < LARGEST
