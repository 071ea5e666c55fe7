"""Pictures and words of `sim.replications.laws`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.figure import INK, QUIET, name_lines, slide, styled
from sim.replications.laws import Observed
from sim.replications.picture import SECOND, SIMULATED, THIRD, direct_label, simulated, theory

COLOURS = ("#6b6f75", SIMULATED, THIRD, SECOND)  # in the order of the alternatives of laws.toml
SHAPES = ("o", "s", "D", "^")
CAPTION = (
    "Simulated households, all with the same rates and tastes; bars: 95 % intervals. Lines: the NBD-Dirichlet fitted "
    "to each market (Goodhardt, Ehrenberg & Chatfield 1984)."
)


@styled
def double_jeopardy(markets: Sequence[Observed]) -> Figure:
    """Purchases per buyer against penetration in the last quarter."""
    figure, ax = _slide(
        "Double jeopardy survives learning, weaker where all firms learn; a firm that learns alone escapes it",
        "Purchases per buyer against the number of buyers, brand by brand",
        CAPTION,
    )
    for market, colour, shape in zip(markets, COLOURS, SHAPES, strict=True):
        shares = np.linspace(0.01, 0.27, 40)
        category = market.model.category()
        b = np.array([market.model.reach(s, category) for s in shares])
        theory(ax, 100 * b, market.model.mean * shares / b, color=colour, linewidth=1.5)
        simulated(ax, 100 * market.penetration, market.per_buyer, 1.96 * market.per_buyer_error, market.name,
                  color=colour, fmt=shape)  # fmt: skip
    alone = markets[-1]
    best = int(np.argmax(alone.per_buyer))
    top = alone.per_buyer[best] + 1.96 * alone.per_buyer_error[best]
    direct_label(ax, 100 * alone.penetration[best], top, "the one firm that learns", color=SECOND, ha="center",
                 fontsize=14)  # fmt: skip
    ax.set_ylim(None, 1.06 * top)
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 0.9))
    ax.set_xlabel("households that buy the brand in a quarter (%)")
    ax.set_title("Purchases per buyer in a quarter")
    return figure


@styled
def retention(markets: Sequence[Observed]) -> Figure:
    """Share of repeated purchases over time."""
    figure, ax = _slide(
        "Here rising retention is loyalty that grew: the same households, and nobody left",
        "With tastes alone it stays flat. Figures: how much more often the same households stay late than early",
        "Purchases from the same firm as the time before. The rise of R4, by contrast, comes from the departure of the "
        "disloyal: there the same measure is exactly 0.",
    )
    ends = []
    for market, colour in zip(markets, COLOURS, strict=True):
        quarters = np.arange(1, market.repeats.size + 1)
        ax.plot(quarters, 100 * market.repeats, color=colour)
        name = f"{market.name} {100 * market.growth:+.1f} ± {196 * market.growth_error:.1f}".replace("-", "−")
        ends.append((100 * market.repeats[-1], name, colour))
    ax.set_ylim(45, 100)
    name_lines(ax, ends)
    ax.set_xlabel("quarter")
    ax.set_title("Repeated purchases (% of all)")
    return figure


@styled
def duplication(markets: Sequence[Observed]) -> Figure:
    """Duplication coefficients, and frequencies of category purchases."""
    figure, top, bottom = slide(
        "Learning parts the brands' buyers, but hardly changes how often people buy",
        "Left: duplication of purchase. Right: how often households buy the category, against the NBD",
        CAPTION,
    )
    height = top - bottom - 0.09
    left = figure.add_axes((0.17, bottom + 0.07, 0.28, height))
    for row, (market, colour) in enumerate(zip(markets, COLOURS, strict=True)):
        low, high = market.duplication_range
        left.plot([low, high], [-row, -row], color=colour, linewidth=8, alpha=0.25, solid_capstyle="butt")
        left.errorbar(
            market.duplication, -row, xerr=1.96 * market.duplication_error, fmt="o", color=colour, markersize=9
        )
    left.set_yticks([-row for row in range(len(markets))], [market.name for market in markets])
    left.axvline(1, color=QUIET, linewidth=1)
    left.set_xlim(0, None)
    left.set_title("Duplication coefficient D")
    left.set_xlabel("below 1: buyers of one brand avoid the others\npale: range over pairs of brands")
    _frequencies(figure.add_axes((0.56, bottom + 0.07, 0.41, height)), markets)
    return figure


def _frequencies(ax: Axes, markets: Sequence[Observed]) -> None:
    for shown, (market, colour) in enumerate(zip(markets, COLOURS, strict=True)):
        share = 100 * market.frequencies / market.frequencies.sum()
        x = np.arange(share.size) + 0.2 * (shown - 1.5)
        expected = market.model.category()[: share.size]
        expected[-1] = 1 - expected[:-1].sum()
        ax.bar(x, share, 0.19, color=colour, alpha=0.75)
        ax.plot(x, 100 * expected, linestyle="none", marker="_", color=INK, markersize=7, markeredgewidth=1.6)
    ax.set_xticks(range(0, 13, 2), [*map(str, range(0, 12, 2)), "12+"])
    ax.set_xlabel("category purchases in a quarter; dashes: fitted NBD")
    ax.set_title("Households (%)")


def _slide(headline: str, below: str, caption: str) -> tuple[Figure, Axes]:
    figure, top, bottom = slide(headline, below, caption)
    return figure, figure.add_axes((0.07, bottom + 0.03, 0.72, top - bottom - 0.05))


PICTURES = {"double_jeopardy": double_jeopardy, "duplication": duplication, "retention": retention}


def section(markets: Sequence[Observed], pictures: str) -> str:
    """The section of docs/replications.md: a table, what it says, the pictures."""
    head = (
        "| market | S of the fitted Dirichlet | duplication D | w of largest / smallest brand | off the line by "
        "| households off the NBD | repeats, first → last quarter | growth of loyalty, same households |"
    )
    lines = [head, "|---" * 8 + "|"]
    for m in markets:
        line = m.model.laws()[len(m.penetration) : -1]
        gap = m.per_buyer - line
        worst = int(np.abs(gap / m.per_buyer_error).argmax())
        large, small = int(np.argmax(m.penetration[:-1])), int(np.argmin(m.penetration[:-1]))
        lines.append(
            f"| {m.name} | {m.model.similarity:.2f} | {m.duplication:.2f} ± {1.96 * m.duplication_error:.2f} "
            f"| {m.per_buyer[large]:.2f} / {m.per_buyer[small]:.2f} "
            f"| {gap[worst]:+.2f} ± {1.96 * m.per_buyer_error[worst]:.2f} (brand {worst + 1}) "
            f"| {100 * m.nbd_gap:.1f} % | {100 * m.repeats[0]:.0f} % → {100 * m.repeats[-1]:.0f} % "
            f"| {100 * m.growth:+.1f} ± {196 * m.growth_error:.1f} points |"
        )
    images = [f"![{name.replace('_', ' ')}]({pictures}/laws_{name}.png)" for name in PICTURES]
    return "\n\n".join([WORDS, "\n".join(lines), READING, *images])


WORDS = """## <a id="laws"></a>With the relationship terms on

