"""Customers on their network and around their firms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sim import state
from sim.analysis.levels import need_dyads
from sim.analysis.ties import links
from sim.charts.replay import replay
from sim.charts.words import round_name, run_caption
from sim.figure import QUIET, TEXT, axes, finish, fitted, key, margin, note, slide, styled
from sim.network import GRAPH
from sim.palette import looks
from sim.results import Results, ResultsError
from sim.simulation import Simulation

DOTS = 400  # customers that can be told apart on a slide
TIES = 2_500
MARKERS = ("o", "s", "^", "D", "v")  # of the firms that the key names, so that they differ in grey as well
REST, NONE = ".", "x"  # of the others, and of customers without a firm
BUYERS = 1_500  # customers around firms
TIE = 0.2  # share of a customer's purchases from which on a line is drawn


@styled
def customer_network(results: Results, rounds: Sequence[int] | None = None) -> Figure:
    """Customers on their network at some rounds (default: early, middle, end), colours and markers by supplier.

    The paler, the less they trust it; a cross: no supplier yet. The run is played again; raises ResultsError where that
    cannot be done, or where customers have no network.
    """
    moments = list(rounds or sorted({max(1, results.rounds // 10), max(1, results.rounds // 2), results.rounds}))
    unit, frames, at = round_name(results.scenario), [], None
    for simulation in replay(results, moments):
        if at is None:
            everybody = _ties(simulation)
            at, ties = layout(everybody, simulation.state.supplier.size)
        frames.append(_colours(simulation, results.strategies))
    alike = [_alike(supplier, everybody) for _, supplier in frames]
    headline = f"Of ties between customers {_percent(alike[0])} join customers of one firm in {unit} {moments[0]}"
    headline += f", {_percent(alike[-1])} in {unit} {moments[-1]}" if len(moments) > 1 else ""
    had = frames[-1][1][frames[-1][1] >= 0]
    chance = float(((np.bincount(had) / had.size) ** 2).sum()) if had.size else float("nan")
    below = (
        f"{results.title}. Dealt out at random, with the shares firms have at the end, it would be {_percent(chance)}."
    )
    customers = len(frames[0][1])
    some = f"{len(at):,} of {customers:,} customers" if len(at) < customers else f"{customers:,} customers"
    figure, top, bottom = slide(
        headline,
        below,
        run_caption(
            results,
            f"A mark is a customer ({some}), a line a tie. Shape and colour: its supplier; pale: little trusted.",
        ),
    )
    wide, look = min(0.31, 0.95 / len(moments)), looks(results.strategies)
    named = _named(np.bincount(had, minlength=len(results.firms)))
    for column, ((colours, supplier), moment) in enumerate(zip(frames, moments, strict=True)):
        ax = figure.add_axes((0.02 + column * (0.965 / len(moments)), bottom - 0.02, wide, top - bottom))
        ax.add_collection(LineCollection(at[ties], colors=QUIET, linewidths=0.35, alpha=0.3, zorder=1))
        for marker, group in _groups(supplier[: len(at)], named):
            tint = {"c": colours[: len(at)][group], "edgecolors": "white", "linewidths": 0.6}
            tint = {"c": QUIET, "linewidths": 0.8} if marker == NONE else tint
            ax.scatter(*at[group].T, s=min(60.0, 14_000 / len(at)), marker=marker, zorder=2, **tint)
        ax.set(aspect="equal")
        ax.set_axis_off()
        ax.margins(0.03)
        ax.set_title(f"{unit} {moment}", fontsize=TEXT)
        if column == 0:
            entries = [(results.firms[j], look[j].colour, "", marker) for j, marker in named.items()]
            rest = len(results.firms) - len(named)
            entries += [(f"{rest} smaller firms, in theirs", QUIET, "", REST)] if rest else []
            key(ax, [*entries, ("none yet", QUIET, "", NONE)], x=0.03, above=0.5)
    return figure


def _named(size: np.ndarray) -> dict[int, str]:
    """Firms that get a marker of their own -> which: the largest ones, in the order of the market."""
    largest = sorted(int(j) for j in np.argsort(-size, kind="stable")[: len(MARKERS)])
    return dict(zip(largest, MARKERS, strict=False))


def _groups(supplier: np.ndarray, named: dict[int, str]) -> list[tuple[str, np.ndarray]]:
    """Marker, and which customers have it; `NONE` of those without a supplier."""
    found = [(marker, np.flatnonzero(supplier == j)) for j, marker in named.items()]
    rest = ~np.isin(supplier, [*named, -1])
    return [*found, (REST, np.flatnonzero(rest)), (NONE, np.flatnonzero(supplier < 0))]


def _ties(simulation: Simulation) -> np.ndarray:
    """(m, 2) customers who know each other, each pair once. Raises ResultsError where there is no network."""
    if simulation.network.kind != GRAPH:
        raise ResultsError("the customers of this scenario have no network ([network] kind says which)")
    return links(simulation.network, simulation.state.supplier.size)


def layout(ties: np.ndarray, customers: int) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 2) of the customers shown, the first `DOTS`, and the ties between them; no chance in it."""
    import networkx as nx

    shown = min(customers, DOTS)
    ties = ties[(ties < shown).all(axis=1)][:TIES]
    graph = nx.empty_graph(shown)
    graph.add_edges_from(ties.tolist())
    found = nx.spring_layout(graph, iterations=60, seed=1)
    at = np.array([found[i] for i in range(shown)])
    at -= at.mean(axis=0)
    radius, angle = np.hypot(*at.T), np.arctan2(at[:, 1], at[:, 0])
    even = np.sqrt((radius.argsort().argsort() + 0.5) / shown)  # ranks: nobody in a heap, nobody far off
    even = 0.5 * even + 0.5 * radius / max(radius.max(), 1e-9)
    return np.stack([even * np.cos(angle), even * np.sin(angle)], axis=1), ties


