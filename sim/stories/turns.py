"""The turning points of a life: what a reader of a long story wants to know first."""

from __future__ import annotations

from collections.abc import Iterator

from sim.stories.chapter import Chapter, Record

MOST = 10  # turning points that are told; of more, the first and the last
FALL = 0.1  # a smaller loss of trust in a round is no turning point


def turns(life: Record, first: int, last: int) -> list[tuple[int, str]]:
    """(round, what turned), in order: first purchases, switches, trust at its highest and lowest, phases, the end."""
    shown = life.chapters[first - 1 : last]
    found = [*_purchases(life, shown), *_trust(life, shown), *_phases(life, shown), *_ends(life, shown)]
    found.sort(key=lambda turn: turn[0])
    if len(found) <= MOST:
        return found
    return [*found[: MOST // 2], *found[-MOST // 2 :]]


def _purchases(life: Record, shown: tuple[Chapter, ...]) -> Iterator[tuple[int, str]]:
    switches = 0
    for chapter in shown:
        if (e := chapter.encounter) is None:
            continue
        if e.before.purchases[e.firm] == 0 and e.left is None:
            yield chapter.round, f"first purchase, from {life.firms[e.firm]}"
        elif e.left is not None:
            switches += 1
            if switches == 1:
                yield chapter.round, f"first switch, from {life.firms[e.left]} to {life.firms[e.firm]}"
    if switches > 1:
        last = next(c for c in reversed(shown) if c.encounter and c.encounter.left is not None)
        e = last.encounter
        yield last.round, f"last of {switches} switches, from {life.firms[e.left]} to {life.firms[e.firm]}"


def _trust(life: Record, shown: tuple[Chapter, ...]) -> Iterator[tuple[int, str]]:
    """Where trust in a firm it has bought from was highest and lowest, and where it fell deepest."""
    known = [
        (chapter.after.trust[j], chapter.round, j)
        for chapter in shown
        for j in chapter.after.purchases.nonzero()[0]
    ]  # fmt: skip
    if not known:
        return
    for what, (trust, round, j) in (("highest", max(known)), ("lowest", min(known))):
        yield round, f"trust at its {what}, {trust:.2f} in {life.firms[j]}"
    falls = [
        (chapter.before.trust[j] - chapter.after.trust[j], chapter.round, j)
        for chapter in shown
        for j in range(len(life.firms))
    ]
    fall, round, j = max(falls)
    if fall >= FALL:
        chapter = life.chapter(round)
        failed = chapter.encounter is not None and chapter.encounter.failed and chapter.encounter.firm == j
        why = " after a failed delivery" if failed else ""
        yield round, f"trust in {life.firms[j]} falls most{why}, from {chapter.before.trust[j]:.2f} by {fall:.2f}"


def _phases(life: Record, shown: tuple[Chapter, ...]) -> Iterator[tuple[int, str]]:
    """When it was first committed to each firm, and when it last fell out with one it had been committed to."""
    for j, name in enumerate(life.firms):
        bound = [chapter.round for chapter in shown if chapter.phases[j] == "commitment"]
        if not bound:
            continue
        yield bound[0], f"committed to {name}"
        after = [chapter.round for chapter in shown if chapter.round > bound[-1]]
        if after:
            yield after[0], f"no longer committed to {name}"


def _ends(life: Record, shown: tuple[Chapter, ...]) -> Iterator[tuple[int, str]]:
    for chapter in shown:
        for firm in chapter.opt_outs:
            yield chapter.round, f"shuts the channel of {life.firms[firm]}"
        if chapter.newborn:
            yield chapter.round, "another customer takes this place"
        if chapter.departed:
            yield chapter.round, "leaves the market for good"
