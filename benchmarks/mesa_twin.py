"""The same market as a plain Mesa model, written as a good Mesa user would: the peer to beat.

One `Customer` agent per customer with one `Tie` per firm, plain attributes and Python's own random numbers;
`shuffle_do` activates the customers, a `DataCollector` records the market every round and every firm's accounts. It
has the mechanisms of the reference market and is statistically the same market (tests/test_benchmarks.py).
"""

from math import exp, log, sqrt
from typing import Any

import mesa
import numpy as np
from mesa.datacollection import DataCollector

from benchmarks import given
from sim.scenario import Scenario

MEASURES = (
    "sales", "surcharges", "exit_fees", "opt_out_fees", "production", "personalisation", "compensation", "purchases",
    "first_time", "newcomers", "won", "lost", "contacts", "failures", "complaints", "opt_outs", "trust", "context",
    "fit", "surplus", "effort", "value", "evidence", "identified", "cost", "revenue", "profit",
)  # fmt: skip
MARKET = ("occasions", "stress", "overload", "switching_cost", "switchable", "active", "departures")


class Tie:
    """What lies between a customer and a firm."""

    __slots__ = (
        "aware", "belief", "complaints", "context", "expectation", "expected_surcharge", "fatigue", "firm",
        "first_round", "identified", "last_round", "margin", "opted_out", "purchases", "reached", "revenue", "surplus",
        "trust",
    )  # fmt: skip

    def __init__(self, firm: "Firm", p: Any, aware: bool) -> None:
        self.firm = firm
        self.expectation = p.initial_expectation
        self.expected_surcharge = p.initial_surcharge
        self.trust = p.initial_trust
        self.context = p.initial_context
        self.belief = list(firm.position)
        self.aware = aware
        self.identified = self.opted_out = False
        self.fatigue = self.reached = self.revenue = self.margin = self.surplus = 0.0
        self.purchases = self.first_round = self.last_round = self.complaints = 0


