"""One declaration per parameter: default, bounds, unit, meaning, symbol and source.

Everything that can be set in a scenario or a strategy is a field of a frozen `Declared` model, written once::

    turbulence: float = parameter(0.02, ge=0, le=1, unit="share per round", symbol="ν", description="…")

From that line come the validation, the error text, the JSON schema, the tables of the documentation and the sliders.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAliasType, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class Declared(BaseModel):
    """Base of every declared table: frozen, unknown keys refused, no NaN or infinity, `true` is not a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True)


def parameter(
    default: Any = ...,
    *,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    unit: str,
    symbol: str = "",
    source: str = "assumption",
    description: str,
) -> Any:
    """Declare one field of a `Declared` model or of a strategy.

    default      value if the file says nothing; `...` makes the field compulsory
    ge, le, gt   least, greatest and exclusive lower bound, in `unit`; for a distribution they bound all its draws
    unit         "euro", "rounds", "share", …; "1" for a pure number
    symbol       as in the equations of the model, e.g. "κ_x"
    source       a publication, or "assumption"
    description  the meaning in one line
    """
    return Field(
        default,
        ge=ge,
        le=le,
        gt=gt,
        validate_default=True,
        description=description,
        json_schema_extra={"unit": unit, "symbol": symbol, "source": source},
    )


@dataclass(frozen=True)
class Parameter:
    """What is declared about one parameter.

    `path` is dotted as in `Scenario.with_changes`, with `*` for any item of a list; `kind` is the strategy, event,
    network or distribution that has it, "" if it is always there. `low` and `high` are None where there is no bound.
    `options` are the names it may be, where it is one of a few.
    """

    path: str
    symbol: str
    default: Any
    low: float | None
    high: float | None
    open_low: bool
    unit: str
    meaning: str
    source: str
    kind: str = ""
    options: tuple[str, ...] = ()

    @property
    def compulsory(self) -> bool:
        return self.default is ...

    @property
    def bounds(self) -> str:
        """The allowed range in words, such as `0 to 1`, `at least 1` or `above 0`; empty if there is none."""
        low, high = (None if bound is None else str(bound).removesuffix(".0") for bound in (self.low, self.high))
        if low is None:
            return "" if high is None else f"at most {high}"
        if self.open_low:
            return f"above {low}" if high is None else f"above {low}, at most {high}"
        return f"at least {low}" if high is None else f"{low} to {high}"


def describe(field: FieldInfo, path: str = "", kind: str = "") -> Parameter | None:
    """The declaration behind a pydantic field, or None if it was not declared with `parameter`."""
    extra = field.json_schema_extra
    if not isinstance(extra, dict) or "unit" not in extra:
        return None
    bound = {name: getattr(item, name) for item in field.metadata for name in ("ge", "le", "gt") if hasattr(item, name)}
    return Parameter(
        path=path,
        symbol=extra["symbol"],
        default=... if field.is_required() else field.get_default(call_default_factory=True),
        low=bound.get("gt", bound.get("ge")),
        high=bound.get("le"),
        open_low="gt" in bound,
        unit=extra["unit"],
        meaning=field.description or "",
        source=extra["source"],
        kind=kind,
        options=get_args(field.annotation) if get_origin(field.annotation) is Literal else (),
    )


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The pydantic models named in a type: `tuple[A | B, ...]` -> [A, B]."""
    if isinstance(annotation, TypeAliasType):
        return models_in(annotation.__value__)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def variant(model: type[BaseModel]) -> tuple[str, str] | None:
    """Which key and value choose this model among others: ("kind", "entry"), or None if it is the only one."""
    for key in ("kind", "dist"):
        values = get_args(model.model_fields[key].annotation) if key in model.model_fields else ()
        if len(values) == 1:
            return key, values[0]
    return None


def declared(model: type[BaseModel], path: str = "") -> Iterator[Parameter]:
    """Every parameter of a model and of the models inside it, in the order of declaration."""
    chosen = variant(model)
    for name, field in model.model_fields.items():
        where = f"{path}.{name}" if path else name
        found = describe(field, where, chosen[1] if chosen else "")
        if found is not None:
            yield found
            continue
        many = ".*" if get_origin(field.annotation) is tuple else ""
        for inner in models_in(field.annotation):
            yield from declared(inner, where + many)
