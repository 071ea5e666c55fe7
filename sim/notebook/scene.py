"""What the picture shows of a market: places that never move, and the numbers of one round."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim import state
from sim.network import GRAPH
from sim.palette import looks
from sim.simulation import Simulation

SHOWN = 1000  # customers that are drawn at the most
TIES = 3000  # ties between customers that are drawn at the most
SETTLED = 400  # customers up to whom their ties decide about their places; beyond, that takes too long
COLOURS = ("trust", "shared context", "surplus per purchase")
CHARTS = (
    ("purchases", "purchases per round", "purchases"),
    ("profit", "profit to date", "euro"),
    ("trust", "mean trust of the round's buyers", "share"),
)


def places(simulation: Simulation) -> dict[str, Any]:
    """Names, colours and places (0 to 1) of firms and customers; they stay the same whatever happens in the market."""
    firms, customers = len(simulation.firm_names), min(simulation.state.supplier.size, SHOWN)
    network = simulation.network
    ties = _ties(simulation, customers) if network.kind == GRAPH else np.zeros((0, 2), int)
    around = np.pi / 2 + 2 * np.pi * (np.arange(firms) + 0.5) / max(firms, 1)
    inside = _spring(ties, customers) if len(ties) and customers <= SETTLED else _sunflower(customers)
    look = looks([firm.strategy.kind for firm in simulation.scenario.firms])
    return {
        "customers": np.round(0.5 + 0.36 * inside, 4).tolist(),
        "firms": [
            {"name": name, "x": 0.5 + 0.45 * float(np.cos(a)), "y": 0.5 - 0.45 * float(np.sin(a)),
             "colour": one.colour, "ink": one.ink}
            for name, a, one in zip(simulation.firm_names, around, look, strict=True)
        ],
        "ties": ties[:TIES].tolist(),
        "charts": [{"name": name, "title": title, "unit": unit} for name, title, unit in CHARTS],
        "rounds": simulation.scenario.market.rounds,
        "length": simulation.scenario.market.round_length,
    }  # fmt: skip


def _ties(simulation: Simulation, customers: int) -> np.ndarray:
    network = simulation.network
    ends = np.repeat(np.arange(network.start.size - 1), np.diff(network.start))
    ties = np.stack([ends, network.neighbours], axis=1)
    return ties[(ties[:, 0] < ties[:, 1]) & (ties < customers).all(axis=1)]


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


def moment(simulation: Simulation, before: np.ndarray | None, colour: str = "trust") -> dict[str, Any]:
    """The customers now, in whole hundredths; `before`: (C,) suppliers of the round before, for the flashes."""
    s = simulation.state
    shown = min(s.supplier.size, SHOWN)
    supplier = s.supplier[:shown].astype(int)
    rows, known = np.arange(shown), supplier >= 0
    at = np.maximum(supplier, 0), rows
    context = simulation.context()[:, :shown][at]
    moved = np.zeros(0, int) if before is None else np.flatnonzero((before[:shown] != supplier) & (before[:shown] >= 0))
    return {
        "round": simulation.round,
        "supplier": supplier.tolist(),
        "context": _hundredths(np.where(known, context, 0.0)),
        "shade": _hundredths(np.where(known, _shade(s, at, context, colour), -1.0)),
        "active": s.active[:shown].astype(int).tolist(),
        "switched": moved.tolist(),
        "colour": colour,
    }


def _shade(s: state.State, at: tuple[np.ndarray, np.ndarray], context: np.ndarray, colour: str) -> np.ndarray:
    """(C,) the measure customers are coloured by, in [0, 1]."""
    if colour == "trust":
        return s.dyad[state.TRUST][at].astype(float)
    if colour == "shared context":
        return context
    gain = s.dyad[state.SURPLUS][at].astype(float) / np.maximum(s.record[state.PURCHASES][at], 1)
    return np.clip((gain + 2.0) / 6.0, 0.0, 1.0)  # −2 to 4 euro


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
