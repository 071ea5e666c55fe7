"""From a shop's transaction log to customers of the simulator: BG/NBD estimates as a scenario that runs.

A log is a CSV file with a line per purchase and at least two columns: who bought, and when. Dates are written
2026-03-31 or 20260331 (a time of day may follow) and counted in weeks; a log of the simulator has rounds instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.analysis.bgnbd import NAMES, BgNbd, Fit, FitError, Histories, fit, histories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CUSTOMER = ("customer", "customer_id", "cust_id", "cust", "household", "id")
MOMENT = ("date", "round", "day", "invoicedate", "order_date", "purchase_date", "timestamp")
ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?$")
DAYS = 7  # a week is the unit of time of dated logs
MOST = 7  # repeat purchases shown one by one in the picture; more are shown together


class Purchases(NamedTuple):
    """n purchases. `dated`: time is in weeks since `origin`, the first day in the log; otherwise in rounds."""

    customer: np.ndarray  # (n,) text
    time: np.ndarray  # (n,) float
    dated: bool
    origin: np.datetime64 | None

    @property
    def unit(self) -> str:
        return "week" if self.dated else "round"

    def moment(self, written: str) -> float:
        """A date or round number as a time of this log. Raises FitError."""
        if not self.dated:
            try:
                return float(written)
            except ValueError:
                raise FitError(f'"{written}" is no round number, which is what this log has') from None
        day = _day(written)
        if day is None:
            raise FitError(f'"{written}" is no date; write it as 2026-03-31')
        return float((day - self.origin).astype(int)) / DAYS


def read_log(path: str | Path, customer: str | None = None, moment: str | None = None) -> Purchases:
    """Read a transaction log; `customer` and `moment` name the columns if they are not called as usual.

    Several purchases of a customer on one day are kept; `bgnbd.histories` counts them as one.
    Raises FitError naming file, column or line that cannot be used.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except FileNotFoundError:
        raise FitError(f"{path}: there is no such file") from None
    except pd.errors.EmptyDataError:
        raise FitError(f"{path}: is empty; a log has a line of column names and a line for every purchase") from None
    except (pd.errors.ParserError, UnicodeDecodeError, IsADirectoryError) as error:
        raise FitError(f"{path}: is not a table of comma-separated values ({error})") from None
    who = _column(path, table, customer, CUSTOMER, "who bought", "--customer")
    when = _column(path, table, moment, MOMENT, "when", "--date")
    if table.empty:
        raise FitError(f"{path}: has column names but no purchases")
    for name in (who, when):
        empty = (table[name].str.strip() == "").to_numpy()
        if empty.any():
            raise FitError(f"{path}: line {2 + int(empty.argmax())}: column {name} is empty")
    written = table[when].str.strip().to_numpy()
    names = table[who].str.strip().to_numpy().astype(str)
    if all(re.fullmatch(r"\d{1,5}(\.\d+)?", value) for value in written):
        return Purchases(names, written.astype(float), False, None)
    days = [_day(value) for value in written]
    wrong = next((at for at, day in enumerate(days) if day is None), None)
    if wrong is not None:
        raise FitError(
            f'{path}: line {2 + wrong}: {when} is "{written[wrong]}"; allowed: dates such as 2026-03-31 or 20260331, '
            "or round numbers in the whole column"
        )
    stamps = np.array(days)
    return Purchases(names, (stamps - stamps.min()).astype(int) / DAYS, True, stamps.min())


def _column(path: str | Path, table, wanted: str | None, usual: tuple[str, ...], what: str, option: str) -> str:
    """The column meant, whatever its capitals."""
    known = {name.strip().lower(): name for name in table.columns}
    for name in (wanted,) if wanted else usual:
        if name.strip().lower() in known:
            return known[name.strip().lower()]
    looked = f'"{wanted}"' if wanted else " or ".join(f'"{name}"' for name in usual[:2])
    there = ", ".join(str(name) for name in table.columns)
    raise FitError(f"{path}: there is no column {looked} ({what}); columns: {there}; name one with {option} COLUMN")


def _day(written: str) -> np.datetime64 | None:
    match = ISO.match(written.strip())
    try:
        return np.datetime64("-".join(match.groups()), "D") if match else None
    except ValueError:
        return None


# ---------------------------------------------------------------------------------------------------- the scenario


def fragment(
    fitted: Fit, *, unit: str = "week", round_length: float = 1 / DAYS, source: str = "", rounds: int = 365
) -> str:
    """A scenario file (TOML) whose customers buy and leave as estimated; it runs as it is.

    unit            of time in which `fitted` is
    round_length    length of a round in that unit: 1/7 is a day where it is a week
    source          where the estimates come from, for the comment
    rounds          horizon

    Estimates that are not identified are written as what they tend to: one rate, or one chance to leave, for everybody.
    Customers begin as if they had just bought for the first time: their purchases in a run are repeat purchases.
    """
    from scipy.special import gammaincc

    mean = fitted.r / fitted.alpha * round_length
    leaving = fitted.a / (fitted.a + fitted.b)
    alike = any("hardly differ" in doubt for doubt in fitted.doubts)
    constant = any("attrition" in doubt for doubt in fitted.doubts)
    rate = f"{min(mean, 1.0):.6g}" if alike else f'{{dist = "gamma", mean = {mean:.6g}, shape = {fitted.r:.6g}}}'
    chance = f"{leaving:.6g}" if constant else f'{{dist = "beta", a = {fitted.a:.6g}, b = {fitted.b:.6g}}}'
    cut = 0.0 if alike else float(gammaincc(fitted.r, fitted.alpha / round_length))
    day = unit == "week" and round(round_length * DAYS, 6) == 1
    label = "day" if day else unit if round_length == 1 else f"{round_length:.4g} {unit}s"
    origin = f" by `sim fit` from {source}" if source else ""
    errors = ", ".join(
        f"{n} {v:.4g} ± {e:.2g}" for n, v, e in zip("rαab", fitted.parameters, fitted.errors, strict=True)
    )
    notes = "".join(f"# Careful: {doubt}.\n" for doubt in fitted.doubts)
    if cut > 0.001:
        notes += (
            f"# Careful: {cut:.1%} of them would buy more than once a round, which they cannot; take shorter rounds.\n"
        )
    return f"""# Customers who buy again and leave as estimated{origin}.
# BG/NBD (Fader, Hardie & Lee 2005), {fitted.customers} customers: {errors} (standard errors), time in {unit}s.
# They begin as if they had just bought for the first time. Copy [[segments]] and round_length into a scenario of yours.
{notes}
title = "Customers as estimated{f" from {source}" if source else ""}"

[market]
customers = {fitted.customers}
rounds = {rounds}
round_length = "{label}"
outside_option = false      # every need that arises is a purchase

[[segments]]
name = "customers"
purchase_rate = {rate}     # a round
attrition = {chance}     # after a purchase

[[firms]]
name = "Our firm"
strategy = {{kind = "everyday_low_price"}}
"""


