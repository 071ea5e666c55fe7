"""The command ``sim``: arguments in, files and a table out; no logic of its own.

One module per command, or per group of commands that is always read together. Everything heavy is imported inside the
commands, so that ``sim --help`` answers at once. What a user can get wrong is answered on stderr in a line or two with
exit code 2; Ctrl-C ends with exit code 130 and leaves nothing behind.
"""

from __future__ import annotations

import atexit
import copy
import gc
import inspect
import os
import signal
import sys
from typing import Any

import typer
from typer.models import CommandInfo

from sim.cli import (
    ablate,
    chart,
    claims,
    compare,
    experiments,
    fit,
    listing,
    map,
    page,
    replicate,
    report,
    run,
    story,
    tournament,
    why,
)

app = typer.Typer(
    name="sim",
    help="A laboratory for strategies in simulated markets of buyers and sellers.",
    epilog="Begin with:  sim list   and   sim compare everyday_low_price",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would import half of rich at every start
    rich_markup_mode=None,
)

COMMANDS = {  # in the order of the help
    "list": listing.list_,
    "run": run.run,
    "compare": compare.compare,
    "report": report.report,
    "story": story.story,
    "app": page.app,
    "sweep": experiments.sweep,
    "resume": experiments.resume,
    "gather": experiments.gather,
    "status": experiments.status,
    "export": experiments.export,
    "verify": experiments.verify,
    "reproduce": experiments.reproduce,
    "map": map.map_,
    "chart": chart.chart,
    "sensitivity": why.sensitivity,
    "discover": why.discover,
    "tournament": tournament.tournament,
    "ablate": ablate.ablate,
    "claims": claims.claims,
    "replicate": replicate.replicate,
    "fit": fit.fit,
    "schema": listing.schema,
}
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


# Ends of these are their own, and those who wait on other machines for a word from them would wait in vain.
CLUSTERS = {"mpi4py", "distributed"}


def main() -> None:
    """Entry point of the command `sim`."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # how schedulers end a job: like Ctrl-C
    gc.set_threshold(400_000, 50)  # a start makes many objects and hardly any garbage
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for some takes as long as to read a scenario
    try:
        _asked(sys.argv[1:])()
    except SystemExit as end:
        stopped = end.code == 130  # after Ctrl-C: runs still going in threads would keep the process alive
        if stopped or ("numba" in sys.modules and not CLUSTERS & sys.modules.keys()):
            _leave(end.code)
        raise


def _asked(arguments: list[str]) -> typer.Typer:
    """The commands, with the options of the one that is asked for: those of all take as long as a scenario to read."""
    some = copy.copy(app)
    some.registered_commands = [
        info if info.name in arguments[:1] else _outline(info) for info in app.registered_commands
    ]
    return some


def _outline(info: CommandInfo) -> CommandInfo:
    """A command with its help and no options."""
    outline = copy.copy(info)
    outline.help, outline.callback = inspect.getdoc(info.callback), lambda: None
    return outline


def _leave(code: Any) -> None:
    """End the process at once; returns where that is not possible. To clear away its code takes numba a second."""
    if not isinstance(code, int | None):
        return  # words that are still to be said
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more
        if code != 130:
            return
    if code != 130:
        atexit._run_exitfuncs()
    os._exit(code or 0)
