"""A life in plain sentences. Every number is one that was recorded; nothing is worked out here but differences."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Literal

from sim.stories.chapter import Chapter, Choice, Encounter, Heard, Option, Record, StoryError
from sim.stories.turns import turns

WIDTH = 100
MOST = 12  # paragraphs that are told of a life where no rounds are asked for
SMALL = 0.005  # changes below this are not told
EVEN = 0.1  # evidence of goodwill up to this, either way, is neither good news nor bad
NOTHING = "buying nothing"

# Term of utility -> what it is when it speaks for a firm, in an enumeration.
REASONS = {
    "expected value": "expected value",
    "taste": "taste",
    "price": "price",
    "effort": "effort",
    "trust": "trust",
    "annoyance": "annoyance",
    "contacts": "being reminded",
    "habit": "habit",
    "exit fee": "the exit fee",
    "distance": "distance",
    "doing without": "doing without",
}


def told(life: Record, rounds: tuple[int, int] | None = None) -> str:
    """The life in paragraphs, one per eventful round; quiet rounds are summed up.

    A long one begins with its turning points, and is told to its end only where its rounds are asked for.
    """
    first, last = within(life, rounds)
    parts, paragraphs = [f"{introduction(life)} {_scale(life)}"], list(_paragraphs(life, first, last))
    shown = len(paragraphs)
    if shown > MOST:
        parts.append("Turning points:\n" + "\n".join(f"  round {n}: {words}" for n, words in turns(life, first, last)))
        shown = MOST if rounds is None else shown
    parts += [words for _, words in paragraphs[:shown]]
    if shown < len(paragraphs):
        rest = f"{paragraphs[shown][0]}, {last}"
        parts.append(
            f"Left out here: rounds {rest.replace(', ', ' to ')}. In Python .text(({rest})) tells them, on the command "
            f"line --rounds {rest.replace(', ', ':')}."
        )
    parts.append(ending(life, last))
    return "\n\n".join("\n".join(textwrap.fill(line, WIDTH) for line in part.split("\n")) for part in parts)


def _paragraphs(life: Record, first: int, last: int) -> Iterator[tuple[int, str]]:
    """(first round, words) of each paragraph."""
    quiet: list[int] = []
    for chapter in life.chapters[first - 1 : last]:
        if chapter.quiet:
            quiet.append(chapter.round)
            continue
        if quiet:
            yield quiet[0], _quiet(life, quiet)
            quiet = []
        yield chapter.round, f"Round {chapter.round}. " + " ".join(tell(life, chapter))
    if quiet:
        yield quiet[0], _quiet(life, quiet)


def _scale(life: Record) -> str:
    """What the signed numbers mean, and how they become probabilities."""
    market = life.scenario.market
    words = "Signed numbers after a choice are utils that speak for (+) or against (−) it"
    if market.choice != "logit":
        return f"{words}; the option with the most is chosen."
    precision = market.choice_precision
    odds = "" if precision == 1.0 else f" (e to the power of {precision:g}, the precision of choice in this market)"
    return f"{words}; an option is {math.exp(min(precision, 20.0)):,.3g} times as likely for every util more{odds}."


def within(life: Record, rounds: tuple[int, int] | None) -> tuple[int, int]:
    """First and last round to tell. Raises StoryError for a span that is not in the life."""
    first, last = rounds or (1, len(life.chapters))
    if not 1 <= first <= last <= len(life.chapters):
        raise StoryError(f"rounds {first}:{last}: this life has the rounds 1 to {len(life.chapters)}")
    return first, last


def introduction(life: Record) -> str:
    """Who the customer is."""
    where = f" ({life.alternative})" if life.alternative else ""
    known = [life.firms[j] for j in life.chapters[0].before.aware.nonzero()[0]] if life.chapters else []
    picked = f"{life.why} " if life.why else ""
    return (
        f"Customer {life.customer}, {life.scenario.title}{where}, seed {life.seed}. {picked}{character(life.traits)} "
        f"At the start it knows {listed(known) or 'no firm'}."
    )


def character(t: dict[str, float]) -> str:
    """What the traits of a customer mean, in a sentence."""
    orientation = t["relational_orientation"]
    return (
        f"It needs something in {min(t['purchase_rate'], 1.0):.0%} of all rounds, feels a euro as "
        f"{t['price_sensitivity']:.2f} utils and {degree(orientation)} about relationships (orientation "
        f"{orientation:.2f})."
    )


def degree(share: float) -> str:
    """A share as a word."""
    return "cares a lot" if share > 2 / 3 else "cares somewhat" if share > 1 / 3 else "cares little"


def tell(life: Record, chapter: Chapter) -> Iterator[str]:
    """The sentences of one round."""
    name = life.firms.__getitem__
    for words in chapter.news:
        yield f"In the market: {words}."
    if chapter.newborn:
        yield f"Another customer has taken this place; here a new life begins. {character(chapter.traits)}"
    if chapter.contacts.any():
        yield f"It is written to: {listed(f'{name(j)} ({n:g})' for j, n in enumerate(chapter.contacts) if n)}."
    for firm in chapter.opt_outs:
        fee = f", for a fee of {chapter.opt_out_fees:.2f} euro" if chapter.opt_out_fees else ""
        yield f"Too much of it: it shuts the channel of {name(firm)}{fee}."
    yield from _hearing(life, chapter)
    if chapter.choice is not None:
        yield from _choosing(life, chapter.choice, chapter)
    elif not chapter.heard and not chapter.opt_outs:
        yield "No need arises."
    if chapter.encounter is not None:
        yield from _buying(life, chapter, chapter.encounter)
    if chapter.departed:
        yield "Then it leaves the market for good."


def _hearing(life: Record, chapter: Chapter) -> Iterator[str]:
    heard = chapter.heard
    if heard is None:
        if (chapter.after.aware != chapter.before.aware).any():
            new = (chapter.after.aware & ~chapter.before.aware).nonzero()[0]
            yield f"Advertising makes it aware of {listed(life.firms[j] for j in new)}."
        return
    j = heard.firm
    new = " It had not known the firm." if not heard.before.aware[j] else ""
    yield (
        f"Customer {heard.teller} speaks {tone(heard.evidence)} of {life.firms[j]} (value {heard.value:.2f} euro, "
        f"trust {heard.trust:.2f}){_although(heard)}; "
        f"{change('expected value', heard.before.expectation[j], heard.after.expectation[j])}, "
        f"{change('trust', heard.before.trust[j], heard.after.trust[j])}.{new}"
    )


def tone(evidence: float) -> Literal["well", "evenly", "badly"]:
    """How somebody speaks of a purchase that gave this evidence of goodwill."""
    return "well" if evidence > EVEN else "badly" if evidence < -EVEN else "evenly"


def _although(heard: Heard) -> str:
    """Why a message raises what is expected although it is a complaint, or lowers it although it is praise."""
    spoken, gain = tone(heard.evidence), heard.after.expectation[heard.firm] - heard.before.expectation[heard.firm]
    if spoken == "badly" and gain >= SMALL:
        return ": less than that customer had come to expect, but more value than this one expects"
    if spoken == "well" and gain <= -SMALL:
        return ": more than that customer had come to expect, but less value than this one expects"
    return ""


def _choosing(life: Record, choice: Choice, chapter: Chapter) -> Iterator[str]:
    if not choice.options:
        yield "A need arises, but it knows no firm that could meet it."
        return
    likely = sorted(choice.options, key=lambda option: -option.probability)
    chances = zip(likely, percents([option.probability for option in likely]), strict=True)
    yield f"A need arises. Likely: {listed(_chance(life, option, share) for option, share in chances)}."
    chosen, rival = choice.option(choice.chosen), choice.rival(choice.chosen)
    chooses = f"It {choosing(life, choice.chosen)}"
    if rival is None:
        yield f"{chooses}; there is nothing else."
        return
    other, gap = called(life, rival.firm), chosen.utility - rival.utility
    why = because(choice.reasons(choice.chosen, rival.firm))
    if not why:
        yield f"{chooses}; nothing tells it from {other} yet, so chance decides."
    elif gap >= 0.0:
        yield f"{chooses}, better than {other} by {gap:.2f} utils: {why}."
    else:
        yield f"{chooses} on an impulse, though {other} promises {-gap:.2f} utils more: {why}."


def _chance(life: Record, option: Option, share: str) -> str:
    price = "" if option.firm is None else f" at {option.expected_price:.2f} euro"
    return f"{called(life, option.firm)}{price} {share}"


def percents(shares: Sequence[float]) -> list[str]:
    """Shares that sum to 1 in whole percent that sum to 100: the largest remainders are rounded up."""
    whole = [math.floor(100 * share) for share in shares]
    missing = round(100 * sum(shares)) - sum(whole)
    for k in sorted(range(len(whole)), key=lambda k: whole[k] - 100 * shares[k])[:missing]:
        whole[k] += 1
    return [f"{n}%" if n or not share else "under 1%" for n, share in zip(whole, shares, strict=True)]


def because(reasons: dict[str, float], most: int = 4) -> str:
    """The terms that speak for and against, largest first, with what the rest adds up to."""
    ranked = sorted(reasons.items(), key=lambda item: -abs(item[1]))
    most = min(most, sum(abs(gain) >= SMALL for gain in reasons.values()))
    told, rest = ranked[:most], sum(gain for _, gain in ranked[most:])
    parts = [f"{REASONS[name]} {signed(gain)}" for name, gain in told]
    return ", ".join([*parts, f"the rest {signed(rest)}"] if abs(rest) >= SMALL else parts)


def _buying(life: Record, chapter: Chapter, e: Encounter) -> Iterator[str]:
    j, before, after = e.firm, e.before, e.after
    name = life.firms[j]
    if before.purchases[j] == 0:
        yield f"It is its first purchase from {name}."
    if e.left is not None:
        fee = f", which costs {e.exit_fee:.2f} euro" if e.exit_fee else ""
        yield f"It leaves {life.firms[e.left]} for it{fee}."
    if e.failed:
        loss = life.scenario.market.failure_loss
        made_good = f"{name} makes good {e.compensation:.2f} euro" if e.compensation else f"{name} does nothing"
        yield f"The delivery fails (−{loss:.2f} euro); " + (
            f"it speaks up, and {made_good}." if e.voiced else "it says nothing."
        )
    extra = f" and a surcharge of {e.surcharge:.2f}" if e.surcharge else ""
    yield (
        f"Fit {e.fit:.0%}, value {e.value:.2f} euro; it pays {e.price:.2f}{extra} and takes {e.effort:.2f} of effort: "
        f"surplus {signed(e.surplus)}, where it had come to expect {signed(before.aspiration)}."
    )
    learned = [
        change("trust", before.trust[j], after.trust[j]),
        change("shared context", before.context[j], after.context[j]),
        change("expected value", before.expectation[j], after.expectation[j]),
    ]
    if abs(after.expected_surcharge[j] - before.expected_surcharge[j]) >= SMALL:
        learned.append(change("expected surcharge", before.expected_surcharge[j], after.expected_surcharge[j]))
    yield f"It learns: {', '.join(learned)}."
    if after.identified[j] and not before.identified[j]:
        yield f"From now on {name} knows it."
    if abs(after.belief_error[j] - before.belief_error[j]) >= SMALL:
        better = "better" if after.belief_error[j] < before.belief_error[j] else "worse"
        error = f"error {before.belief_error[j]:.2f} → {after.belief_error[j]:.2f}"
        yield f"{name} understands its need {better} ({error})."
    if chapter.round > 1 and (phase := _new_phase(life, chapter, j)):
        yield f"The relationship is now in {phase}."


def _new_phase(life: Record, chapter: Chapter, firm: int) -> str | None:
    """Name of the phase that began this round with `firm`, if one did."""
    before = life.chapter(chapter.round - 1).phases[firm]
    return chapter.phases[firm] if chapter.phases[firm] != before else None


def _quiet(life: Record, rounds: list[int]) -> str:
    span = f"Round {rounds[0]}" if len(rounds) == 1 else f"Rounds {rounds[0]} to {rounds[-1]}"
    if not life.chapter(rounds[0]).before.active:
        return f"{span}. It is no longer in the market."
    contacted = sum(life.chapter(round).contacts for round in rounds)
    mail = listed(f"{life.firms[j]} {n:g}" for j, n in enumerate(contacted) if n)
    return f"{span}. No need arises." + (f" Contacts received: {mail}." if mail else "")


def headline(life: Record) -> str:
    """The life in one sentence, for a picture."""
    who, end = f"Customer {life.customer}", life.chapters[-1]
    had = [chapter.encounter.firm for chapter in life.purchases]
    if not had:
        return f"{who} never buys anything"
    if gone := next((chapter.round for chapter in life.chapters if chapter.departed), None):
        return f"{who} leaves the market in round {gone}, after {len(had)} purchases"
    favourite = max(range(len(life.firms)), key=had.count)
    often, bound = had.count(favourite), [c.round for c in life.chapters if c.phases[favourite] == "commitment"]
    if end.phases[favourite] == "dissolution":
        return f"{who} has drifted away from {life.firms[favourite]} after {often} purchases"
    if bound and bound[-1] < end.round and end.after.supplier != favourite:
        return f"{who} has left {life.firms[favourite]} for {life.firms[end.after.supplier]}, after {often} purchases"
    for phase, words in (("commitment", "is committed to"), ("expansion", "gets to know")):
        if phase in end.phases:
            firm = end.phases.index(phase)
            since = end.round
            while since > 1 and life.chapter(since - 1).phases[firm] == phase:
                since -= 1
            return f"{who} {words} {life.firms[firm]} ({phase} since round {since})"
    return f"{who} buys here and there, and is tied to no firm"


def ending(life: Record, last: int) -> str:
    """What has become of it by a round."""
    end = life.chapter(last).after
    had = [chapter.encounter for chapter in life.chapters[:last] if chapter.encounter]
    if not had:
        return f"After {last} rounds it has bought nothing."
    surplus = sum(e.surplus for e in had)
    counts = {j: sum(e.firm == j for e in had) for j in range(len(life.firms))}
    bought = listed(f"{n} from {life.firms[j]}" for j, n in counts.items() if n)
    trusts = listed(f"{life.firms[j]} {end.trust[j]:.2f}" for j, n in counts.items() if n)
    return (
        f"After {last} rounds: {len(had)} purchase{'s' if len(had) > 1 else ''} ({bought}), a surplus of "
        f"{signed(surplus)} euro in all; trust in {trusts}."
    )


def signed(number: float) -> str:
    """+1.20 or −1.20, with a proper minus; nothing has no sign."""
    return "0.00" if abs(number) < SMALL else f"{number:+.2f}".replace("-", "−")


def change(what: str, before: float, after: float) -> str:
    """`trust 0.30 → 0.35`, or that it stays."""
    old, new = f"{before:.2f}", f"{after:.2f}"
    return f"{what} stays {new}" if old == new else f"{what} {old} → {new}"


def choosing(life: Record, firm: int | None) -> str:
    """`chooses Our shop`, or `buys nothing`."""
    return "buys nothing" if firm is None else f"chooses {life.firms[firm]}"


def called(life: Record, firm: int | None) -> str:
    """Name of a firm, or of the option to buy nothing."""
    return NOTHING if firm is None else life.firms[firm]


def listed(words: object) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = [*words] or [""]
    return f"{', '.join(most)} and {last}" if most else last
