"""The same market in NumPy, vectorised over customers: arrays (C, F), whole-array operations, fancy indices for buyers.

It has the mechanisms of the reference market and is statistically the same market (tests/test_benchmarks.py).
"""

from types import SimpleNamespace

import numpy as np

from benchmarks import given
from benchmarks.mesa_twin import MARKET, MEASURES
from sim.scenario import Scenario


class NumpyMarket:
    """The market of a scenario; `step()` plays a round and records it."""

    def __init__(self, scenario: Scenario, seed: int = 0) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.p = p = given.parameters(scenario)
        if p.forgetting or p.choice != "logit" or p.turnover or scenario.events or not p.outside_option:
            raise ValueError("this twin knows no forgetting, turnover, events or other choice rules")
        rows = given.firms(scenario)
        self.f = f = SimpleNamespace(**{name: np.array([row[name] for row in rows]) for name in rows[0]})
        self.customer = SimpleNamespace(**given.people(scenario, rng))
        customers, firms, dimensions = p.customers, len(rows), p.dimensions
        shape = (customers, firms)
        self.need = p.heterogeneity * rng.standard_normal((customers, dimensions))
        self.expectation = np.full(shape, p.initial_expectation)
        self.expected_surcharge = np.full(shape, p.initial_surcharge)
        self.trust = np.full(shape, p.initial_trust)
        self.context = np.full(shape, p.initial_context)
        self.fatigue, self.revenue, self.margin, self.surplus = (np.zeros(shape) for _ in range(4))
        self.belief = np.broadcast_to(f.position, (*shape, dimensions)).copy()
        self.purchases, self.first_round, self.last_round, self.complaints = (np.zeros(shape, int) for _ in range(4))
        self.aware = rng.random(shape) < f.awareness
        self.identified, self.opted_out = np.zeros(shape, bool), np.zeros(shape, bool)
        self.aspiration = np.full(customers, p.initial_aspiration)
        self.supplier, self.told = np.full(customers, -1), np.full(customers, -1)
        self.message = np.zeros((3, customers))  # value, trust, evidence
        self.active = np.ones(customers, bool)
        self.round = 0
        self.strange = p.search_effort + p.choice_effort * np.log(f.lever_assortment)
        self.shrink = f.lever_assortment ** (-2.0 / dimensions)
        self.unit = f.unit_cost * np.maximum(0.0, 1.0 + f.quality_cost * (f.lever_quality - 1.0))
        self.contacting = np.flatnonzero(f.lever_contacts > 0.0)
        self.records: list[dict[str, np.ndarray]] = []
        self.market: list[dict[str, float]] = []

    def step(self) -> None:
        """Play a round."""
        self.round += 1
        firms = self.strange.size
        self.book = {name: np.zeros(firms) for name in MEASURES}
        self.total = dict.fromkeys(MARKET, 0.0) | {"active": float(self.active.sum())}
        told, message = self.told.copy(), self.message.copy()  # what can be heard: messages of the round before
        self.drift()
        self.reach_out()
        self.feel_crowded()
        self.talk(told, message)
        who = np.flatnonzero(self.active & (self.rng.random(self.active.size) < self.customer.purchase_rate))
        self.total["occasions"] = float(who.size)
        buyers, chosen = self.choose(who)
        self.context *= 1.0 - self.p.context_decay
        self.meet(buyers, chosen)
        self.close()

    def drift(self) -> None:
        keep = 1.0 - self.p.turbulence
        spread = np.sqrt(1.0 - keep * keep) * self.p.heterogeneity
        self.need *= keep
        self.need += spread * self.rng.standard_normal(self.need.shape)

    def reach_out(self) -> None:
        """Advertising, content, contacts."""
        p, f, here = self.p, self.f, self.active
        for j in np.flatnonzero(f.lever_advertising > 0.0):
            strangers = np.flatnonzero(here & ~self.aware[:, j])
            self.aware[strangers, j] = self.rng.random(strangers.size) < f.lever_advertising[j]
        for j in np.flatnonzero(f.lever_content > 0.0):
            gain = p.context_gain * p.one_sided_context * f.lever_content[j]
            self.context[:, j] += gain * (1.0 - self.context[:, j]) * (self.aware[:, j] & here)
        self.noticed = np.zeros((here.size, self.contacting.size))
        for at, j in enumerate(self.contacting):
            contacts = f.lever_contacts[j]
            open_channel = self.identified[:, j] & ~self.opted_out[:, j] & here
            who = np.flatnonzero(open_channel)
            relevant = 0.0
            if f.lever_personalisation[j] > 0.0:
                distance = ((self.need[who] - self.belief[who, j]) ** 2).sum(axis=1)
                relevant = f.relevance[j] * f.lever_personalisation[j] * np.exp(-distance / (2.0 * p.dimensions))
            self.fatigue[:, j] *= p.fatigue_carryover
            self.fatigue[who, j] += contacts * (1.0 - relevant)
            noticed = 1.0 - np.exp(-contacts)
            self.noticed[who, at] = noticed
            self.book["contacts"][j] = contacts * who.size
            if f.lever_listening[j] > 0.0:
                share = f.lever_listening[j] * noticed * self.customer.openness[who]
                self.context[who, j] += share * p.context_gain * (1.0 - self.context[who, j])
                self.observe(who, np.full(who.size, j), share)

    def feel_crowded(self) -> None:
        p, f = self.p, self.f
        stress = self.fatigue[:, self.contacting].sum(axis=1)
        overload = np.maximum(0.0, stress - self.customer.contact_tolerance) / np.maximum(stress, 1e-9)
        self.annoyance = p.fatigue_weight * self.fatigue[:, self.contacting] * overload[:, None]
        self.total["stress"], self.total["overload"] = stress[self.active].sum(), overload[self.active].sum()
        for at, j in enumerate(self.contacting):
            fee = f.lever_opt_out_fee[j]
            leaves = self.annoyance[:, at] > p.opt_out_threshold + fee
            who = np.flatnonzero(leaves & self.identified[:, j] & ~self.opted_out[:, j] & self.active)
            self.opted_out[who, j] = True
            self.noticed[who, at] = 0.0
            self.book["opt_outs"][j] = who.size
            if fee > 0.0:
                self.book["opt_out_fees"][j] = fee * who.size
                self.trust[who, j] *= 1.0 - p.trust_loss * min(1.0, fee / p.goodwill_scale)
                self.revenue[who, j] += fee
                self.margin[who, j] += fee
                self.surplus[who, j] -= fee

    def talk(self, told: np.ndarray, message: np.ndarray) -> None:
        p = self.p
        who = np.flatnonzero(self.active & (self.rng.random(told.size) < self.customer.talkativeness))
        teller = self.rng.integers(0, told.size - 1, who.size)
        teller += teller >= who
        j = told[teller]
        who, teller, j = who[j >= 0], teller[j >= 0], j[j >= 0]
        value, trust, evidence = message[:, teller]
        loudness = np.where(evidence < 0.0, 1.0 + p.bad_news_bias, 1.0)
        weight = np.minimum(1.0, p.hearsay_weight * (1.0 - self.context[who, j]) * loudness)
        self.expectation[who, j] += weight * (value - self.expectation[who, j])
        self.trust[who, j] += weight * (trust - self.trust[who, j])
        self.aware[who, j] = True

    def choose(self, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those of `who` that buy, and from which firm."""
        p, f, customer = self.p, self.f, self.customer
        expectation, trust = self.expectation[who], self.trust[who]
        price = f.lever_price + f.lever_transparency * f.lever_surcharge + self.expected_surcharge[who]
        by_outcome = f.lever_outcome_share > 0.0
        price[:, by_outcome] = f.lever_outcome_share[by_outcome] * np.maximum(expectation[:, by_outcome], 0.0)
        inclined = customer.relational_orientation[who, None] * trust
        euro = customer.price_sensitivity[who, None] * (1.0 - p.price_tolerance * inclined)
        utility = expectation - euro * price - self.strange * (1.0 - self.context[who]) + p.trust_weight * inclined
        utility[:, self.contacting] += p.salience * self.noticed[who] - self.annoyance[who]
        supplier = self.supplier[who]
        has = supplier >= 0
        leaving = customer.inertia[who] + customer.price_sensitivity[who] * f.lever_exit_fee[supplier]
        rows = np.arange(who.size)
        stay = utility[rows, supplier]
        utility -= np.where(has, leaving, 0.0)[:, None]
        utility[rows[has], supplier[has]] = stay[has]
        utility[~self.aware[who]] = -np.inf

        even = utility + euro * (f.lever_price - f.lever_price[supplier][:, None])
        own, weight = even[rows, supplier].copy(), euro[rows, supplier]
        even[rows, supplier] = -np.inf
        best = even.max(axis=1)
        counts = has & (best > -np.inf)
        self.total["switchable"] = float(counts.sum())
        self.total["switching_cost"] = float(((own[counts] - best[counts]) / weight[counts]).sum())

        top = np.maximum(p.outside_utility, utility.max(axis=1))
        weights = np.exp(p.choice_precision * (utility - top[:, None]))
        reached = np.cumsum(weights, axis=1)
        total = reached[:, -1] + np.exp(p.choice_precision * (p.outside_utility - top))
        chosen = (reached <= (total * self.rng.random(who.size))[:, None]).sum(axis=1)
        buys = chosen < self.strange.size
        return who[buys], chosen[buys]

    def meet(self, i: np.ndarray, j: np.ndarray) -> None:
        """Encounters of customers i with firms j, and what both sides learn."""
        p, f, rng, firms = self.p, self.f, self.rng, self.strange.size
        openness, before = self.customer.openness[i], self.identified[i, j]
        trust, context = self.trust[i, j], self.context[i, j] / (1.0 - p.context_decay)  # no decay in an encounter
        personalisation = np.where(before, f.lever_personalisation[j], 0.0)
        offer = f.position[j] + (f.relevance[j] * personalisation)[:, None] * (self.belief[i, j] - f.position[j])
        fit = np.exp(-0.5 * self.shrink[j] * ((self.need[i] - offer) ** 2).sum(axis=1) / p.dimensions)
        together = 1.0 + np.where(before, p.cocreation * f.imagination[j] * context * trust * openness, 0.0)
        value = p.base_value * (f.quality * f.lever_quality)[j] * fit * together
        value += p.value_noise * rng.standard_normal(i.size)
        fails = rng.random(i.size) < f.failure_rate[j]
        voice = f.lever_listening[j] * (p.voice_floor + (1.0 - p.voice_floor) * trust)
        voices = fails & (rng.random(i.size) < voice)
        compensation = np.where(voices, f.lever_care[j] * p.failure_loss, 0.0)
        value += compensation - p.failure_loss * fails

        by_outcome = f.lever_outcome_share[j] > 0.0
        surcharge = np.where(by_outcome, 0.0, f.lever_surcharge[j])
        paid = np.where(by_outcome, f.lever_outcome_share[j] * np.maximum(value, 0.0), f.lever_price[j] + surcharge)
        old = self.supplier[i]
        switches = (old >= 0) & (old != j)
        exit_fee = np.where(switches, f.lever_exit_fee[old], 0.0)
        effort = self.strange[j] * (1.0 - context)
        surplus = value - paid - exit_fee - effort

        foreseen, aspiration = self.expected_surcharge[i, j], self.aspiration[i]
        surprise = np.where(by_outcome, 0.0, (1.0 - f.lever_transparency[j]) * surcharge - foreseen)
        evidence = (surplus - aspiration - p.loss_aversion * np.maximum(surprise, 0.0)) / p.goodwill_scale
        evidence = np.clip(evidence + p.transparency_credit * f.lever_transparency[j], -1.0, 1.0)
        trust += np.where(evidence > 0.0, p.trust_gain * evidence * (1.0 - trust), p.trust_loss * evidence * trust)
        self.expected_surcharge[i, j] = foreseen + p.surcharge_learning * surprise
        self.expectation[i, j] += p.value_learning * (value - self.expectation[i, j])
        self.aspiration[i] = aspiration + p.aspiration_learning * (surplus - aspiration)
        self.trust[i, j] = trust
        self.identified[i, j] = known = before | (f.lever_memory[j] > 0.0)
        context += np.where(known, p.context_gain, p.context_gain * p.one_sided_context) * (1.0 - context)
        self.context[i, j] = context
        self.observe(i[known], j[known], 1.0)

        first = self.purchases[i, j] == 0
        self.first_round[i[first], j[first]] = self.round
        self.purchases[i, j] += 1
        self.last_round[i, j] = self.round
        self.complaints[i, j] += voices
        self.supplier[i], self.told[i] = j, j
        self.message[:, i] = value, trust, evidence
        production = self.unit[j] * (1.0 - f.standardisation_efficiency[j] * (1.0 - personalisation))
        tailoring = f.personalisation_cost[j] * personalisation
        self.revenue[i, j] += paid
        self.margin[i, j] += paid - production - tailoring - compensation
        self.surplus[i, j] += surplus
        self.revenue[i[switches], old[switches]] += exit_fee[switches]
        self.margin[i[switches], old[switches]] += exit_fee[switches]
        for name, amounts in (
            ("sales", paid - surcharge), ("surcharges", surcharge), ("production", production),
            ("personalisation", tailoring), ("compensation", compensation), ("purchases", None), ("first_time", first),
            ("newcomers", old < 0), ("won", switches), ("failures", fails), ("complaints", voices), ("trust", trust),
            ("context", context), ("fit", fit), ("surplus", surplus), ("effort", effort), ("value", value),
            ("evidence", evidence),
        ):  # fmt: skip
            self.book[name] = np.bincount(j, amounts, firms).astype(float)
        self.book["lost"] = np.bincount(old[switches], minlength=firms).astype(float)
        self.book["exit_fees"] = np.bincount(old[switches], exit_fee[switches], firms)
        leaves = i[rng.random(i.size) < self.customer.attrition[i]]
        self.active[leaves] = False
        self.told[leaves] = -1
        self.total["departures"] = float(leaves.size)

    def observe(self, i: np.ndarray, j: np.ndarray, share: np.ndarray | float) -> None:
        """Beliefs of firms j about customers i move towards what is seen of their needs."""
        p, f, openness, trust = self.p, self.f, self.customer.openness[i], self.trust[i, j]
        rate = np.empty((i.size, p.dimensions))
        rate[:] = (share * f.reading[j] * (openness + (1.0 - openness) * trust))[:, None]
        if p.latent_dimensions:
            rate[:, -p.latent_dimensions :] = (share * f.imagination[j] * self.context[i, j] * trust)[:, None]
        seen = self.need[i] + p.observation_noise * self.rng.standard_normal(rate.shape)
        belief = self.belief[i, j]
        self.belief[i, j] = belief + rate * (seen - belief)

    def close(self) -> None:
        """Accounts of the round."""
        book, f = self.book, self.f
        known = (self.identified & self.active[:, None]).sum(axis=0).astype(float)
        book["identified"] = known
        book["revenue"] = book["sales"] + book["surcharges"] + book["exit_fees"] + book["opt_out_fees"]
        book["cost"] = (
            book["production"] + book["personalisation"] + book["compensation"] + f.contact_cost * book["contacts"]
            + (f.listening_cost * f.lever_listening + f.identification_cost) * known
            + f.advertising_cost * f.lever_advertising * self.active.size + f.content_cost * f.lever_content
        )  # fmt: skip
        book["profit"] = book["revenue"] - book["cost"]
        self.records.append(book)
        self.market.append(self.total)

    def accounts(self, name: str) -> np.ndarray:
        """One account of all firms, (rounds, F)."""
        return np.array([book[name] for book in self.records])

    def series(self, name: str) -> np.ndarray:
        """One market series, (rounds,)."""
        return np.array([total[name] for total in self.market])
