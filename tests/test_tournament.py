"""Games whose answers are known, and tournaments that run only what is new."""

import numpy as np
import pytest

from sim.analysis.games import equilibria, replicator, undominated
from sim.experiments.axes import vary
from sim.experiments.manifest import StoreError
from sim.experiments.tournament import plan_of, tournament
from sim.run import simulate
from sim.scenario import loads
from sim.strategies.base import registry

DILEMMA = np.array([[3.0, 0.0], [5.0, 1.0]])
HAWK_DOVE = np.array([[-1.0, 4.0], [0.0, 2.0]])  # value 4, cost 6: hawks 2/3
STONE_PAPER_SCISSORS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
MARKET = """
seed = 3
market = {customers = 60, rounds = 6}
[[firms]]
name = "shop"
strategy = {kind = "everyday_low_price"}
[[firms]]
name = "rival"
strategy = {kind = "product_centred"}
[[events]]
kind = "failure_spike"
firm = "rival"
round = 2
duration = 2
failure_rate = 0.5
"""
THREE = ["everyday_low_price", "fee_extractor", "product_centred"]


@pytest.fixture(scope="module")
def market():
    return loads(MARKET)


def test_the_dilemma_has_one_equilibrium_and_cooperation_is_dominated():
    assert undominated(DILEMMA).tolist() == [1]
    (found,), _ = equilibria(DILEMMA)
    assert found.pure
    assert found.supports == ((1,), (1,))


def test_hawk_and_dove_has_two_pure_sides_and_a_mixture():
    found, size = equilibria(HAWK_DOVE)
    assert size == 2
    assert [each.supports for each in found] == [((0,), (1,)), ((0, 1), (0, 1))]
    np.testing.assert_allclose(found[1].first, [2 / 3, 1 / 3])


def test_stone_paper_scissors_is_played_evenly():
    (found,), _ = equilibria(STONE_PAPER_SCISSORS)
    np.testing.assert_allclose(found.first, [1 / 3] * 3)


def test_no_strategy_gains_in_any_equilibrium_of_a_random_game():
    rng = np.random.default_rng(1)
    for _ in range(30):
        game = rng.normal(size=(5, 5))
        found, _ = equilibria(game)
        for each in found:
            assert (game @ each.second).max() <= each.first @ game @ each.second + 1e-9
            assert (game @ each.first).max() <= each.second @ game @ each.first + 1e-9


def test_the_number_of_supports_that_are_tried_is_bounded(monkeypatch):
    from sim.analysis import games

    monkeypatch.setattr(games, "PAIRS", 20)
    _, size = games.equilibria(STONE_PAPER_SCISSORS + np.eye(3) * 0.1)
    assert size == 3
    game = np.random.default_rng(0).normal(size=(9, 9)) + 10 * np.eye(9)
    assert games.equilibria(game)[1] == 0


def test_replicators_reach_the_mixture_and_keep_shares():
    path = replicator(HAWK_DOVE, np.array([0.1, 0.9]))
    np.testing.assert_allclose(path.sum(axis=1), 1)
    np.testing.assert_allclose(path[-1], [2 / 3, 1 / 3], atol=1e-6)
    gone = replicator(HAWK_DOVE, np.array([0.0, 1.0]))
    assert gone[-1].tolist() == [0.0, 1.0]  # what is extinct stays so
    with pytest.raises(ValueError, match="sum to 1"):
        replicator(HAWK_DOVE, np.array([0.5, 0.6]))


def test_in_stone_paper_scissors_replicators_go_round():
    path = replicator(STONE_PAPER_SCISSORS, np.array([0.5, 0.25, 0.25]), steps=4000)
    product = path.prod(axis=1)  # constant along the cycle (Hofbauer & Sigmund 1998)
    np.testing.assert_allclose(product, product[0], rtol=1e-6)


def test_payoffs_are_those_of_single_markets(market, tmp_path):
    (found,) = tournament(market, THREE[:2], out=tmp_path / "t", seeds=2)
    firm = {"name": "A", "strategy": {"kind": "everyday_low_price"}}
    other = {"name": "B", "strategy": {"kind": "fee_extractor"}}
    match = market.with_changes({"events": [], "firms": [firm, other], "focus": "A"})
    profit = simulate(match, seed=4).account("profit") * (1.005 ** -np.arange(1.0, 7.0))[:, None]
    np.testing.assert_allclose([found.payoffs[0, 1, 1], found.payoffs[1, 0, 1]], profit.sum(axis=0), rtol=1e-12)
    assert found.kinds == THREE[:2]


