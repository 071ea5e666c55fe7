"""What a result rests on: every parameter of scenario and strategies with its value, unit and source."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from sim.charts.words import spoken
from sim.parameter import Parameter
from sim.reports.document import Cell, Column, Note, Section, Table
from sim.reports.words import counted, listed

OWN = "this scenario"
LISTS = ("segments", "firms", "events")
NOT_ASSUMED = ("seed", "alternatives", "factors", "examination")
VARIED = "Varied"  # title of the note on what a sweep varies
HEADS = ("parameter", "symbol", "value", "unit", "meaning", "source")


class Assumption(NamedTuple):
    """One entry of a scenario: items (names of segments, firms) that share the value.

    own      set by the scenario, and not left to the model; usual: the value is the model's own all the same
    """

    path: str
    items: tuple[str, ...]
    value: Any
    declared: Parameter
    own: bool
    usual: bool = False


class Played(NamedTuple):
    """What somebody plays: name of the alternative or strategy, its table, and which of its entries were set."""

    name: str
    table: Mapping[str, Any]
    given: Collection[str]


def assumptions(
    scenario: Mapping[str, Any], given: Collection[str] | None = None, played: tuple[Played, ...] | None = None,
    without: str = "", varied: str = "",
) -> Section:  # fmt: skip
    """What the scenario sets, what its alternatives change and play, and what has its default.

    given    paths that were set (`sim.scenario.Scenario.given`); None where nobody noted them: then what differs from
             the default counts as set
    played   what the alternatives or strategies are; None where a single run was played
    without  entries that begin so are left out
    varied   what has several values, in words
    """
    found = [each for each in entries(scenario, given) if not (without and each.path.startswith(without))]
    own, usual = [each for each in found if each.own], [each for each in found if not each.own]
    guessed = sum(each.declared.source == "assumption" or each.own for each in found)
    rule = (
        " Which values it sets was not recorded; listed are those that differ from the model's."
        if given is None
        else ""
    )
    blocks = [
        Note(
            f"The scenario holds {counted(len(found), 'entry', 'entries')}. {guessed:,} of them are "
            "assumptions: no publication or data stands behind them. A value set by the scenario itself counts as one, "
            f"since a scenario file has no place for its source.{rule}"
        ),
        *([Note(varied, VARIED)] if varied else []),
        _table("assumptions-own", "Set by this scenario", own, scenario),
    ]
    if played is not None:
        blocks += [each for each in (_alternatives(scenario), strategies(played)) if each is not None]
    blocks.append(_table("assumptions-default", "As the model has them unless told otherwise", usual, scenario))
    return Section("assumptions", "What it assumes", tuple(blocks))


def entries(scenario: Mapping[str, Any], given: Collection[str] | None = None) -> list[Assumption]:
    """Every declared parameter that the scenario as run holds, alike ones of several segments or firms together."""
    together: dict[tuple[str, str, str, bool], Assumption] = {}
    for path, place, item, value, declared in _walk(scenario):
        usual = not (declared.compulsory or _different(value, declared.default))
        own = not usual if given is None else place in given
        key = (path, declared.kind, written(value), own)
        if key in together:
            together[key] = together[key]._replace(items=(*together[key].items, item))
        else:
            together[key] = Assumption(path, (item,) if item else (), value, declared, own, usual)
    return list(together.values())


def _walk(scenario: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any, Parameter]]:
    """(path with * for items, path with their numbers, name of the item, value, declaration) of every parameter."""
    from sim.scenario import parameters

    known: dict[str, list[Parameter]] = {}
    for parameter in parameters():
        known.setdefault(parameter.path, []).append(parameter)

    def inside(table: Any, path: str, place: str, item: str) -> Iterator[tuple[str, str, str, Any, Parameter]]:
        kinds = {"", table.get("kind"), table.get("dist")}
        for key, value in table.items():
            where, there = (f"{path}.{key}", f"{place}.{key}") if path else (key, key)
            chosen = next((each for each in known.get(where, ()) if each.kind in kinds), None)
            if chosen is None and where.startswith("firms.*.strategy."):  # all strategies share this path
                chosen = next((each for each in known.get(where, ()) if each.kind == ""), None)
            if chosen is not None:
                yield where, there, item, value, chosen
            elif isinstance(value, Mapping):
                yield from inside(value, where, there, item)
            elif isinstance(value, list) and where in LISTS:
                for number, each in enumerate(value):
                    called = str(each.get("name") or each.get("kind") or number)
                    yield from inside(each, f"{where}.*", f"{there}.{number}", called)

    yield from inside({key: value for key, value in scenario.items() if key not in NOT_ASSUMED}, "", "", "")


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
        kind = spoken(p.kind) if p.kind and "strategy" in each.path else ""
        whose = ": ".join(filter(None, (kind, some)))
        rows.append((Cell(each.path, whose), *_cells(p, each.value, each.own, each.usual)))
    return Table(name, title, tuple(Column(head) for head in HEADS), tuple(rows))


def _cells(p: Parameter, value: Any, own: bool, usual: bool) -> tuple[Cell, ...]:
    """Symbol, value, unit, meaning and source of one parameter."""
    number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    same = f"as the model has it: {p.source}" if own and usual else ""
    return (
        Cell(p.symbol),
        Cell(written(value), value=number),
        Cell("" if p.unit == "1" else p.unit),
        Cell(p.meaning),
        Cell(OWN if own else p.source, same),
    )


# --------------------------------------------------------------------------------------------------- alternatives


def _alternatives(scenario: Mapping[str, Any]) -> Table | None:
    """What each alternative changes, entry by entry."""
    rows = []
    for each in scenario.get("alternatives") or ():
        changes = dict(each.get("set") or {})
        if each.get("focus"):
            changes["focus"] = each["focus"]
        for path, value in changes.items() or [("", "nothing")]:
            rows.append((Cell(str(each.get("name", ""))), Cell(path), Cell(written(value))))
    if not rows:
        return None
    heads = (Column("alternative"), Column("parameter"), Column("value"))
    return Table("alternatives", "What the alternatives change", heads, tuple(rows))


def of_alternatives(scenario: Mapping[str, Any], given: Collection[str] | None) -> tuple[Played, ...]:
    """What the focus firm plays under each alternative; nothing where the scenario cannot be read."""
    from sim.scenario import parse
    from sim.scenario_errors import ScenarioError

    found = []
    try:
        whole = parse(scenario)
        for each in whole.alternatives:
            chosen = whole.alternative(each.name)
            number = next(k for k, firm in enumerate(chosen.firms) if firm.name == chosen.focus)
            before = f"firms.{number}.strategy."
            own = {path.removeprefix(before) for path in given or () if path.startswith(before)}
            own |= _set_in(each.set, number, chosen.focus) or set()
            if (new := _replaced(each.set, number, chosen.focus)) is not None:
                own = new
            found.append(Played(each.name, chosen.to_dict()["firms"][number]["strategy"], own))
    except ScenarioError:  # an edge list that is elsewhere, or a strategy that is not known here
        return ()
    return tuple(found)


def _places(number: int, name: str) -> tuple[str, ...]:
    return f"firms.{number}.strategy", f"firms.{name}.strategy"


def _set_in(changes: Mapping[str, Any], number: int, name: str) -> set[str]:
    """Entries of the firm's strategy that single changes set."""
    begins = tuple(f"{place}." for place in _places(number, name))
    return {path[len(begin) :] for path in changes for begin in begins if path.startswith(begin)}


