"""`sim report`: what a saved result says, as a page, slides, a workbook, a PDF or pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.terminal import UsageError, plainly, show

if TYPE_CHECKING:
    from sim.reports.document import Report

NAME = "report"  # of all files written, whatever their ending
CHARTS = "report-charts"
NEEDS = {".pptx": ("pptx", "--pptx"), ".xlsx": ("xlsxwriter", "--xlsx")}


def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="Folder or file that sim has written.")],
    pptx: Annotated[bool, typer.Option("--pptx", help="Slides with charts that can be edited, as well.")] = False,
    xlsx: Annotated[bool, typer.Option("--xlsx", help="A workbook with all numbers and charts, as well.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Pages for the screen (16:9), as well.")] = False,
    png: Annotated[bool, typer.Option("--png", help="Every chart as a picture, as well.")] = False,
    svg: Annotated[bool, typer.Option("--svg", help="Every chart as a drawing, as well.")] = False,
    interactive: Annotated[bool, typer.Option("--interactive", help="Charts of the page answer to the mouse.")] = False,
    segments: Annotated[
        bool, typer.Option("--segments/--no-segments", help="Play some runs again to look at customers.")
    ] = True,
    measure: Annotated[
        str | None, typer.Option(metavar="NAME", help="The measure that decides (default: profit, or what did).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder to write to (default: that of RESULT).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace reports that exist.")] = False,
) -> None:
    """Write the report of a result: one HTML page, answer first, that needs nothing else; more formats on request."""
    with plainly():
        folder = out or (result if result.is_dir() else result.parent)
        kinds = [kind for kind, wanted in ((".html", True), (".pptx", pptx), (".xlsx", xlsx), (".pdf", pdf)) if wanted]
        pictures = tuple(kind for kind, wanted in (("png", png), ("svg", svg)) if wanted)
        ready(folder, kinds, pictures, interactive, force)
        from sim.reports.files import report_of

        for file in write(report_of(result, segments, measure), folder, kinds, pictures, interactive):
            show(f"Written: {file}")


def ready(folder: Path, kinds: list[str], pictures: tuple[str, ...], interactive: bool, force: bool) -> None:
    """Raise, before anything is read or run, where a file is there already or a library is not."""
    targets = [folder / f"{NAME}{kind}" for kind in kinds] + ([folder / CHARTS] if pictures else [])
    for target in targets:
        if target.exists() and not force:
            raise UsageError(f"{target}: exists already; name another folder with --out, or add --force")
    libraries(kinds, interactive)


def libraries(kinds: list[str], interactive: bool = False) -> None:
    """Raise MissingExtra where a library for one of these formats is not installed."""
    from sim.reports.extras import need

    asked = [NEEDS[kind] for kind in kinds if kind in NEEDS]
    asked += [("altair", "--interactive"), ("vl_convert", "--interactive")] if interactive else []
    for module, what in asked:
        need(module, what)


def write(
    document: Report, folder: Path, kinds: list[str], pictures: tuple[str, ...] = (), interactive: bool = False
) -> list[Path]:
    """Write a report in these formats; returns the files, and the folder of the pictures."""
    from sim.reports import write as write_one

    files = [
        write_one(document, folder / f"{NAME}{kind}", overwrite=True, interactive=interactive and kind == ".html")
        for kind in kinds
    ]
    if pictures:
        from sim.reports.images import write as write_pictures

        try:
            write_pictures(document, folder / CHARTS, pictures)
        except OSError as error:
            raise UsageError(f"{folder / CHARTS}: cannot be written: {error.strerror or error}") from None
        files.append(folder / CHARTS)
    return files
