"""Maps show the boundary where it is, and say where they do not know."""

import itertools

import numpy as np
import pytest

from sim.charts.map import axes_of, map_picture, strategy_map, surface
from sim.experiments.standings import headline, pairing, standings
from sim.experiments.surface import maps, third_of
from sim.experiments.sweep import Table
from sim.figure import said

KINDS = ["everyday_low_price", "learning_relationship", "fee_extractor"]


def table(points, leads, noise=0.0, seeds=4, names=("a", "b")):
    """`leads` (A, conditions) with the same luck of size 5 in all, and own noise."""
    rng = np.random.default_rng(0)
    values = np.asarray(leads)[:, :, None] + rng.normal(0, 5, (1, points.shape[1], seeds))
    values = values + noise * rng.normal(size=(len(names), points.shape[1], seeds))
    levels = {"x": points[0].tolist(), "y": points[1].tolist()}
    paths = {"x": "market.heterogeneity", "y": "segments.families.purchase_rate.mean"}
    kinds = KINDS[: len(names)]
    groups = [None] * points.shape[1]
    return Table("discounted_profit", list(names), kinds, levels, values, paths, "a market", "a", (1, seeds), groups)


def mesh(n=9):
    return np.array([line.ravel() for line in np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 2, n))])


def test_the_boundary_on_a_grid_is_where_the_lead_is_zero():
    points = mesh()
    found = surface(table(points, [0 * points[0], points[0] - 0.4]))
    edge = found.x[(found.lead[1, 0] > 0).argmax(axis=1)]
    np.testing.assert_allclose(edge, 0.4, atol=0.01)
    assert (found.best == 1).mean() == pytest.approx(0.6, abs=0.01)
    assert (found.unsure > -1e-12).all()  # without noise all is sure


def test_scattered_points_find_a_curved_boundary_and_its_uncertainty():
    points = np.random.default_rng(3).random((2, 400)) * np.array([[1], [2]])
    lead = points[0] ** 2 + points[1] ** 2 / 4 - 0.5  # a quarter of an ellipse
    found = surface(table(points, [0 * lead, lead], noise=0.3, seeds=1))
    truth = found.x[None, :] ** 2 + found.y[:, None] ** 2 / 4 - 0.5
    wrong = (found.lead[1, 0] > 0) != (truth > 0)
    assert wrong.mean() < 0.05
    assert (wrong & (found.unsure > 0)).mean() < 0.02
    assert 0.01 < (found.unsure < 0).mean() < 0.5
    within = np.abs(found.lead[1, 0] - truth) <= found.half[1, 0]
    assert within.mean() > 0.99  # the band holds for the whole map at once
    alone = surface(table(points, [0 * lead, lead], noise=0.3, seeds=1), confidence=0.95)
    assert (alone.half[1, 0] < found.half[1, 0]).all()


def test_three_alternatives_share_the_map():
    points = mesh()
    leads = [0.3 + 0 * points[0], points[0], points[1] / 2 - 0.2]
    found = surface(table(points, leads, names=("a", "b", "c")))
    best = np.array([[0.3 + 0 * x, x, y / 2 - 0.2] for y in found.y for x in found.x]).argmax(axis=1)
    assert (found.best.ravel() == best).mean() > 0.97
    assert (found.margin >= -1e-12).all()


def test_the_picture_names_regions_axes_and_units():
    points = mesh()
    figure = map_picture(table(points, [0 * points[0], points[0] - 0.4], noise=0.2))
    figure.canvas.draw()
    (ax,) = figure.axes
    words = {text.get_text() for text in (*ax.texts, *figure.texts)}
    assert {"a", "b"} <= words
    assert "Hatched: its lead is not clear" in " ".join(" ".join(words).split())
    assert any("too close to call" in text for text in words)
    assert any(" ".join(text.split()).startswith("“b” has clearly the higher discounted profit") for text in words)
    assert ax.get_xlabel() == "x"  # a name from the scenario file stands as it is
    sure = strategy_map(table(points, [0 * points[0], points[0] + 1.0]), "y", "x")
    assert sure.get_xlabel() == "y"
    assert "Hatched" not in said(sure.figure)  # nothing is


