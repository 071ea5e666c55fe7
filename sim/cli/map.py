"""`sim map`: which alternative is better where."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.cli.inputs import Measure, StoreName, known_measures
from sim.cli.picture import Picture, Replace, place, save
from sim.cli.terminal import UsageError, plainly, show


def map_(
    store: StoreName,
    measure: Measure = "discounted_profit",
    x: Annotated[str | None, typer.Option("--x", metavar="FACTOR", help="To the right.")] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="FACTOR", help="Upwards.")] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="FACTOR", help="A map for each level of it (default: what matters most)."),
    ] = None,
    out: Picture = None,
    force: Replace = False,
) -> None:
    """Draw which alternative is better where, over two factors, with the boundary and how sure it is."""
    with plainly():
        known_measures(measure)
        file = place(store, "map", measure, out, force)
        from sim.experiments.sweep import Sweep

        found = Sweep(store).table(measure)
        from sim.charts import map_picture

        try:
            figure = map_picture(found, x, y, by)
        except ValueError as error:
            raise UsageError(str(error)) from None
        save(figure, file)
        show(f"Written: {file}")
