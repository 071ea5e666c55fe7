"""What lies in a folder or file that `sim` has written; the one place that tells the kinds of results apart."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from sim.experiments.manifest import read_manifest
from sim.results import ResultsError, archive_kind

type Kind = Literal["comparison", "results", "tournament", "drawn", "entry", "runs", "sweep"]

FILES = {"comparison.npz": "a comparison", "results.npz": "a run", "manifest.json": "an experiment"}
ARCHIVES: dict[str, Kind] = {"a comparison": "comparison", "results": "results"}
# how the kind of a design begins; all others are sweeps. "runs" are those that `sim compare --store` kept
EXPERIMENTS: dict[str, Kind] = {
    "tournament of": "tournament",
    "drawn markets": "drawn",
    "entry into": "entry",
    "comparison": "runs",
}


class Saved(NamedTuple):
    """What it is, and where: the file of a comparison or run, the folder of an experiment; design: how it was made."""

    kind: Kind
    path: Path
    design: str = ""


def kind_of(design: str) -> Kind:
    """What experiment has a design of this kind."""
    return next((kind for begin, kind in EXPERIMENTS.items() if design.startswith(begin)), "sweep")


def saved(path: str | Path) -> Saved:
    """What a folder or file holds; an archive may have any name. Raises ResultsError where it is no result."""
    path = Path(path)
    file = path if path.is_file() else _inside(path)
    if file.name == "manifest.json":
        design = read_manifest(file.parent)["kind"]
        return Saved(kind_of(design), file.parent, design)
    found = archive_kind(file)
    if found not in ARCHIVES:
        raise ResultsError(f"{file}: holds {found}, which is no result of its own")
    return Saved(ARCHIVES[found], file)


def _inside(folder: Path) -> Path:
    """The file of a folder that holds its result. Raises ResultsError."""
    if not folder.exists():
        raise ResultsError(f"{folder}: there is no such file or folder")
    for name in FILES:
        if (folder / name).exists():
            return folder / name
    wanted = ", ".join(f"{name} ({what})" for name, what in FILES.items())
    raise ResultsError(f"{folder}: holds no result; looked for {wanted}")
