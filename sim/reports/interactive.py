"""Charts to hover over, zoom and read values from: Vega-Lite, with its program inside the page; nothing is fetched."""

from __future__ import annotations

import json
import math
from html import escape
from typing import Any

from matplotlib.ticker import MaxNLocator

from sim.reports.document import Chart, Figure, Report, Series
from sim.reports.extras import need
from sim.reports.page import page
from sim.reports.scale import apart

FADED = "#c9ccd0"
WIDE = 680  # dots


def write(report: Report) -> str:
    """The page with charts that answer to the mouse. Raises MissingExtra without altair or vl-convert-python."""
    altair, convert = need("altair", "--interactive"), need("vl_convert", "--interactive")
    places, specs = {}, {}
    for figure in report.figures():
        if len(figure.charts) == 1 and _alive(figure.charts[0]):
            named = f'id="live-{escape(figure.name)}" role="img" aria-label="{escape(figure.title)}"'
            places[figure.name] = f'<div class="live" {named}></div>'
            specs[f"live-{figure.name}"] = _spec(altair, figure)
    # `ast` has expressions interpreted: no eval, which the page's security policy would not allow
    draw = 'vegaEmbed("#" + id, spec, {actions: false, ast: true, renderer: "svg"})'
    start = f"for (const [id, spec] of Object.entries({_script(specs)})) {draw};"
    return page(report, places, f"<script>\n{convert.javascript_bundle()}\n</script>\n<script>\n{start}\n</script>\n")


def _alive(chart: Chart) -> bool:
    """Does it gain by answering to the mouse? Areas and parts of bars bear their names as they are drawn."""
    return chart.kind in ("lines", "points") or (chart.kind == "bars" and len(chart.series) == 1)


