"""What lies in a folder: a comparison, a run, or an experiment; and the report of it."""

from __future__ import annotations

from pathlib import Path

from sim.experiments.comparison import Comparison
from sim.experiments.manifest import read_manifest
from sim.reports.document import Report
from sim.reports.words import DECIDES
from sim.results import Results, ResultsError

KINDS = {"comparison.npz": "a comparison", "results.npz": "a run", "manifest.json": "an experiment"}


def report_of(result: Comparison | Results | str | Path, replay: bool = True, measure: str = DECIDES) -> Report:
    """The report of a result in memory, or of what a command has written to a folder or file.

    replay    play some runs of a comparison again, to tell segments of customers apart
    measure   what decides in a sweep or a tournament; in everything else it is profit

    Raises ResultsError for a file that is missing, damaged or of another program, and a measure it does not hold.
    """
    from sim.reports.build import of_comparison, of_results

    if isinstance(result, Comparison):
        return of_comparison(result, replay)
    if isinstance(result, Results):
        return of_results(result)
    path = Path(result)
    file = path if path.is_file() else _inside(path)
    if file.name == "manifest.json":
        return _experiment(file.parent, measure)
    if measure != DECIDES:
        raise ResultsError(f"{path}: in {KINDS.get(file.name, 'this result')} profit decides; leave the measure out")
    if file.name == "comparison.npz":
        return of_comparison(Comparison.load(file), replay)
    try:
        return of_results(Results.load(file))
    except ResultsError as error:
        if "holds a comparison" not in str(error):
            raise
        return of_comparison(Comparison.load(file), replay)


def _inside(folder: Path) -> Path:
    """The file of a folder that holds its result. Raises ResultsError."""
    if not folder.exists():
        raise ResultsError(f"{folder}: there is no such file or folder")
    for name in KINDS:
        if (folder / name).exists():
            return folder / name
    wanted = ", ".join(f"{name} ({what})" for name, what in KINDS.items())
    raise ResultsError(f"{folder}: holds no result; looked for {wanted}")


def _experiment(folder: Path, measure: str) -> Report:
    if read_manifest(folder)["kind"].startswith("tournament"):
        from sim.reports.tournaments import of_tournament

        return of_tournament(folder, measure)
    from sim.reports.sweeps import of_sweep

    return of_sweep(folder, measure)
