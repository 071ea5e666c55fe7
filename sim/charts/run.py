"""Charts of a single run: profit, share, trust and context of every firm."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sim.analysis import metrics
from sim.charts.words import claim, focus_of, round_name, run_caption
from sim.figure import FADED, QUIET, axes, featured, finish, line, money, name_lines, note, round_axis, slide, styled
from sim.palette import looks
from sim.results import Results


class Panel(NamedTuple):
    """A path of every firm as `firm_paths` draws it: the function gives (rounds, F)."""

    path: Callable[[Results], np.ndarray]
    title: str
    unit: str


PANELS = {
    "profit": Panel(metrics.profit_path, "Cumulative discounted profit", "euro"),
    "share": Panel(metrics.share_path, "Share of purchases", "share"),
    "trust": Panel(lambda results: metrics.buyers_mean_path(results, "trust"), "Trust of buyers (0 to 1)", "0 to 1"),
    "context": Panel(lambda results: metrics.buyers_mean_path(results, "context"), "Shared context (0 to 1)", "0 to 1"),
}


@styled
def firm_paths(results: Results, panel: str, ax: Axes | None = None) -> Axes:
    """One panel of a run (see `PANELS`): every firm over the rounds; noisy series thin, their moving mean thick."""
    ax, own = axes(ax)
    path, title, unit = PANELS[panel]
    values = path(results)
    if unit == "euro":
        scale, name = money(values)
        values, title = values / scale, f"{title} ({name})"
        ax.axhline(0, color=QUIET, linewidth=1, zorder=0.5)
    elif unit == "share":
        ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    thick, ends = values if unit == "euro" else moving_mean(values), []
    last, shown = _last(thick), featured_firms(results, thick)
    for j, look in enumerate(looks(results.strategies)):
        if j not in shown:
            ax.plot(np.arange(1, results.rounds + 1), thick[:, j], color=FADED, linewidth=1, zorder=1)
            continue
        if thick is not values:
            ax.plot(np.arange(1, results.rounds + 1), values[:, j], color=look.colour, linewidth=1, alpha=0.35)
        line(ax, thick[:, j], look)
        if np.isfinite(last[j]):  # a firm nobody bought from has no trust to show
            ends.append((last[j], results.firms[j], look.ink))
    if not np.isfinite(values).any():
        note(ax, "Nobody has bought anything: there is nothing to show.")
        ax.set(ylim=(0, 1), yticks=[])
        unit = ""
    elif unit != "euro":
        ax.set_ylim(0, 1.05 * np.nanmax(values, initial=0.1))
    elif not values.any():
        ax.set_ylim(0, 1)
    ticks = ax.yaxis.get_major_locator()
    round_axis(ax, results.rounds, round_name(results.scenario))
    if not unit:
        ax.yaxis.set_major_locator(ticks)  # none
    ax.set_title(title)
    name_lines(ax, ends)
    return finish(ax, own, run_caption(results, marks(results)))


def featured_firms(results: Results, values: np.ndarray) -> list[int]:
    """Numbers of the firms whose paths (rounds, F) are shown in colour: by where they end, and the focus firm."""
    return featured(_last(values), [results.firms.index(focus_of(results))])


def _last(values: np.ndarray) -> np.ndarray:
    """(F,) the last number that is known of each path."""
    return np.array([column[np.isfinite(column)][-1] if np.isfinite(column).any() else np.nan for column in values.T])


@styled
def run_dashboard(results: Results) -> Figure:
    """One run at a glance: profit, share, trust and context of every firm, fit for a slide."""
    figure, top, bottom = slide(results.title, claim(results.scenario), run_caption(results, marks(results)))
    height = (top - bottom - 0.11) / 2
    corners = [(0.06 + 0.49 * column, bottom + (1 - row) * (height + 0.11)) for row in (0, 1) for column in (0, 1)]
    every = [figure.add_axes((*corner, 0.295, height)) for corner in corners]  # before names look for room beside them
    for ax, panel in zip(every, PANELS, strict=True):
        firm_paths(results, panel, ax)
        if ax in every[:2]:
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
    return figure


# ----------------------------------------------------------------------------------------------------------- parts


def marks(results: Results, thin: bool = True) -> str:
    """What thick and grey lines are; thin: the rounds themselves are drawn as well."""
    window, parts = _window(results.rounds), []
    if window > 1:
        parts.append(f"{'Thick lines' if thin else 'Lines'}: moving mean of {window} {round_name(results.scenario)}s.")
    if len(results.firms) > 6:
        parts.append("Thin and grey: the other firms.")
    return " ".join(parts)


def _window(rounds: int) -> int:
    """Rounds over which a noisy series is averaged for the eye: an odd number, about a twentieth of the run."""
    return 2 * (rounds // 40) + 1


def moving_mean(values: np.ndarray) -> np.ndarray:
    """Centred moving mean of (rounds, F) over what is known in the window, which is cut at both ends."""
    window = np.ones(_window(len(values)))
    if window.size == 1:
        return values
    known = np.isfinite(values)
    total, number = (
        np.apply_along_axis(np.convolve, 0, part.astype(float), window, mode="same")
        for part in (np.where(known, values, 0.0), known)
    )
    return np.where(known, total / np.where(number > 0, number, np.nan), np.nan)
