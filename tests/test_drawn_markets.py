"""Drawn markets are balanced, grow without playing anything twice, and rank; newcomers enter them in pairs."""

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from test_tournament import MARKET, THREE
from typer.testing import CliRunner

from sim.cli import app
from sim.experiments.drawn import DrawnTournament, draw, drawn_tournament, plan_of
from sim.experiments.entry import STAYS, entry
from sim.experiments.manifest import StoreError
from sim.experiments.rankings import rankings
from sim.experiments.tournament import tournament
from sim.results import ResultsError
from sim.run import simulate
from sim.scenario import loads
from sim.scenario_errors import ScenarioError
from sim.strategies.base import registry

NAMES = [f"s{k}" for k in range(11)]
FOUR = [*THREE, "milker"]


@pytest.fixture(scope="module")
def market():
    return loads(MARKET)


def appearances(markets):
    return Counter(name for market in markets for name in market)


def meetings(markets):
    return Counter(frozenset(pair) for market in markets for pair in combinations(market, 2))


# --------------------------------------------------------------------------------------------------------- the draw


def test_every_strategy_is_drawn_equally_often_and_meets_the_others_about_equally_often():
    markets = draw(NAMES, 5, 110, seed=1)
    assert all(len(set(market)) == 5 for market in markets)
    assert set(appearances(markets).values()) == {50}
    met = meetings(markets)
    assert len(met) == 55
    assert sum(met.values()) == 1100  # 20 for each pair
    assert 17 <= min(met.values()) <= max(met.values()) <= 23
    apart = Counter(frozenset(pair) for market in random_markets(110) for pair in combinations(market, 2))
    assert np.std(list(met.values())) < np.std(list(apart.values())) / 3


def random_markets(number):
    rng = np.random.default_rng(1)
    return [rng.choice(NAMES, 5, replace=False).tolist() for _ in range(number)]


@pytest.mark.parametrize("markets", [1, 7, 40])
def test_at_any_moment_nobody_is_more_than_one_market_ahead(markets):
    counts = appearances(draw(NAMES, 4, markets, seed=2))
    assert max(counts.values()) - min(counts[name] for name in NAMES) <= 1


def test_more_markets_go_on_where_fewer_ended():
    few = draw(NAMES, 4, 30, seed=3)
    assert draw(NAMES, 4, 50, seed=3)[:30] == few
    assert draw(NAMES, 4, 50, seed=3, before=few) == draw(NAMES, 4, 50, seed=3)
    assert draw(NAMES, 4, 30, seed=4) != few


def test_a_newcomer_catches_up_with_the_old_and_meets_them_as_often_as_they_each_other():
    before = draw(NAMES, 4, 55, seed=5)  # 20 each
    markets = draw([*NAMES, "new"], 4, 55, seed=5, before=before)
    assert markets[:55] == before
    assert all("new" in market for market in markets[55:])
    # x markets more: x = 20 + 3x/11, hence 27 or 28
    assert len(markets) == 55 + 27
    assert set(appearances(markets).values()) <= {27, 28}
    met = meetings(markets)
    assert 5 <= min(met.values()) <= max(met.values()) <= 10  # 7.5 on average


def test_two_newcomers_meet_the_old_rather_than_each_other():
    before = draw(NAMES, 4, 55, seed=5)
    met = meetings(draw([*NAMES, "new", "newer"], 4, 55, seed=5, before=before))
    assert met[frozenset(("new", "newer"))] <= 1.5 * np.mean([met[frozenset(("newer", name))] for name in NAMES])


def test_where_there_are_fewer_strategies_than_firms_all_play_in_every_market():
    markets = draw(["a", "b", "c"], 5, 30, seed=6)
    assert all(set(market) == {"a", "b", "c"} for market in markets)
    assert set(appearances(markets).values()) == {50}
    assert "d" in appearances(draw(["a", "b", "c", "d"], 5, 30, seed=6, before=markets))


# ------------------------------------------------------------------------------------------------------- tournaments


def test_payoffs_are_those_of_single_markets_each_with_its_own_seed(market, tmp_path):
    (found,) = drawn_tournament(market, FOUR, out=tmp_path / "t", firms=3, markets=4)
    drawn = draw(sorted(FOUR), 3, 4, market.seed)
    for number, chosen in enumerate(drawn):
        firms = [{"name": name, "strategy": {"kind": kind}} for name, kind in zip("ABC", chosen, strict=True)]
        played = simulate(market.with_changes({"events": [], "firms": firms, "focus": "A"}), seed=3 + number)
        profit = (played.account("profit") * (1.005 ** -np.arange(1.0, 7.0))[:, None]).sum(axis=0)
        own = [found.payoffs[found.names.index(kind), number] for kind in chosen]
        np.testing.assert_allclose(own, profit, rtol=1e-12)
    assert np.isnan(found.payoffs).sum() == 4  # one of four strategies sits out each market
    assert found.appearances == dict.fromkeys(found.names, 3)


