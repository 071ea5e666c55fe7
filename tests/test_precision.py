"""The check that no verdict hangs on single precision looks at what it says it looks at."""

from dataclasses import replace

import pytest

from benchmarks.precision import Pair, examined, page
from sim.analysis.statistics import Interval
from sim.experiments.verdict import Verdict
from sim.scenario import loads

SHOPS = """
claim = "X1"
seed = 3
market = {customers = 80, rounds = 10}
[[firms]]
name = "ours"
strategy = {kind = "learning_relationship"}
[[firms]]
name = "theirs"
strategy = {kind = "product_centred"}
[[alternatives]]
name = "treated"
[[alternatives]]
name = "control"
set = {"firms.ours.strategy" = {kind = "everyday_low_price"}}
[[factors]]
name = "spread"
path = "market.heterogeneity"
values = [0.5, 1.0]
[examination]
measure = "trust"
contrast = ["treated", "control"]
sign = 1
smallest_effect = 0.05
seeds = {quick = 3, full = 4}
"""


@pytest.fixture(scope="module")
def pair():
    return examined(loads(SHOPS), full=False, workers=1)


def test_both_precisions_meet_the_same_seeds_and_differ_by_rounding_alone(pair):
    assert pair.single.seeds == pair.double.seeds == [3, 5]
    for one, two in zip(pair.single.cells, pair.double.cells, strict=True):
        assert one.effect.mean != two.effect.mean
        assert one.effect.mean == pytest.approx(two.effect.mean, rel=1e-3)


def test_a_shift_is_told_in_half_widths(pair):
    cells = [cell._replace(effect=Interval(10.0, 6.0, 14.0, 3)) for cell in pair.single.cells]
    moved = [cell._replace(effect=Interval(11.0, 6.5, 15.5, 3)) for cell in cells]
    assert Pair(replace(pair.single, cells=cells), replace(pair.single, cells=moved)).shifts == [0.25, 0.25]


def test_the_page_counts_verdicts_and_cells_that_are_not_alike(pair):
    first, second = pair.double.cells
    other = replace(
        pair.double,
        verdict=Verdict("not supported", (), "negligible in all cells"),
        cells=[first._replace(verdict="negligible"), second],
    )
    said = page({"X1": pair, "X2": Pair(pair.single, other)}, full=False)
    assert "**1 of 2 verdicts are the same; 3 of 4 cells are judged alike.**" in said
    (line,) = (line for line in said.splitlines() if line.startswith("| X2"))
    assert "not supported: negligible in all cells" in line
    assert "the same" not in line
