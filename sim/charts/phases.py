"""Phases of relationships over time: how many customers a firm is getting to know, is close to, has lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.analysis.phases import PHASES, phase_path
from sim.analysis.purchases import firm_number
from sim.charts.words import focus_of, left_out, round_name, run_caption
from sim.figure import (
    QUIET,
    TEXT,
    axes,
    finish,
    fitted,
    inches,
    key,
    name_lines,
    note,
    places,
    round_axis,
    slide,
    styled,
    within,
)
from sim.palette import Tint, hexadecimal, in_gamut, tint
from sim.results import Results

# from the bottom up: what a firm wants most; dissolution is hatched, so that it differs in grey as well
DRAWN = ("commitment", "expansion", "exploration", "dissolution")
LIGHTNESS = {"commitment": 0.42, "expansion": 0.62, "exploration": 0.82, "dissolution": 0.93}
PANELS = 24  # firms on a slide
HOW = "Phases are read off purchases (Dwyer, Schurr & Oh 1987; thresholds in docs/measures.md)."


@styled
def relationship_phases(results: Results, firm: str | None = None, ax: Axes | None = None) -> Axes:
    """Share of all customers in each phase of their relationship with one firm (default the focus firm), stacked.

    White: those who have not begun one. Raises ResultsError without a log.
    """
    ax, own = axes(ax, left=0.12, width=0.63)
    j = firm_number(results, firm or focus_of(results))
    shares = phase_shares(results)[:, j]
    name_lines(ax, _stack(ax, results, shares, results.strategies[j]))
    title = f"Customers by phase of their relationship with {results.firms[j]}"
    ax.set_title(fitted(title, inches(ax)[0] + 2.0, 15, bold=True))
    ax.set_ylabel("share of all customers")
    return finish(ax, own, run_caption(results, f"White: no relationship yet. {HOW}"))


@styled
def phases_picture(results: Results) -> Figure:
    """The same for every firm of a market on one slide. Raises ResultsError without a log."""
    shares = phase_shares(results)
    committed = shares[-1, :, PHASES.index("commitment")]
    best = results.firms[int(committed.argmax())]
    headline = f"{100 * committed.max():.0f} % of all customers are in commitment to {best} at the end"
    headline += ", more than to any other firm" if len(results.firms) > 1 else ""
    if not committed.any():
        headline = "No customer is committed to a firm at the end"
    left = max(0, len(results.firms) - PANELS)
    how = f"The darker, the closer. {HOW}{left_out(left, 'firms')}"
    figure, top, bottom = slide(headline, results.title, run_caption(results, how))
    order, _ = within([int(j) for j in np.argsort(-committed, kind="stable")], PANELS)
    many = len(order) > 6
    boxes = places(len(order), top - 0.045, bottom + 0.01, gap=(0.025, 0.065 if many else 0.11), left=0.072)
    for position, (j, box) in enumerate(zip(order, boxes, strict=True)):
        ax = figure.add_axes(box)
        _stack(ax, results, shares[:, j], results.strategies[j])
        small = TEXT - 3 if many else TEXT
        ax.set_title(fitted(results.firms[j], inches(ax)[0], small, bold=True), fontsize=small, pad=5)
        ax.set_ylim(0, min(1.0, max(0.1, 1.05 * shares[..., 1:].sum(axis=2).max())))
        ax.yaxis.set_major_locator(MaxNLocator(3 if many else 5, steps=[1, 2, 2.5, 5, 10]))
        ax.tick_params(
            labelsize=small - 1, labelleft=box[0] == boxes[0][0], labelbottom=position + _columns(boxes) >= len(order)
        )
        ax.set_xlabel(round_name(results.scenario) if position == len(order) - 1 else "", fontsize=small)
        if position == 0:
            # of no firm's colour, since it is the lightness that tells phases apart
            entries = [(phase, shade("", phase), "////" if phase == "dissolution" else "") for phase in DRAWN]
            key(ax, [*entries, ("no relationship yet", "white", "")], above=0.42)
    words = figure.text(
        0.012, (top + bottom) / 2, "share of all customers", rotation=90, va="center", fontsize=TEXT - 1
    )
    words.set_color(QUIET)
    return figure


def _columns(boxes: Sequence[tuple[float, ...]]) -> int:
    """Small charts in a row."""
    return sum(box[1] == boxes[0][1] for box in boxes)


def phase_shares(results: Results) -> np.ndarray:
    """(rounds, F, 5) share of all customers in each of `PHASES`. Raises ResultsError without a log."""
    counts = phase_path(results)[: results.rounds].astype(float)
    return counts / np.maximum(counts.sum(axis=2, keepdims=True), 1.0)


def shade(kind: str, phase: str) -> str:
    """The firm's colour, the darker the closer; without a kind, grey."""
    own = tint(kind)
    return hexadecimal(
        in_gamut(Tint(LIGHTNESS[phase], own.chroma * (1.0 if LIGHTNESS[phase] < 0.9 else 0.25), own.hue))
    )


def _stack(ax: Axes, results: Results, shares: np.ndarray, kind: str) -> list[tuple[float, str, str]]:
    """Draw the stack; where each phase ends, its name and colour."""
    rounds, floor, ends = np.arange(1, results.rounds + 1), np.zeros(len(shares)), []
    for phase in DRAWN:
        top = floor + shares[:, PHASES.index(phase)]
        hatch = {"hatch": "////", "edgecolor": "#9aa0a6"} if phase == "dissolution" else {"edgecolor": "white"}
        ax.fill_between(rounds, floor, top, facecolor=shade(kind, phase), linewidth=0, zorder=2, **hatch)
        ax.plot(rounds, top, color="white", linewidth=1, zorder=3)
        if shares[-1, PHASES.index(phase)] >= 0.01:
            ink = shade(kind, "commitment") if phase in ("commitment", "expansion") else QUIET
            ends.append(((floor[-1] + top[-1]) / 2, f"{phase} {100 * (top - floor)[-1]:.0f}\u00a0%", ink))
        floor = top
    round_axis(ax, results.rounds, round_name(results.scenario))
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    if not floor.any():
        note(ax, "Nobody has bought from this firm.")
    return ends
