"""One run of a market: its state, its books, and a round as a list of steps.

A `Simulation` knows nothing of Mesa. It advances with the compiled driver, or with whatever is passed to `step` in its
place; `sim.market.Market` passes its agents.
"""

import os
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from sim import __version__, books, engine, population, snapshot, state
from sim.books import CHUNK, Books, Flows, flows
from sim.compiled import announce
from sim.decisions import Desk
from sim.inputs import CONTACTS, POOLING, Firms, parameters
from sim.mechanisms import as_played
from sim.network import build
from sim.outlook import outlook, turning_points
from sim.results import ACCOUNTS, MARKET, Results
from sim.scenario import Scenario
from sim.strategies.base import LEVER_ROW, Levers
from sim.workspace import Work, workspace

NUMBERS_VERSION = 1  # raised with every change that alters results; see CHANGELOG.md
THREADS_PAY_FROM = 50_000  # customers, measured in benchmarks/
BATCH = 64  # rounds per call while no firm can change its mind

COSTS = ("contact_cost", "listening_cost", "identification_cost", "advertising_cost", "content_cost")
Customers = Callable[["Simulation", Firms, Flows], None]


class Simulation:
    """A market in progress; `round` rounds have been played.

    scenario     what is simulated; seed (default: the scenario's) keys every random number
    precision    "single" or "double" storage of the state
    log          keep every transaction
    threads      of the compiled driver (default: all cores from THREADS_PAY_FROM customers); never changes a result
    block        customers per block of the compiled driver; never changes a result

    `state` and `books` hold what has happened; `means` (K, S) is where needs centre now, `powers` see `state.fading`.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int | None = None,
        *,
        precision: str = "single",
        log: bool = False,
        threads: int | None = None,
        block: int = engine.BLOCK,
    ) -> None:
        announce()
        market = scenario.market
        self.scenario = scenario
        played = self._played = as_played(scenario)  # as its switches have it
        self.seed = scenario.seed if seed is None else int(seed)
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed is {seed}; allowed: 0 to {2**63 - 1}")
        if precision not in ("single", "double"):
            raise ValueError(f'precision is {precision!r}; allowed: "single" and "double"')
        if block < 1:
            raise ValueError(f"block is {block}; allowed: 1 or more")
        self.round = 0
        self.parameters = parameters(played)
        self.outlook = outlook(played, 1)
        self.firm_names = [firm.name for firm in scenario.firms]
        self.kinds: list[tuple[str, ...]] = []
        self.threads = _threads(threads, market.customers)
        self.block = block
        self._news = turning_points(scenario)
        means = np.array([segment.need_mean for segment in scenario.segments]) + self.outlook.shift
        self.means = np.ascontiguousarray(means.T)
        self.powers = self._fading(market.rounds + BATCH)
        self._people = _people(played, self.outlook.position)
        self.state = state.empty(
            market.customers, len(scenario.firms), market.dimensions, _has_tastes(scenario), precision
        )
        self._in_threads(
            lambda first, last: population.arrive(
                self.seed, 1, np.arange(first * CHUNK, min(last * CHUNK, market.customers)), self._people, self.means,
                market.heterogeneity, self.state,
            )
        )  # fmt: skip
        self.network = build(played.network, self.state.segment, self.seed, played.edge_list)
        costs = {name: np.array([firm[name] for firm in self.outlook.traits], float) for name in COSTS}
        self.books = Books(costs, len(scenario.firms), market.customers)
        self.desk = Desk(len(scenario.firms))
        self._firms: Firms | None = None  # as they acted in the last round
        size = market.customers if log else 0
        self._log = engine.Log(np.full(size, -1, np.int16), np.zeros(size), np.zeros(size), np.zeros(size))
        self._scratch: dict[int, Work] = {}  # by first chunk, one for each thread
        self._purchases: list[dict[str, np.ndarray]] = []

    # ------------------------------------------------------------------------------------------------ a round

    def step(self, customers: Customers | None = None, ask: Callable[[int], Levers] | None = None) -> None:
        """Play one round: environment, decisions, customers, books.

        `customers` replaces the compiled driver; `ask(j)` answers in the place of firm j's strategy.
        """
        self._play(1, customers, ask)

    def advance(self, rounds: int, played: Callable[[int], None] | None = None) -> None:
        """Play `rounds` rounds with the compiled driver; `played(n)` is told of every n rounds done.

        While no firm could change its mind, many rounds go into one call; the numbers are the same.
        """
        if rounds < 0:
            raise ValueError(f"rounds is {rounds}; allowed: 0 or more")
        left = rounds
        while left > 0:
            done = self._play(left)
            left -= done
            if played is not None:
                played(done)

    def _play(self, left: int, customers: Customers | None = None, ask: Callable[[int], Levers] | None = None) -> int:
        """Play the next round, and with the compiled driver as many of the `left` rounds as go into one call."""
        self._environment()
        replaced, forgotten = self._turn_over()
        firms = self._firms = self._decide(ask)
        rounds = 1 if customers or ask else self._together(left)
        booked = flows(rounds, self.state.supplier.size, len(self.firm_names))
        booked.market[0, 0, books.REPLACED], booked.firm[0, 0, :, books.FORGOTTEN] = replaced, forgotten
        if customers is None:
            self.play_customers(firms, booked, rounds)
        else:
            customers(self, firms, booked)
        self.books.close(rounds, booked, firms, self.desk.posted)
        self.kinds += [tuple(strategy.kind for strategy in self.outlook.strategies)] * rounds
        self.round += rounds
        if self._log.firm.size:
            self._purchases.append(self._harvest())
        return rounds

    def _together(self, left: int) -> int:
        """Rounds from the next one on that can be played in one call."""
        eventful = self.threads > 1 or self._log.firm.size or self.parameters.turnover > 0.0
        if eventful or not self.desk.settled or self.desk.ready.lever[POOLING].any():
            return 1
        until_news = min((r - self.round - 1 for r in self._news if r > self.round + 1), default=left)
        return max(1, min(left, until_news, BATCH, state.LAST_POSSIBLE_ROUND - self.round))

    def _environment(self) -> None:
        """Events of the coming round."""
        round = self.round + 1
        if round > state.LAST_POSSIBLE_ROUND:
            raise ValueError(f"a market can be played for {state.LAST_POSSIBLE_ROUND} rounds at the most")
        if round + BATCH >= self.powers.shape[1]:  # beyond the horizon, and perhaps many rounds in one call
            self.powers = self._fading(2 * round + BATCH)
        if round in self._news and round > 1:
            before, self.outlook = self.outlook, outlook(self._played, round)
            moved = self.outlook.shift - before.shift
            if moved.any():
                self.means = self.means + moved[:, None]
                here = self.state.active != 0
                for k in np.flatnonzero(moved):
                    self.state.need[k] = np.where(here, self.state.need[k].astype(float) + moved[k], self.state.need[k])

    def _decide(self, ask: Callable[[int], Levers] | None = None) -> Firms:
        firms = self.desk.decide(self, self.round + 1 in self._news, ask)
        self.state.contacted[:] |= (firms.lever[CONTACTS] > 0.0) & (firms.present != 0)
        pools = np.flatnonzero((firms.lever[POOLING] > 0.0) & (firms.present != 0))
        return firms._replace(average=self._average_belief(pools)) if pools.size else firms

    def _average_belief(self, firms: np.ndarray) -> np.ndarray:
        """Mean belief of the given firms about the customers each knows, (F, K); zeros for the others."""
        average = np.zeros((len(self.firm_names), self.state.need.shape[0]))
        for j in firms:
            known = ((self.state.flags[j] & state.IDENTIFIED) != 0) & (self.state.active != 0)
            if known.any():  # added up in order, so that the sum is the same on every machine
                average[j] = np.add.accumulate(self.state.belief[:, j, known], axis=1, dtype=float)[:, -1] / known.sum()
            else:
                average[j] = self.outlook.position[j]
        return average

    def _turn_over(self) -> tuple[int, np.ndarray | int]:
        """Fresh customers take the places of those replaced; returns how many, and (F,) how many a firm had known."""
        if self.parameters.turnover <= 0.0 or self.round == 0:  # in round 1 all are newcomers anyway
            return 0, 0
        round, customers = self.round + 1, self.state.supplier.size
        hit = np.zeros(customers, np.uint8)
        population.replaced(self.seed, round, self.parameters.turnover, hit)
        who = np.flatnonzero(hit)
        known = ((self.state.flags[:, who] & state.IDENTIFIED) != 0) & (self.state.active[who] != 0)
        heterogeneity = self.parameters.heterogeneity
        population.arrive(self.seed, round, who, self._people, self.means, heterogeneity, self.state)
        return who.size, known.sum(axis=1)

    def play_customers(self, firms: Firms, booked: Flows, rounds: int = 1) -> None:
        """The customers' part of the next round or rounds by the compiled driver; adds to the flows `booked`."""

        def some(first: int, last: int) -> None:
            if first not in self._scratch:
                self._scratch[first] = workspace(len(self.firm_names), self.block)
            engine.play(
                self.seed, self.round + 1, self.round + rounds, first, last, self.parameters, firms, self.means,
                self.network, self.powers, self.state, booked, self._log, self._scratch[first],
            )  # fmt: skip

        self._in_threads(some)

    def _in_threads(self, work: Callable[[int, int], None]) -> None:
        """Call work(first, last) on consecutive parts of all chunks, one part per thread."""
        chunks = -(-self.state.supplier.size // CHUNK)
        if self.threads == 1:
            work(0, chunks)
            return
        bounds = [chunks * part // self.threads for part in range(self.threads + 1)]
        list(_pool(self.threads).map(work, bounds[:-1], bounds[1:]))

    def _fading(self, rounds: int) -> np.ndarray:
        return state.fading(self._played.relationship.context_decay, self._played.learning.forgetting, rounds)

    # ------------------------------------------------------------------------------------------------ looking

    def context(self) -> np.ndarray:
        """Shared context of every dyad now, (F, C)."""
        now = np.empty(self.state.flags.shape)
        state.context_at(self.state, self.powers, self.round + 1, now)
        return now

    def expectation(self) -> np.ndarray:
        """Value in use expected of every firm now, (F, C) euro."""
        now = np.empty(self.state.flags.shape)
        state.expectation_at(self.state, self.powers, self.parameters.prior_value, self.round + 1, now)
        return now

    def note_purchase(self, customer: int, firm: int, price: float, surcharge: float, value: float) -> None:
        """Log one purchase of this round, if a log is kept; for drivers other than the compiled one."""
        if self._log.firm.size:
            row = self._log
            row.firm[customer], row.price[customer] = firm, price
            row.surcharge[customer], row.value[customer] = surcharge, value

    def _harvest(self) -> dict[str, np.ndarray]:
        who = np.flatnonzero(self._log.firm >= 0)
        found = {"customer": who.astype(np.int32), "round": np.full(who.size, self.round, np.int16)}
        found |= {name: getattr(self._log, name)[who] for name in engine.Log._fields}
        self._log.firm[:] = -1
        return found

    def results(self, *, alternative: str | None = None, keep: bool = True, driver: str = "compiled") -> Results:
        """What the rounds played so far leave behind; `keep`: also the final dyads and customers."""
        s = self.state
        dyads = customers = None
        if keep:
            dyads = snapshot.dyads(s) | {"context": self.context(), "expectation": self.expectation()}
            dyads |= {} if self._firms is None else snapshot.offers(s, self._firms)
            customers = snapshot.customers(s)
        log = None
        if self._log.firm.size:
            names = ("customer", "round", *engine.Log._fields)
            parts = self._purchases or [self._harvest()]  # before the first round, nothing
            log = {name: np.concatenate([part[name] for part in parts]) for name in names}
        return Results(
            scenario=self.scenario.to_dict(),
            alternative=alternative,
            seed=self.seed,
            rounds=self.round,
            firms=list(self.firm_names),
            strategies=[firm.strategy.kind for firm in self.scenario.firms],
            accounts={name: self.books.account(name).copy() for name in ACCOUNTS},
            market={name: self.books.series(name).copy() for name in MARKET},
            levers={name: self.books.posted(name).copy() for name in LEVER_ROW},
            dyads=dyads,
            customers=customers,
            log=log,
            provenance=provenance(self.scenario, self.seed, driver),
        )


def provenance(scenario: Scenario, seed: int, driver: str) -> dict[str, Any]:
    """What it takes to obtain the same bits again, and where they were made."""
    import numba

    return {
        "scenario_hash": scenario.hash,
        "seed": seed,
        "driver": driver,
        "numbers_version": NUMBERS_VERSION,
        "versions": {
            "buyer-seller-sim": __version__,
            "numpy": np.__version__,
            "numba": numba.__version__,
            "python": platform.python_version(),
        },
        "platform": platform.platform(),
    }


def _threads(asked: int | None, customers: int) -> int:
    if asked is not None and asked < 1:
        raise ValueError(f"threads is {asked}; allowed: 1 or more")
    available = os.cpu_count() or 1
    wanted = asked if asked is not None else (available if customers >= THREADS_PAY_FROM else 1)
    return min(wanted, max(1, -(-customers // CHUNK)))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="sim")


def _has_tastes(scenario: Scenario) -> bool:
    return any(firm.taste is not None for firm in scenario.firms)


def _people(scenario: Scenario, position: np.ndarray) -> population.Population:
    """The kernels' form of segments, tastes, awareness and fresh dyads."""
    relationship = scenario.relationship
    names = [quantity.name for quantity in state.TRAITS]
    nobody = (0.0, 0.0, 0.0)
    return population.Population(
        shares=np.cumsum([segment.share for segment in scenario.segments]),
        traits=np.array([[population.encode(getattr(group, name)) for name in names] for group in scenario.segments]),
        tastes=np.array([nobody if firm.taste is None else population.encode(firm.taste) for firm in scenario.firms]),
        awareness=np.array([firm.awareness for firm in scenario.firms], float),
        position=position,
        beginning=np.array(
            [
                relationship.initial_expectation, relationship.initial_surcharge, relationship.initial_trust,
                relationship.initial_context, relationship.initial_aspiration,
            ]
        ),
    )  # fmt: skip
