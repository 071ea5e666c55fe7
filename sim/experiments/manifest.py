"""What an experiment is, written down so that it can be gone on with and repeated elsewhere: its `manifest.json`."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.analysis.metrics import METRICS
from sim.experiments.design import Arm, Design
from sim.results import ResultsError
from sim.scenario import parse
from sim.scenario_paths import plain
from sim.simulation import NUMBERS_VERSION, provenance
from sim.soundness import are_texts, misfit
from sim.whole import whole

FORMAT, VERSION = "buyer-seller-sim experiment", 1
WRITTEN = {  # what a manifest must hold, and that in words
    **{
        name: (lambda value: isinstance(value, str), "a text")
        for name in ("title", "kind", "baseline", "scenario_hash")
    },
    **dict.fromkeys(("factors", "measures"), (are_texts, "a list of names")),
    **{name: (lambda value: isinstance(value, dict), "a table") for name in ("paths", "scenario", "provenance")},
    "numbers_version": (lambda value: isinstance(value, int), "a whole number"),
    "series": (lambda value: isinstance(value, bool), "yes or no"),
    "digest": (lambda value: value is None or isinstance(value, str), "a text or nothing"),
    "arms": (lambda value: isinstance(value, list) and len(value) > 0, "a list of what is run"),
}


class StoreError(ResultsError):
    """A store that cannot be made, read, written or mixed with something else; the message says what to do."""


class RunsMissing(StoreError):
    """Runs failed or are still to be played, and without them there is nothing to say."""

    code = 1  # with which a command ends: nobody gave a wrong word


def command(*words: str | Path) -> str:
    """A command that can be pasted into a shell, whatever a folder is called: sim resume 'my runs'."""
    return shlex.join(["sim", *map(str, words)])


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in a store's folder. Raises StoreError where there is none that this program can read."""
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"{folder}: {_what_else(folder)}") from None
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StoreError(f"{file}: is damaged ({error})") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StoreError(f"{file}: was not written by this program")
    if not isinstance(manifest.get("version"), int):
        raise StoreError(f"{file}: is damaged (its version is {manifest.get('version')!r})")
    if manifest["version"] > VERSION:
        raise StoreError(f"{file}: was written by a newer version of this program; update to read it")
    if wrong := misfit(manifest, WRITTEN):
        raise StoreError(f"{file}: is damaged: {wrong}")
    return manifest


def manifest_of(design: Design, measures: Sequence[str], series: bool) -> dict[str, Any]:
    """What is written down before the first run."""
    scenario = design.scenario
    known = provenance(scenario.hash, scenario.seed, "compiled")
    return {
        "format": FORMAT,
        "version": VERSION,
        "numbers_version": NUMBERS_VERSION,
        "title": design.title or scenario.title or "untitled scenario",
        "kind": design.kind,
        "factors": list(design.factors),
        "paths": design.paths,
        "baseline": design.baseline,
        "measures": list(measures),
        "series": series,
        "scenario": {"segments": plain(scenario.segments)} | plain(scenario),  # as given: defaults still follow
        "scenario_hash": scenario.hash,
        "provenance": {name: known[name] for name in ("versions", "platform")},
        "begun": {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "command": _called()},
        "digest": None,
        "arms": json.loads(json.dumps([arm.record() for arm in design.arms])),
    }


def _called() -> str:
    """How this program was called, without the place where it is installed."""
    name = Path(sys.argv[0] if sys.argv else "")
    program = "sim" if name.parent.name == "sim" and name.name == "__main__.py" else name.name or "python"
    return shlex.join([program, *sys.argv[1:]])


def _what_else(folder: Path) -> str:
    """What a folder without a manifest is, and what can be done with it."""
    if not folder.exists():
        return "there is no such folder"
    if not folder.is_dir():
        return "is a file; name the folder of an experiment"
    for file, what in (("comparison.npz", "a comparison"), ("results.npz", "a single run")):
        if (folder / file).exists():
            return f"holds {what}, no experiment that keeps its runs; try sim report or sim chart on it"
    return "is no experiment (there is no manifest.json)"


