"""What long experiments have in common on the command line: progress in lines or a bar, and a clean stop."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from sim.cli.terminal import UsageError, progress

LINE_EVERY = 30.0  # seconds between lines of progress where there is no terminal


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
def lasting(total: int) -> Iterator[Callable[[int], None]]:
    """The line of a terminal; elsewhere a plain line now and then."""
    done, begun = 0, time.monotonic()
    told = begun

    def plain(more: int) -> None:
        nonlocal done, told
        done, now = done + more, time.monotonic()
        if now - told >= LINE_EVERY:
            told, rate = now, done / (now - begun)
            left = f", {(total - done) / rate:,.0f} s left" if total else ""
            of = f" of {total:,}" if total else ""
            print(f"{done:,}{of} runs, {rate:,.1f}/s{left}", file=sys.stderr, flush=True)

    with progress("runs", total) as line:
        yield plain if line is None else line


def check(executor: str) -> None:
    """Raise UsageError for an executor there is not."""
    if executor not in ("threads", "processes"):
        raise UsageError(f'--executor {executor}: allowed are "threads" and "processes"')
