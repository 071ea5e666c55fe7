"""Numbers and names as the sentences of a report say them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.analysis.metrics import METRICS
from sim.analysis.readable import magnitude, readable, readable_interval
from sim.analysis.statistics import Interval

DECIDES = "discounted_profit"  # the measure that decides which strategy is better, unless another is named
UNKNOWN = "cannot be estimated"
SURE = 0.9995  # probability from which on some thousand draws tell no difference to one


def amount(value: float, measure: str, signed: bool = False) -> str:
    """A number with its unit; `UNKNOWN` for NaN."""
    return readable(value, METRICS[measure].unit, signed) if np.isfinite(value) else UNKNOWN


def estimate(found: Interval, measure: str, signed: bool = False) -> str:
    """Mean ± half width with the unit; `UNKNOWN` where there is no mean."""
    return readable_interval(found, METRICS[measure].unit, signed) if np.isfinite(found.mean) else UNKNOWN


def size(difference: Interval, measure: str) -> str:
    """A difference without its sign; `UNKNOWN` where there is none."""
    return magnitude(difference, METRICS[measure].unit) if np.isfinite(difference.mean) else UNKNOWN


def relative(difference: Interval, base: Interval) -> float:
    """Difference as a share of the baseline's mean; NaN where that is not clearly above zero."""
    sure = base.mean > 0 and not base.low <= 0
    return difference.mean / base.mean if sure else float("nan")


def percent(share: float, signed: bool = True) -> str:
    """A share in per cent with two digits at least; empty for NaN."""
    if not np.isfinite(share):
        return ""
    if abs(share) >= 10:  # next to almost nothing everything is large
        return "over 999 %" if not signed else f"over 999 % {'less' if share < 0 else 'more'}"
    places = 1 if abs(share) < 0.0995 else 0
    number = f"{abs(100 * share):,.{places}f}"
    sign = "" if float(number) == 0 else "−" if share < 0 else "+" if signed else ""
    return f"{sign}{number} %"


def chance(probability: float) -> str:
    """A probability from some thousand draws, no surer than they allow."""
    if not np.isfinite(probability):
        return UNKNOWN
    if probability >= SURE:
        return "over 99.9 %"
    if probability < 1 - SURE:
        return "under 0.1 %"
    return f"{100 * probability:.1f} %" if not 0.1 <= probability <= 0.9 else f"{100 * probability:.0f} %"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names as an enumeration; of many, the first and how many more."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def called(measure: str) -> str:
    """What a measure is called in a sentence; the one that usually decides is plainly profit."""
    return "profit" if measure == DECIDES else METRICS[measure].label


def counted(number: int, what: str, many: str = "") -> str:
    """1 run, 2 runs; many: the plural where no s will do."""
    return f"{number:,} {what if number == 1 else many or f'{what}s'}"
