"""An experiment that is played in parts, each in a folder of its own, without anything that links those who play it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.experiments import export
from sim.experiments.design import Point
from sim.experiments.manifest import StoreError, design_of, essence, read_manifest, same_numbers
from sim.experiments.store import Store, key

type Part = tuple[int, int]  # the first of ten: (1, 10)


def mine(points: Iterator[Point], part: Part) -> Iterator[Point]:
    """The share of some points that belongs to a part; the same ones whatever has been played before.

    Raises ValueError for a part that there is not.
    """
    number, parts = part
    if not 1 <= number <= parts:
        raise ValueError(f"part {number} of {parts}: the first is 1, the last {parts}")
    return (p for p in points if int.from_bytes(key(p.arm, p.seed)[:8]) % parts == number - 1)


def gather(parts: Sequence[str | Path], out: str | Path) -> int:
    """Take over what stores of the same experiment hold into the one in `out`; returns how many runs are new there.

    What two of them hold is taken once; a run that succeeded in one is not lost by having failed in another. Raises
    StoreError.
    """
    folders = [Path(part) for part in parts]
    manifests = [read_manifest(folder) for folder in folders]
    for folder, manifest in zip(folders, manifests, strict=True):
        same_numbers(manifest, folder)
        if essence(manifest) != essence(manifests[0]):
            raise StoreError(f"{folder}: holds another experiment than {folders[0]}")
    first, before = manifests[0], 0
    options = {"measures": first["measures"], "series": first["series"]}
    with Store.create(Path(out), design_of(first, folders[0]), **options) as store:
        before = store.counts().done
        for folder in folders:
            with Store.open(folder) as other:
                store.extend(other.design)
                _take(store, other)
        counts = store.counts()
        if not counts.left:
            store.finish(export.digest(store))
        return counts.done - before


def _take(store: Store, other: Store) -> None:
    wanted = {key(point.arm, point.seed) for point in store.missing(retry=True)}
    found = [outcome for outcome in other.outcomes() if outcome.key in wanted]
    for shard in {outcome.shard for outcome in found if outcome.shard}:
        if Path(shard).name != shard:  # a folder may come from a stranger
            raise StoreError(f"{other.folder}/journal.sqlite: names a file outside the folder: {shard}")
        try:
            shutil.copyfile(other.folder / "series" / shard, store.folder / "series" / shard)
        except OSError as error:
            raise StoreError(f"{other.folder}/series/{shard}: cannot be copied: {error.strerror}") from error
    store.record(found)
