"""A folder that holds one experiment and loses nothing: manifest, journal, series, lock.

    manifest.json   what is run and with what: design, scenario, measures, versions; enough to repeat it elsewhere
    journal.sqlite  one row a run: its measures, or the traceback of what went wrong; written as results arrive
    series/*.npz    accounts and market series of every round, where asked for; renamed into place when whole
    inputs/         files the scenario reads (an edge list)
    lock            held by the process that writes

A run is keyed by the hash of its scenario as run, its window, its seed and the numbers-version: it is never run twice,
also where two arms of the design are the same scenario. The journal is in WAL mode: a process killed at any moment
leaves every row that was committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from sim.analysis.metrics import METRICS
from sim.experiments.counts import Counts
from sim.experiments.design import Arm, Design, Point
from sim.experiments.journal import SAFE, connected, locked, plainly
from sim.experiments.manifest import (
    StoreError,
    command,
    copy_inputs,
    design_of,
    essence,
    manifest_of,
    measures_taken,
    read_manifest,
    same_numbers,
    what_differs,
    write_json,
)
from sim.results import ACCOUNTS, MARKET, Results, ResultsError, read_archive, write_archive
from sim.scenario_errors import not_one_of
from sim.simulation import NUMBERS_VERSION

MANY = 500  # keys in one question to the journal
BEGUN = {"lock", "series", "inputs"}  # what a store holds that was killed before its manifest was whole


class Outcome(NamedTuple):
    """What a run leaves in the journal: `measures` or `error` is empty; `kept` goes nowhere but into memory."""

    key: bytes
    measures: bytes
    error: str
    shard: str
    seconds: float
    kept: Any = None


class Layout:
    """How the measures of a run become bytes: those of the firms first, (F,) each, then those of the market."""

    def __init__(self, measures: Sequence[str]) -> None:
        self.of_firms = [name for name in measures if METRICS[name].per_firm]
        self.of_market = [name for name in measures if not METRICS[name].per_firm]

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of all measures."""
        return (*self.of_firms, *self.of_market)

    def pack(self, results: Results) -> bytes:
        """The measures of a run as bytes."""
        values: list[float] = []
        for name in self.of_firms:
            values += METRICS[name].of(results).tolist()
        values += [float(METRICS[name].of(results)) for name in self.of_market]
        return np.array(values, "<f8").tobytes()

    def rows(self, packed: bytes) -> list[list[float]]:
        """The measures of each firm in the order of `measures`; those of the market are the same for all firms."""
        values, market = np.frombuffer(packed, "<f8"), len(self.of_market)
        own, shared = values[: len(values) - market], values[len(values) - market :].tolist()
        return [row + shared for row in own.reshape(len(self.of_firms), -1).T.tolist()]

    def unpack(self, packed: bytes) -> dict[str, np.ndarray]:
        """The measures by name: (F,) of the firms, (1,) of the market."""
        values, market = np.frombuffer(packed, "<f8"), len(self.of_market)
        table = values[: len(values) - market].reshape(len(self.of_firms), -1)
        return dict(zip(self.measures, (*table, *values[len(values) - market :].reshape(market, 1)), strict=True))


def key(arm: Arm, seed: int, numbers_version: int = NUMBERS_VERSION) -> bytes:
    """What identifies a run: the scenario as run, the rounds measured, the seed, and the numbers-version."""
    return blake2b(f"{arm.hash} {arm.window} {seed} {numbers_version}".encode(), digest_size=16).digest()