def design_of(manifest: dict[str, Any], folder: Path) -> Design:
    """The design of a manifest. Raises StoreError where this program understands its scenario differently."""
    scenario = parse(manifest["scenario"], str(folder / "manifest.json"), folder / "inputs")
    if scenario.hash != manifest["scenario_hash"]:
        made = manifest["provenance"]["versions"]["buyer-seller-sim"]
        raise StoreError(
            f"{folder}: its scenario is not what it was (defaults or files it reads have changed); made with {made}"
        )
    try:
        arms = tuple(Arm.read(record) for record in manifest["arms"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{folder / 'manifest.json'}: is damaged: an arm cannot be read ({error!r})") from error
    factors = tuple(manifest["factors"])
    return Design(scenario, arms, manifest["kind"], factors, manifest["baseline"], manifest["title"], manifest["paths"])


def measures_taken(further: Sequence[str]) -> list[str]:
    """Measures that every run allows, and further ones. Raises StoreError for one that does not exist."""
    if unknown := [name for name in further if name not in METRICS]:
        raise StoreError(f"there is no measure {unknown[0]!r}; there are: {', '.join(METRICS)}")
    return [name for name, metric in METRICS.items() if not metric.needs or name in further]


def same_numbers(manifest: dict[str, Any], folder: Path) -> None:
    """Raise StoreError where a store's runs have another numbers-version than this program would make."""
    if manifest["numbers_version"] != NUMBERS_VERSION:
        raise StoreError(
            f"{folder}: its runs have numbers-version {manifest['numbers_version']}, this program makes "
            f"{NUMBERS_VERSION}; runs of both do not mix: finish it with the version that began it "
            f"({manifest['provenance']['versions']['buyer-seller-sim']}), or begin anew in another folder"
        )


def what_differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """In what the experiment of a folder is not the one that is asked for, in words; the first few entries."""
    was, now = (dict(_entries(manifest["scenario"])) for manifest in (old, new))
    found = [f"{path} is {was.get(path, 'not given')} there, {now.get(path, 'not given')} here"
             for path in dict.fromkeys((*was, *now)) if was.get(path) != now.get(path)
             and path.partition(".")[0] not in ("title", "description", "claim", "claim_text")]  # fmt: skip
    if old["scenario_hash"] == new["scenario_hash"]:
        found = []
    if old["kind"] != new["kind"]:
        found.append(f"it is a {old['kind']}, not a {new['kind']}")
    if old["factors"] != new["factors"]:
        found.append(
            f"it varies {', '.join(old['factors']) or 'nothing'}, not {', '.join(new['factors']) or 'nothing'}"
        )
    if old["measures"] != new["measures"]:
        lost, more = (sorted(set(a["measures"]) - set(b["measures"])) for a, b in ((new, old), (old, new)))
        found += [f"it does not measure {', '.join(lost)}"] if lost else []
        found += [f"it measures {', '.join(more)} too (--also)"] if more else []
    if old["series"] != new["series"]:
        found.append(f"it keeps {'every' if old['series'] else 'no'} round (--series)")
    words = found or [f"its conditions are others, {len(old['arms'])} there and {len(new['arms'])} here"]
    return f"{old['title']}: {'; '.join(words[:3])}{f' and {len(words) - 3} more' if len(words) > 3 else ''}"


def _entries(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of everything in a table."""
    if isinstance(value, (dict, list)) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            yield from _entries(item, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def essence(manifest: dict[str, Any]) -> list[Any]:
    """What makes two experiments the same, but for the number of seeds."""
    arms = [{name: value for name, value in arm.items() if name != "seeds"} for arm in manifest["arms"]]
    return [manifest["scenario_hash"], manifest["measures"], manifest["series"], arms]


def copy_inputs(design: Design, folder: Path) -> None:
    """Copy the files that the scenarios of a design read; raises OSError."""
    for scenario in (design.scenario, *(design.play(arm) for arm in design.arms if "network" in str(arm.changes))):
        if scenario.edge_list is not None:
            target = folder / "inputs" / scenario.network.file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(scenario.edge_list, target)


def write_json(file: Path, value: Any) -> None:
    """Write JSON beside `file` and rename when whole; raises OSError."""
    with whole(file) as part, part.open("w", encoding="utf-8") as stream:
        json.dump(value, stream, ensure_ascii=False, indent=1)
