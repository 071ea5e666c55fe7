"""The strip chart of a life: choices and phases, reasons, trust, shared context, surplus; one column per life.

The lanes of the first row are the options; the area of a dot is the probability of the option, a full dot the choice.
In the second row each need is a pile of reasons: what speaks for the firm in question goes up, the rest goes down.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.figure import FAINT, INK, QUIET, Picture, inches, shortened, slide, styled
from sim.palette import Look, looks
from sim.stories.chapter import Record
from sim.stories.words import headline, tone, within

NOTHING = "#8a8f94"
BAD = "#b00020"
HEARD = {"well": ("^", "#2e7d32"), "evenly": ("o", "#8a8f94"), "badly": ("v", BAD)}
# Muted, so that they are not taken for firms. Terms that belong together share a colour.
REASONS = {
    "value": ("#4f8a8b", ("expected value", "taste", "doing without")),
    "price": ("#e0b03f", ("price",)),
    "convenience": ("#9d8ec7", ("effort", "distance")),
    "trust": ("#d77fa1", ("trust",)),
    "contacts": ("#b5b5b5", ("contacts", "annoyance")),
    "habit, exit fee": ("#6d5a4c", ("habit", "exit fee")),
}
SHADE = {"exploration": 0.10, "expansion": 0.22, "commitment": 0.38, "dissolution": 0.05}
ROWS = (("", 2.3), ("reasons\nutils", 1.5), ("trust", 0.95), ("shared\ncontext", 0.95), ("surplus\neuro", 0.95))
BETWEEN = 0.024  # rows, fraction of the figure
SMALL_TEXT = 11
LANE = 0.46  # half the height of a lane


@styled
def strip(life: Record, rounds: tuple[int, int] | None = None) -> Picture:
    """A life on a slide."""
    span = within(life, rounds)
    return _slide([life], span, headline(life), _about(life), [""], None)


def _bought(life: Record, firm: int) -> str:
    """`3 of 20 times`."""
    had = [chapter.encounter.firm for chapter in life.purchases]
    return f"{had.count(firm)} of {len(had)} times"


def _about(life: Record) -> str:
    told = f"{life.scenario.title}: {life.alternative}" if life.alternative else life.scenario.title
    t = life.traits
    return (
        f"{told}, seed {life.seed}. A need in {min(t['purchase_rate'], 1.0):.0%} of the rounds, price sensitivity "
        f"{t['price_sensitivity']:.2f}, relational orientation {t['relational_orientation']:.2f}."
    )


def _slide(
    lives: Sequence[Record], span: tuple[int, int], title: str, below: str, names: Sequence[str], mark: int | None
) -> Picture:
    """Columns of strips on one slide; mark: a round to be marked in all of them."""
    caption = (
        "Circles: options, area = probability, full = chosen, red ring = failed delivery. Small signs: heard, good "
        "(up), bad (down) or even. Ticks: contacts. Shade: phase (Dwyer, Schurr & Oh 1987). Reasons: against the "
        "best other firm."
    )
    figure, top, bottom = slide(title, below, caption)
    top, bottom = top + 0.05, bottom - 0.025  # strips have no titles of their own
    left, right, gap = 0.118, 0.885, 0.065
    firm, look = main_firm(lives), _looks(lives)
    wide = (right - left - gap * (len(lives) - 1)) / len(lives)
    total = sum(size for _, size in ROWS)
    room = top - bottom - BETWEEN * (len(ROWS) - 1) - 0.045 * (len(lives) > 1)
    grid: list[list[Axes]] = []
    for column, (life, name) in enumerate(zip(lives, names, strict=True)):
        y, column_axes = top - 0.045 * (len(lives) > 1), []
        for k, (what, size) in enumerate(ROWS):
            tall = room * size / total
            ax = figure.add_axes((left + column * (wide + gap), y - tall, wide, tall))
            y -= tall + BETWEEN
            ax.set_xlim(span[0] - 0.8, span[1] + 0.8)
            ax.tick_params(labelsize=SMALL_TEXT, labelbottom=k == len(ROWS) - 1, length=3)
            if column == 0:
                ax.text(
                    -0.075 * len(lives), 0.5, what,
                    transform=ax.transAxes, rotation=90, ha="center", va="center", color=QUIET, fontsize=12,
                )  # fmt: skip
            if mark is not None:
                if k == 0:
                    ax.text(mark, 1.01, " here they part", transform=ax.get_xaxis_transform(), fontsize=9, color=BAD)
                ax.axvline(mark, color=BAD, linewidth=1.6, linestyle=(0, (3, 2)), zorder=5)
            column_axes.append(ax)
        if name:
            column_axes[0].set_title(name, fontsize=14, pad=14)
        grid.append(column_axes)
        _draw(life, span, column_axes, firm, look[column], last=column == len(lives) - 1, first=column == 0)
        column_axes[-1].set_xlabel(life.scenario.market.round_length, labelpad=1, fontsize=12)
    for row in range(1, len(ROWS)):  # the same scale side by side
        low = min(axes[row].get_ylim()[0] for axes in grid)
        high = max(axes[row].get_ylim()[1] for axes in grid)
        room = 0.0 if row in (2, 3) else 0.08 * (high - low)
        for axes in grid:
            axes[row].set_ylim(low - room * (row == 1), high + room + 0.22 * (high - low) * (row == 1))
    for life, axes in zip(lives, grid, strict=True):
        _expected(axes[-1], life.chapters[span[1] - 1].after.aspiration)
    return figure


def _looks(lives: Sequence[Record]) -> list[list[Look]]:
    """How each life's firms look: in the colours of their strategies there, with the same dashes side by side."""
    every = [looks(life.strategies) for life in lives]
    return [[one._replace(dash=first.dash) for one, first in zip(own, every[0], strict=True)] for own in every]