class Customer(mesa.Agent):
    """A customer with traits, a need, and a tie to every firm."""

    def __init__(self, model: "TwinMarket", traits: dict[str, float]) -> None:
        super().__init__(model)
        for name, value in traits.items():
            setattr(self, name, value)
        p, random = model.p, model.random
        self.need = [p.heterogeneity * random.gauss() for _ in range(p.dimensions)]
        self.aspiration = p.initial_aspiration
        self.stress = self.overload = 0.0
        self.supplier: Tie | None = None
        self.ties = [Tie(firm, p, random.random() < firm.awareness) for firm in model.firms]
        self.message = self.message_before = None  # (firm, value, trust, evidence)
        self.spoke = 0  # round of the message

    def step(self) -> None:
        """One round."""
        self.drift()
        self.receive()
        if self.model.random.random() < self.talkativeness:
            self.listen()
        bought = None
        if self.model.random.random() < self.purchase_rate:
            self.model.occasions += 1
            bought = self.choose()
            if bought is not None:
                self.buy(bought)
        keep = 1.0 - self.model.p.context_decay
        for tie in self.ties:
            if tie is not bought:
                tie.context *= keep

    def drift(self) -> None:
        gauss, keep, spread = self.model.random.gauss, self.model.keep, self.model.spread
        self.need = [keep * n + spread * gauss() for n in self.need]

    def receive(self) -> None:
        """Advertising, content and contacts; then perhaps too much of it all."""
        p, random, need = self.model.p, self.model.random, self.need
        stress = 0.0
        for tie in self.ties:
            firm = tie.firm
            if firm.advertising > 0.0 and not tie.aware and random.random() < firm.advertising:
                tie.aware = True
            if firm.content > 0.0 and tie.aware:
                tie.context += p.context_gain * p.one_sided_context * firm.content * (1.0 - tie.context)
            if firm.contacts > 0.0:
                contacts = firm.contacts if tie.identified and not tie.opted_out else 0.0
                relevant = 0.0
                if contacts > 0.0 and firm.personalisation > 0.0:
                    distance = sum((n - b) ** 2 for n, b in zip(need, tie.belief, strict=True))
                    relevant = firm.relevance * firm.personalisation * exp(-distance / (2.0 * len(need)))
                tie.fatigue = p.fatigue_carryover * tie.fatigue + contacts * (1.0 - relevant)
                stress += tie.fatigue
                tie.reached = 1.0 - exp(-contacts) if contacts > 0.0 else 0.0
                if contacts > 0.0:
                    firm.book["contacts"] += contacts
                    if firm.listening > 0.0:
                        share = firm.listening * tie.reached * self.openness
                        tie.context += share * p.context_gain * (1.0 - tie.context)
                        self.be_observed(tie, share)
        self.stress = stress
        self.overload = max(0.0, stress - self.contact_tolerance) / max(stress, 1e-9)
        self.model.stress += stress
        if self.overload > 0.0:
            self.model.overload += self.overload
            for tie in self.ties:
                if tie.identified and not tie.opted_out and tie.fatigue > 0.0:
                    fee = tie.firm.opt_out_fee
                    if p.fatigue_weight * tie.fatigue * self.overload > p.opt_out_threshold + fee:
                        tie.opted_out = True
                        tie.firm.book["opt_outs"] += 1
                        if fee > 0.0:
                            tie.firm.book["opt_out_fees"] += fee
                            tie.trust += p.trust_loss * -min(1.0, fee / p.goodwill_scale) * tie.trust
                            tie.revenue += fee
                            tie.margin += fee
                            tie.surplus -= fee

    def listen(self) -> None:
        """Hear somebody's message of the round before."""
        model, p = self.model, self.model.p
        other = model.everybody[model.random.randrange(len(model.everybody) - 1)]
        if other is self:
            other = model.everybody[-1]
        message = other.message_before if other.spoke == model.round else other.message
        if message is None:
            return
        firm, value, trust, evidence = message
        tie = self.ties[firm.index]
        weight = p.hearsay_weight * (1.0 - tie.context) * (1.0 + p.bad_news_bias if evidence < 0.0 else 1.0)
        weight = min(1.0, weight)
        tie.aware = True
        tie.expectation += weight * (value - tie.expectation)
        tie.trust += weight * (trust - tie.trust)

    def utility(self, tie: Tie) -> tuple[float, float]:
        """Utility of buying from a firm, and utils per euro paid there."""
        p, firm = self.model.p, tie.firm
        if firm.outcome_share > 0.0:
            price = firm.outcome_share * max(tie.expectation, 0.0)
        else:
            price = firm.price + firm.transparency * firm.surcharge + tie.expected_surcharge
        inclined = self.relational_orientation * tie.trust
        euro = self.price_sensitivity * (1.0 - p.price_tolerance * inclined)
        utility = tie.expectation - euro * price - firm.strange * (1.0 - tie.context) + p.trust_weight * inclined
        if firm.contacts > 0.0:
            utility -= p.fatigue_weight * tie.fatigue * self.overload
            if not tie.opted_out:
                utility += p.salience * tie.reached
        if self.supplier is not None and tie is not self.supplier:
            utility -= self.inertia + self.price_sensitivity * self.supplier.firm.exit_fee
        return utility, euro

    def choose(self) -> Tie | None:
        """The tie to the chosen firm by a logit, or None for the outside option."""
        model, p, supplier = self.model, self.model.p, self.supplier
        known = [tie for tie in self.ties if tie.aware]
        rated = [self.utility(tie) for tie in known]
        if supplier is not None and len(known) > 1:
            base, own, best = supplier.firm.price, 0.0, -float("inf")
            for tie, (utility, euro) in zip(known, rated, strict=True):
                even = utility + euro * (tie.firm.price - base)
                if tie is supplier:
                    own, weight = even, euro
                elif even > best:
                    best = even
            model.switchable += 1
            model.switching_cost += (own - best) / weight
        top = max(p.outside_utility, max((u for u, _ in rated), default=p.outside_utility))
        weights = [exp(p.choice_precision * (u - top)) for u, _ in rated]
        outside = exp(p.choice_precision * (p.outside_utility - top))
        left = model.random.random() * (sum(weights) + outside)
        for tie, weight in zip(known, weights, strict=True):
            left -= weight
            if left < 0.0:
                return tie
        return None

    def buy(self, tie: Tie) -> None:
        """The encounter, and what both sides learn from it."""
        model, p, random, firm = self.model, self.model.p, self.model.random, tie.firm
        book, openness = firm.book, self.openness
        personalisation = firm.personalisation if tie.identified else 0.0
        follow = firm.relevance * personalisation
        distance = 0.0
        for n, place, b in zip(self.need, firm.position, tie.belief, strict=True):
            distance += (n - (place + follow * (b - place))) ** 2
        fit = exp(-0.5 * firm.shrink * distance / len(self.need))
        together = 1.0
        if tie.identified:
            together += p.cocreation * firm.imagination * tie.context * tie.trust * openness
        value = p.base_value * firm.worth * fit * together + p.value_noise * random.gauss()
        compensation = 0.0
        if random.random() < firm.failure_rate:
            value -= p.failure_loss
            book["failures"] += 1
            if random.random() < firm.listening * (p.voice_floor + (1.0 - p.voice_floor) * tie.trust):
                compensation = firm.care * p.failure_loss
                value += compensation
                tie.complaints += 1
                book["complaints"] += 1
        by_outcome = firm.outcome_share > 0.0
        surcharge = 0.0 if by_outcome else firm.surcharge
        paid = firm.outcome_share * max(value, 0.0) if by_outcome else firm.price + surcharge
        exit_fee = self.leave_for(tie)
        effort = firm.strange * (1.0 - tie.context)
        surplus = value - paid - exit_fee - effort

        surprise = 0.0 if by_outcome else (1.0 - firm.transparency) * surcharge - tie.expected_surcharge
        evidence = (surplus - self.aspiration - p.loss_aversion * max(surprise, 0.0)) / p.goodwill_scale
        evidence = min(1.0, max(-1.0, evidence + p.transparency_credit * firm.transparency))
        tie.expected_surcharge += p.surcharge_learning * surprise
        tie.expectation += p.value_learning * (value - tie.expectation)
        self.aspiration += p.aspiration_learning * (surplus - self.aspiration)
        if evidence > 0.0:
            tie.trust += p.trust_gain * evidence * (1.0 - tie.trust)
        else:
            tie.trust += p.trust_loss * evidence * tie.trust
        if firm.memory > 0.0 and not tie.identified:
            tie.identified = True
            firm.identified += 1
        gain = p.context_gain if tie.identified else p.context_gain * p.one_sided_context
        tie.context += gain * (1.0 - tie.context)
        if tie.identified:
            self.be_observed(tie, 1.0)

        if tie.purchases == 0:
            tie.first_round = model.round
            book["first_time"] += 1
        tie.purchases += 1
        tie.last_round = model.round
        self.supplier = tie
        self.message_before = self.message if self.spoke < model.round else self.message_before
        self.message, self.spoke = (firm, value, tie.trust, evidence), model.round
        production = firm.unit_price * (1.0 - firm.standardisation_efficiency * (1.0 - personalisation))
        tailoring = firm.personalisation_cost * personalisation
        tie.revenue += paid
        tie.margin += paid - production - tailoring - compensation
        tie.surplus += surplus
        book["sales"] += paid - surcharge
        book["surcharges"] += surcharge
        book["production"] += production
        book["personalisation"] += tailoring
        book["compensation"] += compensation
        book["purchases"] += 1
        book["trust"] += tie.trust
        book["context"] += tie.context
        book["fit"] += fit
        book["surplus"] += surplus
        book["effort"] += effort
        book["value"] += value
        book["evidence"] += evidence
        if random.random() < self.attrition:
            self.depart()

    def leave_for(self, tie: Tie) -> float:
        """Exit fee, euro, if this is a switch."""
        old = self.supplier
        if old is None:
            tie.firm.book["newcomers"] += 1
        if old is None or old is tie:
            return 0.0
        old.firm.book["lost"] += 1
        tie.firm.book["won"] += 1
        fee = old.firm.exit_fee
        if fee > 0.0:
            old.firm.book["exit_fees"] += fee
            old.revenue += fee
            old.margin += fee
        return fee

    def be_observed(self, tie: Tie, share: float) -> None:
        """The firm's belief moves towards what it sees; the last dimensions are latent."""
        p, firm, gauss = self.model.p, tie.firm, self.model.random.gauss
        expressed = share * firm.reading * (self.openness + (1.0 - self.openness) * tie.trust)
        latent = share * firm.imagination * tie.context * tie.trust
        belief, first_latent = tie.belief, len(self.need) - p.latent_dimensions
        for k, n in enumerate(self.need):
            rate = expressed if k < first_latent else latent
            belief[k] += rate * (n + p.observation_noise * gauss() - belief[k])

    def depart(self) -> None:
        """Leave the market for good and fall silent: the place in the crowd stays empty."""
        self.message, self.spoke = None, self.model.round
        self.model.departures += 1
        for tie in self.ties:
            tie.firm.identified -= tie.identified
        self.remove()