What becomes of the empirical laws once relationships matter? Four markets (`sim/replications/laws.toml`) with the same
households, rates of buying and tastes as R3 and the same price everywhere, over four years: *tastes alone* (all
relationship terms off, R3 in weeks); *customers learn* (all terms at their defaults, but firms remember nobody);
*firms learn too* (every firm remembers, listens and tailors); *one firm learns* (the third brand, of 10 % share,
alone). All is counted from the transactions of the last quarter; "off the line" is the brand whose purchases per
buyer differ most clearly from the NBD-Dirichlet fitted to its market, without the firm that learns alone."""

READING = """- **Double jeopardy** survives in all markets of equals. From the largest to the smallest brand purchases
  per buyer fall by 13 % with tastes alone, by 12 % where customers learn and by 6 % where firms learn too: households
  settle with one supplier, and brands come to differ in the number of their buyers rather than in how often these buy.
  With learning, small brands lie a little below the fitted line and large ones above. A firm that learns alone stands
  far above the line of the others: more buyers *and* more purchases from each. In this model that is what an exception
  to double jeopardy looks like.
- **Duplication of purchase** falls with learning, to a third where all firms learn. "In proportion to size" then holds
  only roughly: pairs of brands differ more in D (the pale bars), most where one firm alone has tied its buyers.
- **NBD frequencies** of the category survive in all four markets, with less than one household in a hundred in another
  class than the NBD has it; relationships decide from whom people buy much more than how often.
- **Retention** rises where anybody learns, and the same households do stay more often: `loyalty_growth` fires. In R4
  retention rises too, by the departure of the disloyal, and there it must not fire, and does not; nor does it with
  tastes alone.

None of this is calibrated to a real market beyond R3's households; sizes depend on the assumed defaults, directions are
the finding. (With tastes alone D is a little below R3's: weeks are coarser than days.)"""
