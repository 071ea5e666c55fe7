"""The registry of measures: results in, one number per firm (or one for the market) out.

A measure that cannot be computed (no purchase, no customer) is NaN, never zero. To add one: write the function beside
its topic in a file of this folder, and one line in `METRICS`; tables, comparisons, charts and the glossary take name,
unit, source and definition from there. What is more than a number (curves, matrices, distributions) stands in
`sim.analysis.glossary`.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Literal, NamedTuple

import numpy as np

from sim.analysis import (
    accounts,
    concentration,
    decomposition,
    elasticity,
    lifetime,
    loyalty,
    phases,
    prospects,
    survival,
    switching,
    ties,
    welfare,
    wellbeing,
)
from sim.analysis.accounts import buyers_mean_path, profit_path, share_path
from sim.analysis.levels import YEAR, discount_factors, discounted
from sim.analysis.readable import described, first_sentence, readable, readable_interval
from sim.results import Results, ResultsError

__all__ = [
    "METRICS",
    "YEAR",
    "Metric",
    "buyers_mean_path",
    "discount_factors",
    "discounted",
    "profit_path",
    "readable",
    "readable_interval",
    "share_path",
]


class Metric(NamedTuple):
    """A measure as tables and charts show it. per_firm: the function returns (F,), otherwise one number.

    needs: "" for what every result holds, "dyads" for one that keeps its dyads, "log" for one with its transactions
    too. Without them the function raises ResultsError. whole: it needs the books of the whole run, not a window.
    more: whether a higher value is "better", "worse", or "either" where that depends on who asks. Its money and its
    customers are judged as the firm would, what customers feel and are bound by as they would.
    """

    function: Callable[[Results], np.ndarray | float]
    label: str
    unit: str
    per_firm: bool
    source: str
    needs: str = ""
    whole: bool = False
    more: Literal["better", "worse", "either"] = "better"

    @property
    def sign(self) -> int:
        """By what values are multiplied so that the best is the highest: -1 where less is better, else 1."""
        return -1 if self.more == "worse" else 1

    @property
    def most(self) -> str:
        """What the best value is: the highest, or the lowest; the highest too where nobody can say which is better."""
        return "lowest" if self.more == "worse" else "highest"

    @property
    def further(self) -> str:
        """What a better value is: higher, or lower."""
        return "lower" if self.more == "worse" else "higher"

    @property
    def description(self) -> str:
        """The whole definition, from the function's docstring, in Markdown."""
        return described(self.function)

    @property
    def definition(self) -> str:
        """The definition in one sentence."""
        return first_sentence(self.description)

    @property
    def anchor(self) -> str:
        """Where docs/ defines the measure: page and heading, which is the name of the function and of the entry."""
        return f"measures.md#{self.function.__name__}"

    def known(self, results: Results) -> bool:
        """Whether the results hold what the measure needs."""
        if not self.needs:
            return True
        dyads = bool(results.dyads and results.customers and results.levers and "quoted_price" in results.dyads)
        if self.needs == "dyads" or not dyads or results.log is None:
            return dyads and self.needs == "dyads"
        return not self.whole or int(results.log["round"].max(initial=0)) <= results.rounds

    def of(self, results: Results) -> np.ndarray | float:
        """The measure, NaN where the results do not hold what it needs."""
        if self.known(results):
            try:
                return self.function(results)
            except ResultsError:  # parts of what it needs are missing, as from a file of another program
                pass
        return np.full(len(results.firms), np.nan) if self.per_firm else float("nan")


