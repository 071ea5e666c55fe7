"""One round of a customer in two worlds: how they treat it differently, and what of its own differs first."""

from __future__ import annotations

import numpy as np

from sim.inputs import FIRM_TRAITS
from sim.stories.chapter import Chapter, Choice, Heard, Record
from sim.stories.words import called, choosing, listed
from sim.strategies.base import LEVERS


def treatment(life: Record, one: Chapter, two: Chapter, most: int | None = None) -> str:
    """How two worlds treat the customer differently in a round, in words; empty if they do not.

    most  entries that are named of each firm
    """
    found = []
    for j, name in enumerate(life.firms):
        entries = []
        for block, names in (("levers", [lever.name for lever in LEVERS]), ("traits", FIRM_TRAITS)):
            old, new = getattr(one.offers, block)[:, j], getattr(two.offers, block)[:, j]
            changed = np.flatnonzero(old != new)
            entries += [f"{names[k].replace('_', ' ')} {new[k]:g} instead of {old[k]:g}" for k in changed]
        if entries:
            more = [f"{len(entries) - most} more"] if most is not None and len(entries) > most else []
            found.append(f"{name} ({', '.join([*entries[:most], *more])})")
    for j in np.flatnonzero(one.offers.present != two.offers.present):
        found.append(f"{life.firms[j]} is in one of the markets only")
    if not found and (one.offers.position != two.offers.position).any():
        found.append("a firm's standard offer")
    if not found and (one.offers.average != two.offers.average).any():
        found.append("what a firm takes the average customer to need")
    return "; ".join(found or _told(life, one, two))


def experience(life: Record, one: Chapter, two: Chapter) -> list[str]:
    """How the customer's own round differs: what differed first, and whether it chose otherwise; [] if nothing does.

    Sought in the order of a round: outreach, word of mouth, choice, purchase, what was learned.
    """
    if one.choice == two.choice and one.bits == two.bits:
        return []
    before = [*_reached(life, one, two), *_told(life, one, two)]
    chosen = _chosen(life, one, two)
    if before or chosen:
        return [*before[:1], *chosen]
    return (_had(life, one, two) or _left_behind(life, one, two) or ["small things about it differ"])[:1]


def _reached(life: Record, one: Chapter, two: Chapter) -> list[str]:
    """Contacts, channels that were shut, firms it came to know."""
    found = []
    for j in np.flatnonzero(one.contacts != two.contacts):
        found.append(f"{life.firms[j]} writes to it {_both(one.contacts[j], two.contacts[j])} times")
    for j in sorted({*one.opt_outs} ^ {*two.opt_outs}):
        found.append(f"it shuts the channel of {life.firms[j]} {_where(j in one.opt_outs)}")
    if one.heard is None and two.heard is None:
        for j in np.flatnonzero(one.after.aware != two.after.aware):
            found.append(f"advertising makes it aware of {life.firms[j]} {_where(one.after.aware[j])}")
    return found


def _told(life: Record, one: Chapter, two: Chapter) -> list[str]:
    """What a neighbour said, with its numbers."""
    a, b = one.heard, two.heard
    if _message(a) == _message(b):
        return []
    if a is not None and b is not None and (a.teller, a.firm) == (b.teller, b.firm):
        parts = [
            f"{what} {_both(old, new) if old != new else f'{old:.2f}'}"
            for what, old, new in (("value", a.value, b.value), ("trust", a.trust, b.trust))
        ]
        return [f"by word of mouth customer {a.teller} tells it of {life.firms[a.firm]}, {listed(parts)}"]
    words = [
        "nobody tells it anything"
        if h is None
        else f"customer {h.teller} tells it of {life.firms[h.firm]} (value {h.value:.2f} euro, trust {h.trust:.2f})"
        for h in (a, b)
    ]
    return [f"by word of mouth {words[0]}, in the other world {words[1]}"]


