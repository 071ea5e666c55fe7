"""Scenarios that hypothesis draws, and a market's content bit for bit."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import Field
from random_scenario import ROUNDS, TIES, scenario, scripted

from sim import scenario as scenarios
from sim.parameter import parameter
from sim.results import ACCOUNTS, MARKET
from sim.simulation import Simulation
from sim.strategies.base import LEVER_ROW, FirmView, Levers, Strategy

# The same examples in every run and on every machine; deadlines would measure the compiler.
drawn = settings(
    deadline=None, derandomize=True, database=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)


class Steady(Strategy):
    """One round of a script over and over; looks at nothing that can change.

    Source: none, a device of the tests.
    """

    kind: Literal["steady"] = "steady"
    script: int = parameter(0, ge=0, unit="number", description="which of all scripts")

    def decide(self, view: FirmView) -> Levers:
        levers = scripted(self.script, 1, view.customers)
        return Levers(**{name: np.array(of) if isinstance(of, list) else of for name, of in levers.items()})


class Fixed(Strategy):
    """The levers it is given, in every round.

    Source: none, a device of the tests.
    """

    kind: Literal["fixed"] = "fixed"
    levers: dict[str, float] = Field(description="value of each lever by name")

    def decide(self, view: FirmView) -> Levers:
        return Levers(**self.levers)


@st.composite
def markets(draw: st.DrawFn, kind: str = "scripted", **fixed: Any) -> dict[str, Any]:
    """Plain data of a scenario of up to 12 customers, 4 firms and 6 rounds, all firms playing `kind`.

    fixed: entries of [market] that are not left to chance.
    """
    given = scenario(draw(st.integers(0, 9999)))
    given["market"] |= {"customers": draw(st.integers(1, 12)), "rounds": draw(st.integers(2, ROUNDS))} | fixed
    if given["market"]["customers"] < 6:  # too few for a graph
        given["network"] = {"kind": draw(st.sampled_from(["none", "mixing"]))}
    for actor in (*given["firms"], *given["events"]):
        if "strategy" in actor:
            actor["strategy"] = actor["strategy"] | {"kind": kind}
    return given


def parsed(given: dict[str, Any]) -> scenarios.Scenario:
    """The scenario, with the edge list at hand."""
    return scenarios.parse(given, folder=Path(_folder().name))


@cache
def _folder() -> TemporaryDirectory:
    folder = TemporaryDirectory(prefix="ties")
    Path(folder.name, "ties.csv").write_text(TIES)
    return folder


def bits(simulation: Simulation) -> dict[str, str]:
    """A fingerprint of every array of state, books and log; two that are equal hold the same bits."""
    arrays = {f"state {name}": array for name, array in simulation.state._asdict().items()}
    arrays |= {f"account {name}": simulation.books.account(name) for name in ACCOUNTS}
    arrays |= {f"market {name}": simulation.books.series(name) for name in MARKET}
    arrays |= {f"lever {name}": simulation.books.posted(name) for name in LEVER_ROW}
    arrays |= {f"log {name}": array for name, array in (simulation.results(keep=False).log or {}).items()}
    return {name: f"{array.shape} {sha256(array.tobytes()).hexdigest()[:16]}" for name, array in arrays.items()}