def _colours(simulation: Simulation, kinds: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Colour (C, 3) and supplier (C,) of the customers, −1 for none."""
    s = simulation.state
    supplier = np.where(s.active != 0, s.supplier.astype(int), -1)
    trust = s.dyad[state.TRUST][np.maximum(supplier, 0), np.arange(supplier.size)].astype(float)
    palette = np.array([to_rgb(look.colour) for look in looks(list(kinds))])
    own = 1 - (0.25 + 0.75 * np.clip(trust, 0, 1))[:, None] * (1 - palette[np.maximum(supplier, 0)])
    return np.where((supplier >= 0)[:, None], own, 1.0), supplier


def _alike(supplier: np.ndarray, ties: np.ndarray) -> float:
    """Share of ties whose ends have the same supplier, of those whose ends both have one."""
    one, other = supplier[ties[:, 0]], supplier[ties[:, 1]]
    both = (one >= 0) & (other >= 0)
    return float((one == other)[both].mean()) if both.any() else float("nan")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if np.isfinite(share) else "an unknown share"


@styled
def customer_firm_graph(results: Results, ax: Axes | None = None) -> Axes:
    """Customers between the firms they buy from: the nearer to a firm, the larger its share of their purchases.

    Raises ResultsError without dyads.
    """
    dyads = need_dyads(results)
    ax, own = axes(ax, len(results.firms))
    if own:
        ax.set_position((0.02, 0.15, 0.96, 0.77))
    bought = dyads["purchases"].astype(float)
    buyers = np.flatnonzero(bought.sum(axis=0) > 0)[:BUYERS]
    place, look = _round_table(bought), looks(results.strategies)
    share = bought[:, buyers] / bought[:, buyers].sum(axis=0)
    main, total = share.argmax(axis=0), bought.sum(axis=1)
    at = _apart(share.T @ place)
    near = [(i, j) for i in range(len(buyers)) for j in np.flatnonzero(share[:, i] >= TIE)]
    lines, tints = [[at[i], place[j]] for i, j in near], [look[j].colour for _, j in near]
    ax.add_collection(LineCollection(lines, colors=tints, linewidths=0.5, alpha=0.18, zorder=1))
    dots, named = min(40.0, 20_000 / max(len(buyers), 1)), _named(total)
    for marker, group in _groups(main, named)[:-1]:
        tint = [look[j].colour for j in main[group]]
        ax.scatter(*at[group].T, c=tint, s=dots, marker=marker, edgecolors="white", linewidths=0.3, zorder=2)
    size = 60 + 700 * total / max(total.max(), 1.0)
    for j, one in enumerate(look):
        marker = named.get(j, "o")
        ax.scatter(*place[j], s=size[j], c=one.colour, marker=marker, edgecolors="white", linewidths=2, zorder=4)
    ax.set(aspect="equal", xlim=(-2.3, 2.3), ylim=(-1.3, 1.3))
    ax.set_axis_off()
    for j, (x, y) in enumerate(place):
        words = fitted(results.firms[j], 1.6 if len(place) <= 8 else 2.4, bold=True, lines=2 if len(place) <= 8 else 1)
        side = "left" if x > 0.05 else "right" if x < -0.05 else "center"
        behind = at[(np.abs(at[:, 1] - y) < 0.14) & ((at[:, 0] - x) * np.sign(x) > 0), 0]  # customers beyond the firm
        edge = max([abs(x), *np.abs(behind[np.abs(behind - x) < 0.5])]) * (np.sign(x) if side != "center" else 0.0)
        away = np.sqrt(size[j]) / 2 + 6  # points
        ax.annotate(
            words, (edge, y), (away * np.sign(edge), away * (np.sign(y) if side == "center" else 0.5 * y)),
            textcoords="offset points", ha=side, va="center" if side != "center" else "bottom" if y > 0 else "top",
            color=look[j].ink, fontweight="bold", linespacing=1.0, fontsize=TEXT - 1 if len(place) <= 8 else TEXT - 2,
            annotation_clip=False, zorder=5,
        )  # fmt: skip
    ax.set_title("Who buys where", x=margin(ax) if own else 0.0)
    loyal = ""
    if buyers.size:
        loyal = f" {100 * (share.max(axis=0) >= 0.8).mean():.0f} % buy four fifths or more from one firm."
    else:
        note(ax, "Nobody has bought anything.")
    some = "" if (bought.sum(axis=0) > 0).sum() == len(buyers) else f" Shown: {len(buyers):,} of them."
    how = (
        "A mark is a customer, drawn to each firm by that firm's share of its purchases, in shape and colour of the "
        f"largest.{loyal}{some}"
    )
    return finish(ax, own, run_caption(results, how))


def _round_table(bought: np.ndarray) -> np.ndarray:
    """(F, 2) places of the firms on an ellipse; firms that share customers sit side by side."""
    firms = len(bought)
    both = np.array([np.minimum(own, bought).sum(axis=1) for own in bought])  # purchases of customers they share
    order, left = [int(bought.sum(axis=1).argmax())], set(range(firms))
    left -= set(order)
    while left:
        nearest = max(left, key=lambda j: (both[order[-1], j], -j))
        order.append(nearest)
        left.remove(nearest)
    angle = np.pi - 2 * np.pi * np.arange(firms) / firms
    place = np.zeros((firms, 2))
    place[order] = np.stack([1.5 * np.cos(angle), np.sin(angle)], axis=1)
    return place


def _apart(at: np.ndarray) -> np.ndarray:
    """Points (n, 2) pushed apart a little, so that those at one place can be counted; no chance in it."""
    if len(at) < 2:
        return at
    from scipy.spatial import cKDTree

    k = np.arange(len(at))
    turn, radius = k * np.pi * (3.0 - np.sqrt(5.0)), 0.03 * np.sqrt((k + 0.5) / len(at))
    at = at + np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)  # a sunflower: no two at one place
    reach = min(0.085, 1.9 / np.sqrt(len(at)))
    for _ in range(60):
        pairs = cKDTree(at).query_pairs(reach, output_type="ndarray")
        if not len(pairs):
            break
        gap = at[pairs[:, 0]] - at[pairs[:, 1]]
        far = np.hypot(*gap.T)[:, None]
        push = 0.4 * (reach - far) * gap / np.maximum(far, 1e-9)
        move = np.zeros_like(at)
        np.add.at(move, pairs[:, 0], push)
        np.add.at(move, pairs[:, 1], -push)
        at = at + np.clip(move, -reach, reach)
    return at
