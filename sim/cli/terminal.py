"""What the commands share: messages, tables, progress, and an output folder that has all numbers or is not there.

Nothing heavy is imported before it is needed: `sim --help` passes through here.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

# what the commands write; --force replaces a folder only if it holds nothing else
WRITTEN = frozenset(
    {"accounts.csv", "comparison.npz", "measures.csv", "picture.png", "results.npz", "scenario-as-run.json"}
    | {"table.csv", "transactions.csv", "claims.md", "claims.json", "images", "story.txt", "market.txt", "market.png"}
    | {"report.html", "report.pptx", "report.xlsx", "report.pdf", "report-charts"}
)
PIPE_WIDTH = 160  # characters of a table that goes into a file or pipe


class UsageError(Exception):
    """Something the user can put right; the message says how."""


# -------------------------------------------------------------------------------------------------------- messages


@contextmanager
def plainly() -> Iterator[None]:
    """Turn what a user can put right into a message on stderr and exit code 2, Ctrl-C into exit code 130.

    Exit code 1 where runs are missing, which is nobody's wrong word.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("\nStopped; nothing was written.", err=True)
        raise typer.Exit(130) from None
    except _foreseen() as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(getattr(error, "code", 2)) from None


def _foreseen() -> tuple[type[Exception], ...]:
    """Errors that carry a message for the user; imported only once something went wrong."""
    from sim.in_words import ArgumentError
    from sim.results import ResultsError
    from sim.scenario_errors import ScenarioError
    from sim.strategies.base import StrategyError

    return UsageError, ArgumentError, ScenarioError, ResultsError, StrategyError


def table(title: str, *columns: str, numbers_from: int | None = None) -> Table:
    """An empty table; the columns from `numbers_from` on are aligned right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    empty = Table(title=Text(title, "bold"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for position, column in enumerate(columns):
        right = numbers_from is not None and position >= numbers_from
        empty.add_column(Text(column), justify="right" if right else "left")
    return empty


def fill(rows: Table, *cells: str, bold: bool = False) -> None:
    """Add a row; cells are taken literally, whatever brackets a name may contain."""
    from rich.text import Text

    rows.add_row(*(Text(cell, "bold" if bold and cell == cells[-1] else "") for cell in cells))


def show(what: Table | str) -> None:
    """Print a table or a sentence."""
    if isinstance(what, str):
        typer.echo(what)
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(what)


def show_json(value: Any) -> None:
    """Print JSON, with null for NaN and infinity, which JSON does not know."""
    typer.echo(json.dumps(_finite(value), indent=2, ensure_ascii=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value


@contextmanager
def progress(words: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar in a terminal for what is no experiment of many runs; yields what to call with the number just done."""
    from sim.experiments.counts import Counts
    from sim.experiments.progress import shown

    over = 0

    def more(done: int) -> None:
        nonlocal over
        over += done
        report(Counts(total, over, 0))

    with shown(None, words) as report:
        more(0)
        yield more


# ---------------------------------------------------------------------------------------------------------- folder


@contextmanager
def output(target: Path, force: bool) -> Iterator[Path]:
    """A folder beside `target` to write into, which becomes `target` when all went well and vanishes otherwise.

    Raises UsageError, before anything is run, where `target` may not be made or replaced.
    """
    _check(target, force)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        folder.chmod(0o777 & ~_umask())  # mkdtemp keeps others out; results need not
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror or error}") from error
    try:
        yield folder
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
            os.replace(target, old)
            os.replace(folder, target)
            shutil.rmtree(old)
        else:
            os.replace(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def attempt(file: Path, make: Callable[[Path], object]) -> str:
    """Draw or write `file` from numbers that are safe by now; what went wrong, "" where nothing did.

    Whatever it is, also Ctrl-C: a picture can be drawn again, hours of runs should not be needed again.
    """
    try:
        _shorten_matplotlib()
        make(file)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 the numbers are safe
        if file.is_file():  # half of it
            file.unlink()
        reason = "stopped" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        return f"{file.name} could not be made ({reason})"
    return ""


def _shorten_matplotlib() -> None:
    """Have matplotlib leave out what no command asks for, a third of a second: docstrings and the third dimension.

    It writes tables of properties for every class, and imports axes of three dimensions, or warns that it cannot.
    """
    from matplotlib import artist

    artist.kwdoc = lambda _: ""
    if hasattr(artist.Artist, "_update_set_signature_and_docstring"):
        artist.Artist._update_set_signature_and_docstring = classmethod(lambda _: None)
    solid = "mpl_toolkits.mplot3d"
    if solid not in sys.modules:
        sys.modules[solid] = None
        try:
            with warnings.catch_warnings(action="ignore"):
                importlib.import_module("matplotlib.projections")
        finally:
            del sys.modules[solid]


def admit(failures: Sequence[str], target: Path) -> None:
    """Say what could not be made beside the numbers in `target`; if there is something, with exit code 1."""
    undone = [failure for failure in failures if failure]
    for failure in undone:
        typer.echo(f"{failure}; the numbers are in {target}/", err=True)
    if undone:
        raise typer.Exit(1)


def write_scenario(folder: Path, scenario: dict[str, Any]) -> None:
    """Write the scenario as it was run beside its results."""
    text = json.dumps(scenario, indent=2, ensure_ascii=False) + "\n"
    (folder / "scenario-as-run.json").write_text(text, encoding="utf-8")


def files(target: Path) -> list[str]:
    """Names of what was written, for the last line a command prints."""
    return sorted(path.name for path in target.iterdir())


def _check(target: Path, force: bool) -> None:
    """Raise UsageError if `target` may not be made or replaced."""
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: is a file; name a folder with --out")
    inside = {path.name for path in target.iterdir()} if target.exists() else set()
    if inside and not force:
        raise UsageError(f"{target}: exists already and is not empty; name another folder with --out, or add --force")
    if foreign := sorted(inside - WRITTEN):
        raise UsageError(f"{target}: holds {foreign[0]}, which sim did not write; name another folder with --out")
    if target.resolve() == Path.cwd():
        raise UsageError(f"{target}: is the folder you are in; name one inside it with --out")


def _umask() -> int:
    mask = os.umask(0)  # it can be read only by setting it
    os.umask(mask)
    return mask
