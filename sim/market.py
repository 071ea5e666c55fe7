"""The market as a Mesa model: step it, look at it, change it, subclass its agents."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, get_args

import mesa
import numpy as np
from mesa.datacollection import DataCollector

from sim import books
from sim.agents import Customer, CustomerError, Firm, Relationship, Turn, failed
from sim.books import CHUNK, Flows
from sim.in_words import ArgumentError, InWords, whole
from sim.inputs import Firms
from sim.plan import Plan
from sim.results import MARKET, Results
from sim.scenario import Scenario
from sim.simulation import Simulation

Driver = Literal["compiled", "agents"]


class NobodyThereError(InWords, IndexError):
    """A customer or firm that a market has not; the message says which it has."""


class Customers(Sequence):
    """All customers in order; an agent is made when first asked for."""

    def __init__(self, market: "Market") -> None:
        self._market = market
        self._made: dict[int, Customer] = {}

    def __len__(self) -> int:
        return self._market.simulation.state.supplier.size

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise NobodyThereError(f"there is no customer {index}; this market has 0 to {len(self) - 1}")
        index %= len(self)
        if index not in self._made:
            self._made[index] = self._market.customer_class(self._market, int(index))
        return self._made[index]

    def __iter__(self) -> Iterator[Customer]:
        return (self[i] for i in range(len(self)))


class Market(mesa.Model):
    """A market that is stepped round by round.

    scenario        what is simulated, or its `Plan`; seed: default the scenario's
    driver          "compiled", or "agents": every customer plays its round in Python; the same numbers to the last bit
    customer_class  a subclass of `Customer`; the agent driver is then used
    firm_class      a subclass of `Firm`, with either driver

    `market.customers[17]`, `market.firms[0]`, `market.relationship(17, 0)` and `market.agents` are views of the
    arrays in `market.simulation.state`: reading and writing them reads and writes the market. `deepcopy(market)` is
    a market with the same past and the same future.
    """

    def __init__(
        self,
        scenario: Scenario | Plan,
        seed: int | None = None,
        *,
        driver: Driver | None = None,
        customer_class: type[Customer] = Customer,
        firm_class: type[Firm] = Firm,
        **options: Any,
    ) -> None:
        if driver not in (None, *get_args(Driver)):
            raise ArgumentError(f'driver is {driver!r}; allowed: "compiled" and "agents"')
        self.simulation = Simulation(scenario, seed, **options)
        self.customer_class = customer_class
        self.customers = Customers(self)
        super().__init__(rng=self.simulation.seed)
        own_customers = customer_class is not Customer
        if driver == "compiled" and own_customers:
            raise ArgumentError(
                f'{customer_class.__name__} is Python and cannot be compiled; leave driver out, or say "agents"'
            )
        self.driver: Driver = driver or ("agents" if own_customers else "compiled")
        self.turn: Turn | None = None
        self.firms = [firm_class(self, j) for j in range(len(self.simulation.firm_names))]
        self._ask = self._ask_firm if firm_class is not Firm else None
        self.datacollector = DataCollector(model_reporters={name: _last(name) for name in MARKET})

    @property
    def round(self) -> int:
        """Rounds played."""
        return self.simulation.round

    @property
    def agents(self) -> Any:
        """Firms and customers as a mesa AgentSet; all customers are made."""
        for _ in self.customers:
            pass
        return self._all_agents

    @property
    def agents_by_type(self) -> Any:
        """The AgentSet of each class; all customers are made."""
        _ = self.agents
        return self._agents_by_type

    def relationship(self, customer: int, firm: int) -> Relationship:
        """What lies between a customer and a firm; IndexError says which there are."""
        if not 0 <= firm < len(self.firms):
            last, names = len(self.firms) - 1, ", ".join(self.simulation.firm_names)
            raise NobodyThereError(f"there is no firm {firm}; this market has 0 to {last}: {names}")
        return self.customers[customer].relationship(firm)

    def step(self) -> None:
        """Play one round: environment, decisions, customers, books; then collect the market measures."""
        self.simulation.step(self._play if self.driver == "agents" else None, self._ask)
        self.datacollector.collect(self)

    def run(self, rounds: int | None = None) -> "Market":
        """Play `rounds` rounds, by default those that are left of the scenario's horizon; returns the market."""
        left = self.simulation.scenario.market.rounds - self.round if rounds is None else whole("rounds", rounds, 0)
        for _ in range(left):
            self.step()
        return self

    def results(self, **options: Any) -> Results:
        """What the rounds played so far leave behind (see `Simulation.results`)."""
        return self.simulation.results(driver=self.driver, **options)

    def _play(self, simulation: Simulation, firms: Firms, flows: Flows) -> None:
        """Every customer's round, in Python. Their order could not change what happens, only how sums are rounded."""
        self.turn = Turn.of(simulation, firms, flows)
        s, now = simulation.state, self.turn.round & 1
        s.told[now], s.message[now] = s.told[1 - now], s.message[1 - now]
        here = np.add.reduceat(s.active, np.arange(0, s.active.size, CHUNK), dtype=float)
        flows.market[0, :, books.ACTIVE] += here
        for customer in self.customers:
            try:
                customer.step()
            except Exception as error:
                if type(customer) is Customer:  # nobody's but ours
                    raise
                raise CustomerError(failed(customer, self.turn.round, error)) from error

    def _ask_firm(self, j: int) -> Any:
        self.firms[j].step()
        return self.firms[j].levers


def _last(name: str) -> Callable[[Market], float]:
    return lambda market: float(market.simulation.books.series(name)[-1])
