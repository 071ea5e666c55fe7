"""One simulation played by the engine and, round by round, by `reference.py` beside it.

The engine's arrays are copied into the reference's customers before a round and compared with them after it. What firms
are in a round, and where needs centre, is worked out here from the scenario's plain data, not asked of the engine.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import reference
from random_scenario import scripted

from sim import population, random, state
from sim.results import ACCOUNTS, MARKET
from sim.scenario import parse
from sim.simulation import Simulation

TRAITS = [quantity.name for quantity in state.TRAITS]
REAL = {q.name: row for row, q in enumerate(state.DYAD) if q.name not in ("context", "expectation")}
BOOKED = {q.name: row for row, q in enumerate(state.LEDGER)}
COUNTED = {q.name: row for row, q in enumerate(state.RECORD)}
FLAGS = {"aware": state.AWARE, "identified": state.IDENTIFIED, "opted_out": state.OPTED_OUT}
KEPT = [name for name in ACCOUNTS if name not in ("price", "present")]


class Beside:
    """A simulation of the scenario `given` as plain data; blocks are so small that there are several."""

    def __init__(self, given: dict, precision: str, folder: Path) -> None:
        self.given, self.dimensions = given, given["market"]["dimensions"]
        self.simulation = Simulation(parse(given, folder=folder), precision=precision, block=8)

    def play(self, tolerance: float) -> tuple[list[str], reference.Books]:
        """Play one round in both; what differs, in readable lines, and the reference's books."""
        market = self.market()
        after, books = reference.play(market, Draws(self))
        self.simulation.step()
        engine = self.customers()
        # What becomes of a slot whose customer has left is of no consequence until a fresh one takes it.
        here = [i for i, now in enumerate(after.customers) if market.customers[i].active or now.active]
        expected = numbers(here, after.customers) | booked(books)
        lines = differences(expected, numbers(here, engine) | self.booked(), tolerance)
        return [f"round {market.round}: {line}" for line in lines], books

    def market(self) -> reference.Market:
        """The market at the start of the coming round, its events done."""
        round, customers = self.simulation.round + 1, self.customers()
        for customer in customers:
            if customer.active:
                customer.need = (np.array(customer.need) + self.shift([round])).tolist()
        firms = [self.firm(j, round) for j in range(len(self.given["firms"]))]
        parameters = self.given["market"] | self.given["relationship"] | self.given["learning"]
        return reference.Market(round, SimpleNamespace(**parameters), customers, firms, self.neighbours())

    def customers(self) -> list[reference.Customer]:
        """All customers as they are at the start of the coming round."""
        return [self.customer(self.simulation.state, i) for i in range(self.given["market"]["customers"])]

    def customer(self, s: state.State, i: int) -> reference.Customer:
        simulation, heard = self.simulation, self.simulation.round % 2
        context, expectation, told = simulation.context(), simulation.expectation(), int(s.told[heard, i])
        firms = range(s.flags.shape[0])
        return reference.Customer(
            **dict(zip(TRAITS, s.customer[: len(TRAITS), i].astype(float), strict=True)),
            need=s.need[:, i].astype(float).tolist(),
            mean_need=self.means()[:, s.segment[i]].tolist(),
            taste=[float(s.taste[j, i]) if s.taste.size else 0.0 for j in firms],
            aspiration=float(s.customer[state.ASPIRATION, i]),
            stress=float(s.customer[state.STRESS, i]),
            supplier=int(s.supplier[i]) if s.supplier[i] >= 0 else None,
            message=reference.Message(told, *s.message[heard, i].astype(float)) if told >= 0 else None,
            active=bool(s.active[i]),
            dyads=[
                reference.Dyad(
                    expectation=float(expectation[j, i]),
                    context=float(context[j, i]),
                    belief=s.belief[j, i].astype(float).tolist(),
                    **{name: float(s.dyad[row, j, i]) for name, row in REAL.items()},
                    **{name: float(s.ledger[j, i, row]) for name, row in BOOKED.items()},
                    **{name: int(s.record[j, i, row]) for name, row in COUNTED.items()},
                    **{name: bool(s.flags[j, i] & bit) for name, bit in FLAGS.items()},
                )
                for j in firms
            ],
        )

    def newcomer(self, i: int) -> reference.Customer:
        """A fresh customer: who it is comes from `sim.population`, what it begins with from the scenario."""
        round, s, spread = (
            self.simulation.round + 1,
            state.copy(self.simulation.state),
            self.given["market"]["heterogeneity"],
        )
        people = self.simulation.plan.people
        population.arrive(self.simulation.seed, round, np.array([i]), people, self.means(), spread, s)
        customer, begins = self.customer(s, i), SimpleNamespace(**self.given["relationship"])
        customer.aspiration, customer.stress, customer.active = begins.initial_aspiration, 0.0, True
        customer.supplier, customer.message = None, None
        customer.dyads = [
            reference.Dyad(
                expectation=begins.initial_expectation,
                expected_surcharge=begins.initial_surcharge,
                trust=begins.initial_trust,
                context=begins.initial_context,
                belief=list(firm["position"]),
                aware=dyad.aware,
            )
            for firm, dyad in zip(self.given["firms"], customer.dyads, strict=True)
        ]
        return customer

    def firm(self, j: int, round: int) -> reference.Firm:
        """Firm j after the events up to this round."""
        traits = dict(self.given["firms"][j])
        present, script = traits["present_from_start"], traits["strategy"]["script"]
        for event in self.given["events"]:
            lasts = event["round"] <= round < event["round"] + event.get("duration", np.inf)
            if lasts and event.get("firm") == traits["name"]:
                present = {"entry": True, "exit": False}.get(event["kind"], present)
                script = event.get("strategy", {}).get("script", script)
                traits |= {name: event[name] for name in ("failure_rate", "unit_cost", "quality") if name in event}
        levers = scripted(script, round, self.given["market"]["customers"])
        return reference.Firm(SimpleNamespace(**traits), SimpleNamespace(**levers), present)

    def shift(self, rounds: Iterable[int]) -> np.ndarray:
        """Sum (K,) of the need shifts of these rounds."""
        moves = [e["shift"] for e in self.given["events"] if e["kind"] == "need_shift" and e["round"] in rounds]
        return np.sum([np.zeros(self.dimensions), *moves], axis=0)

    def means(self) -> np.ndarray:
        """Where the needs of each segment centre in the coming round, (K, S)."""
        centres = np.array([segment["need_mean"] for segment in self.given["segments"]])
        return np.ascontiguousarray((centres + self.shift(range(self.simulation.round + 2))).T)

    def neighbours(self) -> list[list[int]] | None:
        kind, (_, start, ties) = self.given["network"]["kind"], self.simulation.network
        if kind == "mixing":
            return None
        customers = range(self.given["market"]["customers"])
        return [[] if kind == "none" else ties[start[i] : start[i + 1]].tolist() for i in customers]

    def booked(self) -> dict[str, float]:
        """The engine's books of the last round."""
        books, firms = self.simulation.books, range(len(self.given["firms"]))
        accounts = {f"{name} of firm {j}": books.account(name)[-1, j] for j in firms for name in KEPT}
        return accounts | {f"market {name}": books.series(name)[-1] for name in MARKET}


