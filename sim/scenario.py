"""A scenario: everything a run depends on, read from a TOML file, validated as a whole and frozen.

`load` a file, `loads` a text or `parse` a dict; vary it with `with_changes` or choose one of its own alternatives with
`alternative`. Whatever is wrong is said at once in one `ScenarioError`.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import models_json_schema

from sim.in_words import ArgumentError
from sim.mechanisms import Mechanisms
from sim.parameter import Declared, Parameter, declared, models_in, parameter
from sim.scenario_actors import Alternative, Event, Firm, Network, Segment
from sim.scenario_checks import check, edge_list_file
from sim.scenario_errors import Problem, ScenarioError, explain, not_one_of
from sim.scenario_files import find, nearest
from sim.scenario_market import Learning, Market, Relationship
from sim.scenario_paths import change, parse_setting, paths, plain
from sim.scenario_questions import Examination, Factor
from sim.strategies.base import Strategy, registry

__all__ = [
    "Problem",
    "Scenario",
    "ScenarioError",
    "json_schema",
    "load",
    "loads",
    "parameters",
    "parse",
    "parse_setting",
    "scenario_of",
    "schema_text",
]

# what a scenario is called and what is asked about it does not change what happens in it
_NOT_RUN = ("title", "description", "claim", "claim_text", "baseline", "focus")
_NOT_RUN += ("alternatives", "factors", "examination")


class Scenario(Declared):
    """One market situation, the alternatives to compare in it, and the claim they examine.

    Making one checks it as a whole and raises `ScenarioError` with all that is wrong. What depends on the whole is then
    filled in: positions and need means left out become K zeros, `baseline` the first alternative and `focus` the first
    firm.
    """

    title: str = Field("", description="short title")
    description: str = Field("", description="what the situation is, for a reader")
    claim: str = Field("", description='number of the claim examined, such as "D2"')
    claim_text: str = Field("", description="the claim in words")
    seed: int = parameter(
        0, ge=0, le=2**63 - 1, unit="number", description="which luck; the same seed gives the same run to the last bit"
    )
    baseline: str = Field("", description="alternative the others are compared with; the first if left out")
    focus: str = Field("", description="firm whose profit decides; the first if left out")
    market: Market = Field({}, description="size, length and surroundings of the market")
    relationship: Relationship = Field({}, description="what a relationship does")
    learning: Learning = Field({}, description="how customers learn")
    segments: tuple[Segment, ...] = Field(
        ({"name": "customers"},), strict=False, min_length=1, description="groups of customers"
    )
    firms: tuple[Firm, ...] = Field(strict=False, min_length=1, description="firms, one [[firms]] table each")
    network: Network = Field({"kind": "mixing"}, description="who hears whom")
    events: tuple[Event, ...] = Field((), strict=False, description="what happens when")
    mechanisms: Mechanisms = Field({}, description="switches: what is at work at all")
    alternatives: tuple[Alternative, ...] = Field((), strict=False, description="variations to compare")
    factors: tuple[Factor, ...] = Field((), strict=False, description="conditions a claim is examined under")
    examination: Examination | None = Field(None, description="what decides about the claim")

    _source: str = PrivateAttr("scenario")
    _folder: Path | None = PrivateAttr(None)

    @model_validator(mode="wrap")
    @classmethod
    def _as_a_whole(cls, given: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if isinstance(given, cls):
            return given
        context = {"source": "scenario", "folder": None} | (info.context or {})
        given, scenario, problems = plain(given), None, []
        try:
            scenario = handler(given)
        except ValidationError as error:
            problems += explain(error, given, cls)
        problems += check(given, context["folder"])
        if isinstance(given, dict):
            usual = {} if scenario is None else scenario.to_dict()
            problems += _wrong_alternatives(given, usual, context, known=problems)
        if problems:
            raise ScenarioError(problems, context["source"])
        scenario._complete(**context)
        return scenario

    def _complete(self, source: str, folder: Path | None) -> None:
        """Fill in what depends on the whole. Only here is a frozen scenario still written to, past its guard.

        Entries filled in do not count as set, so that they follow when `with_changes` changes what they depend on.
        """
        self._source, self._folder = source, folder
        origin = (0.0,) * self.market.dimensions
        for item, vector in chain(((s, "need_mean") for s in self.segments), ((f, "position") for f in self.firms)):
            if not getattr(item, vector):
                object.__setattr__(item, vector, origin)
        if not self.baseline and self.alternatives:
            object.__setattr__(self, "baseline", self.alternatives[0].name)
        if not self.focus:
            object.__setattr__(self, "focus", self.firms[0].name)

    @property
    def folder(self) -> Path | None:
        """Where the scenario file is; None if the scenario is not from a file."""
        return self._folder

    @property
    def edge_list(self) -> Path | None:
        """The file of the network's ties, or None if the network is not read from a file.

        Raises ScenarioError if the scenario was not loaded from a folder in which the file could be.
        """
        if self.network.kind != "edge_list":
            return None
        if self._folder is None:
            message = "an edge list needs a scenario with a folder: load it from a file, or say folder="
            raise ScenarioError([Problem("network.file", message)], self._source)
        return edge_list_file(self._folder, self.network.file)

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of all that a run depends on; titles, claims and alternatives do not count."""
        run = {key: value for key, value in self.to_dict().items() if key not in _NOT_RUN}
        if self._folder is not None and self.edge_list is not None:
            run["network"]["sha256"] = sha256(self.edge_list.read_bytes()).hexdigest()
        return sha256(json.dumps(run, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The scenario as run, defaults and all, in what JSON and TOML can say; `parse` reads it back."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def given(self) -> list[str]:
        """Dotted paths of what was set rather than left to its default, also where it is the same: market.rounds, …"""
        return paths(plain(self))

    def with_changes(self, changes: Mapping[str, Any]) -> Self:
        """The scenario with entries changed by dotted path, checked again as a whole.

        `{"market.rounds": 60, "firms.Honest.strategy.price": 7}`: items of lists by position or name; a table replaces
        the old one whole. Raises ScenarioError with all that is wrong afterwards.
        """
        return self._changed(self._given(), changes)

    def alternative(self, name: str) -> Self:
        """The scenario as one of its alternatives has it, with none left to choose. Raises ScenarioError if unknown."""
        chosen = next((item for item in self.alternatives if item.name == name), None)
        if chosen is None:
            message = not_one_of(name, "an alternative here", [item.name for item in self.alternatives])
            raise ScenarioError([Problem("alternatives", message)], self._source)
        return self._changed(_varied(self._given(), chosen.focus), chosen.set)

    def _given(self) -> dict[str, Any]:
        """What was set, as plain data, with the segments even where they are the usual ones."""
        return {"segments": plain(self.segments)} | plain(self)

    def _changed(self, given: dict[str, Any], changes: Mapping[str, Any]) -> Self:
        changed, problems = change(given, changes, self.to_dict())
        try:
            scenario = parse(changed, self._source, self._folder)
        except ScenarioError as error:
            problems += error.problems
        if problems:
            raise ScenarioError(problems, self._source)
        return scenario


def _varied(given: dict[str, Any], focus: Any) -> dict[str, Any]:
    """What an alternative starts from: the scenario with nothing left to ask, with the alternative's own focus."""
    asked = ("alternatives", "baseline", "factors", "examination")
    kept = {key: value for key, value in given.items() if key not in asked}
    return kept | {"focus": focus} if focus else kept


def _wrong_alternatives(
    given: dict[str, Any], usual: dict[str, Any], context: dict[str, Any], known: list[Problem]
) -> list[Problem]:
    """What would be wrong with the scenario under each alternative, beyond what is known to be wrong anyway."""
    alternatives = given.get("alternatives")
    found = []
    for at, item in enumerate(alternatives if isinstance(alternatives, list) else []):
        if not isinstance(item, dict) or not isinstance(item.get("set"), dict):
            continue
        changed, problems = change(_varied(given, None), item["set"], usual)
        try:
            Scenario.model_validate(changed, context=context)
        except ScenarioError as error:
            problems += [problem for problem in error.problems if problem not in known]
        found += [Problem(f"alternatives.{at}.set", str(problem)) for problem in problems]
    return found


def load(path: str | Path) -> Scenario:
    """Read a scenario file; a bare name is that of a file in `scenarios`, here or in a folder above.

    Raises ScenarioError, also where the file cannot be read.
    """
    path = find(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ScenarioError([Problem("", f"there is no such file{nearest(path)}")], str(path)) from None
    except IsADirectoryError:
        raise ScenarioError([Problem("", "is a folder; a scenario is a .toml file")], str(path)) from None
    except UnicodeDecodeError:
        raise ScenarioError([Problem("", "is not a text file (UTF-8)")], str(path)) from None
    except OSError as error:
        raise ScenarioError([Problem("", f"cannot be read: {error.strerror}")], str(path)) from error
    return loads(text, str(path), path.parent)


def scenario_of(given: Any) -> Scenario:
    """A scenario as it is, or that of a file or name, as `load` reads it. Raises ArgumentError for anything else."""
    if isinstance(given, Scenario):
        return given
    if isinstance(given, (str, Path)):
        return load(given)
    raise ArgumentError(
        f'expected a scenario, or the name or path of one such as "everyday_low_price"; got a {type(given).__name__}'
    )


def loads(text: str, source: str = "<text>", folder: Path | None = None) -> Scenario:
    """Read a scenario from TOML text; `source` names it in messages, `folder` is where its edge list may be."""
    if not text.strip():
        raise ScenarioError([Problem("", "is empty; a scenario has at least one [[firms]] table")], source)
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Python says "(at line 3, column 7)" behind the message, but "(at end of document)" without numbers
        lines = text.split("\n")
        found = re.search(r"line (\d+), column (\d+)", str(error)) or (0, len(lines), len(lines[-1]) + 1)
        message = re.sub(r" \(at .*\)$", "", str(error))
        raise ScenarioError([Problem("", f"line {found[1]}, column {found[2]}: not TOML: {message}")], source) from None
    return parse(given, source, folder)


def parse(given: Mapping[str, Any], source: str = "scenario", folder: Path | None = None) -> Scenario:
    """Make a scenario of plain data as in a scenario file, or as `to_dict` gives it. Raises ScenarioError."""
    return Scenario.model_validate(given, context={"source": source, "folder": folder})


def parameters() -> list[Parameter]:
    """Every parameter of a scenario, in the order of declaration; those of strategies and distributions last."""
    own = declared(Scenario)
    strategies = (declared(strategy, "firms.*.strategy") for strategy in registry().values())
    traits = models_in(Segment.model_fields["openness"].annotation)
    return [*own, *chain.from_iterable(strategies), *chain.from_iterable(declared(t, "segments.*.*") for t in traits)]


def json_schema(package: str = "") -> dict[str, Any]:
    """The JSON schema of a scenario file, for editors that complete and check TOML.

    A strategy is one of all strategies known now; `package="sim.strategies"` leaves out those defined elsewhere.
    """
    strategies = {kind: cls for kind, cls in registry().items() if cls.__module__.startswith(package)}
    schema = Scenario.model_json_schema()
    references, more = models_json_schema([(cls, "validation") for cls in strategies.values()])
    mapping = {kind: references[cls, "validation"]["$ref"] for kind, cls in strategies.items()}
    schema["$defs"] |= more["$defs"]
    schema["$defs"][Strategy.__name__] = {
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    for table in schema["$defs"].values():
        for key in ("kind", "dist"):
            # the word that chooses one table among several cannot be left out, although it has a default in Python
            if "const" in table.get("properties", {}).get(key, {}):
                table["required"] = sorted({key, *table.get("required", [])})
    return _untitled(schema)


def schema_text() -> str:
    """The JSON schema with the strategies of this package, as it is kept in scenarios/scenario.schema.json."""
    return json.dumps(json_schema("sim.strategies"), indent=1, ensure_ascii=False) + "\n"


def _untitled(schema: Any) -> Any:
    """Without the titles pydantic makes up from names ("Search Effort"); a property called `title` is no such title."""
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(item) for key, item in schema.items() if key != "title" or isinstance(item, dict)}
