"""Numbers and definitions as people write them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping

import numpy as np

from sim.analysis.statistics import Interval

EVEN = 0.05  # by how much of an interval its sides may differ to be written as ±
SAME = 1e-12  # half width, as a share of the mean, that only rounding makes
MISSING = "–"  # shown for what cannot be estimated
PLACES = {"share": 1, "customers": 0}  # decimals of what is no euro, where they are not two


def readable(value: float, unit: str, signed: bool = False) -> str:
    """`value` as people write it: €41.2k, 34.1 %, 0.62; differences (`signed`) of shares in percentage points."""
    if not np.isfinite(value):
        return MISSING
    factor, before, after = _scale(abs(value), unit, signed)
    size = abs(value) / factor
    places = max(0, 3 - len(str(int(size)))) if unit.startswith("euro") else PLACES.get(unit, 2)
    return f"{_sign(value / factor, places, signed)}{before}{size:,.{places}f}{after}"


def readable_interval(estimate: Interval, unit: str, signed: bool = False) -> str:
    """Mean and half width of a t interval, both rounded to what the half width warrants: +€17.5k ± 3.2k.

    Digits: two of a half width that begins with 1, 2 or 3, else one (Particle Data Group 2022, section 5.3); one more
    where nothing would be left of the mean. What is the same in every run has no half width.
    """
    half = estimate.high - estimate.mean
    if not np.isfinite(estimate.mean) or not np.isfinite(half) or half <= SAME * abs(estimate.mean):
        return readable(estimate.mean, unit, signed)
    factor, before, after = _scale(max(abs(estimate.mean), half), unit, signed)
    exact = max(half, abs(estimate.mean) / 1000) / factor  # never more than some four digits of the mean
    power = int(np.floor(np.log10(exact))) if exact > 0 else 0
    places = min(3, max(0, -power + (exact < 3.55 * 10.0**power)))
    places += bool(estimate.mean) and not round(abs(estimate.mean) / factor, places)
    sign = _sign(estimate.mean / factor, places, signed)
    tail = "" if unit == "share" else after
    return f"{sign}{before}{abs(estimate.mean) / factor:,.{places}f}{tail} ± {half / factor:,.{places}f}{after}"


def readable_ends(estimate: Interval, unit: str, signed: bool = False) -> str:
    """Like `readable_interval`; of an interval that is not about the same length on both sides, both ends."""
    below, above = estimate.mean - estimate.low, estimate.high - estimate.mean
    if not np.isfinite(below + above) or abs(above - below) <= EVEN * (below + above):
        return readable_interval(estimate, unit, signed)
    return f"{readable(estimate.low, unit, signed)} to {readable(estimate.high, unit, signed)}"


def chances_in_words(chances: Mapping[str, float], most: int = 4) -> str:
    """The likeliest first, as in "close 0.97, cheap 0.03"; of many the rest together."""
    order = sorted(chances.items(), key=lambda each: -each[1])
    shown = order if len(order) <= most else order[: most - 1]
    parts = [f"{name} {chance:.2f}" for name, chance in shown]
    rest = sum(chance for _, chance in order[len(shown) :])
    return ", ".join(parts + ([f"{len(order) - len(shown)} others {rest:.2f}"] if len(shown) < len(order) else []))


def magnitude(difference: Interval, unit: str) -> str:
    """A difference without its sign, for sentences that say more or less; of shares in percentage points."""
    mean, low, high, n = difference
    positive = difference if not mean < 0 else Interval(-mean, -high, -low, n)
    return readable_interval(positive, unit, signed=True).removeprefix("+")


def _sign(value: float, places: int, signed: bool) -> str:
    """The sign to write before so many decimals; what is written as zero has none."""
    return "" if not round(value, places) else "−" if value < 0 else "+" if signed else ""


def significance(p: float) -> str:
    """A p value, no surer than it has to be."""
    return MISSING if not np.isfinite(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _scale(size: float, unit: str, difference: bool) -> tuple[float, str, str]:
    """Divisor, prefix and suffix in which a number of this size and unit is easy to read."""
    if unit == "share":
        return 0.01, "", " pp" if difference else " %"
    if not unit.startswith("euro"):
        return 1.0, "", ""
    for factor, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if size >= 0.9995 * factor:
            return factor, "€", letter
    return 1.0, "€", ""


# ------------------------------------------------------------------------------------------------------ definitions


def described(what: Callable) -> str:
    """The docstring of a function or class in Markdown, without the shape it may begin with, "(F,)".

    Lines that begin with names and at least two spaces become a list.
    """
    paragraphs = [_paragraph(part) for part in re.split(r"\n\s*\n", inspect.cleandoc(what.__doc__ or ""))]
    text = re.sub(r"^\([^)]*\) ", "", "\n\n".join(paragraphs))
    return text[:1].upper() + text[1:]


def _paragraph(text: str) -> str:
    found: list[str] = []
    for line in text.splitlines():
        item = re.match(r"(\w+(?:, \w+)*) {2,}(\S.*)$", line)
        if item:
            found.append(f"- `{item[1]}`: {item[2]}")
        elif found:
            found[-1] += f" {line.strip()}"
        else:
            found.append(line.strip())
    return "\n".join(found)


def first_sentence(text: str) -> str:
    """The first sentence of a description."""
    first = text.partition("\n")[0]
    return re.split(r"(?<=[^.\d][.])\s+(?=[A-Z\d(`])", first, maxsplit=1)[0]
