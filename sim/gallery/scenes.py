"""Further pictures of single claims, for what an effect per cell cannot show; drawn from runs of their own.

A scene takes the scenario of its claim as it stands in the file, and changes only what the scene is about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from sim.analysis.accounts import discounted_profit
from sim.analysis.wellbeing import stress
from sim.figure import INK, QUIET, TEXT, name_lines, slide, styled
from sim.network import graph
from sim.run import simulate
from sim.scenario import Scenario

WRITING, QUIET_SHOP = "#c2540a", "#1f6fb4"
TRUST = LinearSegmentedColormap.from_list("trust", ["#c2540a", "#e9e6df", "#1f6fb4"])  # tells apart for every eye
USERS = 300  # as many as can be told apart on a slide
SEEDS = 5
UNSTOPPABLE = 1000.0  # utils of annoyance that nobody reaches


class Scene(NamedTuple):
    """A further picture of a claim: its file is `<claim>-<name>.png`."""

    name: str
    words: str  # what is to be seen, for those who cannot see it
    draw: Callable[[Scenario], Figure]


# ----------------------------------------------------------------------------------------------------------- inbox


@styled
def commons(scenario: Scenario) -> Figure:
    """Stress of customers, and profit of firms that write and of firms that do not, by how many write.

    Firm after firm of the scenario starts to send two messages a month; once to customers who can stop them, once to
    customers who cannot.
    """
    figure, top, bottom = slide(
        "The inbox is a commons: every firm that writes fills it for all",
        "Left: what customers have on their minds. Right: what a firm earns that writes, and one that does not.",
        f"Means of {SEEDS} runs, {scenario.title}: {scenario.market.customers:,} customers, "
        f"{len(scenario.firms)} firms, {scenario.market.rounds} {scenario.market.round_length}s. Each firm that writes "
        "sends two messages a month to everybody who has bought from it. Broken lines: customers can stop "
        "messages that annoy them.",
    )
    width = 0.29
    left = figure.add_axes((0.07, bottom + 0.06, width, top - bottom - 0.1))
    right = figure.add_axes((0.57, bottom + 0.06, width, top - bottom - 0.1))
    _stress_and_profit(scenario, left, right)
    return figure


def _stress_and_profit(scenario: Scenario, left: Axes, right: Axes) -> None:
    writers = np.arange(len(scenario.firms) + 1)
    burdens, earnings = [], []
    for threshold, dash in ((scenario.relationship.opt_out_threshold, (0, (3, 2))), (UNSTOPPABLE, "solid")):
        burden, writes, quiet = np.array([_by_writers(scenario, int(k), threshold) for k in writers]).T
        can, also = ("stoppable", ", stoppable") if threshold < UNSTOPPABLE else ("not stoppable", "")
        left.plot(writers, burden, color=INK, linestyle=dash)
        burdens.append((burden[-1], can, INK))
        for values, colour, who in ((writes, WRITING, "writes"), (quiet, QUIET_SHOP, "is silent")):
            known = np.flatnonzero(np.isfinite(values))
            right.plot(writers[known], values[known], color=colour, linestyle=dash)
            earnings.append((values[known[-1]], f"{who}{also}", colour))
    for ax, ends, title in (
        (left, burdens, "Stress (messages on the mind)"),
        (right, earnings, "Profit of a firm (€ per customer)"),
    ):
        ax.set_title(title, pad=14)
        ax.set_xlabel(f"firms that write, of {len(scenario.firms)}")
        ax.set_xticks(writers)
        ax.set_ylim(min(0, ax.get_ylim()[0]))
        name_lines(ax, ends)


def _by_writers(scenario: Scenario, writers: int, threshold: float) -> tuple[float, float, float]:
    """Stress, and discounted profit in euro per customer of a mean firm that writes and of one that does not."""
    changes = {"relationship.opt_out_threshold": threshold}
    changes |= {f"firms.{f}.strategy.contacts": 2.0 * (f < writers) for f in range(len(scenario.firms))}
    changed = scenario.with_changes(changes)
    runs = [simulate(changed, scenario.seed + r) for r in range(SEEDS)]
    profit = np.mean([discounted_profit(run) for run in runs], axis=0) / scenario.market.customers
    writes = profit[:writers].mean() if writers else np.nan
    quiet = profit[writers:].mean() if writers < len(profit) else np.nan
    return float(np.mean([stress(run) for run in runs])), float(writes), float(quiet)


# ---------------------------------------------------------------------------------------------------------- crisis


class Moment(NamedTuple):
    """Customers at the end of a round, (C,) each: trust in the firm, what it would be in the same market with the same
    luck had there been no flaw, and whether they bought from the firm since the flaw.
    """

    round: int
    words: str
    trust: np.ndarray
    spared: np.ndarray
    met: np.ndarray


def moments(scenario: Scenario) -> list[Moment]:
    """Before the flaw; just before the firm's late answer; and the end of the flaw.

    The scenario's events are the flaw and the answer; of its alternatives the last contrasted one is played.
    """
    late = scenario.alternative(scenario.examination.contrast[-1])
    flaw, answer = late.events[0], late.events[1]
    firm = [item.name for item in late.firms].index(flaw.firm)
    spared = late.with_changes({"events.0.failure_rate": late.firms[firm].failure_rate})
    times = ((flaw.round - 1, "before the flaw"), (answer.round - 1, "before the firm answers"),
             (flaw.round + flaw.duration - 1, "the flaw is gone"))  # fmt: skip
    found = []
    for round, words in times:
        dyads = simulate(late, rounds=round).dyads
        trust, without = (run["trust"][firm].astype(float) for run in (dyads, simulate(spared, rounds=round).dyads))
        found.append(Moment(round, words, trust, without, dyads["last_round"][firm] >= flaw.round))
    return found


@styled
def outrun(scenario: Scenario) -> Figure:
    """Customers on their network at three moments of a crisis, coloured by their trust in the firm that has it."""
    import networkx as nx

    small = scenario.with_changes({"market.customers": USERS})
    shown = moments(small)
    before, silent, _ = shown
    share, heard = only_heard(silent)
    weeks = silent.round - before.round
    unit = small.market.round_length
    figure, top, bottom = slide(
        f"Talk and the firm: of those who lost trust before it spoke, {100 * heard:.0f} % had only heard of the flaw",
        f"After {weeks} {unit}s {100 * share:.0f} % of users trust it less than they would without the flaw; "
        f"{100 * heard:.0f} % of these have not bought from it since.",
        f"{scenario.title}, {USERS} users, seed {small.seed}. A dot is a user, a line an acquaintance; ringed: has "
        f"bought from the firm since the flaw. Failure rate {100 * small.events[0].failure_rate:.0f} % for "
        f"{small.events[0].duration} {unit}s, against {100 * small.firms[0].failure_rate:.0f} % before and after.",
    )
    net = graph(small.network, np.zeros(USERS, int), small.seed)
    places = nx.spring_layout(net, seed=1, iterations=100)
    at, ties = np.array([places[i] for i in range(USERS)]), np.array(net.edges)
    limits = np.percentile(np.concatenate([moment.trust for moment in shown]), [2, 98])
    for column, moment in enumerate(shown):
        ax = figure.add_axes((0.015 + 0.305 * column, bottom, 0.295, top - bottom - 0.03))
        dots = _people(ax, at, ties, moment, limits)
        ax.set_title(f"{unit} {moment.round}: {moment.words}\nmean trust {moment.trust.mean():.2f}", fontsize=TEXT)
    bar = figure.colorbar(dots, cax=figure.add_axes((0.94, bottom + 0.05, 0.012, top - bottom - 0.16)))
    bar.outline.set_visible(False)
    bar.ax.locator_params(nbins=4)
    bar.ax.yaxis.set_major_formatter("{x:.2f}")
    bar.ax.set_title("trust", fontsize=TEXT, fontweight="normal", loc="left")
    return figure


def only_heard(moment: Moment) -> tuple[float, float]:
    """Share of customers who trust the firm less than they would without the flaw; share of these who have not bought
    from it since: they can only have heard of it.
    """
    less = moment.trust < moment.spared
    return float(less.mean()), float((less & ~moment.met).sum() / max(1, less.sum()))


def _people(ax: Axes, at: np.ndarray, ties: np.ndarray, moment: Moment, limits: np.ndarray):
    """Customers at their places, with their ties."""
    ax.add_collection(LineCollection(at[ties], colors=QUIET, linewidths=0.3, alpha=0.25, zorder=1))
    edges = np.where(moment.met, INK, "none")
    dots = ax.scatter(*at.T, c=moment.trust, cmap=TRUST, vmin=limits[0], vmax=limits[1], s=42, edgecolors=edges,
                      linewidths=1.0, zorder=2)  # fmt: skip
    ax.set_axis_off()
    ax.margins(0.03)
    return dots


SCENES = {
    "C1": Scene("commons", "stress and profit against the number of firms that write", commons),
    "C7": Scene("network", "trust on the network of users at three moments of the crisis", outrun),
}
