"""A disk that is full, read-only or damaged: said plainly, and nothing that was finished is lost."""

import errno
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from two_shops import SHOP, VARY, exported

from sim.experiments import executors, journal
from sim.experiments.manifest import StoreError
from sim.experiments.store import Store
from sim.experiments.sweep import plan_of, resume, sweep


def mounted(place: Path, options: str, seeds: int) -> str:
    """What a sweep says whose folder is on a disk of its own, mounted for it alone and copied to `kept` afterwards."""
    (place / "shop.toml").write_text(SHOP)
    (place / "disk").mkdir()
    command = f"'{sys.executable}' -m sim sweep shop.toml --vary {VARY[0]} --seeds {seeds} --workers 1 --out disk/s"
    script = f"mount -t tmpfs -o {options} tmpfs disk || exit 99; {command}; code=$?; cp -r disk kept; exit $code"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    options = {"cwd": place, "env": environment, "capture_output": True, "text": True}
    try:
        told = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script], **options)
    except FileNotFoundError:
        pytest.skip("there is no unshare (of util-linux)")
    if "unshare" in told.stderr or told.returncode == 99:
        pytest.skip(f"this machine lets nobody mount a disk: {told.stderr}")
    assert told.returncode == 2, told.stderr
    assert "Traceback" not in told.stderr
    return told.stderr


def test_a_disk_that_fills_up_is_said_and_loses_nothing(shop, tmp_path):
    told = mounted(tmp_path, "size=200k", 100)
    assert "disk/s: the disk is full; what was finished before is safe; make room, then: sim resume disk/s" in told
    folder = tmp_path / "kept" / "s"
    with Store.open(folder) as held:
        done = held.counts().done
    assert 0 < done < 600
    assert resume(folder).played == 600 - done
    sweep(shop, VARY, seeds=100, out=tmp_path / "whole")
    assert exported(folder) == exported(tmp_path / "whole")


def test_a_read_only_disk_is_said(tmp_path):
    assert "disk/s: cannot be written: Read-only file system" in mounted(tmp_path, "ro", 1)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_journal_that_finds_no_room_is_said_and_loses_nothing(shop, undisturbed, tmp_path, monkeypatch):
    connect = sqlite3.connect

    def small(*arguments, **options):
        journal = connect(*arguments, **options)
        journal.execute("PRAGMA max_page_count = 3")
        return journal

    with monkeypatch.context() as patch:
        patch.setattr(journal.sqlite3, "connect", small)
        with pytest.raises(StoreError, match="the disk is full; what was finished before is safe; make room"):
            sweep(shop, VARY, seeds=4, out=tmp_path / "s", workers=1)
    with Store.open(tmp_path / "s") as held:
        done = held.counts().done
    assert 0 < done < 24
    assert resume(tmp_path / "s").played == 24 - done
    assert exported(tmp_path / "s") == undisturbed[1]


def test_no_room_for_a_shard_is_said(shop, tmp_path):
    folder, before = tmp_path / "s", resource.getrlimit(resource.RLIMIT_FSIZE)
    plan = plan_of(shop, VARY, seeds=1)
    with Store.create(folder, plan, series=True) as held:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))
        try:
            with pytest.raises(StoreError, match="cannot be written: File too large"):
                executors.play(executors.Task(setup_of(held), (next(plan.points()),)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((folder / "series").iterdir()) == []


def setup_of(held: Store) -> executors.Setup:
    return executors.Setup(held.design.scenario, held.layout.measures, held.folder, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for the administrator")
def test_a_read_only_folder_is_said(shop, tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(StoreError, match="cannot be written: Permission denied"):
        sweep(shop, VARY, seeds=1, out=tmp_path / "s")


def test_a_folder_that_cannot_be_written_is_said(shop, undisturbed, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(StoreError, match="cannot be written: Read-only file system"):
            sweep(shop, VARY, seeds=1, out=tmp_path / "s")
    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "open", refuse)
        with pytest.raises(StoreError, match="cannot be written: Read-only file system"):
            resume(undisturbed[0])


def test_a_store_that_may_only_be_read_is_read(undisturbed, tmp_path, monkeypatch):
    folder = shutil.copytree(undisturbed[0], tmp_path / "s", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    monkeypatch.setattr(journal.os, "access", lambda *_: False)
    with Store.open(folder) as held:
        assert held.counts().done == 24
    assert {path.name for path in folder.iterdir()} == {"journal.sqlite", "manifest.json", "lock", "series"}


def test_a_damaged_journal_is_said(undisturbed, tmp_path):
    folder = shutil.copytree(undisturbed[0], tmp_path / "s")
    journal = folder / "journal.sqlite"
    journal.write_bytes(b"not a database at all" * 300)
    with pytest.raises(StoreError, match=r"journal.sqlite: is damaged"):
        resume(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match=r"manifest.json: is damaged"):
        resume(folder)
