"""Every format says the same: slides and workbooks with charts that can be edited, pages, pictures; nothing is lost."""

import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections import defaultdict

import pytest
from matplotlib.image import imread
from synthetic import make_scenario, plausible

import sim
from sim.analysis.metrics import METRICS
from sim.experiments.compare import compare
from sim.figure import loose
from sim.palette import looks
from sim.reports import write
from sim.reports.build import of_comparison
from sim.reports.extras import MissingExtra
from sim.reports.images import write as write_pictures
from sim.reports.pages import Pages
from sim.reports.scale import shown_as
from sim.results import ResultsError

NAMES = ["low", "high </script><b>$x_1$", "=1+1", "d", "e"]
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def comparison():
    return compare(make_scenario(NAMES, rounds=24, title="Prices & <tags>"), 4, simulate=plausible, workers=1)


@pytest.fixture(scope="module")
def document(comparison):
    return of_comparison(comparison, replay=False)


# ------------------------------------------------------------------------------------------------------------ slides


@pytest.fixture(scope="module")
def slides(document, tmp_path_factory):
    pptx = pytest.importorskip("pptx", reason="python-pptx is not installed (extra: report)")
    file = write(document, tmp_path_factory.mktemp("deck") / "report.pptx")
    return pptx.Presentation(str(file))


def test_slides_are_wide_and_open_with_the_finding(slides, document):
    assert slides.slide_width / slides.slide_height == pytest.approx(16 / 9, rel=1e-3)
    assert loose(slides.slides[0].shapes.title.text_frame.text) == document.headline


def test_charts_of_slides_hold_the_numbers_and_the_colours_of_the_strategies(slides, comparison):
    charts = [shape.chart for slide in slides.slides for shape in slide.shapes if shape.has_chart]
    bars = charts[0].plots[0]
    order = comparison.ranking()
    assert list(bars.categories) == order
    means = [comparison.value("discounted_profit", name).mean / 1000 for name in order]
    assert bars.series[0].values == pytest.approx(means)
    look = dict(zip(comparison.names, looks(comparison.strategies), strict=True))
    colours = [str(bars.series[0].points[k].format.fill.fore_color.rgb) for k in range(len(order))]
    assert colours == [look[name].colour.lstrip("#").upper() for name in order]
    lines = charts[1].plots[0]
    limits = {f"{name}, {end}, 95 %" for name in NAMES for end in ("low", "high")}
    assert {series.name for series in lines.series} == set(NAMES) | limits
    ends = {series.name: series.values[-1] for series in lines.series}
    assert [ends[name] for name in order] == pytest.approx(means)


def test_parts_of_a_bar_have_labels_of_their_own_all_or_none(slides):
    from pptx.enum.chart import XL_CHART_TYPE

    charts = [shape.chart for slide in slides.slides for shape in slide.shapes if shape.has_chart]
    stacked = [chart.plots[0] for chart in charts if chart.chart_type == XL_CHART_TYPE.BAR_STACKED]
    assert stacked
    for plot in stacked:
        for series in plot.series:  # those of one part hide what is said for all
            assert len(series._element.findall(f"{CHART}dLbls/{CHART}dLbl")) in (0, len(plot.categories))


def test_every_slide_has_notes_a_title_and_nothing_that_sticks_out(slides):
    for slide in slides.slides:
        assert slide.shapes.title.text_frame.text
        assert slide.has_notes_slide
        assert slide.notes_slide.notes_text_frame.text
        for shape in slide.shapes:
            assert min(shape.left, shape.top) >= 0
            assert shape.left + shape.width <= slides.slide_width
            assert shape.top + shape.height <= slides.slide_height


# ---------------------------------------------------------------------------------------------------------- workbook


@pytest.fixture(scope="module")
def book(document, tmp_path_factory):
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    with zipfile.ZipFile(write(document, tmp_path_factory.mktemp("book") / "report.xlsx")) as archive:
        yield {name: archive.read(name) for name in archive.namelist()}


def sheets(book):
    return [sheet.get("name") for sheet in ET.fromstring(book["xl/workbook.xml"]).iter(f"{SHEET}sheet")]


def test_the_workbook_has_a_sheet_for_every_measure_a_readme_and_definitions(book, comparison):
    names = sheets(book)
    assert names[0] == "Read me"
    assert names[-1] == "Definitions"
    for measure in comparison.table_measures:
        assert METRICS[measure].label in names
    assert sum(name.startswith("xl/charts/") for name in book) >= len(comparison.table_measures) + 3


def test_names_in_a_workbook_are_never_formulas(book):
    pages = [ET.fromstring(book[name]) for name in book if name.startswith("xl/worksheets/sheet")]
    assert len(pages) > 10
    formulas = [cell.text for page in pages for cell in page.iter(f"{SHEET}f")]
    assert formulas  # heads that lead to definitions; what they show is in quotes that it cannot leave
    assert all(re.fullmatch(r'HYPERLINK\("#Definitions!A\d+","(?:[^"]|"")*"\)', formula) for formula in formulas)
    words = [text.text for text in ET.fromstring(book["xl/sharedStrings.xml"]).iter(f"{SHEET}t")]
    assert "=1+1" in words


