"""The same customer, or the same market, with the same luck in another world: where it parts, and why.

Both worlds have the same seed, hence the same customers, needs and strokes of luck: until something is done
differently, they are the same to the last bit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sim.results import Results
from sim.scenario import Scenario, scenario_of
from sim.stories.apart import experience, treatment
from sim.stories.chapter import StoryError
from sim.stories.life import Life, story
from sim.stories.shown import Shown
from sim.stories.sources import Source
from sim.stories.words import ending, introduction, listed

if TYPE_CHECKING:
    from sim.figure import Picture

HARMLESS = {"rounds", "round_length"}  # entries that change nothing before the end


class Parting(NamedTuple):
    """A round in which two lives differ, and how; brief: the same for a picture."""

    round: int
    words: str
    brief: str


@dataclass(frozen=True, repr=False)
class Fork(Shown):
    """Two lives of one customer; `faced`: where the worlds first treat it differently, `lived`: where that shows."""

    fact: Life
    other: Life
    names: tuple[str, str]
    faced: Parting | None
    lived: Parting | None

    def text(self) -> str:
        """What parts the two lives, in sentences."""
        import textwrap

        one, two = self.names
        parts = [introduction(self.fact)]
        if self.faced is None:
            parts.append(f'"{one}" and "{two}" are the same to this customer, to the last bit.')
        else:
            same = f"Until round {self.faced.round - 1} both lives are the same to the last bit. "
            parts.append(
                (same if self.faced.round > 1 else "")
                + f"In round {self.faced.round} the worlds begin to treat it differently: {self.faced.words}."
            )
            parts.append(
                "It never makes a difference to it."
                if self.lived is None
                else f"It first makes a difference in round {self.lived.round}: {self.lived.words}."
            )
        for name, life in zip(self.names, (self.fact, self.other), strict=True):
            parts.append(f"{name}: {ending(life, len(life.chapters))}")
        return "\n\n".join(textwrap.fill(part, 100) for part in parts)

    def picture(self, rounds: tuple[int, int] | None = None) -> Picture:
        """Both strips side by side, the parting marked."""
        from sim.stories.strip import side_by_side

        if self.faced is None:
            return side_by_side(self.fact, self.other, self.names, rounds, None, "the same in both worlds")
        words = f"The worlds part in round {self.faced.round}: {self.faced.brief}."
        if self.lived is None:
            words += " It never makes a difference here."
        else:
            words += f" First felt in round {self.lived.round}: {self.lived.brief}."
        return side_by_side(self.fact, self.other, self.names, rounds, self.faced.round, words)


def counterfactual(
    source: Source,
    customer: int,
    other: Scenario | str,
    *,
    alternative: str | None = None,
    seed: int | None = None,
    rounds: int | None = None,
    name: str | None = None,
) -> Fork:
    """A life, and the same customer's life with the same luck in another world.

    other  name of an alternative, or a whole scenario with the same firms and as many customers
    name   what the other world is called

    Raises StoryError if the two worlds cannot be compared.
    """
    fact = story(source, customer, alternative=alternative, seed=seed, rounds=rounds)
    world, usual = _other(source, other)
    comparable(fact.scenario, world)
    twin = story(world, customer, seed=fact.seed, rounds=len(fact.chapters))
    names = (fact.alternative or "as it is", name or usual)
    return Fork(fact, twin, names, *partings(fact, twin))


def _other(source: Source, other: Scenario | str) -> tuple[Scenario, str]:
    if isinstance(other, Scenario):
        return other, "otherwise"
    if isinstance(source, Results):
        raise StoryError("give the other world as a scenario: results hold no alternatives")
    if not isinstance(other, str):
        raise StoryError(f"the other world is {other!r}; give a scenario, or the name of an alternative")
    return scenario_of(source).alternative(other), other


def comparable(one: Scenario, two: Scenario) -> None:
    """Raise StoryError unless both worlds have the same places for customers and firms."""
    for what, a, b in (
        ("firms", [firm.name for firm in one.firms], [firm.name for firm in two.firms]),
        ("customers", one.market.customers, two.market.customers),
        ("dimensions of needs", one.market.dimensions, two.market.dimensions),
    ):
        if a != b:
            raise StoryError(f"the two worlds differ in their {what} ({a} and {b}); nobody is the same in both")


def partings(fact: Life, other: Life) -> tuple[Parting | None, Parting | None]:
    """Where the worlds first treat the customer differently, and where its life first differs."""
    faced = lived = None
    rules = other_rules(fact.scenario, other.scenario)
    for one, two in zip(fact.chapters, other.chapters, strict=True):
        treated = [words for words in (rules if one.round == 1 else "", treatment(fact, one, two)) if words]
        if faced is None and not treated and one.bits != two.bits:  # such as tastes, or who knows whom at the start
            treated = ["it begins differently" if one.round == 1 else "the worlds work differently"]
        if faced is None and treated:
            brief = [words for words in (rules if one.round == 1 else "", treatment(fact, one, two, most=2)) if words]
            faced = Parting(one.round, "; ".join(treated), "; ".join(brief or treated))
        if faced is not None and (felt := experience(fact, one, two)):
            brief = re.sub(r" \([^)]*\)|^.* both worlds, but ", "", re.split("; |: |, value ", felt[0])[0])
            lived = Parting(one.round, "; ".join(felt), brief)
            break
    return faced, lived


def other_rules(one: Scenario, two: Scenario) -> str:
    """What differs between two scenarios for every customer from the start, in words; empty if nothing does."""
    words = []
    for section in ("market", "relationship", "learning", "mechanisms"):
        old, new = getattr(one, section).model_dump(), getattr(two, section).model_dump()
        names = [name for name in old if old[name] != new[name] and name not in HARMLESS]
        words += [f"{name.replace('_', ' ')} {plain(new[name])} instead of {plain(old[name])}" for name in names]
    words += ["customers are drawn differently"] if one.segments != two.segments else []
    words += ["another network"] if one.network != two.network else []
    return listed(words)


def plain(value: object) -> str:
    """A number without needless digits, anything else as it is."""
    return f"{value:g}" if isinstance(value, float) else str(value)
