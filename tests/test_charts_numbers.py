"""What is drawn is what was measured: positions of bars, lines, dots and blocks against numbers worked out by hand."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from material import comparison, run, sweep, tournament
from matplotlib.collections import PathCollection
from matplotlib.patches import Rectangle
from pictures import figure_of, words
from synthetic import make_results, make_scenario, plausible

from sim import palette
from sim.analysis.bridge import comparison_bridge
from sim.analysis.phases import PHASES, phase_path
from sim.charts import chart
from sim.charts.customers import density
from sim.charts.factors import swings
from sim.charts.flow import suppliers
from sim.charts.network import _apart, _round_table
from sim.charts.portrait import ways
from sim.charts.replay import replay
from sim.charts.risk import dominated
from sim.charts.saved import drawable, fitting
from sim.charts.value import value_parts
from sim.experiments.compare import compare
from sim.experiments.tournament import Tournament
from sim.results import ResultsError
from sim.run import simulate
from sim.scenario import parse


def said(drawn) -> str:
    return " ".join(words(figure_of(drawn))).replace("\n", " ")


# -------------------------------------------------------------------------------------------------------- comparisons


def test_risk_and_return_stand_where_mean_and_deviation_are_and_the_dominated_are_hollow():
    found = compare(make_scenario(["A", "B", "C"]), 3, simulate=plausible)
    profit = np.array([[10.0, 20.0, 30.0], [19.0, 20.0, 21.0], [0.0, 10.0, 20.0]])  # C: less than A, as risky
    found = dataclasses.replace(found, measures=found.measures | {"discounted_profit": profit})
    dots = [line for line in chart("risk_return")(found).lines if line.get_marker() == "o"]
    assert [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots] == [(10, 20), (1, 20), (10, 10)]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [True, False, True]


def test_equal_means_and_risks_dominate_neither():
    assert dominated(np.array([1.0, 1.0, 2.0]), np.array([3.0, 3.0, 4.0])).tolist() == [False, False, False]
    assert dominated(np.array([1.0, 2.0]), np.array([3.0, 3.0])).tolist() == [True, False]


def test_the_bridge_leads_from_one_profit_to_the_other_without_a_gap():
    found = comparison()
    steps = comparison_bridge(found, found.names[1]).steps()
    bars = [patch for patch in chart("profit_bridge")(found).patches if isinstance(patch, Rectangle)]
    first, *middle, last = sorted(bars, key=lambda bar: -bar.get_y())
    assert [bar.get_width() for bar in middle] == pytest.approx([step.value.mean for step in steps])
    assert first.get_width() + sum(bar.get_width() for bar in middle) == pytest.approx(last.get_width())
    at = first.get_width()
    for bar in middle:
        assert bar.get_x() == pytest.approx(at)
        at += bar.get_width()


def test_one_alternative_alone_has_no_bridge_and_the_chart_says_so():
    assert "only one was played" in said(chart("profit_bridge")(comparison(1)))


def test_the_parts_of_the_value_are_euro_per_customer_and_round():
    found = compare(make_scenario(["A", "B"], rounds=2), 1, simulate=plausible)
    shape = (2, 1, 2)
    accounts = found.accounts | {"profit": np.full(shape, 30.0)}
    market = found.market | {
        "active": np.full(shape, 10.0),
        "surplus": np.full(shape, 20.0),
        "effort": np.full(shape, 5),
    }
    measures = found.measures | {"welfare": np.full((2, 1), 6.0)}
    found = dataclasses.replace(found, accounts=accounts, market=market, measures=measures)
    parts = {part: float(values[0, 0]) for part, values in value_parts(found).items()}
    assert parts == {"customers": 2.0, "firm": 3.0, "rivals": 1.0, "effort": 0.5}
    bars = [patch for patch in chart("who_gets_the_value")(found).patches if patch.get_height() == 0.7]
    assert [bar.get_x() for bar in bars[:4]] == pytest.approx([0.0, 2.0, 5.0, 6.0])


def test_who_loses_stands_left_of_zero():
    found = compare(make_scenario(["A", "B"], rounds=2), 1, simulate=plausible)
    found = dataclasses.replace(found, market=found.market | {"surplus": np.full((2, 1, 2), -20.0)})
    bars = [patch for patch in chart("who_gets_the_value")(found).patches if patch.get_height() == 0.7]
    assert bars[0].get_width() < 0
    assert bars[1].get_x() == 0.0  # what is gained begins at zero all the same


# -------------------------------------------------------------------------------------------------------- one run


def logged(rows, customers=3, firms=2, rounds=4, **more):
    """A run whose log is `rows` of (round, customer, firm)."""
    when, who, firm = (np.array(column, dtype=int) for column in zip(*rows, strict=True))
    log = {"round": when, "customer": who, "firm": firm}
    log |= {"price": np.full(when.size, 2.0), "surcharge": np.zeros(when.size), "value": np.zeros(when.size)}
    bought = np.zeros((rounds, firms))
    np.add.at(bought, (when - 1, firm), 1)
    count = np.zeros((firms, customers), int)
    np.add.at(count, (firm, who), 1)
    people = {"supplier": np.zeros(customers, int), "born": np.ones(customers, int), "active": np.ones(customers, bool)}
    dyads = {"purchases": count, "aware": np.ones(count.shape, bool)}
    accounts = {"purchases": bought, "sales": 2 * bought, "revenue": 2 * bought}
    profit = 2.0 * bought
    return make_results(
        profit, accounts=accounts, market={"active": float(customers)}, log=log, customers=people, dyads=dyads, **more
    )


ROWS = [(1, 0, 0), (1, 1, 0), (2, 0, 1), (2, 2, 1), (4, 1, 0), (4, 2, 0)]


def test_retention_falls_when_a_customer_buys_elsewhere():
    axes = chart("retention_curves")(logged(ROWS))
    first = next(line for line in axes.lines if line.get_color() == palette.colour("everyday_low_price"))
    # firm A: customer 0 leaves after 1 round, 1 is watched for 3 rounds, 2 came in the last round and tells nothing
    assert first.get_xdata().tolist() == [0, 1, 3]
    assert first.get_ydata() == pytest.approx([1.0, 0.5, 0.5])


def test_hills_of_lifetime_values_stand_by_their_means():
    results = run()
    drawn = said(chart("lifetime_values")(results))
    assert "below 0" in drawn
    grid = np.linspace(-5, 7, 2001)
    hill = density(np.array([0.0, 1.0, 1.5, 2.0]), grid)
    assert hill.sum() * (grid[1] - grid[0]) == pytest.approx(1.0, abs=1e-3)
    assert np.isfinite(density(np.array([2.0, 2.0, 2.0]), grid)).all()  # all customers alike


def test_customers_are_where_they_bought_last():
    found = suppliers(logged(ROWS), [1, 2, 4])
    assert found.tolist() == [[0, 0, -1], [1, 0, 1], [1, 0, 0]]


def test_blocks_of_the_flow_are_shares_and_bands_are_the_moves_between_them():
    axes = chart("switching_flow")(logged(ROWS), [1, 4])
    blocks = [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_height() > 0]
    left = sorted(round(block.get_height(), 3) for block in blocks if block.get_x() < 0.5)
    assert left == [pytest.approx(1 / 3, abs=1e-3), pytest.approx(2 / 3, abs=1e-3)]
    bands = [patch for patch in axes.patches if not isinstance(patch, Rectangle)]
    assert len(bands) == 3  # A stays A, A to B, nobody to A
    assert "nobody yet 33 %" in said(axes)
    with pytest.raises(ValueError, match="two or more of 1 to 4"):
        chart("switching_flow")(logged(ROWS), [3, 9])


def test_the_stack_of_phases_ends_at_the_shares_of_customers():
    results = run()
    axes = chart("relationship_phases")(results, results.firms[1])
    tops = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == results.rounds]
    counts = phase_path(results)[:, 1] / 60
    assert tops[0] == pytest.approx(counts[:, PHASES.index("commitment")])
    assert tops[-1] == pytest.approx(1 - counts[:, PHASES.index("awareness")])


def test_the_inbox_stacks_messages_and_draws_stress_on_top_of_nothing():
    results = make_results(
        np.zeros((2, 2)), accounts={"contacts": [[3.0, 1.0], [2.0, 0.0]]}, market={"active": 2.0, "stress": [4.0, 6.0]}
    )
    lines = {line.get_linewidth(): line.get_ydata().tolist() for line in chart("inbox")(results).lines}
    assert lines[4] == [2.0, 3.0]  # stress of a mean customer
    assert lines[1] == [2.0, 1.0]  # all messages, the last edge of the stack


def test_the_portrait_ends_where_the_run_ended():
    results = run()
    found = ways(results)
    known = (results.dyads["purchases"] > 0) & results.customers["active"]
    assert np.nanmean(found.trust[-1][1]) == pytest.approx(results.dyads["trust"][1][known[1]].mean())
    assert np.nanmean(found.context[-1][1]) == pytest.approx(results.dyads["context"][1][known[1]].mean(), rel=1e-6)
    last = chart("phase_portrait")(results, results.firms[1]).lines[-1]
    assert last.get_ydata() == pytest.approx(np.nanmean(found.trust[-1][1]), rel=1e-5)


def test_a_run_is_played_again_only_as_it_was():
    results = run()
    (simulation,) = replay(results, [10])
    assert simulation.round == 10
    altered = dataclasses.replace(results, accounts=results.accounts | {"profit": results.account("profit") + 1})
    with pytest.raises(ResultsError, match="comes out differently"):
        list(replay(altered, [10]))
    with pytest.raises(ResultsError, match="rising"):
        list(replay(results, [5, 3]))
    with pytest.raises(ResultsError, match="cannot be played again"):
        list(replay(make_results(), [1]))


def test_customers_without_a_network_are_not_drawn_on_one():
    bare = run().scenario | {"network": {"kind": "none"}}
    with pytest.raises(ResultsError, match="no network"):
        chart("customer_network")(simulate(parse(bare)))


def test_the_network_shows_every_customer_at_every_moment():
    figure = chart("customer_network")(run(), [2, 24])
    assert len(figure.axes) == 2
    groups = [[marks for marks in axes.collections if len(marks.get_paths()) == 1] for axes in figure.axes]
    assert [sum(len(marks.get_offsets()) for marks in each) for each in groups] == [60, 60]
    early, late = ([len(marks.get_offsets()) for marks in each] for each in groups)
    assert early[-1] > late[-1] > 0  # crosses: without a firm


def test_firms_differ_in_shape_where_dots_have_nothing_but_colour():
    found = run()
    bought = found.dyads["purchases"].copy()
    bought[0, :30], bought[1, 30:] = 99, 99  # both firms have customers
    graph = chart("customer_firm_graph")(dataclasses.replace(found, dyads=found.dyads | {"purchases": bought}))
    for axes in (chart("customer_network")(found, [2]).axes[0], graph):
        dots = [
            marks for marks in axes.collections if isinstance(marks, PathCollection) and len(marks.get_offsets()) > 1
        ]
        shapes = {marks.get_paths()[0].vertices.tobytes(): marks for marks in dots}
        assert len(shapes) >= 2


def test_loyal_customers_stand_at_their_firm_and_others_between():
    place = _round_table(np.ones((2, 3)))
    assert abs(place[0] - place[1]).max() == pytest.approx(3.0)  # two firms face each other
    bought = np.array([[4, 0, 2], [0, 5, 2]])
    results = logged(ROWS)
    results = dataclasses.replace(results, dyads=results.dyads | {"purchases": bought})
    marks = chart("customer_firm_graph")(results).collections[1:3]  # the customers of each firm
    dots = np.concatenate([each.get_offsets() for each in marks])[[0, 2, 1]]
    place = _round_table(bought.astype(float))
    for i, j in ((0, 0), (1, 1)):
        assert np.hypot(*(dots[i] - place[j])) < 0.1
    assert np.hypot(*(dots[2] - place.mean(axis=0))) < 0.1
    assert "67 % buy four fifths or more" in said(chart("customer_firm_graph")(results))


def test_customers_at_one_place_are_pushed_apart_and_stay_there():
    at = _apart(np.zeros((50, 2)))
    gaps = np.hypot(*(at[:, None] - at[None]).reshape(-1, 2).T)
    assert np.sort(gaps)[50] > 0.02  # the first 50 are the distances to themselves
    assert np.array_equal(at, _apart(np.zeros((50, 2))))


# -------------------------------------------------------------------------------------------------------- tournaments


def made(matrix, noise=0.0, seeds=4) -> Tournament:
    payoffs = np.asarray(matrix, float)[:, :, None] + noise * np.random.default_rng(5).normal(size=(1, 1, seeds))
    kinds = ["everyday_low_price", "learning_relationship", "fee_extractor"][: len(payoffs)]
    return Tournament(kinds, kinds, payoffs, "discounted_profit", 2, "Made-up", {}, Path())


def test_ranks_are_dots_in_order_with_the_best_on_top():
    axes = chart("ranking")(made([[1.0, 1.0], [5.0, 5.0]]))
    dots = {line.get_ydata()[0]: line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"}
    assert dots == {0.0: 1, -1.0: 2}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["learning relationship", "everyday low price"]


def test_a_ranking_can_be_that_of_a_comparison():
    found = comparison()
    axes = chart("ranking")(found)
    assert [label.get_text()[-1] for label in axes.get_yticklabels()] == [name[-1] for name in found.ranking()]


def test_frames_mark_the_best_reply_to_every_column():
    axes = chart("payoff_matrix")(made([[3.0, 0.0], [2.0, 1.0]]))
    frames = {(round(p.get_x() + 0.46), round(p.get_y() + 0.46)) for p in axes.patches if not p.get_fill()}
    order = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    row = {name: k for k, name in enumerate(order)}
    low, learning = row["everyday low price"], row["learning relationship"]
    assert frames == {(low, low), (learning, learning)}  # a game of coordination: both on the diagonal
    assert {"3.00", "0.00", "2.00", "1.00"} <= {text.get_text().partition("\n")[0] for text in axes.texts}
    assert not chart("payoff_matrix")(tournament(20)).texts  # no room for numbers


def test_shares_of_the_ecology_fill_the_whole_and_end_with_who_wins():
    axes = chart("ecology")(made([[1.0, 1.0], [2.0, 2.0]]))
    last = [line.get_ydata() for line in axes.lines]
    assert last[-1] == pytest.approx(np.ones(len(last[-1])))
    assert last[0][0] == pytest.approx(0.5)
    assert "learning relationship" in said(axes).split("% ")[1]


def test_a_simplex_has_three_corners():
    with pytest.raises(ValueError, match="needs three strategies"):
        chart("simplex")(made(np.ones((2, 2))))
    with pytest.raises(ValueError, match="needs three strategies"):
        chart("simplex")(tournament(3), ["everyday_low_price", "nobody", "fee_extractor"])
    ends = [line.get_xydata() for line in chart("simplex")(made([[3, 3, 3], [2, 2, 2], [1, 1, 1.0]])).lines]
    assert next(end[0] for end in ends if len(end) == 1) == pytest.approx([0.0, 0.0], abs=0.02)  # the best's corner


# -------------------------------------------------------------------------------------------------------- sweeps


def test_swings_are_the_effects_of_one_factor_all_else_equal():
    found = {swing.factor: swing for swing in swings(sweep(3))}
    # lead = first − 0.4 + 0.2 · second; the third does nothing
    assert found["market.factor_0"].effect.mean == pytest.approx(1.0, abs=0.02)
    assert found["market.factor_1"].effect.mean == pytest.approx(0.2, abs=0.02)
    assert found["market.factor_2"].effect.mean == pytest.approx(0.0, abs=0.02)
    assert [swing.factor[-1] for swing in swings(sweep(3))] == ["0", "1", "2"]
    assert found["market.factor_0"].levels == (0.0, 1.0)


def test_a_factor_that_never_changes_alone_cannot_be_estimated():
    table = sweep(2)
    diagonal = table._replace(levels={name: list(range(25)) for name in table.levels})
    assert all(not swing.low.size for swing in swings(diagonal))
    with pytest.raises(ValueError, match="no two conditions differ in one factor alone"):
        chart("tornado")(diagonal)  # and no picture without a bar


def test_a_missing_run_is_left_out_of_the_tornado():
    table = sweep(2)
    table.values[:, 0, 0] = np.nan
    found = swings(table._replace(values=table.values.copy()))
    assert all(np.isfinite(swing.effect.mean) for swing in found)
    assert found[0].effect.n == 4
    sweep.cache_clear()


# -------------------------------------------------------------------------------------------------------- files


def test_charts_are_drawn_from_saved_results(tmp_path):
    run().save(tmp_path / "run")
    comparison().save(tmp_path / "found")
    assert "phases_picture" in fitting(drawable(tmp_path / "run"))
    assert set(fitting(drawable(tmp_path / "found"))) >= {"profit_bridge", "risk_return"}
    renamed = (tmp_path / "run" / "results.npz").rename(tmp_path / "mine.npz")
    again = drawable(renamed)["results"]()
    assert np.array_equal(again.account("profit"), run().account("profit"))
    with pytest.raises(ResultsError, match="no such file"):
        drawable(tmp_path / "nothing")
    with pytest.raises(ResultsError, match="holds no result"):
        drawable(tmp_path)
