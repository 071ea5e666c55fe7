"""The figures of a report as files at the size of a slide."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context

from sim.figure import STYLE
from sim.reports.document import Report
from sim.results import ResultsError

WIDE = 1920  # dots


def write(report: Report, folder: Path, kinds: tuple[str, ...]) -> list[Path]:
    """Write every figure as png or svg (`kinds`) into a folder; returns the files. Raises OSError, ResultsError."""
    if not report.figures():
        raise ResultsError("the report has no figures")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for figure in report.figures():
        drawing = figure.draw()
        for kind in kinds:
            about = {"Title": figure.title} | ({"Date": None, "Creator": None} if kind == "svg" else {"Software": None})
            written.append(folder / f"{figure.name}.{kind}")
            with rc_context(STYLE):
                drawing.savefig(written[-1], format=kind, dpi=WIDE / drawing.get_size_inches()[0], metadata=about)
    return written
