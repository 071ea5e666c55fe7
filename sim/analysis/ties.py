"""The customers' network and who buys where: do neighbours share a supplier, do firms share customers?

Two graphs. That of purchases has customers and firms as its nodes and is in the results: `purchase_graph`, measured by
networkx. That of customers who hear of each other is not. It is drawn from scenario and seed alone and can be had
again: `sim.simulation.Simulation(scenario, seed).network`. What is taken here is that, or a networkx graph on the
customers 0 … C − 1. Suppliers are those at the end of the run; customers who left the market or have none are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from sim.analysis.levels import need_dyads, ratio
from sim.results import Results, ResultsError

if TYPE_CHECKING:
    import networkx


class Neighbours(Protocol):
    """Neighbours of customer i: neighbours[start[i]:start[i + 1]], every link from both ends."""

    start: np.ndarray
    neighbours: np.ndarray


def links(network: Neighbours | networkx.Graph, customers: int) -> np.ndarray:
    """(m, 2) pairs of customers, each link once. Raises ResultsError for customers that there are not."""
    if hasattr(network, "start"):
        start, other = np.asarray(network.start), np.asarray(network.neighbours, dtype=np.int64)
        one = np.repeat(np.arange(start.size - 1), np.diff(start)) if start.size else np.zeros(0, np.int64)
        pairs = np.stack([one, other], axis=1)[one < other]
    else:
        try:
            pairs = np.array([(u, v) for u, v in network.edges if u != v], dtype=np.int64).reshape(-1, 2)
        except (TypeError, ValueError):
            raise ResultsError("the nodes of the network must be the customers 0, 1, 2, …") from None
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < customers:
        raise ResultsError(f"the network has customer {pairs.max()}; these results have 0 to {customers - 1}")
    return pairs


def _supplied(results: Results, network: Neighbours | networkx.Graph) -> tuple[np.ndarray, np.ndarray]:
    """Links between customers with a supplier: (m, 2) pairs, and the suppliers at both ends."""
    if not results.customers:
        raise ResultsError("these results hold no customers; run again and keep them (they are kept by sim run)")
    supplier = np.where(results.customers["active"], results.customers["supplier"].astype(np.int64), -1)
    pairs = links(network, supplier.size)
    pairs = pairs[(supplier[pairs] >= 0).all(axis=1)]
    return pairs, supplier[pairs]


def embeddedness(results: Results, network: Neighbours | networkx.Graph) -> np.ndarray:
    """(F,) mean share of a customer's neighbours who have the same supplier, over the customers of each firm that have
    neighbours with a supplier; NaN without any. Raises ResultsError where customers were not kept.

    Source: Granovetter 1985 for the notion; this measure of it: assumption.
    """
    pairs, ends = _supplied(results, network)
    size, firms = results.customers["supplier"].size, len(results.firms)
    same = np.repeat(ends[:, 0] == ends[:, 1], 2)
    share = ratio(np.bincount(pairs.ravel(), same, size), np.bincount(pairs.ravel(), minlength=size))
    known = np.flatnonzero(~np.isnan(share))
    supplier = results.customers["supplier"].astype(np.int64)[known]
    return ratio(np.bincount(supplier, share[known], firms), np.bincount(supplier, minlength=firms))


def mixing(results: Results, network: Neighbours | networkx.Graph) -> np.ndarray:
    """(F, F) share of the ends of links that lead from a customer of the row's firm to one of the column's; NaN without
    links. Raises ResultsError where customers were not kept.
    """
    _, ends = _supplied(results, network)
    firms = len(results.firms)
    both = np.concatenate([ends, ends[:, ::-1]])
    counts = np.bincount(both[:, 0] * firms + both[:, 1], minlength=firms * firms).reshape(firms, firms)
    return ratio(counts, counts.sum())


def supplier_modularity(results: Results, network: Neighbours | networkx.Graph) -> float:
    """Modularity of the customers' network divided by supplier, Σ_j e_jj − a_j²: how much more often neighbours share a
    supplier than if links were drawn at random with the same degrees. 0 as by chance; NaN without links.

    e is `mixing`, a its row sums. Raises ResultsError where customers were not kept. Source: Newman & Girvan 2004.
    """
    e = mixing(results, network)
    return float(np.trace(e) - (e.sum(axis=1) ** 2).sum())


def supplier_assortativity(results: Results, network: Neighbours | networkx.Graph) -> float:
    """Assortativity of suppliers on the customers' network, (Σ_j e_jj − Σ_j a_j²)/(1 − Σ_j a_j²): modularity over its
    largest possible value. 1 where neighbours always share a supplier, 0 as by chance; NaN without links or where all
    have the same supplier. Raises ResultsError where customers were not kept. Source: Newman 2003.
    """
    most = 1.0 - float((mixing(results, network).sum(axis=1) ** 2).sum())
    return supplier_modularity(results, network) / most if most > 1e-12 else float("nan")


# ------------------------------------------------------------------------------------------------- who bought where


def firm_degree(results: Results) -> np.ndarray:
    """(F,) customers who ever bought from the firm: its degree in the graph of purchases. Raises ResultsError without
    dyads.
    """
    return (need_dyads(results, "purchases")["purchases"] > 0).sum(axis=1)


def customer_degree(results: Results) -> np.ndarray:
    """(C,) firms the customer ever bought from: its degree in the graph of purchases. Raises ResultsError without
    dyads.
    """
    return (need_dyads(results, "purchases")["purchases"] > 0).sum(axis=0)


def purchase_graph(results: Results) -> networkx.Graph:
    """Who bought where, as a bipartite graph of nodes ("customer", i) and ("firm", name); `weight` counts purchases.

    Raises ResultsError without dyads.
    """
    import networkx as nx

    bought = need_dyads(results, "purchases")["purchases"]
    found = nx.Graph()
    found.add_nodes_from((("customer", i) for i in range(bought.shape[1])), bipartite=0)
    found.add_nodes_from((("firm", name) for name in results.firms), bipartite=1)
    found.add_weighted_edges_from(
        (("customer", int(i)), ("firm", results.firms[j]), int(bought[j, i])) for j, i in np.argwhere(bought > 0)
    )
    return found


def purchase_modularity(results: Results) -> float:
    """Modularity of the graph of purchases, divided into firms with the customers who bought most from each: how much
    more of all purchases stays within these groups than if the same were made at random.

    Σ_j w_j/m − (d_j/2m)², w_j purchases within group j, d_j the sum of its degrees, m all purchases. 1 − 1/F where F
    firms of equal size share no customer, 0 for a single firm; NaN without purchases. A customer who bought equally
    often from several belongs to the first of them. Raises ResultsError without dyads. Source: Newman & Girvan 2004, by
    networkx.
    """
    import networkx as nx

    bought = need_dyads(results, "purchases")["purchases"]
    if not bought.any():
        return float("nan")
    graph = purchase_graph(results)
    most, buys = bought.argmax(axis=0), bought.any(axis=0)
    groups: list[set[tuple[str, int | str]]] = [{("firm", name)} for name in results.firms]
    for i in np.flatnonzero(buys):
        groups[most[i]].add(("customer", int(i)))
    graph.remove_nodes_from([("customer", int(i)) for i in np.flatnonzero(~buys)])
    return float(nx.community.modularity(graph, groups, weight="weight"))


def customer_overlap(results: Results) -> np.ndarray:
    """(F,) customers in common: of all who ever bought from the firm or from a rival, the share who bought from both,
    mean over the rivals with whom it has any customer in common; 0 where there is none.

    NaN without customers. Raises ResultsError without dyads. Source: Latapy, Magnien & Del Vecchio 2008, clustering in
    two-mode networks, by networkx.
    """
    from networkx.algorithms import bipartite

    graph, degree = purchase_graph(results), firm_degree(results)
    found = bipartite.latapy_clustering(graph, [("firm", name) for name in results.firms], mode="dot")
    shared = np.array([float(found["firm", name]) for name in results.firms])
    return np.where(degree > 0, shared, np.nan)