def draw_fit(fitted: BgNbd, known: Histories, ax: Axes) -> Axes:
    """How many customers came back 0, 1, 2, … times: bars, and how many the estimates expect: dots."""
    from sim.figure import INK

    expected, observed = expected_counts(fitted, known), observed_counts(known)
    places = np.arange(MOST + 1)
    ax.bar(places, observed, color="#9db8d2", label="customers in the log")
    ax.plot(places, expected, "o", color=INK, markersize=9, label="BG/NBD")
    ax.set_xticks(places, [*map(str, places[:-1]), f"{MOST} or more"])
    ax.set_xlabel("repeat purchases")
    ax.set_title("Customers")
    ax.legend(frameon=False)
    return ax


def observed_counts(known: Histories) -> np.ndarray:
    """(MOST + 1,) customers with 0, 1, … repeat purchases, the last entry those with MOST or more."""
    return np.bincount(np.minimum(known.repeats, MOST).astype(np.int64), minlength=MOST + 1)


def expected_counts(fitted: BgNbd, known: Histories) -> np.ndarray:
    """(MOST + 1,) what the model expects of customers observed as long as these."""
    lengths, count = np.unique(known.length, return_counts=True)
    few = [float(count @ fitted.probability(repeats, lengths)) for repeats in range(MOST)]
    return np.array([*few, known.length.size - sum(few)])


# --------------------------------------------------------------------------------------------------- from the file


@dataclass(frozen=True)
class FittedLog:
    """A log, what was fitted to it, and what it says about the time after that.

    end      last moment of the fit; last    of the log (both in the log's unit, from its first day or round)
    actual   repeat purchases after `end` of the customers known by then; 0 if the log ends there
    """

    name: str
    fit: Fit
    known: Histories
    purchases: Purchases
    end: float
    last: float
    actual: int

    @property
    def forecast(self) -> float:
        """Repeat purchases expected of these customers from `end` to `last`."""
        return float(self.fit.forecast(self.known, self.last - self.end).sum()) if self.last > self.end else 0.0

    def scenario(self) -> str:
        """The customers as a scenario file; see `fragment`."""
        dated = self.purchases.dated
        return fragment(
            self.fit,
            unit=self.purchases.unit,
            round_length=1 / DAYS if dated else 1.0,
            source=self.name,
            rounds=max(1, min(32_000, round((self.last + 1) * (DAYS if dated else 1)))),
        )

    def picture(self) -> Figure:
        """The fit on a slide."""
        from sim.figure import slide, styled

        def draw() -> Figure:
            words = ", ".join(f"{name} {value:.3g}" for name, value in zip(NAMES, self.fit.parameters, strict=True))
            headline = f"How often customers of {self.name} came back"
            source = "Model: BG/NBD, Fader, Hardie & Lee 2005, fitted by maximum likelihood."
            figure, top, bottom = slide(headline, f"{self.fit.customers} customers; {words}", source)
            draw_fit(self.fit, self.known, figure.add_axes((0.08, bottom, 0.88, top - bottom)))
            return figure

        return styled(draw)()


def fit_log(
    path: str | Path,
    *,
    until: str | None = None,
    customer: str | None = None,
    moment: str | None = None,
    customers: int | None = None,
) -> FittedLog:
    """Read a transaction log and fit BG/NBD to it.

    until       last date or round to fit to; what follows in the log is compared with the forecast
    customers   see `bgnbd.histories`: None for a real log, their number for one of the simulator, whose rounds begin
                with 1 and whose customers are all there from the start
    Raises FitError for whatever cannot be used.
    """
    log = read_log(path, customer, moment)
    last = float(log.time.max())
    end = last if until is None else log.moment(until)
    if end > last:
        raise FitError(f"{path}: ends before {until}; leave --until out to fit to all of it")
    try:
        # a round's purchases are on average in the middle of it; between two purchases that makes no difference
        middle = 0.0 if log.dated or customers is None else 0.5
        known = histories(log.customer, log.time - middle, end, customers=customers)
        estimates = fit(known)
    except FitError as error:
        raise FitError(f"{path}: {error}") from None
    early = np.isin(log.customer, log.customer[log.time <= end]) if customers is None else True
    later = np.unique(np.stack([np.unique(log.customer, return_inverse=True)[1], log.time], axis=1)[
        early & (log.time > end)
    ], axis=0)  # fmt: skip
    return FittedLog(Path(path).name, estimates, known, log, end, last, len(later))
