"""The runs of an experiment as a table: one row per run and firm, in the order of the design.

The order and every bit depend on the design and the measures alone, not on who played the runs, in what order, or how
often the experiment was interrupted. CSV writes each number in the fewest digits that give it back to the last bit.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.csv_cells import cell
from sim.experiments.manifest import StoreError
from sim.experiments.store import Store
from sim.whole import whole

if TYPE_CHECKING:
    import pandas as pd

FIXED = ("arm", "alternative", "seed", "firm", "strategy", "focus")
ROWS = 10_000  # held in memory at once for a part of a Parquet file
LINES = 500  # likewise for a piece of text


def columns(store: Store) -> list[str]:
    """Names of the columns: arm, factors, alternative, seed, firm, strategy, focus, measures."""
    return ["arm", *factor_names(store), *FIXED[1:], *store.layout.measures]


def factor_names(store: Store) -> list[str]:
    """What the factors are called where they stand beside other columns."""
    taken = {*FIXED, *store.layout.measures}
    return [f"factor {name}" if name in taken else name for name in store.design.factors]


def rows(store: Store) -> Iterator[list[Any]]:
    """One row per finished run and firm; measures of the market are the same for all firms of a run."""
    layout, factors = store.layout, store.design.factors
    for point, packed in store.packed():
        arm = point.arm
        levels = [arm.factors.get(name) for name in factors]
        for (firm, kind), own in zip(arm.firms, layout.rows(packed), strict=True):
            yield [point.number, *levels, arm.alternative, point.seed, firm, kind, int(firm == arm.focus), *own]


def frame(store: Store) -> pd.DataFrame:
    """The table in memory."""
    import pandas as pd

    return pd.DataFrame(rows(store), columns=columns(store))


def digest(store: Store) -> str:
    """SHA-256 (hex) of the table as CSV: equal where all numbers of two experiments are."""
    found = hashlib.sha256()
    for text in _texts(store):
        found.update(text.encode())
    return found.hexdigest()


def to_csv(store: Store, file: Path, force: bool = False) -> int:
    """Write the table as CSV and return its number of rows; NaN is an empty cell. Raises StoreError."""

    def write(part: Path) -> int:
        with part.open("w", encoding="utf-8", newline="") as stream:
            lines = 0
            for text in _texts(store):
                stream.write(text)
                lines += text.count("\n")
        return lines - 1

    return written(file, force, write)


def to_parquet(store: Store, file: Path, force: bool = False) -> int:
    """Write the table as Parquet and return its number of rows. Raises StoreError, also where pyarrow is missing."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise StoreError("Parquet needs pyarrow: pip install 'buyer-seller-sim[parquet]'; or use --csv") from None
    whole = {"arm": pa.int64(), "seed": pa.int64(), "focus": pa.int8()}
    kinds = {name: pa.float64() for name in store.layout.measures} | whole
    names = columns(store)
    numbers = {
        column
        for column, factor in zip(names[1:], store.design.factors, strict=False)
        if all(_is_number(arm.factors.get(factor)) for arm in store.design.arms)
    }
    kinds |= {name: pa.float64() for name in numbers}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])

    def write(part: Path) -> int:
        count = 0
        with parquet.ParquetWriter(part, schema) as writer:
            for some in batched(rows(store), ROWS):
                cells = zip(*some, strict=True)
                texts = {name for name in names if name not in kinds}
                arrays = [
                    pa.array(
                        [None if c is None else str(c) if name in texts else c for c in column], schema.field(name).type
                    )
                    for name, column in zip(names, cells, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                count += len(some)
        return count

    return written(file, force, write)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _texts(store: Store) -> Iterator[str]:
    """The CSV text, piece by piece."""
    yield _csv([[cell(name) for name in columns(store)]])
    for some in batched(rows(store), LINES):
        yield _csv([["" if value is None or value != value else cell(value) for value in row] for row in some])


def _csv(table: list[list[Any]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(table)
    return stream.getvalue()


def written(file: Path, force: bool, write: Callable[[Path], int]) -> int:
    """Write beside `file` and rename when whole; returns what `write` returned. Raises StoreError."""
    if file.exists() and not force:
        raise StoreError(f"{file}: exists already; choose another name or add --force")
    try:
        with whole(file) as part:
            return write(part)
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror or error}") from error


def matrix(store: Store, measure: str) -> np.ndarray:
    """(arms, seeds) of the focus firm's `measure`; NaN where a run is missing. Arms have the same number of seeds."""
    arms = store.design.arms
    found = np.full((len(arms), max((arm.seeds[1] for arm in arms), default=0)), np.nan)
    store.check_measure(measure)
    for point, measures in store.rows():
        arm, values = point.arm, measures[measure]
        j = [name for name, _ in arm.firms].index(arm.focus) if len(values) > 1 else 0
        found[point.number, point.seed - arm.seeds[0]] = values[j]
    return found
