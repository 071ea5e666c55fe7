"""Figures say what the numbers say, stay readable, and leave no trace behind."""

import dataclasses
import gc
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.text import Text
from pictures import check_readable, words
from synthetic import KINDS, make_results, make_scenario, plausible

from sim import charts, palette
from sim.charts.run import moving_mean
from sim.experiments.compare import compare
from sim.experiments.comparison import Comparison
from sim.figure import balanced, shortened
from sim.strategies.base import Strategy, registry


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(make_scenario(["Low price", "Learning relationship"]), 8, simulate=plausible)


# ----------------------------------------------------------------------------------------------------------- figures


def test_drawing_needs_no_window_and_no_pyplot():
    code = (
        "import sys; from sim.charts import CHARTS, chart; [chart(name) for name in CHARTS]; "
        "assert 'matplotlib.pyplot' not in sys.modules; assert 'mesa' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_lines_are_the_means_in_thousand_euro(comparison):
    axes = charts.profit_paths(comparison)
    drawn = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == comparison.rounds]
    expected = comparison.profit_paths().mean(axis=1) / 1000
    for path in expected:
        assert any(np.allclose(path, line) for line in drawn)
    assert "thousand euro" in axes.get_title(loc="left")


def test_a_change_of_lead_is_marked_where_it_happens(comparison):
    (change,) = comparison.lead_changes()
    axes = charts.profit_paths(comparison)
    rings = [line for line in axes.lines if line.get_marker() == "o"]
    assert [ring.get_xdata()[0] for ring in rings] == [change.round]
    assert any(f"{change.round}:\nLearning relationship\ntakes the lead" in text for text in words(axes.figure))


def test_a_difference_that_includes_zero_is_hollow(comparison):
    unclear = dataclasses.replace(
        comparison, measures=comparison.measures | {"trust": np.array([[0.0] * 8, [1, -1, 1, -1, 1, -1, 1, -1.0]])}
    )
    face = {}
    for name in ("trust", "discounted_profit"):
        axes = charts.difference_forest(unclear, [name])
        (mark,) = [line for panel in axes.child_axes for line in panel.lines if line.get_marker() == "o"]
        face[name] = mark.get_markerfacecolor()
    assert face["trust"] == "white"
    assert face["discounted_profit"] != "white"


