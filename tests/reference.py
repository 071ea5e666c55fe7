"""One whole round of the market in plain Python: a second opinion on the model, written from its description alone.

Nothing here is shared with `sim`: no rule, no array, no value computed late, no order of events but that of
docs/model.md, whose steps and symbols it follows customer by customer. `play` takes the market at the start of a round,
with the levers the firms have set, and an object that names the random numbers; it returns the market at the start of
the next round and the books.
"""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from math import exp, log, sqrt
from types import SimpleNamespace


@dataclass
class Message:
    firm: int
    value: float
    trust: float
    evidence: float


@dataclass
class Dyad:
    expectation: float  # v̂
    expected_surcharge: float  # ê
    trust: float  # τ
    context: float  # x
    belief: list[float]  # b
    fatigue: float = 0.0  # f
    aware: bool = False  # A, the customer knows the firm
    identified: bool = False  # I, the firm knows the customer
    opted_out: bool = False
    purchases: int = 0
    first_round: int = 0
    last_round: int = 0
    complaints: int = 0
    revenue: float = 0.0
    margin: float = 0.0
    surplus: float = 0.0

    @property
    def mutual(self) -> bool:
        return self.aware and self.identified

    @property
    def open(self) -> bool:
        return self.identified and not self.opted_out


@dataclass
class Customer:
    price_sensitivity: float  # α
    relational_orientation: float  # ρ
    openness: float  # d
    contact_tolerance: float  # κ
    purchase_rate: float  # λ
    inertia: float  # ι
    talkativeness: float  # ω
    attrition: float  # p_a
    need: list[float]  # n
    mean_need: list[float] = field(compare=False)  # μ of its segment in this round
    taste: list[float]
    dyads: list[Dyad]
    aspiration: float = 0.0  # a
    stress: float = 0.0  # S
    supplier: int | None = None
    message: Message | None = None
    active: bool = True


@dataclass
class Firm:
    traits: SimpleNamespace  # position, quality, …, as in the scenario, after the events up to this round
    levers: SimpleNamespace  # this round's; the first five may be one number or a list over customers
    present: bool = True
    average_belief: list[float] | None = None  # over the customers it knows when the round begins

    def towards(self, customer: int, lever: str) -> float:
        set_ = getattr(self.levers, lever)
        return set_[customer] if isinstance(set_, list) else set_


@dataclass
class Market:
    round: int
    parameters: SimpleNamespace  # [market], [relationship] and [learning] under the names they have in a scenario
    customers: list[Customer]
    firms: list[Firm]
    neighbours: list[list[int]] | None = None  # None: random mixing, anybody may be heard


@dataclass
class Books:
    firms: list[Counter]
    market: Counter = field(default_factory=Counter)


def play(market: Market, draws) -> tuple[Market, Books]:
    """Play the market's round; `market` itself stays as it was."""
    market = deepcopy(market)
    books = Books([Counter() for _ in market.firms])
    turnover(market, draws, books)
    take_stock(market)
    said = [customer.message for customer in market.customers]  # what is said in this round is heard in the next
    for i, customer in enumerate(market.customers):
        if customer.active:
            books.market["active"] += 1
            drift(market, i, customer, draws)
            outreach(market, i, customer, draws, books)
            word_of_mouth(market, i, customer, said, draws)
            met = choose(market, i, customer, draws, books)
            if met is not None:
                encounter(market, i, customer, met, draws, books)
            fade(market, customer, met)
    close_books(market, books)
    market.round += 1
    return market, books


# 1. Environment: the events of the round are in the firms' traits and the customers' needs already --------------------


def turnover(market, draws, books):
    if market.round == 1:  # all are newcomers anyway
        return
    for i in range(len(market.customers)):
        if draws.life(i).turnover < market.parameters.turnover:
            market.customers[i] = draws.newcomer(i)
            books.market["replaced"] += 1


def take_stock(market):
    """What each firm believes of its customers on average: of those it knows and that are still there."""
    for j, firm in enumerate(market.firms):
        known = [c.dyads[j].belief for c in market.customers if c.active and c.dyads[j].identified]
        firm.average_belief = (
            [sum(of) / len(known) for of in zip(*known, strict=True)] if known else firm.traits.position
        )


def believed(firm, dyad):
    """A firm that pools takes its customers for more alike than they are."""
    share = firm.levers.pooling
    return [(1 - share) * b + share * mean for b, mean in zip(dyad.belief, firm.average_belief, strict=True)]