class Draws:
    """The random numbers of the coming round by name."""

    def __init__(self, beside: Beside) -> None:
        self.newcomer, self.dimensions = beside.newcomer, beside.dimensions
        self.seed, self.round = beside.simulation.seed, beside.simulation.round + 1

    def life(self, i):
        turnover, hear, which, occasion = self.uniforms(random.LIFE, i, 0)
        return SimpleNamespace(turnover=turnover, hear=hear, which=which, occasion=occasion)

    def drift(self, i):
        return self.normals(random.DRIFT, i, 0)

    def advertising(self, i, j):
        return self.uniforms(random.ADVERTISING, i, j)[0]

    def contact(self, i, j):
        return self.normals(random.CONTACT, i, j)

    def choice(self, i):
        choice, place, attrition, _ = self.uniforms(random.CHOICE, i, 0)
        return SimpleNamespace(choice=choice, place=place, attrition=attrition)

    def delivery(self, i, j):
        failure, voice, *noise = self.uniforms(random.DELIVERY, i, j)
        return SimpleNamespace(failure=failure, voice=voice, noise=random.normal_pair(*noise)[0])

    def observation(self, i, j):
        return self.normals(random.OBSERVATION, i, j)

    def uniforms(self, kind, i, j):
        return random.uniforms(self.seed, kind, self.round, i, j, 0)

    def normals(self, kind, i, j):
        parts = range(-(-self.dimensions // 4))
        drawn = [noise for part in parts for noise in random.normals(self.seed, kind, self.round, i, j, part)]
        return drawn[: self.dimensions]


def numbers(which: list[int], customers: list[reference.Customer]) -> dict[str, float]:
    """Every number of these customers by a name that says where it is; "none" is −1."""
    found: dict[str, float] = {}

    def walk(value, name):
        if isinstance(value, list):
            for k, item in enumerate(value):
                walk(item, f"{name}.{k}")
        elif is_dataclass(value):
            for each in (f for f in fields(value) if f.compare):
                walk(getattr(value, each.name), f"{name}.{each.name}")
        else:
            found[name] = -1.0 if value is None else float(value)

    for i in which:
        walk(customers[i], f"customers.{i}")
    return found


def booked(books: reference.Books) -> dict[str, float]:
    accounts = {f"{name} of firm {j}": book[name] for j, book in enumerate(books.firms) for name in KEPT}
    return accounts | {f"market {name}": books.market[name] for name in MARKET}


def differences(expected: dict[str, float], found: dict[str, float], tolerance: float) -> list[str]:
    """Readable lines, one for each number that differs."""
    names = sorted(expected.keys() | found.keys())
    one, other = (np.array([numbers.get(name, np.nan) for name in names]) for numbers in (expected, found))
    apart = ~np.isclose(one, other, rtol=tolerance, atol=tolerance)
    return [f"{names[k]}: reference {one[k]:.12g}, engine {other[k]:.12g}" for k in np.flatnonzero(apart)]