def _draw(
    life: Record, span: tuple[int, int], axes: Sequence[Axes], firm: int, look: Sequence[Look], *, first: bool,
    last: bool,
) -> None:  # fmt: skip
    """One column; firm: the one that the reasons are about."""
    shown = life.chapters[span[0] - 1 : span[1]]
    lanes, reasons, trust, context, surplus = axes
    _lanes(lanes, life, shown, look, names=first)
    _reasons(reasons, life, shown, firm, legend=last)
    for ax in axes:
        ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, min_n_ticks=1))
    for ax in (reasons, surplus):
        ax.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], min_n_ticks=2))
    rounds = [chapter.round for chapter in shown]
    for ax, what in ((trust, "trust"), (context, "context")):
        ends = []
        for j, one in enumerate(look):
            path = [getattr(chapter.after, what)[j] for chapter in shown]
            ax.plot(rounds, path, color=one.colour, linestyle=one.dash, linewidth=2.4, zorder=3)
            ends.append((path[-1], one.ink))
        ax.set_ylim(0, 1)
        ax.set_yticks([0, 0.5, 1], ["0", "½", "1"])
        if len(ends) <= 4:
            _values(ax, ends)
    for chapter in shown:
        if (e := chapter.encounter) is not None:
            surplus.bar(chapter.round, e.surplus, 0.8, color=look[e.firm].colour, zorder=3)
    surplus.axhline(0, color=QUIET, linewidth=1)
    surplus.plot(rounds, [chapter.after.aspiration for chapter in shown], color=INK, linewidth=1.4, zorder=4)


def _expected(ax: Axes, aspiration: float) -> None:
    """Write beside the last of the surplus which surplus it had come to expect by then."""
    ax.annotate(
        f"expects\n{aspiration:.2f}".replace("-", "−"), (1, 0.5), (4, 0), xycoords="axes fraction",
        textcoords="offset points", va="center", fontsize=SMALL_TEXT, linespacing=1.0, annotation_clip=False,
    )  # fmt: skip


def _values(ax: Axes, ends: list[tuple[float, str]]) -> None:
    """Write where each line ends beside it; numbers that would collide are moved apart."""
    low, high = ax.get_ylim()
    row, at = 1.15 * SMALL_TEXT / 72 / inches(ax)[1] * (high - low), float("-inf")
    for value, ink in sorted(ends):
        at = max(value, at + row)
        ax.annotate(
            f"{value:.2f}", (1, at), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            fontsize=SMALL_TEXT, color=ink, va="center", annotation_clip=False,
        )  # fmt: skip


def main_firm(lives: Sequence[Record]) -> int:
    """The firm that the reasons are about: where it bought most in all these lives, else the firm in focus."""
    life, had = lives[0], [chapter.encounter.firm for life in lives for chapter in life.purchases]
    if had:
        return max(range(len(life.firms)), key=had.count)
    focus = life.scenario.focus
    return life.firms.index(focus) if focus in life.firms else 0


