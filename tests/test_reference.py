"""The compiled driver against `reference.py`, a plain-Python round written from the model's description alone.

Both play each round of small random markets from the same state, and every number of the state and of the books must
agree: within rounding, where the state is stored in double precision.
"""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from beside_engine import KEPT, Beside, booked
from random_scenario import ROUNDS, TIES, scenario

from sim.results import MARKET
from sim.scenario import parse
from sim.simulation import Simulation

NUMBERS = (*range(60), 335)  # in 335 a firm leaves customers it has annoyed
TOLERANCE = {"double": 1e-9, "single": 1e-5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("ties")
    (place / "ties.csv").write_text(TIES)
    return place


@cache
def played(number: int, precision: str, folder: Path) -> tuple[list[str], Counter]:
    """Differences in all rounds of a random scenario, and the absolute sums of what was booked."""
    beside, wrong, total = Beside(scenario(number), precision, folder), [], Counter()
    for _ in range(ROUNDS):
        lines, books = beside.play(TOLERANCE[precision])
        wrong += lines
        total.update({name: abs(value) for name, value in booked(books).items()})
    return wrong, total


@pytest.mark.parametrize("number", NUMBERS)
def test_a_round_of_the_engine_is_the_round_the_model_describes(number, folder):
    assert played(number, "double", folder)[0] == []


@pytest.mark.parametrize("number", range(12))
def test_storage_in_single_precision_only_rounds(number, folder):
    assert played(number, "single", folder)[0] == []


@pytest.mark.parametrize("name", [*(f"{account} of" for account in KEPT), *(f"market {series}" for series in MARKET)])
def test_the_random_scenarios_exercise_all_that_is_booked(name, folder):
    totals = sum((played(number, "double", folder)[1] for number in NUMBERS), Counter())
    assert sum(amount for key, amount in totals.items() if key.startswith(name)) > 0


def test_equally_good_firms_share_the_customers_who_choose_the_best(folder):
    given = scenario(2) | {"events": [], "network": {"kind": "none"}}
    given["firms"] = [given["firms"][0] | {"name": name, "awareness": 1.0} for name in ("one", "other")]
    given["market"] |= {"outside_option": False, "customers": 60}
    lines, books = Beside(given, "double", folder).play(TOLERANCE["double"])
    assert lines == []
    assert min(book["purchases"] for book in books.firms) > 0


def test_a_shift_of_needs_may_come_as_early_as_round_1(folder):
    given = scenario(0) | {"events": []}
    given["market"] |= {"turbulence": 0.0, "turnover": 0.0}
    shift = [1.5] * given["market"]["dimensions"]
    calm, moved = (
        Simulation(parse(given | {"events": events}, folder=folder), precision="double")
        for events in ([], [{"kind": "need_shift", "round": 1, "shift": shift}])
    )
    calm.step()
    moved.step()
    assert moved.state.need == pytest.approx(calm.state.need + 1.5)