class Firm(mesa.Agent):
    """A firm with constant levers and a book per round."""

    def __init__(self, model: "TwinMarket", index: int, row: dict[str, Any]) -> None:
        super().__init__(model)
        p = model.p
        self.index, self.name = index, row["name"]
        for key, value in row.items():
            if not key.startswith("lever_"):
                setattr(self, key, value)
        for key, value in row.items():
            if key.startswith("lever_") and key != "lever_quality":
                setattr(self, key.removeprefix("lever_"), value)
        quality = row["lever_quality"]
        self.worth = self.quality * quality
        self.unit_price = self.unit_cost * max(0.0, 1.0 + self.quality_cost * (quality - 1.0))
        self.strange = p.search_effort + p.choice_effort * log(self.assortment)
        self.shrink = self.assortment ** (-2.0 / p.dimensions)
        self.identified = 0
        self.book = dict.fromkeys(MEASURES, 0.0)

    def open_book(self) -> None:
        self.book = dict.fromkeys(MEASURES, 0.0)

    def close_book(self) -> None:
        book, customers = self.book, self.model.p.customers
        book["identified"] = self.identified
        book["revenue"] = book["sales"] + book["surcharges"] + book["exit_fees"] + book["opt_out_fees"]
        book["cost"] = (
            book["production"] + book["personalisation"] + book["compensation"] + self.contact_cost * book["contacts"]
            + (self.listening_cost * self.listening + self.identification_cost) * self.identified
            + self.advertising_cost * self.advertising * customers + self.content_cost * self.content
        )  # fmt: skip
        book["profit"] = book["revenue"] - book["cost"]


