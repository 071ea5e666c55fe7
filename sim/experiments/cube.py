"""The runs of an experiment as labelled arrays: an xarray.Dataset, and a netCDF file of it.

Dimensions are the factors of a grid (or `condition`, where not every level meets every other), then `alternative`,
`seed`, and of measures that each firm has its own of, `firm`. NaN is a run that is missing or a number that cannot be
known. The file is netCDF 3, which every reader of netCDF reads; it holds the same bytes whoever played the runs.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.metrics import METRICS
from sim.experiments import export
from sim.experiments.axes import numbers
from sim.experiments.design import Arm
from sim.experiments.manifest import StoreError
from sim.experiments.store import Store

if TYPE_CHECKING:
    import xarray

MISSING = "xarray is not installed: pip install 'buyer-seller-sim[analysis]'; or use --csv"


def dataset(store: Store) -> xarray.Dataset:
    """All measures in memory. Raises StoreError where xarray is missing or conditions have different alternatives."""
    try:
        import xarray
    except ImportError:
        raise StoreError(MISSING) from None
    arms = store.design.arms
    names = list(dict.fromkeys(arm.alternative for arm in arms))
    if len(arms) % len(names):
        raise StoreError(f"{store.folder}: its conditions have not all the same alternatives")
    seeds = range(min(arm.seeds[0] for arm in arms), max(sum(arm.seeds) for arm in arms))
    firms = list(dict.fromkeys(firm for arm in arms for firm, _ in arm.firms))
    dims, sizes, coords = _conditions(store, arms[:: len(names)])
    dims, sizes = (*dims, "alternative"), (*sizes, len(names))
    strategies = np.array([[dict(arm.firms).get(firm, "") for firm in firms] for arm in arms])
    variables: dict[str, Any] = {
        "focus": (dims, np.array([arm.focus for arm in arms]).reshape(sizes)),
        "strategy": ((*dims, "firm"), strategies.reshape(*sizes, len(firms))),
    }
    for name, values in _measured(store, len(seeds), seeds[0], firms).items():
        own = ("seed", "firm") if METRICS[name].per_firm else ("seed",)
        about = {"units": METRICS[name].unit, "long_name": METRICS[name].label}
        variables[name] = ((*dims, *own), values.reshape(*sizes, *values.shape[1:]), about)
    coords |= {"alternative": names, "seed": np.array(seeds), "firm": firms}
    kept = {name: store.manifest[name] for name in ("title", "kind", "baseline", "numbers_version", "scenario_hash")}
    kept |= {} if store.manifest["digest"] is None else {"digest": store.manifest["digest"]}
    return xarray.Dataset(variables, coords, kept)


def _conditions(store: Store, arms: tuple[Arm, ...]) -> tuple[tuple[str, ...], tuple[int, ...], dict[str, Any]]:
    """Dimensions of the conditions, how long they are, and the levels along them."""
    factors = store.design.factors
    called = [name.replace(" ", "_") for name in export.factor_names(store)]  # netCDF knows no names with spaces
    rows = [tuple(arm.factors.get(factor) for factor in factors) for arm in arms]
    levels = [list(dict.fromkeys(column)) for column in zip(*rows, strict=True)]
    if factors and math.prod(map(len, levels)) == len(rows) and rows == [*itertools.product(*levels)]:
        coords = {name: _labels(column) for name, column in zip(called, levels, strict=True)}
        return tuple(called), tuple(map(len, levels)), coords
    columns = zip(called, zip(*rows, strict=True), strict=False)
    return ("condition",), (len(rows),), {name: ("condition", _labels(column)) for name, column in columns}


def _labels(values: Any) -> np.ndarray:
    """Numbers as numbers, anything else as text."""
    return np.array(values) if numbers(values) else np.array([str(value) for value in values])


def _measured(store: Store, count: int, first: int, firms: list[str]) -> dict[str, np.ndarray]:
    """Name -> (arms, seeds, F) of the firms, (arms, seeds) of the market."""
    size = len(store.design.arms), count
    shapes = {n: (*size, len(firms)) if METRICS[n].per_firm else size for n in store.layout.measures}
    found = {name: np.full(shape, np.nan) for name, shape in shapes.items()}
    for point, measures in store.rows():
        at = point.number, point.seed - first
        where = [firms.index(firm) for firm, _ in point.arm.firms]
        for name, values in measures.items():
            if METRICS[name].per_firm:
                found[name][*at, where] = values
            else:
                found[name][at] = values[0]
    return found


def to_netcdf(store: Store, file: Path, force: bool = False) -> int:
    """Write the dataset as a netCDF file; returns its number of runs. Raises StoreError."""
    found = dataset(store)

    def write(part: Path) -> int:
        try:
            found.to_netcdf(part, engine="scipy", format="NETCDF3_64BIT")
        except ValueError as error:  # a seed of more than 31 bits, for example
            raise StoreError(f"{file}: netCDF cannot hold this experiment ({error}); use --csv or --parquet") from error
        return store.counts().done

    return export.written(file, force, write)
