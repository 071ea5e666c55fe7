"""One customer of a market, lifted out: a copy of its rows alone, on which `Customer` plays its next round.

The copy has the shape of the market, but every column is the same one: whatever index it is asked for, it answers with
the watched customer's numbers, and writing to it changes nothing else. The messages of the others are there to be
heard. So `sim.agents.Customer` works on it as it is, with the right random numbers, and the same rules explain what the
compiled driver is about to do. The flows it books are those of a market with one customer: its own.
"""

from typing import Any

import mesa
import numpy as np
from numpy.lib.stride_tricks import as_strided

from sim import inputs, random, rules, state
from sim.agents import Customer, Turn
from sim.books import flows
from sim.inputs import Firms
from sim.network import NONE
from sim.outreach import neighbour
from sim.simulation import Simulation
from sim.state import INTERLEAVED, State, by_customer
from sim.stories.chapter import Choice, Heard, Option, Ties

SHARED = ("told", "message", "contacted")  # not one column per customer, or read of other customers as well


class View:
    """A simulation as one customer meets it: its own rows are copies, everything else is the simulation's."""

    def __init__(self, simulation: Simulation, customer: int) -> None:
        self._simulation = simulation
        self.state = lifted(simulation.state, customer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._simulation, name)

    def note_purchase(self, *_: Any) -> None:
        """The log is the real market's."""


class Window(mesa.Model):
    """What a `Watched` customer takes for its market."""

    def __init__(self, simulation: Simulation, customer: int) -> None:
        self.simulation = View(simulation, customer)
        self.turn: Turn | None = None
        super().__init__(rng=0)  # nothing is drawn from it