def _replaced(changes: Mapping[str, Any], number: int, name: str) -> set[str] | None:
    """Entries that a change of the whole strategy sets; None where there is no such change."""
    table = next((changes[place] for place in _places(number, name) if place in changes), None)
    return {*table, *_set_in(changes, number, name)} if isinstance(table, Mapping) else None


def strategies(played: tuple[Played, ...]) -> Table | None:
    """Every parameter of what is played, with value, unit and source; and what the strategy is, from its docstring."""
    from sim.parameter import declared
    from sim.strategies.base import registry

    rows = []
    for name, table, given in played:
        kind = str(table.get("kind", ""))
        cls = registry().get(kind)
        if cls is None:
            continue
        words, source = _described(cls.__doc__ or "")
        rows.append(
            (Cell(name), Cell("strategy"), Cell(""), Cell(kind.replace("_", " ")), Cell(""), Cell(words), Cell(source))
        )
        model = cls.model_validate(dict(table))
        for p in declared(cls):
            value = getattr(model, p.path)
            usual = not (p.compulsory or _different(value, p.default))
            rows.append((Cell(name), Cell(p.path), *_cells(p, value, p.path in given, usual)))
    if not rows:
        return None
    columns = (Column("who"), *(Column(head) for head in HEADS))
    return Table("strategies", "What each plays", columns, tuple(rows))


def _described(docstring: str) -> tuple[str, str]:
    """First paragraph of a strategy's docstring, and its source."""
    text = " ".join(docstring.split())
    first = " ".join(docstring.split("\n\n")[0].split())
    source = re.search(r"Sources?: (.+?)(?:\. [A-Z]|\.?$)", text)
    return first, source[1] if source else "assumption"
