"""The same customer, or the same market, with the same luck in another world: where it parts, and why.

Both worlds have the same seed, hence the same customers, needs and strokes of luck: until something is done
differently, they are the same to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.inputs import FIRM_TRAITS
from sim.results import Results
from sim.scenario import Scenario
from sim.story.chapter import Chapter, StoryError
from sim.story.life import Life, biography, lever_names
from sim.story.words import called, ending, introduction, listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HARMLESS = {"rounds", "round_length"}  # entries that change nothing before the end


class Parting(NamedTuple):
    """A round in which two lives differ, and how."""

    round: int
    words: str


@dataclass(frozen=True)
class Fork:
    """Two lives of one customer; `faced`: where the worlds first treat it differently, `lived`: where that shows."""

    fact: Life
    other: Life
    names: tuple[str, str]
    faced: Parting | None
    lived: Parting | None

    def __str__(self) -> str:
        return self.text()

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

    def picture(self, rounds: tuple[int, int] | None = None) -> Figure:
        """Both strips side by side, the parting marked."""
        from sim.story.strip import side_by_side

        if self.faced is None:
            return side_by_side(self.fact, self.other, self.names, rounds, None, "the same in both worlds")
        felt = f", first felt in round {self.lived.round}" if self.lived else ", never felt"
        at_once = self.lived and self.lived.round == self.faced.round
        words = f"The worlds part in round {self.faced.round}{'' if at_once else felt}: {self.faced.words}"
        return side_by_side(self.fact, self.other, self.names, rounds, self.faced.round, words)


def counterfactual(
    source: Scenario | Results,
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
    fact = biography(source, customer, alternative=alternative, seed=seed, rounds=rounds)
    world, usual = _other(source, other)
    comparable(fact.scenario, world)
    twin = biography(world, customer, seed=fact.seed, rounds=len(fact.chapters))
    names = (fact.alternative or "as it is", name or usual)
    return Fork(fact, twin, names, *partings(fact, twin))


def _other(source: Scenario | Results, other: Scenario | str) -> tuple[Scenario, str]:
    if isinstance(other, Scenario):
        return other, "otherwise"
    if isinstance(source, Results):
        raise StoryError("give the other world as a scenario: results hold no alternatives")
    return source.alternative(other), other


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
            faced = Parting(one.round, "; ".join(treated))
        if faced is not None and (words := experience(fact, one, two)):
            lived = Parting(one.round, words)
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


def treatment(life: Life, one: Chapter, two: Chapter) -> str:
    """How two worlds treat the customer differently in a round, in words; empty if they do not."""
    found = []
    for block, names in (("levers", lever_names()), ("traits", FIRM_TRAITS)):
        old, new = getattr(one.offers, block), getattr(two.offers, block)
        for j in range(len(life.firms)):
            rows = np.flatnonzero(old[:, j] != new[:, j])
            if rows.size:
                what = ", ".join(f"{names[row].replace('_', ' ')} {_from_to(old[row, j], new[row, j])}" for row in rows)
                found.append(f"{life.firms[j]} ({what})")
    for j in np.flatnonzero(one.offers.present != two.offers.present):
        found.append(f"{life.firms[j]} is in one of the markets only")
    if not found and (one.offers.position != two.offers.position).any():
        found.append("a firm's standard offer")
    if not found and (one.offers.average != two.offers.average).any():
        found.append("what a firm takes the average customer to need")
    if not found and _message(one) != _message(two):
        found.append(_hearsay(life, one, two))
    return "; ".join(found)


def _from_to(old: float, new: float) -> str:
    return f"{new:g} instead of {old:g}"


def _message(chapter: Chapter) -> tuple[float, ...] | None:
    heard = chapter.heard
    return None if heard is None else (heard.teller, heard.firm, heard.value, heard.trust, heard.evidence)


def _hearsay(life: Life, one: Chapter, two: Chapter) -> str:
    told = [
        "nobody tells it anything"
        if h is None
        else f"customer {h.teller} tells it of {life.firms[h.firm]} (value {h.value:.2f}, trust {h.trust:.2f})"
        for h in (one.heard, two.heard)
    ]
    return f"by word of mouth: {told[0]}; in the other world {told[1]}"


def experience(life: Life, one: Chapter, two: Chapter) -> str:
    """How the customer's own round differs, in words; empty if it is the same to the last bit."""
    a, b = one.choice, two.choice
    if (a is None) == (b is None) and (a is None or a == b) and one.bits == two.bits:
        return ""
    if a is not None and b is not None and a.chosen != b.chosen:
        chances = [option.probability if (option := choice.option(choice.chosen)) else 0.0 for choice in (a, b)]
        return (
            f"it chooses {called(life, a.chosen)} (probability {chances[0]:.0%}), "
            f"in the other world {called(life, b.chosen)} ({chances[1]:.0%})"
        )
    if a is not None and b is not None:
        moved = [
            f"{called(life, option.firm)} {option.probability:.0%} and {twin.probability:.0%}"
            for option in a.options
            if (twin := b.option(option.firm)) and f"{twin.probability:.0%}" != f"{option.probability:.0%}"
        ]
        same = f"it chooses {called(life, a.chosen)} in both"
        return f"{same}, with other probabilities: {listed(moved)}" if moved else f"{same}, but what follows differs"
    for j, name in enumerate(life.firms):
        for what in ("trust", "expectation", "context", "fatigue", "belief_error"):
            old, new = getattr(one.after, what)[j], getattr(two.after, what)[j]
            if old != new:
                words = f"{what.replace('_', ' ')} ({name}) is {old:.2f}, in the other world {new:.2f}"
                return words if f"{old:.2f}" != f"{new:.2f}" else f"{what.replace('_', ' ')} ({name}) differs a little"
    return "small things about it differ"
