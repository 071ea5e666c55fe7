"""The stepper: back is exact, a change is paired with the run before, and mistakes are answered in words."""

import sys
import time

import numpy as np
import pytest

import sim
from sim.notebook import ControlError, Stepper, controls, scene
from sim.notebook.timeline import Timeline
from sim.scenario import ScenarioError
from sim.simulation import Simulation
from sim.state import State
from sim.strategies.base import StrategyError

FILE = "scenarios/everyday_low_price.toml"


@pytest.fixture(scope="module")
def scenario():
    return sim.load(FILE).with_changes({"market.customers": 80, "market.rounds": 40, "market.turnover": 0.01})


def bits(simulation):
    state = [getattr(simulation.state, name).tobytes() for name in State._fields]
    return [*state, simulation.books.account("profit").tobytes(), simulation.books.series("trust").tobytes()]


# -------------------------------------------------------------------------------------------------------- moving


@pytest.mark.parametrize("kind", ["learning_relationship", "adaptive", "promoter"])
def test_back_and_forward_again_gives_the_same_bits(scenario, kind):
    if kind not in sim.strategies.base.registry():
        pytest.skip(f"there is no strategy {kind}")
    market = scenario.with_changes({"firms.Our shop.strategy": {"kind": kind}})
    line = Timeline(market)
    seen = {}
    for round in range(31):
        line.go(round)
        seen[round] = bits(line.simulation)
    for round in (17, 3, 30, 8, 7, 24, 0, 16, 30):
        line.go(round)
        assert line.round == round
        assert bits(line.simulation) == seen[round]
    plain = Simulation(market)
    plain.advance(30)
    assert bits(plain) == seen[30]


def test_step_back_run_and_go_count_rounds(scenario):
    stepper = Stepper(scenario)
    assert stepper.round == 0
    assert stepper.step().round == 1
    assert stepper.run(9).round == 10
    assert stepper.back(3).round == 7
    assert stepper.go(40).round == 40
    assert stepper.step().round == 40, "the horizon is the end"
    assert stepper.back(100).round == 0


def test_switches_are_those_of_the_last_round_however_it_was_reached(scenario):
    steps, jump = Stepper(scenario), Stepper(scenario)
    for _ in range(12):
        steps.step()
    jump.go(30).back(18)
    one, two = (scene.moment(stepper.timeline.simulation, stepper.before) for stepper in (steps, jump))
    assert one == two
    assert one["switched"], "somebody switches in this round"


# ------------------------------------------------------------------------------------------------------ changing


def test_a_change_is_played_to_the_same_round_with_the_run_before_as_a_ghost(scenario):
    stepper = Stepper(scenario).step(15)
    before = scene.series(stepper.timeline.simulation)
    stepper.set("market.heterogeneity", 1.5)
    assert stepper.round == 15
    assert stepper.ghost == before
    again = Simulation(scenario.with_changes({"market.heterogeneity": 1.5}))
    again.advance(15)
    assert bits(stepper.timeline.simulation) == bits(again)


def test_another_alternative_and_strategy_can_be_played(scenario):
    stepper = Stepper(scenario).step(5).choose("relationship")
    assert stepper.scenario.firms[0].strategy.kind == "learning_relationship"
    stepper.play("product_centred")
    assert stepper.scenario.firms[0].strategy.kind == "product_centred"
    assert stepper.round == 5


def test_what_is_refused_leaves_everything_as_it_was(scenario):
    stepper = Stepper(scenario).step(5)
    before = bits(stepper.timeline.simulation)
    with pytest.raises(ScenarioError, match="turbulence"):
        stepper.set("market.turbulence", 3.0)
    with pytest.raises(ControlError, match="rounds 0 to 40"):
        stepper.go(41)
    assert stepper.changes == {}
    assert bits(stepper.timeline.simulation) == before


def test_a_dial_has_the_bounds_unit_and_meaning_of_the_declaration(scenario):
    found = {dial.path: dial for dial in controls.dials(scenario)}
    assert found["market.turbulence"].low == 0
    assert found["market.turbulence"].high == 1
    assert found["market.turbulence"].unit == "share per round"
    assert found["learning.trust_loss"].meaning.startswith("fall of trust")
    price = found["firms.Our shop.strategy.price"]
    assert (price.value, price.low, price.unit) == (5.0, 0, "euro")
    for dial in found.values():
        assert dial.low <= dial.value <= dial.high
        assert 0 < dial.step <= (dial.high - dial.low) / 10


def test_a_control_that_is_none_is_refused_with_the_nearest_name(scenario):
    with pytest.raises(ControlError, match=r"market\.turbulence"):
        controls.dial(scenario, "market.turbulenz")
    with pytest.raises(ControlError, match="not one number"):
        controls.dial(scenario, "market.choice")


# ------------------------------------------------------------------------------------------------------- looking


