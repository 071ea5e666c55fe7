"""The report of whatever lies in a folder or file: a comparison, a run, or an experiment."""

from __future__ import annotations

from pathlib import Path

from sim.experiments.comparison import Comparison
from sim.experiments.saved import saved
from sim.reports.document import Report
from sim.reports.words import DECIDES
from sim.results import Results, ResultsError


def report_of(result: Comparison | Results | str | Path, replay: bool = True, measure: str | None = None) -> Report:
    """The report of a result in memory, or of what a command has written to a folder or file.

    replay    play some runs again, to look at their customers
    measure   what decides (default: discounted profit, or what a comparison was decided by)

    Raises ResultsError for a file that is missing, damaged or of another program, and a measure it does not hold.
    """
    from sim.reports.build import of_comparison, of_results

    if isinstance(result, Comparison):
        return of_comparison(result, replay, measure)
    if isinstance(result, Results):
        return of_results(result, replay, measure)
    found = saved(result)
    if found.kind in ("comparison", "results"):
        try:
            if found.kind == "comparison":
                return of_comparison(Comparison.load(found.path), replay, measure)
            return of_results(Results.load(found.path), replay, measure)
        except ResultsError as error:
            raise ResultsError(str(error) if str(found.path) in str(error) else f"{found.path}: {error}") from error
    if found.kind == "tournament":
        from sim.reports.tournaments import of_tournament as of_experiment
    elif found.kind == "drawn":
        from sim.reports.drawn import of_drawn as of_experiment
    elif found.kind == "entry":
        from sim.reports.entries import of_entry as of_experiment
    else:
        from sim.reports.sweeps import of_sweep as of_experiment
    return of_experiment(found.path, measure or DECIDES)