class Registry(dict[str, Metric]):
    """Measures by name; one that there is not is answered with those there are."""

    def __missing__(self, name: object) -> Metric:
        near = get_close_matches(str(name), self, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ResultsError(f"there is no measure {name!r}; there are: {', '.join(self)}{hint}")


METRICS: dict[str, Metric] = Registry({
    "discounted_profit": Metric(accounts.discounted_profit, "discounted profit", "euro", True, "net present value"),
    "customer_equity": Metric(
        accounts.customer_equity, "customer equity so far", "euro", True, "Rust, Lemon & Zeithaml 2004"
    ),
    "retention": Metric(accounts.retention, "retention", "share", True, "Farris et al. 2010, Marketing Metrics"),
    "market_share": Metric(
        accounts.market_share, "market share", "share", True, "Farris et al. 2010, Marketing Metrics"
    ),
    "customer_surplus": Metric(
        accounts.customer_surplus,
        "customer surplus",
        "euro per customer and round",
        False,
        "Marshall 1890, consumer's surplus",
    ),
    "surplus_per_purchase": Metric(
        accounts.surplus_per_purchase,
        "surplus per purchase",
        "euro per purchase",
        True,
        "Marshall 1890, consumer's surplus",
    ),
    "trust": Metric(accounts.trust, "trust", "0 to 1", True, "Morgan & Hunt 1994"),
    "trust_of_all": Metric(
        accounts.trust_of_all, "trust of all who ever bought", "0 to 1", True, "Morgan & Hunt 1994", "dyads"
    ),
    "context": Metric(accounts.context, "shared context", "0 to 1", True, "model: shared context x", more="either"),
    "switching_cost": Metric(
        accounts.switching_cost, "switching cost", "euro per customer", False, "Klemperer 1995", more="worse"
    ),
    "stress": Metric(wellbeing.stress, "stress", "contacts", False, "Fournier, Dobscha & Mick 1998", more="worse"),
    "overload": Metric(wellbeing.overload, "overload", "share", False, "model: overload o", more="worse"),
    "welfare": Metric(welfare.welfare, "welfare", "euro per customer and round", False, "Marshall 1890, total surplus"),
    "customers_part": Metric(
        welfare.customers_part,
        "customers' part of welfare",
        "share",
        False,
        "Marshall 1890, total surplus",
        more="either",
    ),
    "lost_effort": Metric(
        welfare.lost_effort, "effort lost", "euro per customer and round", False, "model: effort e", more="worse"
    ),
    "final_share": Metric(
        welfare.final_share, "share in the last 12 rounds", "share", True, "Farris et al. 2010, Marketing Metrics"
    ),
    "break_even": Metric(
        welfare.break_even,
        "rounds to break even",
        "rounds",
        True,
        "Farris et al. 2010, Marketing Metrics",
        more="worse",
    ),
    "lock_in": Metric(
        switching.lock_in,
        "switching cost of own customers",
        "euro per customer",
        True,
        "Klemperer 1995",
        "dyads",
        more="worse",
    ),
    "lock_in_by_context": Metric(
        switching.lock_in_by_context,
        "switching cost by context",
        "euro per customer",
        True,
        "model: shared context x",
        "dyads",
        more="worse",
    ),
    "lock_in_by_trust": Metric(
        switching.lock_in_by_trust,
        "switching cost by trust",
        "euro per customer",
        True,
        "model: trust τ",
        "dyads",
        more="worse",
    ),
    "lock_in_by_expectation": Metric(
        switching.lock_in_by_expectation,
        "switching cost by expectation",
        "euro per customer",
        True,
        "model: expectation v̂",
        "dyads",
        more="worse",
    ),
    "lock_in_by_fee": Metric(
        switching.lock_in_by_fee,
        "switching cost by exit fee",
        "euro per customer",
        True,
        "model: exit fee",
        "dyads",
        more="worse",
    ),
    "hostage_share": Metric(
        switching.hostage_share, "hostages", "share", True, "Jones & Sasser 1995", "dyads", more="worse"
    ),
    "discount_tolerance": Metric(
        switching.discount_tolerance,
        "rival's discount tolerated",
        "euro per customer",
        True,
        "Anderson 1996",
        "dyads",
        more="either",
    ),
    "price_elasticity": Metric(
        elasticity.price_elasticity, "price elasticity", "1", True, "Train 2009", "dyads", more="either"
    ),
    "well_being": Metric(
        wellbeing.well_being,
        "well-being",
        "euro per customer and round",
        False,
        "surplus, stress and control; index: assumption",
        "dyads",
    ),
    "belief_gap": Metric(
        wellbeing.belief_gap, "belief off the need", "units of need", True, "model: belief b", "dyads", more="worse"
    ),
    "offer_gap": Metric(
        wellbeing.offer_gap, "offer off the need", "units of need", True, "model: offer o", "dyads", more="worse"
    ),
    "process_share": Metric(
        decomposition.process_share,
        "explained by process",
        "share",
        False,
        "Lindeman, Merenda & Gold 1980",
        "dyads",
        more="either",
    ),
    "personal_share": Metric(
        decomposition.personal_share,
        "explained by persons",
        "share",
        False,
        "Lindeman, Merenda & Gold 1980",
        "dyads",
        more="either",
    ),
    "interpersonal_share": Metric(
        decomposition.interpersonal_share,
        "explained by the pair",
        "share",
        False,
        "Lindeman, Merenda & Gold 1980",
        "dyads",
        more="either",
    ),
    "joint_bonus": Metric(
        decomposition.joint_bonus,
        "explained only jointly",
        "share",
        False,
        "products across groups; form: assumption",
        "dyads",
        more="either",
    ),
    "depth": Metric(
        decomposition.depth,
        "explained beyond the best alone",
        "share",
        False,
        "products across groups; form: assumption",
        "dyads",
        more="either",
    ),
    "relationship_share": Metric(
        decomposition.relationship_share,
        "trust that is the pair's own",
        "share",
        False,
        "Kenny, Kashy & Cook 2006",
        "dyads",
        more="either",
    ),
    "commitment_velocity": Metric(
        phases.commitment_velocity, "rounds to commitment", "rounds", True, "Palmatier et al. 2013", "log", more="worse"
    ),
    "committed_share": Metric(
        phases.committed_share, "committed customers", "share", True, "Dwyer, Schurr & Oh 1987", "log"
    ),
    "concentration": Metric(
        concentration.concentration,
        "concentration (HHI)",
        "0 to 1",
        False,
        "Herfindahl 1950; Hirschman 1945",
        more="worse",
    ),
    "share_gini": Metric(
        concentration.share_gini, "inequality of shares (Gini)", "0 to 1", False, "Gini 1912", more="worse"
    ),
    "price_dispersion": Metric(
        concentration.price_dispersion,
        "dispersion of list prices",
        "1",
        False,
        "Baye, Morgan & Scholten 2006",
        more="either",
    ),
    "price_range": Metric(
        concentration.price_range, "range of list prices", "euro", False, "Stigler 1961", more="either"
    ),
    "paid_price_dispersion": Metric(
        concentration.paid_price_dispersion,
        "dispersion of prices paid",
        "1",
        False,
        "Sorensen 2000",
        "log",
        more="either",
    ),
    "share_of_wallet": Metric(
        loyalty.share_of_wallet, "share of wallet", "share", True, "Du, Kamakura & Mela 2007", "dyads"
    ),
    "loyalty_index": Metric(
        loyalty.loyalty_index,
        "loyalty index",
        "0 to 1",
        False,
        "Weisbuch, Kirman & Herreiner 2000",
        "dyads",
        more="either",
    ),
    "firm_degree": Metric(
        ties.firm_degree, "customers ever", "customers", True, "degree of a graph", "dyads", more="either"
    ),
    "customer_overlap": Metric(
        ties.customer_overlap,
        "customers in common",
        "share",
        True,
        "Latapy, Magnien & Del Vecchio 2008",
        "dyads",
        more="either",
    ),
    "purchase_modularity": Metric(
        ties.purchase_modularity, "modularity of purchases", "1", False, "Newman & Girvan 2004", "dyads", more="either"
    ),
    "net_promoters": Metric(
        loyalty.net_promoters,
        "net promoters (proxy)",
        "share",
        True,
        "Reichheld 2003; read off trust and satisfaction: assumption",
        "dyads",
    ),
    "survival_year": Metric(
        survival.survival_year, "still customers after 12 rounds", "share", True, "Kaplan & Meier 1958", "log"
    ),
    "lifetime_value": Metric(
        lifetime.lifetime_value,
        "lifetime value so far",
        "euro per customer",
        True,
        "Rust, Lemon & Zeithaml 2004; shares in joint costs: assumption",
        "log",
        whole=True,
    ),
    "losing_customers": Metric(
        lifetime.losing_customers,
        "customers at a loss",
        "share",
        True,
        "Kaplan & Narayanan 2001",
        "log",
        whole=True,
        more="worse",
    ),
    "top_fifth": Metric(
        lifetime.top_fifth,
        "value from the best fifth",
        "share",
        True,
        "Schmittlein, Cooper & Morrison 1993",
        "log",
        whole=True,
        more="either",
    ),
    "lifetime_gini": Metric(
        lifetime.lifetime_gini,
        "inequality of lifetime values (Gini)",
        "1",
        True,
        "Gini 1912",
        "log",
        whole=True,
        more="either",
    ),
    "acquisition_cost": Metric(
        prospects.acquisition_cost,
        "cost of acquisition",
        "euro per customer",
        True,
        "Blattberg & Deighton 1996",
        more="worse",
    ),
    "payback": Metric(
        prospects.payback,
        "rounds to pay back acquisition",
        "rounds",
        True,
        "Farris et al. 2010, Marketing Metrics",
        "log",
        whole=True,
        more="worse",
    ),
})  # fmt: skip
