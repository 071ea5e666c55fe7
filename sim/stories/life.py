"""The life of one customer, replayed from the seed: nothing of it had to be stored when the market was played.

Before each round the customer is lifted out and plays the round as a `Customer` on a copy of its rows
(`sim.stories.window`), noting why it does what it does. Then the compiled driver plays the round for everybody, and the
two must agree to the last bit: what is told is what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import books, inputs
from sim.analysis import phases
from sim.books import CHUNK, Flows
from sim.in_words import ArgumentError, whole
from sim.inputs import Firms
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.snapshot import towards
from sim.stories.chapter import Chapter, Encounter, Offers, Record, StoryError
from sim.stories.pick import KINDS
from sim.stories.pick import pick as picked
from sim.stories.shown import Shown
from sim.stories.sources import Source, played
from sim.stories.window import Watched, own_rows, traits
from sim.strategies.base import LEVERS

if TYPE_CHECKING:
    from sim.figure import Picture


class Life(Shown, Record):
    """A customer's life in a market; `str` of it is the story, `picture` the strip."""

    def text(self, rounds: tuple[int, int] | None = None) -> str:
        """The story in plain sentences, of the rounds from…to; by default its turning points and how it begins."""
        from sim.stories.words import told

        return told(self, rounds)

    def picture(self, rounds: tuple[int, int] | None = None) -> Picture:
        """The strip chart."""
        from sim.stories.strip import strip

        return strip(self, rounds)


def story(
    source: Source,
    customer: int | None = None,
    *,
    pick: str | None = None,
    alternative: str | None = None,
    seed: int | None = None,
    rounds: int | None = None,
) -> Life:
    """The life of a customer, replayed: what it was offered, heard, chose and why, and what came of it.

    source       a scenario, its name or file; or the results of a run, which is repeated
    customer     its number, from 0; or pick: "left", "valuable", "betrayed" or "hostage", see `sim.stories.pick`
    alternative  one of the scenario's; seed, rounds: default those of the scenario or the run

    Raises StoryError for a customer there is not, ScenarioError for an unknown alternative.
    """
    scenario, seed, rounds, alternative = played(source, alternative, seed, rounds)
    why = ""
    if pick is not None or customer is None:
        if pick is None or customer is not None:
            kinds = ", ".join(f'"{kind}"' for kind in KINDS)
            last = scenario.market.customers - 1
            raise StoryError(f"whose story? Give customer (0 to {last}) or pick ({kinds}): one of the two")
        customer, why = picked(scenario, pick, seed=seed, rounds=rounds)
    replay = Replay(scenario, customer, seed)
    chapters = tuple(replay.rounds(rounds))
    return Life(
        scenario=scenario,
        alternative=alternative,
        seed=replay.simulation.seed,
        customer=customer,
        firms=tuple(replay.simulation.firm_names),
        strategies=tuple(firm.strategy.kind for firm in scenario.firms),
        traits=replay.traits,
        chapters=chapters,
        why=why,
    )


