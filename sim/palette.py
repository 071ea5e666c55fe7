"""One colour per kind of strategy, the same in every chart, table and report.

Nothing is listed by hand: the posture gives the range of hues, the place among the strategies of that posture the
shade within it, so a new strategy needs no entry here, and one defined in a notebook never takes another's colour.
Postures differ for colour-blind readers too; lines of one figure that come close to each other, to normal or
colour-blind eyes or in grey, differ in their dashes, and direct labels carry the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from sim.strategies.base import Posture, registry


class Tint(NamedTuple):
    """A colour in OKLCH: perceived lightness in [0, 1], chroma, hue in degrees."""

    lightness: float
    chroma: float
    hue: float


type Dash = str | tuple[int, tuple[float, ...]]

# the first strategy of each posture; lightness differs, so that these stay apart in grey as well
POSTURES = {
    "transactional": Tint(0.65, 0.16, 50.0),
    "relational": Tint(0.52, 0.16, 255.0),
    "pseudo-relational": Tint(0.42, 0.16, 340.0),
    "mixed": Tint(0.73, 0.16, 158.0),
}
# degrees, from and to; gaps of 16 or more keep the families apart
HUES = {
    "transactional": (12.0, 112.0),
    "relational": (198.0, 298.0),
    "pseudo-relational": (318.0, 356.0),
    "mixed": (128.0, 180.0),
}
SHADES = (0.40, 0.47, 0.54, 0.61, 0.68, 0.75)  # lightness: lines on white have to be dark enough to be seen
CHROMAS = (0.18, 0.08)
PLACES = 20  # shades of a posture before they come round again
CLOSE = 0.10  # lines of a figure that a colour-blind reader sees no farther apart differ in their dashes
ALIKE = 0.05  # of lightness: no farther apart in grey, likewise
UNKNOWN = Tint(0.56, 0.0, 0.0)  # a kind the registry does not hold, as in a result from somebody else's notebook
DASHES: tuple[Dash, ...] = (
    "-", (0, (4, 1.2)), (0, (1.2, 1)), (0, (6, 1.2, 1.2, 1.2)), (0, (2.5, 1.2)), (0, (8, 1.2, 1.2, 1, 1.2, 1.2)),
)  # fmt: skip


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
    return shades()[posture][family.index(kind) % PLACES]


@cache
def shades() -> dict[Posture, list[Tint]]:
    """The shades of each posture; each is as far as can be from all that were found before, postures taking turns."""
    left = {posture: _candidates(*HUES[posture]) for posture in POSTURES}
    points = {posture: _points(family) for posture, family in left.items()}
    found = {posture: [in_gamut(own)] for posture, own in POSTURES.items()}
    before = [family[0] for family in found.values()]
    gap = {posture: _apart(points[posture], _points(before)).min(axis=1) for posture in left}
    while len(before) < PLACES * len(POSTURES):
        for posture, family in found.items():
            family.append(left[posture][int(gap[posture].argmax())])
            before.append(family[-1])
            for other in gap:
                closer = _apart(points[other], _points(before[-1:]))[:, 0]
                gap[other] = np.minimum(gap[other], closer)
    return found


def _candidates(low: float, high: float) -> list[Tint]:
    """Shades of a range of hues."""
    steps = round((high - low) / 12.0)
    hues = [low + (high - low) * step / steps for step in range(steps + 1)]
    return [in_gamut(Tint(*shade)) for shade in product(SHADES, CHROMAS, hues)]


def looks(kinds: Sequence[str]) -> list[Look]:
    """One look per line of a figure.

    The first line of a kind has the colour of the kind. Further ones (the same strategy with other settings) take the
    shade of that hue that is farthest from all colours in the figure. A line has the first dash that no line before it
    with the same kind, or a colour or grey that comes close, has.
    """
    tints = {kind: tint(kind) for kind in kinds}
    taken, drawn, found = list(tints.values()), [], []
    for position, kind in enumerate(kinds):
        chosen = tints[kind]
        if kind in kinds[:position]:
            near = [
                in_gamut(Tint(light, chosen.chroma, chosen.hue + turn))
                for light in (0.38, 0.5, 0.62, 0.74)
                for turn in (-20, 0, 25)
            ]
            chosen = max(near, key=lambda one: min(distance(one, other) for other in taken))
            taken.append(chosen)
        alike = [dash for name, other, dash in drawn if name == kind or _close(chosen, other)]
        dash = min(DASHES, key=alike.count)
        drawn.append((kind, chosen, dash))
        ink = chosen._replace(lightness=min(chosen.lightness, 0.56))
        found.append(Look(hexadecimal(chosen), hexadecimal(ink), dash))
    return found


def _close(one: Tint, other: Tint) -> bool:
    """Are lines of these colours hard to tell apart for somebody?"""
    return distance(one, other, red_green=0.25) < CLOSE or abs(one.lightness - other.lightness) < ALIKE


def distance(one: Tint, other: Tint, red_green: float = 1.0) -> float:
    """Perceived difference of two colours (Euclidean in OKLab).

    red_green: weight of the axis that most colour-blind people see little of.
    """
    return float(_apart(_points([one], red_green), _points([other], red_green))[0, 0])


def _points(tints: Sequence[Tint], red_green: float = 1.0) -> np.ndarray:
    """Lightness, green to red, blue to yellow (n, 3)."""
    planes = [(chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))) for _, chroma, hue in tints]
    return np.array([(tint.lightness, red_green * a, b) for tint, (a, b) in zip(tints, planes, strict=True)])


def _apart(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distances of every point of some from every one of others (n, m)."""
    return np.sqrt(((some[:, None] - others) ** 2).sum(axis=2))


def hexadecimal(tint: Tint) -> str:
    """#rrggbb (sRGB) of a colour; chroma is lowered until a screen can show it."""
    linear = _linear(in_gamut(tint))
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, part)))):02x}" for part in linear)


def in_gamut(tint: Tint) -> Tint:
    """The colour with its chroma lowered until a screen can show it."""
    while tint.chroma > 0.0 and not all(-1e-4 <= part <= 1 + 1e-4 for part in _linear(tint)):
        tint = tint._replace(chroma=max(0.0, tint.chroma - 0.005))
    return tint


def _linear(tint: Tint) -> tuple[float, float, float]:
    """Red, green and blue light, in [0, 1] for colours a screen can show.

    Source: B. Ottosson 2020, A perceptual color space for image processing.
    """
    a, b = tint.chroma * math.cos(math.radians(tint.hue)), tint.chroma * math.sin(math.radians(tint.hue))
    long = (tint.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (tint.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (tint.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(linear: float) -> float:
    """sRGB transfer curve (IEC 61966-2-1)."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
