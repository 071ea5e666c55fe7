"""One colour per kind of strategy, the same in every chart, table and report.

Nothing is listed by hand: the posture gives the hue, the place among the strategies of that posture the shade, so a new
strategy needs no entry here, and one defined in a notebook never takes another's colour. The four hues differ for
colour-blind readers too; where several lines meet, dashes and direct labels carry the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from sim.strategies.base import registry


class Tint(NamedTuple):
    """A colour in OKLCH: perceived lightness in [0, 1], chroma, hue in degrees."""

    lightness: float
    chroma: float
    hue: float


type Dash = str | tuple[int, tuple[float, ...]]

# hue and lightness differ by posture, so that the first strategies of each stay apart in grey as well
POSTURES = {
    "transactional": Tint(0.65, 0.16, 50.0),
    "relational": Tint(0.52, 0.16, 255.0),
    "pseudo-relational": Tint(0.42, 0.16, 340.0),
    "mixed": Tint(0.73, 0.16, 158.0),
}
SHADES = (
    (0, 0),
    (-0.17, -14),
    (0.08, 30),
    (-0.09, 24),
    (-0.24, 4),
    (0.04, -22),
    (-0.13, -26),
    (0.11, 8),
)  # lightness, hue
UNKNOWN = Tint(0.56, 0.0, 0.0)  # a kind the registry does not hold, as in a result from somebody else's notebook
DASHES: tuple[Dash, ...] = ("-", (0, (4, 1.2)), (0, (1.2, 1)), (0, (6, 1.2, 1.2, 1.2)), (0, (2.5, 1.2)))


class Look(NamedTuple):
    """How one line is drawn and, darker where need be, its name."""

    colour: str
    ink: str
    dash: Dash


def colour(kind: str) -> str:
    """Hex colour of a kind of strategy."""
    return hexadecimal(tint(kind))


def tint(kind: str) -> Tint:
    """The colour of a kind of strategy."""
    known = registry()
    if kind not in known:
        return UNKNOWN
    posture = known[kind].posture
    family = [name for name, cls in known.items() if cls.posture == posture]
    # strategies from outside the package come last in their family: they must not recolour the library
    family.sort(key=lambda name: not known[name].__module__.startswith("sim.strategies."))
    base, (lighter, turn) = POSTURES[posture], SHADES[family.index(kind) % len(SHADES)]
    return Tint(min(max(base.lightness + lighter, 0.34), 0.78), base.chroma, base.hue + turn)


def looks(kinds: Sequence[str]) -> list[Look]:
    """One look per line of a figure.

    The first line of a kind has the colour of the kind. Further ones (the same strategy with other settings) take the
    shade of that hue that is farthest from all colours in the figure, and another dash.
    """
    used = {kind: tint(kind) for kind in kinds}
    taken, found = list(used.values()), []
    for position, kind in enumerate(kinds):
        twin, chosen = kinds[:position].count(kind), used[kind]
        if twin:
            near = [
                Tint(light, chosen.chroma, chosen.hue + turn)
                for light in (0.38, 0.5, 0.62, 0.74)
                for turn in (-20, 0, 25)
            ]
            chosen = max(near, key=lambda one: min(distance(one, other) for other in taken))
            taken.append(chosen)
        ink = chosen._replace(lightness=min(chosen.lightness, 0.56))
        found.append(Look(hexadecimal(chosen), hexadecimal(ink), DASHES[twin % len(DASHES)]))
    return found


def distance(one: Tint, other: Tint) -> float:
    """Perceived difference of two colours (Euclidean in OKLab)."""
    a = one.chroma * math.cos(math.radians(one.hue)) - other.chroma * math.cos(math.radians(other.hue))
    b = one.chroma * math.sin(math.radians(one.hue)) - other.chroma * math.sin(math.radians(other.hue))
    return math.hypot(one.lightness - other.lightness, a, b)


def hexadecimal(tint: Tint) -> str:
    """#rrggbb (sRGB) of a colour; chroma is lowered until a screen can show it.

    Source: B. Ottosson 2020, A perceptual color space for image processing.
    """
    a, b = tint.chroma * math.cos(math.radians(tint.hue)), tint.chroma * math.sin(math.radians(tint.hue))
    long = (tint.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (tint.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (tint.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    if tint.chroma > 0 and not all(-1e-4 <= part <= 1 + 1e-4 for part in linear):
        return hexadecimal(tint._replace(chroma=max(0.0, tint.chroma - 0.005)))
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, part)))):02x}" for part in linear)


def _gamma(linear: float) -> float:
    """sRGB transfer curve (IEC 61966-2-1)."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