def _lanes(ax: Axes, life: Record, shown: Sequence, look: Sequence[Look], *, names: bool) -> None:
    """One lane per option: dots, phases, hearsay, contacts."""
    firms = len(life.firms)
    place = {**{j: firms - j for j in range(firms)}, None: 0}
    per_round = ax.get_window_extent().width / (shown[-1].round - shown[0].round + 1.6) * 72 / ax.figure.dpi
    largest = min(130.0, max(20.0, (1.4 * per_round) ** 2))
    for j in range(firms):
        _phases(ax, j, place[j], shown, look[j])
    for chapter in shown:
        for j in chapter.contacts.nonzero()[0]:
            ax.plot(chapter.round, place[int(j)] - LANE + 0.06, "|", color=look[j].ink, markersize=5, zorder=4)
        if chapter.heard:
            sign, ink = HEARD[tone(chapter.heard.evidence)]
            ax.plot(
                chapter.round, place[chapter.heard.firm] - LANE + 0.12, sign, color=ink, markersize=5,
                markeredgewidth=0, zorder=5,
            )  # fmt: skip
        if chapter.choice is None:
            continue
        for option in chapter.choice.options:
            ink = NOTHING if option.firm is None else look[option.firm].colour
            full = option.firm == chapter.choice.chosen
            area = max(largest * option.probability, 6.0 if full else 1.5)
            ax.scatter(
                chapter.round, place[option.firm] - 0.06, area, color=ink if full else "white", edgecolors=ink,
                linewidths=1.2, zorder=4 if full else 3,
            )  # fmt: skip
        if chapter.encounter and chapter.encounter.failed:
            at = chapter.round, place[chapter.encounter.firm] - 0.06
            ax.scatter(*at, largest * 1.5, color="none", edgecolors=BAD, linewidths=1.8, zorder=5)
    ax.set_ylim(-0.55, firms + 0.55)
    ax.set_yticks(list(place.values()), [shortened(life.firms[j], 12) for j in range(firms)] + ["nothing"])
    for label, ink in zip(ax.get_yticklabels(), [*(one.ink for one in look), NOTHING], strict=True):
        label.set(color=ink, fontweight="bold", fontsize=SMALL_TEXT)
    if not names:
        ax.set_yticklabels([])
    ax.grid(False)
    ax.tick_params(axis="y", length=0)
    ax.spines[["left"]].set_visible(False)


def _phases(ax: Axes, j: int, y: float, shown: Sequence, look: Look) -> None:
    """Shade each lane by the phase of the relationship and name long stretches."""
    start = 0
    for k in range(1, len(shown) + 1):
        phase = shown[start].phases[j]
        if k < len(shown) and shown[k].phases[j] == phase:
            continue
        if phase in SHADE:
            first, end = shown[start].round - 0.5, shown[k - 1].round + 0.5
            ax.fill_between([first, end], y - LANE, y + LANE, color=look.colour, alpha=SHADE[phase], linewidth=0)
            if (end - first) / len(shown) > 0.0125 * len(phase) * (1500 / ax.get_window_extent().width):
                ax.text(first + 0.2, y + LANE - 0.02, phase, fontsize=8.5, color=look.ink, va="top", zorder=2)
        start = k


def _reasons(ax: Axes, life: Record, shown: Sequence, firm: int, *, legend: bool) -> None:
    """For every need, what spoke for and against a firm, compared with the best other one (or doing without)."""
    per_round = 72 * ax.get_window_extent().width / ax.figure.dpi / len(shown)  # points
    size = min(3.6, max(1.2, 0.5 * per_round))
    for chapter in shown:
        choice = chapter.choice
        if choice is None or choice.option(firm) is None or choice.rival(firm) is None:
            continue
        others = [option for option in choice.options if option.firm not in (firm, None)]
        rival = max(others, key=lambda option: option.utility) if others else choice.rival(firm)
        reasons = choice.reasons(firm, rival.firm)
        up = down = 0.0
        for colour, terms in REASONS.values():
            gain = sum(reasons.get(term, 0.0) for term in terms)
            ax.bar(chapter.round, gain, 0.8, bottom=up if gain > 0 else down, color=colour, zorder=3)
            up, down = up + max(gain, 0.0), down + min(gain, 0.0)
        net = sum(reasons.values())
        ax.plot(chapter.round, net, "D", color="white", markeredgecolor=INK, markersize=size, zorder=5)
    ax.axhline(0, color=QUIET, linewidth=1)
    ax.text(
        0.004, 0.97, f"for {life.firms[firm]} ↑   against ↓", transform=ax.transAxes, va="top", fontsize=SMALL_TEXT,
        color=INK, bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.5}, zorder=6,
    )  # fmt: skip
    if legend:
        patches = [Patch(color=colour, label=name) for name, (colour, _) in REASONS.items()]
        patches.append(Line2D([], [], marker="D", color="w", markeredgecolor=INK, markersize=4, label="difference"))
        ax.legend(
            handles=patches, loc="center left", bbox_to_anchor=(1.004, 0.5), fontsize=10, frameon=False,
            handlelength=1.0, labelspacing=0.25, borderaxespad=0.2,
        )  # fmt: skip
    ax.grid(color=FAINT)


@styled
def side_by_side(
    fact: Record, other: Record, names: tuple[str, str], rounds: tuple[int, int] | None, parted: int | None, words: str
) -> Picture:
    """Two lives of one customer on a slide; `parted`: the round of the first difference, `words`: what it was."""
    firm = main_firm([fact, other])
    one, two = (_bought(life, firm) for life in (fact, other))
    twice = f"{one}, in the other world {two}" if one != two else f"{one} in both worlds"
    title = f"Customer {fact.customer} buys from {fact.firms[firm]} {twice}"
    return _slide([fact, other], within(fact, rounds), title, words or _about(fact), names, parted)
