"""The rule by which a claim is judged; it reads intervals only.

With s the smallest effect of interest and the effect turned so that the claim expects it positive, a cell is
*supported* if its 95 % interval lies above s, *contradicted* if below -s, *negligible* if within [-s, s], *undecided*
otherwise. A claim is *supported* if all its cells are, *not supported* if none is, and else *depends* on the factor
that separates the supported cells from the others, or, where none does alone, on those that change a cell's verdict.
The intervals are those of single cells: with many cells about one in twenty is off, so a lone odd cell proves little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.analysis.statistics import Interval

SUPPORTED, CONTRADICTED, NEGLIGIBLE, UNDECIDED = "supported", "contradicted", "negligible", "undecided"


class Cell(NamedTuple):
    """One combination of levels: positions in the factors, what the claim expects, the effect, and its verdict."""

    levels: tuple[int, ...]
    sign: int
    effect: Interval
    means: tuple[float, ...]  # of the measure under each of the contrasted alternatives
    verdict: str


class Axis(NamedTuple):
    """A factor as far as a picture needs it; `numbers` where its levels are points on a scale."""

    name: str
    labels: list[str]
    numbers: list[float] | None

    def say(self, level: int) -> str:
        """A level that explains itself: “years 6 to 10”, but: talk 0.2, favour 1,000 €."""
        return self.say_all([level])

    def say_all(self, levels: Sequence[int]) -> str:
        """Several levels: “easy”, “hard”, but: talk 0.2, 0.5."""
        labels, (name, _, unit) = [self.labels[level] for level in levels], self.name.rstrip(")").partition(" (")
        if all(label[:1].isalpha() for label in labels):
            return ", ".join(f"“{label}”" for label in labels)
        return f"{name} {', '.join(labels)} {unit}".rstrip()

    @property
    def plain(self) -> str:
        """The name without its unit."""
        return self.name.partition(" (")[0]


class Verdict(NamedTuple):
    """supported | not supported | depends; on which factors (positions), and the condition or the count in words."""

    kind: str
    factors: tuple[int, ...]
    words: str


def cell_verdict(effect: Interval, smallest: float, sign: int) -> str:
    """The verdict of one cell; see the module's rule. An effect that cannot be estimated is undecided."""
    low, high = (effect.low, effect.high) if sign > 0 else (-effect.high, -effect.low)
    if low > smallest:
        return SUPPORTED
    if high < -smallest:
        return CONTRADICTED
    return NEGLIGIBLE if low >= -smallest and high <= smallest else UNDECIDED


def judge(cells: Sequence[Cell], axes: Sequence[Axis]) -> Verdict:
    """The verdict of the claim from those of its cells; see the module's rule."""
    supported = {cell.levels: cell.verdict == SUPPORTED for cell in cells}
    if all(supported.values()):
        return Verdict("supported", (), f"in all {len(cells)} cells" if len(cells) > 1 else "")
    if not any(supported.values()):
        counts = [(kind, sum(c.verdict == kind for c in cells)) for kind in (CONTRADICTED, NEGLIGIBLE, UNDECIDED)]
        counts = [(kind, many) for kind, many in counts if many]
        if len(counts) == 1:
            return Verdict("not supported", (), counts[0][0] + (" in all cells" if len(cells) > 1 else ""))
        return Verdict("not supported", (), ", ".join(f"{many} × {kind}" for kind, many in counts))
    for f, axis in enumerate(axes):
        by_level = {at: {s for levels, s in supported.items() if levels[f] == at} for at in _present(cells, f)}
        if all(len(found) == 1 for found in by_level.values()):
            yes = [at for at, found in by_level.items() if found == {True}]
            return Verdict("depends", (f,), _boundary(axis, yes, list(by_level)))
    matter = tuple(f for f in range(len(axes)) if _matters(supported, f))
    count = sum(supported.values())
    return Verdict("depends", matter, f"supported in {count} of {len(cells)} cells: {_where(cells, axes, matter)}")


def _present(cells: Sequence[Cell], factor: int) -> list[int]:
    return sorted({cell.levels[factor] for cell in cells})


def _matters(supported: dict[tuple[int, ...], bool], factor: int) -> bool:
    """Whether two cells that differ in this factor alone differ in being supported."""
    found: dict[tuple[int, ...], set[bool]] = {}
    for levels, yes in supported.items():
        found.setdefault(levels[:factor] + levels[factor + 1 :], set()).add(yes)
    return any(len(both) == 2 for both in found.values())


def _boundary(axis: Axis, yes: list[int], levels: list[int]) -> str:
    """At which levels of a factor the claim is supported: "from 0.6 on (not at 0.3)"."""
    no = [at for at in levels if at not in yes]
    name = axis.labels
    if axis.numbers is not None and len(levels) > 2:
        if yes == levels[-len(yes) :]:
            return f"supported from {name[yes[0]]} on, not up to {name[no[-1]]}"
        if yes == levels[: len(yes)]:
            return f"supported up to {name[yes[-1]]}, not from {name[no[0]]} on"
    return f"supported at {', '.join(name[at] for at in yes)}; not at {', '.join(name[at] for at in no)}"


def _where(cells: Sequence[Cell], axes: Sequence[Axis], matter: tuple[int, ...]) -> str:
    """The supported cells by the levels of the factors that matter, or those that are not, whichever is shorter."""
    yes = {tuple(cell.levels[f] for f in matter) for cell in cells if cell.verdict == SUPPORTED}
    no = {tuple(cell.levels[f] for f in matter) for cell in cells if cell.verdict != SUPPORTED}
    chosen, word = (no - yes, "not at ") if len(no) < len(yes) else (yes, "at ")
    rows: dict[int, list[tuple[int, ...]]] = {}
    for levels in sorted(chosen):
        rows.setdefault(levels[0], []).append(levels[1:])
    parts = []
    for first, rest in rows.items():
        head = axes[matter[0]].say(first)
        if len(matter) == 2:
            parts.append(f"{head} with {axes[matter[1]].say_all([level for (level,) in rest])}")
        else:
            others = [" and ".join(axes[f].say(level) for f, level in zip(matter[1:], x, strict=True)) for x in rest]
            parts.append(f"{head} with {', or '.join(others)}")
    return word + "; ".join(parts)
