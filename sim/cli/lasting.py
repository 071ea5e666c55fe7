"""What long experiments have in common on the command line: who plays them, and a clean stop."""

from __future__ import annotations

from collections.abc import Iterator
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


def executor_of(executor: str, dask: str | None, mpi: bool) -> str:
    """What is asked for, as `sim.experiments.pools` calls it. Raises UsageError."""
    if executor not in ("threads", "processes"):
        raise UsageError(f'--executor {executor}: allowed are "threads" and "processes"')
    if (executor != "threads") + (dask is not None) + mpi > 1:
        raise UsageError("choose one of --executor processes, --dask and --mpi")
    if dask == "":
        raise UsageError("--dask: say where the scheduler is, as 127.0.0.1:8786, or name the file that it writes")
    return "mpi" if mpi else executor if dask is None else f"dask:{dask}"


@contextmanager
def players(executor: str, dask: str | None, mpi: bool, workers: int | None) -> Iterator[Pool]:
    """Who plays the runs: there before anything is written. Raises UsageError, StoreError."""
    asked = executor_of(executor, dask, mpi)
    from sim.experiments.pools import opened

    with opened(asked, workers) as pool:
        yield pool
