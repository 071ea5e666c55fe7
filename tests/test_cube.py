"""An experiment as labelled arrays holds the numbers of its table, each under its condition, seed and firm."""

import numpy as np
import pytest
from two_shops import SHOP, VARY

from sim.experiments import cube
from sim.experiments.manifest import StoreError
from sim.experiments.store import Store
from sim.experiments.sweep import Sweep, sweep
from sim.scenario import loads

xarray = pytest.importorskip("xarray", reason="xarray is not installed")
TWO = [*VARY, "market.turbulence=0,0.1"]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A sweep over 3 × 2 levels, 2 alternatives, 2 seeds."""
    return sweep(loads(SHOP), TWO, seeds=2, out=tmp_path_factory.mktemp("sweep") / "s", workers=1)


def test_every_number_of_the_table_stands_under_its_labels(found):
    arrays = found.to_xarray()
    assert dict(arrays.sizes) == {
        "market.heterogeneity": 3,
        "market.turbulence": 2,
        "alternative": 2,
        "seed": 2,
        "firm": 2,
    }
    for row in found.frame().to_dict("records"):
        at = {name: row[name] for name in arrays["discounted_profit"].dims}
        here = arrays.sel(at)
        np.testing.assert_array_equal(here["discounted_profit"], row["discounted_profit"])
        np.testing.assert_array_equal(here["concentration"], row["concentration"])  # of the market, not of a firm
        assert (here["strategy"], here["focus"] == row["firm"]) == (row["strategy"], row["focus"])
    assert arrays["discounted_profit"].attrs["units"] == "euro"


def test_levels_that_do_not_all_meet_are_conditions_in_a_row(tmp_path):
    latin = sweep(loads(SHOP), ["market.heterogeneity=0:1"], kind="latin", points=3, seeds=1, out=tmp_path / "s")
    arrays = latin.to_xarray()
    assert arrays["trust"].dims == (
        "market.heterogeneity",
        "alternative",
        "seed",
        "firm",
    )  # one factor is always a grid
    both = ["market.heterogeneity=0:1", "market.turbulence=0:0.1"]
    arrays = sweep(loads(SHOP), both, kind="latin", points=3, seeds=1, out=tmp_path / "t").to_xarray()
    assert arrays["trust"].dims == ("condition", "alternative", "seed", "firm")
    assert arrays["market.turbulence"].dims == ("condition",)


def test_a_run_that_is_missing_is_nan(found, tmp_path):
    folder = sweep(loads(SHOP), TWO, seeds=2, out=tmp_path / "s").folder
    with Store.open(folder, writing=True) as held:
        held.forget([next(held.design.points())])
    arrays, whole = Sweep(folder).to_xarray(), found.to_xarray()
    hole = {"market.heterogeneity": 0.0, "market.turbulence": 0.0, "alternative": "cheap", "seed": 7}
    assert np.isnan(arrays["discounted_profit"].sel(hole)).all()
    there = np.isfinite(arrays["discounted_profit"])
    assert there.sum() == whole["discounted_profit"].size - 2
    assert (arrays["discounted_profit"].values == whole["discounted_profit"].values)[there].all()


def test_the_file_gives_the_arrays_back_and_its_bytes_do_not_depend_on_who_played(found, tmp_path):
    again = sweep(loads(SHOP), TWO, seeds=2, out=tmp_path / "s", workers=3)
    with found.store as one, again.store as other:
        assert cube.to_netcdf(one, tmp_path / "one.nc") == 24
        cube.to_netcdf(other, tmp_path / "other.nc")
        with pytest.raises(StoreError, match="exists already"):
            cube.to_netcdf(one, tmp_path / "one.nc")
    assert (tmp_path / "one.nc").read_bytes() == (tmp_path / "other.nc").read_bytes()
    with xarray.open_dataset(tmp_path / "one.nc") as read:
        assert read.equals(found.to_xarray())


def test_a_seed_too_large_for_the_file_is_said(tmp_path):
    scenario = loads(SHOP).with_changes({"seed": 2**40})
    held, told = sweep(scenario, VARY, seeds=1, out=tmp_path / "s").store, r"netCDF cannot hold .*; use --csv"
    with held, pytest.raises(StoreError, match=told):
        cube.to_netcdf(held, tmp_path / "file.nc")
    assert not (tmp_path / "file.nc").exists()
