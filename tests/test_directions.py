"""Which way is better: of some measures less is, and of some nobody can say."""

import numpy as np
import pytest
from two_shops import SHOP, sim

from sim.analysis.evidence import evidence
from sim.analysis.metrics import METRICS
from sim.charts.map import map_picture, surface
from sim.experiments.compare import compare
from sim.experiments.standings import headline, standings
from sim.experiments.sweep import Table
from sim.experiments.tournament import Tournament
from sim.scenario import loads

WORSE = {"stress", "overload", "lost_effort", "lock_in", "hostage_share", "concentration", "share_gini", "payback"}


def table(measure, low=1.0, high=2.0):
    """Nine conditions in which “a” always has the lower value."""
    rng = np.random.default_rng(0)
    values = np.array([low + 0.01 * rng.normal(size=(9, 5)), high + 0.01 * rng.normal(size=(9, 5))])
    levels = {"x": [0.0, 0.5, 1.0] * 3, "y": np.repeat([0.0, 0.5, 1.0], 3).tolist()}
    kinds, paths = ["everyday_low_price", "fee_extractor"], {"x": "x", "y": "y"}
    return Table(measure, ["a", "b"], kinds, levels, values, paths, "t", "a", (1, 5), [None] * 9)


def test_measures_of_which_less_is_better_are_declared():
    assert all(METRICS[name].more == "worse" for name in WORSE)
    assert METRICS["discounted_profit"].more == METRICS["retention"].more == "better"
    assert METRICS["price_dispersion"].more == "either"
    assert {metric.more for metric in METRICS.values()} == {"better", "worse", "either"}


@pytest.mark.parametrize(
    "measure, best, words",
    [
        ("stress", "a", "“a” is clearly best, with the lowest stress, in all 9 conditions"),
        ("trust", "b", "“b” is clearly best in all 9 conditions"),
        ("context", "b", "“b” has clearly the highest shared context in all 9 conditions"),
    ],
)
def test_the_best_of_a_sweep_and_its_map_are_the_better_way_round(measure, best, words):
    made = table(measure)
    found = standings(made)
    assert {each.best for each in found} == {best}
    assert all(each.lead.mean > 0 and each.clear and each.chances[best] > 0.99 for each in found)
    assert headline(found) == words
    assert surface(made).share("ab".index(best), clear=True) == 1.0
    said = map_picture(made).texts[0].get_text().replace("\n", " ")
    assert said.startswith(f"“{best}” has the {'lower' if measure == 'stress' else 'higher'} ")


def test_a_comparison_by_stress_prefers_less_of_it():
    found = compare(loads(SHOP), 5, measure="stress")
    means = {name: found.value("stress", name).mean for name in found.names}
    best = min(means, key=means.get)
    assert found.ranking()[0] == best
    assert found.evidence("stress").best.name == found.names[int(found.choice().probability.argmax())] == best
    assert " lower with " in found.headline() or found.headline().startswith("No ")


def test_the_rival_that_is_lower_is_ahead_where_less_is_better():
    values = np.array([[2.0, 2.1, 2.2], [1.0, 1.3, 1.1]])
    up, down = (evidence(["base", "rival"], values, "base", sign).contrasts[0] for sign in (1, -1))
    assert (up.superiority, down.superiority) == (0.0, 1.0)
    assert up.difference == down.difference


def test_a_tournament_by_what_is_worse_turns_round():
    rng = np.random.default_rng(1)
    payoffs = np.array([[3.0, 1.0], [2.0, 0.0]])[:, :, None] + 0.01 * rng.normal(size=(2, 2, 6))
    about = "t", {}, None
    more = Tournament(["a", "b"], ["milker", "tiered"], payoffs, "market_share", 2, *about)
    less = Tournament(["a", "b"], ["milker", "tiered"], payoffs, "acquisition_cost", 2, *about)
    assert [rank.name for rank in more.ranking()] == ["a", "b"]
    assert [rank.name for rank in less.ranking()] == ["b", "a"]
    assert (more.best_replies()["a"][0], less.best_replies()["a"][0]) == ("a", "b")
    assert (more.uninvadable(), less.uninvadable()) == (["a"], ["b"])
    assert (more.remaining()[0][0], less.remaining()[0][0]) == ("a", "b")
    assert "b has the lowest cost of acquisition" in less.headline()
    assert less.ends("a") == ("b", "a")


def test_the_terminal_says_what_is_best(tmp_path, monkeypatch):
    (tmp_path / "shop.toml").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    vary = ("--vary", "market.heterogeneity=0,1", "--seeds", "3")
    told = sim("sweep", "shop.toml", *vary, "--measure", "stress", "--out", "s").stdout
    assert "lowest mean" in told
    assert "highest mean" in sim("sweep", "shop.toml", *vary, "--measure", "context", "--out", "c").stdout
