"""R8: price competition with logit demand (Anderson, de Palma & Thisse 1992).

Two firms, each of which looks for the price of the highest profit without knowing demand, end where each is the best
answer to the other: at the Bertrand–Nash equilibrium.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.replications.picture import SECOND, SIMULATED, direct_label, theory
from sim.replications.replication import Check, Found, Replication, mean_of, scenario
from sim.results import Results
from sim.run import simulate
from sim.scenario import Scenario

TARGETS = {"all buy": 0.5 + 2.0, "they may also not buy": 1.8083}  # c + 2 with c = 0.5; numerical solution
LONG = 100  # rounds of the moving average in the picture


def nash(
    costs: np.ndarray, values: np.ndarray, outside: float | None, precision: float = 1.0, sensitivity: float = 1.0
):
    """(F,) equilibrium prices p_j = c_j + 1/(βα(1 − s_j)), s the logit shares of U_j = v_j − αp_j; by damped iteration.

    outside   utility of buying from nobody; None if everybody buys
    """
    costs, values = np.asarray(costs, float), np.asarray(values, float)
    prices = costs + 1.0
    for _ in range(2000):
        weights = np.exp(precision * (values - sensitivity * prices))
        shares = weights / (weights.sum() + (0.0 if outside is None else np.exp(precision * outside)))
        prices = 0.8 * prices + 0.2 * (costs + 1 / (precision * sensitivity * (1 - shares)))
    return prices


def learnt_price(results: Results) -> np.ndarray:
    """(F,) mean list price of the second half of a run, euro: the centre of the tests."""
    price = results.account("price")
    return price[len(price) // 2 :].mean(axis=0)


def market(alternative: str, **sizes: int) -> Scenario:
    """One alternative of the scenario file."""
    return scenario("r08_logit_bertrand", **sizes).alternative(alternative)


def run(full: bool) -> Found:
    """10,000 customers, 1,000 rounds, eight seeds (quick: 3,000, 700 rounds, four)."""
    sizes = {"customers": 10_000, "rounds": 1000} if full else {"customers": 3_000, "rounds": 700}
    checks, paths = [], {}
    for alternative, target in TARGETS.items():
        runs = [simulate(market(alternative, **sizes), seed, keep=False) for seed in range(1, 9 if full else 5)]
        price, limits, _ = mean_of([learnt_price(results).mean() for results in runs])
        checks.append(Check(f"{alternative}: price, euro", target, price, 0.01 * target, limits, "± 1 %"))
        paths[alternative] = np.array([results.account("price") for results in runs])
    return Found(tuple(checks), {"paths": paths})


def draw(ax: Axes, seen: Mapping[str, Any]) -> None:
    """Prices of both firms on their way, smoothed over their tests."""
    for (alternative, paths), ink in zip(seen["paths"].items(), (SECOND, SIMULATED), strict=True):
        target, window = TARGETS[alternative], np.ones(LONG) / LONG
        for path in paths.transpose(0, 2, 1).reshape(-1, paths.shape[1]):
            smooth = np.convolve(path, window, "valid")
            middle = LONG / 2 + np.arange(smooth.size)
            ax.plot(middle[::25], smooth[::25], "o-", color=ink, linewidth=1, markersize=4, alpha=0.4, zorder=3)
        theory(ax, [0, paths.shape[1]], [target] * 2)
        words = f"{alternative}: equilibrium {target:.4f} euro"
        direct_label(ax, paths.shape[1], target, words, ha="right", va="bottom", fontsize=14, color=ink)
    ax.set_ylim(0, 3)
    ax.set_xlabel(f"round (mean of {LONG} rounds; each line a firm in one run)")
    ax.set_title("List price (euro)")


REPLICATION = Replication(
    name="R8",
    title="Firms that feel their way to the best price end at the logit-Bertrand equilibrium",
    source="Anderson, de Palma & Thisse 1992, Discrete Choice Theory of Product Differentiation, MIT Press",
    level="distributional equivalence",
    off="learning of customers, trust, context, effort, failures and need differences; firms learn demand by testing",
    scenarios=("r08_logit_bertrand",),
    run=run,
    draw=draw,
)
