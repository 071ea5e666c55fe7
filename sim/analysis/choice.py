"""The next choice of every customer, worked out again from what a run leaves behind (step 5 of docs/model.md).

Utilities are those a customer would compare if a need arose right after the last round: with the dyads as they ended
and the levers of the last round. Equations are those of `sim.rules`; a test holds them against the engine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.analysis.levels import need, need_dyads
from sim.results import Results

# what a choice is worked out from
DYADS = ("aware", "contacts", "context", "expectation", "expected_surcharge", "fatigue", "quoted_price",
         "quoted_surcharge", "trust")  # fmt: skip
CUSTOMERS = ("active", "contact_tolerance", "inertia", "price_sensitivity", "relational_orientation", "stress",
             "supplier")  # fmt: skip
RELATION = ("choice_effort", "fatigue_weight", "price_tolerance", "salience", "search_effort", "trust_weight")
LEVERS = ("assortment", "exit_fee", "outcome_share", "transparency")


class Choice(NamedTuple):
    """Terms of U = v̂ + taste − euro·P̂ − effort + comfort − annoyance + salience − leaving, in utils.

    (F, C) arrays but for those marked (C,). `option` says where firm j is an option of customer i at all.
    """

    option: np.ndarray  # the customer is in the market, knows the firm, and the firm is there
    expectation: np.ndarray  # v̂
    taste: np.ndarray
    euro: np.ndarray  # α(1 − θ_r·ρ·τ), utils per euro of price
    expected_price: np.ndarray  # P̂, euro
    price: np.ndarray  # list price towards this customer, euro
    effort: np.ndarray
    comfort: np.ndarray  # w_τ·ρ·τ
    annoyance: np.ndarray
    salience: np.ndarray
    supplier: np.ndarray  # (C,) firm of the last purchase, −1 = none
    habit: np.ndarray  # (C,) ι: what any other firm but the supplier is worth less
    fee: np.ndarray  # (C,) α·exit fee of the supplier, likewise

    @property
    def free(self) -> np.ndarray:
        """(F, C) utility of each firm if leaving the supplier cost nothing."""
        money = self.euro * self.expected_price
        return self.expectation + self.taste - money - self.effort + self.comfort - self.annoyance + self.salience

    @property
    def mine(self) -> np.ndarray:
        """(F, C) the firm is the customer's supplier."""
        return np.arange(len(self.option))[:, None] == self.supplier

    def utility(self, habit: bool = True, fee: bool = True) -> np.ndarray:
        """(F, C) utility, −inf for what is no option; optionally without the penalty of habit or of the exit fee."""
        leaving = np.where(self.supplier >= 0, self.habit * habit + self.fee * fee, 0.0)
        return np.where(self.option, self.free - np.where(self.mine, 0.0, leaving), -np.inf)

    @property
    def tied(self) -> np.ndarray:
        """(C,) the supplier is an option, and so is some other firm."""
        return (self.option & self.mine).any(axis=0) & (self.option & ~self.mine).any(axis=0)


def choice(results: Results) -> Choice:
    """The terms of the next choice. Raises ResultsError when dyads, customers, levers or scenario were not kept."""
    d, c = need_dyads(results, *DYADS), need(results.customers, "customers with", *CUSTOMERS)
    relation = need(results.scenario.get("relationship"), "relationship with", *RELATION)
    need(results.levers, "lever", *LEVERS)
    alpha, orientation = c["price_sensitivity"].astype(float), c["relational_orientation"].astype(float)
    trust, expectation = d["trust"].astype(float), d["expectation"].astype(float)
    stress, share = c["stress"].astype(float), posted(results, "outcome_share")
    overload = np.maximum(0.0, stress - c["contact_tolerance"]) / np.maximum(stress, 1e-9)
    strange = relation["search_effort"] + relation["choice_effort"] * np.log(posted(results, "assortment"))
    told = posted(results, "transparency") * d["quoted_surcharge"]
    price = d["quoted_price"].astype(float)
    present = results.account("present")[-1][:, None] > 0
    supplier = c["supplier"].astype(np.int64)
    fees = np.where(present, posted(results, "exit_fee"), 0.0)[:, 0]
    return Choice(
        option=d["aware"] & present & c["active"],
        expectation=expectation,
        taste=d["taste"].astype(float) if "taste" in d else np.zeros(trust.shape),
        euro=alpha * (1.0 - relation["price_tolerance"] * orientation * trust),
        expected_price=np.where(share > 0, share * np.maximum(expectation, 0), price + told + d["expected_surcharge"]),
        price=price,
        effort=strange * (1.0 - d["context"]),
        comfort=relation["trust_weight"] * orientation * trust,
        annoyance=relation["fatigue_weight"] * d["fatigue"].astype(float) * overload,
        salience=relation["salience"] * (1.0 - np.exp(-d["contacts"].astype(float))),
        supplier=supplier,
        habit=np.where(supplier >= 0, c["inertia"].astype(float), 0.0),
        fee=np.where(supplier >= 0, alpha * fees[np.maximum(supplier, 0)], 0.0),
    )


def posted(results: Results, lever: str) -> np.ndarray:
    """(F, 1) a lever of the last round."""
    return results.levers[lever][-1][:, None]


def probabilities(results: Results, terms: Choice) -> np.ndarray:
    """(F, C) probability of each firm at the next occasion, logit with scale β; NaN under the other choice rules.

    A customer without any option has NaN. Source: McFadden (1974).
    """
    market = need(results.scenario.get("market"), "market with", "choice", "outside_option", "choice_precision")
    if market["choice"] != "logit":
        return np.full(terms.option.shape, np.nan)
    utility, outside = terms.utility(), market["outside_utility"] if market["outside_option"] else -np.inf
    best = np.maximum(utility.max(axis=0), outside)
    with np.errstate(invalid="ignore"):
        weights = np.exp(market["choice_precision"] * (utility - best))
        total = weights.sum(axis=0) + np.exp(market["choice_precision"] * (outside - best))
        return weights / total


def mean_of_customers(results: Results, terms: Choice, values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(F,) mean of `values` (C,) over the customers of each firm for whom `among` (C,) holds; NaN without any."""
    count = np.bincount(terms.supplier[among], minlength=len(results.firms))
    total = np.bincount(terms.supplier[among], weights=values[among], minlength=len(results.firms))
    return total / np.where(count == 0, np.nan, count)


def of_supplier(terms: Choice, values: np.ndarray) -> np.ndarray:
    """(C,) the entry of each customer's supplier in `values` (F, C); that of firm 0 where there is no supplier."""
    return np.take_along_axis(values, np.maximum(terms.supplier, 0)[None], axis=0)[0]
