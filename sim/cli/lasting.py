"""What long experiments have in common on the command line: who plays them, and a clean stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sim.cli.terminal import UsageError

if TYPE_CHECKING:
    from sim.experiments.counts import Counts
    from sim.experiments.pools import Pool

HERE = ("auto", "threads", "processes")  # who plays on this machine


def way_on(folder: Path, measure: str | None = None, halfwidth: float | None = None, at_most: int = 200) -> str:
    """The command that goes on with an experiment, with the precision it is to reach."""
    from sim.experiments.manifest import command

    words = ["resume", str(folder)]
    if halfwidth is not None:
        words += ["--until-halfwidth", f"{halfwidth:g}", "--at-most", str(at_most)]
        words += ["--measure", measure] if measure not in (None, "discounted_profit") else []
    return command(*words)


@contextmanager
def interruptible(folder: Path, hint: str = "") -> Iterator[None]:
    """After Ctrl-C, say what is safe and how to go on: with the command `hint` (default: resume)."""
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
        typer.echo(f"{safe} Go on with: {hint or way_on(folder)}", err=True)
        raise typer.Exit(130) from None


@contextmanager
def looked_at() -> Iterator[Callable[[Counts], None]]:
    """What to tell of the counts of runs that are only looked at again: after Ctrl-C, how far that was."""
    from sim.experiments.counts import Counts
    from sim.experiments.progress import shown

    latest = Counts(0, 0, 0)

    def note(counts: Counts) -> None:
        nonlocal latest
        latest = counts
        report(counts)

    with shown(True) as report:
        try:
            yield note
        except KeyboardInterrupt:
            over = latest.done + latest.failed
            told = f"\nStopped after {over:,} of {latest.total:,} runs were played again; nothing was changed."
            typer.echo(told, err=True)
            raise typer.Exit(130) from None


def end_with(folder: Path) -> None:
    """Exit code 1 where runs of an experiment have failed."""
    from sim.experiments.manifest import command
    from sim.experiments.sweep import Sweep

    if failed := Sweep(folder).counts.failed:
        typer.echo(f"{failed:,} runs failed: {command('status', folder, '--failures')}", err=True)
        raise typer.Exit(1)


def executor_of(executor: str, dask: str | None, mpi: bool) -> str:
    """What is asked for, as `sim.experiments.pools` calls it. Raises UsageError."""
    if executor not in HERE:
        from sim.scenario_errors import not_one_of

        raise UsageError(f"--executor: {not_one_of(executor, 'known here', HERE)}; or use --dask or --mpi")
    if (executor != "auto") + (dask is not None) + mpi > 1:
        raise UsageError("choose one of --executor, --dask and --mpi")
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
