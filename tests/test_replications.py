"""Published results, quick versions: what the engine gives lies within the tolerance of what was published or follows.

The targets are typed here a second time where they can be, from the publications, and further parameters of the same
models are tried; the full sizes are those of `sim replicate --full` and docs/replications.md.
"""

import json
from functools import cache

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.analysis.heterogeneity import loyalty_growth, repeat_shares
from sim.analysis.lifetime import lifetime_value_formula
from sim.analysis.statistics import interval
from sim.cli import app
from sim.replications import r01_loyalty as loyal
from sim.replications import r03_dirichlet as dirichlet
from sim.replications import r04_retention as retention
from sim.replications import r07_lifetime_value as lifetime
from sim.replications import r09_diffusion as diffusion
from sim.replications import r10_trust as trusting
from sim.replications import replications
from sim.replications.document import page
from sim.replications.laws import fitted, observe
from sim.replications.picture import picture
from sim.replications.replication import Check, Found, Replication, jackknifed, scenario_file
from sim.run import simulate

QUICK = ("R1", "R3", "R4", "R7", "R9", "R10")


@cache
def played(name: str) -> Found:
    """What the quick version finds; played once, and only where it is asked for."""
    return replications()[name].run(False)


@pytest.mark.parametrize("name", QUICK)
def test_a_published_result_comes_out_and_is_drawn(name):
    assert [check for check in played(name).checks if check.verdict != "reproduced"] == []
    figure = picture(replications()[name], played(name))
    assert figure.axes[0].get_title(loc="left")


def test_the_page_names_level_source_and_verdict():
    known = replications()
    text = page({name: (known[name], played(name)) for name in ("R4", "R10")}, "images")
    for name in ("R4", "R10"):
        found = played(name)
        assert known[name].level in text
        assert known[name].source in text
        assert known[name].off in text
        assert f"images/{name}.png" in text
        assert f"| {len(found.checks)} of {len(found.checks)} |" in text


@pytest.mark.parametrize("replication", replications().values(), ids=lambda item: item.name)
def test_a_replication_declares_what_the_page_needs(replication):
    assert isinstance(replication, Replication)
    assert replication.level in {"numerical identity", "distributional equivalence", "relational alignment"}
    assert replication.title
    assert replication.source
    assert replication.off
    assert replication.run.__doc__
    for name in replication.scenarios:
        assert scenario_file(name).is_file()


# -------------------------------------------------------------------------------------------------------- verdicts


def test_a_number_outside_its_tolerance_is_missed():
    assert Check("x", 1.0, 1.02, 0.01).verdict == "missed"
    assert Check("x", 1.0, float("nan"), 0.01).verdict == "missed"


def test_a_number_within_its_tolerance_by_luck_is_undecided():
    assert Check("x", 1.0, 1.001, 0.01, (0.9, 1.1)).verdict == "undecided"
    assert Check("x", 1.0, 1.001, 0.01, (0.995, 1.005)).verdict == "reproduced"


def test_a_bound_allows_any_deviation_to_the_other_side():
    assert Check("x", 1.0, -5.0, 0.0, bound="at most").verdict == "reproduced"
    assert Check("x", 1.0, 1.1, 0.0, bound="at most").verdict == "missed"
    assert Check("x", 1.0, 5.0, 0.0, bound="at least").verdict == "reproduced"


def test_one_missed_check_makes_the_replication_missed():
    good, bad = Check("x", 1.0, 1.0, 0.1), Check("y", 1.0, 2.0, 0.1)
    assert Found((good, bad)).verdict == "missed"
    assert Found((good,)).verdict == "reproduced"


def test_the_jackknife_error_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(1).normal(size=200)
    sums = np.stack([values, np.ones(200)], axis=1)
    mean, error = jackknifed(sums, lambda total: total[0] / total[1])
    assert mean == pytest.approx(values.mean())
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(200))


# ------------------------------------------------------------------------------------------------ R1 Weisbuch et al.


def test_the_closed_form_of_loyalty_is_the_published_one():
    assert [round(loyal.order(loyal.favourite(ratio)), 3) for ratio in (1.25, 1.5, 2.0)] == [0.752, 0.869, 0.958]
    assert loyal.favourite(0.99) == pytest.approx(0.5)
    assert round(loyal.fold(1.25), 3) == 0.913


@pytest.mark.parametrize("ratio, shops", [(1.75, 2), (1.4, 4), (0.5, 3)])
def test_loyalty_at_other_precisions_and_numbers_of_shops_is_that_of_the_closed_form(ratio, shops):
    target = loyal.order(loyal.favourite(ratio, shops), shops)
    assert loyal.measured(ratio, 0.01, shops, 300, memories=25).mean() == pytest.approx(target, abs=0.015)


# ------------------------------------------------------------------------------------------------------ R3 Dirichlet


def test_the_closed_form_of_the_dirichlet_is_the_published_one():
    laws = dirichlet.Dirichlet().laws()
    # printed to four decimals, after rounding in between
    np.testing.assert_allclose(laws[:7], [0.1999, 0.1568, 0.0866, 0.0784, 0.0700, 0.0270, 0.0181], atol=0.6e-4)
    np.testing.assert_allclose(laws[8:15], [1.8205, 1.7642, 1.6815, 1.6725, 1.6634, 1.6188, 1.6099], atol=1.1e-4)
    assert round(laws[-1], 3) == 1.196