def test_only_new_markets_are_played(market, tmp_path):
    told = []

    def played(*arguments, **options):
        told.clear()
        (found,) = drawn_tournament(market, *arguments, out=tmp_path / "t", firms=3, progress=told.append, **options)
        return found, told[-1].done - told[0].done

    few, first = played(FOUR, markets=8)
    more, second = played(FOUR, markets=12)
    assert (first, second) == (8, 4)
    np.testing.assert_array_equal(few.payoffs, more.payoffs[:, :8])
    assert played(FOUR, markets=12)[1] == 0
    five, third = played([*FOUR, "shared_value"], markets=12)
    assert third == five.payoffs.shape[1] - 12
    assert five.appearances["shared_value"] == third
    assert played([*FOUR, "shared_value"], markets=12)[1] == 0
    assert played(["shared_value"], markets=12)[0].names == five.names  # the others need not be named again
    with pytest.raises(StoreError, match="drawn with seed 3, not 8"):
        played(FOUR, markets=12, seed=8)
    with pytest.raises(StoreError, match="drawn markets of 3"):
        drawn_tournament(market, FOUR, out=tmp_path / "t", firms=4, markets=8)
    with pytest.raises(StoreError, match="drawn markets of 3"):
        tournament(market, FOUR, out=tmp_path / "t")


def test_markets_are_checked_before_the_first_is_played(market):
    wrong = {"cheap": {"kind": "everyday_low_price", "price": -1.0}, "dear": {"kind": "everyday_low_price"}}
    with pytest.raises(ScenarioError, match="price"):
        plan_of(market, wrong, firms=3, markets=3)
    with pytest.raises(ScenarioError, match="a tournament needs values"):
        plan_of(market, FOUR, firms=3, markets=3, vary=["market.turbulence=0:0.1"])
    with pytest.raises(ValueError, match="markets is 0"):
        plan_of(market, FOUR, markets=0)


def test_the_ranking_is_that_of_the_means_with_limits(market, tmp_path):
    (found,) = drawn_tournament(market, FOUR, out=tmp_path / "t", firms=3, markets=40)
    ranks = found.ranking()
    means = np.nanmean(found.payoffs, axis=1)
    assert [rank.name for rank in ranks] == [found.names[k] for k in np.argsort(-means)]
    assert all(first.payoff.mean >= second.payoff.mean for first, second in pairwise(ranks))
    assert all(1 <= rank.low <= rank.rank <= rank.high <= 4 for rank in ranks)
    assert ranks[0].payoff == found.payoff(ranks[0].name)
    assert ranks[0].name.replace("_", " ") in found.headline()
    both = ~np.isnan(found.payoffs[0]) & ~np.isnan(found.payoffs[1])
    assert found.beside()[0, 1] == pytest.approx(found.payoffs[0, both].mean())
    with pytest.raises(ResultsError, match="'loyalty' does not take part"):
        found.payoff("loyalty")


# ------------------------------------------------------------------------------------------------------------- entry


def test_a_newcomer_takes_the_place_of_one_firm_and_all_else_stays(market, tmp_path):
    found = entry(market, ["milker"], THREE, out=tmp_path / "e", firms=3, markets=6)
    assert found.names == [STAYS, "milker"]
    drawn = draw(THREE, 3, 6, market.seed)
    assert found.replaced == [chosen[0] for chosen in drawn]
    profit = []
    for first in (drawn[2][0], "milker"):
        kinds = [first, *drawn[2][1:]]
        firms = [{"name": name, "strategy": {"kind": kind}} for name, kind in zip("ABC", kinds, strict=True)]
        played = simulate(market.with_changes({"events": [], "firms": firms, "focus": "A"}), seed=3 + 2)
        profit.append((played.account("profit") * (1.005 ** -np.arange(1.0, 7.0))[:, None]).sum(axis=0))
    np.testing.assert_allclose(found.payoffs[:, 2], [each[0] for each in profit])
    np.testing.assert_allclose(found.others[:, 2], [each[1:].mean() for each in profit])
    assert found.gain("milker").mean == pytest.approx((found.payoffs[1] - found.payoffs[0]).mean())
    assert found.gain("milker", found.replaced[0]).n == found.replaced.count(found.replaced[0])
    assert found.evidence().contrasts[0].difference == found.gain("milker")
    with pytest.raises(ResultsError, match="'fee_extractor' does not take part"):
        found.gain("fee_extractor")


def test_entry_is_played_once_and_said_in_a_sentence(market, tmp_path):
    told = []
    options = {"out": tmp_path / "e", "firms": 3, "progress": told.append}
    entry(market, ["milker"], THREE, markets=4, **options)
    told.clear()
    entry(market, ["milker", "shared_value"], THREE, markets=6, **options)
    # of six markets three ways, four were played two ways
    assert told[-1].done - told[0].done == 6 * 3 - 4 * 2
    headline = entry(market, ["fee_extractor"], THREE, out=tmp_path / "f", firms=3, markets=12).headline()
    assert "over 12 drawn markets" in headline
    with pytest.raises(StoreError, match="other markets"):
        entry(market, ["milker"], FOUR[:2], markets=6, **options)
    with pytest.raises(ValueError, match="nobody is to enter"):
        entry(market, [], THREE, out=tmp_path / "g")


