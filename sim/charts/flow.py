"""Who goes where: customers as they pass from firm to firm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from sim.analysis.levels import need_log
from sim.charts.words import round_name, run_caption
from sim.figure import FADED, QUIET, TEXT, all_fitted, axes, finish, fitted, inches, length, styled
from sim.palette import looks
from sim.results import Results

MOMENTS = 4
STRONG = 12  # flows between two moments that are drawn strongly
GAP = 0.02  # between the firms of a moment, as a share of all customers
THIN = 0.03  # of the width: a firm's block
MOST = 7  # firms that are drawn for themselves; the smallest others are one


@styled
def switching_flow(results: Results, rounds: Sequence[int] | None = None, ax: Axes | None = None) -> Axes:
    """Where customers bought last, at a few rounds (default four, evenly spread), and how they went from firm to firm.

    The height of a block is a number of customers; bands have the colour of the firm they leave, those who stay are
    pale. Raises ResultsError without a log, ValueError for rounds that were not played.
    """
    moments = list(
        rounds or np.unique(np.linspace(results.rounds / MOMENTS, results.rounds, MOMENTS).round().astype(int))
    )
    if (
        len(moments) < 2
        or not all(1 <= moment <= results.rounds for moment in moments)
        or sorted(set(moments)) != moments
    ):
        raise ValueError(f"rounds {moments}: two or more of 1 to {results.rounds} are wanted, rising")
    where = suppliers(results, moments)  # (moments, C)
    ax, own = axes(ax, left=0.26, width=0.48)
    groups, names, colours, inks = _groups(results, where)
    count, customers = len(names), where.shape[1]
    placed = np.stack([_blocks(np.bincount(row, minlength=count), customers) for row in groups])
    for step in range(len(moments) - 1):
        flow = np.zeros((count, count), int)
        np.add.at(flow, (groups[step], groups[step + 1]), 1)
        _bands(ax, step, flow, placed[step], placed[step + 1], colours, customers)
    for step, tops in enumerate(placed):
        for k in range(count):
            low, high = tops[k]
            ax.add_patch(
                Rectangle((step - THIN / 2, low), THIN, high - low, facecolor=colours[k], linewidth=0, zorder=4)
            )
    _names(ax, placed, groups, names, inks, customers)
    ax.set(xlim=(-THIN / 2, len(moments) - 1 + THIN / 2), ylim=(placed.min() - 0.01, placed.max() + 0.01))
    unit = round_name(results.scenario)
    ax.set_xticks(range(len(moments)), [f"{unit} {moment}" for moment in moments])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.set_title("Where customers bought last, and where they went")
    how = (
        f"Height: share of {customers:,} customers. A band has the colour of the firm that is left; pale: those who "
        "stay, and small flows."
    )
    return finish(ax, own, run_caption(results, how))


def suppliers(results: Results, moments: Sequence[int]) -> np.ndarray:
    """(moments, C) firm of each customer's last purchase up to the end of these rounds, −1 before the first one.

    Where customers are replaced, a place is followed, whoever has it. Raises ResultsError without a log.
    """
    log = need_log(results)
    customers = results.customers["supplier"].size if results.customers else int(log["customer"].max(initial=0)) + 1
    order = np.argsort(log["round"], kind="stable")
    when, who, firm = (log[name].astype(np.int64)[order] for name in ("round", "customer", "firm"))
    now, found, start = np.full(customers, -1), [], 0
    for moment in moments:
        end = np.searchsorted(when, moment, side="right")
        now[who[start:end]] = firm[start:end]  # of several, the last one stays
        found.append(now.copy())
        start = end
    return np.array(found)


def _groups(results: Results, where: np.ndarray) -> tuple[np.ndarray, list[str], list[str], list[str]]:
    """Group of each customer at each moment, and name, colour and ink of the groups: firms by size, others, nobody."""
    firms, look = len(results.firms), looks(results.strategies)
    size = np.array([(where == j).sum() for j in range(firms)])
    order = [int(j) for j in np.argsort(-size, kind="stable")]
    alone = order if firms <= MOST + 1 else order[:MOST]
    names = [results.firms[j] for j in alone]
    colours, inks = [look[j].colour for j in alone], [look[j].ink for j in alone]
    number = np.full(firms + 1, len(alone))  # the last one is for −1
    number[alone] = np.arange(len(alone))
    if len(alone) < firms:
        names, colours, inks = [*names, f"{firms - len(alone)} others"], [*colours, "#9aa0a6"], [*inks, QUIET]
    number[-1] = len(names)
    return number[where], [*names, "nobody yet"], [*colours, FADED], [*inks, QUIET]


def _blocks(sizes: np.ndarray, customers: int) -> np.ndarray:
    """(groups, 2) lower and upper end of each block, the first on top, as shares of all customers."""
    heights = sizes / customers
    gaps = np.where(sizes > 0, GAP, 0.0)
    high = 1 - np.concatenate([[0.0], np.cumsum(heights + gaps)[:-1]])
    return np.stack([high - heights, high], axis=1)


def _bands(
    ax: Axes, step: int, flow: np.ndarray, before: np.ndarray, after: np.ndarray, colours: list[str], customers: int
) -> None:
    """Bands from the blocks of one moment to those of the next; flow (groups, groups) customers."""
    out, into = before[:, 1].copy(), after[:, 1].copy()
    moves = np.sort((flow - np.diag(np.diag(flow))).ravel())[::-1]
    strong = moves[min(STRONG, moves.size) - 1]  # where firms are many, the eye is led to the largest flows
    left, right = step + THIN / 2, step + 1 - THIN / 2
    middle = (left + right) / 2
    for a in range(len(flow)):
        for b in range(len(flow)):
            if not flow[a, b]:
                continue
            tall = flow[a, b] / customers
            corners = [
                (left, out[a]), (middle, out[a]), (middle, into[b]), (right, into[b]),
                (right, into[b] - tall), (middle, into[b] - tall), (middle, out[a] - tall), (left, out[a] - tall),
                (left, out[a]),
            ]  # fmt: skip
            codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
            pale = a == b or flow[a, b] < strong
            band = {"facecolor": colours[a], "alpha": 0.22 if pale else 0.65, "zorder": 2 if pale else 3}
            ax.add_patch(PathPatch(Path(corners, codes), linewidth=0, **band))
            out[a] -= tall
            into[b] -= tall


def _names(ax: Axes, placed: np.ndarray, groups: np.ndarray, names: list[str], inks: list[str], customers: int) -> None:
    """Names and shares beside the first and the last moment, where a block is there; pushed apart where too close."""
    box, figure = ax.get_window_extent(), ax.get_figure(root=True)
    row = 1.2 * (TEXT - 1) / 72 / inches(ax)[1] * (placed.max() - placed.min() + 0.02)
    for step, (x, side) in ((0, (-8, "right")), (-1, (8, "left"))):
        found = [
            (placed[step, k].mean(), k, int((groups[step] == k).sum()))
            for k in range(len(names))
            if (groups[step] == k).any()
        ]
        heights = [place for place, _, _ in found]
        for _ in range(200):
            for k in range(1, len(heights)):
                overlap = row - (heights[k - 1] - heights[k])
                if overlap > 0:
                    heights[k - 1] += overlap / 2
                    heights[k] -= overlap / 2
            lowest = placed.min() + row / 2
            heights = [max(height, lowest + (len(heights) - 1 - k) * row) for k, height in enumerate(heights)]
        edge = 0 if step == 0 else len(placed) - 1
        room = (box.x0 if step == 0 else figure.bbox.width - box.x1) / figure.dpi - 0.2
        named = [f"{names[k]} {100 * size / customers:.0f} %" for _, k, size in found]
        letters, _ = all_fitted(named, room, (TEXT - 1, TEXT - 2, TEXT - 3, TEXT - 4))
        for height, (_, k, size) in zip(heights, found, strict=True):
            share = f" {100 * size / customers:.0f} %"
            words = fitted(names[k], room - length(share, letters, bold=True), letters, bold=True) + share
            ax.annotate(
                words, (edge, height), (x, 0), textcoords="offset points", ha=side, va="center_baseline", color=inks[k],
                fontsize=letters, fontweight="bold", annotation_clip=False,
            )  # fmt: skip
