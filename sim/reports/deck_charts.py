"""Native charts of a deck: editable numbers, colours of the strategies, names where lines end."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.ticker import MaxNLocator

from sim.figure import shortened
from sim.reports.deck_board import Board
from sim.reports.document import Chart

GREY = "C9CCD0"
SMALL = 6.0  # inches of width; below, letters and names are smaller
PLOT = (0.075, 0.06, 0.70, 0.80)  # of the chart's area: left, top, width, height of the axes of lines
NAMED = (0.20, 0.03, 0.68, 0.86)  # the same of bars, whose names stand to the left


def add_chart(slide: Any, chart: Chart, place: tuple[float, float, float, float], board: Board) -> None:
    """Put a chart on a slide; place: left, top, width, height in inches."""
    (_lines if chart.kind == "lines" else _bars)(slide, chart, place, board)


def _lines(slide: Any, chart: Chart, place: tuple[float, float, float, float], board: Board) -> None:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION
    from pptx.util import Pt

    data = XyChartData()
    order = sorted(chart.series, key=lambda series: series.featured)  # in front: what is named
    for series in order:
        points = data.add_series(series.name)
        for x, y in zip(chart.x, series.values, strict=True):
            if math.isfinite(y):
                points.add_data_point(x, y)
    kind = XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS
    native = slide.shapes.add_chart(kind, *map(board.inches, place), data).chart
    low, high, step = _ticks([value for series in chart.series for value in series.values])
    _axes(native, chart, low, high, step)
    across = native.category_axis
    across.minimum_scale, across.maximum_scale = 0.0, float(chart.x[-1])
    across.major_unit = _ticks([0.0, float(chart.x[-1])])[2]
    across.has_major_gridlines = False
    across.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    for series, drawn in zip(order, native.plots[0].series, strict=True):
        drawn.smooth = False
        _colour(drawn.format.line, series.colour if series.featured else GREY)
        drawn.format.line.width = Pt(3 if series.featured else 1)
    _inner(native, PLOT)
    left, top, wide, tall = place
    shown = [series for series in order if series.featured and math.isfinite(series.values[-1])]
    heights = apart([1 - (series.values[-1] - low) / (high - low) for series in shown], 0.3 / (tall * PLOT[3]))
    for series, at in zip(shown, heights, strict=True):
        x, y = left + wide * (PLOT[0] + PLOT[2]) + 0.08, top + tall * (PLOT[1] + at * PLOT[3]) - 0.18
        room, ink = wide * (1 - PLOT[0] - PLOT[2]) - 0.08, (series.ink or series.colour).lstrip("#")
        board.text(slide, [shortened(series.name, 24)], x, y, room, 0.36, 14, ink, bold=True)


def _bars(slide: Any, chart: Chart, place: tuple[float, float, float, float], board: Board) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION
    from pptx.util import Pt

    (series,) = chart.series
    data = CategoryChartData()
    data.categories = [shortened(str(name), 32 if place[2] >= SMALL else 20) for name in chart.x]
    data.add_series(series.name, [value if math.isfinite(value) else None for value in series.values])
    native = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *map(board.inches, place), data).chart
    small = place[2] < SMALL
    low, high, step = _ticks([0.0, *series.values, *series.low, *series.high], 4 if small else 6)
    _axes(native, chart, low, high, step)
    native.category_axis.reverse_order = True  # the first on top
    native.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    native.category_axis.has_major_gridlines = False
    native.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH  # the bottom, since the order is turned round
    native.category_axis.tick_labels.font.size = Pt(11 if len(chart.x) > 12 or small else 14)
    plot = native.plots[0]
    plot.gap_width = 40
    for number, colour in enumerate(chart.colours):
        point = plot.series[0].points[number]
        point.format.fill.solid()
        _rgb(point.format.fill.fore_color, colour)
    _reach(plot.series[0], series.values, series.low, series.high)
    _inner(native, (0.32, 0.03, 0.62, 0.70) if small else NAMED)


def _axes(native: Any, chart: Chart, low: float, high: float, step: float) -> None:
    """Limits, quiet lines and the title of the axis that holds the numbers."""
    from pptx.util import Pt

    native.has_legend, native.has_title = False, False
    native.font.size = Pt(13)
    value = native.value_axis
    value.minimum_scale, value.maximum_scale, value.major_unit = low, high, step
    value.has_title = True
    value.axis_title.text_frame.text = chart.y_title
    value.tick_labels.number_format = "0%" if chart.percent else "#,##0.##" if step < 1 else "#,##0"
    value.tick_labels.number_format_is_linked = False
    _colour(value.major_gridlines.format.line, "#e4e6e8")
    value.format.line.fill.background()
    if chart.x_title:
        native.category_axis.has_title = True
        native.category_axis.axis_title.text_frame.text = chart.x_title
        _small(native.category_axis.axis_title)
    _small(value.axis_title)
    _colour(native.category_axis.format.line, "#5f6368")


def _small(title: Any) -> None:
    from pptx.util import Pt

    for run in title.text_frame.paragraphs[0].runs:
        run.font.size, run.font.bold = Pt(13), False


def _ticks(values: list[float], most: int = 6) -> tuple[float, float, float]:
    """Ends of the axis and its step, round numbers all."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    ticks = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(min(known), max(known))
    return float(ticks[0]), float(ticks[-1]), float(ticks[1] - ticks[0])


