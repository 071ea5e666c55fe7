"""The files of a store: its journal, its lock, and what is said when the disk does not do what it should."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sim.experiments.manifest import StoreError, command
from sim.whole import whole

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs(
    key BLOB PRIMARY KEY,  -- see `store.key`
    measures BLOB,         -- little-endian float64, see `store.Layout`; NULL for a run that failed
    error TEXT,            -- traceback of a run that failed
    shard TEXT,            -- file below series/ that holds its rounds
    seconds REAL           -- processor time it took; never exported
) WITHOUT ROWID
"""
SAFE = "what was finished before is safe"


def locked(folder: Path) -> int:
    """Hold the store against other writers; the system lets go when the process ends, however it ends."""
    import fcntl

    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(descriptor, 200).decode(errors="replace").strip()
        os.close(descriptor)
        raise StoreError(
            f"{folder}: another process is writing to it ({holder or 'unknown'}); wait for it or stop it"
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"process {os.getpid()} on {os.uname().nodename}\n".encode())
    return descriptor


def connected(file: Path, writing: bool) -> sqlite3.Connection:
    """The journal; a new one where it is to be written and there is none. Raises StoreError."""
    if not writing and not file.exists():
        raise StoreError(
            f"{file}: is missing, and with it all runs; put it back, or play them again: "
            f"{command('resume', file.parent)}"
        )
    with plainly(file.parent):
        if writing and not file.exists():
            with whole(file) as part, closing(sqlite3.connect(part)) as fresh:
                fresh.execute(SCHEMA)  # nobody ever reads a journal without its table
        journal = sqlite3.connect(file) if writing else sqlite3.connect(_address(file), uri=True)
        try:
            if writing:
                journal.execute("PRAGMA journal_mode = WAL")
                journal.execute("PRAGMA synchronous = NORMAL")
            else:
                journal.execute("SELECT count(*) FROM runs")  # is it a journal at all
        except BaseException:
            journal.close()
            raise
        return journal


def _address(file: Path) -> str:
    """For reading only. In a folder that may not be written, a journal without a log is read as it stands."""
    log = file.with_name(f"{file.name}-wal")
    still = not os.access(file.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    return f"file:{quote(str(file.resolve()))}?mode=ro{'&immutable=1' if still else ''}"


@contextmanager
def plainly(folder: Path) -> Iterator[None]:
    """Say what is wrong with the disk, and that nothing committed is lost."""
    try:
        yield
    except sqlite3.OperationalError as error:
        words = str(error)
        if "full" in words:
            words = f"the disk is full; {SAFE}; make room, then: {command('resume', folder)}"
        elif "readonly" in words or "unable to open" in words:
            words = f"cannot be written or read ({words}); {SAFE}"
        raise StoreError(f"{folder}: {words}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{folder}/journal.sqlite: is damaged ({error}); {command('reproduce', folder)} makes it anew"
        ) from error
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror or error}; {SAFE}") from error