def drift(market, i, customer, draws):
    p = market.parameters
    for k, noise in enumerate(draws.drift(i)):
        distance = customer.need[k] - customer.mean_need[k]
        spread = sqrt(1 - (1 - p.turbulence) ** 2) * p.heterogeneity
        customer.need[k] = customer.mean_need[k] + (1 - p.turbulence) * distance + spread * noise


# 3. Outreach ---------------------------------------------------------------------------------------------------------


def outreach(market, i, customer, draws, books):
    p = market.parameters
    for j, (firm, dyad) in enumerate(zip(market.firms, customer.dyads, strict=True)):
        dyad.fatigue *= p.fatigue_carryover
        if firm.present:
            if not dyad.aware and draws.advertising(i, j) < firm.levers.advertising:
                dyad.aware = True
            if dyad.aware:
                dyad.context += p.context_gain * p.one_sided_context * firm.levers.content * (1 - dyad.context)
            if dyad.open:
                contact(market, i, j, customer, dyad, draws, books)

    stress = customer.stress = sum(dyad.fatigue for dyad in customer.dyads)
    overload = max(0, stress - customer.contact_tolerance) / max(stress, 1e-9)
    books.market["stress"] += stress
    books.market["overload"] += overload
    customer.annoyance = [p.fatigue_weight * dyad.fatigue * overload for dyad in customer.dyads]

    for j, (firm, dyad) in enumerate(zip(market.firms, customer.dyads, strict=True)):
        fee = firm.levers.opt_out_fee
        if firm.present and dyad.open and customer.annoyance[j] > p.opt_out_threshold + fee:
            dyad.opted_out = True
            books.firms[j]["opt_outs"] += 1
            if fee > 0:
                receive(books, j, dyad, "opt_out_fees", fee)
                dyad.surplus -= fee
                dyad.trust = trust_after(p, dyad.trust, -min(1, fee / p.goodwill_scale))


def contact(market, i, j, customer, dyad, draws, books):
    """The firm's messages of this round to one customer; two-way where it listens."""
    p, firm = market.parameters, market.firms[j]
    messages = firm.towards(i, "contacts")
    books.firms[j]["contacts"] += messages
    aim = firm.traits.relevance * firm.towards(i, "personalisation")
    relevant = aim * exp(-squared_distance(customer.need, believed(firm, dyad)) / (2 * p.dimensions))
    dyad.fatigue += messages * (1 - relevant)
    if messages > 0 and firm.levers.listening > 0:
        part = firm.levers.listening * noticed(messages) * customer.openness
        dyad.context += part * p.context_gain * (1 - dyad.context)
        learn_need(p, firm, customer, dyad, part, draws.contact(i, j))


# 4. Word of mouth ----------------------------------------------------------------------------------------------------


def word_of_mouth(market, i, customer, said, draws):
    p, life = market.parameters, draws.life(i)
    others = [k for k in range(len(market.customers)) if k != i]
    heard = others if market.neighbours is None else market.neighbours[i]
    if not heard or life.hear >= customer.talkativeness:
        return
    message = said[heard[int(life.which * len(heard))]]
    if message is None or not market.firms[message.firm].present:
        return
    dyad = customer.dyads[message.firm]
    dyad.aware = True
    bad_news = 1 + p.bad_news_bias if message.evidence < 0 else 1
    weight = min(1, p.hearsay_weight * (1 - dyad.context) * bad_news)
    dyad.expectation += weight * (message.value - dyad.expectation)
    dyad.trust += weight * (message.trust - dyad.trust)


# 5. Choice -----------------------------------------------------------------------------------------------------------


def choose(market, i, customer, draws, books):
    """The firm bought from, or None."""
    if draws.life(i).occasion >= min(customer.purchase_rate, 1):
        return None
    books.market["occasions"] += 1
    p, chance = market.parameters, draws.choice(i)
    utilities = {
        j: utility(market, i, j, customer)
        for j, firm in enumerate(market.firms)
        if firm.present and customer.dyads[j].aware
    }
    report_switching_cost(market, i, customer, utilities, books)
    if p.choice == "hotelling":  # the place of the day, like luck, is no part of what switching costs
        utilities = {j: u - p.transport_cost * abs(chance.place - j) for j, u in utilities.items()}
    if p.outside_option:
        utilities[None] = p.outside_utility
    if not utilities:
        return None
    if p.choice == "logit":
        best = max(utilities.values())
        weights = {j: exp(p.choice_precision * (u - best)) for j, u in utilities.items()}
        mark = chance.choice * sum(weights.values())
        for j, weight in weights.items():
            mark -= weight
            if mark < 0:
                return j
        return j
    best = [j for j, u in utilities.items() if u == max(utilities.values())]
    return best[int(chance.choice * len(best))]


