"""Reports: what a result says, answer first, as a page, slides, a workbook, a PDF or pictures.

>>> sim.report(comparison, "answer.html")
>>> sim.report("out/compare-one_click", "answer.pptx")

A result is read once into a document (`sim.reports.document`); a writer for each format renders that and computes
nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.experiments.comparison import Comparison
    from sim.reports.document import Report
    from sim.results import Results

FORMATS = (".html", ".pptx", ".xlsx", ".pdf")


def report(
    result: Comparison | Results | str | Path, file: str | Path, *, overwrite: bool = False, interactive: bool = False
) -> Path:
    """Write the report of a result (or of the folder of one) and return the file; its ending says in which format.

    interactive   charts of an .html file answer to the mouse

    Raises ResultsError for a result that cannot be read, a file that exists, an ending that is none of `FORMATS`, and
    a library that is not installed.
    """
    from sim.reports.files import report_of

    target = Path(file)
    check(target, overwrite)
    return write(report_of(result), target, overwrite=overwrite, interactive=interactive)


def write(document: Report, file: Path, *, overwrite: bool = False, interactive: bool = False) -> Path:
    """Write a report that was built before: under another name first, so that nobody sees half a file."""
    from sim.results import ResultsError
    from sim.whole import whole

    check(file, overwrite)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole(file) as part:
            _render(document, part, file.suffix, interactive)
    except OSError as error:
        raise ResultsError(f"{file}: cannot be written: {error.strerror or error}") from error
    return file


def check(file: Path, overwrite: bool) -> None:
    """Raise ResultsError where a report may not be written to `file`."""
    from sim.results import ResultsError

    if file.suffix not in FORMATS:
        raise ResultsError(f"{file}: a report is one of {', '.join(FORMATS)}; choose such an ending")
    if file.exists() and not overwrite:
        raise ResultsError(f"{file}: exists already; choose another name or allow overwriting (--force)")


def _render(document: Report, file: Path, kind: str, interactive: bool) -> None:
    if kind == ".pptx":
        from sim.reports.deck import write as to_slides

        to_slides(document, file)
    elif kind == ".xlsx":
        from sim.reports.workbook import write as to_workbook

        to_workbook(document, file)
    elif kind == ".pdf":
        from sim.reports.pages import write as to_pages

        to_pages(document, file)
    elif interactive:
        from sim.reports.interactive import write as to_live_page

        file.write_text(to_live_page(document), encoding="utf-8")
    else:
        from sim.reports.page import page

        file.write_text(page(document), encoding="utf-8")
