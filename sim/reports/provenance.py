"""Where the numbers come from, and how anybody gets them again from nothing but the report."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sim import __version__
from sim.experiments.store import Store
from sim.reports.document import Block, Cell, Code, Column, Note, Section, Table
from sim.reports.words import listed

FACTS = {  # of `Results.provenance`, in the words of a reader
    "scenario_hash": "scenario as run (SHA-256)",
    "numbers_version": "numbers-version",
    "driver": "driver",
    "platform": "machine",
}


def provenance(
    known: Mapping[str, Any], seeds: str, scenario: Mapping[str, Any], command: str, further: tuple[Block, ...] = ()
) -> Section:
    """Facts, the command, and the scenario as a file to be kept beside it."""
    facts = [("seeds", seeds)]
    facts += [(words, str(known[name])) for name, words in FACTS.items() if name in known]
    facts += [(f"version of {name}", str(version)) for name, version in known.get("versions", {}).items()]
    facts.append(("report written by buyer-seller-sim", __version__))
    rows = tuple((Cell(what), Cell(fact)) for what, fact in facts)
    blocks: list[Block] = [Table("provenance", "Provenance", (Column("what"), Column("fact")), rows), *further]
    if command:
        text = "Keep the scenario, which this report holds, as scenario.toml. The same version gives the same numbers "
        text += "to the last bit."
        blocks += [Note(text, "Reproduce it"), Code(command)]
    blocks.append(Code(toml(scenario), "scenario.toml"))
    return Section("provenance", "Where it comes from", tuple(blocks))


def of_store(store: Store) -> Section:
    """The same of an experiment, which its own folder reproduces."""
    known = store.manifest["provenance"] | {name: store.manifest[name] for name in ("scenario_hash", "numbers_version")}
    arms = store.design.arms
    first = min(arm.seeds[0] for arm in arms)
    seeds = seeds_in_words(range(first, max(sum(arm.seeds) for arm in arms)))
    way = (
        Note("The folder's manifest.json is all it takes.", "Reproduce it"),
        Code(f"sim reproduce {store.folder.name}"),
    )
    return provenance(known, seeds, store.design.scenario.to_dict(), "", way)


def seeds_in_words(seeds: Sequence[int]) -> str:
    """7; 1–20 (20); with gaps 1–20 without 3 (19)."""
    known = [int(seed) for seed in seeds]
    first, last = min(known), max(known)
    gaps = sorted({*range(first, last + 1)} - {*known})
    without = f" without {listed([str(seed) for seed in gaps], 8)}" if gaps else ""
    return f"{first}" if len(known) == 1 else f"{first}–{last}{without} ({len(known)})"


def toml(scenario: Mapping[str, Any]) -> str:
    """A scenario as a TOML file; `sim.loads` reads the same scenario back."""
    plain = {key: value for key, value in scenario.items() if not _sections(value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items() if value is not None]
    for key, value in scenario.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(key)}]", *_entries(value)]
        elif _sections(value):
            for item in value:
                lines += ["", f"[[{_key(key)}]]", *_entries(item)]
    return "\n".join(lines) + "\n"


def _sections(value: Any) -> bool:
    """Is it a table, or a list of tables?"""
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _entries(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None]


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(_entries(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return _lines(value) if isinstance(value, str) else repr(value)


def _lines(text: str) -> str:
    """A text of several lines as such, so that it is read as it was written."""
    if "\n" not in text:
        return _text(text)
    return '"""\n' + "\n".join(_text(line)[1:-1] for line in text.split("\n")) + '"""'


def _text(text: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON; DEL is the one character JSON lets through."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
