"""What long experiments have in common on the command line: who plays them, and a clean stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.cli.terminal import UsageError

if TYPE_CHECKING:
    from sim.experiments.pools import Pool


@contextmanager
def interruptible(folder: Path) -> Iterator[None]:
    """After Ctrl-C, say what is safe and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        from sim.experiments.manifest import StoreError
        from sim.experiments.sweep import Sweep

        try:
            counts = Sweep(folder).counts
        except StoreError:
            raise KeyboardInterrupt from None  # before anything was made
        safe = f"\nStopped after {counts.done:,} of {counts.total:,} runs; they are safe."
        typer.echo(f"{safe} Go on with: sim resume {folder}", err=True)
        raise typer.Exit(130) from None


@contextmanager
def players(executor: str, dask: str | None, mpi: bool, workers: int | None) -> Iterator[Pool]:
    """Who plays the runs: there before anything is written. Raises UsageError, StoreError."""
    if executor not in ("threads", "processes"):
        raise UsageError(f'--executor {executor}: allowed are "threads" and "processes"')
    if (executor != "threads") + (dask is not None) + mpi > 1:
        raise UsageError("choose one of --executor processes, --dask and --mpi")
    if dask == "":
        raise UsageError("--dask: say where the scheduler is, as 127.0.0.1:8786, or name the file that it writes")
    from sim.experiments.pools import opened

    with opened("mpi" if mpi else executor if dask is None else f"dask:{dask}", workers) as pool:
        yield pool


@contextmanager
def lasting(total: int) -> Iterator[Callable[[int], None]]:
    """What to tell of every run done, where nothing else is known of an experiment than how many runs it has (or 0)."""
    from sim.experiments.progress import shown
    from sim.experiments.store import Counts

    done = 0

    def more(runs: int) -> None:
        nonlocal done
        done += runs
        report(Counts(max(total, done), done, 0))

    with shown(True) as report:
        yield more