def test_a_strategy_added_later_plays_only_its_own_matches(market, tmp_path):
    told = []
    tournament(market, THREE[:2], out=tmp_path / "t", seeds=2, progress=told.append)
    assert told[-1].done - told[0].done == 3 * 2
    told.clear()
    (found,) = tournament(market, THREE, out=tmp_path / "t", seeds=2, progress=told.append)
    assert told[-1].done - told[0].done == 3 * 2  # against the two others and itself
    (fresh,) = tournament(market, THREE, out=tmp_path / "u", seeds=2)
    np.testing.assert_array_equal(found.payoffs, fresh.payoffs)
    told.clear()
    (more,) = tournament(market, THREE, out=tmp_path / "t", seeds=3, progress=told.append)
    assert told[-1].done - told[0].done == 6
    np.testing.assert_array_equal(more.payoffs[:, :, :2], found.payoffs)


def test_who_took_part_before_need_not_be_named_again(market, tmp_path):
    told = []
    tournament(market, THREE[:2], out=tmp_path / "t", seeds=2)
    (found,) = tournament(market, THREE[2:], out=tmp_path / "t", seeds=2, progress=told.append)
    assert told[-1].done - told[0].done == 3 * 2
    assert sorted(found.names) == THREE
    with pytest.raises(StoreError, match="fee_extractor: is another strategy here"):
        tournament(market, {"fee_extractor": {"kind": "milker"}}, out=tmp_path / "t", seeds=2)
    vary_two = {"seeds": 2, "out": tmp_path / "v"}
    tournament(market, THREE[:2], vary=["market.heterogeneity=0.5,1"], **vary_two)
    with pytest.raises(StoreError, match=r"missing at market\.heterogeneity = 1; were conditions left out"):
        tournament(market, THREE, vary=["market.heterogeneity=0.5"], **vary_two)


def test_a_newcomer_among_several_rivals_is_one_firm_among_others(market, tmp_path):
    (found,) = tournament(market, THREE[:2], out=tmp_path / "t", firms=3, seeds=3)
    assert len(found.invasions()) == 2
    gain = found.invasions()[0].gain
    assert gain.mean == pytest.approx((found.payoffs[0, 1] - found.payoffs[1, 1]).mean())
    with pytest.raises(StoreError, match="varies strategy, rivals; name another folder"):
        tournament(market, THREE[:2], out=tmp_path / "t", firms=3, vary=[vary(market, "market.turbulence=0,1")])
    with pytest.raises(StoreError, match="tournament of 3"):
        tournament(market, THREE[:2], out=tmp_path / "t", seeds=3)


def test_the_tournament_says_what_the_matrix_says(market, tmp_path):
    (found,) = tournament(market, THREE, out=tmp_path / "t", seeds=4)
    ranks = found.ranking()
    assert [rank.rank for rank in ranks] == [1, 2, 3]
    assert all(rank.low <= rank.rank <= rank.high for rank in ranks)
    assert ranks[0].payoff.mean == pytest.approx(found.matrix.mean(axis=1).max())
    for rivals, replies in found.best_replies().items():
        assert found.matrix[found.names.index(replies[0]), found.names.index(rivals)] == pytest.approx(
            found.matrix[:, found.names.index(rivals)].max()
        )
    assert all(0 <= each.share <= 1 for each in found.equilibria())
    assert found.ecology({"fee_extractor": 1.0})[-1].max() == 1.0
    assert ranks[0].name.replace("_", " ") in found.headline()


def test_parameters_make_entries_of_their_own_and_conditions_repeat_the_tournament(market, tmp_path):
    entries = {name: {"kind": "everyday_low_price", "price": price} for name, price in (("low", 5.0), ("high", 8.0))}
    axes = [vary(market, "market.heterogeneity=0.5,1.5")]
    found = tournament(market, entries, out=tmp_path / "t", seeds=2, vary=axes)
    assert [each.levels for each in found] == [{"market.heterogeneity": 0.5}, {"market.heterogeneity": 1.5}]
    assert found[0].names == ["low", "high"]
    assert not np.array_equal(found[0].payoffs, found[1].payoffs)


def test_every_strategy_of_the_library_can_take_part(market):
    plan = plan_of(market, seeds=1)
    kinds = sum(cls.__module__.startswith("sim.strategies.") for cls in registry().values())
    assert len(plan.arms) == kinds * (kinds + 1) // 2
    four = plan_of(market, ["milker"], firms=4).arms[0]
    assert four.firms == (("A", "milker"), ("B", "milker"), ("C", "milker"), ("D", "milker"))
