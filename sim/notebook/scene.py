"""What the picture shows of a market: places that never move, and the numbers of one round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim import state
from sim.network import GRAPH
from sim.notebook.controls import digits, nice
from sim.palette import looks
from sim.scenario import Scenario
from sim.simulation import Simulation
from sim.strategies.base import StrategyError

SHOWN = 1000  # customers that are drawn at the most
TIES = 3000  # ties between customers that are drawn at the most
SETTLED = 400  # customers up to whom their ties decide about their places; beyond, that takes too long
PILOT = 500_000  # customers times rounds that are played at the most to find the ends of the scales
COLOURS = {  # measure -> what it is, and its unit
    "trust": "trust in the supplier (share)",
    "shared context": "context shared with the supplier (share)",
    "surplus per purchase": "surplus per purchase from the supplier (euro)",
}
CHARTS = (
    ("purchases", "purchases per round", "purchases"),
    ("profit", "profit to date", "euro"),
    ("trust", "mean trust of the round's buyers", "share"),
)


def places(simulation: Simulation) -> dict[str, Any]:
    """Names, colours and places (0 to 1) of firms and customers; they stay the same whatever happens in the market."""
    numbers = shown(simulation)
    firms, customers = len(simulation.firm_names), numbers.size
    ties = _ties(simulation, numbers) if simulation.network.kind == GRAPH else np.zeros((0, 2), int)
    around = np.pi / 2 + 2 * np.pi * (np.arange(firms) + 0.5) / max(firms, 1)
    inside = _spring(ties, customers) if len(ties) and customers <= SETTLED else _sunflower(customers)
    look = looks([firm.strategy.kind for firm in simulation.scenario.firms])
    return {
        "customers": np.round(0.5 + 0.34 * inside, 4).tolist(),
        "numbers": numbers.tolist(),
        "all": int(simulation.state.supplier.size),
        "firms": [
            {"name": name, "x": 0.5 + 0.44 * float(np.cos(a)), "y": 0.5 - 0.44 * float(np.sin(a)),
             "colour": one.colour, "ink": one.ink, "dash": [] if one.dash == "-" else [*one.dash[1]]}
            for name, a, one in zip(simulation.firm_names, around, look, strict=True)
        ],
        "ties": ties[:TIES].tolist(),
        "charts": [{"name": name, "title": title, "unit": unit} for name, title, unit in CHARTS],
        "rounds": simulation.scenario.market.rounds,
        "length": simulation.scenario.market.round_length,
    }  # fmt: skip


def shown(simulation: Simulation) -> np.ndarray:
    """The numbers of the customers that are drawn: all, or every so-manyth."""
    customers = simulation.state.supplier.size
    return np.arange(customers) if customers <= SHOWN else np.arange(SHOWN) * customers // SHOWN


def _ties(simulation: Simulation, numbers: np.ndarray) -> np.ndarray:
    """(n, 2) ties between customers that are drawn, by their places among these."""
    network = simulation.network
    ends = np.repeat(np.arange(network.start.size - 1), np.diff(network.start))
    place = np.full(simulation.state.supplier.size, -1)
    place[numbers] = np.arange(numbers.size)
    ties = place[np.stack([ends, network.neighbours], axis=1)]
    return ties[(ties >= 0).all(axis=1) & (ties[:, 0] < ties[:, 1])]


def _sunflower(customers: int) -> np.ndarray:
    """Places in the unit disc, evenly spread (Vogel 1979)."""
    k = np.arange(customers)
    angle, radius = k * np.pi * (3.0 - np.sqrt(5.0)), np.sqrt((k + 0.5) / max(customers, 1))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _spring(ties: np.ndarray, customers: int) -> np.ndarray:
    """Places by a few steps of Fruchterman & Reingold (1991), spread evenly over the disc; no chance in it."""
    import networkx as nx

    graph = nx.empty_graph(customers)
    graph.add_edges_from(ties.tolist())
    start = dict(enumerate(_sunflower(customers)))
    found = nx.spring_layout(graph, pos=start, iterations=15, seed=1)
    at = np.array([found[i] for i in range(customers)])
    at -= at.mean(axis=0)
    radius, angle = np.hypot(*at.T), np.arctan2(at[:, 1], at[:, 0])
    even = np.sqrt((radius.argsort().argsort() + 0.5) / customers)  # ranks: nobody in a heap, nobody far off
    return np.stack([even * np.cos(angle), even * np.sin(angle)], axis=1)


def moment(
    simulation: Simulation, before: np.ndarray | None, spread: dict[str, tuple[float, float]], colour: str = "trust"
) -> dict[str, Any]:
    """The customers that are drawn, now, in whole hundredths; -1: has no supplier, hence no shade.

    before  (C,) suppliers of the round before, for the flashes; spread: the ends of the scales, see `spread`
    """
    s, numbers = simulation.state, shown(simulation)
    supplier = s.supplier[numbers].astype(int)
    known, earlier = supplier >= 0, supplier if before is None else before[numbers]
    at = np.maximum(supplier, 0), numbers
    low, high = spread[colour]
    shade = np.clip((measured(simulation, colour)[at] - low) / (high - low), 0.0, 1.0)
    return {
        "round": simulation.round,
        "supplier": supplier.tolist(),
        "context": _hundredths(np.where(known, simulation.context()[at], 0.0)),
        "shade": _hundredths(np.where(known, shade, -1.0)),
        "active": s.active[numbers].astype(int).tolist(),
        "switched": np.flatnonzero((earlier != supplier) & (earlier >= 0)).tolist(),
        "colour": colour,
        "scale": scale(spread, colour),
    }


def measured(simulation: Simulation, colour: str) -> np.ndarray:
    """(F, C) the measure customers are coloured by."""
    s = simulation.state
    if colour == "trust":
        return s.dyad[state.TRUST].astype(float)
    if colour == "shared context":
        return simulation.context()
    return s.ledger[..., state.SURPLUS].astype(float) / np.maximum(s.record[..., state.PURCHASES], 1)


def spread(scenarios: Sequence[Scenario], seed: int | None = None) -> dict[str, tuple[float, float]]:
    """Measure -> the ends of its scale of colours, taken from pilot runs of these scenarios with the same seed.

    The ends are where 2 and 98 % of the customers with a supplier are, at four moments of each run, rounded outwards.
    A scale from 0 to 1 would show most markets in one colour; one that followed the round would make colours jump.
    """
    found: dict[str, list[np.ndarray]] = {name: [] for name in COLOURS}
    for scenario in scenarios:
        simulation = Simulation(scenario, seed)
        rounds = min(scenario.market.rounds, max(4, PILOT // scenario.market.customers))
        for quarter in range(4):
            try:
                simulation.advance(rounds * (quarter + 1) // 4 - simulation.round)
            except StrategyError:  # said when the reader gets there
                break
            who = np.flatnonzero(simulation.state.supplier >= 0)
            at = simulation.state.supplier[who].astype(int), who
            for name, values in found.items():
                values.append(measured(simulation, name)[at])
    return {name: _ends(np.concatenate([*values, np.zeros(0)])) for name, values in found.items()}


def _ends(values: np.ndarray) -> tuple[float, float]:
    """Round numbers around all but the extremes of the values; 0 to 1 where there are none."""
    if not values.size:
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(values, (2, 98)))
    step = nice(max((high - low) / 4, 0.005))
    low, high = (round(end(value / step) * step, 6) for end, value in ((math.floor, low), (math.ceil, high)))
    return (low, high) if high > low else (low, low + step)


def scale(spread: dict[str, tuple[float, float]], colour: str) -> tuple[str, str, str]:
    """The ends of a scale of colours and what it measures, in words; beyond the ends the colour stays."""
    low, high = spread[colour]
    places = digits(nice(high - low) / 10)
    words = [f"{sign} {end:.{places}f}".replace("-", "−") for sign, end in (("≤", low), ("≥", high))]
    return words[0], words[1], COLOURS[colour]


def _hundredths(values: np.ndarray) -> list[int]:
    return np.round(100.0 * values).astype(int).tolist()


def series(simulation: Simulation) -> dict[str, list[list[float | None]]]:
    """Chart -> firm -> one number per round played (None where there is none)."""
    books = simulation.books
    buyers = books.account("purchases")
    with np.errstate(invalid="ignore", divide="ignore"):
        trust = np.where(buyers > 0, books.account("trust") / buyers, np.nan)
    found = {"purchases": buyers, "profit": np.cumsum(books.account("profit"), axis=0), "trust": trust}
    return {
        name: [[None if value != value else round(value, 3) for value in column] for column in values.T.tolist()]
        for name, values in found.items()
    }
