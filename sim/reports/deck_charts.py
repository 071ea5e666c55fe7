"""Native charts of a deck: editable numbers, colours of the strategies, names where lines, areas and points are.

An office program has no bands: limits are thin lines of the same colour, or whiskers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.ticker import MaxNLocator

from sim.figure import FADED, fitted, ink_over, length
from sim.reports.deck_board import Board
from sim.reports.document import Chart, Series
from sim.reports.scale import apart, shown_as, span, ticks
from sim.reports.words import listed

SMALL = 6.0  # inches of width; below, letters are smaller
BEFORE, BELOW, ABOVE = 0.95, 0.72, 0.12  # inches: ticks and title of an axis, and free room
EDGE = 0.25  # inches right of the last tick
NAMES = 2.9  # inches: the most that names get beside a chart
GAP = 0.12  # inches between a chart and the names beside it
ROW = 0.24  # inches from one name to the next
DASHES = (
    "solid",
    "dash",
    "sysDot",
    "dashDot",
    "sysDash",
    "lgDashDotDot",
)  # as `sim.palette.DASHES`, in the file's words
LABELLED = 8  # stacked bars whose parts bear their numbers

type Place = tuple[float, float, float, float]


def add_chart(slide: Any, chart: Chart, place: Place, board: Board, one_of_several: bool = False) -> list[str]:
    """Put a chart on a slide; place: left, top, width, height in inches. Returns what has to be said of it.

    One of several has its title above it.
    """
    if one_of_several:
        left, top, wide, tall = place
        words = fitted(chart.title or chart.y_title, wide - 0.1, 13, bold=True, lines=2)
        board.text(
            slide,
            [" ".join(words.split("\n"))],
            left,
            top,
            wide - 0.1,
            0.22 * (1 + words.count("\n")),
            13,
            "222222",
            bold=True,
        )
        place = left, top + 0.48, wide, tall - 0.48
    kinds: dict[str, Callable[..., list[str]]] = {
        "lines": _lines, "areas": _areas, "bars": _bars, "stacked": _bars, "points": _points,
    }  # fmt: skip
    return kinds[chart.kind](slide, chart, place, board, one_of_several)


# ------------------------------------------------------------------------------------------------- lines and points


def _lines(slide: Any, chart: Chart, place: Place, board: Board, bare: bool) -> list[str]:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Pt

    data, drawn = XyChartData(), []
    order = sorted(chart.series, key=lambda series: series.featured)  # in front: what is named
    for series in order:
        limits = (("low, 95 %", series.low), ("high, 95 %", series.high)) if series.featured and series.low else ()
        for name, values in (
            *((f"{series.name}, {what}", part) for what, part in limits),
            (series.name, series.values),
        ):
            points = data.add_series(name)
            for x, y in zip(chart.x, values, strict=True):
                if math.isfinite(y):
                    points.add_data_point(x, y)
            drawn.append((series, values is series.values))
    kind = XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS
    native = slide.shapes.add_chart(kind, *map(board.inches, place), data).chart
    shown = [series for series in order if series.featured and known(series.values)]
    room = min(NAMES, max((length(series.name, 14, bold=True) for series in shown), default=0.0) + 2 * GAP)
    low, high, step = span(chart)
    _axes(native, chart, low, high, step, bare)
    _across(native, 0.0, float(chart.x[-1]))
    for (series, main), line in zip(drawn, native.plots[0].series, strict=True):
        line.smooth = False
        _paint(line.format.line, series.colour if series.featured else FADED)
        line.format.line.width = Pt((2.75 if series.featured else 1.0) if main else 0.75)
        if series.featured:
            _dash(line.format.line, DASHES[series.dash % len(DASHES)] if main else "sysDash")
    plot = _inner(native, place, room + EDGE, bare)
    ends = [next(v for v in reversed(series.values) if math.isfinite(v)) for series in shown]
    named = [(series, (end - low) / (high - low)) for series, end in zip(shown, ends, strict=True)]
    _name(slide, named, plot, room, board)
    return ["Thin dashed lines: 95 % limits."] if any(series.low for series in shown) else []


def _points(slide: Any, chart: Chart, place: Place, board: Board, bare: bool) -> list[str]:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE

    data = XyChartData()
    for x, series in zip(chart.x, chart.series, strict=True):
        data.add_series(series.name).add_data_point(x, series.values[0])
    native = slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *map(board.inches, place), data).chart
    low, high, step = span(chart)
    _axes(native, chart, low, high, step, bare)
    end = _across(native, 0.0, max(map(float, chart.x)))
    for series, point in zip(chart.series, native.plots[0].series, strict=True):
        shape = XL_MARKER_STYLE.CIRCLE if series.featured else XL_MARKER_STYLE.DIAMOND  # hollow ones vanish in places
        point.marker.style, point.marker.size = shape, 11
        point.format.line.fill.background()  # no line between points
        point.marker.format.fill.solid()
        _rgb(point.marker.format.fill.fore_color, series.colour)
        _paint(point.marker.format.line, series.colour)
        _whiskers(point, series, upwards=True)
    plot = _inner(native, place, EDGE + 0.4, bare)
    return _name_points(slide, chart, plot, (0.0, end), (low, high), board)


def _name_points(
    slide: Any, chart: Chart, plot: Place, across: tuple[float, float], upwards: tuple[float, float], board: Board
) -> list[str]:
    """Names beside points where they hide nothing; returns what is said of those without."""
    left, top, wide, tall = plot
    at = [
        (
            left + wide * (float(x) - across[0]) / (across[1] - across[0]),
            top + tall * (1 - (s.values[0] - upwards[0]) / (upwards[1] - upwards[0])),
        )
        for x, s in zip(chart.x, chart.series, strict=True)
    ]
    taken, without = [(x - 0.1, y - 0.1, x + 0.1, y + 0.1) for x, y in at], []
    for (x, y), series in zip(at, chart.series, strict=True):
        own, half = length(series.name, 12, bold=True) + 0.06, 0.11
        places = [(x + 0.13, y - half), (x - 0.13 - own, y - half), (x - own / 2, y - 0.36), (x - own / 2, y + 0.13)]
        places += [(x + side, y + up) for up in (-0.33, 0.1) for side in (0.08, -0.08 - own)]
        boxes = [(a, b, a + own, b + 2 * half) for a, b in places]
        free = [
            box for box in boxes
            if left <= box[0] and box[2] <= left + wide + 0.4 and top <= box[1] and box[3] <= top + tall
            and not any(_meet(box, other) for other in taken)
        ]  # fmt: skip
        if not free:
            without.append(series.name)
            continue
        taken.append(free[0])
        ink = (series.ink or series.colour).lstrip("#")
        board.text(slide, [series.name], free[0][0], free[0][1], own + 0.04, 2 * half, 12, ink, bold=True)
    return [f"Without room for a name: {listed(without, 8)}."] if without else []


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# ------------------------------------------------------------------------------------------------------------- areas


def _areas(slide: Any, chart: Chart, place: Place, board: Board, bare: bool) -> list[str]:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData()
    rounds = list(chart.x) == list(range(1, len(chart.x) + 1))  # with a place for 0, every so manieth name is round
    names = [f"{number}" for number in range(len(chart.x) + 1)] if rounds else _few(chart.x)
    data.categories = names
    for series in chart.series:
        data.add_series(series.name, [None, *series.values] if rounds else series.values)
    native = slide.shapes.add_chart(XL_CHART_TYPE.AREA_STACKED, *map(board.inches, place), data).chart
    low, high, step = span(chart, 5)
    _axes(native, chart, low, high, step, bare)
    high = native.value_axis.maximum_scale
    native.category_axis.has_major_gridlines = False
    _every(native, int(ticks([0.0, float(len(chart.x))], 4 if bare else 7)[2]) or 1 if rounds else 1)
    for series, area in zip(chart.series, native.plots[0].series, strict=True):
        area.format.fill.solid()
        _rgb(area.format.fill.fore_color, series.colour)
        _paint(area.format.line, "#ffffff")
    size, floor, named, bands = 12 if bare else 14, [0.0] * len(chart.x), [], []
    for series in chart.series:
        top = [under + value for under, value in zip(floor, series.values, strict=True)]
        if series.featured and series.values[-1] > 0.005 * high:
            named.append((series, (floor[-1] + top[-1]) / 2 / high))
        elif series.colour != FADED and max(series.values) > 0.005 * high:  # what is nowhere needs no name
            bands.append((series, [at / high for at in floor], [at / high for at in top]))
        floor = top
    room = min(NAMES, max((length(s.name, size, bold=True) for s, _ in named), default=0.0) + 2 * GAP)
    plot = _inner(native, place, room + EDGE, bare)
    _name(slide, named, plot, room, board, size)
    inside = [_name_inside(slide, *band, plot, board, size - 2) for band in bands]
    return [] if all(inside) else [f"From below: {', '.join(series.name for series in chart.series)}."]


def _name_inside(
    slide: Any, series: Series, low: Sequence[float], high: Sequence[float], plot: Place, board: Board, size: float
) -> bool:
    """The name of an area that is gone before the end, where there is most room in it; whether there is enough.

    low, high: of the area at every place of the axis, from below, in [0, 1].
    """
    left, top, wide, tall = plot
    long, steps = length(series.name, size, bold=True) + 0.1, len(low) - 1
    covered = math.ceil(steps * long / wide)
    free = [
        (min(high[k : k + covered + 1]) - max(low[k : k + covered + 1]), k) for k in range(max(0, steps - covered) + 1)
    ]
    room, k = max(free, key=lambda each: each[0])
    if covered > steps or room * tall < 1.2 * size / 72:
        return False
    middle = (min(high[k : k + covered + 1]) + max(low[k : k + covered + 1])) / 2
    y = top + tall * (1 - middle) - 0.61 * size / 72
    ink = ink_over(series.colour)
    colour = "ffffff" if ink == "white" else ink.lstrip("#")
    board.text(slide, [series.name], left + wide * k / steps + 0.05, y, long, 1.22 * size / 72, size, colour, bold=True)
    return True


# -------------------------------------------------------------------------------------------------------------- bars


def _bars(slide: Any, chart: Chart, place: Place, board: Board, bare: bool) -> list[str]:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
    from pptx.util import Pt

    small, several = place[2] < SMALL, len(chart.series) > 1
    size = 11 if small or len(chart.x) > 18 else 13
    room = min(0.42 * place[2], max(length(str(name), size) for name in chart.x) + 0.2)
    data = CategoryChartData()
    lines = 1 if place[3] / len(chart.x) < 0.4 else 2 if place[3] / len(chart.x) < 0.65 else 3
    data.categories = [" ".join(fitted(str(name), room - 0.2, size, lines=lines).split("\n")) for name in chart.x]
    for series in chart.series:
        data.add_series(series.name, [value if math.isfinite(value) else None for value in series.values])
    stacked = chart.kind == "stacked"
    kind = XL_CHART_TYPE.BAR_STACKED if stacked else XL_CHART_TYPE.BAR_CLUSTERED
    native = slide.shapes.add_chart(kind, *map(board.inches, place), data).chart
    low, high, step = span(chart, 4 if small else 6)
    _axes(native, chart, low, high, step, bare)
    native.category_axis.reverse_order = True  # the first on top
    native.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    native.category_axis.has_major_gridlines = False
    native.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH  # the bottom, since the order is turned round
    native.category_axis.tick_labels.font.size = Pt(size)
    _every(native, 1)
    plot = native.plots[0]
    plot.gap_width, plot.overlap = 40, 100 if stacked else 0
    for series, bar in zip(chart.series, plot.series, strict=True):
        bar.format.fill.solid()
        _rgb(bar.format.fill.fore_color, series.colour or chart.colours[0])
        bar.invert_if_negative = False
        if not series.colour or not several:
            for number, colour in enumerate(chart.colours):
                point = bar.points[number]
                point.format.fill.solid()
                _rgb(point.format.fill.fore_color, colour)
        if not stacked:
            _whiskers(bar, series, upwards=False)
    if several:
        native.has_legend = True
        native.legend.position, native.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        native.legend.font.size = Pt(13)
    if stacked and len(chart.x) <= LABELLED:
        plot.has_data_labels = True
        plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0.00", False
        plot.data_labels.font.size = Pt(12)
        for series, bar in zip(chart.series, plot.series, strict=True):
            inks = [ink_over(series.colour or colour) for colour in chart.colours or (series.colour,) * len(chart.x)]
            for number, ink in enumerate(inks if "white" in inks else ()):  # labels of their own replace those of all
                _label(bar.points[number], "#ffffff" if ink == "white" else ink)
    _inner(native, place, EDGE, bare, before=room, above=0.45 if several else ABOVE)
    return []


def _label(point: Any, ink: str) -> None:
    """Write the number of a part of a bar in an ink of its own."""
    from pptx.util import Pt

    label = point.data_label
    label.font.size = Pt(12)
    _rgb(label.font.color, ink)
    label._dLbl.txPr.addprevious(_xml('<c:numFmt formatCode="0.00" sourceLinked="0"/>'))


def _few(x: tuple[float | str, ...]) -> list[str]:
    """Names of numbers that are places of areas: of many a few round ones, of the others none."""
    first, last = float(x[0]), float(x[-1])
    wanted = [t for t in MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(first, last) if first <= t <= last]
    at = {min(range(len(x)), key=lambda k: abs(float(x[k]) - t)): t for t in wanted}
    return [f"{at[k]:g}" if k in at else " " for k in range(len(x))]


# ------------------------------------------------------------------------------------------------------------- parts


def known(values: tuple[float, ...]) -> bool:
    """Is there a number?"""
    return any(map(math.isfinite, values))


def _axes(native: Any, chart: Chart, low: float, high: float, step: float, bare: bool) -> None:
    """Limits, quiet lines and the title of the axis that holds the numbers."""
    from pptx.util import Pt

    native.has_legend, native.has_title = False, False
    native.font.size = Pt(11 if bare else 13)
    value = native.value_axis
    value.minimum_scale, value.maximum_scale, value.major_unit = low, high, step
    value.tick_labels.number_format = shown_as(step, chart.percent)
    value.tick_labels.number_format_is_linked = False
    _paint(value.major_gridlines.format.line, "#e4e6e8")
    value.format.line.fill.background()
    titles = [] if bare and not chart.title else [(value, chart.y_title)]  # said above
    for axis, words in (*titles, (native.category_axis, chart.x_title)):
        if words:
            axis.has_title = True
            axis.axis_title.text_frame.text = words
            for run in axis.axis_title.text_frame.paragraphs[0].runs:
                run.font.size, run.font.bold = Pt(11 if bare else 13), False
    _paint(native.category_axis.format.line, "#5f6368")


def _across(native: Any, low: float, high: float) -> float:
    """The axis of an x that is a number; returns its end."""
    from pptx.enum.chart import XL_TICK_LABEL_POSITION

    axis = native.category_axis
    _, end, step = ticks([low, high])
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high if high == int(high) > low else end, step
    axis.has_major_gridlines = False
    axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    return float(axis.maximum_scale)


def _every(native: Any, step: int) -> None:
    """Label every so manieth name: a program left alone leaves some out."""
    axis = native.category_axis._element
    for tag in ("tickLblSkip", "tickMarkSkip"):
        for old in axis.findall(f"{{*}}{tag}"):
            axis.remove(old)
        new = _xml(f'<c:{tag} val="{step}"/>')
        before = axis.find("{*}noMultiLvlLbl")
        axis.append(new) if before is None else before.addprevious(new)


def _name(
    slide: Any, named: Sequence[tuple[Series, float]], plot: Place, room: float, board: Board, size: float = 14
) -> None:
    """Names right of the axes at heights in [0, 1] from below, apart."""
    left, top, wide, tall = plot
    heights = apart([at for _, at in named], ROW * size / 14 / tall, 0.0, 1.0)
    for (series, _), at in zip(named, heights, strict=True):
        name, ink = fitted(series.name, room - GAP, size, bold=True), (series.ink or series.colour).lstrip("#")
        y = top + tall * (1 - at) - 0.5 * size * 1.22 / 72
        board.text(slide, [name], left + wide + GAP, y, room, size * 1.22 / 72, size, ink, bold=True)


def _inner(native: Any, place: Place, after: float, bare: bool, before: float = BEFORE, above: float = ABOVE) -> Place:
    """Fix the room between the axes, so that names can stand where lines end; returns it in inches on the slide."""
    left, top, wide, tall = place
    below = 0.6 if bare else BELOW
    plot = (before, above, max(0.5, wide - before - after), max(0.4, tall - above - below))
    shares = (plot[0] / wide, plot[1] / tall, plot[2] / wide, plot[3] / tall)
    area = native._chartSpace.chart.plotArea
    for old in area.findall("{*}layout"):
        area.remove(old)
    parts = "".join(f'<c:{name} val="{value}"/>' for name, value in zip("xywh", shares, strict=True))
    area.insert(0, _xml(
        '<c:layout><c:manualLayout><c:layoutTarget val="inner"/><c:xMode val="edge"/><c:yMode val="edge"/>'
        f"{parts}</c:manualLayout></c:layout>"
    ))  # fmt: skip
    return left + plot[0], top + plot[1], plot[2], plot[3]


def _whiskers(drawn: Any, series: Series, *, upwards: bool) -> None:
    """Intervals as error bars, which python-pptx has no words for."""
    if not series.low or not all(map(math.isfinite, (*series.low, *series.high))):
        return
    ends = (
        ("plus", [h - v for h, v in zip(series.high, series.values, strict=True)]),
        ("minus", [v - m for m, v in zip(series.low, series.values, strict=True)]),
    )
    parts = ""
    for name, sizes in ends:
        points = "".join(f'<c:pt idx="{k}"><c:v>{size!r}</c:v></c:pt>' for k, size in enumerate(sizes))
        count = f'<c:ptCount val="{len(sizes)}"/>'
        parts += f"<c:{name}><c:numLit><c:formatCode>General</c:formatCode>{count}{points}</c:numLit></c:{name}>"
    direction, colour = ('<c:errDir val="y"/>', series.colour.lstrip("#")) if upwards else ("", "222222")
    bars = _xml(
        f'<c:errBars>{direction}<c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="1"/>{parts}'
        f'<c:spPr><a:ln w="19050"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )
    drawn._element.find("{*}xVal" if upwards else "{*}cat").addprevious(bars)


def _paint(line: Any, colour: str) -> None:
    line.fill.solid()
    _rgb(line.fill.fore_color, colour)


def _dash(line: Any, style: str) -> None:
    """How a line is broken, in the words of the file."""
    if style != "solid":
        line._get_or_add_ln().append(_xml(f'<a:prstDash val="{style}"/>'))


def _rgb(colour: Any, hexadecimal: str) -> None:
    from pptx.dml.color import RGBColor

    colour.rgb = RGBColor.from_string(hexadecimal.lstrip("#"))


def _xml(text: str) -> Any:
    from pptx.oxml import parse_xml

    spaces = (
        'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    )
    return parse_xml(re.sub(r"^<([\w:]+)", rf"<\1 {spaces}", text))
