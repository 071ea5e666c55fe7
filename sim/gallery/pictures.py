"""A picture of one finding: a forest over its cells, or, where two factors are varied, a map with the boundary."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sim.experiments.claims import Finding
from sim.experiments.verdict import CONTRADICTED, NEGLIGIBLE, SUPPORTED, UNDECIDED, Cell
from sim.figure import INK, QUIET, TEXT, balanced, beside, shortened, slide, styled

# blue and orange differ for every eye, grey is neither; the marks differ in print
COLOURS = {SUPPORTED: "#1f6fb4", CONTRADICTED: "#c2540a", NEGLIGIBLE: "#8a8f94", UNDECIDED: "#8a8f94"}
MARKS = {SUPPORTED: "o", CONTRADICTED: "X", NEGLIGIBLE: "s", UNDECIDED: "D"}
HOLLOW = UNDECIDED


@styled
def claim_picture(finding: Finding) -> Figure:
    """The finding on one slide: verdict, claim, and the effect in every cell."""
    figure, top, bottom = slide(headline(finding), f"Claim {finding.claim}: {finding.text}", caption(finding))
    if len(finding.axes) == 2 and len(finding.cells) > 4 and not finding.moderator:
        ax = figure.add_axes((0.2, bottom + 0.03, 0.62, top - bottom - 0.05))
        claim_map(finding, ax)
    else:
        ax = figure.add_axes((0.36, bottom + 0.03, 0.37, top - bottom - 0.03))
        claim_forest(finding, ax)
    return figure


def headline(finding: Finding) -> str:
    """The verdict in one sentence."""
    verdict = finding.verdict
    if verdict.kind == "depends":
        on = " and ".join(finding.axes[f].plain for f in verdict.factors)
        return f"{finding.short}: depends on {on}"
    return f"{finding.short}: {verdict.kind}" + (f" ({verdict.words})" if verdict.words else "")


def caption(finding: Finding) -> str:
    """What is shown, and how it came about."""
    first, last = finding.seeds
    expects = "more" if finding.sign > 0 else "less"
    measured = finding.measured[0].upper() + finding.measured[1:]
    return (
        f"{measured}; the claim expects {expects}{_exceptions(finding)}. "
        f"Means of {last - first + 1} paired runs (seeds {first}–{last}), 95 % t intervals. "
        f"Smallest effect of interest: {finding.smallest}. {finding.title} · "
        f"{_customers(finding)} · {finding.rounds} {finding.round_length}s."
    )


def _customers(finding: Finding) -> str:
    varied = any(axis.name == "customers" for axis in finding.axes)
    return "customers as shown" if varied else f"{finding.customers:,} customers"


def _exceptions(finding: Finding) -> str:
    """Where the claim expects the opposite."""
    for f, axis in enumerate(finding.axes):
        signs = {}
        for cell in finding.cells:
            signs.setdefault(cell.levels[f], set()).add(cell.sign)
        opposite = [at for at, found in signs.items() if found == {-finding.sign}]
        if opposite and all(len(found) == 1 for found in signs.values()):
            return f", but {'less' if finding.sign > 0 else 'more'} at {', '.join(axis.labels[at] for at in opposite)}"
    return ""


# ---------------------------------------------------------------------------------------------------------- forest


def claim_forest(finding: Finding, ax: Axes) -> Axes:
    """One row per cell: effect with its interval; the zone of effects too small to matter is grey."""
    low, high = _span(finding)
    ax.axvspan(-finding.smallest_effect, finding.smallest_effect, color="#eceef0", zorder=0)
    ax.axvline(0, color=QUIET, linewidth=1, zorder=1)
    rows, group, y = [], None, 0.0
    for cell in finding.cells:
        several = len(finding.axes) > 1
        if several and cell.levels[0] != group:
            y -= 0.35 if group is not None else 0.0
            group = cell.levels[0]
        colour = COLOURS[cell.verdict]
        if math.isfinite(cell.effect.mean):
            ax.plot([cell.effect.low, cell.effect.high], [y, y], color=colour, linewidth=3.5, zorder=2)
            face = "white" if cell.verdict == HOLLOW else colour
            ax.plot(cell.effect.mean, y, MARKS[cell.verdict], markersize=11, color=face, markeredgecolor=colour,
                    markeredgewidth=2.2, zorder=3)  # fmt: skip
        words = finding.figures(cell.effect) if math.isfinite(cell.effect.mean) else "not estimable"
        arrow = "" if len({c.sign for c in finding.cells}) == 1 else (" (more)" if cell.sign > 0 else " (less)")
        beside(ax, y, f"{words}   {cell.verdict}", colour if cell.verdict in (SUPPORTED, CONTRADICTED) else QUIET)
        rows.append((y, f"{_row(finding, cell)}{arrow}"))
        y -= 1
    ax.set(xlim=(low, high), ylim=(y + 0.3, 0.7))
    names = [shortened(label, 44) for _, label in rows]
    ax.set_yticks([at for at, _ in rows], names, fontsize=TEXT - 1, color=INK)
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    ax.spines[["left"]].set_visible(False)
    ax.xaxis.set_major_formatter(lambda value, _: _tick(finding, value))
    ax.locator_params(axis="x", nbins=5)
    if finding.axes:
        ax.set_title(", ".join(axis.name for axis in finding.axes), fontsize=TEXT - 1, x=-0.02, ha="right", color=QUIET)
    ax.set_xlabel(_effect_name(finding))
    return ax


def _row(finding: Finding, cell: Cell) -> str:
    labels = [axis.labels[level] for axis, level in zip(finding.axes, cell.levels, strict=True)]
    return ", ".join(labels) or "all customers"


def _span(finding: Finding) -> tuple[float, float]:
    ends = [end for cell in finding.cells for end in cell.effect[:3] if math.isfinite(end)]
    ends += [-1.6 * finding.smallest_effect, 1.6 * finding.smallest_effect]
    margin = 0.06 * (max(ends) - min(ends))
    return min(ends) - margin, max(ends) + margin


def _tick(finding: Finding, value: float) -> str:
    if finding.unit in ("percent", "share"):
        return f"{value if finding.unit == 'percent' else 100 * value:+g} {'%' if finding.unit == 'percent' else 'pp'}"
    if finding.unit.startswith("euro"):
        for factor, letter in ((1e6, "m"), (1e3, "k")):
            if abs(value) >= factor:
                return f"{'−' if value < 0 else '+'}€{abs(value) / factor:g}{letter}"
        return f"{'−' if value < 0 else '+'}€{abs(value):g}" if value else "0"
    return f"{value:+g}" if value else "0"


def _effect_name(finding: Finding) -> str:
    unit = f" in % of “{finding.contrast[-1]}”" if finding.unit == "percent" else ""
    per = f" ({finding.unit})" if " per " in finding.unit else ""
    words = f"{finding.measured}{unit}{per}"
    return "\n".join(balanced(words, 70))


# ------------------------------------------------------------------------------------------------------------- map


def claim_map(finding: Finding, ax: Axes) -> Axes:
    """The first factor upwards, the second to the right; colour is the verdict, its depth the size of the effect.

    A thick line runs between supported cells and the others.
    """
    down, right = finding.axes
    grid = {cell.levels: cell for cell in finding.cells}
    ys, xs = range(len(down.labels)), range(len(right.labels))
    reach = max(abs(cell.effect.mean) for cell in finding.cells if math.isfinite(cell.effect.mean))
    for (y, x), cell in grid.items():
        depth = min(1.0, abs(cell.effect.mean) / reach) if math.isfinite(cell.effect.mean) and reach > 0 else 0.0
        pale = 0.16 + 0.34 * math.sqrt(depth)
        colour = tuple(1 - pale * (1 - part) for part in to_rgb(COLOURS[cell.verdict]))
        ax.add_patch(_square(x, y, colour))
        _write(finding, ax, x, y, cell)
    for (y, x), cell in grid.items():
        yes = cell.verdict == SUPPORTED
        edge = {"color": INK, "linewidth": 4, "zorder": 4, "solid_capstyle": "projecting"}
        if (y, x + 1) in grid and (grid[y, x + 1].verdict == SUPPORTED) != yes:
            ax.plot([x + 0.5] * 2, [y - 0.5, y + 0.5], **edge)
        if (y + 1, x) in grid and (grid[y + 1, x].verdict == SUPPORTED) != yes:
            ax.plot([x - 0.5, x + 0.5], [y + 0.5] * 2, **edge)
    ax.set(xlim=(-0.5, len(xs) - 0.5), ylim=(-0.5, len(ys) - 0.5))
    room = max(8, 60 // len(xs))
    ax.set_xticks(list(xs), [shortened(label, room) for label in right.labels], fontsize=TEXT, color=INK)
    ax.set_yticks(list(ys), [shortened(label, 18) for label in down.labels], fontsize=TEXT, color=INK)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_xlabel(right.name, fontsize=TEXT, color=INK)
    ax.figure.text(0.018, ax.get_position().y1 + 0.02, f"↑ {down.name}", fontsize=TEXT, color=INK)
    _legend(finding, ax)
    return ax


def _square(x: int, y: int, colour: tuple[float, ...]):
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=2, zorder=1)


def _write(finding: Finding, ax: Axes, x: int, y: int, cell: Cell) -> None:
    words = finding.figures(cell.effect) if math.isfinite(cell.effect.mean) else "not estimable"
    style = {"ha": "center", "va": "center", "zorder": 5, "linespacing": 1.1}
    ax.text(
        x, y, words.replace(" ± ", "\n± "), fontsize=TEXT if len(finding.axes[1].labels) <= 4 else TEXT - 2, **style
    )
    mark = MARKS[cell.verdict]
    colour = COLOURS[cell.verdict]
    face = "white" if cell.verdict == HOLLOW else colour
    ax.plot(x - 0.4, y + 0.36, mark, markersize=8, color=face, markeredgecolor=colour, markeredgewidth=1.8, zorder=5)


def _legend(finding: Finding, ax: Axes) -> None:
    """The verdicts that occur, beside the map."""
    for row, kind in enumerate(kind for kind in COLOURS if any(cell.verdict == kind for cell in finding.cells)):
        at = 0.97 - 0.08 * row
        face = "white" if kind == HOLLOW else COLOURS[kind]
        ax.plot(1.035, at, MARKS[kind], markersize=10, color=face, markeredgecolor=COLOURS[kind], markeredgewidth=2,
                transform=ax.transAxes, clip_on=False)  # fmt: skip
        ax.text(1.055, at, kind, transform=ax.transAxes, va="center", color=COLOURS[kind], fontsize=TEXT)
