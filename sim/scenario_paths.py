"""Changing a scenario by dotted paths such as `firms.Honest.strategy.price`, on plain data before it is validated."""

import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from sim.scenario_errors import Problem, ScenarioError, not_one_of, say


def plain(value: Any) -> Any:
    """Dicts, lists and scalars of what was given; of models only what was set, so that defaults can still follow."""
    if isinstance(value, BaseModel):
        names = [name for name in type(value).model_fields if name in {*value.model_fields_set, "kind", "dist"}]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    # NumPy numbers and arrays, as a sweep in a notebook gives them
    return value.tolist() if hasattr(value, "tolist") else value


def value_at(tree: Any, path: str) -> Any:
    """What is at a dotted path of plain data, found as `change` finds it; None where there is nothing."""
    for step in path.split("."):
        try:
            tree = tree[_key(tree, step)]
        except LookupError:
            return None
    return tree


def named(tree: Any, path: str) -> str:
    """The path with names for positions, where items have one: `firms.0.strategy` -> `firms.Our shop.strategy`."""
    steps = path.split(".")
    for at, step in enumerate(steps):
        item = value_at(tree, ".".join(steps[: at + 1]))
        if step.isdecimal() and isinstance(item, dict) and "name" in item:
            steps[at] = item["name"]
    return ".".join(steps)


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every entry that is no table and no list of tables."""
    if isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        tree = {str(item.get("name", at)): item for at, item in enumerate(tree)}
    if not isinstance(tree, dict):
        yield path, tree
        return
    for key, item in tree.items():
        yield from leaves(item, f"{path}.{key}" if path else key)


def paths(given: Any, path: str = "") -> list[str]:
    """Dotted paths of all entries of plain data, tables and items on the way included: market, market.rounds, …"""
    if isinstance(given, Mapping):
        items = given.items()
    elif isinstance(given, list) and any(isinstance(item, Mapping) for item in given):
        items = ((str(at), item) for at, item in enumerate(given))
    else:
        return []
    found = []
    for key, item in items:
        where = f"{path}.{key}" if path else key
        found += [where, *paths(item, where)]
    return found


def parse_setting(text: str) -> tuple[str, Any]:
    """`path=value` of the command line -> (path, value); the value is read as TOML, or else taken as a text.

    Raises ScenarioError where there is no path or no "=".
    """
    path, equals, written = (part.strip() for part in text.partition("="))
    if not path or not equals:
        raise ScenarioError(
            [Problem("", f'"{text}" is no setting; write path=value, such as market.rounds=60')], "--set"
        )
    try:
        read = tomllib.loads(f"value = {written}")
    except ValueError:
        return path, written
    # a line break in the text could smuggle in more keys
    return path, read["value"] if len(read) == 1 else written


def change(given: dict[str, Any], changes: Mapping[str, Any], usual: Any) -> tuple[dict[str, Any], list[Problem]]:
    """A changed copy of the plain data `given`, and what was wrong with the paths.

    Items of lists are named by position or by their `name`. Tables that were not given are taken from `usual`, the same
    scenario with its defaults, so that one entry of a default table can be changed. Setting a table replaces it whole.
    """
    tree, problems = deepcopy(given), []
    for path, value in changes.items():
        try:
            _set(tree, usual, path, plain(value))
        except LookupError as error:
            problems.append(Problem(path, error.args[0]))
    return tree, problems


def _set(tree: Any, usual: Any, path: str, value: Any) -> None:
    *steps, last = path.split(".")
    if not steps and isinstance(value, dict) and path != "network":
        # `set = {market.customers = 5}` without quotes would mean a whole new market
        raise LookupError(f'is a whole table; give one change each, with the path in quotes: "{path}.…" = …')
    for step in steps:
        key, default = _key(tree, step), _usual(usual, step)
        if isinstance(tree, dict) and key not in tree:
            tree[key] = {} if default is None else deepcopy(default)
        tree, usual = tree[key], default
    tree[_key(tree, last)] = value


def _usual(usual: Any, step: str) -> Any:
    """The default one step further down, or None."""
    try:
        return usual[_key(usual, step)]
    except LookupError:
        return None


def _key(tree: Any, step: str) -> str | int:
    """The key of a table or the position in a list that a step of a path means; LookupError says why there is none."""
    if isinstance(tree, dict):
        return step
    if not isinstance(tree, list):
        raise LookupError(f'there is no "{step}" in {say(tree)}')
    if step.isdecimal():
        if int(step) < len(tree):
            return int(step)
        raise LookupError(f"there is no item {step}; there are {len(tree)}, counted from 0")
    names = [item["name"] for item in tree if isinstance(item, dict) and isinstance(item.get("name"), str)]
    if step in names:
        return next(at for at, item in enumerate(tree) if isinstance(item, dict) and item.get("name") == step)
    raise LookupError(not_one_of(step, "a name in this list", names))
