"""What a result rests on: every parameter of the scenario with its value, unit and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sim.parameter import Parameter
from sim.reports.document import Cell, Column, Note, Section, Table
from sim.reports.words import counted, listed

OWN = "this scenario"
LISTS = ("segments", "firms", "events")
NOT_ASSUMED = ("seed", "alternatives", "factors", "examination")


class Assumption(NamedTuple):
    """One entry of a scenario: items (names of segments, firms) that share the value."""

    path: str
    items: tuple[str, ...]
    value: Any
    declared: Parameter
    own: bool  # not the default


def assumptions(scenario: Mapping[str, Any]) -> Section:
    """Three tables: what the scenario sets, what its alternatives change, and what has its default."""
    found = entries(scenario)
    own, usual = [each for each in found if each.own], [each for each in found if not each.own]
    guessed = sum(each.declared.source == "assumption" or each.own for each in found)
    blocks = [
        Note(
            f"The scenario holds {counted(len(found), 'entry', 'entries')}. {guessed:,} of them are "
            "assumptions: no publication or data stands behind them. A value set by the scenario itself counts as one, "
            "since a scenario file has no place for its source."
        ),
        _table("assumptions-own", "Set by this scenario", own, scenario),
    ]
    if alternatives := _alternatives(scenario):
        blocks.append(alternatives)
    blocks.append(_table("assumptions-default", "As the model has them unless told otherwise", usual, scenario))
    return Section("assumptions", "What it assumes", tuple(blocks))


def entries(scenario: Mapping[str, Any]) -> list[Assumption]:
    """Every declared parameter that the scenario as run holds, alike ones of several segments or firms together."""
    together: dict[tuple[str, str, str], Assumption] = {}
    for path, item, value, declared in _walk(scenario):
        key = (path, declared.kind, written(value))
        if key in together:
            together[key] = together[key]._replace(items=(*together[key].items, item))
        else:
            own = declared.compulsory or _different(value, declared.default)
            together[key] = Assumption(path, (item,) if item else (), value, declared, own)
    return list(together.values())


def _walk(scenario: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, Parameter]]:
    """(path with * for items, name of the item, value, declaration) of every parameter."""
    from sim.scenario import parameters

    known: dict[str, list[Parameter]] = {}
    for parameter in parameters():
        known.setdefault(parameter.path, []).append(parameter)

    def inside(table: Any, path: str, item: str) -> Iterator[tuple[str, str, Any, Parameter]]:
        kinds = {"", table.get("kind"), table.get("dist")}
        for key, value in table.items():
            where = f"{path}.{key}" if path else key
            chosen = next((each for each in known.get(where, ()) if each.kind in kinds), None)
            if chosen is None and where.startswith("firms.*.strategy."):  # all strategies share this path
                chosen = next((each for each in known.get(where, ()) if each.kind == ""), None)
            if chosen is not None:
                yield where, item, value, chosen
            elif isinstance(value, Mapping):
                yield from inside(value, where, item)
            elif isinstance(value, list) and where in LISTS:
                for number, each in enumerate(value):
                    yield from inside(each, f"{where}.*", str(each.get("name") or each.get("kind") or number))

    yield from inside({key: value for key, value in scenario.items() if key not in NOT_ASSUMED}, "", "")


def written(value: Any) -> str:
    """A value of a scenario as people write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float() | int():
            return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
        case Mapping():
            first = value.get("kind") or value.get("dist")
            rest = ", ".join(f"{name} {written(each)}" for name, each in value.items() if name not in ("kind", "dist"))
            return f"{first}({rest})" if first and rest else first or f"({rest})"
        case list() | tuple():
            return ", ".join(written(each) for each in value) or "none"
    return str(value)


def _different(value: Any, default: Any) -> bool:
    if isinstance(value, Mapping) and value.get("dist") == "fixed" and not isinstance(default, Mapping):
        return value["value"] != default
    if isinstance(default, Mapping) and isinstance(value, Mapping):  # a distribution may be written out more fully
        return any(_different(value.get(name), each) for name, each in default.items())
    if default == () or default is None:  # a vector left out is filled with zeros
        return value not in (None, [], ()) and not (isinstance(value, list) and not any(value))
    return value != default


def _table(name: str, title: str, found: list[Assumption], scenario: Mapping[str, Any]) -> Table:
    rows = []
    for each in found:
        p = each.declared
        group = each.path.partition(".")[0]
        every = len(each.items) > 1 and len(each.items) == len(scenario.get(group, ()))
        some = f"all {len(each.items)} {group}" if every else listed(each.items)
        kind = f"{p.kind} " if p.kind and "strategy" in each.path else ""
        number = (
            float(each.value) if isinstance(each.value, (int, float)) and not isinstance(each.value, bool) else None
        )
        rows.append(
            (
                Cell(each.path, kind + some),
                Cell(p.symbol),
                Cell(written(each.value), value=number),
                Cell("" if p.unit == "1" else p.unit),
                Cell(p.meaning),
                Cell(OWN if each.own else p.source),
            )
        )
    heads = (Column(head) for head in ("parameter", "symbol", "value", "unit", "meaning", "source"))
    return Table(name, title, tuple(heads), tuple(rows))


def _alternatives(scenario: Mapping[str, Any]) -> Table | None:
    """What each alternative changes, entry by entry."""
    rows = []
    for each in scenario.get("alternatives") or ():
        changes = dict(each.get("set") or {})
        if each.get("focus"):
            changes["focus"] = each["focus"]
        for path, value in changes.items() or [("", "nothing")]:
            rows.append((Cell(each["name"]), Cell(path), Cell(written(value))))
    if not rows:
        return None
    heads = (Column("alternative"), Column("parameter"), Column("value"))
    return Table("alternatives", "What the alternatives change", heads, tuple(rows))