def test_paths_become_words():
    points = mesh()
    made = table(points, [0 * points[0], points[0] - 0.4])
    names = dict(zip(made.levels, made.paths.values(), strict=True))
    levels = {names[name]: values for name, values in made.levels.items()}
    ax = strategy_map(made._replace(levels=levels, paths={path: path for path in levels}))
    assert ax.get_xlabel().startswith("heterogeneity")
    assert ax.get_ylabel().startswith("mean purchase rate of families")


def test_what_cannot_be_drawn_is_said():
    points = mesh()
    made = table(points, [0 * points[0], points[0]])
    with pytest.raises(ValueError, match="z is no factor with numbers; there are: x, y"):
        axes_of(made, "z")
    with pytest.raises(ValueError, match="two factors with numbers"):
        axes_of(made._replace(levels={"x": made.levels["x"], "y": ["low"] * 81}))
    with pytest.raises(ValueError, match="too few for a map"):
        surface(made._replace(levels={n: v[:17] for n, v in made.levels.items()}, values=made.values[:, :17]))


def test_standings_are_clear_only_beyond_the_luck_of_the_whole_sweep():
    points = mesh(5)
    clear = standings(table(points, [0 * points[0], 5 + 0 * points[0]], noise=0.5, seeds=6))
    assert all(each.best == "b" and each.clear and each.probability > 0.99 for each in clear)
    assert headline(clear) == "“b” is clearly best in all 25 conditions"
    luck = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        made = table(points, [0 * points[0]] * 2)
        luck += any(each.clear for each in standings(made._replace(values=rng.normal(size=(2, 25, 6)))))
    assert luck <= 6  # one family in twenty; more than 6 of 40 would come once in 100
    with pytest.raises(ValueError, match="no comparison"):
        standings(made._replace(names=["a"], values=made.values[:1]))


def test_the_gain_of_pairing_is_reported():
    # luck of variance 25 in both, own noise of variance 1: (26 + 26) / 2 = 26
    points = mesh(5)
    assert pairing(table(points, [0 * points[0]] * 2, noise=1.0, seeds=200)) == pytest.approx(26, rel=0.15)
    assert np.isnan(pairing(table(points, [0 * points[0]] * 2, seeds=1)))


def test_what_was_not_run_is_not_guessed():
    points = mesh()
    whole = table(points, [0 * points[0], points[0] - 0.4])
    values = whole.values.copy()
    values[1, 5:, :] = np.nan  # a sweep that was stopped: few conditions under every alternative
    with pytest.raises(ValueError, match="5 of 81 conditions have been run under every alternative"):
        map_picture(whole._replace(values=values))


def test_a_map_of_fewer_seeds_than_designed_says_so():
    points = mesh()
    whole = table(points, [0 * points[0], points[0] - 0.4])
    values = whole.values.copy()
    values[:, 40:, 2:] = np.nan
    caption = map_picture(whole._replace(values=values)).texts[-1].get_text().replace("\n", " ")
    assert "2 to 4 of 4 paired runs each (seeds 1–4): not finished" in caption


def test_a_measure_of_the_market_is_not_said_to_be_the_focus_firms():
    points = mesh()
    whole = table(points, [0 * points[0], points[0] - 0.4])
    for measure, told in (("discounted_profit", True), ("customer_surplus", False)):
        caption = map_picture(whole._replace(measure=measure)).texts[-1].get_text()
        assert ("of the focus firm" in caption.replace("\n", " ")) == told


def test_a_condition_without_runs_is_left_blank_and_said(tmp_path):
    points = mesh()
    whole = table(points, [0 * points[0], points[0] - 0.4])
    values = whole.values.copy()
    values[1, 40, :] = np.nan  # all its runs under one alternative have failed
    found = surface(whole._replace(values=values))
    assert not found.known[80, 80]
    assert 0.95 < found.known.mean() < 0.99
    assert found.share(1) == pytest.approx(0.6, abs=0.02)
    figure = map_picture(whole._replace(values=values))
    figure.savefig(tmp_path / "map.png")
    words = " ".join(text.get_text() for text in (*figure.axes[0].texts, *figure.texts)).replace("\n", " ")
    assert "no runs to compare" in words
    assert "without 1 that no runs under every alternative are known of" in words


# ------------------------------------------------------------------------------------------------- three factors


