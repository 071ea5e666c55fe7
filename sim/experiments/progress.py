"""How far an experiment is, shown while it runs: a bar in a terminal or a notebook, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sim.experiments.counts import Counts

if TYPE_CHECKING:
    from sim.experiments.executors import Sink
    from sim.experiments.store import Outcome

type Report = Callable[[Counts], None]
type Progress = bool | Report | None

LATE = 0.5  # seconds after which there is something to wait for
LINE_EVERY = 30.0  # seconds between plain lines
OFTEN = 0.2  # seconds between pictures of a bar in a notebook


@contextmanager
def shown(progress: Progress = None, what: str = "runs") -> Iterator[Report]:
    """What to tell of every change of the counts; `what` is counted.

    progress   None: a bar where somebody looks, in a terminal or a notebook; True: plain lines on stderr elsewhere;
               False: nothing; or a function that takes the `Counts`, for a display of one's own
    """
    if callable(progress):
        yield progress
    elif progress is False:
        yield lambda counts: None
    elif _in_notebook():
        with _notebook(what) as report:
            yield report
    elif sys.stderr.isatty():
        with _terminal(Pace(what)) as report:
            yield report
    elif progress:
        yield _lines(Pace(what))
    else:
        yield lambda counts: None


def part(report: Report, total: int, before: int, runs: int) -> Report:
    """What to tell of one of several experiments that are shown as one.

    total   runs of all; before: of those that came earlier; runs: of this one, each counted where two are the same
    """
    return lambda counts: report(Counts(total, before + runs - counts.left - counts.failed, counts.failed))


class Watched:
    """A sink that tells how far its experiment is, from `counts` on."""

    def __init__(self, sink: Sink, counts: Counts, report: Report) -> None:
        self.sink, self.counts, self.report, self.way_on = sink, counts, report, sink.way_on
        report(counts)

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Keep finished runs and tell of them."""
        self.sink.record(outcomes)
        failed = sum(bool(outcome.error) for outcome in outcomes)
        total, done, before = self.counts
        self.counts = Counts(total, done + len(outcomes) - failed, before + failed)
        self.report(self.counts)


class Pace:
    """How fast it goes since the first counts that were seen."""

    def __init__(self, what: str = "runs") -> None:
        self.what = what
        self.begun, self.first = time.monotonic(), -1

    def words(self, counts: Counts) -> str:
        """As in "120 of 400 runs, 12/s, 0:00:23 left, 1 failed"."""
        over, seconds = counts.done + counts.failed, max(time.monotonic() - self.begun, 1e-9)
        if self.first < 0:
            self.first = over
        told, rate = [f"{over:,} of {counts.total:,} {self.what}"], (over - self.first) / seconds
        if rate > 0:
            told += [f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.2g}/s"]
            told += [f"{timedelta(seconds=round(counts.left / rate))} left"]
        return ", ".join(told + ([f"{counts.failed:,} failed"] if counts.failed else []))


def _lines(pace: Pace) -> Report:
    last = time.monotonic()

    def report(counts: Counts) -> None:
        nonlocal last
        words, now = pace.words(counts), time.monotonic()
        if now - last >= LINE_EVERY:
            last = now
            print(words, file=sys.stderr, flush=True)

    return report


@contextmanager
def _terminal(pace: Pace) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda counts: bar.update(
            task, total=counts.total, completed=counts.total - counts.left, description=pace.words(counts)
        )


# ------------------------------------------------------------------------------------------------------- a notebook


def _in_notebook() -> bool:
    """Does this run in a kernel, whose output is a page? IPython in a terminal has none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def _notebook(what: str) -> Iterator[Report]:
    """tqdm's bar, which comes when there is something to wait for and goes when it is over; failures are told."""
    begun, bar, latest = time.monotonic(), None, Counts(0, 0, 0)

    def report(counts: Counts) -> None:
        nonlocal bar, latest
        latest, over = counts, counts.total - counts.left
        if bar is None and time.monotonic() - begun >= LATE:
            unit = f" {what.removesuffix('s')}"
            often = {"mininterval": OFTEN, "miniters": 1}  # tqdm's own guess of miniters leaves the end out
            bar = _bar(total=counts.total, initial=over, unit=unit, leave=False, **often)
        if bar is None:
            return
        if bar.total != counts.total:  # more were added
            bar.reset(counts.total)
        if counts.failed:
            bar.set_postfix_str(f"{counts.failed:,} failed", refresh=False)
        bar.update(over - bar.n)

    try:
        yield report
    finally:
        if bar is not None:
            bar.close()
        if latest.failed:
            print(f"{latest.failed:,} of {latest.total:,} {what} failed", file=sys.stderr)


def _bar(**options: Any) -> Any:
    """tqdm's bar as a widget, or written where there are no widgets."""
    try:
        from tqdm.notebook import tqdm

        return tqdm(**options)
    except ImportError:
        from tqdm.std import tqdm

        return tqdm(**options)
