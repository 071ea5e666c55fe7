"""The customers' inbox: what firms send, and what stays on people's minds."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from sim.analysis.levels import ratio
from sim.charts.words import round_name, run_caption
from sim.figure import FADED, INK, QUIET, axes, featured, finish, name_lines, note, round_axis, styled
from sim.palette import looks
from sim.results import Results


@styled
def inbox(results: Results, ax: Axes | None = None) -> Axes:
    """Messages a mean customer gets in a round, stacked by sender, and the stress they add up to (thick line)."""
    ax, own = axes(ax, left=0.09, width=0.62)
    active = results.series("active")
    sent = ratio(results.account("contacts"), active[:, None])  # (rounds, F)
    stress = ratio(results.series("stress"), active)
    rounds, look = np.arange(1, results.rounds + 1), looks(results.strategies)
    totals = np.nan_to_num(sent).sum(axis=0)
    senders = [j for j in np.argsort(-totals, kind="stable") if totals[j] > 0]
    named = [j for j in senders if j in featured(totals)]
    floor, ends = np.zeros(results.rounds), []
    for j in named:
        top = floor + sent[:, j]
        ax.fill_between(rounds, floor, top, color=look[j].colour, linewidth=0, zorder=2)
        ax.plot(rounds, top, color="white", linewidth=1, zorder=3)
        ends.append(((floor[-1] + top[-1]) / 2, results.firms[j], look[j].ink))
        floor = top
    if len(named) < len(senders):
        rest = sent.sum(axis=1)
        ax.fill_between(rounds, floor, rest, color=FADED, linewidth=0, zorder=2)
        ends.append(((floor[-1] + rest[-1]) / 2, f"{len(senders) - len(named)} others", QUIET))
    ax.plot(rounds, stress, color=INK, linewidth=4, zorder=5)
    ends.append((stress[-1], "stress: on the mind", INK))
    if not senders:
        note(ax, "No firm has sent a message.")
    ax.set_ylim(0, 1.1 * max(np.nanmax(stress, initial=0), np.nanmax(sent.sum(axis=1), initial=0)) or 1)
    unit = round_name(results.scenario)
    round_axis(ax, results.rounds, unit)
    ax.set_title(f"Messages per customer and {unit}")
    name_lines(ax, ends)
    return finish(ax, own, run_caption(results, _reaction(results)))


def _reaction(results: Results) -> str:
    """What customers did about it."""
    outs, overload = results.account("opt_outs").sum(), results.series("overload")[-1]
    share = ratio(overload, results.series("active")[-1])
    told = f"Firms were told {outs:,.0f} times" if outs > 1 else "A firm was told once" if outs else "No firm was told"
    return (
        "Stress: fatigue from the messages of all firms that has not yet faded; at the end "
        f"{100 * share:.0f} % of a mean customer's is beyond what it tolerates. "
        f"{told} to stop."
    )
