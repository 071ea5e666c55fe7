"""Where the picture of a command goes, and how it gets there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.terminal import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
USUAL = "discounted_profit"  # the measure whose picture needs no second name

Picture = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The picture (default: in STORE).")]
Replace = Annotated[bool, typer.Option("--force", help="Replace the picture if it exists.")]


def place(store: Path, name: str, measure: str, out: Path | None, force: bool) -> Path:
    """`out`, or a file in the store named after the picture and the measure. Raises UsageError.

    The usual picture of a store is drawn again whenever it is asked for; any other is not overwritten unasked.
    """
    file = out or store / (f"{name}.png" if measure == USUAL else f"{name}-{measure}.png")
    check(file, force or (out is None and measure == USUAL))
    return file


def check(file: Path, force: bool) -> None:
    """Raise UsageError where no picture may be written to `file`."""
    if file.suffix not in FORMATS:
        raise UsageError(f"{file}: pictures are written as {', '.join(FORMATS)}")
    if file.exists() and not force:
        raise UsageError(f"{file}: exists already; choose another name with --out, or add --force")


def save(figure: Figure, file: Path) -> None:
    """Write a picture. Raises UsageError where that cannot be done."""
    try:
        figure.savefig(file)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from None
