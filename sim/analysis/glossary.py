"""Definition, unit and source of every number: measures, tables and curves, intervals and tests, accounts.

What reports print and charts draw is linked to `docs/measures.md` by the anchors given here; that page is made from
this module. A definition is the first sentence of the docstring of the function that computes the number, so that text
and code cannot part.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from typing import NamedTuple

from sim.analysis import (
    accounts,
    bridge,
    concentration,
    decomposition,
    elasticity,
    games,
    heterogeneity,
    inference,
    lifetime,
    loyalty,
    phases,
    prospects,
    statistics,
    survival,
    switching,
    ties,
    welfare,
)
from sim.analysis.metrics import METRICS
from sim.analysis.readable import described, first_sentence
from sim.results import ACCOUNTS, MARKET

PAGE = "measures.md"
NEEDS = {"": "any result", "dyads": "kept dyads", "log": "kept dyads and transactions", "network": "the network",
         "comparison": "a comparison", "numbers": "a sample or table of numbers"}  # fmt: skip


class Term(NamedTuple):
    """One number, or table of numbers, as a glossary explains it.

    definition     one sentence; description: all that there is to say, paragraphs in Markdown
    of             what there is one of it for: "each firm", "the market", ...
    needs          key of `NEEDS`
    home           file that computes it; anchor: place in docs/ that defines it, "measures.md#retention"
    """

    name: str
    label: str
    unit: str
    of: str
    needs: str
    source: str
    definition: str
    description: str
    home: str
    anchor: str


class Table(NamedTuple):
    """What is more than one number: a curve, a matrix, a distribution, or a statistic of any measure."""

    function: Callable
    label: str
    unit: str
    of: str
    needs: str
    source: str


EACH, WHOLE, CUSTOMER, COHORT, ROUND = "each firm", "the market", "each customer", "each cohort", "each round"

TABLES: tuple[Table, ...] = (
    Table(accounts.profit_path, "cumulative discounted profit", "euro", "firm and round", "", "net present value"),
    Table(accounts.share_path, "market share by round", "share", "firm and round", "", "Farris et al. 2010"),
    Table(bridge.profit_bridge, "profit bridge", "euro", "two firms or runs", "", "Bennet 1920, midpoint formula"),
    Table(
        bridge.comparison_bridge, "profit bridge of a comparison", "euro", "two alternatives", "comparison",
        "Bennet 1920, midpoint formula",
    ),
    Table(bridge.split_difference, "parts of a bridge", "euro", "two sides", "numbers", "Bennet 1920"),
    Table(
        lifetime.customer_values, "lifetime value of each customer", "euro", "firm and customer", "log",
        "Rust, Lemon & Zeithaml 2004; shares in joint costs: assumption",
    ),
    Table(lifetime.value_distribution, "distribution of lifetime values", "euro", EACH, "log", "Gini 1912"),
    Table(lifetime.value_curve, "whale curve", "share", EACH, "log", "Kaplan & Narayanan 2001"),
    Table(
        lifetime.lifetime_value_formula, "lifetime value, closed form", "euro per customer", COHORT, "numbers",
        "Gupta & Lehmann 2003",
    ),
    Table(
        prospects.forecast_values, "forecast of each customer", "purchases; euro", CUSTOMER, "log",
        "Fader, Hardie & Lee 2005; margin as it was: assumption",
    ),
    Table(
        prospects.customer_equity_outlook, "customer equity and outlook", "euro", EACH, "log",
        "Blattberg & Deighton 1996; Rust, Lemon & Zeithaml 2004",
    ),
    Table(prospects.cohort_values, "lifetime value by cohort", "euro per customer", COHORT, "log",
          "Gupta & Lehmann 2003"),
    Table(prospects.value_by_tenure, "value by tenure", "euro per customer", "firm and tenure", "log",
          "Farris et al. 2010"),
    Table(survival.survival_curve, "survival of customers", "share", "firm and tenure", "log", "Kaplan & Meier 1958"),
    Table(
        survival.kaplan_meier, "Kaplan-Meier estimate", "share", "a sample", "numbers",
        "Kaplan & Meier 1958; Greenwood 1926; Kalbfleisch & Prentice 1980",
    ),
    Table(survival.cohorts, "survival by cohort", "share", COHORT, "log", "Kaplan & Meier 1958"),
    Table(survival.retention_table, "survival by cohort and tenure", "share", "cohort and tenure", "log",
          "Kaplan & Meier 1958"),
    Table(survival.retention_by_tenure, "retention by tenure", "share", "each tenure", "log", "Wilson 1927, interval"),
    Table(
        heterogeneity.loyalty_verdict, "why retention rises", "1", EACH, "log",
        "Fader & Hardie 2007; Fader et al. 2018; the limits of the test: assumption",
    ),
    Table(
        heterogeneity.growth_of_loyalty, "growth of loyalty of the same customers", "share", WHOLE, "log",
        "idea: Fader & Hardie 2007; measure: assumption",
    ),
    Table(loyalty.wallet, "share of wallet of each customer", "share", "firm and customer", "dyads",
          "Du, Kamakura & Mela 2007"),
    Table(loyalty.concentration_of_purchases, "loyalty index of each customer", "0 to 1", CUSTOMER, "dyads",
          "Weisbuch, Kirman & Herreiner 2000"),
    Table(loyalty.switching_matrix, "switching matrix", "purchases; probability", "pair of firms", "log",
          "Lipstein 1959"),
    Table(loyalty.rfm, "recency, frequency, monetary value", "rounds; purchases; euro", CUSTOMER, "log", "Hughes 1994"),
    Table(loyalty.promoters, "promoters and detractors (proxy)", "share", EACH, "dyads",
          "Reichheld 2003; read off trust and satisfaction: assumption"),
    Table(concentration.concentration_path, "concentration by round", "0 to 1", ROUND, "",
          "Herfindahl 1950; Hirschman 1945"),
    Table(concentration.posted_dispersion_path, "dispersion of list prices by round", "1", ROUND, "",
          "Baye, Morgan & Scholten 2006"),
    Table(concentration.posted_range_path, "range of list prices by round", "euro", ROUND, "", "Stigler 1961"),
    Table(concentration.paid_dispersion_path, "dispersion of prices paid by round", "1", ROUND, "log", "Sorensen 2000"),
    Table(concentration.gini, "Gini coefficient", "0 to 1", "a sample", "numbers", "Gini 1912"),
    Table(concentration.top_share, "share of the best", "share", "a sample", "numbers",
          "Schmittlein, Cooper & Morrison 1993"),
    Table(ties.embeddedness, "neighbours with the same supplier", "share", EACH, "network",
          "Granovetter 1985; measure: assumption"),
    Table(ties.supplier_modularity, "modularity by supplier", "1", WHOLE, "network", "Newman & Girvan 2004"),
    Table(ties.supplier_assortativity, "assortativity of suppliers", "1", WHOLE, "network", "Newman 2003"),
    Table(ties.mixing, "links between customers of firms", "share", "pair of firms", "network", "Newman 2003"),
    Table(ties.customer_degree, "firms ever bought from", "firms", CUSTOMER, "dyads", "degree of a graph"),
    Table(switching.switching_parts, "parts of the switching cost", "euro per customer", EACH, "dyads",
          "Klemperer 1995; parts: model"),
    Table(welfare.split, "split of value", "euro per customer and round", WHOLE, "", "Marshall 1890, total surplus"),
    Table(welfare.split_by_firm, "split of value by firm", "euro", EACH, "", "Marshall 1890, total surplus"),
    Table(elasticity.elasticity_by, "elasticity by tenure or trust", "1", "group of dyads", "dyads", "Train 2009"),
    Table(phases.phase_path, "phases of relationships", "dyads", "firm and round", "log", "Dwyer, Schurr & Oh 1987"),
    Table(decomposition.decompose, "what explains the value of a dyad", "share", WHOLE, "dyads",
          "Lindeman, Merenda & Gold 1980"),
    Table(decomposition.social_relations, "variance of customer, firm and pair", "square of the unit", WHOLE,
          "numbers", "Kenny, Kashy & Cook 2006"),
    Table(statistics.interval, "mean and interval", "as the measure", "a sample", "numbers", "Student 1908"),
    Table(statistics.paired, "paired difference", "as the measure", "two alternatives", "numbers", "Law 2015"),
    Table(statistics.variance_reduction, "gain from common random numbers", "1", "two alternatives", "numbers",
          "Law 2015"),
    Table(statistics.lead_changes, "changes of the lead", "rounds", "alternatives", "numbers", "rule: assumption"),
    Table(inference.bootstrap, "bootstrap interval", "as the measure", "a sample", "numbers",
          "Efron & Tibshirani 1993"),
    Table(inference.choice, "probability of being best, expected regret", "probability; as the measure",
          "alternatives", "numbers", "Chick & Inoue 2001"),
    Table(inference.p_value, "p value", "probability", "a sample", "numbers", "Student 1908"),
    Table(inference.holm, "p values adjusted for their number", "probability", "a family of tests", "numbers",
          "Holm 1979"),
    Table(inference.rank_intervals, "rank limits", "rank", "alternatives", "numbers",
          "Mogstad, Romano, Shaikh & Wilhelm 2024"),
    Table(inference.more_runs, "replications needed", "runs", "a sample", "numbers", "Law 2015"),
    Table(games.equilibria, "equilibria of a payoff matrix", "shares", "two players", "numbers", "Nash 1951"),
    Table(games.replicator, "replicator dynamics", "shares", "each step", "numbers", "Taylor & Jonker 1978"),
    Table(inference.effect, "effect size", "1", "two alternatives", "numbers", "Hedges 1981; Grissom 1994"),
)  # fmt: skip


def _home(function: Callable) -> str:
    return f"{function.__module__.replace('.', '/')}.py"


def measures() -> dict[str, Term]:
    """The terms of `METRICS`."""
    return {
        name: Term(
            name, m.label, m.unit, EACH if m.per_firm else WHOLE, m.needs, m.source, m.definition, m.description,
            _home(m.function), m.anchor,
        )
        for name, m in METRICS.items()
    }  # fmt: skip


def tables() -> dict[str, Term]:
    """The terms of `TABLES`, by the name of the function."""
    found = {}
    for t in TABLES:
        name, text = t.function.__name__, described(t.function)
        found[name] = Term(
            name, t.label, t.unit, t.of, t.needs, t.source, first_sentence(text), text + _given(t.function),
            _home(t.function), f"{PAGE}#{name}",
        )  # fmt: skip
    return found


def _given(function: Callable) -> str:
    """What the parts of the result mean, where a function gives a structure of its own."""
    returned = re.search(r"\w+", str(function.__annotations__["return"]).removeprefix("list["))[0]
    structure = vars(sys.modules[function.__module__]).get(returned)
    own = inspect.isclass(structure) and structure.__module__.startswith("sim.analysis.")
    return f"\n\nGives `{returned}`: {described(structure)}" if own else ""


def books() -> dict[str, Term]:
    """The recorded accounts and market series, by "account-…" and "market-…"."""
    found = {}
    for group, recorded, of in (("account", ACCOUNTS, "firm and round"), ("market", MARKET, ROUND)):
        for name, quantity in recorded.items():
            text, key = f"{quantity.meaning[:1].upper()}{quantity.meaning[1:]}.", f"{group}-{name}"
            label = name.replace("_", " ")
            found[key] = Term(
                key, label, quantity.unit, of, "", "model", text, text, "sim/books.py", f"{PAGE}#{key}"
            )  # fmt: skip
    return found


def glossary() -> dict[str, Term]:
    """Every term by its name, which is also its anchor."""
    return measures() | tables() | books()
