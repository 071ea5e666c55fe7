"""Compiled code on disk: it belongs to its sources, can be made by several at once, and is never needed.

Every case is a process of its own that compiles one function of the smallest module, `sim.maths`.
"""

import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import sim
from sim.compiled import cache_folder
from sim.maths import exp

HERE = Path(sim.__file__).parent
CALL = """
import json, sys
import sim.maths
found = sim.maths.exp(1.25)
stats = sim.maths.exp.stats
print(json.dumps({"exp": found.hex(), "compiled": len(stats.cache_misses), "at": sim.maths.__file__}))
"""
ANOTHER_LINE = "\n# Another line.\n"


def start(cache: Path, package: Path = HERE, **more: str) -> subprocess.Popen:
    """A process that works out e^1.25 with the package in this folder and a cache in that."""
    environment = os.environ | {"SIM_CACHE_DIR": str(cache), "PYTHONPATH": str(package.parent)} | more
    return subprocess.Popen(
        [sys.executable, "-c", CALL], env=environment, cwd=package.parent, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=_without_privilege,
    )  # fmt: skip


def told(process: subprocess.Popen) -> tuple[dict, str]:
    """What it printed last, and its words on the error stream; it must have succeeded."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1]), err


def _without_privilege() -> None:
    """An administrator may write everywhere; on Linux the process gives that up with its next program."""
    if sys.platform == "linux" and os.geteuid() == 0:
        import ctypes

        drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
        ctypes.CDLL(None).prctl(drop, override)


def copied(folder: Path) -> Path:
    """Another installation: the package in `folder`, without what its compiled part does not need."""
    target = folder / "sim"
    target.mkdir()
    for file in (*HERE.glob("*.py"), HERE / "py.typed"):
        if file.exists():
            shutil.copy(file, target)
    return target


def files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A cache that two processes filled at once, and what both said."""
    folder = tmp_path_factory.mktemp("cache")
    both = [told(process) for process in [start(folder), start(folder)]]
    return folder, both


def test_two_processes_that_begin_with_an_empty_cache_say_the_same(warm):
    folder, both = warm
    assert [answer["exp"] for answer, _ in both] == [float(exp(1.25)).hex()] * 2
    assert [words for _, words in both] == ["", ""]
    assert len(files(folder)) == 1  # one function, one signature; nothing half written


def test_what_is_kept_is_not_compiled_again(warm):
    answer, _ = told(start(warm[0]))
    assert answer["compiled"] == 0


@pytest.mark.parametrize("damage", ["cut short", "a changed byte", "empty"])
def test_a_damaged_file_is_compiled_again_and_mended(warm, tmp_path, damage):
    shutil.copytree(warm[0], tmp_path / "cache")
    (file,) = files(tmp_path / "cache")
    whole = file.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    file.write_bytes({"cut short": whole[:-9], "a changed byte": bytes(changed), "empty": b""}[damage])
    answer, words = told(start(tmp_path / "cache"))
    assert (answer["exp"], answer["compiled"], words) == (float(exp(1.25)).hex(), 1, "")
    mended = file.read_bytes()
    assert mended[:32] == sha256(mended[32:]).digest()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_what_somebody_else_compiled_is_not_run(warm, tmp_path):
    shutil.copytree(warm[0], tmp_path / "cache")
    os.chown(files(tmp_path / "cache")[0], 12_345, 12_345)
    answer, _ = told(start(tmp_path / "cache"))
    assert answer["compiled"] == 1


def test_a_user_without_a_home_needs_none(monkeypatch):
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")  # as for a user number that no account has

    for name in ("SIM_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert HERE / "__pycache__" in cache_folder.__wrapped__().parents


def test_a_cache_that_cannot_be_written_costs_one_line_and_the_compilation(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)
    (tmp_path / "file").write_text("in the way")
    running = [start(tmp_path / "closed"), start(tmp_path / "file" / "cache")]
    for process in running:
        answer, words = told(process)
        assert (answer["exp"], answer["compiled"]) == (float(exp(1.25)).hex(), 1)
        assert len(words.splitlines()) == 1
        assert "cannot be kept" in words
        assert "SIM_CACHE_DIR" in words


def test_a_cache_that_may_only_be_read_is_read(warm, tmp_path):
    shutil.copytree(warm[0], tmp_path / "cache")
    for folder in (*files(tmp_path / "cache"), *(tmp_path / "cache").iterdir(), tmp_path / "cache"):
        folder.chmod(0o555)
    answer, words = told(start(tmp_path / "cache"))
    assert (answer["compiled"], words) == (0, "")


def test_an_installation_that_may_only_be_read_works(tmp_path):
    package = copied(tmp_path)
    for file in (*files(package), package, tmp_path):
        file.chmod(0o555)
    before = files(package)
    with_cache = tmp_path.parent / f"{tmp_path.name} cache"
    answer, words = told(start(with_cache, package))
    assert Path(answer["at"]).parent == package
    assert (answer["exp"], words, files(package)) == (float(exp(1.25)).hex(), "", before)
    assert len(files(with_cache)) == 1


def test_the_cache_belongs_to_the_compiled_sources(tmp_path, monkeypatch):
    package = copied(tmp_path)
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))

    def folder() -> Path:
        described = spec_from_file_location("compiled_elsewhere", package / "compiled.py")
        module = module_from_spec(described)
        described.loader.exec_module(module)
        return module.cache_folder()

    first = folder()
    assert first.parent == tmp_path / "cache"
    with (package / "results.py").open("a") as file:  # nothing compiled stands in it
        file.write(ANOTHER_LINE)
    assert folder() == first
    with (package / "rules.py").open("a") as file:
        file.write(ANOTHER_LINE)
    assert folder() != first


# Compiling everything anew takes a minute for each: SIM_PROCESSORS="generic haswell" names those to be compared.
PROCESSORS = os.environ.get("SIM_PROCESSORS", "").split()
BITS = """
import json, sys
sys.path[:0] = sys.argv[1:]
from sim.maths import exp
from test_compiled import some_markets
print(json.dumps({"processor": exp.targetctx.codegen().magic_tuple()[1:], "bits": some_markets()}))
"""


def some_markets() -> list[dict[str, str]]:
    """All bits of some random markets, which between them use everything, each larger than a block."""
    from test_drivers import large, played

    return [played(large(number, 300, 6)) for number in range(16)]


@pytest.mark.skipif(not PROCESSORS, reason="takes a minute for each processor; SIM_PROCESSORS=generic asks for it")
@pytest.mark.parametrize("processor", PROCESSORS or ["another"])
def test_code_for_another_instruction_set_gives_the_same_bits(tmp_path, processor):
    tests = Path(__file__).parent
    more = {"SIM_CACHE_DIR": str(tmp_path), "NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""}
    command = [sys.executable, "-c", BITS, str(tests), str(tests.parent)]
    run = subprocess.run(command, env=os.environ | more, capture_output=True, text=True, check=True)
    answer = json.loads(run.stdout.splitlines()[-1])
    assert answer["processor"] == [processor, ""]
    assert answer["processor"] != list(exp.targetctx.codegen().magic_tuple()[1:])
    assert answer["bits"] == some_markets()
