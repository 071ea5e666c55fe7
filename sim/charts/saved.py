"""What can be drawn from a file or folder that `sim` has written: one run, a comparison, a sweep, a tournament."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.charts import CHARTS
from sim.experiments.saved import Saved, saved
from sim.results import ResultsError


def drawable(path: str | Path) -> dict[str, Callable[..., object]]:
    """What charts need -> the function that reads it from a result: `read(measure, condition)`.

    measure: of experiments; condition: number of a tournament that was repeated, from 1. Raises ResultsError for what
    holds no result.
    """
    found = saved(path)
    if found.kind == "results":
        return {"results": _of(found.path, _results)}
    if found.kind == "comparison":
        return {"comparison": _of(found.path, _comparison)}
    return _experiment(found)


def fitting(needs: dict[str, Callable[..., object]]) -> list[str]:
    """Names of the charts that can be drawn."""
    return [name for name, chart in CHARTS.items() if chart.needs in needs]


def _of(path: Path, read: Callable[[Path], object]) -> Callable[..., object]:
    return lambda measure="discounted_profit", condition=1: read(path)


def _results(path: Path) -> object:
    from sim.results import Results

    return Results.load(path)


def _comparison(path: Path) -> object:
    from sim.experiments.comparison import Comparison

    return Comparison.load(path)


def _experiment(found: Saved) -> dict[str, Callable[..., object]]:
    path = found.path
    if found.kind == "tournament":
        return {"tournament": lambda measure="discounted_profit", condition=1: _tournament(path, measure, condition)}
    if found.kind in ("drawn", "entry"):
        raise ResultsError(
            f"{path}: no chart is drawn from this kind of experiment ({found.design}); sim report says what it found"
        )

    def sweep(measure: str = "discounted_profit", condition: int = 1) -> object:
        from sim.experiments.sweep import Sweep

        return Sweep(path).table(measure)

    def sensitivity(measure: str = "discounted_profit", condition: int = 1) -> object:
        from sim.experiments.sensitivity import sensitivity

        return sensitivity(sweep(measure))

    def discovery(measure: str = "discounted_profit", condition: int = 1) -> object:
        from sim.experiments.discovery import discover

        return discover(sweep(measure))

    readers: dict[str, Callable[..., object]] = {"sweep": sweep, "discovery": discovery}
    return readers | ({"sensitivity": sensitivity} if found.design in ("saltelli", "morris") else {})


def _tournament(path: Path, measure: str, condition: int) -> object:
    from sim.experiments.store import Store
    from sim.experiments.tournament import read

    with Store.open(path) as store:
        found = read(store, measure)
    if not 1 <= condition <= len(found):
        raise ResultsError(f"{path}: holds a tournament under {len(found)} conditions; number {condition} is none")
    return found[condition - 1]