def test_bars_of_a_workbook_begin_at_zero(book):
    found = 0
    for chart in [ET.fromstring(content) for name, content in book.items() if name.startswith("xl/charts/chart")]:
        if chart.find(f".//{CHART}barChart") is None:
            continue
        bars = [float(v.text) for part in chart.iter(f"{CHART}val") for v in part.iter(f"{CHART}v")]
        scaling = chart.find(f".//{CHART}valAx/{CHART}scaling")
        low, high = (scaling.find(f"{CHART}{end}") for end in ("min", "max"))
        if chart.find(f".//{CHART}errBars") is not None:  # programs look at the values alone
            assert float(low.get("val")) <= min(0.0, *bars)
            assert float(high.get("val")) >= max(0.0, *bars)
        end = low if min(bars) >= 0 else high
        if end is None:  # bars reach across zero, so that the axis holds it
            assert min(bars) < 0 < max(bars)
        else:
            found += float(end.get("val")) == 0
    assert found > 3


def test_the_sheet_of_a_measure_holds_every_run(book, comparison):
    number = sheets(book).index("discounted profit") + 1
    cells = ET.fromstring(book[f"xl/worksheets/sheet{number}.xml"]).iter(f"{SHEET}c")
    found = {float(cell.find(f"{SHEET}v").text) for cell in cells if cell.get("t") not in ("s", "str") and len(cell)}
    runs = comparison.measures["discounted_profit"].ravel()
    assert {round(value, 6) for value in runs} <= {round(value, 6) for value in found}


# --------------------------------------------------------------------------------------------------- pages, pictures


def test_pages_need_no_browser_and_take_any_name(document, tmp_path):
    content = write(document, tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") > 10


def test_a_table_that_fits_on_a_page_is_not_divided(document, tmp_path, monkeypatch):
    tables, on = [], defaultdict(set)
    part, row = Pages._part, Pages.row

    def parted(self, table, size):
        tables.append(table)
        part(self, table, size)

    def rowed(self, *given):
        on[len(tables) - 1].add(self.number)
        row(self, *given)

    monkeypatch.setattr(Pages, "_part", parted)
    monkeypatch.setattr(Pages, "row", rowed)
    write(document, tmp_path / "report.pdf")
    short = [pages for number, pages in on.items() if len(tables[number].rows) <= 6]
    assert len(short) > 5
    assert all(len(pages) == 1 for pages in short)


def test_every_figure_becomes_a_picture_of_the_size_of_a_slide(document, tmp_path):
    files = write_pictures(document, tmp_path / "charts", ("png", "svg"))
    assert len(files) == 2 * len(document.figures())
    for file in files:
        if file.suffix == ".png":
            assert imread(file).shape[1] >= 1900
            assert imread(file).std() > 0.01
        else:
            assert ET.parse(file).getroot().tag.endswith("svg")


def test_an_interactive_page_carries_its_program_and_no_name_ends_it(document, tmp_path):
    pytest.importorskip("altair", reason="altair is not installed (extra: report)")
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed (extra: report)")
    text = write(document, tmp_path / "live.html", interactive=True).read_text(encoding="utf-8")
    assert text.count("</script>") == 2
    assert "vegaEmbed" in text
    assert len(text.encode()) < 5_000_000


# -------------------------------------------------------------------------------------------------------- files


def test_nothing_is_overwritten_unasked(comparison, tmp_path):
    file = tmp_path / "answer.html"
    file.write_text("mine")
    with pytest.raises(ResultsError, match=r"answer\.html: exists already"):
        sim.report(comparison, file)
    assert file.read_text() == "mine"
    sim.report(comparison, file, overwrite=True)
    assert "Glossary" in file.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["answer.html"]


def test_an_unknown_ending_is_refused_with_those_there_are(comparison, tmp_path):
    with pytest.raises(ResultsError, match=r"one of \.html, \.pptx, \.xlsx, \.pdf"):
        sim.report(comparison, tmp_path / "answer.docx")


@pytest.mark.parametrize("module, name", [("pptx", "a.pptx"), ("xlsxwriter", "a.xlsx")])
def test_a_missing_library_is_named_with_what_installs_it(document, tmp_path, monkeypatch, module, name):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    words = rf"needs {module}, which is not installed: pip install 'buyer-seller-sim\[report\]'"
    with pytest.raises(MissingExtra, match=words):
        write(document, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_market_in_which_nobody_buys_has_every_format_and_says_so(tmp_path):
    pytest.importorskip("pptx", reason="python-pptx is not installed (extra: report)")
    pytest.importorskip("xlsxwriter", reason="XlsxWriter is not installed (extra: report)")
    nobody = make_scenario(["low", "high"], rounds=4).with_changes({"segments.customers.purchase_rate": 0.0})
    document = of_comparison(compare(nobody, 3, workers=1))
    assert document.headline.startswith("No clear difference")
    for ending in ("html", "pptx", "xlsx", "pdf"):
        assert write(document, tmp_path / f"report.{ending}").stat().st_size > 10_000
    assert "1e−" not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "step, percent, shown",
    [(0.2, False, "#,##0.0"), (2.5, False, "#,##0.0"), (0.25, False, "#,##0.00"), (50, False, "#,##0"),
     (0.2, True, "0%"), (0.025, True, "0.0%"), (0.25, True, "0%")],
)  # fmt: skip
def test_numbers_of_an_axis_have_the_places_in_which_its_ticks_differ(step, percent, shown):
    assert shown_as(step, percent) == shown
