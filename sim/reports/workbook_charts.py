"""Native charts of a workbook. Their numbers, limits and half widths stand on the sheet, none is typed into a chart."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from sim.figure import FADED
from sim.reports.document import Chart, Series
from sim.reports.scale import reach, shown_as, span

HEADS = ("", "low, 95 %", "high, 95 %", "to low", "to high")  # columns of a series: its name, limits, how far they are
WIDE = len(HEADS)
KINDS = {
    "lines": {"type": "scatter", "subtype": "straight"},
    "areas": {"type": "area", "subtype": "stacked"},
    "bars": {"type": "bar"},
    "stacked": {"type": "bar", "subtype": "stacked"},
    "points": {"type": "scatter"},
}
ACROSS, DOWN = 960, 530  # dots of a chart
TALL = 0.05  # height of a name, of the chart
MOST_NAMES = 8  # of points
DASHES = ("solid", "dash", "round_dot", "dash_dot", "square_dot", "long_dash_dot_dot")  # as `sim.palette.DASHES`


def columns(series: Series) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """What stands on the sheet of a series: heads and numbers."""
    reach = [tuple(abs(part - value) for part, value in zip(limits, series.values, strict=True)) if limits else ()
             for limits in (series.low, series.high)]  # fmt: skip
    return tuple(zip((series.name, *HEADS[1:]), (series.values, series.low, series.high, *reach), strict=True))


def native(book: Any, sheet: str, chart: Chart, corner: tuple[int, int]) -> Any:
    """A chart of numbers on a sheet: names or x below the corner (row, column), `WIDE` columns a series beside them."""
    drawn = book.add_chart(dict(KINDS[chart.kind]))
    crowded, many, listed = _crowded(chart), 0, []
    for k in _order(chart, crowded):
        *limits, main = _series(chart, k, sheet, corner)
        if crowded and chart.series[k].featured == (chart.kind == "lines"):  # of points, those that matter keep names
            main.pop("data_labels", None)
            listed.append(many + len(limits))
        elif crowded and chart.kind == "points":  # left of a point that no other beats there is room
            main["data_labels"]["position"] = "left"
        for spec in (*limits, main):
            drawn.add_series(spec)
            many += 1
    _dress(drawn, chart)
    if crowded:
        drawn.set_legend({"position": "right", "delete_series": [n for n in range(many) if n not in listed]})
    drawn.set_size({"width": ACROSS, "height": DOWN})
    return drawn


def _order(chart: Chart, crowded: bool) -> list[int]:
    """In what order series are drawn: of lines what is named in front, and as a list has it, from above."""
    numbers = list(range(len(chart.series)))
    if chart.kind == "lines":
        numbers.sort(key=lambda k: (chart.series[k].featured, -_end(chart.series[k]) if crowded else 0.0))
    return numbers


def _crowded(chart: Chart) -> bool:
    """Would names beside lines or points lie on each other? No program moves them apart: a list names them then."""
    if chart.kind == "points":
        return len(chart.series) > MOST_NAMES
    ends = sorted(_end(series) for series in chart.series if series.featured and math.isfinite(_end(series)))
    room = max(reach(chart), default=0.0) - min(reach(chart), default=0.0)
    return chart.kind == "lines" and any(after - before < TALL * room for before, after in pairwise(ends))


def _end(series: Series) -> float:
    """The last number of a line that is known; NaN where none is."""
    return next((value for value in reversed(series.values) if math.isfinite(value)), math.nan)


def _series(chart: Chart, k: int, sheet: str, corner: tuple[int, int]) -> list[dict[str, Any]]:
    """What is drawn of one series: its numbers, and thin lines for the limits of a line."""
    (top, left), series = corner, chart.series[k]
    first, last = left + 1 + WIDE * k, top + len(chart.x)
    rows = (top + 1 + k, top + 1 + k) if chart.kind == "points" else (top + 1, last)

    def place(column: int) -> list[Any]:
        return [sheet, rows[0], column, rows[1], column]

    spec: dict[str, Any] = {"name": [sheet, top, first], "categories": place(left), "values": place(first)}
    known = bool(series.low) and any(map(math.isfinite, series.low))
    if chart.kind == "lines":
        thin = {"line": {"color": series.colour, "width": 0.75, "dash_type": "square_dot"}}
        limits = [spec | {"name": [sheet, top, first + n], "values": place(first + n)} | thin for n in (1, 2)]
        return [*(limits if known and series.featured else []), spec | _line(series)]
    if chart.kind == "areas":
        return [spec | {"fill": {"color": series.colour}, "border": {"color": "#ffffff"}}]
    if known and chart.kind != "stacked":
        reach = {"type": "custom", "plus_values": _range(place(first + 4)), "minus_values": _range(place(first + 3))}
        spec["y_error_bars" if chart.kind == "points" else "x_error_bars"] = reach | {"end_style": 0}
    if chart.kind == "points":
        return [spec | _point(series)]
    spec |= {"gap": 40, "fill": {"color": series.colour or chart.colours[0]}}
    if chart.colours and (not series.colour or len(chart.series) == 1):
        spec["points"] = [{"fill": {"color": colour}} for colour in chart.colours]
    return [spec | ({"overlap": 100} if chart.kind == "stacked" else {})]


def _range(place: list[Any]) -> str:
    """A column of a sheet as formulas name it: what is typed into a chart is not shown by every program."""
    from xlsxwriter.utility import xl_range_abs

    name = str(place[0]).replace("'", "''")
    return f"='{name}'!{xl_range_abs(*place[1:])}"


def _line(series: Series) -> dict[str, Any]:
    """A line of its colour with its name at the end; grey and without a name if it is one of many."""
    if not series.featured:
        return {"line": {"color": FADED, "width": 1}}
    dash = DASHES[series.dash % len(DASHES)]
    spec: dict[str, Any] = {"line": {"color": series.colour, "width": 2.5, "dash_type": dash}}
    known = [k for k, value in enumerate(series.values) if math.isfinite(value)]
    if known:
        labels: list[Any] = [{"delete": True}] * known[-1]
        after = [{"delete": True}] * (len(series.values) - 1 - known[-1])
        spec["data_labels"] = _named(series) | {"custom": [*labels, {}, *after]}
        if _end(series) == 0:  # where the axis would strike through it
            spec["data_labels"]["position"] = "above"
    return spec


def _point(series: Series) -> dict[str, Any]:
    """A point with its name; a diamond where it is dominated."""
    tint = {"color": series.colour}
    shape = "circle" if series.featured else "diamond"
    return {"marker": {"type": shape, "size": 10, "fill": tint, "border": tint}, "data_labels": _named(series)}


def _named(series: Series) -> dict[str, Any]:
    font = {"color": series.ink or series.colour, "bold": True}
    return {"series_name": True, "value": False, "position": "right", "font": font}


def _ends(chart: Chart) -> dict[str, Any]:
    """Where an axis ends, so that bars begin at zero and whiskers are whole: programs look at the values alone."""
    if any(map(math.isfinite, (value for series in chart.series for value in (*series.low, *series.high)))):
        low, high, step = span(chart, 8)
        return {"min": low, "max": high, "major_unit": step, "num_format": shown_as(step, chart.percent)}
    if chart.kind == "points":
        return {}
    values = reach(chart)
    return {"min": 0.0} if min(values) >= 0 else {"max": 0.0} if max(values) <= 0 else {}


def _dress(drawn: Any, chart: Chart) -> None:
    """Titles of axes, quiet lines; a legend only where colours have no other name; the first bar on top."""
    grid = {"major_gridlines": {"visible": True, "line": {"color": "#e4e6e8"}}}
    plain = {"name_font": {"bold": False}}
    several = chart.kind in ("areas", "stacked") or (chart.kind == "bars" and len(chart.series) > 1)
    drawn.set_legend({"position": "top"} if several else {"none": True})
    drawn.set_title({"name": chart.title, "overlay": False} if chart.title else {"none": True})
    values: dict[str, Any] = {"name": chart.y_title} | plain | grid
    if chart.percent:
        full = chart.kind == "areas" or (chart.kind == "lines" and 0.8 < max(reach(chart), default=0.0) <= 1)
        values |= {"num_format": "0%"} | ({"max": 1} if full else {})
    if chart.kind in ("bars", "stacked"):
        values |= _ends(chart)
        values |= {"label_position": "high", "line": {"none": True}}  # the bottom, since the order is turned round
        drawn.set_x_axis(values)
        drawn.set_y_axis(
            {"reverse": True, "label_position": "low", "interval_unit": 1, "major_gridlines": {"visible": False}}
        )
        return
    across: dict[str, Any] = {"name": chart.x_title, "label_position": "low"} | plain
    if chart.kind == "lines":
        end = float(chart.x[-1])  # behind it is room for the names, but no number
        across |= {"min": 0, "max": round(1.18 * end), "num_format": f'[<={end:g}]0;""'}
        values |= _ends(chart)
    elif chart.kind == "areas":
        whole = all(float(x).is_integer() for x in chart.x)
        across |= {"interval_unit": max(1, len(chart.x) // 8), "num_format": "0" if whole else "0.0"}
    if chart.kind == "points":
        values |= _ends(chart)
        across["min"] = 0
    drawn.set_x_axis(across)
    drawn.set_y_axis(values | {"crossing": "min"})  # below, so that it strikes through no name
