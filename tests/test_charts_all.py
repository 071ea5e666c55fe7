"""Every chart of the list: found, captioned, readable with few and with twenty, honest about what is missing."""

import dataclasses
import importlib
import inspect
import pkgutil
from functools import cache

import matplotlib
import numpy as np
import pytest
from material import comparison, complete, many_conditions, run, screening, single_changes, sweep, tournament
from matplotlib.figure import Figure
from pictures import check_readable, figure_of, words
from synthetic import make_results, make_scenario

import sim.charts
from sim.charts import CHARTS, chart
from sim.experiments.compare import compare
from sim.experiments.discovery import discover
from sim.experiments.surface import maps
from sim.figure import SLIDE
from sim.results import ResultsError

FEW = {
    "comparison": comparison,
    "results": run,
    "tournament": tournament,
    "sweep": sweep,
    "discovery": lambda: discover(sweep()),
    "sensitivity": lambda: screening(3),
}
MANY = {
    "comparison": lambda: comparison(20),
    "results": lambda: run(20),
    "tournament": lambda: tournament(20),
    "sweep": many_conditions,
    "discovery": lambda: discover(many_conditions(), many_conditions().names[:2]),
    "sensitivity": screening,
}
OTHER = {"tornado": single_changes}  # is of two alternatives
DRAWN = [name for name, each in CHARTS.items() if each.needs in FEW]  # the others: test_mechanisms
SMALLEST = 8  # points; the small multiples of twenty


@cache
def drawn(name, how="few"):
    needs = CHARTS[name].needs
    return figure_of(chart(name)(FEW[needs]() if how == "few" else OTHER.get(name, MANY[needs])()))


@pytest.mark.parametrize("name", DRAWN)
def test_every_chart_says_how_it_came_about_and_nothing_on_it_is_cut_off_or_overlaps(name):
    figure = drawn(name)
    check_readable(figure, 10)
    said = " ".join(words(figure)).replace("\n", " ")
    expected = {
        "comparison": "6 paired runs (seeds 0–5", "results": "A single run (seed 3)", "tournament": "5 paired runs",
        "sweep": "seeds 1–5", "discovery": "25 conditions", "sensitivity": "12 trajectories, 4 seeds each",
    }  # fmt: skip
    assert expected[CHARTS[name].needs] in said


@pytest.mark.parametrize("name", [name for name in DRAWN if CHARTS[name].needs in MANY])
def test_every_chart_can_be_read_with_twenty(name):
    check_readable(drawn(name, "many"), SMALLEST)


@pytest.mark.parametrize("how", ["few", "many"])
@pytest.mark.parametrize("name", DRAWN)
def test_every_chart_is_as_wide_to_high_as_a_slide(name, how):
    wide, tall = drawn(name, how).get_size_inches()
    assert wide / tall == pytest.approx(16 / 9, rel=0.01)
    assert (wide, tall) <= SLIDE


def test_a_map_of_twenty_names_whoever_is_ahead_somewhere_and_nobody_else():
    table = many_conditions()
    figure, found = drawn("map_picture", "many"), maps(table)
    ahead = {table.names[k] for panel in found for k in np.unique(panel.surface.best)}
    named = {text.partition(":")[0] for text in words(figure) if text.endswith(" %")} - {"too close to call"}
    more = [int(name.split()[0]) for name in named if name.endswith(" more")]  # where there is no room for all
    assert {name for name in named if not name.endswith(" more")} <= ahead
    assert len(named) - len(more) + sum(more) == len(ahead)
    assert 1 < len(ahead) < 20
    assert f"nowhere ahead: {20 - len(ahead)} others" in words(figure)


def test_a_chart_of_more_than_fit_on_a_slide_says_how_many_are_left_out():
    found = tournament(15)
    payoffs = np.tile(found.payoffs, (2, 2, 1))
    names = [f"{kind} {k}" for k in (1, 2) for kind in found.names]
    figure = figure_of(
        chart("ranking")(dataclasses.replace(found, names=names, kinds=found.kinds * 2, payoffs=payoffs))
    )
    check_readable(figure, SMALLEST)
    assert "The 6 strategies in the middle of the order are not shown" in " ".join(words(figure)).replace("\n", " ")


def test_names_are_cut_only_where_there_is_no_room():
    for name in ("who_gets_the_value", "ranking", "lifetime_values", "switching_flow", "phases_picture"):
        assert not [text for text in words(drawn(name, "many")) if "…" in text and "relationship" in text], name


def test_names_of_whatever_strategies_come_out_on_top_fit_beside_their_lines():
    results = dataclasses.replace(run(20), firms=[f"outcome partner {'w' * (j % 4)}" for j in range(20)])
    check_readable(figure_of(chart("run_dashboard")(results)), SMALLEST)


