"""What can be drawn from a file or folder that `sim` has written: one run, a comparison, a sweep, a tournament."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.charts import CHARTS
from sim.results import ResultsError


def drawable(path: str | Path) -> dict[str, Callable[..., object]]:
    """What charts need -> the function that reads it from a result: `read(measure, condition)`.

    measure: of experiments; condition: number of a tournament that was repeated, from 1. Raises ResultsError for what
    holds no result.
    """
    path = Path(path)
    if not path.exists():
        raise ResultsError(f"{path}: there is no such file or folder")
    if (path / "manifest.json").exists():
        return _experiment(path)
    for name, readers in (("results.npz", {"results": _results}), ("comparison.npz", {"comparison": _comparison})):
        if (path / name).exists() or (path.is_file() and path.name == name):
            return {need: _of(path, read) for need, read in readers.items()}
    if path.suffix == ".npz":  # renamed: its contents say what it is
        for need, read in (("results", _results), ("comparison", _comparison)):
            try:
                read(path)
            except ResultsError:
                continue
            return {need: _of(path, read)}
    raise ResultsError(f"{path}: holds no result of sim run, compare, sweep or tournament")


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


def _experiment(path: Path) -> dict[str, Callable[..., object]]:
    from sim.experiments.manifest import read_manifest

    kind = read_manifest(path)["kind"]
    if kind.startswith("tournament"):
        return {"tournament": lambda measure="discounted_profit", condition=1: _tournament(path, measure, condition)}
    if kind.startswith(("drawn", "entry")):
        raise ResultsError(f"{path}: no chart is drawn from this kind of experiment ({kind})")

    def sweep(measure: str = "discounted_profit", condition: int = 1) -> object:
        from sim.experiments.sweep import Sweep

        return Sweep(path).table(measure)

    def sensitivity(measure: str = "discounted_profit", condition: int = 1) -> object:
        from sim.experiments.sensitivity import sensitivity

        return sensitivity(sweep(measure))

    def discovery(measure: str = "discounted_profit", condition: int = 1) -> object:
        from sim.experiments.discovery import discover

        return discover(sweep(measure))

    found: dict[str, Callable[..., object]] = {"sweep": sweep, "discovery": discovery}
    return found | ({"sensitivity": sensitivity} if kind in ("saltelli", "morris") else {})


def _tournament(path: Path, measure: str, condition: int) -> object:
    from sim.experiments.store import Store
    from sim.experiments.tournament import read

    with Store.open(path) as store:
        found = read(store, measure)
    if not 1 <= condition <= len(found):
        raise ResultsError(f"{path}: holds a tournament under {len(found)} conditions; number {condition} is none")
    return found[condition - 1]
