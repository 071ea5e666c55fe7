"""Who hears whom: a networkx graph, or an edge list, as neighbour arrays.

Random mixing and no network need no arrays and cost nothing however many customers there are.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.parameter import Declared

if TYPE_CHECKING:
    import networkx

NONE, MIXING, GRAPH = 0, 1, 2


class Network(NamedTuple):
    """Neighbours of customer i: neighbours[start[i]:start[i+1]]; both arrays are empty unless kind is GRAPH."""

    kind: int
    start: np.ndarray  # (C + 1,) int64
    neighbours: np.ndarray  # (links,) int32


class NetworkError(ValueError):
    """An edge list that does not describe the customers of this market."""


def build(declared: Declared, segment: np.ndarray, seed: int, edge_list: Path | None = None) -> Network:
    """The network of C customers, the same for the same seed.

    declared: the scenario's `network`; segment (C,): needed by the stochastic block model; edge_list: file of the
    declared edge list. Raises NetworkError for an edge list that cannot be used.
    """
    if declared.kind == "none" or segment.size < 2:
        return Network(NONE, np.zeros(0, np.int64), np.zeros(0, np.int32))
    if declared.kind == "mixing":
        return Network(MIXING, np.zeros(0, np.int64), np.zeros(0, np.int32))
    return from_graph(graph(declared, segment, seed, edge_list), segment.size)


def from_graph(graph: "networkx.Graph", customers: int) -> Network:
    """Neighbour arrays of an undirected graph on the nodes 0…customers−1; neighbours in ascending order."""
    edges = np.array([(u, v) for u, v in graph.edges if u != v], np.int64).reshape(-1, 2)
    both = np.concatenate([edges, edges[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    start = np.zeros(customers + 1, np.int64)
    np.cumsum(np.bincount(both[:, 0], minlength=customers), out=start[1:])
    return Network(GRAPH, start, both[:, 1].astype(np.int32))


def graph(declared: Declared, segment: np.ndarray, seed: int, edge_list: Path | None = None) -> "networkx.Graph":
    """The declared network as a networkx graph on the customers 0…C−1 (for `none` and `mixing`: no edges).

    Sources: Watts & Strogatz (1998), Barabási & Albert (1999), Holland, Laskey & Leinhardt (1983).
    """
    import networkx as nx

    size = segment.size
    match declared.kind:
        case "watts_strogatz":
            neighbours = min(declared.neighbours, size - 1)
            return nx.watts_strogatz_graph(size, neighbours, declared.rewiring, seed=seed)
        case "barabasi_albert":
            return nx.barabasi_albert_graph(size, min(declared.links, size - 1), seed=seed)
        case "stochastic_block":
            return _blocks(declared.mean_degree, declared.within, segment, seed)
        case "edge_list":
            return _edge_list(edge_list, size)
    return nx.empty_graph(size)


def _blocks(mean_degree: float, within: float, segment: np.ndarray, seed: int) -> "networkx.Graph":
    """Ties between segments, `within` of each customer's expected degree inside its own; needs two segments to
    differ.
    """
    import networkx as nx

    members = [np.flatnonzero(segment == s) for s in np.unique(segment)]
    sizes = [m.size for m in members]
    outside = segment.size - np.array(sizes)
    density = [
        [
            min(1.0, mean_degree * (within if len(sizes) > 1 else 1.0) / max(1, sizes[a] - 1))
            if a == b
            # the rest is spread over all others; symmetric, so that a link is a link from both ends
            else min(1.0, 0.5 * mean_degree * (1.0 - within) * (1.0 / outside[a] + 1.0 / outside[b]))
            for b in range(len(sizes))
        ]
        for a in range(len(sizes))
    ]
    blocks = nx.stochastic_block_model(sizes, density, seed=seed, sparse=True)
    order = np.concatenate(members)
    found = nx.empty_graph(segment.size)
    found.add_edges_from((int(order[u]), int(order[v])) for u, v in blocks.edges)
    return found


def _edge_list(path: Path, size: int) -> "networkx.Graph":
    import networkx as nx

    try:
        found = nx.read_edgelist(path, nodetype=int, data=False, delimiter="," if path.suffix == ".csv" else None)
    except OSError as error:
        raise NetworkError(f"{path}: the edge list cannot be read ({error.strerror or error})") from error
    except (TypeError, ValueError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path}: an edge list has two customer numbers per line, from 0 ({error})") from error
    strangers = [node for node in found if not 0 <= node < size]
    if strangers:
        raise NetworkError(f"{path}: customer {strangers[0]} does not exist; this market has 0 to {size - 1}")
    found.add_nodes_from(range(size))
    return found
