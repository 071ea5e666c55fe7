"""Links inside a PDF that matplotlib draws.

Matplotlib writes the address of a text as a link to the outside. Those that begin with `MARK` are turned into links to
a page of the same file. It has no public way to do that: where a version keeps its notes elsewhere, the words stay
without a link, and nothing else is lost.
"""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.backends.backend_pdf import Name, PdfPages

MARK = "#"


def link(pdf: PdfPages, places: Mapping[str, tuple[int, float]]) -> int:
    """Turn marked addresses into links; places: name -> page (from 0) and height on it, in points. Returns how many.

    Called when all pages are drawn and the file is not closed yet.
    """
    file = getattr(pdf, "_file", None)
    notes, pages = getattr(file, "_annotations", ()), getattr(file, "pageList", ())
    made = 0
    for _, found in notes:
        for note in list(found):
            address = note.get("A", {}).get("URI") or ""
            if not address.startswith(MARK):
                continue
            page, height = places.get(address.removeprefix(MARK), (len(pages), 0.0))
            del note["A"]
            if page < len(pages):
                note["Dest"] = [pages[page], Name("XYZ"), 0, height, 0]
                made += 1
            else:
                found.remove(note)
    return made