def cube(lead, seeds=5, noise=0.05, kind="grid", points=None, more=None):
    """A lead (x, y, z) -> a over b, with luck of its own in every run; z is the last factor, `more` one of names."""
    rng, side = np.random.default_rng(1), np.linspace(0, 1, 10)
    places = list(itertools.product(side, side, side)) if points is None else points
    leads = np.array([lead(*place) for place in places])
    common = rng.normal(0, 0.5, (len(places), seeds))
    values = np.array([common + leads[:, None] + rng.normal(0, noise, common.shape), common])
    levels = {name: [place[k] for place in places] for k, name in enumerate("xyz"[: len(places[0])])} | (more or {})
    paths, groups = {name: name for name in levels}, [None] * len(places)
    return Table("discounted_profit", ["a", "b"], KINDS[:2], levels, values, paths, "m", "b", (1, seeds), groups, kind)


def test_an_alternative_that_wins_a_small_block_is_found_whatever_the_third_factor_is():
    found = surface(cube(lambda x, y, z: -1.0 if 0.3 < x < 0.5 and 0.3 < y < 0.5 else 0.3))
    # the block has 4 % of the cells; straight lines to its neighbours cross zero 77 % of the way
    assert found.share(1) == pytest.approx(((1 + 2 * 0.77) / 9) ** 2, abs=0.01)
    assert found.share(1, clear=True) > 0.04
    assert found.doubt < 0.03


def test_where_the_winner_hangs_on_the_third_factor_the_mean_is_unsure_and_the_maps_are_not():
    whole = cube(lambda x, y, z: 1.0 if z > 0.45 else -0.9)
    assert surface(whole).doubt == 1.0
    low, middle, high = maps(whole)
    assert (low.part.words, high.part.words) == ("low (0 to 0.333)", "high (0.778 to 1)")
    assert low.surface.share(1, clear=True) == 1.0
    assert high.surface.share(0, clear=True) == 1.0
    assert middle.surface.doubt == 1.0  # 0.444 lies on the other side of it


def test_of_several_further_factors_the_one_that_matters_divides_the_map():
    side, places = [0.0, 0.5, 1.0], list(itertools.product([0.0, 0.5, 1.0], repeat=4))
    assert len(side) ** 4 == len(places)
    four = cube(lambda x, y, z: 3 * x - 1, points=[p[:3] for p in places], more={"w": [str(p[3]) for p in places]})
    lead = np.array([0.1 * p[2] + (p[3] > 0.7) for p in places])
    four = four._replace(values=np.stack([lead[:, None] + four.values[1], four.values[1]]))
    assert third_of(four, "x", "y") == "w"
    assert third_of(four, "x", "y", "z") == "z"
    assert [panel.part.words for panel in maps(four)] == ["0.0", "0.5", "1.0"]
    with pytest.raises(ValueError, match="v is no third factor; there are: z, w"):
        maps(four, by="v")
    figure = map_picture(four, by="z")
    assert [ax.get_title(loc="left") for ax in figure.axes[:3]] == ["0", "0.5", "1"]
    caption = figure.texts[2].get_text().replace("\n", " ")
    assert "each place showing the mean: w" in caption


@pytest.mark.parametrize("factors", [2, 3])
def test_a_smooth_surface_is_not_sure_where_it_does_not_fit(factors):
    places = [tuple(place) for place in np.random.default_rng(3).random((400, factors))]
    block = cube(lambda x, y, z=0.0: -1.0 if 0.3 < x < 0.5 and 0.3 < y < 0.5 else 0.3, kind="latin", points=places)
    found = surface(block)
    inside = (abs(found.x[None, :] - 0.4) < 0.1) & (abs(found.y[:, None] - 0.4) < 0.1)
    assert (found.unsure[inside] < 0).mean() > 0.95
    assert found.doubt < 0.5


def test_no_lead_anywhere_is_seldom_called_one():
    wrong = 0
    for seed in range(60):
        rng, some = (
            np.random.default_rng(seed),
            cube(lambda x, y, z: 0.0, points=list(itertools.product(range(4), repeat=3))),
        )
        luck = rng.normal(0, 1, (1, 64, 1)) * 0.3 + rng.normal(0, 1, (1, 64, 5))
        found = surface(some._replace(values=np.concatenate([luck, 0 * luck])))
        wrong += found.doubt < 1.0
    assert wrong <= 7  # of 60, at 5 %: more comes once in 100
