"""Errors that a notebook shows as their words and the reader's own lines, not as the way through our code."""

from __future__ import annotations

import operator
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

OURS = Path(__file__).resolve().parent


class InWords:
    """For exceptions whose message says what is wrong and what is allowed; mixed in before the built-in one.

    IPython asks an exception for `_render_traceback_`; Python itself shows tracebacks as ever, and
    `traceback.print_last()` and `%debug` have all of it in a notebook too.
    """

    def _render_traceback_(self) -> list[str]:
        lines = [f"{type(self).__name__}: {self}"]
        for error, words in ((self, "asked for"), (self.__cause__, "raised")):
            if isinstance(error, BaseException) and (place := readers_line(error.__traceback__)):
                lines.append(f"  {words} in {place}")
        return lines


class ArgumentError(InWords, ValueError, TypeError):
    """An argument that cannot be used, be it of a wrong type or out of range; the message says what can."""


def whole(name: str, given: Any, low: int, high: int | None = None) -> int:
    """`given` as a whole number from `low` to `high`. Raises ArgumentError, which calls it `name`."""
    allowed = f"{low} or more" if high is None else f"{low} to {high}"
    try:
        number = operator.index(given)
    except TypeError:
        number = None
    if number is None or isinstance(given, bool):
        raise ArgumentError(f"{name} is {given!r}, not a whole number; allowed: {allowed}")
    if number < low or (high is not None and number > high):
        raise ArgumentError(f"{name} is {given}; allowed: {allowed}")
    return number


def readers_line(found: TracebackType | None) -> str:
    """The innermost line of a traceback that the reader wrote, and where it is; "" if there is none."""
    import sysconfig

    libraries = [OURS, *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))]
    for frame in reversed(traceback.extract_tb(found)):
        path = Path(frame.filename)
        if any(path.is_relative_to(library) for library in libraries):
            continue
        where = path.name if path.is_file() else "your cell"
        return f"line {frame.lineno} of {where}: {frame.line}"
    return ""