# ---------------------------------------------------------------------------------------------------------- rankings


def made_up(payoffs, level):
    names = list("abc")[: len(payoffs)]
    return DrawnTournament(names, names, payoffs, "discounted_profit", 2, "t", {"x": level}, None)


def test_rankings_say_what_moves_and_who_is_best_where():
    rng, means = np.random.default_rng(1), np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    found = rankings([made_up(row[:, None] + rng.normal(0, 0.1, (3, 12)), k) for k, row in enumerate(means)])
    assert found.ranks[:, :, 0].tolist() == [[1, 2, 3], [3, 2, 1], [1, 2, 3]]
    assert found.agreement.tolist() == [[1, -1, 1], [-1, 1, -1], [1, -1, 1]]
    assert found.tau == pytest.approx(-1 / 3)
    rows = {row.name: row for row in found.rows()}
    assert [rows[name].moves for name in "abc"] == [True, False, True]
    assert rows["a"][1:5] == (1, 3, "x = 0", "x = 1")
    assert found.rows()[-1].name == "b"
    assert found.best() == [("x = 0", ["a"]), ("x = 1", ["c"]), ("x = 2", ["a"])]
    assert found.headline().startswith("Of 3 conditions a in 2, c in 1 rank first; the rank of a, c clearly depends")


def test_what_is_luck_does_not_move():
    rng = np.random.default_rng(2)
    wrong = sum(
        any(row.moves for row in rankings([made_up(rng.normal(0, 1, (3, 10)), k) for k in range(4)]).rows())
        for _ in range(300)
    )
    assert wrong / 300 <= 0.05 + 1.645 * np.sqrt(0.05 * 0.95 / 300)
    with pytest.raises(ValueError, match="one condition alone"):
        rankings([made_up(np.ones((3, 4)), 0)])


def test_conditions_of_a_tournament_are_ranked_beside_each_other(market, tmp_path):
    axes = ["market.heterogeneity=0.5,1.5"]
    found = rankings(drawn_tournament(market, FOUR, out=tmp_path / "t", firms=3, markets=6, vary=axes))
    assert found.conditions == ["market.heterogeneity = 0.5", "market.heterogeneity = 1.5"]
    more = drawn_tournament(market, FOUR, out=tmp_path / "t", firms=3, markets=6, vary=["market.heterogeneity=0.5,3"])
    assert [each.levels["market.heterogeneity"] for each in more] == [0.5, 1.5, 3.0]
    assert all(each.appearances == more[0].appearances for each in more)  # a later condition has the same markets
    assert rankings(tournament(market, THREE, out=tmp_path / "u", seeds=2, vary=axes)).ranks.shape == (2, 3, 3)


# ------------------------------------------------------------------------------------------------------ command line


def test_the_command_draws_markets_lets_newcomers_enter_and_holds_conditions_against_each_other(tmp_path, monkeypatch):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "shops.toml").write_text(MARKET)
    monkeypatch.chdir(tmp_path)

    def told(*arguments, code=0):
        some = [word for kind in FOUR for word in ("--with", kind)]
        answer = CliRunner().invoke(app, ["tournament", "shops", *some, *arguments])
        assert answer.exit_code == code, answer.output
        return answer.output

    drawn = told("--firms", "3", "--markets", "6", "--vary", "market.heterogeneity=0.5,1.5")
    for words in ("markets of 3 firms", "over 6 drawn markets", "Ranks by market.heterogeneity", "tau = "):
        assert words.lower() in drawn.lower()
    assert (tmp_path / "out" / "drawn-shops-3" / "manifest.json").exists()
    entered = told("--firms", "3", "--markets", "4", "--newcomer", "shared_value", "--json")
    assert '"in_place_of"' in entered
    assert "gain by entering" in told("--firms", "3", "--markets", "4", "--newcomer", "shared_value")
    wrong = told("--newcomer", "shared_value", "--vary", "market.heterogeneity=0.5,1.5", code=2)
    assert "one condition at a time" in wrong


def test_the_command_shows_a_large_tournament_in_a_table_that_fits(tmp_path, monkeypatch):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "shops.toml").write_text(MARKET)
    monkeypatch.chdir(tmp_path)
    library = [kind for kind, cls in registry().items() if cls.__module__.startswith("sim.strategies.")]
    ten = [word for kind in library[:10] for word in ("--with", kind)]
    answer = CliRunner().invoke(app, ["tournament", "shops", *ten, "--seeds", "2", "--rounds", "2"])
    assert answer.exit_code == 0, answer.output
    lines = answer.output.splitlines()
    assert "worst against" in answer.output
    assert all(len(line) <= 160 for line in lines if "€" in line)
    assert sum("Equilibrium: " in line for line in lines) <= 6