def apart(places: list[float], gap: float) -> list[float]:
    """Places on [0, 1], moved so far that neighbours are `gap` apart."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = [places[k] for k in order]
    for _ in range(200):
        for k in range(1, len(moved)):
            overlap = gap - (moved[k] - moved[k - 1])
            if overlap > 0:
                moved[k - 1] -= overlap / 2
                moved[k] += overlap / 2
    return [place for _, place in sorted(zip(order, moved, strict=True))]


def _colour(line: Any, colour: str) -> None:
    line.fill.solid()
    _rgb(line.fill.fore_color, colour)


def _rgb(colour: Any, hexadecimal: str) -> None:
    from pptx.dml.color import RGBColor

    colour.rgb = RGBColor.from_string(hexadecimal.lstrip("#"))


def _inner(native: Any, plot: tuple[float, float, float, float]) -> None:
    """Fix the room between the axes, so that names can stand where lines end."""
    area = native._chartSpace.chart.plotArea
    for old in area.findall("{*}layout"):
        area.remove(old)
    parts = "".join(f'<c:{name} val="{value}"/>' for name, value in zip("xywh", plot, strict=True))
    area.insert(0, _xml(
        '<c:layout><c:manualLayout><c:layoutTarget val="inner"/><c:xMode val="edge"/><c:yMode val="edge"/>'
        f"{parts}</c:manualLayout></c:layout>"
    ))  # fmt: skip


def _reach(series: Any, values: tuple[float, ...], low: tuple[float, ...], high: tuple[float, ...]) -> None:
    """Intervals as error bars, which python-pptx has no words for."""
    if not low or not all(map(math.isfinite, (*low, *high))):
        return
    ends = (
        ("plus", [h - v for h, v in zip(high, values, strict=True)]),
        ("minus", [v - m for m, v in zip(low, values, strict=True)]),
    )
    parts = ""
    for name, sizes in ends:
        points = "".join(f'<c:pt idx="{k}"><c:v>{size!r}</c:v></c:pt>' for k, size in enumerate(sizes))
        count = f'<c:ptCount val="{len(sizes)}"/>'
        parts += f"<c:{name}><c:numLit><c:formatCode>General</c:formatCode>{count}{points}</c:numLit></c:{name}>"
    bars = _xml(
        f'<c:errBars><c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="1"/>{parts}'
        '<c:spPr><a:ln w="19050"><a:solidFill><a:srgbClr val="222222"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    element = series._element
    element.find("{*}cat").addprevious(bars)


def _xml(text: str) -> Any:
    from pptx.oxml import parse_xml

    spaces = (
        'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    )
    head, rest = text.split(">", 1)
    return parse_xml(f"{head} {spaces}>{rest}")