def utility(market, i, j, customer):
    p, firm, dyad = market.parameters, market.firms[j], customer.dyads[j]
    levers, supplier = firm.levers, customer.supplier
    if levers.outcome_share > 0:
        money = levers.outcome_share * max(dyad.expectation, 0)
    else:
        money = firm.towards(i, "price") + levers.transparency * firm.towards(i, "surcharge") + dyad.expected_surcharge
    total = dyad.expectation + customer.taste[j] - money_weight(p, customer, dyad) * money
    total -= effort(p, firm, dyad)
    total += p.trust_weight * customer.relational_orientation * dyad.trust
    total -= customer.annoyance[j]
    if dyad.open:
        total += p.salience * noticed(firm.towards(i, "contacts"))
    if supplier is not None and supplier != j:
        total -= customer.inertia + customer.price_sensitivity * exit_fee(market, supplier)
    return total


def report_switching_cost(market, i, customer, utilities, books):
    """What the best other firm would have to pay in euro to win the customer, were all list prices the supplier's."""
    supplier = customer.supplier
    if supplier in utilities and len(utilities) > 1:
        own = market.firms[supplier].towards(i, "price")
        weight = {j: money_weight(market.parameters, customer, customer.dyads[j]) for j in utilities}
        equal = {j: u + weight[j] * (market.firms[j].towards(i, "price") - own) for j, u in utilities.items()}
        lead = equal[supplier] - max(u for j, u in equal.items() if j != supplier)
        books.market["switchable"] += 1
        books.market["switching_cost"] += lead / weight[supplier]


# 6. Encounter --------------------------------------------------------------------------------------------------------


def encounter(market, i, customer, j, draws, books):
    p, firm, dyad, book, t = market.parameters, market.firms[j], customer.dyads[j], books.firms[j], market.round
    traits, levers, chance = firm.traits, firm.levers, draws.delivery(i, j)
    price, surcharge = firm.towards(i, "price"), firm.towards(i, "surcharge")
    personal = firm.towards(i, "personalisation") if dyad.identified else 0

    beliefs = believed(firm, dyad)
    offer = [o + traits.relevance * personal * (b - o) for o, b in zip(traits.position, beliefs, strict=True)]
    closeness = levers.assortment ** (-2 / p.dimensions)
    fit = exp(-closeness * squared_distance(customer.need, offer) / p.dimensions / 2)
    value = p.base_value * traits.quality * levers.quality * fit
    if dyad.mutual:
        value *= 1 + p.cocreation * traits.imagination * dyad.context * dyad.trust * customer.openness
    value += p.value_noise * chance.noise

    compensation = 0
    if chance.failure < traits.failure_rate:
        value -= p.failure_loss
        book["failures"] += 1
        if chance.voice < levers.listening * (p.voice_floor + (1 - p.voice_floor) * dyad.trust):
            compensation = firm.towards(i, "care") * p.failure_loss
            value += compensation
            book["complaints"] += 1
            dyad.complaints += 1

    if levers.outcome_share > 0:
        price, surcharge, surprise = levers.outcome_share * max(value, 0), 0, 0
    else:
        surprise = (1 - levers.transparency) * surcharge - dyad.expected_surcharge
    receive(books, j, dyad, "sales", price)
    receive(books, j, dyad, "surcharges", surcharge)
    fee, supplier = 0, customer.supplier
    if supplier is None:
        book["newcomers"] += 1
    elif supplier != j:
        fee = exit_fee(market, supplier)
        receive(books, supplier, customer.dyads[supplier], "exit_fees", fee)
        book["won"] += 1
        books.firms[supplier]["lost"] += 1
    pains = effort(p, firm, dyad)
    surplus = value - price - surcharge - fee - pains

    standardised = 1 - traits.standardisation_efficiency * (1 - personal)
    production = traits.unit_cost * max(0, 1 + traits.quality_cost * (levers.quality - 1)) * standardised
    personalising = traits.personalisation_cost * personal
    dyad.margin -= production + personalising + compensation
    dyad.surplus += surplus
    book["purchases"] += 1
    book["first_time"] += dyad.purchases == 0
    book.update(production=production, personalisation=personalising, compensation=compensation)
    book.update(value=value, surplus=surplus, effort=pains, fit=fit)

    # 7. Both sides learn.
    dyad.expected_surcharge += p.surcharge_learning * surprise
    dyad.expectation += p.value_learning * (value - dyad.expectation)
    evidence = (surplus - customer.aspiration - p.loss_aversion * max(surprise, 0)) / p.goodwill_scale
    evidence = max(-1, min(1, evidence + p.transparency_credit * levers.transparency))
    customer.aspiration += p.aspiration_learning * (surplus - customer.aspiration)
    dyad.trust = trust_after(p, dyad.trust, evidence)
    dyad.identified = dyad.identified or levers.memory > 0
    dyad.context += p.context_gain * (1 if dyad.mutual else p.one_sided_context) * (1 - dyad.context)
    if dyad.mutual:
        learn_need(p, firm, customer, dyad, 1, draws.observation(i, j))
    dyad.purchases += 1
    dyad.first_round = dyad.first_round or t
    dyad.last_round = t
    customer.supplier = j
    customer.message = Message(j, value, dyad.trust, evidence)
    book.update(trust=dyad.trust, context=dyad.context, evidence=evidence)
    if draws.choice(i).attrition < customer.attrition:
        customer.active, customer.message = False, None
        books.market["departures"] += 1


