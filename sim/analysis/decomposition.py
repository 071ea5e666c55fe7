"""Two eyes give depth (claim A1): how much of a dyad's value is explained by process, by persons, by the pair.

Two looks at the same question. `decompose` regresses a value of dyads on three groups of what is known of them and
shares out the explained variance; `social_relations` needs no explanation and splits the variance of a dyad quantity
into what is the customer's, what is the firm's, and what is the relationship's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np

from sim.analysis.levels import need, need_dyads, once
from sim.results import Results, ResultsError

CAPABILITIES = ("quality", "failure_rate", "reading", "relevance", "imagination")
TRAITS = (
    "price_sensitivity", "relational_orientation", "openness", "contact_tolerance", "purchase_rate", "inertia",
    "talkativeness",
)  # fmt: skip
MOST = 20_000  # dyads about; of more, every second, third, ... is taken
STATES = ("trust", "context", "expectation", "expected_surcharge", "fatigue", "belief_distance", "offer_distance")


class Decomposition(NamedTuple):
    """Shares of the variance of one quantity of dyads; all are adjusted for the number of regressors.

    shares        group -> its LMG share: its mean increase of R² over all orders in which groups can enter
    explained     what all groups explain together side by side: the sum of the shares
    joint_bonus   what products of two variables of different groups explain on top
    alone         group -> what it explains by itself
    dyads         number of dyads
    """

    shares: dict[str, float]
    explained: float
    joint_bonus: float
    alone: dict[str, float]
    dyads: int

    @property
    def depth(self) -> float:
        """What looking with all eyes explains beyond the best single one, joint bonus included."""
        return self.explained + self.joint_bonus - max(self.alone.values())


def shapley(value: np.ndarray, groups: Mapping[str, np.ndarray]) -> Decomposition:
    """Share out the explained variance of `value` (n,) among groups of regressors (n, p) each.

    share of g = Σ over sets S of other groups of |S|!(G−|S|−1)!/G! · [R²(S + g) − R²(S)], R² adjusted as
    1 − (1 − R²)(n − 1)/(n − p − 1), which can make a useless group slightly negative. NaN where `value` does not vary
    or there are too few rows. Sources: Lindeman, Merenda & Gold (1980); Grömping (2007); Shapley (1953).
    """
    names, count = list(groups), len(groups)
    if not len(value):
        unknown = dict.fromkeys(names, float("nan"))
        return Decomposition(unknown, float("nan"), float("nan"), unknown, 0)
    # a basis explains what the columns do, and the products of two bases what the products of the columns do
    columns = {name: _basis(_standard(np.asarray(group, float))) * len(value) ** 0.5 for name, group in groups.items()}
    fits = {
        members: adjusted_r_squared(value, _side_by_side(value, [columns[name] for name in members]))
        for size in range(count + 1)
        for members in combinations(names, size)
    }
    shares = dict.fromkeys(names, 0.0)
    for members, before in fits.items():
        for name in (name for name in names if name not in members):
            weight = factorial(len(members)) * factorial(count - len(members) - 1) / factorial(count)
            after = fits[tuple(other for other in names if other in (*members, name))]
            shares[name] += weight * (after - before)
    explained = fits[tuple(names)]
    products = [
        (columns[one][:, :, None] * columns[other][:, None, :]).reshape(len(value), -1)
        for one, other in combinations(names, 2)
    ]
    everything = _side_by_side(value, [*columns.values(), *map(_standard, products)])
    bonus = adjusted_r_squared(value, everything) - explained
    return Decomposition(shares, explained, bonus, {name: fits[(name,)] for name in names}, len(value))


def adjusted_r_squared(value: np.ndarray, columns: np.ndarray) -> float:
    """Adjusted R² of the regression of `value` (n,) on `columns` (n, p) and a constant; collinear columns count once.

    NaN where `value` does not vary or n − p − 1 < 1. Source: Ezekiel (1930).
    """
    deviations = np.asarray(value, float) - np.mean(value)
    total = deviations @ deviations
    centred = columns - columns.mean(axis=0) if columns.size else columns
    basis = _basis(centred)
    rows, rank = len(deviations), basis.shape[1]
    if not total > 0 or rows - rank < 2:
        return float("nan")
    fitted = basis.T @ deviations
    return float(1.0 - (1.0 - fitted @ fitted / total) * (rows - 1) / (rows - rank - 1))


def _basis(columns: np.ndarray) -> np.ndarray:
    """Orthonormal basis (n, rank) of the space of the columns, by the eigenvectors of their products."""
    if not columns.size:
        return np.zeros((len(columns), 0))
    values, vectors = np.linalg.eigh(columns.T @ columns)
    kept = values > 1e-9 * values[-1] if values[-1] > 0 else np.zeros(values.size, bool)
    return columns @ (vectors[:, kept] / np.sqrt(values[kept]))


def _standard(columns: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and deviation 1, without those that do not vary."""
    spread = columns.std(axis=0) if len(columns) else np.zeros(columns.shape[1])
    vary = spread > 1e-9 * (1.0 + np.abs(columns).max(axis=0, initial=0.0))
    return (columns[:, vary] - columns[:, vary].mean(axis=0)) / spread[vary]


def _side_by_side(value: np.ndarray, groups: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros((len(value), 0)), *groups], axis=1)


# ------------------------------------------------------------------------------------------------ of a run's dyads


