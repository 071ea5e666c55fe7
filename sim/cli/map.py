"""`sim map`: which alternative is better where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.inputs import Force, Measure, StoreName
from sim.cli.terminal import UsageError, plainly, show


def map_(
    store: StoreName,
    measure: Measure = "discounted_profit",
    x: Annotated[str | None, typer.Option("--x", metavar="FACTOR", help="To the right.")] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="FACTOR", help="Upwards.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The picture (default: map.png in STORE).")] = None,
    force: Force = False,
) -> None:
    """Draw which alternative is better where, over two factors, with the boundary and how sure it is."""
    with plainly():
        from sim.experiments.sweep import Sweep

        file = out or store / "map.png"
        if out is not None and out.exists() and not force:
            raise UsageError(f"{out}: exists already; choose another name or add --force")
        found = Sweep(store).table(measure)
        from sim.charts import map_picture

        try:
            map_picture(found, x, y).savefig(file)
        except ValueError as error:
            raise UsageError(str(error)) from None
        except OSError as error:
            raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
        show(f"Written: {file}")