class Replay:
    """A market played round by round with the compiled driver while one customer is watched."""

    def __init__(self, scenario: Scenario, customer: int, seed: int | None = None) -> None:
        last = scenario.market.customers - 1
        try:
            self.customer = whole("customer", customer, 0, last)
        except ArgumentError:
            raise StoryError(f"there is no customer {customer!r}; this market has 0 to {last}") from None
        self.simulation = Simulation(scenario, seed)
        self.traits = traits(Watched(self.simulation, customer))
        self._history = History(len(scenario.firms))
        self._born = 1

    def rounds(self, rounds: int) -> Iterator[Chapter]:
        """Play so many rounds; yields what happened in each."""
        for _ in range(rounds):
            yield self.step()

    def step(self) -> Chapter:
        """Play one round, and tell what it was for the customer."""
        simulation, seen = self.simulation, {}

        def customers(_: Simulation, firms: Firms, flows: Flows) -> None:
            watched = Watched(simulation, self.customer)
            seen["before"], seen["firms"], seen["watched"] = watched.ties(), firms, watched
            watched.play(firms)
            simulation.play_customers(firms, flows)

        simulation.step(customers)
        watched, round = seen["watched"], simulation.round
        bits = own_rows(simulation.state, self.customer, round)
        explained = own_rows(watched.state, self.customer, round)
        if differing := [name for name in bits if bits[name] != explained[name]]:
            raise RuntimeError(
                f"round {round} of customer {self.customer} cannot be explained: {', '.join(differing)} came out "
                "otherwise in the compiled driver; please report this scenario and seed"
            )
        return self._chapter(seen["firms"], seen["before"], watched, bits)

    def _chapter(self, firms: Firms, before: Any, watched: Watched, bits: dict[str, bytes]) -> Chapter:
        simulation, round = self.simulation, self.simulation.round
        flows = watched.turn.flows.firm[0, self.customer // CHUNK]
        born = int(simulation.state.born[self.customer])
        newborn, self._born = born != self._born, born
        if newborn:
            self._history = History(len(simulation.firm_names))
        encounter = _encounter(watched, flows)
        after = Watched(simulation, self.customer).ties()
        return Chapter(
            round=round,
            news=news(simulation.scenario, round),
            newborn=newborn,
            traits=traits(watched),
            offers=faced(firms, self.customer, simulation.state.supplier.size),
            before=before,
            after=after,
            contacts=flows[:, books.CONTACTS].copy(),
            opt_outs=tuple(int(j) for j in np.flatnonzero(flows[:, books.OPT_OUTS])),
            opt_out_fees=float(flows[:, books.OPT_OUT_FEES].sum()),
            heard=watched.heard,
            choice=watched.choice,
            encounter=encounter,
            departed=before.active and not after.active,
            phases=self._history.after(round, encounter.firm if encounter else None),
            bits=bits,
        )


def faced(firms: Firms, customer: int, customers: int) -> Offers:
    """The firms as they act towards one customer."""
    levers = firms.lever.copy()
    for row in range(inputs.PERSONAL):
        if (firms.slot[row] >= 0).any():
            levers[row] = towards(firms, row, customers)[:, customer]
    return Offers(levers, firms.trait.copy(), firms.position.copy(), firms.average.copy(), firms.present != 0)


def _encounter(watched: Watched, flows: np.ndarray) -> Encounter | None:
    """What the books of a market with this one customer say of its purchase."""
    if watched.met is None:
        return None
    before, after = watched.met
    firm = watched.choice.chosen
    own = flows[firm]
    lost = np.flatnonzero(flows[:, books.LOST])
    return Encounter(
        firm=firm,
        fit=float(own[books.FIT]),
        value=float(own[books.VALUE]),
        price=float(own[books.SALES]),
        surcharge=float(own[books.SURCHARGES]),
        exit_fee=float(flows[:, books.EXIT_FEES].sum()),
        effort=float(own[books.EFFORT]),
        surplus=float(own[books.SURPLUS]),
        evidence=float(own[books.EVIDENCE]),
        failed=bool(own[books.FAILURES]),
        voiced=bool(own[books.COMPLAINTS]),
        compensation=float(own[books.COMPENSATION]),
        left=int(lost[0]) if lost.size else None,
        before=before,
        after=after,
    )


class History:
    """Purchases of one customer, from which the phase of each relationship is read (`sim.analysis.phases`)."""

    def __init__(self, firms: int) -> None:
        self.bought, self.latest, self.elsewhere = (np.zeros(firms, np.int64) for _ in range(3))
        self.recent: list[int] = []

    def after(self, round: int, firm: int | None) -> tuple[str, ...]:
        """Phases at the end of a round with a purchase from `firm`, or none."""
        if firm is not None:
            self.bought[firm] += 1
            self.latest[firm] = round
            self.elsewhere += 1
            self.elsewhere[firm] = 0
            self.recent = [*self.recent, firm][-phases.WINDOW :]
        loyal = np.array([self.recent.count(j) >= phases.COMMITTED for j in range(self.bought.size)])
        labels = phases.label(self.bought, self.elsewhere, round - self.latest, loyal)
        return tuple(phases.PHASES[label] for label in labels)


def news(scenario: Scenario, round: int) -> tuple[str, ...]:
    """The events of the scenario that begin or end in a round, in words."""
    found = []
    for event in scenario.events:
        words = event.kind.replace("_", " ")
        whose = f"{event.firm}: {words}" if hasattr(event, "firm") else words
        if event.kind == "strategy":
            whose = f"{event.firm} now plays {event.strategy.kind}"
        if event.round == round:
            found.append(whose)
        if getattr(event, "duration", None) is not None and event.round + event.duration == round:
            found.append(f"over: {whose}")
    return tuple(found)


def lever_names() -> tuple[str, ...]:
    """Names of the rows of `Offers.levers`."""
    return tuple(lever.name for lever in LEVERS)
