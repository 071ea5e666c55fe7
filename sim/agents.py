"""The agent driver: customers and firms as plain Mesa agents that play a round by the same rules as the compiled
driver.

An agent is a view of its rows in the state's arrays: reading or setting an attribute reads or writes the market
itself. When a customer is replaced, the same object stands for the newcomer. `Customer.step` is the paragraph of
docs/model.md in Python. Subclass it, override a method, and pass the class to `Market`; everything else stays as it is,
and so do all random numbers.
"""

from dataclasses import dataclass
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, NamedTuple

import mesa
import numpy as np

from sim import books, inputs, random, rules, state
from sim.books import CHUNK, Flows
from sim.decisions import observe
from sim.in_words import InWords
from sim.inputs import Firms, lever
from sim.network import NONE
from sim.outreach import neighbour
from sim.state import AWARE, IDENTIFIED, INTERLEAVED, OPTED_OUT
from sim.strategies.base import FirmView, Levers

if TYPE_CHECKING:
    from sim.simulation import Simulation


class Turn(NamedTuple):
    """The round being played, as customers meet it: what firms set, and where flows are booked."""

    round: int
    firms: Firms
    flows: Flows
    strange: list[float]  # effort with each firm without context, utils
    shrink: list[float]  # factor of each range on the squared distance

    @classmethod
    def of(cls, simulation: "Simulation", firms: Firms, flows: Flows) -> "Turn":
        """The turn of the coming round."""
        p, sizes = simulation.parameters, [float(size) for size in firms.lever[inputs.ASSORTMENT]]
        dimensions = simulation.state.need.shape[0]
        strange = [rules.assortment_effort(p.search_effort, p.choice_effort, size) for size in sizes]
        return cls(
            simulation.round + 1, firms, flows, strange, [rules.range_factor(size, dimensions) for size in sizes]
        )


class CustomerError(InWords, RuntimeError):
    """A customer of a reader's own class raised; the message says which, in which round and method, and what."""


def failed(customer: "Customer", round: int, error: Exception) -> str:
    """Whose error it was: the customer, its class, the round, and the innermost of its methods."""
    *_, frame = (frame for frame, _ in walk_tb(error.__traceback__) if frame.f_locals.get("self") is customer)
    return (
        f"customer {customer.index}, {type(customer).__name__}, round {round}: "
        f"{frame.f_code.co_name} raised {type(error).__name__}: {error}"
    )


@dataclass
class Encounter:
    """One purchase as it unfolds; money in euro."""

    firm: int
    context: float  # shared before, then after it
    expectation: float  # before it
    personalisation: float = 0.0
    fit: float = 0.0
    value: float = 0.0
    compensation: float = 0.0
    surcharge: float = 0.0
    paid: float = 0.0
    effort: float = 0.0
    surplus: float = 0.0
    evidence: float = 0.0
    trust: float = 0.0  # after it


def stored(block: str, row: int, doc: str) -> Any:
    """A property that reads and writes one number of customer `index` in state.<block>[row]."""

    def get(self: "Customer") -> float:
        return float(getattr(self.state, block)[row, self.index])

    def set_(self: "Customer", value: float) -> None:
        getattr(self.state, block)[row, self.index] = value

    return property(get, set_, doc=doc)


