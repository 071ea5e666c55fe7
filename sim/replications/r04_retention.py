"""R4: the shifted-beta-geometric model of retention (Fader & Hardie 2007).

Every customer has a constant chance to leave. The disloyal leave first, so the retention rate of those who are left
rises year by year although nobody becomes more loyal.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from scipy.special import betaln

from sim.analysis.heterogeneity import loyalty_growth
from sim.replications.picture import SECOND, SIMULATED, direct_label, simulated, theory
from sim.replications.replication import Check, Found, Replication, scenario
from sim.results import Results
from sim.run import simulate

SURVIVAL = (0.851, 0.747, 0.670, 0.610, 0.562, 0.522, 0.489, 0.460, 0.436, 0.414, 0.395, 0.378)
TOLERANCE = 0.002


def survival(a: float, b: float, years: int) -> np.ndarray:
    """(years,) share still there after 1, 2, … years: B(a, b + t)/B(a, b)."""
    return np.exp(betaln(a, b + np.arange(1, years + 1)) - betaln(a, b))


def simulated_survival(results: Results) -> np.ndarray:
    """(years,) share of the customers of the beginning who are still there after each round."""
    customers = results.series("active")[0]
    return 1.0 - results.series("departures").cumsum() / customers


def market(a: float, b: float, years: int, customers: int):
    """The scenario file with other parameters."""
    changes = {"segments.0.attrition": {"dist": "beta", "a": a, "b": b}}
    return scenario("r04_retention", rounds=years, customers=customers).with_changes(changes)


def run(full: bool) -> Found:
    """1,000,000 customers (quick: 250,000, whose interval is just inside the tolerance)."""
    customers, a, b = 1_000_000 if full else 250_000, 0.668, 3.806
    results = simulate(market(a, b, 12, customers), keep=False)
    share, active = simulated_survival(results), results.series("active")
    retention = 1.0 - results.series("departures") / active  # of all who were there, whoever they are
    checks = [
        _close(f"still there after {t + 1} year{'s' if t else ''}", SURVIVAL[t], share[t], customers) for t in range(12)
    ]
    checks.append(_close("retention rate in year 1", 0.851, retention[0], active[0]))
    checks.append(_close("retention rate in year 12", 0.957, retention[11], active[11]))
    smaller = min(customers, 100_000)
    logged = simulate(market(a, b, 12, smaller), keep=False, log=True)
    growth, error = loyalty_growth(logged.log, smaller)
    checks.append(
        Check(
            "growth of loyalty of the same customers",
            0.0,
            growth,
            0.0,
            (growth - 1.96 * error, growth + 1.96 * error),
            "must be 0",
        )
    )
    return Found(tuple(checks), {"share": share, "retention": retention, "exact": survival(a, b, 12)})


def _close(what: str, target: float, share: float, people: float) -> Check:
    """A share of independent people against its target; binomial interval."""
    half = 1.96 * float(np.sqrt(share * (1 - share) / people))
    return Check(what, target, float(share), TOLERANCE, (float(share) - half, float(share) + half), f"± {TOLERANCE:g}")


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Survival and retention rate by year."""
    years = np.arange(1, len(seen["share"]) + 1)
    exact = seen["exact"]
    theory(ax, years, 100 * exact)
    theory(ax, years, 100 * exact / np.concatenate([[1], exact[:-1]]))
    simulated(ax, years, 100 * seen["share"], label=None)
    simulated(ax, years, 100 * seen["retention"], label=None, color=SECOND, fmt="s")
    direct_label(ax, 8, 97, "retention rate of those who are left: rises,\nbut nobody has become more loyal",
                 color=SECOND, ha="center", va="bottom", fontsize=14)  # fmt: skip
    direct_label(ax, 6.2, 56, "still there of those who came", ha="left", va="bottom", fontsize=14, color=SIMULATED)
    ax.set_xticks(years)
    ax.set_ylim(0, 112)
    ax.set_yticks(range(0, 101, 20))
    ax.set_xlabel("year of the contract")
    ax.set_title("Customers (%)")


REPLICATION = Replication(
    name="R4",
    title="Retention rises although nobody becomes more loyal: the disloyal leave first",
    source="Fader & Hardie 2007, Journal of Interactive Marketing 21; customers “High End”, α 0.668, β 3.806",
    level="distributional equivalence",
    off="rivals, outside option, failures, need differences; attrition is drawn once per customer from Beta(α, β)",
    scenarios=("r04_retention",),
    run=run,
    draw=draw,
)