def test_another_dirichlet_market_obeys_its_own_closed_form():
    shares = (0.4, 0.2, 0.1, 0.05, 0.05, 0.05, 0.05, 0.1)
    model = dirichlet.Dirichlet(mean=3.0, shape=1.5, similarity=0.6, shares=shares)
    value, error = jackknifed(dirichlet.measured(model, 400, 40_000, range(1)), dirichlet.laws)
    assert np.abs((value - model.laws(400)) / error).max() < 4  # of 17 numbers at once


# ---------------------------------------------------------------------------------------------------- R4 and loyalty


def test_other_customers_leave_as_their_own_beta_says():
    share = retention.simulated_survival(simulate(retention.market(1.4, 2.2, 8, 100_000), keep=False))
    np.testing.assert_allclose(share, retention.survival(1.4, 2.2, 8), atol=0.006)


def test_loyalty_does_not_grow_where_only_the_disloyal_leave():
    results = simulate(retention.market(0.668, 3.806, 12, 20_000), keep=False, log=True)
    departures, active = results.series("departures"), results.series("active")
    assert departures[-1] / active[-1] < departures[0] / active[0] / 2
    assert loyalty_growth(results.log, 20_000) == (0.0, 0.0)


def test_loyalty_growth_is_found_where_the_same_customers_come_to_stay():
    # A B A B A A A A for one customer, and the same firm throughout for another
    firm = np.array([0, 1, 0, 1, 0, 0, 0, 0] + [1] * 8)
    log = {"customer": np.repeat([0, 1], 8), "round": np.tile(np.arange(1, 9), 2), "firm": firm}
    early, late = repeat_shares(log, 2)
    assert early.tolist() == [0.0, 1.0]
    assert late.tolist() == [1.0, 1.0]
    assert loyalty_growth(log, 2)[0] == 0.5


# --------------------------------------------------------------------------------------------------------- R7 to R10


@pytest.mark.parametrize("rate, elasticity", [(0.7, 2.667), (0.8, 3.5), (0.9, 5.091)])
def test_the_closed_form_of_the_retention_elasticity_is_the_published_one(rate, elasticity):
    assert round(lifetime.retention_elasticity(rate, 0.12), 3) == elasticity


def test_lifetime_value_at_another_discount_rate_is_that_of_the_closed_form():
    values = np.array([lifetime.measured(0.75, 2.5, 0.05, seed) for seed in range(10)])
    assert values.mean() == pytest.approx(lifetime_value_formula(2.5, 0.75, 0.05), rel=0.01)


@pytest.mark.parametrize("p, q", [(0.01, 0.5), (0.1, 0.2)])
def test_another_novelty_spreads_by_its_own_recursion(p, q):
    paths = diffusion.measured(p, q, 20, 20_000, range(8))
    estimate = interval(paths.T, confidence=0.9999)
    exact = diffusion.bass(p, q, 20)
    assert np.all((estimate.low <= exact) & (exact <= estimate.high))


def test_trust_settles_where_the_closed_form_says():
    values = trusting.measured(0.2, 0.4, 0.6, 20_000)
    assert values.mean() == pytest.approx(trusting.mean_trust(0.2, 0.4, 0.6), abs=0.005)


# ----------------------------------------------------------------------------------------------------------- command


def test_the_command_prints_targets_and_verdicts():
    done = CliRunner().invoke(app, ["replicate", "r10", "--json"])
    assert done.exit_code == 0
    (answer,) = json.loads(done.stdout).values()
    assert answer["verdict"] == "reproduced"
    assert [check["target"] for check in answer["checks"]] == [0.76, 0.474]


def test_the_command_writes_page_and_picture(tmp_path):
    done = CliRunner().invoke(app, ["replicate", "R10", "--plot", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["R10.png", "replications.md"]


def test_an_unknown_replication_is_answered_with_those_there_are():
    done = CliRunner().invoke(app, ["replicate", "R99"])
    assert done.exit_code == 2
    assert 'there is no replication "R99"' in done.stderr
    assert "R10" in done.stderr


# --------------------------------------------------------------------------------------- with the relationship terms on


def test_learning_raises_loyalty_and_tastes_alone_do_not():
    alone, learning = (observe(name, 8000) for name in ("tastes alone", "firms learn too"))
    assert abs(alone.growth) < 4 * alone.growth_error
    assert learning.growth > 10 * learning.growth_error
    assert learning.model.similarity < 0.5 * alone.model.similarity
    assert learning.duplication < alone.duplication - 4 * (learning.duplication_error + alone.duplication_error)


def test_the_dirichlet_is_recovered_from_its_own_laws():
    model = dirichlet.Dirichlet()
    found = fitted(model.laws()[8:16], np.array(model.shares), model.mean, 1 - model.category()[0])
    assert found.shape == pytest.approx(model.shape, rel=1e-6)
    assert found.similarity == pytest.approx(model.similarity, rel=1e-3)