class Customer(mesa.Agent):
    """One customer; `index` is its place in the arrays. Traits and states are those of docs/model.md."""

    price_sensitivity = stored("customer", state.PRICE_SENSITIVITY, "α, utils per euro.")
    relational_orientation = stored("customer", state.RELATIONAL_ORIENTATION, "ρ, how much trust counts.")
    openness = stored("customer", state.OPENNESS, "d, disclosed without trust.")
    contact_tolerance = stored("customer", state.CONTACT_TOLERANCE, "κ, fatigue borne without annoyance.")
    purchase_rate = stored("customer", state.PURCHASE_RATE, "λ, probability of a need per round.")
    inertia = stored("customer", state.INERTIA, "ι, utils.")
    talkativeness = stored("customer", state.TALKATIVENESS, "ω, probability of hearing a message per round.")
    attrition = stored("customer", state.ATTRITION, "p_a, probability of leaving after an encounter.")
    aspiration = stored("customer", state.ASPIRATION, "a, surplus it has come to expect, euro.")
    stress = stored("customer", state.STRESS, "S, fatigue from all firms.")

    def __init__(self, model: mesa.Model, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.noticed = [0.0] * len(model.simulation.firm_names)  # of this round's contacts, per firm
        self.overload = 0.0

    # ------------------------------------------------------------------------------------------------ views

    @property
    def state(self) -> state.State:
        """The arrays this is a view of."""
        return self.model.simulation.state

    @property
    def active(self) -> bool:
        """Whether it is still in the market."""
        return bool(self.state.active[self.index])

    @active.setter
    def active(self, value: bool) -> None:
        self.state.active[self.index] = value

    @property
    def supplier(self) -> int:
        """Firm of the last purchase, −1 if none."""
        return int(self.state.supplier[self.index])

    @supplier.setter
    def supplier(self, firm: int) -> None:
        self.state.supplier[self.index] = firm

    @property
    def segment(self) -> int:
        """Number of its segment."""
        return int(self.state.segment[self.index])

    @property
    def need(self) -> np.ndarray:
        """n, (K,) view."""
        return self.state.need[:, self.index]

    @property
    def trust(self) -> np.ndarray:
        """τ in each firm, (F,) view."""
        return self.state.dyad[state.TRUST, :, self.index]

    @property
    def context(self) -> np.ndarray:
        """Context now shared with each firm, (F,) copy; write it through `relationship(firm).context`."""
        return np.array([self.relationship(j).context for j in range(self.trust.size)])

    @property
    def expectation(self) -> np.ndarray:
        """Value in use now expected of each firm, (F,) euro, copy."""
        return np.array([self.relationship(j).expectation for j in range(self.trust.size)])

    def relationship(self, firm: int) -> "Relationship":
        """What lies between this customer and a firm."""
        return Relationship(self.model.simulation, self.index, firm)

    # ---------------------------------------------------------------------------------------------- a round

    def step(self) -> None:
        """Play a round: needs drift, firms reach out, a neighbour talks; if a need arises, choose a firm, buy and
        learn.
        """
        if not self.active:
            return
        self.drift()
        self.receive()
        self.listen()
        if self.has_need():
            self.book_market(books.OCCASIONS, 1.0)
            firm = self.choose()
            if firm is not None:
                self.buy(firm)

    def drift(self) -> None:
        """Submodel 1: the need moves a little."""
        p = self.model.simulation.parameters
        if p.turbulence <= 0.0:
            return
        means = self.model.simulation.means[:, self.segment]
        normals = self._normals(random.DRIFT, 0)
        for k in range(self.need.size):
            self.need[k] = rules.drift(float(self.need[k]), float(means[k]), p.turbulence, p.heterogeneity, normals[k])

    def receive(self) -> None:
        """Submodel 3: advertising, content and contacts of every firm; then perhaps too much of it all."""
        for j in range(self.trust.size):
            present = self.turn.firms.present[j]
            if present and self._lever(inputs.ADVERTISING, j) > 0.0:
                self.see_advertising(j)
            if present and self._lever(inputs.CONTENT, j) > 0.0:
                self.see_content(j)
            if self.state.contacted[j]:
                self.be_contacted(j)
        if self.state.contacted.any():
            self.feel_crowded()

    def see_advertising(self, firm: int) -> None:
        """Perhaps come to know a firm."""
        tie = self.relationship(firm)
        if not tie.aware:
            tie.aware = self._uniforms(random.ADVERTISING, firm)[0] < self._lever(inputs.ADVERTISING, firm)

    def see_content(self, firm: int) -> None:
        """Useful content makes a firm one knows a little more familiar."""
        tie, p = self.relationship(firm), self.model.simulation.parameters
        if tie.aware:
            context, _ = tie.settle()
            content = self._lever(inputs.CONTENT, firm)
            tie.stored_context = rules.familiarity(context, p.context_gain, p.one_sided_context, content)

    def be_contacted(self, firm: int) -> None:
        """Contacts leave fatigue; where the firm listens they are a small encounter."""
        tie, p, firms = self.relationship(firm), self.model.simulation.parameters, self.turn.firms
        open_channel = firms.present[firm] and tie.identified and not tie.opted_out
        contacts = self._personal(inputs.CONTACTS, firm) if open_channel else 0.0
        distance = 0.0
        if self._lever(inputs.PERSONALISATION, firm) > 0.0:
            for k in range(self.need.size):
                gap = float(self.need[k]) - self.believed(firm, k)
                distance += gap * gap
        relevant = rules.relevant_share(
            self._trait(inputs.RELEVANCE, firm), self._personal(inputs.PERSONALISATION, firm), distance, self.need.size
        )
        tie.fatigue = rules.fatigue(tie.fatigue, p.fatigue_carryover, contacts, relevant)
        self.noticed[firm] = rules.reach(contacts)
        self.book(firm, books.CONTACTS, contacts)
        if contacts > 0.0 and self._lever(inputs.LISTENING, firm) > 0.0:
            share = rules.dialogue(self._lever(inputs.LISTENING, firm), self.noticed[firm], self.openness)
            context, _ = tie.settle()
            context = rules.context(context, share * p.context_gain, p.one_sided_context, True)
            tie.stored_context = context
            expressed = share * rules.expressed_rate(self._trait(inputs.READING, firm), self.openness, tie.trust)
            latent = share * rules.latent_rate(self._trait(inputs.IMAGINATION, firm), context, tie.trust)
            self.be_observed(firm, random.CONTACT, expressed, latent)

    def believed(self, firm: int, k: int) -> float:
        """What a firm takes dimension k of the need to be: its belief, pooled with the average as far as it pools."""
        belief, average = self.relationship(firm).belief[k], self.turn.firms.average[firm, k]
        return rules.pooled(float(belief), float(average), self._lever(inputs.POOLING, firm))

    def feel_crowded(self) -> None:
        """Stress comes from all firms together; whoever annoys too much is shut out."""
        p = self.model.simulation.parameters
        stress = 0.0
        for j in np.flatnonzero(self.state.contacted):
            stress += self.relationship(j).fatigue
        self.stress = stress
        self.overload = rules.overload(stress, self.contact_tolerance)
        self.book_market(books.STRESS, stress)
        self.book_market(books.OVERLOAD, self.overload)
        for j in np.flatnonzero(self.state.contacted):
            tie, fee = self.relationship(j), self._lever(inputs.OPT_OUT_FEE, j)
            if not self.turn.firms.present[j] or not tie.identified or tie.opted_out:
                continue
            annoyance = rules.annoyance(p.fatigue_weight, tie.fatigue, self.overload)
            if rules.opts_out(annoyance, p.opt_out_threshold, fee):
                tie.opted_out = True
                self.book(j, books.OPT_OUTS, 1.0)
                if fee > 0.0:
                    self.book(j, books.OPT_OUT_FEES, fee)
                    evidence = rules.fee_evidence(fee, p.goodwill_scale)
                    tie.trust = rules.trust(tie.trust, evidence, p.trust_gain, p.trust_loss)
                    tie.book(fee, fee, -fee)

    def listen(self) -> None:
        """Submodel 4: perhaps hear a neighbour's last message."""
        simulation, p = self.model.simulation, self.model.simulation.parameters
        _, hears, which, _ = self._uniforms(random.LIFE)
        if simulation.network.kind == NONE or hears >= self.talkativeness:
            return
        before = 1 - (self.turn.round & 1)
        teller = neighbour(simulation.network, self.state.supplier.size, self.index, which)
        firm = int(self.state.told[before, teller]) if teller >= 0 else -1
        if firm < 0 or not self.turn.firms.present[firm]:
            return
        value, trust, evidence = (float(number) for number in self.state.message[before, teller])
        tie = self.relationship(firm)
        context, expectation = tie.settle()
        weight = rules.hearsay_weight(p.hearsay_weight, context, p.bad_news_bias, evidence)
        tie.stored_expectation = rules.moved_towards(expectation, value, weight)
        tie.trust = rules.moved_towards(tie.trust, trust, weight)
        tie.aware = True

    def has_need(self) -> bool:
        """Submodel 5: does a need arise this round?"""
        return self._uniforms(random.LIFE)[3] < self.purchase_rate

    def utility(self, firm: int) -> float:
        """U of buying from a firm now, in utils; −inf for one that is unknown or not in the market."""
        tie, p, firms = self.relationship(firm), self.model.simulation.parameters, self.turn.firms
        if not firms.present[firm] or not tie.aware:
            return -np.inf
        expected = rules.expected_price(
            self._personal(inputs.PRICE, firm),
            self._personal(inputs.SURCHARGE, firm),
            self._lever(inputs.TRANSPARENCY, firm),
            tie.expected_surcharge,
            self._lever(inputs.OUTCOME_SHARE, firm),
            tie.expectation,
        )
        utility = rules.utility(
            tie.expectation,
            tie.taste,
            self.money_weight(firm),
            expected,
            rules.effort(self.turn.strange[firm], tie.context),
            rules.comfort(p.trust_weight, self.relational_orientation, tie.trust),
            rules.annoyance(p.fatigue_weight, tie.fatigue, self.overload),
            rules.salience(p.salience, self.noticed[firm], tie.opted_out),
        )
        utility -= 0.0 if firm == self.supplier or self.supplier < 0 else self.leaving_penalty()
        return utility

    def money_weight(self, firm: int) -> float:
        """Utils per euro paid to a firm."""
        p, trust = self.model.simulation.parameters, self.relationship(firm).trust
        return rules.money_weight(self.price_sensitivity, p.price_tolerance, self.relational_orientation, trust)

    def leaving_penalty(self) -> float:
        """Utils lost by leaving the present supplier, beyond what the relationship itself is worth."""
        present = self.turn.firms.present[self.supplier]
        fee = self._lever(inputs.EXIT_FEE, self.supplier) if present else 0.0
        return rules.switching_penalty(self.inertia, self.price_sensitivity, fee)

    def choose(self) -> int | None:
        """The firm to buy from, or None for the outside option."""
        p = self.model.simulation.parameters
        draw, place, _, _ = self._uniforms(random.CHOICE)
        utilities = [self.utility(j) for j in range(self.trust.size)]
        self.book_switching_cost(utilities)
        if p.choice == inputs.HOTELLING:
            utilities = [u - rules.transport(place, float(j), p.transport_cost) for j, u in enumerate(utilities)]
        best = max([*utilities, p.outside_utility if p.outside_option else -np.inf])
        logit = p.choice == inputs.LOGIT
        weights = [rules.option_weight(u, best, p.choice_precision, logit) for u in utilities]
        total = 0.0
        for weight in weights:  # not sum(), which compensates rounding and so differs from a plain loop
            total += weight
        total += rules.option_weight(p.outside_utility, best, p.choice_precision, logit) if p.outside_option else 0.0
        reached = 0.0
        for firm, weight in enumerate(weights):
            reached += weight
            if reached > total * draw:
                return firm
        return None

    def book_switching_cost(self, utilities: list[float]) -> None:
        """Book what leaving the supplier would cost at equal prices, in euro, where there is somewhere to go."""
        supplier = self.supplier
        if supplier < 0 or utilities[supplier] == -np.inf:
            return
        base = self._personal(inputs.PRICE, supplier)
        even = [
            rules.at_price(u, self.money_weight(j), self._personal(inputs.PRICE, j), base)
            for j, u in enumerate(utilities)
        ]
        other = max((u for j, u in enumerate(even) if j != supplier), default=-np.inf)
        if other > -np.inf:
            self.book_market(books.SWITCHABLE, 1.0)
            self.book_market(books.SWITCHING_COST, (even[supplier] - other) / self.money_weight(supplier))

    def buy(self, firm: int) -> None:
        """Submodels 6 and 7: the encounter with the chosen firm, and what both sides learn from it."""
        met = Encounter(firm, *self.relationship(firm).settle())
        self.receive_delivery(met)
        self.pay(met)
        self.learn(met)
        self.be_recorded(met)
        if self._uniforms(random.CHOICE)[2] < self.attrition:
            self.depart()

    def receive_delivery(self, met: "Encounter") -> None:
        """What the offer is worth in use, and what comes of a failure."""
        p, firm, tie = self.model.simulation.parameters, met.firm, self.relationship(met.firm)
        fails, voices, first, second = self._uniforms(random.DELIVERY, firm)
        noise, _ = random.normal_pair(first, second)
        relevance = self._trait(inputs.RELEVANCE, firm)
        met.personalisation = self._personal(inputs.PERSONALISATION, firm) if tie.identified else 0.0
        distance = 0.0
        for k in range(self.need.size):
            position = float(self.turn.firms.position[firm, k])
            gap = float(self.need[k]) - rules.offered(position, relevance, met.personalisation, self.believed(firm, k))
            distance += gap * gap
        met.fit = rules.fit(distance, self.turn.shrink[firm], self.need.size)
        imagination = self._trait(inputs.IMAGINATION, firm)
        together = rules.cocreation(p.cocreation, imagination, met.context, tie.trust, self.openness, tie.mutual)
        quality = self._trait(inputs.FIRM_QUALITY, firm) * self._lever(inputs.QUALITY, firm)
        met.value = rules.value_in_use(p.base_value, quality, met.fit, together, p.value_noise, noise)
        if fails < self._trait(inputs.FAILURE_RATE, firm):
            met.value -= p.failure_loss
            self.book(firm, books.FAILURES, 1.0)
            if voices < rules.voice_probability(self._lever(inputs.LISTENING, firm), p.voice_floor, tie.trust):
                met.compensation = rules.compensation(self._personal(inputs.CARE, firm), p.failure_loss)
                met.value += met.compensation
                self.book(firm, books.COMPLAINTS, 1.0)
                tie.complaints += 1

    def pay(self, met: "Encounter") -> None:
        """Price and surcharge or share of the outcome, an exit fee to the old supplier, and the surplus left."""
        outcome_share = self._lever(inputs.OUTCOME_SHARE, met.firm)
        met.surcharge = rules.surcharge_due(self._personal(inputs.SURCHARGE, met.firm), outcome_share)
        met.paid = rules.paid(self._personal(inputs.PRICE, met.firm), met.surcharge, outcome_share, met.value)
        exit_fee = self.leave_supplier_for(met.firm)
        met.effort = rules.effort(self.turn.strange[met.firm], met.context)
        met.surplus = rules.surplus(met.value, met.paid, exit_fee, met.effort)

    def learn(self, met: "Encounter") -> None:
        """Expectations, aspiration, trust, context; and what the firm learns of the need, once each knows the other."""
        p, firm, tie = self.model.simulation.parameters, met.firm, self.relationship(met.firm)
        outcome_share, transparency = self._lever(inputs.OUTCOME_SHARE, firm), self._lever(inputs.TRANSPARENCY, firm)
        surprise = rules.surprise(met.surcharge, transparency, tie.expected_surcharge, outcome_share)
        met.evidence = rules.goodwill(
            met.surplus, self.aspiration, surprise, p.loss_aversion, p.goodwill_scale, transparency,
            p.transparency_credit,
        )  # fmt: skip
        met.trust = rules.trust(tie.trust, met.evidence, p.trust_gain, p.trust_loss)
        tie.expected_surcharge = rules.expected_surcharge(tie.expected_surcharge, p.surcharge_learning, surprise)
        tie.stored_expectation = rules.moved_towards(met.expectation, met.value, p.value_learning)
        self.aspiration = rules.moved_towards(self.aspiration, met.surplus, p.aspiration_learning)
        tie.trust = met.trust
        if self._lever(inputs.MEMORY, firm) > 0.0 and not tie.identified:
            tie.identified = True
            self.book(firm, books.MET, 1.0)
        met.context = rules.context(met.context, p.context_gain, p.one_sided_context, tie.mutual)
        tie.stored_context = met.context
        tie.settled = self.turn.round + 1
        if tie.mutual:
            expressed = rules.expressed_rate(self._trait(inputs.READING, firm), self.openness, met.trust)
            latent = rules.latent_rate(self._trait(inputs.IMAGINATION, firm), met.context, met.trust)
            self.be_observed(firm, random.OBSERVATION, expressed, latent)

    def be_recorded(self, met: "Encounter") -> None:
        """The records of the pair, the message for others, and the books."""
        firm, tie, round = met.firm, self.relationship(met.firm), self.turn.round
        if tie.purchases == 0:
            tie.first_round = round
            self.book(firm, books.FIRST_TIME, 1.0)
        tie.purchases += 1
        tie.last_round = round
        self.supplier = firm
        self.state.told[round & 1, self.index] = firm
        self.state.message[round & 1, self.index] = met.value, met.trust, met.evidence
        production = rules.unit_cost(
            self._trait(inputs.UNIT_COST, firm), self._trait(inputs.QUALITY_COST, firm),
            self._lever(inputs.QUALITY, firm), self._trait(inputs.EFFICIENCY, firm), met.personalisation,
        )  # fmt: skip
        tailoring = rules.tailoring_cost(self._trait(inputs.PERSONALISATION_COST, firm), met.personalisation)
        tie.book(met.paid, rules.margin(met.paid, production, tailoring, met.compensation), met.surplus)
        sale = met.paid - met.surcharge
        for cell, amount in (
            (books.SALES, sale), (books.SURCHARGES, met.surcharge), (books.PRODUCTION, production),
            (books.PERSONALISATION, tailoring), (books.COMPENSATION, met.compensation), (books.PURCHASES, 1.0),
            (books.TRUST, met.trust), (books.CONTEXT, met.context), (books.FIT, met.fit), (books.SURPLUS, met.surplus),
            (books.EFFORT, met.effort), (books.VALUE, met.value), (books.EVIDENCE, met.evidence),
        ):  # fmt: skip
            self.book(firm, cell, amount)
        self.model.simulation.note_purchase(self.index, firm, sale, met.surcharge, met.value)

    def leave_supplier_for(self, firm: int) -> float:
        """Book the switch, if it is one; returns the exit fee paid to the old supplier, in euro."""
        old = self.supplier
        if old < 0:
            self.book(firm, books.NEWCOMERS, 1.0)
        if old < 0 or old == firm:
            return 0.0
        self.book(old, books.LOST, 1.0)
        self.book(firm, books.WON, 1.0)
        fee = self._lever(inputs.EXIT_FEE, old) if self.turn.firms.present[old] else 0.0
        if fee > 0.0:
            self.book(old, books.EXIT_FEES, fee)
            self.relationship(old).book(fee, fee, 0.0)
        return fee

    def be_observed(self, firm: int, kind: int, expressed: float, latent: float) -> None:
        """The firm's belief moves towards what it sees of the need: the last dimensions are latent."""
        p, belief = self.model.simulation.parameters, self.relationship(firm).belief
        normals = self._normals(kind, firm)
        for k in range(self.need.size):
            rate = latent if k >= self.need.size - p.latent_dimensions else expressed
            seen = float(self.need[k]) + p.observation_noise * normals[k]
            belief[k] = rules.moved_towards(float(belief[k]), seen, rate)

    def depart(self) -> None:
        """Leave the market for good and fall silent."""
        self.active = False
        self.state.told[self.turn.round & 1, self.index] = -1
        self.book_market(books.DEPARTURES, 1.0)
        for j in range(self.trust.size):
            if self.relationship(j).identified:
                self.book(j, books.FORGOTTEN, 1.0)

    # --------------------------------------------------------------------------------------------- plumbing

    @property
    def turn(self) -> Turn:
        """The round being played."""
        return self.model.turn

    def book(self, firm: int, cell: int, amount: float) -> None:
        """Add to a flow of a firm (`sim.books.FLOW`)."""
        self.turn.flows.firm[0, self.index // CHUNK, firm, cell] += amount

    def book_market(self, cell: int, amount: float) -> None:
        """Add to a flow of the market (`sim.books.TOTAL`)."""
        self.turn.flows.market[0, self.index // CHUNK, cell] += amount

    def _lever(self, row: int, firm: int) -> float:
        return float(self.turn.firms.lever[row, firm])

    def _personal(self, row: int, firm: int) -> float:
        return lever(self.turn.firms, row, firm, self.index)

    def _trait(self, row: int, firm: int) -> float:
        return float(self.turn.firms.trait[row, firm])

    def _uniforms(self, kind: int, firm: int = 0) -> tuple[float, float, float, float]:
        return random.uniforms(self.model.simulation.seed, kind, self.turn.round, self.index, firm, 0)

    def _normals(self, kind: int, firm: int) -> list[float]:
        """At least K standard normals."""
        seed, parts = self.model.simulation.seed, range((self.need.size + 3) // 4)
        return [n for part in parts for n in random.normals(seed, kind, self.turn.round, self.index, firm, part)]


def kept(name: str, row: int | None, number: type, doc: str) -> Any:
    """A property that reads and writes one number of one dyad in state.<name>: in its row or column, if it has any."""

    def place(self: "Relationship") -> tuple[int, ...]:
        here = self.firm, self.customer
        if row is None:
            return here
        return (*here, row) if name in INTERLEAVED else (row, *here)

    def get(self: "Relationship") -> Any:
        return number(getattr(self.simulation.state, name)[place(self)])

    def set_(self: "Relationship", value: Any) -> None:
        getattr(self.simulation.state, name)[place(self)] = value

    return property(get, set_, doc=doc)


def flag(bit: int, doc: str) -> Any:
    """A property that reads and writes one bit of state.flags of one dyad."""

    def get(self: "Relationship") -> bool:
        return bool(self.simulation.state.flags[self.firm, self.customer] & bit)

    def set_(self: "Relationship", value: bool) -> None:
        flags = int(self.simulation.state.flags[self.firm, self.customer])
        self.simulation.state.flags[self.firm, self.customer] = flags | bit if value else flags & ~bit

    return property(get, set_, doc=doc)


class Relationship:
    """What lies between one customer and one firm; a view, made when asked for.

    `context` and `expectation` are as of now; what is stored holds at the start of round `settled` (see `sim.state`).
    """

    __slots__ = ("customer", "firm", "simulation")

    trust = kept("dyad", state.TRUST, float, "τ, in [0, 1].")
    expected_surcharge = kept("dyad", state.EXPECTED_SURCHARGE, float, "ê, euro.")
    fatigue = kept("dyad", state.FATIGUE, float, "f, irrelevant contacts still on the customer's mind.")
    revenue = kept("ledger", state.REVENUE, float, "Paid to the firm to date, euro.")
    margin = kept(
        "ledger", state.MARGIN, float, "Revenue less cost of units, tailoring and compensation to date, euro."
    )
    surplus = kept("ledger", state.SURPLUS, float, "The customer's surplus to date, euro.")
    stored_context = kept("dyad", state.CONTEXT, float, "x at the start of round `settled`.")
    stored_expectation = kept("dyad", state.EXPECTATION, float, "v̂ at the start of round `settled`, euro.")
    purchases = kept("record", state.PURCHASES, int, "Encounters to date.")
    first_round = kept("record", state.FIRST_ROUND, int, "Round of the first encounter, 0 = never.")
    last_round = kept("record", state.LAST_ROUND, int, "Round of the last encounter, 0 = never.")
    settled = kept("settled", None, int, "Round at whose start the stored values hold.")
    complaints = kept("record", state.COMPLAINTS, int, "Voiced failures to date.")
    aware = flag(AWARE, "A: the customer knows the firm.")
    identified = flag(IDENTIFIED, "I: the firm knows the customer.")
    opted_out = flag(OPTED_OUT, "The customer has shut the channel.")

    def __init__(self, simulation: "Simulation", customer: int, firm: int) -> None:
        self.simulation, self.customer, self.firm = simulation, customer, firm

    def __repr__(self) -> str:
        name = self.simulation.firm_names[self.firm]
        return f"<customer {self.customer} and {name}: trust {self.trust:.2f}, context {self.context:.2f}>"

    @property
    def mutual(self) -> bool:
        """Whether each knows the other: only then is it a relationship."""
        return self.aware and self.identified

    @property
    def belief(self) -> np.ndarray:
        """b, (K,) view: what the firm believes the customer needs."""
        return self.simulation.state.belief[self.firm, self.customer]

    @property
    def taste(self) -> float:
        """Lasting taste of the customer for the firm, utils."""
        taste = self.simulation.state.taste
        return float(taste[self.firm, self.customer]) if taste.shape[0] else 0.0

    @property
    def context(self) -> float:
        """x now, in [0, 1]; can be set."""
        return rules.faded_context(self.stored_context, float(self.simulation.powers[0, self._age()]))

    @context.setter
    def context(self, value: float) -> None:
        self.settle()
        self.stored_context = value

    @property
    def expectation(self) -> float:
        """v̂ now, euro; can be set."""
        prior, power = self.simulation.parameters.prior_value, float(self.simulation.powers[1, self._age()])
        return rules.faded_expectation(self.stored_expectation, prior, power)

    @expectation.setter
    def expectation(self, value: float) -> None:
        self.settle()
        self.stored_expectation = value

    def settle(self) -> tuple[float, float]:
        """Bring the stored context and expectation to now; returns both."""
        context, expectation = self.context, self.expectation
        self.stored_context, self.stored_expectation = context, expectation
        self.settled = max(self.settled, self.simulation.round + 1)
        return context, expectation

    def book(self, revenue: float, margin: float, surplus: float) -> None:
        """Add to what the two have had of each other to date, euro."""
        self.revenue, self.margin, self.surplus = self.revenue + revenue, self.margin + margin, self.surplus + surplus

    def _age(self) -> int:
        return max(0, self.simulation.round + 1 - self.settled)


class Firm(mesa.Agent):
    """One firm; `index` is its place in the arrays. Override `decide` to play otherwise than its strategy says."""

    def __init__(self, model: mesa.Model, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.levers: Levers | None = None

    @property
    def name(self) -> str:
        """Its name in the scenario."""
        return self.model.simulation.firm_names[self.index]

    @property
    def strategy(self) -> Any:
        """The strategy it plays in the coming round."""
        return self.model.simulation.outlook.strategies[self.index]

    @property
    def view(self) -> FirmView:
        """What it can observe now."""
        return FirmView(observe(self.model.simulation, self.index))

    def step(self) -> None:
        """Submodel 2: look, then set the levers of the round."""
        self.levers = self.decide(self.view)

    def decide(self, view: FirmView) -> Levers:
        """The levers of the round."""
        return self.strategy.decide(view)

    def account(self, name: str) -> np.ndarray:
        """One of its accounts so far, (rounds,): "profit", "purchases", … (see docs/model.md)."""
        return self.model.simulation.books.account(name)[:, self.index].copy()