def _message(heard: Heard | None) -> tuple[float, ...] | None:
    return None if heard is None else (heard.teller, heard.firm, heard.value, heard.trust, heard.evidence)


def _chosen(life: Record, one: Chapter, two: Chapter) -> list[str]:
    """Another choice, or other chances of the same one, and the reason that moved most."""
    a, b = one.choice, two.choice
    if (a is None) != (b is None):
        return [f"it needs something {_where(a is not None)}"]
    if a is None or a == b:
        return []
    why = _moved(life, a, b)
    if a.chosen != b.chosen:
        chances = [option.probability if (option := choice.option(choice.chosen)) else 0.0 for choice in (a, b)]
        here, there = choosing(life, a.chosen), choosing(life, b.chosen)
        return [f"it {here} (probability {chances[0]:.0%}), in the other world it {there} ({chances[1]:.0%}){why}"]
    moved = [
        f"{called(life, option.firm)} {option.probability:.0%} and {twin.probability:.0%}"
        for option in a.options
        if (twin := b.option(option.firm)) and f"{twin.probability:.0%}" != f"{option.probability:.0%}"
    ]
    odds = f" with other probabilities ({listed(moved)})" if moved else " with nearly the same probabilities"
    return [f"it {choosing(life, a.chosen)} in both worlds,{odds}{why}"]


def _moved(life: Record, a: Choice, b: Choice) -> str:
    """The term of utility that differs most between two worlds."""
    only = {option.firm for option in a.options} ^ {option.firm for option in b.options}
    if only:
        return f": {listed(called(life, firm) for firm in sorted(only, key=str))} can be chosen in one world only"
    gaps = [
        (abs(new - old), name, option.firm, old, new)
        for option in a.options
        for name, old in option.terms.items()
        if (new := b.option(option.firm).terms[name]) != old
    ]
    if not gaps:
        return ""
    _, name, firm, old, new = max(gaps, key=lambda gap: gap[0])
    return f": {name} of {called(life, firm)} counts {_both(old, new, ' utils')}"


def _had(life: Record, one: Chapter, two: Chapter) -> list[str]:
    """What was different about the same purchase, in the order in which it comes about."""
    a, b = one.encounter, two.encounter
    if a is None or b is None:
        return []
    name = life.firms[a.firm]
    found = []
    if a.failed != b.failed:
        found.append(f"{name}'s delivery fails {_where(a.failed)} (value {_both(a.value, b.value, ' euro')})")
    if a.voiced != b.voiced and not found:
        found.append(f"it complains to {name} {_where(a.voiced)}")
    if a.compensation != b.compensation:
        found.append(f"{name} makes good {_both(a.compensation, b.compensation, ' euro')}")
    for what in ("price", "surcharge", "exit_fee", "effort", *([] if a.failed != b.failed else ["value"])):
        if getattr(a, what) != getattr(b, what):
            found.append(f"{what.replace('_', ' ')} at {name} {_both(getattr(a, what), getattr(b, what), ' euro')}")
    chooses = f"it chooses {name} in both worlds"
    return [f"{chooses}, but {'; '.join(found[:2])}"] if found else []


def _left_behind(life: Record, one: Chapter, two: Chapter) -> list[str]:
    """What lies between it and a firm after the round."""
    return [
        f"{what.replace('_', ' ')} ({name}) is {_both(old, new)}"
        for j, name in enumerate(life.firms)
        for what in ("trust", "expectation", "context", "fatigue", "belief_error", "expected_surcharge")
        if (old := getattr(one.after, what)[j]) != (new := getattr(two.after, what)[j])
    ]


def _where(here: bool) -> str:
    return "in this world only" if here else "in the other world only"


def _both(old: float, new: float, unit: str = "") -> str:
    """Two different numbers, with as many digits as tell them apart."""
    for digits in (2, 3, 4, 6):
        a, b = (f"{number:.{digits}f}".replace("-", "−") for number in (old, new))
        if a != b:
            return f"{a}{unit}, in the other world {b}"
    return "hardly differently"
