"""Two markets with the same luck, side by side: the first round in which they differ, and how that spreads."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill, shorten

import numpy as np

from sim import state
from sim.figure import INK, QUIET, Picture, money, slide, styled
from sim.palette import looks
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.state import State, by_customer
from sim.stories.fork import comparable, other_rules, plain
from sim.stories.life import lever_names
from sim.stories.shown import Shown
from sim.stories.words import WIDTH, listed

ROUTES = ("a purchase", "outreach", "word of mouth", "own needs")
PURCHASE, OUTREACH, HEARSAY, OWN = range(len(ROUTES))
COLOURS = ("#c8862a", "#7d9cc0", "#7a5195", "#8a8f94")


@dataclass(frozen=True, repr=False)
class Worlds(Shown):
    """How two markets part; rounds count from 1, arrays have one entry per round."""

    names: tuple[str, str]
    firms: tuple[str, ...]
    strategies: tuple[str, ...]
    title: str
    customers: int
    acted: int | None  # first round in which a firm acts differently; None: never
    cause: str  # what it does differently
    parted: int | None  # first round after which a customer's state differs
    first: np.ndarray  # customers that differed first
    route: np.ndarray  # (rounds, 4) customers that differ, by what first made them do so (ROUTES)
    elsewhere: np.ndarray  # (rounds,) customers with another supplier
    profit: np.ndarray  # (rounds, F) profit to date in the second world less that in the first, euro

    def text(self) -> str:
        """The parting and the spread, in sentences."""
        return fill(self._told(), WIDTH)

    def _told(self) -> str:
        if self.acted is None and self.parted is None:
            return f'"{self.names[0]}" and "{self.names[1]}" are the same market, to the last bit.'
        parts = [f"The worlds begin to differ in round {self.acted}: {self.cause}."] if self.acted else []
        if self.parted is None:
            return " ".join([*parts, "No customer ever notices."])
        touched, last = self.route.sum(axis=1), len(self.route)
        half = np.flatnonzero(touched >= self.customers / 2)
        who = listed(str(i) for i in self.first[:5]) + (" and others" if self.first.size > 5 else "")
        parts.append(
            f"The first customer{'s' if self.first.size > 1 else ''} to live differently "
            f"({self.first.size}: {who}) in round {self.parted}."
        )
        if half.size:
            parts.append(f"Half of all customers are touched by round {half[0] + 1}.")
        small = min(self.route[-1].max(), self.customers / 200)  # less would be "0%"
        shares = listed(
            f"{n / self.customers:.0%} by {name}" for n, name in zip(self.route[-1], ROUTES, strict=True) if n >= small
        )
        parts.append(
            f"After {last} rounds {touched[-1] / self.customers:.0%} have been touched (first {shares}), and "
            f"{self.elsewhere[-1] / self.customers:.0%} have another supplier."
        )
        return " ".join(parts)

    def picture(self) -> Picture:
        """The spread, and what it does to profits."""
        return _picture(self)


def worlds(
    one: Scenario, two: Scenario, *, seed: int | None = None, rounds: int | None = None,
    names: tuple[str, str] = ("as it is", "otherwise"),
) -> Worlds:  # fmt: skip
    """Play two scenarios with the same seed side by side. Raises StoryError if they cannot be compared."""
    comparable(one, two)
    seed = one.seed if seed is None else seed
    rounds = one.market.rounds if rounds is None else rounds
    first, second = Simulation(one, seed), Simulation(two, seed)
    customers = first.state.supplier.size
    touched_by = np.full(customers, -1)
    rules = other_rules(one, two)
    acted, cause, parted, pioneers = (1 if rules else None), rules, None, np.zeros(0, int)
    route, elsewhere = np.zeros((rounds, len(ROUTES)), int), np.zeros(rounds, int)
    for round in range(1, rounds + 1):
        first.advance(1)
        second.advance(1)
        if acted is None and (words := _acts(first, second)):
            acted, cause = round, words
        differs = differing(first.state, second.state)
        new = differs & (touched_by < 0)
        touched_by[new] = _route(first.state, second.state, round)[new]
        if parted is None and differs.any():
            parted, pioneers = round, np.flatnonzero(differs)
            if acted is None:  # list prices do not tell what a firm asks of single customers
                acted, cause = round, "a firm treats some customers differently"
        route[round - 1] = np.bincount(touched_by[touched_by >= 0], minlength=len(ROUTES))
        elsewhere[round - 1] = (first.state.supplier != second.state.supplier).sum()
    profit = second.books.account("profit") - first.books.account("profit")
    return Worlds(
        names, tuple(first.firm_names), tuple(firm.strategy.kind for firm in two.firms), one.title, customers, acted,
        cause, parted, pioneers, route, elsewhere, np.cumsum(profit, axis=0),
    )  # fmt: skip


def differing(one: State, two: State) -> np.ndarray:
    """(C,) whether anything stored of a customer differs."""
    found = np.zeros(one.supplier.size, bool)
    for name in State._fields:
        if name != "contacted":
            a, b = by_customer(one, name), by_customer(two, name)
            found |= (a != b).reshape(-1, found.size).any(axis=0)
    return found


def _route(one: State, two: State, round: int) -> np.ndarray:
    """(C,) what made customers differ in a round: their own needs or traits, which nothing that happens in a market
    changes; a purchase in either world; what was said; else outreach.
    """
    traits = slice(len(state.TRAITS))
    own = (one.need != two.need).any(axis=0) | (one.customer[traits] != two.customer[traits]).any(axis=0)
    bought = ((one.record[..., state.LAST_ROUND] == round) | (two.record[..., state.LAST_ROUND] == round)).any(axis=0)
    talk = [state.EXPECTATION, state.TRUST]
    other = [row for row in range(len(state.DYAD)) if row not in talk]
    heard = (one.dyad[talk] != two.dyad[talk]).any(axis=(0, 1)) & (one.dyad[other] == two.dyad[other]).all(axis=(0, 1))
    return np.select([own, bought, heard], [OWN, PURCHASE, HEARSAY], OUTREACH)


def _acts(first: Simulation, second: Simulation) -> str:
    """How the firms acted differently in the last round, in words."""
    found = []
    for j, firm in enumerate(first.firm_names):
        rows = [(name, first.books.posted(name)[-1, j], second.books.posted(name)[-1, j]) for name in lever_names()]
        old, new = first.outlook.traits[j], second.outlook.traits[j]
        rows += [(name, old[name], new[name]) for name in old]
        words = [f"{name.replace('_', ' ')} {plain(b)} instead of {plain(a)}" for name, a, b in rows if a != b]
        found += [f"{firm} ({', '.join(words)})"] if words else []
    return "; ".join(found)


@styled
def _picture(w: Worlds) -> Picture:
    share = w.route[-1].sum() / w.customers
    title = (
        f"What begins in round {w.parted} touches {share:.0%} of the customers; "
        f"{w.elsewhere[-1] / w.customers:.0%} buy elsewhere in the end"
        if w.parted
        else "The two worlds are the same"
    )
    figure, top, bottom = slide(
        title, f"{w.title}: {w.names[1]} against {w.names[0]}, same customers, same luck",
        (f"First difference in round {w.acted}: {shorten(w.cause, 150, placeholder=' …')}. " if w.acted else "")
        + "A customer is touched once anything stored of it differs between the two markets.",
    )  # fmt: skip
    rounds = np.arange(1, len(w.route) + 1)
    ax = figure.add_axes((0.07, bottom, 0.36, top - bottom))
    ax.stackplot(rounds, 100 * w.route.T / w.customers, colors=COLOURS, alpha=0.85)
    ax.plot(rounds, 100 * w.elsewhere / w.customers, color=INK)
    ax.set(ylim=(0, max(10.0, 108 * share)), xlim=(1, len(rounds)), xlabel="round", ylabel="share of customers, %")
    ax.set_title("Who is touched, and first by what")
    base, told = 0.0, []
    for colour, count, name in zip(COLOURS, w.route[-1], ROUTES, strict=True):
        height = 100 * count / w.customers
        if height >= 1:
            told.append((base + height / 2, name, colour))
        base += height
    told.append((100 * w.elsewhere[-1] / w.customers, "other supplier", INK))
    at = -100.0
    for y, name, colour in sorted(told):
        at = max(y, at + 6.5 * max(share, 0.1))
        ax.annotate(
            name, (1.015, at), xycoords=("axes fraction", "data"), va="center", color=colour, fontweight="bold",
            fontsize=12, annotation_clip=False,
        )  # fmt: skip
    by, unit = money(w.profit)
    ax = figure.add_axes((0.60, bottom, 0.27, top - bottom))
    for j, look in enumerate(looks(w.strategies)):
        ax.plot(rounds, w.profit[:, j] / by, color=look.colour, linestyle=look.dash)
        ax.annotate(
            w.firms[j], (1.02, w.profit[-1, j] / by), xycoords=("axes fraction", "data"), color=look.ink, va="center",
            fontweight="bold", annotation_clip=False,
        )  # fmt: skip
    ax.axhline(0, color=QUIET, linewidth=1)
    ax.set(xlim=(1, len(rounds)), xlabel="round", ylabel=unit)
    ax.set_title("Profit to date: the difference")
    if w.acted:
        for one in figure.axes:
            one.axvline(w.acted, color="#b00020", linewidth=1.4, linestyle=(0, (3, 2)))
    return figure
