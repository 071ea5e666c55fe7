"""Native charts of a workbook."""

from __future__ import annotations

import math
from typing import Any

from sim.reports.document import Chart, Series

GREY = "#c9ccd0"


def native(book: Any, sheet: str, chart: Chart, corner: tuple[int, int]) -> Any:
    """A chart of numbers on a sheet: names or x below the corner (row, column), three columns a series beside them."""
    lines = chart.kind == "lines"
    drawn = book.add_chart({"type": "scatter", "subtype": "straight"} if lines else {"type": "bar"})
    top, left = corner
    last = top + len(chart.x)
    order = sorted(range(len(chart.series)), key=lambda k: chart.series[k].featured)  # what is named lies in front
    for k in order:
        series, first = chart.series[k], left + 1 + 3 * k
        spec: dict[str, Any] = {
            "name": [sheet, top, first],
            "categories": [sheet, top + 1, left, last, left],
            "values": [sheet, top + 1, first, last, first],
        }
        drawn.add_series(spec | (_line(series) if lines else _bars(series, chart.colours)))
    _dress(drawn, chart)
    drawn.set_size({"width": 960, "height": 530})
    return drawn


def _line(series: Series) -> dict[str, Any]:
    """A line of its colour with its name at the end; grey and without a name if it is one of many."""
    if not series.featured:
        return {"line": {"color": GREY, "width": 1}}
    spec: dict[str, Any] = {"line": {"color": series.colour, "width": 2.5}}
    if math.isfinite(series.values[-1]):
        labels: list[Any] = [{"delete": True}] * (len(series.values) - 1)
        font = {"color": series.colour, "bold": True}
        spec["data_labels"] = {
            "series_name": True,
            "value": False,
            "position": "right",
            "custom": [*labels, {}],
            "font": font,
        }
    return spec


def _bars(series: Series, colours: tuple[str, ...]) -> dict[str, Any]:
    """Bars of the colours of the strategies, with intervals where there are any."""
    spec: dict[str, Any] = {"points": [{"fill": {"color": colour}} for colour in colours], "gap": 40}
    if series.low and all(map(math.isfinite, (*series.low, *series.high))):
        plus = [high - value for high, value in zip(series.high, series.values, strict=True)]
        minus = [value - low for low, value in zip(series.low, series.values, strict=True)]
        reach = {"type": "custom", "plus_values": plus, "minus_values": minus, "end_style": 0}
        spec["x_error_bars"] = reach
    return spec


def _dress(drawn: Any, chart: Chart) -> None:
    """Titles of axes, no legend, quiet lines; the first bar on top."""
    grid = {"major_gridlines": {"visible": True, "line": {"color": "#e4e6e8"}}}
    plain = {"name_font": {"bold": False}}
    drawn.set_legend({"none": True})
    drawn.set_title({"none": True})
    values = {"name": chart.y_title} | plain | grid
    if chart.kind == "bars":
        drawn.set_x_axis(values | {"label_position": "high"})  # the bottom, since the order is turned round
        drawn.set_y_axis({"reverse": True, "label_position": "low", "major_gridlines": {"visible": False}})
        return
    beyond = round(1.18 * float(chart.x[-1]))  # room for the names
    across = {"name": chart.x_title, "min": 0, "max": beyond, "label_position": "low", "num_format": "0"}
    drawn.set_x_axis(across | plain)
    drawn.set_y_axis(values)
