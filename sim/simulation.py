"""One run of a market: its state, its books, and a round as a list of steps.

A `Simulation` knows nothing of Mesa. It advances with the compiled driver, or with whatever is passed to `step` in its
place; `sim.market.Market` passes its agents.
"""

import platform
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from sim import __version__, books, engine, population, snapshot, state
from sim.books import CHUNK, Books, Flows, flows
from sim.compiled import announce
from sim.decisions import Desk
from sim.in_words import ArgumentError, whole
from sim.inputs import CONTACTS, POOLING, Firms
from sim.machine import cores
from sim.plan import Plan
from sim.results import Results
from sim.scenario import Scenario
from sim.strategies.base import Levers
from sim.workspace import Work, workspace

NUMBERS_VERSION = 1  # raised with every change that alters results; see CHANGELOG.md
THREADS_PAY_FROM = 50_000  # customers, measured in benchmarks/
PARTS = 2  # a part is this share of what would be each thread's of all that is left
BATCH = 256  # rounds of a chunk per call at the most, while no firm can change its mind

Customers = Callable[["Simulation", Firms, Flows], None]


class Simulation:
    """A market in progress; `round` rounds have been played.

    scenario     what is simulated, or the `Plan` of it that replications share; seed (default: the scenario's) keys
                 every random number
    precision    "single" or "double" storage of the state
    log          keep every transaction
    threads      of the compiled driver (default: all cores from THREADS_PAY_FROM customers); never changes a result
    block        customers per block of the compiled driver; never changes a result

    `state` and `books` hold what has happened; `means` (K, S) is where needs centre now, `powers` see `state.fading`.
    """

    def __init__(
        self,
        scenario: Scenario | Plan,
        seed: int | None = None,
        *,
        precision: str = "single",
        log: bool = False,
        threads: int | None = None,
        block: int = engine.BLOCK,
    ) -> None:
        announce()
        plan = self.plan = scenario if isinstance(scenario, Plan) else Plan(scenario)
        scenario = self.scenario = plan.scenario
        market = scenario.market
        self.seed = scenario.seed if seed is None else whole("seed", seed, 0, 2**63 - 1)
        if precision not in ("single", "double"):
            raise ArgumentError(f'precision is {precision!r}; allowed: "single" and "double"')
        whole("block", block, 1)
        self.round = 0
        self.parameters = plan.parameters
        self.outlook = plan.outlook(1)
        self.firm_names = list(plan.firm_names)
        self.kinds: list[tuple[str, ...]] = []
        self.threads = _threads(threads, market.customers)
        self.block = block
        self.means = plan.means
        self.powers = plan.fading(market.rounds + BATCH)
        self.state = state.empty(market.customers, len(scenario.firms), market.dimensions, plan.tastes, precision)
        self._in_threads(
            lambda hand, first, last: population.arrive(
                self.seed, 1, np.arange(first * CHUNK, min(last * CHUNK, market.customers)), plan.people, self.means,
                market.heterogeneity, self.state,
            )
        )  # fmt: skip
        self.network = plan.network(self.state.segment, self.seed)
        self.books = Books(plan.costs, len(scenario.firms), market.customers)
        self.desk = Desk(len(scenario.firms))
        self._firms: Firms | None = None  # as they acted in the last round
        size = market.customers if log else 0
        self._log = engine.Log(np.full(size, -1, np.int16), np.zeros(size), np.zeros(size), np.zeros(size))
        self._mark = object()  # of the scratch that it uses
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
        left = whole("rounds", rounds, 0)
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
        if not self.steady:
            return 1
        until_news = min((r - self.round - 1 for r in self.plan.news if r > self.round + 1), default=left)
        batch = BATCH // -(-self.state.supplier.size // CHUNK)
        return max(1, min(left, until_news, batch, state.LAST_POSSIBLE_ROUND - self.round))

    @property
    def steady(self) -> bool:
        """Whether nothing but what customers do can happen until the next event: firms go on as they have decided."""
        eventful = self.threads > 1 or self._log.firm.size or self.parameters.turnover > 0.0
        return not (eventful or not self.desk.settled or self.desk.ready.lever[POOLING].any())

    def _environment(self) -> None:
        """Events of the coming round."""
        round = self.round + 1
        if round > state.LAST_POSSIBLE_ROUND:
            raise ValueError(f"a market can be played for {state.LAST_POSSIBLE_ROUND} rounds at the most")
        if round + BATCH >= self.powers.shape[1]:  # beyond the horizon, and perhaps many rounds in one call
            self.powers = self.plan.fading(2 * round + BATCH)
        if round in self.plan.news and round > 1:
            before, self.outlook = self.outlook, self.plan.outlook(round)
            moved = self.outlook.shift - before.shift
            if moved.any():
                self.means = self.means + moved[:, None]
                here = self.state.active != 0
                for k in np.flatnonzero(moved):
                    self.state.need[k] = np.where(here, self.state.need[k].astype(float) + moved[k], self.state.need[k])

    def _decide(self, ask: Callable[[int], Levers] | None = None) -> Firms:
        firms = self.desk.decide(self, self.round + 1 in self.plan.news, ask)
        self.state.contacted[:] |= (firms.lever[CONTACTS] > 0.0) & (firms.present != 0)
        pools = np.flatnonzero((firms.lever[POOLING] > 0.0) & (firms.present != 0))
        return firms._replace(average=self._average_belief(pools)) if pools.size else firms

    def _average_belief(self, firms: np.ndarray) -> np.ndarray:
        """Mean belief of the given firms about the customers each knows, (F, K); zeros for the others."""
        average = np.zeros((len(self.firm_names), self.state.need.shape[0]))
        for j in firms:
            known = ((self.state.flags[j] & state.IDENTIFIED) != 0) & (self.state.active != 0)
            if known.any():  # added up in order, so that the sum is the same on every machine
                average[j] = np.add.accumulate(self.state.belief[j, known], axis=0, dtype=float)[-1] / known.sum()
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
        population.arrive(self.seed, round, who, self.plan.people, self.means, heterogeneity, self.state)
        return who.size, known.sum(axis=1)

    def play_customers(self, firms: Firms, booked: Flows, rounds: int = 1) -> None:
        """The customers' part of the next round or rounds by the compiled driver; adds to the flows `booked`."""

        def some(hand: int, first: int, last: int) -> None:
            engine.play(
                self.seed, self.round + 1, self.round + rounds, first, last, self.parameters, firms, self.means,
                self.network, self.powers, self.state, booked, self._log, _scratch(self._mark, firms, self.block),
            )  # fmt: skip

        self._in_threads(some)

    def _in_threads(self, work: Callable[[int, int, int], None]) -> None:
        """Call work(hand, first, last) on parts of all chunks; hand is the number of the thread that does the part.

        A thread that is done with a part takes the next: one whose core has other work to do holds nobody up. Each part
        is a share of what is left, so that all are done at nearly the same time.
        """
        chunks, share = -(-self.state.supplier.size // CHUNK), self.threads * PARTS if self.threads > 1 else 1
        ends = [0]
        while ends[-1] < chunks:
            ends.append(ends[-1] + max(1, (chunks - ends[-1]) // share))
        parts = iter(pairwise(ends))

        def take(hand: int) -> None:
            for first, last in parts:
                work(hand, first, last)

        if self.threads == 1:
            take(0)
        else:
            others = [_pool(self.threads - 1).submit(take, hand) for hand in range(1, self.threads)]
            try:
                take(0)
            finally:
                for each in others:
                    each.result()

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

    def results(
        self, *, alternative: str | None = None, keep: bool = True, driver: str = "compiled", final: bool = False
    ) -> Results:
        """What the rounds played so far leave behind; `keep`: also the final dyads and customers.

        final   the simulation is not used any more: its arrays become those of the results, without a copy
        """
        s = self.state
        dyads = customers = None
        if keep:
            dyads = snapshot.dyads(s) | {"context": self.context(), "expectation": self.expectation()}
            dyads |= {} if self._firms is None else snapshot.offers(s, self._firms)
            customers = snapshot.customers(s)
            if not final:
                dyads, customers = _copied(dyads, s), _copied(customers, s)
        log = None
        if self._log.firm.size:
            names = ("customer", "round", *engine.Log._fields)
            parts = self._purchases or [self._harvest()]  # before the first round, nothing
            log = {name: np.concatenate([part[name] for part in parts]) for name in names}
        accounts, market, levers = self.books.copied()
        return Results(
            scenario=dict(self.plan.record),
            alternative=alternative,
            seed=self.seed,
            rounds=self.round,
            firms=list(self.firm_names),
            strategies=list(self.plan.strategies),
            accounts=accounts,
            market=market,
            levers=levers,
            dyads=dyads,
            customers=customers,
            log=log,
            provenance=provenance(self.plan.hash, self.seed, driver) | {"given": self.plan.given},
        )


def _copied(found: dict[str, np.ndarray], of: state.State) -> dict[str, np.ndarray]:
    """The same arrays, copied where they are those of the state, or parts of them."""
    held = {id(array) for array in of}
    return {name: v.copy() if id(v) in held or id(v.base) in held else v for name, v in found.items()}


def provenance(scenario_hash: str, seed: int, driver: str) -> dict[str, Any]:
    """What it takes to obtain the same bits again, and where they were made."""
    import numba

    return {
        "scenario_hash": scenario_hash,
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


_own = threading.local()


def _scratch(mark: object, firms: Firms, block: int) -> Work:
    """The calling thread's scratch, as empty as a new one where another simulation has used it meanwhile.

    It is kept because making its sixty arrays takes as long as playing a tiny market.
    """
    size = firms.present.size, block
    if getattr(_own, "size", None) != size:
        _own.size, _own.mark, _own.work = size, mark, workspace(*size)
    elif _own.mark is not mark:
        _own.mark = mark
        for array in (*_own.work[:-2], *_own.work.options, *_own.work.encounters):
            array.fill(0)
    return _own.work


def _threads(asked: int | None, customers: int) -> int:
    if asked is not None and asked < 1:
        raise ArgumentError(f"threads is {asked}; allowed: 1 or more")
    if asked is None and customers < THREADS_PAY_FROM:
        return 1
    return min(asked or cores(), max(1, -(-customers // CHUNK)))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="sim")
