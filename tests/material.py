"""Results of every kind to draw charts from: made up where numbers matter, played where customers do."""

from functools import cache
from pathlib import Path

import numpy as np
from synthetic import make_scenario, plausible

from sim.experiments.compare import compare
from sim.experiments.sensitivity import Index, Sensitivity
from sim.experiments.sweep import Table
from sim.experiments.tournament import Tournament
from sim.run import simulate
from sim.scenario import parse
from sim.strategies.base import registry

LIBRARY = [kind for kind, cls in registry().items() if cls.__module__.startswith("sim.strategies.")]
LONG = "the very long name of number"  # no name is ever too long


@cache
def comparison(count=2, seeds=6):
    kinds = [f"{LONG} {k}" for k in range(count)] if count < 5 else [f"Variant number {k}" for k in range(count)]
    return compare(make_scenario(kinds), seeds, simulate=complete)


def complete(scenario, seed=0, rounds=None, **options):
    """A made-up run whose accounts make up its profit, so that it can be bridged."""
    results = plausible(scenario, seed, rounds, **options)
    cost = results.account("purchases") * 4.0
    results.accounts["production"][:] = cost
    results.accounts["sales"][:] = results.account("profit") + cost + results.account("advertising")
    results.market["effort"][:] = 300.0
    return results


@cache
def run(count=2, log=True):
    firms = [
        {"name": kind.replace("_", " "), "unit_cost": 4.0, "strategy": {"kind": kind}}
        for kind in (LIBRARY[:count] if count > 2 else ["everyday_low_price", "learning_relationship"])
    ]
    scenario = {
        "title": "Test shops", "seed": 3, "market": {"customers": 60 * (1 + count // 10), "rounds": 24},
        "network": {"kind": "watts_strogatz", "neighbours": 4}, "firms": firms,
    }  # fmt: skip
    return simulate(parse(scenario), log=log)


@cache
def tournament(count=3, seeds=5):
    rng = np.random.default_rng(1)
    kinds = LIBRARY[:count]
    payoffs = 1000 + 100 * rng.normal(size=(count, count, 1)) + 20 * rng.normal(size=(count, count, seeds))
    return Tournament(kinds, kinds, payoffs, "discounted_profit", 2, "Made-up matches", {}, Path())


@cache
def sweep(count=2, seeds=5):
    rng = np.random.default_rng(2)
    axes = [f"market.factor_{k}" for k in range(count)]
    grid = np.array([line.ravel() for line in np.meshgrid(*[np.linspace(0, 1, 5 if count < 4 else 2)] * min(count, 3))])
    points = np.concatenate([grid, np.zeros((count - len(grid), grid.shape[1]))])
    lead = points[0] - 0.4 + 0.2 * points[1]
    values = rng.normal(0, 5, (1, points.shape[1], seeds)) + np.array([0 * lead, lead])[:, :, None]
    values = values + 0.1 * rng.normal(size=values.shape)
    levels = {axis: row.tolist() for axis, row in zip(axes, points, strict=True)}
    names, kinds = ["low price", "relationship"], ["everyday_low_price", "learning_relationship"]
    paths = {axis: axis for axis in axes}
    groups = [None] * points.shape[1]
    return Table("discounted_profit", names, kinds, levels, values, paths, "A market", names[0], (1, seeds), groups)


@cache
def many_conditions(count=20, kind="grid", seeds=4):
    """Twenty alternatives under conditions of fourteen factors, most of them with long names."""
    rng, people = np.random.default_rng(3), [f"{LONG} {k}" for k in range(13)]
    paths = ["market.heterogeneity", *(f"segments.{who}.purchase_rate.mean" for who in people)]
    points = rng.uniform(0.3, 2.0, (len(paths), 300))
    own = np.arange(count)[:, None] / count
    lead = 20 * (points[0] - 1.1) * own + 8 * (points[1] - 1) * (1 - own) + 6 * (points[2] > 1) * own
    luck = rng.normal(0, 5, (1, points.shape[1], seeds))
    values = lead[:, :, None] + luck + rng.normal(size=(count, points.shape[1], seeds))
    names, kinds = [kind.replace("_", " ") for kind in LIBRARY[:count]], LIBRARY[:count]
    levels = {path: row.tolist() for path, row in zip(paths, points, strict=True)}
    title, groups = "Many conditions", [None] * points.shape[1]
    paths = {path: path for path in paths}
    return Table("discounted_profit", names, kinds, levels, values, paths, title, names[0], (1, seeds), groups, kind)


@cache
def single_changes(count=20):
    """A list of single changes: twenty factors, each low and high."""
    full, rng = many_conditions(2), np.random.default_rng(4)
    names = [f"market.factor_with_a_long_name_{k}" for k in range(count)]
    points = np.concatenate([np.eye(count), np.zeros((1, count))])
    lead = points @ rng.normal(0, 5, count)
    values = np.array([0 * lead, lead])[:, :, None] + rng.normal(size=(2, count + 1, 4))
    levels = {name: row.tolist() for name, row in zip(names, points.T, strict=True)}
    groups = [None] * (count + 1)
    return full._replace(levels=levels, values=values, paths={name: name for name in names}, groups=groups)


@cache
def screening(factors=20, seeds=4):
    """What Morris's design finds of twenty factors with long names."""
    labels = {f"market.factor_{k}": f"{LONG} {k}" for k in range(factors)}
    sizes = [
        Index(name, "size", 100.0 / (k + 1), 80.0 / (k + 1), 120.0 / (k + 1), 5.0) for k, name in enumerate(labels)
    ]
    means = [each._replace(name="mean", value=each.value * (-1) ** k) for k, each in enumerate(sizes)]
    words = "the lead in discounted profit of “one” over “two”"
    return Sensitivity("morris", words, "euro", (*sizes, *means), labels, 0.1, 12, seeds)


def large(**more):
    """A scenario with twenty alternatives and twelve segments, small in everything else."""
    people = [f"Customers of the segment number {k}" for k in range(12)]
    segments = [
        {"name": name, "share": 1 / 12, "purchase_rate": {"dist": "gamma", "mean": 0.3 + 0.05 * k, "shape": 4.0}}
        for k, name in enumerate(people)
    ]
    firms = [
        {"name": "Our shop", "unit_cost": 4.0, "strategy": {"kind": "everyday_low_price"}},
        {"name": "Rival", "unit_cost": 4.0, "strategy": {"kind": "product_centred"}},
    ]
    alternatives = [
        {"name": kind.replace("_", " "), "set": {"firms.0.strategy": {"kind": kind}}} for kind in LIBRARY[:20]
    ]
    market = {"customers": 36, "rounds": 8, "discount_rate": 0.005, "heterogeneity": 0.8} | more
    return parse(
        {
            "title": "Twenty strategies, twelve segments", "seed": 1, "focus": "Our shop",
            "baseline": "everyday low price", "market": market, "segments": segments, "firms": firms,
            "alternatives": alternatives,
        }
    )  # fmt: skip


VARIED = [
    "market.heterogeneity=0.5,1.0,1.5,2.0",
    "segments.Customers of the segment number 3.purchase_rate.mean=0.3,0.6,0.9",
]
