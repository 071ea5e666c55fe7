"""`sim chart`: any chart from a saved result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.inputs import Measure
from sim.cli.picture import check, save
from sim.cli.terminal import UsageError, fill, plainly, show, table
from sim.cli.why import Contrast


def chart(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Folder or .npz file that sim has written.")],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which chart (default: list them).")] = None,
    measure: Measure = "discounted_profit",
    contrast: Contrast = None,
    condition: Annotated[int, typer.Option(min=1, help="Of a tournament with --vary: which one.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .png, .svg or .pdf (default: RESULT-NAME.png).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Draw a chart from a saved result; without NAME, list the charts that can be drawn from it."""
    with plainly():
        from sim.charts import CHARTS
        from sim.charts.saved import drawable, fitting

        readers = drawable(result)
        names = fitting(readers)
        if name is None:
            listed = table(f"Charts of {result}", "chart", "shows")
            for each in names:
                fill(listed, each, CHARTS[each].shows)
            show(listed)
            return
        if name not in names:
            from sim.scenario_errors import not_one_of

            needed = f" ({name} is drawn from: {CHARTS[name].needs})" if name in CHARTS else ""
            raise UsageError(not_one_of(name, f"a chart of {result}", names) + needed)
        file = out or result.parent / f"{result.stem}-{name}.png"
        check(file, force)
        _draw(name, _reader(readers, CHARTS[name].needs, name, contrast or []), measure, condition, file)
        show(f"Written: {file}")


def _reader(
    readers: dict[str, Callable[..., object]], needs: str, name: str, contrast: list[str]
) -> Callable[..., tuple[object, ...]]:
    """What reads the arguments of a chart, of the alternatives asked for. Raises UsageError where it takes none."""
    if not contrast:
        return lambda *asked: (readers[needs](*asked),)
    if name == "tornado":
        return lambda *asked: (readers[needs](*asked), contrast)
    if needs == "sensitivity":
        from sim.experiments.sensitivity import sensitivity

        return lambda *asked: (sensitivity(readers["sweep"](*asked), contrast),)
    if needs == "discovery":
        from sim.experiments.discovery import discover

        return lambda *asked: (discover(readers["sweep"](*asked), contrast),)
    raise UsageError(f"--of: {name} shows all alternatives; leave it out")


def _draw(name: str, read: Callable[..., tuple[Any, ...]], measure: str, condition: int, file: Path) -> None:
    from matplotlib.axes import Axes

    from sim.charts import CHARTS
    from sim.charts import chart as function
    from sim.experiments.axes import said

    what = read(measure, condition)
    if CHARTS[name].needs == "tournament" and (levels := what[0].levels):
        where = ", ".join(f"{factor} = {said(level)}" for factor, level in levels.items())
        show(f"Condition {condition}: {where}; --condition N draws another.")
    try:
        drawn = function(name)(*what)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None
    save(drawn.figure if isinstance(drawn, Axes) else drawn, file)
