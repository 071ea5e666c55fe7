"""Scales of native charts: what an axis has to hold, its ticks, and names along it that keep apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.ticker import MaxNLocator

from sim.reports.document import Chart


def reach(chart: Chart) -> list[float]:
    """What the axis of the numbers has to hold: values with their limits, zero of bars and lines, sums of
    what is stacked.
    """
    if chart.kind in ("areas", "stacked"):
        rows = zip(*(series.values for series in chart.series), strict=True)
        sides = [[v for v in row if math.isfinite(v) and v * sign > 0] for row in rows for sign in (1, -1)]
        return [0.0, *map(sum, sides), *chart.beside]
    found = [
        value for s in chart.series for part in (s.values, s.low, s.high) for value in part if math.isfinite(value)
    ]
    return [*([0.0] if chart.kind in ("bars", "lines") else []), *found, *chart.beside]


def shown_as(step: float, percent: bool) -> str:
    """How an office program writes the numbers of an axis with ticks `step` apart: as many places as they differ in."""
    step = 100 * step if percent else step
    places = next((k for k in range(9) if abs(round(step, k) - step) <= 1e-9 * step), 9)
    return ("0" if percent else "#,##0") + ("." + places * "0" if places else "") + ("%" if percent else "")


def span(chart: Chart, most: int = 6) -> tuple[float, float, float]:
    """Ends of the axis of the numbers and its step; a share has no room beyond all where it does not reach there."""
    held = reach(chart)
    low, high, step = ticks(held, most)
    if chart.percent and min(held, default=0.0) >= -1 and max(held, default=0.0) <= 1:
        low, high = max(low, -1.0), min(high, 1.0)
    return low, high, step


def ticks(values: Sequence[float], most: int = 6) -> tuple[float, float, float]:
    """Ends of the axis and its step, round numbers all."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    if min(finite) == max(finite):  # an axis needs a length
        finite = [0.0, finite[0] or 1.0]
    found = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(min(finite), max(finite))
    return float(found[0]), float(found[-1]), float(found[1] - found[0])


def apart(places: list[float], gap: float, low: float = -math.inf, high: float = math.inf) -> list[float]:
    """Places moved so far that neighbours are `gap` apart and all lie between `low` and `high`, where there is room."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = [places[k] for k in order]
    for _ in range(200):
        for k in range(1, len(moved)):
            overlap = gap - (moved[k] - moved[k - 1])
            if overlap > 0:
                moved[k - 1] -= overlap / 2
                moved[k] += overlap / 2
        moved = [min(max(at, low + k * gap), high - (len(moved) - 1 - k) * gap) for k, at in enumerate(moved)]
    return [place for _, place in sorted(zip(order, moved, strict=True))]
