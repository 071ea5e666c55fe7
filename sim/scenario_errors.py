"""What is wrong with a scenario, in words: where, what was given, what is allowed, and the nearest right name."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sim.in_words import InWords
from sim.parameter import describe, models_in, variant
from sim.strategies.base import Strategy, registry


class Problem(NamedTuple):
    """One thing wrong: `path` is dotted, with list items by position from 0; "" stands for the file as a whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ScenarioError(InWords, Exception):
    """A scenario that cannot be run; `problems` holds all that is wrong with it, `str()` one line for each."""

    def __init__(self, problems: Iterable[Problem], source: str = "scenario") -> None:
        self.problems, self.source = list(problems), source
        super().__init__(self.problems, source)

    def __str__(self) -> str:
        return "\n".join(_one_line(f"{self.source}: {problem}") for problem in self.problems)


def _one_line(text: str) -> str:
    """Line breaks and control characters that a file may contain, shown rather than done."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def say(value: Any) -> str:
    """A value from a file, named by its type: the text "abc", the number 5, a table."""
    match value:
        case bool():
            return f"the truth value {str(value).lower()}"
        case str():
            return f"the text {short(value)}"
        case int() | float():
            return f"the number {short(value)}"
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
        case None:
            return "nothing"
        case _:
            return f"the {type(value).__name__} {value}"


def short(value: Any) -> str:
    """A value as it stands in the file, cut to a readable length."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…{text[-1]}"


def did_you_mean(given: Any, allowed: Iterable[str]) -> str:
    """`; did you mean "…"?` if one of the allowed names is close, or has the given one as a word; else nothing."""
    names = {name.casefold(): name for name in allowed}
    near = get_close_matches(given.casefold(), names, n=1) if isinstance(given, str) else []
    near = near or [name for name in names if given in name.split("_")]
    return f'; did you mean "{names[near[0]]}"?' if near else ""


def not_one_of(given: Any, what: str, allowed: Iterable[str]) -> str:
    """Message for a name that does not exist."""
    allowed = list(allowed)
    return f"{short(given)} is not {what}; allowed: {', '.join(allowed) or 'none'}{did_you_mean(given, allowed)}"


_EXPECTED = {
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "string_type": "a text",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
_KIND_OF = {"strategy": "a strategy", "events": "an event", "network": "a network"}


def explain(error: ValidationError, given: Any, model: type[BaseModel]) -> list[Problem]:
    """The problems pydantic found when it made a `model` of the plain data `given`, in our words."""
    found = ((_Place(item["loc"], given, model), item) for item in error.errors(include_url=False))
    # a list with faulty items is also called too short, since only the sound ones are counted
    return [place.problem(item) for place, item in found if item["type"] != "too_short" or not place.value]


class _Place:
    """Where an error is: `steps` of the path, the `value` there, its `field` and the `table` (model) that field is in.

    `options` are the models the value could become, `others` those among which a kind chose the last one. Pydantic's
    location names the kind chosen as a step of its own, which is no step in the file.
    """

    def __init__(self, location: tuple[int | str, ...], given: Any, model: type[BaseModel]) -> None:
        self.steps: list[int | str] = []
        self.value, self.field, self.table, self.root = given, None, model, model
        self.options, self.others = [model], []
        for part in location:
            if isinstance(part, int):
                self.steps.append(part)
                self.value = self.value[part]
            elif len(self.options) > 1:
                self.others = self.options
                self.options = [option for option in self.options if variant(option)[1] == part]
            elif isinstance(self.value, dict):
                self._enter(part)

    def _enter(self, part: str) -> None:
        self.steps.append(part)
        if self.options:
            self.table = self.options[0]
            if self.table is Strategy:
                self.table, self.others = registry()[self.value["kind"]], list(registry().values())
            self.field: FieldInfo | None = self.table.model_fields.get(part)
            self.options = models_in(self.field.annotation) if self.field else []
        self.value = self.value.get(part)

    def problem(self, item: dict[str, Any]) -> Problem:
        kind = item["type"]
        if kind.startswith("union_tag"):
            return self._unknown_kind()
        return Problem(".".join(map(str, self.steps)), self._message(kind, item))

    def _message(self, kind: str, item: dict[str, Any]) -> str:
        match kind:
            case "extra_forbidden":
                return self._unknown_key()
            case "missing":
                return f"is missing: {self.field.description}" if self.field.description else "is missing"
            case "literal_error":
                return not_one_of(self.value, "possible", get_args(self.field.annotation))
            case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
                return self._out_of_range(item)
            case "too_short":
                return "is empty; at least one is needed"
            case "value_error":
                return str(item["ctx"]["error"])
        expected = _EXPECTED.get(kind)
        if expected == "a table" and len(self.options) > 1 and variant(self.options[0])[0] == "dist":
            expected = "a number or a table"
        return f"expected {expected}, got {say(self.value)}" if expected else f"{item['msg']}; got {say(self.value)}"

    def _unknown_key(self) -> str:
        key = self.steps[-1]
        owners = (
            [variant(other)[1] for other in self.others if key in other.model_fields] if variant(self.table) else []
        )
        message = not_one_of(key, "known here", self.table.model_fields)
        if owners:
            return f"{message}; belongs to {', '.join(owners)}: to change the kind, replace the whole table"
        elsewhere = [
            f"{name}.{key}"
            for name, field in self.root.model_fields.items()
            if any(key in model.model_fields for model in models_in(field.annotation))
        ]
        return f"{message}; there is {elsewhere[0]}" if len(self.steps) <= 2 and len(elsewhere) == 1 else message

    def _unknown_kind(self) -> Problem:
        options = registry() if self.options == [Strategy] else [variant(option)[1] for option in self.options]
        key = "kind" if self.options == [Strategy] else variant(self.options[0])[0]
        what = _KIND_OF.get(next(step for step in reversed(self.steps) if isinstance(step, str)), "a distribution")
        path = ".".join(map(str, [*self.steps, key]))
        if key not in self.value:
            return Problem(path, f"is missing; allowed: {', '.join(options)}")
        return Problem(path, not_one_of(self.value[key], what, options))

    def _out_of_range(self, item: dict[str, Any]) -> str:
        declared = describe(self.field) if self.field else None
        if declared is None:
            return f"{short(self.value)} is out of range; {item['msg']}"
        given = f"a {self.value['dist']} distribution" if isinstance(self.value, dict) else short(self.value)
        reaches = "reaches out of range" if isinstance(self.value, dict) else "is out of range"
        unit = "" if declared.unit == "1" else f" ({declared.unit})"
        return f"{given} {reaches}; allowed: {declared.bounds}{unit}"
