"""Text in CSV files that a spreadsheet shows as text: names come from scenario files, and those from anybody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

FORMULA = re.compile(r"[=+@\t\r]|-.")  # how a cell begins that a spreadsheet calculates; "-" alone is a dash


def cell[T](value: T) -> T | str:
    """The value as it may stand in a CSV file: text that would be a formula with an apostrophe before it.

    Numbers stay as they are, also as text. Source: OWASP 2023, "CSV injection".
    """
    if not isinstance(value, str) or not FORMULA.match(value):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def write_frame(frame: DataFrame, file: Path) -> None:
    """Write a frame as CSV without its index. Raises OSError."""
    safe = {name: frame[name].map(cell) for name in frame.columns if frame[name].dtype.kind not in "biufc"}
    frame.assign(**safe).to_csv(file, index=False)
