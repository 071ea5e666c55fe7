"""Is a file that can be read also what it says it is? What is wrong with it, in words; "" where nothing is.

Checksums tell whether a file is as it was written; they do not tell who wrote it. What comes from elsewhere, or was
changed by hand, may hold text for numbers, infinities, or half a scenario.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

WORDS = ("title", "description", "claim", "claim_text", "baseline", "focus")
TABLES = ("market", "relationship", "learning", "network", "mechanisms")
LISTS = ("segments", "firms", "events", "alternatives", "factors")


def no_numbers(arrays: Mapping[str, np.ndarray]) -> str:
    """The first array that does not consist of numbers."""
    for name, values in arrays.items():
        if values.dtype.kind not in "fiub":
            return f"{name} holds text or objects where numbers belong"
    return ""


def unknown_numbers(arrays: Mapping[str, np.ndarray], may_be_nan: tuple[str, ...] = ()) -> str:
    """The first array with an infinite number, or with NaN although its name does not begin as those that may."""
    for name, values in arrays.items():
        if values.dtype.kind != "f" or (known := np.isfinite(values)).all():
            continue
        if np.isinf(values).any() or not name.startswith(may_be_nan or ("\0",)):
            at = ", ".join(str(k) for k in np.argwhere(~known)[0])
            return f"{name} holds {values[~known][0]} (first at [{at}]) where a number belongs"
    return ""


def misfit(metadata: Mapping[str, Any], wanted: Mapping[str, tuple[Callable[[Any], bool], str]]) -> str:
    """The first entry that is missing or is not what belongs there: name -> (is it that, that in words)."""
    for name, (right, words) in wanted.items():
        if name not in metadata:
            return f"its {name!r} is missing"
        if not right(metadata[name]):
            return f"its {name!r} is {str(metadata[name])[:40]!r}; {words} belongs there"
    return ""


def is_number(value: Any) -> bool:
    """A finite number, and not yes or no."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: Any) -> bool:
    """A whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def are_names(value: Any) -> bool:
    """A list of texts, none of them twice."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value) and len({*value}) == len(value)


def are_texts(value: Any) -> bool:
    """A list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def is_scenario(value: Any) -> bool:
    """Texts, tables and lists of tables where those belong; what is left out is left out."""
    if not isinstance(value, dict) or not all(isinstance(value.get(name, ""), str) for name in WORDS):
        return False
    tables = all(isinstance(value.get(name, {}), dict) for name in TABLES)
    lists = all(
        isinstance(items := value.get(name, []), list) and all(isinstance(each, dict) for each in items)
        for name in LISTS
    )
    return tables and lists and is_number(value.get("market", {}).get("discount_rate", 0.0) if tables else 0.0)