@pytest.mark.parametrize("name", [name for name in DRAWN if CHARTS[name].needs == "comparison"])
def test_a_single_run_claims_no_interval(name):
    figure = figure_of(chart(name)(comparison(2, 1)))
    check_readable(figure, 10)
    said = " ".join(words(figure)).replace("\n", " ")
    assert "no interval can be given" in said
    assert "±" not in said


@pytest.mark.parametrize("name", [name for name in DRAWN if CHARTS[name].needs == "comparison"])
def test_the_firms_of_one_market_are_compared_as_well_as_alternatives(name):
    figure = figure_of(chart(name)(compare(make_scenario(firms=3), 4, simulate=complete)))
    check_readable(figure, 10)
    assert "same market" in " ".join(words(figure)).replace("\n", " ")


@pytest.mark.parametrize("name", ["difference_forest", "measure_bars"])
def test_a_measure_that_cannot_be_estimated_is_said_to_be_so(name):
    found = comparison()
    blank = dataclasses.replace(found, measures=found.measures | {"trust": np.full((2, 6), np.nan)})
    figure = figure_of(chart(name)(blank, ["trust", "retention"]))
    check_readable(figure, 10)
    assert "not estimable" in words(figure)


@pytest.mark.parametrize("name", [name for name in DRAWN if CHARTS[name].needs == "tournament"])
def test_a_tournament_of_single_runs_is_drawn_without_claiming_more(name):
    figure = figure_of(chart(name)(tournament(3, 1)))
    assert "no interval can be given" in " ".join(words(figure)).replace("\n", " ")


NOTHING = {  # a market in which nobody ever bought: what the chart says instead
    "run_dashboard": None, "inbox": "No firm has sent a message", "relationship_phases": "Nobody has bought from this",
    "phases_picture": "No customer is committed", "customer_firm_graph": "Nobody has bought anything",
    "retention_curves": "cannot be estimated", "lifetime_values": "too few customers",
    "switching_flow": "nobody yet 100 %",
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_a_market_without_a_purchase_is_drawn_and_said_to_be_one(name):
    empty = {"customer": np.zeros(0, int), "round": np.zeros(0, int), "firm": np.zeros(0, int)}
    empty |= {part: np.zeros(0) for part in ("price", "surcharge", "value")}
    people = {"supplier": np.full(9, -1), "born": np.ones(9, int), "active": np.ones(9, bool)}
    dyads = {"purchases": np.zeros((2, 9), int), "aware": np.ones((2, 9), bool)}
    results = make_results(np.zeros((6, 2)), market={"active": 9.0}, log=empty, customers=people, dyads=dyads)
    figure = figure_of(chart(name)(results))
    check_readable(figure, 10)
    assert NOTHING[name] is None or NOTHING[name] in " ".join(words(figure)).replace("\n", " ")


@pytest.mark.parametrize("name", ["retention_curves", "lifetime_values", "switching_flow", "relationship_phases"])
def test_what_follows_single_customers_asks_for_their_purchases(name):
    with pytest.raises(ResultsError, match="log"):
        chart(name)(dataclasses.replace(run(), log=None))


@pytest.mark.parametrize("name", [name for name in DRAWN if "ax" in inspect.signature(chart(name)).parameters])
def test_a_chart_draws_into_the_axes_it_is_given_and_changes_nothing_else(name):
    axes, before = Figure(figsize=(10, 6)).subplots(), dict(matplotlib.rcParams)
    assert chart(name)(FEW[CHARTS[name].needs](), ax=axes) is axes
    assert axes.figure.texts == []  # the caption is the business of the figure's owner
    assert dict(matplotlib.rcParams) == before


def test_the_list_is_complete_and_no_chart_hides_behind_a_module():
    modules = {module.name for module in pkgutil.iter_modules(sim.charts.__path__)}
    assert not modules & set(CHARTS)
    for name, each in CHARTS.items():
        assert each.home in modules
        assert getattr(sim.charts, name) is chart(name)
        assert name in dir(sim.charts)
        assert chart(name).__doc__
    drawing = {
        name
        for module in modules
        for name, value in vars(importlib.import_module(f"sim.charts.{module}")).items()
        if getattr(value, "__module__", "") == f"sim.charts.{module}"
        and not name.startswith("_")
        and getattr(value, "__annotations__", {}).get("return") in ("Axes", "Figure")
    }
    assert drawing - {"firm_paths", "chart"} == set(CHARTS)  # firm_paths needs to be told which path


def test_an_unknown_chart_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'profit_pats'"):
        _ = sim.charts.profit_pats
