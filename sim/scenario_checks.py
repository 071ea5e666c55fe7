"""What must hold between the tables of a scenario.

The checks read the plain data, not the validated models, so that they can speak even when some other entry is wrong:
what cannot be read is passed over here, because its own table has complained already.
"""

from collections.abc import Iterator
from math import fsum
from pathlib import Path, PurePosixPath
from typing import Any

from sim.scenario_errors import Problem, not_one_of, short
from sim.scenario_market import Market

Table = dict[str, Any]


def check(given: Any, folder: Path | None) -> list[Problem]:
    """Everything wrong between the tables; `folder` is where the scenario file is, None if it is no file."""
    if not isinstance(given, dict):
        return []
    return [problem for rule in _RULES for problem in rule(given)] + list(_edge_list_is_beside(given, folder))


def edge_list_file(folder: Path, file: str) -> Path:
    """The edge list beside the scenario; ValueError if the path leads out of the scenario's folder."""
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file:
        raise ValueError("must be a relative path with / and without .., inside the scenario's folder")
    found = (folder / path).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise ValueError("leads out of the scenario's folder")
    return found


def _tables(given: Table, key: str) -> list[tuple[int, Table]]:
    items = given.get(key)
    return [(at, item) for at, item in enumerate(items) if isinstance(item, dict)] if isinstance(items, list) else []


def _names(given: Table, key: str) -> list[str]:
    return [item["name"] for _, item in _tables(given, key) if isinstance(item.get("name"), str)]


def _market(given: Table, key: str) -> Any:
    """A whole number or text of [market] as given or by default; None if it is of the wrong type."""
    market = given.get("market", {})
    usual = Market.model_fields[key].default
    value = market.get(key, usual) if isinstance(market, dict) else None
    return value if type(value) is type(usual) else None


def _names_are_unique(given: Table) -> Iterator[Problem]:
    for key in ("segments", "firms", "alternatives", "factors"):
        seen = set()
        for at, item in _tables(given, key):
            name = item.get("name")
            if isinstance(name, str) and name in seen:
                yield Problem(f"{key}.{at}.name", f"{short(name)} is there already; names must differ")
            elif isinstance(name, str):
                seen.add(name)


def _shares_sum_to_one(given: Table) -> Iterator[Problem]:
    shares = [item.get("share", 1) for _, item in _tables(given, "segments")]
    if shares and all(isinstance(share, (int, float)) and not isinstance(share, bool) for share in shares):
        total = fsum(shares)
        if not abs(total - 1) <= 1e-9:
            yield Problem("segments", f"the shares sum to {total:.10g}; they must sum to 1")


def _vectors_have_k_numbers(given: Table) -> Iterator[Problem]:
    dimensions = _market(given, "dimensions")
    for key, vector, required in (("segments", "need_mean", 0), ("firms", "position", 0), ("events", "shift", 1)):
        for at, item in _tables(given, key):
            numbers = item.get(vector)
            if dimensions is None or not isinstance(numbers, list) or len(numbers) == dimensions:
                continue
            if numbers or required:
                wanted = f"one for each of market.dimensions = {dimensions}"
                yield Problem(f"{key}.{at}.{vector}", f"has {len(numbers)} numbers; allowed: {dimensions}, {wanted}")


def _latent_dimensions_are_dimensions(given: Table) -> Iterator[Problem]:
    latent, dimensions = _market(given, "latent_dimensions"), _market(given, "dimensions")
    if latent is not None and dimensions is not None and latent > dimensions:
        allowed = f"at most market.dimensions = {dimensions}"
        yield Problem("market.latent_dimensions", f"{latent} is out of range; allowed: {allowed}")


def _hotelling_has_two_firms(given: Table) -> Iterator[Problem]:
    firms = given.get("firms")
    if _market(given, "choice") == "hotelling" and isinstance(firms, list) and len(firms) != 2:
        yield Problem("market.choice", f'"hotelling" is a line between two firms; there are {len(firms)}')


def _named_firms_exist(given: Table) -> Iterator[Problem]:
    named = [(f"events.{at}.firm", event.get("firm")) for at, event in _tables(given, "events")]
    named += [(f"alternatives.{at}.focus", item.get("focus")) for at, item in _tables(given, "alternatives")]
    named += [("focus", given.get("focus"))]
    firms = _names(given, "firms")
    for path, name in named:
        if isinstance(name, str) and name not in firms and (name or path.startswith("events")):
            yield Problem(path, not_one_of(name, "a firm here", firms))