CASES = {
    "two": (["Low price", "Learning relationship"], 8, {}),
    "four": (["Everyday low price", "Learning relationship", "Fee extractor", "Blaster"], 8, {}),
    "twenty": ([f"Variant number {k}" for k in range(20)], 4, {}),
    "one": (["alone"], 4, {}),
    "one seed": (["A", "B"], 1, {}),
    "three firms": (None, 5, {"firms": 3}),
    "one round": (["A", "B"], 4, {"rounds": 1}),
    "long names": (["the very long name of one alternative", "the very long name of another alternative"], 4, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_on_the_comparison_picture_is_cut_off_small_or_overlapping(case):
    names, seeds, more = CASES[case]
    long = (
        "Where a purchase is only a means to an end, price and convenience win: the efficient low-price firm prospers."
    )
    scenario = make_scenario(names, claim_text=long, **more)
    figure = charts.comparison_picture(compare(scenario, seeds, simulate=plausible))
    width, height = figure.get_size_inches() * figure.dpi
    assert (round(width), round(height)) == (1920, 1080)
    check_readable(figure, 11)


def test_the_dashboard_shows_all_firms_in_all_panels():
    results = plausible(make_scenario(firms=3))
    figure = charts.run_dashboard(results)
    assert len(figure.axes) == len(charts.PANELS)
    assert words(figure).count("firm B") == len(charts.PANELS)
    assert any("moving mean of 7 rounds" in text for text in words(figure))


def test_a_market_without_purchases_is_drawn_without_inventing_trust():
    figure = charts.run_dashboard(make_results(np.zeros((5, 2))))
    trust = figure.axes[list(charts.PANELS).index("trust")]
    assert all(np.isnan(line.get_ydata()).all() for line in trust.lines)
    assert [text.get_text().replace("\n", " ") for text in trust.texts] == [
        "Nobody has bought anything: there is nothing to show."
    ]
    assert not len(trust.get_yticks())


def test_the_moving_mean_leaves_a_straight_line_straight_but_for_its_ends():
    straight = np.arange(80.0)[:, None]
    smooth = moving_mean(straight)
    assert smooth[2:-2] == pytest.approx(straight[2:-2])
    assert smooth[0] == pytest.approx(1.0)  # mean of what there is: 0, 1, 2


# ----------------------------------------------------------------------------------------------------------- colours


def test_every_strategy_has_one_colour_and_no_two_share_it():
    colours = [palette.colour(kind) for kind in registry()]
    assert len(set(colours)) == len(colours)
    tints = [palette.tint(kind) for kind, cls in registry().items() if cls.__module__.startswith("sim.strategies.")]
    assert min(palette.distance(a, b) for k, a in enumerate(tints) for b in tints[:k]) > 0.07


def test_colours_last_for_a_larger_library():
    """Of each posture as many as here: 32 strategies, all told apart."""
    places = {"transactional": 12, "relational": 8, "pseudo-relational": 4, "mixed": 8}
    tints = [shade for posture, count in places.items() for shade in palette.shades()[posture][:count]]
    assert min(palette.distance(a, b) for k, a in enumerate(tints) for b in tints[:k]) > 0.08


def test_lines_that_come_close_differ_in_their_dashes():
    drawn = palette.looks(list(registry()))
    assert len({(look.colour, look.dash) for look in drawn}) == len(drawn)
    close = palette.looks(["quality_cutter", "crm_blaster"])  # dark red and dark magenta
    assert close[0].dash != close[1].dash
    far = palette.looks(["everyday_low_price", "community"])  # light olive and dark blue
    assert len({look.dash for look in far}) == 1


def test_lines_that_are_alike_in_grey_differ_in_their_dashes():
    kinds = list(registry())
    for kind, other in ((a, b) for k, a in enumerate(kinds) for b in kinds[:k]):
        one, two = palette.looks([kind, other])
        if abs(palette.tint(kind).lightness - palette.tint(other).lightness) < palette.ALIKE:
            assert one.dash != two.dash, (kind, other)


def test_postures_keep_apart_in_grey():
    lightness = sorted(tint.lightness for tint in palette.POSTURES.values())
    assert min(np.diff(lightness)) >= 0.07


def test_a_strategy_from_a_notebook_recolours_nobody():
    before = {kind: palette.colour(kind) for kind in registry()}
    fields = {"__module__": "__main__", "__annotations__": {"kind": str}, "kind": "aaa_first", "posture": "relational"}
    newcomer = type("Newcomer", (Strategy,), fields)
    try:
        assert {kind: palette.colour(kind) for kind in before} == before
        assert palette.colour("aaa_first") not in before.values()
    finally:
        del newcomer
        gc.collect()  # or it would stay in the registry for the tests that follow
    assert list(registry()) == list(before)


def test_an_unknown_strategy_is_grey():
    colour = palette.colour("from_elsewhere")
    assert colour[1:3] == colour[3:5] == colour[5:7]


def test_the_same_strategy_twice_in_a_figure_gets_two_looks():
    looks = palette.looks(["fee_extractor", "everyday_low_price", "fee_extractor"])
    assert looks[0].colour == palette.colour("fee_extractor")
    assert len({look.colour for look in looks}) == 3
    assert looks[0].dash != looks[2].dash


def test_oklch_agrees_with_the_published_example():
    # Ottosson 2020: sRGB red is L 0.62796, C 0.25768, h 29.234
    assert palette.hexadecimal(palette.Tint(0.62796, 0.25768, 29.234)) == "#ff0000"
    assert palette.hexadecimal(palette.Tint(1.0, 0.0, 0.0)) == "#ffffff"


def test_kinds_of_the_made_up_market_exist():
    assert set(KINDS) <= set(registry())


# ------------------------------------------------------------------------------------------------------------- words


def test_dollar_signs_in_titles_and_names_are_no_mathematics():
    scenario = make_scenario([r"pay $5 or \frac{$9", "pay $5_now or $9"])
    figure = charts.comparison_picture(compare(scenario, 4, simulate=plausible))
    figure.draw_without_rendering()  # mathematics that is none would raise
    assert not any(text.get_parse_math() for text in figure.findobj(Text) if "$" in text.get_text())
    assert any("pay $5_now" in text for text in words(figure))


def test_a_headline_is_broken_into_lines_of_like_length():
    assert balanced("aaa bbb ccc ddd", 12) == ["aaa bbb", "ccc ddd"]
    assert balanced("short", 12) == ["short"]


def test_a_long_name_keeps_its_ending():
    assert shortened("Variant number 19", 16) == "Variant nu…er 19"
