"""The report of whatever lies in a folder or file: a comparison, a run, or an experiment."""

from __future__ import annotations

from pathlib import Path

from sim.experiments.comparison import Comparison
from sim.experiments.saved import saved
from sim.reports.document import Report
from sim.reports.words import DECIDES
from sim.results import Results, ResultsError


def report_of(result: Comparison | Results | str | Path, replay: bool = True, measure: str = DECIDES) -> Report:
    """The report of a result in memory, or of what a command has written to a folder or file.

    replay    play some runs of a comparison again, to tell segments of customers apart
    measure   what decides in an experiment; in a comparison and in a run it is profit

    Raises ResultsError for a file that is missing, damaged or of another program, and a measure it does not hold.
    """
    from sim.reports.build import of_comparison, of_results

    if isinstance(result, Comparison):
        return of_comparison(result, replay)
    if isinstance(result, Results):
        return of_results(result)
    found = saved(result)
    if found.kind in ("comparison", "results"):
        if measure != DECIDES:
            what = "a comparison" if found.kind == "comparison" else "a run"
            raise ResultsError(f"{result}: in {what} profit decides; leave the measure out")
        if found.kind == "comparison":
            return of_comparison(Comparison.load(found.path), replay)
        return of_results(Results.load(found.path))
    if found.kind == "tournament":
        from sim.reports.tournaments import of_tournament as of_experiment
    elif found.kind == "drawn":
        from sim.reports.drawn import of_drawn as of_experiment
    elif found.kind == "entry":
        from sim.reports.entries import of_entry as of_experiment
    else:
        from sim.reports.sweeps import of_sweep as of_experiment
    return of_experiment(found.path, measure)
