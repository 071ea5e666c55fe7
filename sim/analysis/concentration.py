"""How unequal: shares of the market, prices, customers."""

from __future__ import annotations

import numpy as np

from sim.analysis.accounts import market_share, share_path
from sim.analysis.levels import YEAR, need_log, ratio
from sim.results import Results


def gini(values: np.ndarray) -> float:
    """Gini coefficient Σ_k (2k − n − 1)·x_k / (n·Σx) of (n,) values in rising order: 0 where all are equal, (n − 1)/n
    where one has all. NaN without values or where their sum is not positive; may exceed 1 where some are negative.

    Source: Gini 1912; negative values: Chen, Tsaur & Rhai 1982.
    """
    values = np.sort(np.asarray(values, dtype=np.float64).ravel())
    n, total = values.size, values.sum()
    if not n or not total > 0:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ values / (n * total))


def top_share(values: np.ndarray, part: float = 0.2) -> float:
    """Share of the sum of (n,) values that the highest `part` of them make up, a value on the border in proportion.

    NaN without values or where their sum is not positive. Source: Schmittlein, Cooper & Morrison 1993, the 80/20 laws.
    """
    values = np.sort(np.asarray(values, dtype=np.float64).ravel())[::-1]
    if not values.size or not values.sum() > 0:
        return float("nan")
    reached = np.concatenate([[0.0], values.cumsum()])
    return float(np.interp(part * values.size, np.arange(values.size + 1), reached) / values.sum())


# ------------------------------------------------------------------------------------------------------------ firms


def concentration(results: Results) -> float:
    """Herfindahl-Hirschman index of the purchases of the run, Σ_j share_j²: 1/F for F equal firms, 1 for a monopoly."""
    return float((market_share(results) ** 2).sum())


def concentration_path(results: Results) -> np.ndarray:
    """(rounds,) Herfindahl-Hirschman index of the purchases of each round; NaN in a round without."""
    return (share_path(results) ** 2).sum(axis=1)


def share_gini(results: Results) -> float:
    """Gini coefficient of the market shares of the firms that were ever in the market: 0 for equal firms."""
    present = (results.account("present") > 0).any(axis=0)
    return gini(market_share(results)[present])


# ----------------------------------------------------------------------------------------------------------- prices


def price_dispersion(results: Results) -> float:
    """Coefficient of variation of the list prices posted at the same time, mean over the last 12 rounds.

    Standard deviation (of all firms there are, hence with F) over mean; NaN with fewer than two firms in the market or
    a mean price of zero.
    """
    return _mean(posted_dispersion_path(results)[-YEAR:])


def price_range(results: Results) -> float:
    """Highest less lowest list price posted at the same time, mean over the last 12 rounds, euro; NaN with
    fewer than two firms in the market.
    """
    return _mean(posted_range_path(results)[-YEAR:])


def posted_dispersion_path(results: Results) -> np.ndarray:
    """(rounds,) coefficient of variation of the posted list prices; NaN with fewer than two firms."""
    price = results.account("price")
    there = ~np.isnan(price)
    count = np.where(there.sum(axis=1) > 1, there.sum(axis=1), np.nan)
    mean = np.where(there, price, 0.0).sum(axis=1) / count
    squares = np.where(there, price - mean[:, None], 0.0) ** 2
    return ratio(np.sqrt(squares.sum(axis=1) / count), mean)


def posted_range_path(results: Results) -> np.ndarray:
    """(rounds,) highest less lowest posted list price, euro; NaN with fewer than two firms."""
    price = results.account("price")
    there = ~np.isnan(price)
    highest, lowest = np.where(there, price, -np.inf).max(axis=1), np.where(there, price, np.inf).min(axis=1)
    several = there.sum(axis=1) > 1
    return np.where(several, highest - np.where(several, lowest, 0.0), np.nan)


def paid_price_dispersion(results: Results) -> float:
    """Coefficient of variation of the prices paid in the same round, surcharges included, mean over the last 12 rounds.

    Purchases count alike, so that a price nobody pays does not count. NaN without two purchases in a round. Raises
    ResultsError without a log.
    """
    return _mean(paid_dispersion_path(results)[-YEAR:])


def paid_dispersion_path(results: Results) -> np.ndarray:
    """(rounds,) coefficient of variation of what was paid, price and surcharge; NaN with fewer than two purchases.

    Raises ResultsError without a log.
    """
    log = need_log(results)
    when = log["round"].astype(np.int64) - 1
    rounds = max(results.rounds, int(when.max(initial=-1)) + 1)  # a window of the books leaves the log as it is
    paid = log["price"].astype(np.float64) + log["surcharge"]
    count = np.bincount(when, minlength=rounds)
    mean = ratio(np.bincount(when, paid, rounds), count)
    variance = ratio(np.bincount(when, (paid - mean[when]) ** 2, rounds), np.where(count > 1, count, 0))
    return ratio(np.sqrt(variance), mean)


def _mean(path: np.ndarray) -> float:
    """Mean of a path, NaN left out; NaN where nothing is left."""
    known = path[~np.isnan(path)]
    return float(known.mean()) if known.size else float("nan")