class Watched(Customer):
    """A customer that remembers what its round consisted of."""

    def __init__(self, simulation: Simulation, index: int) -> None:
        super().__init__(Window(simulation, index), index)
        self.heard: Heard | None = None
        self.choice: Choice | None = None
        self.met: tuple[Ties, Ties] | None = None  # just before and just after the encounter

    def play(self, firms: Firms) -> None:
        """Play the coming round on the copy; flows are then in `self.turn.flows`."""
        view = self.model.simulation
        booked = flows(1, self.state.supplier.size, len(view.firm_names))
        self.model.turn = Turn.of(view, firms, booked)
        now, s = self.turn.round & 1, self.state
        s.told[now], s.message[now] = s.told[1 - now], s.message[1 - now]
        self.step()

    def ties(self) -> Ties:
        """What lies between it and every firm now."""
        every = [self.relationship(j) for j in range(self.trust.size)]
        gaps = [np.asarray(self.need, float) - np.asarray(tie.belief, float) for tie in every]
        return Ties(
            trust=np.array([tie.trust for tie in every]),
            context=self.context,
            expectation=self.expectation,
            expected_surcharge=np.array([tie.expected_surcharge for tie in every]),
            fatigue=np.array([tie.fatigue for tie in every]),
            belief_error=np.array([float(np.sqrt((gap * gap).mean())) for gap in gaps]),
            aware=np.array([tie.aware for tie in every]),
            identified=np.array([tie.identified for tie in every]),
            opted_out=np.array([tie.opted_out for tie in every]),
            purchases=np.array([tie.purchases for tie in every]),
            aspiration=self.aspiration,
            supplier=self.supplier,
            active=self.active,
        )

    def listen(self) -> None:
        """As every customer; and notes what it heard from whom."""
        simulation = self.model.simulation
        _, hears, which, _ = self._uniforms(random.LIFE)
        before, old = self.ties(), 1 - (self.turn.round & 1)
        super().listen()
        if simulation.network.kind == NONE or hears >= self.talkativeness:
            return
        teller = neighbour(simulation.network, self.state.supplier.size, self.index, which)
        firm = int(self.state.told[old, teller]) if teller >= 0 else -1
        if firm >= 0 and self.turn.firms.present[firm]:
            value, trust, evidence = (float(number) for number in self.state.message[old, teller])
            self.heard = Heard(int(teller), firm, value, trust, evidence, before, self.ties())

    def terms(self, firm: int) -> dict[str, float]:
        """What each term adds to the utility of a firm, in utils; they add up to it."""
        tie, p = self.relationship(firm), self.model.simulation.parameters
        found = {
            "expected value": tie.expectation,
            "taste": tie.taste,
            "price": -self.money_weight(firm) * self.expected_price(firm),
            "effort": -rules.effort(self.turn.strange[firm], tie.context),
            "trust": rules.comfort(p.trust_weight, self.relational_orientation, tie.trust),
            "annoyance": -rules.annoyance(p.fatigue_weight, tie.fatigue, self.overload),
            "contacts": p.salience * (0.0 if tie.opted_out else self.noticed[firm]),
            "habit": 0.0,
            "exit fee": 0.0,
            "distance": 0.0,
        }
        if firm != self.supplier >= 0:
            found["habit"] = -self.inertia
            found["exit fee"] = self.inertia - self.leaving_penalty()
        if p.choice == inputs.HOTELLING:
            place = self._uniforms(random.CHOICE)[1]
            found["distance"] = -rules.transport(place, float(firm), p.transport_cost)
        return found

    def expected_price(self, firm: int) -> float:
        """What it expects to pay a firm, in euro."""
        tie = self.relationship(firm)
        return rules.expected_price(
            self._personal(inputs.PRICE, firm),
            self._personal(inputs.SURCHARGE, firm),
            self._lever(inputs.TRANSPARENCY, firm),
            tie.expected_surcharge,
            self._lever(inputs.OUTCOME_SHARE, firm),
            tie.expectation,
        )

    def choose(self) -> int | None:
        """As every customer; and notes what was on offer, how likely each option was, and why."""
        p = self.model.simulation.parameters
        draw = self._uniforms(random.CHOICE)[0]
        options = []
        for j in range(self.trust.size):
            utility = self.utility(j)
            if utility > -np.inf:
                terms = self.terms(j)
                utility += terms["distance"]  # Customer.choose adds it after `utility`
                options.append(Option(j, self._personal(inputs.PRICE, j), self.expected_price(j), terms, utility, 0.0))
        if p.outside_option:
            options.append(Option(None, 0.0, 0.0, {"doing without": p.outside_utility}, p.outside_utility, 0.0))
        best = max((option.utility for option in options), default=-np.inf)
        logit = p.choice == inputs.LOGIT
        weights = [rules.option_weight(option.utility, best, p.choice_precision, logit) for option in options]
        options = [o._replace(probability=w / sum(weights)) for o, w in zip(options, weights, strict=True)]
        chosen = super().choose()
        self.choice = Choice(tuple(options), draw, chosen)
        return chosen

    def buy(self, firm: int) -> None:
        """As every customer; and notes what lay between the two before and after."""
        before = self.ties()
        super().buy(firm)
        self.met = before, self.ties()


def lifted(s: State, customer: int) -> State:
    """The state of a market whose customers are all this one; a copy of its rows."""
    parts = {name: getattr(s, name).copy() for name in SHARED}
    for name in State._fields:
        if name not in SHARED:
            whole = by_customer(s, name)
            column = whole[..., customer : customer + 1].copy()
            same = as_strided(column, whole.shape, (*column.strides[:-1], 0))
            parts[name] = np.moveaxis(same, -1, -2) if name in INTERLEAVED else same
    return State(**parts)


def own_rows(s: State, customer: int, round: int) -> dict[str, bytes]:
    """Everything of one customer after `round`, as bits."""
    rows = {name: by_customer(s, name)[..., customer] for name in State._fields if name not in SHARED}
    rows |= {"told": s.told[round & 1, customer], "message": s.message[round & 1, customer]}
    return {name: np.ascontiguousarray(row).tobytes() for name, row in rows.items()}


def traits(customer: Customer) -> dict[str, float]:
    """Name -> the lasting traits of a customer, in the order of `state.TRAITS`."""
    return {quantity.name: float(getattr(customer, quantity.name)) for quantity in state.TRAITS}