def _script(value: Any) -> str:
    """JSON that cannot end the script it stands in, whatever a name contains."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")


def _spec(altair: Any, figure: Figure) -> dict[str, Any]:
    chart = figure.charts[0]
    drawn = {"lines": _lines, "bars": _bars, "points": _dots}[chart.kind](altair, chart)
    sized = drawn.properties(width=WIDE, height={"step": 26} if chart.kind == "bars" else 340)
    font = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    return sized.configure_view(stroke=None).configure_axis(gridColor="#e4e6e8", **font).to_dict()


def _lines(alt: Any, chart: Chart) -> Any:
    """Lines with bands; those of the strategies that matter in colour, named at their ends."""
    rows = [
        row | {"width": 2.5 if series.featured else 1}
        for series in chart.series
        for row in _points(series.name, chart.x, series)
    ]
    shown = {series.name for series in chart.series if series.featured}
    colours = [series.colour if series.featured else FADED for series in chart.series]
    scale = alt.Scale(domain=[series.name for series in chart.series], range=colours)
    colour = alt.Color("name:N", scale=scale, legend=None)
    first, last = float(chart.x[0]), float(chart.x[-1])
    ticks = [tick for tick in MaxNLocator(8, integer=True).tick_values(first, last).tolist() if first <= tick <= last]
    names = min(0.45, (9 * max(map(len, shown)) + 20) / WIDE)  # share of the width: what sticks out is cut off
    room = alt.Scale(domain=[first, first + (last - first) / (1 - names)], nice=False)
    x = alt.X("x:Q", title=chart.x_title, scale=room, axis=alt.Axis(grid=False, values=ticks))
    heights = [row[key] for row in rows for key in ("low", "high")]
    edge = 0.03 * (max(heights) - min(heights))
    high = alt.Scale(domain=[min(heights) - edge, max(heights) + edge], nice=False)
    y = alt.Y("value:Q", title=chart.y_title, scale=high)
    told = [alt.Tooltip("name:N", title="who"), alt.Tooltip("x:Q", title=chart.x_title), *_told(alt)]
    wide = alt.StrokeWidth("width:Q", scale=None)
    near = alt.selection_point(fields=["name"], on="pointerover", empty=False)
    band = (
        alt.Chart(alt.Data(values=[row for row in rows if row["name"] in shown]))
        .mark_area(opacity=0.16)
        .encode(x, alt.Y("low:Q", title=chart.y_title), alt.Y2("high:Q"), colour)
    )
    line = (
        alt.Chart(alt.Data(values=rows))
        .mark_line()
        .encode(x, y, colour, tooltip=told, strokeWidth=alt.condition(near, alt.value(5), wide))
        .add_params(near, alt.selection_interval(bind="scales"))
    )
    label = (
        alt.Chart(alt.Data(values=_names(chart, rows, shown)))
        .mark_text(align="left", dx=8, fontWeight="bold", fontSize=13)
        .encode(x, y, alt.Color("ink:N", scale=None), text="name:N")
    )
    return band + line + label


def _points(name: str, xs: tuple[float | str, ...], series: Series) -> list[dict[str, Any]]:
    """One row per known number, with limits, which are the number itself where there are none."""
    limits = zip(series.low or series.values, series.high or series.values, strict=True)
    return [
        {"x": x, "name": name, "value": value}
        | {key: limit if math.isfinite(limit) else value for key, limit in (("low", low), ("high", high))}
        for x, value, (low, high) in zip(xs, series.values, limits, strict=True)
        if math.isfinite(value)
    ]


def _names(chart: Chart, rows: list[dict[str, Any]], shown: set[str]) -> list[dict[str, Any]]:
    """Where the names of lines stand: at their ends, apart."""
    found = [row for row in rows if row["x"] == chart.x[-1] and row["name"] in shown]
    heights = [row[key] for row in rows for key in ("low", "high")]
    reach = (max(heights) - min(heights)) or 1.0
    places = apart([row["value"] / reach for row in found], 0.055)
    inks = {series.name: series.ink or series.colour for series in chart.series}
    return [row | {"value": place * reach, "ink": inks[row["name"]]} for row, place in zip(found, places, strict=True)]


def _told(alt: Any) -> list[Any]:
    parts = (("value", "mean"), ("low", "low, 95 %"), ("high", "high, 95 %"))
    return [alt.Tooltip(f"{key}:Q", title=title, format=",.4~g") for key, title in parts]


def _bars(alt: Any, chart: Chart) -> Any:
    """Bars from zero with intervals."""
    rows = _points("", chart.x, chart.series[0])
    colours = dict(zip(chart.x, chart.colours, strict=True))
    data = alt.Data(values=[row | {"colour": colours[row["x"]]} for row in rows])
    y = alt.Y("x:N", sort=None, title=None)
    value = alt.X("value:Q", title=chart.y_title)
    told = [alt.Tooltip("x:N", title="who"), *_told(alt)]
    bar = alt.Chart(data).mark_bar().encode(value, y, alt.Color("colour:N", scale=None), tooltip=told)
    return bar + alt.Chart(data).mark_rule(strokeWidth=2).encode(alt.X("low:Q"), alt.X2("high:Q"), y)


def _dots(alt: Any, chart: Chart) -> Any:
    """Points with intervals; those that another beats are hollow."""
    rows = [
        row | {"colour": series.colour, "fill": series.colour if series.featured else "white"}
        for x, series in zip(chart.x, chart.series, strict=True)
        for row in _points(series.name, (x,), series)
    ]
    data, colour = alt.Data(values=rows), alt.Color("colour:N", scale=None)
    x = alt.X("x:Q", title=chart.x_title, scale=alt.Scale(zero=False))
    y = alt.Y("value:Q", title=chart.y_title, scale=alt.Scale(zero=False))
    told = [alt.Tooltip("name:N", title="who"), alt.Tooltip("x:Q", title=chart.x_title, format=",.4~g"), *_told(alt)]
    dot = alt.Chart(data).mark_point(size=120, filled=False, strokeWidth=2, opacity=1)
    return alt.Chart(data).mark_rule().encode(x, alt.Y("low:Q"), alt.Y2("high:Q"), colour) + dot.encode(
        x, y, alt.Stroke("colour:N", scale=None), fill=alt.Fill("fill:N", scale=None), tooltip=told
    )
