"""Games whose answers are known, and tournaments that run only what is new."""

import json
from pathlib import Path

import numpy as np
import pytest
from two_shops import sim

from sim.analysis.games import equilibria, replicator, undominated
from sim.experiments import executors
from sim.experiments.axes import vary
from sim.experiments.manifest import RunsMissing, StoreError
from sim.experiments.sweep import Sweep
from sim.experiments.tournament import complete_part, plan_of, tournament
from sim.run import simulate
from sim.scenario import ScenarioError, loads
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
    assert found[0].names == ["high", "low"]  # by the alphabet, whoever is named first
    assert not np.array_equal(found[0].payoffs, found[1].payoffs)


def test_every_strategy_of_the_library_can_take_part(market):
    plan = plan_of(market, seeds=2)
    kinds = sum(cls.__module__.startswith("sim.strategies.") for cls in registry().values())
    assert len(plan.arms) == kinds * (kinds + 1) // 2
    four = plan_of(market, ["milker", "shared_value"], firms=4).arms[0]
    assert four.firms == (("A", "milker"), ("B", "milker"), ("C", "milker"), ("D", "milker"))


# ------------------------------------------------------------------------------------------- strategies added later

FIVE = ["everyday_low_price", "fee_extractor", "milker", "promoter", "tiered"]


@pytest.mark.parametrize("order", [[2, 0, 4, 1, 3], [4, 3, 2, 1, 0], [1, 2, 3, 4, 0]])
def test_strategies_added_one_by_one_play_only_new_matches_whoever_is_named_first(market, tmp_path, order):
    added, options = [FIVE[k] for k in order], {"out": tmp_path / "t", "seeds": 4}
    counts = []
    for number in range(2, 6):
        # the newcomer alone, then all in another order: nothing of that is played again
        tournament(market, added[:2] if number == 2 else added[number - 1 : number], **options)
        (found,) = tournament(market, added[:number][::-1], **options)
        counts.append(Sweep(tmp_path / "t").counts.total)
    assert counts == [12, 24, 40, 60]  # 4 seeds × n (n + 1) / 2
    (whole,) = tournament(market, FIVE, out=tmp_path / "u", seeds=4)
    assert found.names == whole.names == sorted(FIVE)
    np.testing.assert_array_equal(found.payoffs, whole.payoffs)


def test_seeds_are_never_cut_and_old_matches_decide_how_many_there_are(market, tmp_path):
    tournament(market, THREE[:2], out=tmp_path / "t", seeds=4)
    with pytest.raises(StoreError, match="have 4 seeds each, not 3"):
        tournament(market, THREE, out=tmp_path / "t", seeds=3)
    with pytest.raises(StoreError, match="begin with seed 3, not 9"):
        tournament(market, THREE, out=tmp_path / "t", seed=9)
    (found,) = tournament(market, THREE, out=tmp_path / "t")  # as many as the matches that are there
    assert found.payoffs.shape == (3, 3, 4)
    for wrong in (1, 1.5, True):
        with pytest.raises(ValueError, match="seeds is"):
            tournament(market, THREE, out=tmp_path / "u", seeds=wrong)
    with pytest.raises(ScenarioError, match="milker alone has nobody to play against"):
        tournament(market, ["milker"], out=tmp_path / "u")
    assert not (tmp_path / "u").exists()


def test_a_tournament_goes_on_until_its_payoffs_are_known(market, tmp_path):
    (found,) = tournament(market, THREE, out=tmp_path / "t", seeds=3, halfwidth=1e-3, at_most=12)
    assert found.payoffs.shape[2] == 12
    (rough,) = tournament(market, THREE, out=tmp_path / "u", seeds=3, halfwidth=1e6)
    assert rough.payoffs.shape[2] == 10  # the least after which an interval may decide


# ------------------------------------------------------------------------------------------------ runs that fail


def broken(whom, seeds):
    """Plays like `simulate`, but where a firm plays `whom` it fails with these seeds."""

    def failing(plan, seed, **options):
        if seed in seeds and any(kind == whom for kind in plan.strategies):
            raise ZeroDivisionError("no customers left")
        return simulate(plan, seed=seed, **options)

    return failing


def test_a_strategy_that_fails_is_left_out_and_counted(market, tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "simulate", broken("fee_extractor", range(100)))
    (found,) = tournament(market, THREE, out=tmp_path / "t", seeds=4)
    assert found.names == ["everyday_low_price", "product_centred"]
    # its own four, and four against each of two others, seen from both sides
    assert found.missing.strategies == {"fee_extractor": 20}
    assert "12 of 24 runs failed: sim status" in str(found.missing)
    assert found.record()["missing"]["strategies"] == {"fee_extractor": 20}
    with pytest.raises(RunsMissing, match="no two strategies have all their matches"):
        tournament(market, THREE[:2], out=tmp_path / "u", seeds=4)


def test_where_few_seeds_fail_only_they_are_left_out(market, tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "simulate", broken("fee_extractor", [5]))
    (found,) = tournament(market, THREE, out=tmp_path / "t", seeds=4)
    assert found.names == THREE
    assert (found.payoffs.shape[2], found.missing.seeds) == (3, 1)


def test_what_is_complete_is_the_most_that_can_be_kept():
    known = np.ones((4, 4, 10), bool)
    known[2, :, 3:], known[:, 2, 3:] = False, False
    some, seeds = complete_part(known)
    assert some.tolist() == [0, 1, 3]
    assert seeds.all()
    known = np.ones((3, 3, 10), bool)
    known[1, 0, 0] = False
    some, seeds = complete_part(known)
    assert some.tolist() == [0, 1, 2]
    assert seeds.sum() == 9
    assert not complete_part(np.zeros((3, 3, 10), bool))[0].size


@pytest.fixture
def shops(tmp_path, monkeypatch):
    """A folder with the market, in which commands are called and fee extractors fail with two seeds of three."""
    (tmp_path / "shops.toml").write_text(MARKET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "simulate", broken("fee_extractor", [4, 5, 7, 8, 10, 11]))
    return [word for kind in THREE for word in ("--with", kind)]


@pytest.mark.parametrize(
    "how, failed, total",
    [
        (("--seeds", "3"), 6, 18),
        (("--markets", "6", "--firms", "3"), 4, 6),
        (("--markets", "6", "--firms", "2", "--newcomer", "fee_extractor"), 5, 9),  # what is played already counts once
    ],
    ids=["duopoly", "drawn", "entry"],
)
def test_failed_runs_of_a_tournament_are_told_beside_what_is_known(shops, how, failed, total):
    answer = sim("tournament", "shops.toml", *shops, *how, "--out", "t", code=1)
    assert f"{failed} runs failed: sim status t --failures" in answer.stderr
    assert f"{failed} of {total} runs failed" in answer.stdout
    assert "strategy" in answer.stdout or "newcomer" in answer.stdout  # the table is there
    told = json.loads(sim("tournament", "shops.toml", *shops, *how, "--out", "t", "--json", code=1).stdout)
    assert (told["failed"], told["total"]) == (failed, total)
    assert "Not shown" not in answer.stdout
    assert Sweep(Path("t")).counts.failed == failed
