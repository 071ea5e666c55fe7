"""Several runs of one plan at once: a tiny market costs more in Python than in arithmetic, and most of that is shared.

Customers are made and play all rounds in one compiled call, run after run; the books of all are closed together. That
can be done where firms decide once and nothing happens on the way. Every bit is that of `sim.run.simulate`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import batched

import numpy as np

from sim import books, engine, population
from sim.books import ACCOUNTS, CHUNK, MARKET, Flows
from sim.compiled import kernel
from sim.inputs import Firms
from sim.plan import Plan
from sim.results import Results
from sim.simulation import Simulation, provenance
from sim.state import State
from sim.strategies.base import LEVERS
from sim.workspace import workspace

SMALL = 250_000  # customers × firms × rounds of a run, some ten milliseconds: in longer ones the rest does not matter
STATE_BYTES = 2_000_000  # of runs that are played in one call
DRAWN = ("none", "mixing")  # networks that are the same for every seed


@kernel
def play(seeds, rounds, people, heterogeneity, p, firms, means, network, powers, states, flows, log, who, work):
    """Make the customers `who` of each seed and play all rounds; states and flows have one more axis, the runs."""
    for n in range(seeds.size):
        s = State(
            states.customer[n], states.need[n], states.message[n], states.told[n], states.supplier[n],
            states.segment[n], states.active[n], states.born[n], states.dyad[n],
            states.settled[n], states.ledger[n], states.record[n], states.flags[n],
            states.belief[n], states.taste[n], states.contacted[n],
        )  # fmt: skip
        population.arrive(seeds[n], 1, who, people, means, heterogeneity, s)
        booked = Flows(flows.firm[n], flows.market[n])
        engine.play(seeds[n], 1, rounds, 0, 1, p, firms, means, network, powers, s, booked, log, work)


def together(plan: Plan, seeds: Sequence[int], rounds: int | None = None) -> list[Results] | None:
    """Play a plan with several seeds; None where each has to be played by itself.

    seeds, rounds   as of `simulate`, whose results these are: without the final dyads and customers, and without a log
    """
    market, firms = plan.scenario.market, len(plan.firm_names)
    rounds = market.rounds if rounds is None else rounds
    if len(seeds) < 2 or market.customers > CHUNK or market.customers * firms * rounds > SMALL:
        return None
    if plan.played.network.kind not in DRAWN:
        return None
    first = Simulation(plan, seeds[0], threads=1)
    acting = first._decide()
    if not first.steady or first._together(rounds) < rounds:
        return None
    at_once = max(1, STATE_BYTES // sum(array.nbytes for array in first.state))
    return [run for some in batched(seeds, at_once) for run in _results(plan, first, acting, some, rounds)]


def _results(plan: Plan, first: Simulation, acting: Firms, seeds: Sequence[int], rounds: int) -> list[Results]:
    """Play the seeds in one call; `first` is where all begin but for their customers."""
    states = State(*(np.repeat(array[None], len(seeds), axis=0) for array in first.state))
    booked = _play(plan, first, acting, states, np.array(seeds, np.int64), rounds)
    accounts = books.accounts_of(booked.firm[:, :, 0], acting, plan.costs, plan.scenario.market.customers)
    series = books.series_of(accounts, booked.market[:, :, 0])
    posted = np.repeat(first.desk.posted[:, None], rounds, axis=1)  # (16, T, F)
    levers = {lever.name: row for lever, row in zip(LEVERS, posted, strict=True)}
    return [
        Results(
            scenario=dict(plan.record),
            alternative=None,
            seed=int(seed),
            rounds=rounds,
            firms=list(plan.firm_names),
            strategies=list(plan.strategies),
            accounts=dict(zip(ACCOUNTS, accounts[:, n], strict=True)),
            market=dict(zip(MARKET, series[:, n], strict=True)),
            levers=levers,
            provenance=provenance(plan.hash, int(seed), "compiled"),
        )
        for n, seed in enumerate(seeds)
    ]


def _play(plan: Plan, first: Simulation, acting: Firms, states: State, seeds: np.ndarray, rounds: int) -> Flows:
    """Flows of all rounds, the runs first."""
    market, size = plan.scenario.market, len(plan.firm_names)
    one = books.flows(rounds, market.customers, size)
    booked = Flows(*(np.zeros((len(seeds), *part.shape)) for part in one))
    who, work = np.arange(market.customers), workspace(size, engine.BLOCK)
    play(
        seeds, rounds, plan.people, market.heterogeneity, plan.parameters, acting, plan.means, first.network,
        first.powers, states, booked, first._log, who, work,
    )  # fmt: skip
    return booked