class TwinMarket(mesa.Model):
    """The market of a scenario; `step()` plays a round."""

    def __init__(self, scenario: Scenario, seed: int = 0) -> None:
        super().__init__(rng=seed)
        self.p = p = given.parameters(scenario)
        self.round = 0
        self.keep = 1.0 - p.turbulence
        self.spread = sqrt(1.0 - self.keep**2) * p.heterogeneity
        if p.forgetting or p.choice != "logit" or p.turnover or scenario.events or not p.outside_option:
            raise ValueError("this twin knows no forgetting, turnover, events or other choice rules")
        self.firms = [Firm(self, j, row) for j, row in enumerate(given.firms(scenario))]
        traits = given.people(scenario, np.random.default_rng(seed))
        rows = zip(*(values.tolist() for values in traits.values()), strict=True)
        self.everybody = [Customer(self, dict(zip(traits, row, strict=True))) for row in rows]
        self.customers = self.agents_by_type[Customer]
        self._clear()
        self.datacollector = DataCollector(
            model_reporters={name: name for name in MARKET},
            agenttype_reporters={Firm: {name: (lambda firm, name=name: firm.book[name]) for name in MEASURES}},
        )

    def _clear(self) -> None:
        for name in MARKET:
            setattr(self, name, 0.0)

    def step(self) -> None:
        """Play a round: the firms open their books, the customers act in random order, everything is recorded."""
        self.round += 1
        self._clear()
        self.active = len(self.customers)
        firms = self.agents_by_type[Firm]
        firms.do("open_book")
        self.customers.shuffle_do("step")
        firms.do("close_book")
        self.datacollector.collect(self)

    def accounts(self, name: str) -> np.ndarray:
        """One account of all firms, (rounds, F)."""
        table = self.datacollector.get_agenttype_vars_dataframe(Firm)[name]
        return table.to_numpy(float).reshape(self.round, len(self.firms))

    def series(self, name: str) -> np.ndarray:
        """One market series, (rounds,)."""
        return np.array(self.datacollector.model_vars[name], float)
