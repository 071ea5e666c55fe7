"""Who gets the value that a market creates: customers, the firm, its rivals, or nobody."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from sim.analysis.levels import ratio
from sim.analysis.metrics import readable_interval
from sim.analysis.statistics import interval
from sim.charts.words import caption, left_out, round_name
from sim.experiments.comparison import Comparison
from sim.figure import (
    FADED,
    INK,
    QUIET,
    TEXT,
    axes,
    beside,
    finish,
    inches,
    ink_over,
    key,
    length,
    margin,
    name_rows,
    styled,
    value_axis,
    within,
)  # fmt: skip
from sim.palette import looks

CUSTOMERS, RIVALS, NOBODY = "#8f9aa5", FADED, "white"


@styled
def who_gets_the_value(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Per customer and round: customers' surplus, profits, and the effort of buying, which nobody gets; means of seeds.

    Of alternatives the whole market, of the firms of one market what was created with each firm. What somebody loses
    stands left of zero.
    """
    parts = value_parts(comparison)
    order, left = within([comparison.index(n) for n in (comparison.names if few(comparison) else comparison.ranking())])
    names = [comparison.names[k] for k in order]
    ax, own = axes(ax, round(1.15 * len(names)), left=0.22, width=0.53, head=0.95)
    look, rows, segments = dict(zip(comparison.names, looks(comparison.strategies), strict=True)), [], []
    colours = {"customers": CUSTOMERS, "rivals": RIVALS, "effort": NOBODY}
    for position, k in enumerate(order):
        name, y, reach = comparison.names[k], -float(position), [0.0, 0.0]  # of what is gained, and of what is lost
        rows.append((y, name, look[name].ink))
        means = {part: interval(values[k]).mean for part, values in parts.items()}
        for part, mean in means.items():
            if np.isfinite(mean):
                colour = colours.get(part, look[name].colour)
                segments.append((y, reach[mean < 0], mean, colour))
                reach[mean < 0] += mean
        whole = interval(parts["firm"][k] + parts["customers"][k] + (parts["rivals"][k] if "rivals" in parts else 0.0))
        beside(ax, y, readable_interval(whole, "euro"), INK)
    for y, start, mean, colour in segments:
        hatched = {"hatch": "////", "edgecolor": FADED} if colour == NOBODY else {"edgecolor": "white"}
        ax.barh(y, mean, left=start, height=0.7, color=colour, linewidth=0.8, zorder=2, **hatched)
    ax.axvline(0, color=QUIET, linewidth=1.2, zorder=3)
    ax.margins(x=0.02)
    ax.set_ylim(-len(names) + 0.4, 0.6)
    name_rows(ax, rows)
    value_axis(ax, f"euro per customer and {round_name(comparison.scenario)}")
    _figures(ax, segments)
    first, tall, start = look[names[0]].colour, inches(ax)[1], margin(ax) if own else 0.0
    ax.set_title("Who gets the value", y=1 + 0.58 / tall, pad=0, x=start)
    firm = f"{comparison.firms[0]} (in its colour)" if len(set(comparison.firms)) == 1 else "the firm (in its colour)"
    entries = [
        ("customers", CUSTOMERS, ""),
        (firm, first, ""),
        ("other firms", RIVALS, ""),
        ("effort of buying", NOBODY, "////"),
    ]
    key(ax, [e for e in entries if e[0] != "other firms" or "rivals" in parts], x=start, above=0.28)
    ax.annotate(
        "welfare", (1, 1), (9, 4), xycoords="axes fraction", textcoords="offset points", va="bottom", color=QUIET,
        fontsize=TEXT - 1, annotation_clip=False,
    )  # fmt: skip
    how = "Welfare: all but effort, which nobody gets; parts too small for their number are read off the scale."
    return finish(ax, own, caption(comparison, how + left_out(left, "alternatives"), "±"))


def few(comparison: Comparison) -> bool:
    """Few alternatives stand in the order of the scenario, which may mean something; many by profit."""
    return len(comparison.names) <= 6


def value_parts(comparison: Comparison) -> dict[str, np.ndarray]:
    """Part -> (A, R) euro per customer and round: firm, rivals (only where alternatives are compared), customers,
    effort; undiscounted, like `sim.analysis.welfare`.
    """
    active = comparison.market["active"].sum(axis=2)

    def per_customer(group: dict[str, np.ndarray], name: str) -> np.ndarray:
        return ratio(group[name].sum(axis=2), active)

    source = comparison.accounts if comparison.within else comparison.market
    parts = {"firm": per_customer(comparison.accounts, "profit"), "customers": per_customer(source, "surplus")}
    if not comparison.within:
        parts["rivals"] = comparison.measures["welfare"] - parts["firm"] - parts["customers"]
    order = ("customers", "firm", "rivals", "effort")
    parts["effort"] = per_customer(source, "effort")
    return {part: parts[part] for part in order if part in parts}


def _figures(ax: Axes, segments: list[tuple[float, float, float, str]]) -> None:
    """Write the size of a segment into it where there is room."""
    low, high = ax.get_xlim()
    inch = inches(ax)[0] / (high - low)
    for y, start, mean, colour in segments:
        words = f"{mean:.2f}".replace("-", "−")
        if abs(mean) * inch > length(words, TEXT - 2) + 0.06:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if colour == NOBODY else None
            ax.text(
                start + mean / 2, y, words, ha="center", va="center_baseline", fontsize=TEXT - 2, bbox=box, zorder=4,
                color=ink_over(colour),
            )  # fmt: skip