def _baseline_is_an_alternative(given: Table) -> Iterator[Problem]:
    name, alternatives = given.get("baseline"), _names(given, "alternatives")
    if isinstance(name, str) and name and name not in alternatives:
        other = short(alternatives[0] if alternatives else "")
        words = not_one_of(name, "an alternative here", alternatives)
        yield Problem("baseline", f"{words}; other alternatives need another baseline: set baseline = {other} as well")


def _examination_names_what_there_is(given: Table) -> Iterator[Problem]:
    asked = given.get("examination")
    contrast = asked.get("contrast") if isinstance(asked, dict) else None
    alternatives = _names(given, "alternatives")
    known, what = (alternatives, "an alternative here") if alternatives else (_names(given, "firms"), "a firm here")
    for at, name in enumerate(contrast if isinstance(contrast, list) else []):
        if isinstance(name, str) and name not in known:
            left = "; with other alternatives set examination.contrast as well, or leave the examination out"
            yield Problem(f"examination.contrast.{at}", not_one_of(name, what, known) + left)
    if not isinstance(asked, dict):
        return
    yield from _wrong_window(asked, "examination")
    moderator, factors = asked.get("moderator"), _names(given, "factors")
    if isinstance(moderator, str) and moderator and moderator not in factors:
        yield Problem("examination.moderator", not_one_of(moderator, "a factor here", factors))


def _wrong_window(table: Table, path: str) -> Iterator[Problem]:
    window = table.get("window")
    numbers = isinstance(window, list) and len(window) == 2 and all(type(round) is int for round in window)
    if numbers and window[0] > window[1]:
        yield Problem(f"{path}.window", "the last round must not come before the first")


def _factors_have_levels(given: Table) -> Iterator[Problem]:
    alternatives = _names(given, "alternatives")
    for at, factor in _tables(given, "factors"):
        by_path, by_level = bool(factor.get("path")) and bool(factor.get("values")), bool(factor.get("levels"))
        if by_path == by_level or (factor.get("path") and by_level):
            yield Problem(f"factors.{at}", "needs either path and values, or levels")
        signs, wanted = factor.get("signs"), factor.get("levels") or factor.get("values")
        if isinstance(signs, list) and signs and isinstance(wanted, list) and len(signs) != len(wanted):
            yield Problem(f"factors.{at}.signs", f"has {len(signs)} numbers; allowed: {len(wanted)}, one per level")
        named = [("alternative", factor.get("alternative"))]
        for place, level in _tables(factor, "levels"):
            yield from _wrong_window(level, f"factors.{at}.levels.{place}")
            changed = level.get("alternatives")
            named += [(f"levels.{place}.alternatives", name) for name in (changed if isinstance(changed, dict) else ())]
        for path, name in named:
            if isinstance(name, str) and name and name not in alternatives:
                yield Problem(f"factors.{at}.{path}", not_one_of(name, "an alternative here", alternatives))


def _who_enters_was_absent(given: Table) -> Iterator[Problem]:
    for at, firm in _tables(given, "firms"):
        moves = [
            (event["round"], place, event["kind"])
            for place, event in _tables(given, "events")
            if event.get("firm") == firm.get("name")
            and event.get("kind") in ("entry", "exit")
            and type(event.get("round")) is int
        ]
        if moves and min(moves)[2] == "entry" and firm.get("present_from_start", True) is True:
            message = f"{short(firm.get('name'))} is in the market already; set firms.{at}.present_from_start = false"
            yield Problem(f"events.{min(moves)[1]}", message)


def _network_is_smaller_than_the_market(given: Table) -> Iterator[Problem]:
    customers, network = _market(given, "customers"), given.get("network")
    for key in ("neighbours", "links"):
        ties = network.get(key) if isinstance(network, dict) else None
        if type(ties) is int and customers is not None and ties >= customers:
            yield Problem(f"network.{key}", f"{ties} is out of range; allowed: below market.customers = {customers}")


def _edge_list_is_beside(given: Table, folder: Path | None) -> Iterator[Problem]:
    network = given.get("network")
    file = network.get("file") if isinstance(network, dict) and network.get("kind") == "edge_list" else None
    if not isinstance(file, str):
        return
    try:
        found = edge_list_file(folder or Path(), file)
    except ValueError as error:
        yield Problem("network.file", f"{short(file)} {error}")
        return
    if folder is not None and not found.is_file():
        yield Problem("network.file", f"there is no file {short(file)} in the scenario's folder")


_RULES = (
    _names_are_unique,
    _shares_sum_to_one,
    _vectors_have_k_numbers,
    _latent_dimensions_are_dimensions,
    _hotelling_has_two_firms,
    _named_firms_exist,
    _baseline_is_an_alternative,
    _examination_names_what_there_is,
    _factors_have_levels,
    _who_enters_was_absent,
    _network_is_smaller_than_the_market,
)