def fade(market, customer, met):
    """Without an encounter context decays and expectations go back to the prior."""
    p = market.parameters
    for j, dyad in enumerate(customer.dyads):
        if j != met:
            dyad.context *= 1 - p.context_decay
            dyad.expectation += p.forgetting * (p.prior_value - dyad.expectation)


# 8. Books ------------------------------------------------------------------------------------------------------------


def close_books(market, books):
    """What is known only when all customers have been served: costs of the round, sums over firms, the identity."""
    for j, (firm, book) in enumerate(zip(market.firms, books.firms, strict=True)):
        t, levers = firm.traits, firm.levers
        book["identified"] = sum(customer.active and customer.dyads[j].identified for customer in market.customers)
        book["repeat"] = book["purchases"] - book["first_time"]
        book["revenue"] = sum(book[kind] for kind in ("sales", "surcharges", "exit_fees", "opt_out_fees"))
        if firm.present:
            book["contacting"] = t.contact_cost * book["contacts"]
            book["listening"] = t.listening_cost * levers.listening * book["identified"]
            book["identification"] = t.identification_cost * book["identified"]
            book["advertising"] = t.advertising_cost * levers.advertising * len(market.customers)
            book["content"] = t.content_cost * levers.content
        book["cost"] = sum(book[kind] for kind in COSTS)
        book["profit"] = book["revenue"] - book["cost"]
    total = books.market
    for kind in ("purchases", "value", "effort", "trust"):
        total[kind] = sum(book[kind] for book in books.firms)
    total["payments"] = sum(book["revenue"] for book in books.firms)
    total["surplus"] = sum(book["surplus"] - book["opt_out_fees"] for book in books.firms)
    total["no_purchase"] = total["occasions"] - total["purchases"]


COSTS = (
    "production", "personalisation", "compensation", "contacting",
    "listening", "identification", "advertising", "content",
)  # fmt: skip


# Terms that several steps use ----------------------------------------------------------------------------------------


def squared_distance(one, other):
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def noticed(messages):
    return 1 - exp(-messages)


def effort(p, firm, dyad):
    return (p.search_effort + p.choice_effort * log(firm.levers.assortment)) * (1 - dyad.context)


def money_weight(p, customer, dyad):
    return customer.price_sensitivity * (1 - p.price_tolerance * customer.relational_orientation * dyad.trust)


def exit_fee(market, supplier):
    firm = market.firms[supplier]
    return firm.levers.exit_fee if firm.present else 0


def trust_after(p, trust, evidence):
    if evidence > 0:
        return trust + p.trust_gain * evidence * (1 - trust)
    return trust + p.trust_loss * evidence * trust


def learn_need(p, firm, customer, dyad, part, noises):
    """The firm's belief about each dimension of the need moves towards a noisy observation of it."""
    told = firm.traits.reading * (customer.openness + (1 - customer.openness) * dyad.trust)
    imagined = firm.traits.imagination * dyad.context * dyad.trust
    for k, noise in enumerate(noises):
        latent = k >= p.dimensions - p.latent_dimensions
        seen = customer.need[k] + p.observation_noise * noise
        dyad.belief[k] += part * (imagined if latent else told) * (seen - dyad.belief[k])


def receive(books, j, dyad, kind, euro):
    books.firms[j][kind] += euro
    dyad.revenue += euro
    dyad.margin += euro
