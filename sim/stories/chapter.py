"""What a customer's life consists of, round by round, as found while it was replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.in_words import InWords
from sim.scenario import Scenario

# What makes up utility, in the order in which it is told and drawn.
TERMS = (
    "expected value", "taste", "price", "effort", "trust", "annoyance", "contacts", "habit", "exit fee", "distance",
    "doing without",
)  # fmt: skip


class StoryError(InWords, ValueError):
    """A question about a life that cannot be answered; the message says what can be asked."""


class Ties(NamedTuple):
    """What lies between the customer and F firms at one moment; (F,) arrays but for the last three."""

    trust: np.ndarray  # τ, share
    context: np.ndarray  # x now, share
    expectation: np.ndarray  # v̂ now, euro
    expected_surcharge: np.ndarray  # ê, euro
    fatigue: np.ndarray  # f, contacts
    belief_error: np.ndarray  # between need and the firm's belief about it, root mean square over the dimensions
    aware: np.ndarray  # bool, the customer knows the firm
    identified: np.ndarray  # bool, the firm knows the customer
    opted_out: np.ndarray  # bool
    purchases: np.ndarray  # encounters to date
    aspiration: float  # surplus it has come to expect, euro
    supplier: int  # firm of the last purchase, −1 = none
    active: bool  # still in the market


class Heard(NamedTuple):
    """A neighbour's message, and what it changed."""

    teller: int
    firm: int
    value: float  # euro
    trust: float
    evidence: float
    before: Ties
    after: Ties


class Option(NamedTuple):
    """One of the options of a choice; firm None is to do without."""

    firm: int | None
    price: float  # quoted to this customer, euro
    expected_price: float  # with the surcharges it expects, euro
    terms: dict[str, float]  # name in TERMS -> utils; they add up to the utility
    utility: float
    probability: float


class Choice(NamedTuple):
    """A need, what there was to choose from, the draw that decided, and the choice."""

    options: tuple[Option, ...]
    draw: float
    chosen: int | None

    def option(self, firm: int | None) -> Option | None:
        """The option of a firm (None: doing without), if it was one."""
        return next((option for option in self.options if option.firm == firm), None)

    def rival(self, firm: int | None) -> Option | None:
        """The best option but this one."""
        others = [option for option in self.options if option.firm != firm]
        return max(others, key=lambda option: option.utility, default=None)

    def reasons(self, firm: int | None, other: int | None) -> dict[str, float]:
        """How much each term of utility speaks for `firm` rather than `other`; adds up to the difference. In utils."""
        one, two = self.option(firm), self.option(other)
        if one is None or two is None:
            missing = firm if one is None else other
            raise StoryError(f"firm {missing} was not an option; there were {[o.firm for o in self.options]}")
        found = {name: one.terms.get(name, 0.0) - two.terms.get(name, 0.0) for name in TERMS}
        return {name: gain for name, gain in found.items() if gain != 0.0}


class Encounter(NamedTuple):
    """A purchase: what was had and paid (euro), what went wrong, and what lay between the two before and after."""

    firm: int
    fit: float
    value: float  # in use, after a failure and its repair
    price: float  # list price or outcome share
    surcharge: float
    exit_fee: float
    effort: float
    surplus: float
    evidence: float  # of goodwill, −1 to 1
    failed: bool
    voiced: bool
    compensation: float
    left: int | None  # supplier it came from, if another one
    before: Ties
    after: Ties


class Offers(NamedTuple):
    """Firms as they faced this customer; rows of `LEVERS` and `FIRM_TRAITS`."""

    levers: np.ndarray  # (L, F)
    traits: np.ndarray  # (9, F)
    position: np.ndarray  # (F, K)
    average: np.ndarray  # (F, K)
    present: np.ndarray  # (F,) bool


@dataclass(frozen=True)
class Chapter:
    """One round of a life."""

    round: int
    news: tuple[str, ...]  # what happened in the market at its start
    newborn: bool  # a fresh customer has taken the place
    traits: dict[str, float]  # of the customer, by the names of `state.TRAITS`
    offers: Offers
    before: Ties
    after: Ties
    contacts: np.ndarray  # (F,) received
    opt_outs: tuple[int, ...]  # firms whose channel it shut
    opt_out_fees: float  # euro
    heard: Heard | None
    choice: Choice | None  # None: no need arose
    encounter: Encounter | None
    departed: bool  # left the market for good
    phases: tuple[str, ...]  # of the relationship with each firm, at its end
    bits: dict[str, bytes]  # all that is stored of the customer at its end

    @property
    def quiet(self) -> bool:
        """Whether nothing happened that is worth a sentence."""
        told = self.news or self.heard or self.choice or self.opt_outs or self.newborn or self.departed
        return not told and not (self.after.aware != self.before.aware).any()


@dataclass(frozen=True)
class Record:
    """A customer's life in a market, round by round."""

    scenario: Scenario
    alternative: str | None
    seed: int
    customer: int
    firms: tuple[str, ...]
    strategies: tuple[str, ...]  # kinds at the start
    traits: dict[str, float]  # at the start; a place may be taken by another customer later
    chapters: tuple[Chapter, ...]
    why: str = ""  # why this customer, if it was picked

    def chapter(self, round: int) -> Chapter:
        """One round, from 1. Raises StoryError with the rounds there are."""
        if not 1 <= round <= len(self.chapters):
            raise StoryError(f"there is no round {round}; this life has the rounds 1 to {len(self.chapters)}")
        return self.chapters[round - 1]

    @property
    def purchases(self) -> list[Chapter]:
        """The rounds with an encounter."""
        return [chapter for chapter in self.chapters if chapter.encounter is not None]
