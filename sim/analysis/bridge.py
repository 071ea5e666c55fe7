"""Where a difference in profit comes from: the bridge (waterfall) from one alternative, or firm, to another.

Sales, surcharges and the costs of what is sold are so much per purchase times so many purchases. A product is split by
the midpoint formula Δ(p·q) = q̄·Δp + p̄·Δq, bars for means of both sides, in every round (Bennet 1920; the quantities of
Marshall-Edgeworth): nothing is left over, and the bridge from B to A is that from A to B with the signs turned. All
other accounts are differences. The parts add up to the difference of profits to rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from sim.analysis.inference import Judged, judged
from sim.analysis.levels import discount_factors
from sim.analysis.purchases import firm_number
from sim.results import Results, ResultsError

# What comes with every purchase, and its sign in profit.
PER_PURCHASE = {"sales": 1, "surcharges": 1, "production": -1, "personalisation": -1, "compensation": -1}
APART = {"exit_fees": 1, "opt_out_fees": 1, "contacting": -1, "listening": -1, "identification": -1, "advertising": -1,
         "content": -1}  # fmt: skip
# Part -> label, in the order of the bridge. A cost that rose has a negative part.
PARTS = {
    "volume": "more or fewer purchases",
    "price": "price paid",
    "surcharges": "surcharges",
    "exit_fees": "exit fees",
    "opt_out_fees": "fees to be left alone",
    "production": "unit cost",
    "personalisation": "personalisation",
    "compensation": "compensation",
    "contacting": "contacts",
    "listening": "listening",
    "identification": "knowing customers",
    "advertising": "advertising",
    "content": "content",
    "discounting": "discounting",
}


class Compared(Protocol):
    """What a bridge takes from a comparison (`sim.experiments.comparison.Comparison`)."""

    baseline: str
    rates: list[float]
    accounts: dict[str, np.ndarray]  # (A, R, T)

    def index(self, name: str) -> int: ...


class Step(NamedTuple):
    """One step of a bridge: mean over replications with its interval, euro, judged with the other steps."""

    name: str
    label: str
    value: Judged


class Bridge(NamedTuple):
    """From the profit of `start` to that of `end`, euro, in each of R replications.

    before, after   (R,) profits
    parts           name in `PARTS` -> (R,)
    """

    start: str
    end: str
    before: np.ndarray
    after: np.ndarray
    parts: dict[str, np.ndarray]

    @property
    def difference(self) -> np.ndarray:
        """(R,) what the parts add up to."""
        return self.after - self.before

    @property
    def residual(self) -> np.ndarray:
        """(R,) difference less the sum of the parts: rounding."""
        return self.difference - sum(self.parts.values())

    def steps(self, confidence: float = 0.95, *, everything: bool = False) -> list[Step]:
        """The parts as means with t intervals, in the order of `PARTS`; those zero throughout only with `everything`.

        Which are clear is corrected for the number of parts (Holm). Limits are NaN with one replication.
        """
        shown = [name for name, values in self.parts.items() if everything or values.any()]
        values = judged([self.parts[name] for name in shown], confidence)
        return [Step(name, PARTS[name], value) for name, value in zip(shown, values, strict=True)]


def profit_bridge(
    results: Results, start: str, end: str, other: Results | None = None, *, discount: bool = True
) -> Bridge:
    """What the difference of profit between two firms, of one run or of two, consists of: price, volume and every cost.

    Δ(p·q) = q̄·Δp + p̄·Δq in every round for what comes with purchases, differences for all other accounts; the parts
    add up to the difference to rounding, as `split_difference` says in full. From firm `start` of `results` to firm
    `end` of the same run, or of `other`; one replication. discount: profits are those of `discounted_profit`; otherwise
    plain sums. Raises ResultsError for a firm there is not, runs of different length, or accounts that do not make up
    the profit. Source: Bennet 1920.
    """
    one, two = results, other if other is not None else results
    if one.rounds != two.rounds:
        raise ResultsError(f"runs of {one.rounds} and {two.rounds} rounds: only equally long ones can be bridged")
    i, j = firm_number(one, start), firm_number(two, end)
    sides = [{name: run.account(name)[None, :, k] for name in NEEDED} for run, k in ((one, i), (two, j))]
    rates = [run.discount_rate * discount for run in (one, two)]
    same = start if start != end else one.alternative or "before"
    return _bridge((same, end if start != end else two.alternative or "after"), sides, rates, one.rounds)


def comparison_bridge(comparison: Compared, name: str, to: str | None = None) -> Bridge:
    """What the difference of discounted profit between two alternatives consists of, seed by seed.

    From `to` (default the baseline) to `name`; parts as in `profit_bridge`, so that each has an interval. Raises
    ResultsError for a name that was not compared, or accounts that do not make up the profit.
    """
    start = to if to is not None else comparison.baseline
    places = [comparison.index(start), comparison.index(name)]
    if missing := [account for account in NEEDED if account not in comparison.accounts]:
        raise ResultsError(f"this comparison holds no account {missing[0]!r}")
    sides = [{account: comparison.accounts[account][place] for account in NEEDED} for place in places]
    rounds = comparison.accounts["profit"].shape[2]
    return _bridge((start, name), sides, [comparison.rates[place] for place in places], rounds)


NEEDED = ("profit", "purchases", *PER_PURCHASE, *APART)


def _bridge(names: tuple[str, str], sides: list[dict[str, np.ndarray]], rates: list[float], rounds: int) -> Bridge:
    factors = [discount_factors(rate, rounds) for rate in rates]
    for side, name in zip(sides, names, strict=True):
        booked = sum(sign * side[account] for account, sign in (PER_PURCHASE | APART).items())
        scale = 1.0 + sum(np.abs(side[account]) for account in (*PER_PURCHASE, *APART))
        if not (np.abs(booked - side["profit"]) <= 1e-9 * scale).all():
            raise ResultsError(f"the accounts of {name} do not add up to its profit, so that it cannot be bridged")
    totals = [(side["profit"] * factor).sum(axis=-1) for side, factor in zip(sides, factors, strict=True)]
    return Bridge(*names, *totals, split_difference(*sides, *factors))


def split_difference(
    before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], early: np.ndarray, late: np.ndarray
) -> dict[str, np.ndarray]:
    """The parts of the difference of two discounted profits: part of `PARTS` -> (...,), from accounts (..., T), euro.

    volume = Σ_t d̄·Δq·Σ_a ±ā over the accounts a per purchase, the part of each of these ± Σ_t d̄·q̄·Δa, of any other
    account ± Σ_t d̄·Δaccount; d̄ the mean of the discount factors `early` and `late` (T,). Where these differ, what the
    difference is worth at mean profits is `discounting`. On a side that sold nothing the amount per purchase is taken
    from the other one: the difference is then all volume.
    """
    middle = (early + late) / 2
    q = [side["purchases"] for side in (before, after)]
    mean_q, more = (q[0] + q[1]) / 2, q[1] - q[0]
    found = dict.fromkeys(PARTS, 0.0)
    for account, sign in PER_PURCHASE.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            rates = [np.where(n > 0, side[account] / n, np.nan) for n, side in zip(q, (before, after), strict=True)]
        own = [np.where(np.isnan(rate), np.nan_to_num(other), rate) for rate, other in (rates, rates[::-1])]
        found["volume"] = found["volume"] + sign * (middle * more * (own[0] + own[1]) / 2).sum(axis=-1)
        # what was booked without a purchase, which no engine does, still belongs to its own part
        rest = [np.where(n > 0, 0.0, side[account]) for n, side in zip(q, (before, after), strict=True)]
        change = mean_q * (own[1] - own[0]) + rest[1] - rest[0]
        found["price" if account == "sales" else account] = sign * (middle * change).sum(axis=-1)
    for account, sign in APART.items():
        found[account] = sign * (middle * (after[account] - before[account])).sum(axis=-1)
    found["discounting"] = ((late - early) * (before["profit"] + after["profit"]) / 2).sum(axis=-1)
    return found