def test_places_do_not_change_with_what_happens(scenario):
    network = {"network": {"kind": "watts_strogatz"}}
    stepper = Stepper(scenario.with_changes(network))
    before = scene.places(stepper.timeline.simulation)
    stepper.step(10).set("learning.trust_loss", 0.9)
    after = scene.places(stepper.timeline.simulation)
    assert before == after
    at = np.array(before["customers"])
    assert ((at >= 0) & (at <= 1)).all()
    assert len(before["ties"]) == 80 * 8 / 2
    assert len(np.unique(at, axis=0)) == 80


def test_the_life_of_a_customer_goes_up_to_now(scenario):
    stepper = Stepper(scenario, alternative="relationship").step(12)
    life = stepper.life(7)
    assert len(life.chapters) == 12
    assert life.chapters[-1].after.supplier == stepper.timeline.simulation.state.supplier[7]


def test_table_text_and_still_picture_need_no_widgets(scenario):
    stepper = Stepper(scenario).step(6)
    assert list(stepper.table().index) == ["Our shop", "Rival"]
    assert "month 6 of 40" in repr(stepper)
    assert len(stepper.picture().axes) == 4


def test_without_widgets_text_and_picture_are_shown(scenario, monkeypatch, capsys):
    pytest.importorskip("IPython")
    shown = []
    monkeypatch.setitem(sys.modules, "sim.notebook.panel", None)  # as if its import failed
    monkeypatch.setattr("IPython.display.display", shown.append)
    Stepper(scenario).step(2)._ipython_display_()
    assert "pip install" in capsys.readouterr().out
    assert type(shown[0]).__name__ == "Figure"


def test_more_than_five_steps_a_second(scenario):
    stepper = Stepper(scenario.with_changes({"market.customers": 500, "market.turnover": 0.0})).step()
    start = time.process_time()
    for _ in range(20):
        stepper.step()
        scene.moment(stepper.timeline.simulation, stepper.before)
        scene.series(stepper.timeline.simulation)
    assert time.process_time() - start < 4.0


# ------------------------------------------------------------------------------------------------------- widgets


@pytest.fixture
def panel(scenario):
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed (extra: notebook)")
    pytest.importorskip("anywidget", reason="anywidget is not installed (extra: notebook)")
    from sim.notebook.panel import Panel

    return Panel(Stepper(scenario))


def button(panel, name):
    return next(child for child in panel.box.children[0].children if getattr(child, "description", "") == name)


def test_buttons_move_the_market_and_the_picture(panel):
    for _ in range(5):
        button(panel, "Step").click()
    button(panel, "Back").click()
    assert panel.canvas.frame["round"] == panel.slider.value == 4
    panel.slider.value = 2
    assert panel.stepper.round == panel.canvas.frame["round"] == 2
    button(panel, "Run").click()
    assert panel.canvas.frame["round"] == 12
    button(panel, "Reset").click()
    assert panel.canvas.frame["round"] == 0
    assert len(panel.canvas.ghost["profit"][0]) == 12


def test_playing_stops_at_the_horizon(panel):
    panel.playing.value = True
    assert panel.canvas.playing
    assert panel.playing.description == "Pause"
    for _ in range(45):
        panel._message(None, {"kind": "tick"}, None)
    assert panel.stepper.round == 40
    assert not panel.canvas.playing


def test_sliders_and_menus_change_the_scenario(panel):
    button(panel, "Run").click()
    slider = panel.dials.children[0].children[0]
    assert slider.description == "price"
    slider.value = 7.0
    assert panel.stepper.changes == {"firms.Our shop.strategy.price": 7.0}
    panel.kind.value = "product_centred"
    assert panel.stepper.scenario.firms[0].strategy.kind == "product_centred"
    assert "markup" in panel.dials.children[0].children[0].description
    assert panel.stepper.round == 10


def test_a_clicked_customer_opens_its_life(panel):
    panel._message(None, {"kind": "customer", "index": 3}, None)
    assert "play a round first" in panel.status.value
    button(panel, "Run").click()
    panel._message(None, {"kind": "customer", "index": 3}, None)
    picture, text = panel.life.children
    assert bytes(picture.value).startswith(b"\x89PNG")
    assert "Customer 3" in text.value


def test_a_strategy_that_raises_is_told_in_words(panel, monkeypatch):
    def refuse(self, view):
        raise StrategyError("price is -1; allowed: 0 to 1000000 euro")

    strategy = type(panel.stepper.scenario.firms[0].strategy)
    panel.stepper.timeline.simulation.desk.constant = [False, False]
    monkeypatch.setattr(strategy, "decide", refuse)
    button(panel, "Step").click()
    assert 'firm "Our shop"' in panel.status.value
    assert "allowed: 0 to" in panel.status.value
    assert panel.stepper.round == 0