def decompose(results: Results, of: str = "both") -> Decomposition:
    """What explains the value of a dyad: process, personal or interpersonal. Dyads with a purchase count.

    of             "surplus" (of the customer), "margin" (of the firm) or "both" added, euro per purchase
    process        what the firm does to everybody or to this customer: levers of the last round, price and surcharge
                   quoted, complaints per purchase
    personal       traits of the customer, capabilities of the firm
    interpersonal  state of the dyad: `STATES`, and whether the firm knows the customer

    In one market a firm's levers and capabilities go together; LMG then gives each half of what they share. It is a
    description of variance, not of causes. Raises ResultsError without dyads.
    """
    if of not in ("surplus", "margin", "both"):
        raise ResultsError(f'of = {of!r}: allowed are "surplus", "margin" and "both"')
    d = need_dyads(results, "purchases", "surplus", "margin", "quoted_price", "quoted_surcharge", "complaints",
                   "identified", *STATES)  # fmt: skip
    levers, customers = need(results.levers, "lever"), need(results.customers, "customers with", *TRAITS)
    declared = [need(firm, "firm with", *CAPABILITIES) for firm in results.scenario.get("firms", ())]
    if len(declared) != len(results.firms):
        raise ResultsError("these results do not hold their scenario whole; run the scenario again")
    j, i = (found[:: max(1, len(found) // MOST)] for found in np.nonzero(d["purchases"] > 0))
    purchases = d["purchases"][j, i].astype(float)
    worth = sum(d[name][j, i].astype(float) for name in (("surplus", "margin") if of == "both" else (of,)))
    process = [values[-1][j] for values in levers.values()]
    process += [d["quoted_price"][j, i], d["quoted_surcharge"][j, i], d["complaints"][j, i] / purchases]
    personal = [customers[name][i] for name in TRAITS]
    personal += [np.array([float(firm[name]) for firm in declared])[j] for name in CAPABILITIES]
    between = [d[name][j, i] for name in STATES] + [d["identified"][j, i]]
    groups = {"process": process, "personal": personal, "interpersonal": between}
    return shapley(worth / purchases, {name: np.column_stack(group) for name, group in groups.items()})


@once
def _decomposed(results: Results) -> Decomposition:
    return decompose(results)


def process_share(results: Results) -> float:
    """Share of the variance of the value of a purchase (customer's surplus plus firm's margin, by dyad) that process
    explains.
    """
    return _decomposed(results).shares["process"]


def personal_share(results: Results) -> float:
    """Share of the variance of the value of a purchase (see `process_share`) that the traits of customer and firm
    explain.
    """
    return _decomposed(results).shares["personal"]


def interpersonal_share(results: Results) -> float:
    """Share of the variance of the value of a purchase (see `process_share`) that the state of the dyad explains."""
    return _decomposed(results).shares["interpersonal"]


def joint_bonus(results: Results) -> float:
    """Share of the variance of the value of a purchase (see `process_share`) that only process, persons and pair
    taken together explain: products across groups.
    """
    return _decomposed(results).joint_bonus


def depth(results: Results) -> float:
    """Share of the variance of the value of a purchase (see `process_share`) that process, persons and pair
    together explain beyond the best of them alone.
    """
    return _decomposed(results).depth


# ------------------------------------------------------------------------------------------- social relations model


class Variances(NamedTuple):
    """Components of variance of a dyad quantity; estimates are unbiased and can therefore come out below zero.

    error is NaN where there is one measurement per dyad: it is then part of `relationship`.
    """

    customer: float
    firm: float
    relationship: float
    error: float

    @property
    def shares(self) -> dict[str, float]:
        """Component -> its share of all variance, negative estimates taken as zero."""
        parts = {name: max(value, 0.0) for name, value in self._asdict().items() if not np.isnan(value)}
        total = sum(parts.values())
        return {name: value / total if total > 0 else float("nan") for name, value in parts.items()}


def social_relations(values: np.ndarray) -> Variances:
    """Variance components of values (F, C), or (F, C, n) with n > 1 measurements of every dyad.

    X_ji = m + firm_j + customer_i + relationship_ji (+ error): the social relations model for two kinds of parties, in
    which each customer is paired with each firm (asymmetric block design; Kenny, Kashy & Cook 2006, Dyadic Data
    Analysis). Estimated from mean squares (Searle, Casella & McCulloch 1992): with F firms, C customers,
    E[MS_customer] = σ²_e + n·σ²_r + nF·σ²_c and so on. Raises ValueError for fewer than two of either, or for NaN.
    """
    values = np.asarray(values, float)
    values = values[:, :, None] if values.ndim == 2 else values
    firms, customers, times = values.shape
    if firms < 2 or customers < 2:
        raise ValueError(f"{firms} firms and {customers} customers: at least two of each are needed")
    if np.isnan(values).any():
        raise ValueError("every customer must have a value with every firm; some are NaN")
    cell = values.mean(axis=2)
    by_firm, by_customer, mean = cell.mean(axis=1), cell.mean(axis=0), cell.mean()
    rest = cell - by_firm[:, None] - by_customer + mean
    of_firm = times * customers * ((by_firm - mean) ** 2).sum() / (firms - 1)
    of_customer = times * firms * ((by_customer - mean) ** 2).sum() / (customers - 1)
    of_pair = times * (rest**2).sum() / ((firms - 1) * (customers - 1))
    error = ((values - cell[:, :, None]) ** 2).sum() / (firms * customers * (times - 1)) if times > 1 else np.nan
    return Variances(
        customer=float((of_customer - of_pair) / (times * firms)),
        firm=float((of_firm - of_pair) / (times * customers)),
        relationship=float(of_pair if times == 1 else (of_pair - error) / times),
        error=float(error),
    )


def relationship_share(results: Results) -> float:
    """Share of the variance of trust at the end of the run that belongs to the pair, not to either party.

    NaN with one firm or one customer. Raises ResultsError without dyads.
    """
    trust = need_dyads(results, "trust")["trust"].astype(float)[:, results.customers["active"]]
    return social_relations(trust).shares["relationship"] if min(trust.shape) >= 2 else float("nan")