class Store:
    """An experiment on disk. `create` one or `open` it; use it in a `with` block to let go of its files.

    manifest   as in the file; design: what is run; layout: what is measured of every run
    """

    def __init__(self, folder: Path, manifest: dict[str, Any], writing: bool) -> None:
        self.folder, self.manifest, self.writing = folder, manifest, writing
        self.way_on = f"; go on with: {command('resume', folder)}"
        self.layout = Layout(manifest["measures"])
        self._shard: tuple[str, Any] = "", None  # the one read last
        self._lock = locked(folder) if writing else None
        try:
            self.design = design_of(manifest, folder)
            self._journal = connected(folder / "journal.sqlite", writing)
        except BaseException:
            self._release()
            raise

    # -------------------------------------------------------------------------------------------- making and opening

    @classmethod
    def create(cls, folder: Path, design: Design, *, measures: Sequence[str] = (), series: bool = False) -> Self:
        """A new store, or the one that is there if it holds this very experiment, perhaps with fewer or more seeds.

        measures   further ones than those that every run allows; series: keep every round as well
        Raises StoreError where the folder holds something else, or cannot be written.
        """
        manifest = manifest_of(design, measures_taken(measures), series)
        if (folder / "manifest.json").exists():
            store = cls.open(folder, writing=True)
            if essence(store.manifest) == essence(manifest):
                store.extend(design)
                return store
            store.close()
            raise StoreError(
                f"{folder}: holds another experiment ({what_differs(store.manifest, manifest)}); name another folder, "
                f"or go on with that one: {command('resume', folder)}"
            )
        if folder.exists() and (not folder.is_dir() or any(p.name not in BEGUN for p in folder.glob("[!.]*"))):
            raise StoreError(f"{folder}: is no experiment and not empty; name another folder")
        with plainly(folder):
            (folder / "series").mkdir(parents=True, exist_ok=True)
            copy_inputs(design, folder)
            write_json(folder / "manifest.json", manifest)
        return cls(folder, manifest, writing=True)

    @classmethod
    def open(cls, folder: Path, writing: bool = False) -> Self:
        """An existing store. Raises StoreError for one that is missing, damaged, in use or of other numbers."""
        manifest = read_manifest(folder)
        if writing:
            same_numbers(manifest, folder)
        return cls(folder, manifest, writing)

    def extend(self, design: Design) -> None:
        """Add the arms of a design with the same bare scenario; what was run stays. Raises StoreError."""
        if design.scenario.hash != self.manifest["scenario_hash"]:
            other = manifest_of(design, self.layout.measures, self.manifest["series"])
            raise StoreError(
                f"{self.folder}: is about another scenario ({what_differs(self.manifest, other)}); name another folder"
            )
        if design.factors != self.design.factors:
            raise StoreError(f"{self.folder}: varies {', '.join(self.design.factors)}; name another folder")
        arms = {_identity(arm): arm for arm in self.design.arms}
        for arm in design.arms:
            old = arms.get(_identity(arm))
            arms[_identity(arm)] = arm if old is None else replace(old, seeds=_joined(old.seeds, arm.seeds))
        if tuple(arms.values()) == self.design.arms:
            return
        self.design = replace(design, arms=tuple(arms.values()))
        self.manifest |= {"arms": [arm.record() for arm in self.design.arms], "digest": None}
        with plainly(self.folder):
            write_json(self.folder / "manifest.json", self.manifest)

    def close(self) -> None:
        """Let go of the files; the journal is put together into one file."""
        self._journal.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)  # which unlocks it
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --------------------------------------------------------------------------------------------------------- runs

    def record(self, outcomes: Iterable[Outcome]) -> None:
        """Commit finished runs; afterwards they survive whatever happens. Raises StoreError, say for a full disk."""
        rows = [(o.key, o.measures or None, o.error or None, o.shard or None, o.seconds) for o in outcomes]
        with plainly(self.folder), self._journal:
            self._journal.executemany("INSERT OR REPLACE INTO runs VALUES(?, ?, ?, ?, ?)", rows)

    def missing(self, retry: bool = False) -> Iterator[Point]:
        """Points not yet run, each run once; with `retry` also those that failed. The store may grow meanwhile."""
        for some in _chunks(self._unique(), MANY):
            known = self._some([key for key, _ in some], "measures IS NOT NULL" if retry else "1")
            yield from (point for key, point in some if key not in known)

    def counts(self) -> Counts:
        """How far the experiment is."""
        total, known = 0, {"done": 0, "failed": 0}
        for some in _chunks(self._unique(), MANY):
            total += len(some)
            for measures, *_ in self._some([key for key, _ in some]).values():
                known["failed" if measures is None else "done"] += 1
        return Counts(total, **known)

    def check_measure(self, measure: str) -> None:
        """Raise StoreError for a measure that was not taken."""
        if measure not in METRICS:
            raise StoreError(not_one_of(measure, "a measure", self.layout.measures))
        if measure not in self.layout.measures:
            raise StoreError(f"{measure!r} was not measured; measured were {', '.join(self.layout.measures)}")

    def seconds(self) -> float:
        """Processor time of all runs so far, in seconds."""
        return self._ask("SELECT total(seconds) FROM runs")[0][0]

    def failures(self) -> Iterator[tuple[Point, str]]:
        """Points that failed, with their tracebacks."""
        for some in _chunks(self._unique(), MANY):
            known = self._some([key for key, _ in some], "error IS NOT NULL")
            yield from ((point, known[key][1]) for key, point in some if key in known)

    def rows(self) -> Iterator[tuple[Point, dict[str, np.ndarray]]]:
        """Every point that was run, in the order of the design, with its measures: (F,), or (1,) for the market's."""
        return ((point, self.layout.unpack(packed)) for point, packed in self.packed())

    def packed(self) -> Iterator[tuple[Point, bytes]]:
        """The same with the measures as they stand in the journal."""
        for some in _chunks(self._keyed(), MANY):
            known = self._some([key for key, _ in some], "measures IS NOT NULL")
            yield from ((point, known[key][0]) for key, point in some if key in known)

    def outcomes(self) -> Iterator[Outcome]:
        """Everything in the journal, as it was recorded."""
        for run, measures, error, shard, seconds in self._ask("SELECT * FROM runs"):
            yield Outcome(run, measures or b"", error or "", shard or "", seconds)

    def measured(self, point: Point) -> bytes | None:
        """The measures of a point as they stand in the journal, None where it was not run."""
        found = self._some([key(point.arm, point.seed)], "measures IS NOT NULL")
        return next(iter(found.values()))[0] if found else None

    def forget(self, points: Iterable[Point]) -> None:
        """Take runs out of the journal, so that the next resume repeats them."""
        with plainly(self.folder), self._journal:
            self._journal.executemany("DELETE FROM runs WHERE key = ?", [(key(p.arm, p.seed),) for p in points])

    def finish(self, digest: str) -> None:
        """Note the digest of the whole experiment, by which a reproduction elsewhere is judged."""
        self.manifest["digest"] = digest
        with plainly(self.folder):
            write_json(self.folder / "manifest.json", self.manifest)

    # ------------------------------------------------------------------------------------------------------- series

    def series(self, point: Point) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Accounts (rounds, F) and market series (rounds,) of a run. Raises StoreError where there are none."""
        name = key(point.arm, point.seed)
        found = self._some([name]).get(name)
        if not found or not found[2]:
            raise StoreError(f"{self.folder}: holds no rounds of this run; series are kept where asked for (--series)")
        try:
            if self._shard[0] != found[2]:  # neighbours in the design mostly lie in one shard
                self._shard = found[2], read_archive(self.folder / "series" / found[2], "series")
            metadata, arrays = self._shard[1]
            accounts, market = arrays[f"{name.hex()}/accounts"], arrays[f"{name.hex()}/market"]
        except (ResultsError, KeyError) as error:
            repair = f"{command('verify', self.folder, '--repair')}, then {command('resume', self.folder)}"
            raise StoreError(
                f"{self.folder}/series/{found[2]}: is damaged or missing; make it anew: {repair}"
            ) from error
        return (
            dict(zip(metadata["accounts"], np.moveaxis(accounts, -1, 0), strict=True)),
            dict(zip(metadata["market"], market.T, strict=True)),
        )

    # -------------------------------------------------------------------------------------------------------- parts

    def _keyed(self) -> Iterator[tuple[bytes, Point]]:
        version = self.manifest["numbers_version"]
        return ((key(point.arm, point.seed, version), point) for point in self.design.points())

    def _unique(self) -> Iterator[tuple[bytes, Point]]:
        """Every run once: of arms that are the same scenario, the first."""
        version, before = self.manifest["numbers_version"], {}
        for number, arm in enumerate(self.design.arms):
            seen, own = before.setdefault((arm.hash, arm.window), []), range(arm.seeds[0], sum(arm.seeds))
            yield from (
                (key(arm, seed, version), Point(number, arm, seed))
                for seed in own
                if not any(seed in seeds for seeds in seen)
            )
            if own not in seen:
                seen.append(own)

    def _some(self, keys: Sequence[bytes], where: str = "1") -> dict[bytes, tuple[Any, ...]]:
        """Key -> (measures, error, shard) of those keys that the journal holds."""
        marks = ",".join("?" * len(keys))
        rows = self._ask(f"SELECT key, measures, error, shard FROM runs WHERE key IN ({marks}) AND {where}", keys)
        return {row[0]: row[1:] for row in rows}

    def _ask(self, question: str, values: Sequence[Any] = ()) -> list[Any]:
        with plainly(self.folder):
            return self._journal.execute(question, values).fetchall()


def write_series(folder: Path, runs: Sequence[tuple[bytes, Results]]) -> str:
    """Write the rounds of some runs into one file below `folder`/series; returns its name."""
    name = f"{runs[0][0].hex()}.npz"
    arrays = {}
    for run, results in runs:
        arrays[f"{run.hex()}/accounts"] = np.stack([results.accounts[account] for account in ACCOUNTS], axis=-1)
        arrays[f"{run.hex()}/market"] = np.stack([results.market[series] for series in MARKET], axis=-1)
    metadata = {"accounts": list(ACCOUNTS), "market": list(MARKET)}
    try:
        write_archive(folder / "series" / name, "series", metadata, arrays, overwrite=True)
    except ResultsError as error:
        raise StoreError(f"{error}; {SAFE}; then go on with: {command('resume', folder)}") from error
    return name


def _identity(arm: Arm) -> tuple[Any, ...]:
    return arm.hash, arm.window, arm.alternative, json.dumps(arm.factors, sort_keys=True)


def _joined(old: tuple[int, int], new: tuple[int, int]) -> tuple[int, int]:
    """Seeds of both, with those between."""
    first = min(old[0], new[0])
    return first, max(sum(old), sum(new)) - first


def _chunks(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    some: list[Any] = []
    for item in items:
        some.append(item)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
