"""The stepper: back is exact, a change is paired with the run before, and mistakes are answered in words."""

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from typing import ClassVar, Literal

import numpy as np
import pytest

import benchmarks.stepper
import sim
from benchmarks import groups
from benchmarks.measure import interleaved
from benchmarks.stepper import Wire, click
from sim.agents import Customer
from sim.notebook import ControlError, Stepper, controls, scene
from sim.notebook.timeline import Timeline
from sim.parameter import parameter as declare
from sim.scenario import ScenarioError, parameters
from sim.scenario_paths import leaves, value_at
from sim.simulation import Simulation
from sim.state import State
from sim.strategies.base import FirmView, Levers, Posture, Strategy, StrategyError

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
    one, two = (scene.moment(stepper.timeline.simulation, stepper.before, stepper.spread) for stepper in (steps, jump))
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
    found = {dial.path: dial for dial in controls.controls(scenario)}
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
        controls.control(scenario, "market.turbulenz")
    with pytest.raises(ControlError, match=r"segments\.households\.price_sensitivity\.mu, segments"):
        controls.control(scenario, "segments.households.price_sensitivity")
    with pytest.raises(ControlError, match=r'"market\.round_length" is the text "month"'):
        controls.control(scenario, "market.round_length")
    with pytest.raises(ControlError, match=r'stepper\.play\("everyday_low_price", firm\)'):
        controls.control(scenario, "firms.Our shop.strategy.kind")


def test_menus_check_boxes_and_sliders_are_what_is_declared(scenario):
    menu = controls.control(scenario, "market.choice")
    assert (menu.value, menu.options) == ("logit", ("logit", "hotelling", "best"))
    assert controls.control(scenario, "market.outside_option") == controls.Switch(
        "market.outside_option", "outside option", "yes/no", parameter("market.outside_option").meaning, True
    )
    assert isinstance(controls.control(scenario, "mechanisms.trust"), controls.Switch)
    mean = controls.control(scenario, "segments.households.purchase_rate")
    assert mean == controls.control(scenario, "segments.0.purchase_rate.mean")
    assert (mean.path, mean.value, mean.unit) == (
        "segments.households.purchase_rate.mean", 0.5, "occasions per round"
    )  # fmt: skip
    fixed = controls.control(scenario, "segments.households.openness")
    assert (fixed.path, fixed.value, fixed.high) == ("segments.households.openness", 0.3, 1)


def parameter(path):
    return next(one for one in parameters() if one.path == path)


@pytest.mark.parametrize("path", ["firms.0.strategy.price", "firms.Our shop.strategy.price"])
def test_a_firm_is_named_or_numbered_alike(scenario, path):
    assert controls.control(scenario, path).value == value_at(scenario.to_dict(), path) == 5.0
    stepper = Stepper(scenario).set(path, 6.0)
    assert stepper.changes == {"firms.Our shop.strategy.price": 6.0}


def test_the_step_of_a_dial_fits_its_value():
    for file in sorted(Path("scenarios").glob("*.toml")):
        market = sim.load(file)
        for one in (*controls.controls(market), controls.control(market, "market.discount_rate")):
            if isinstance(one, controls.Dial):
                steps = (one.value - one.low) / one.step
                assert steps == pytest.approx(round(steps), abs=1e-6), (file, one)
                assert one.low <= one.value <= one.high
                assert float(f"{one.value:.{controls.digits(one.step)}f}") == pytest.approx(one.value)


def test_a_scenario_comes_with_controls_of_what_it_varies():
    inbox, trapped = (sim.load(name) for name in ("inbox", "trapped"))
    assert [one.label for one in controls.controls(inbox)][:2] == ["contacts", "opt out threshold ω_o"]
    fee = controls.controls(trapped)[0]
    assert fee.path == "firms.Our company.strategy.exit_fee"
    varied = [level for factor in trapped.factors for level in factor.choices]
    assert varied
    assert fee.high >= 40, "as far as the alternatives go"
    played = trapped.alternative(trapped.alternatives[0].name)  # which has none left itself
    assert controls.controls(played, base=trapped)[0].path == fee.path
    assert all(len(controls.controls(sim.load(file))) <= 7 for file in Path("scenarios").glob("*.toml"))


@pytest.mark.parametrize("name", ["chip_flaw", "procurement"])
def test_every_entry_of_a_scenario_can_be_turned_or_is_refused_in_words(name):
    market, turned = sim.load(name), 0
    for path, value in leaves(market.to_dict()):
        if path.startswith(("alternatives", "factors", "examination")):
            continue
        if isinstance(value, list) or (isinstance(value, str) and path != "market.choice"):
            with pytest.raises(ControlError):
                controls.control(market, path)
            continue
        one = controls.control(market, path)
        turned += 1
        assert one.value == value
        assert market.with_changes({one.path: one.value}).hash == market.hash
        if isinstance(one, controls.Dial):
            assert one.low <= one.value <= one.high
    assert turned > 80


def test_one_control_may_be_named_without_a_list(scenario):
    stepper = Stepper(scenario, controls="market.turbulence")
    assert [one.path for one in stepper.controls()] == ["market.turbulence"]


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


def test_of_a_large_market_every_so_manyth_customer_is_drawn_and_that_is_said():
    large = sim.load(FILE).with_changes({"market.customers": 2500, "market.rounds": 5})
    stepper = Stepper(large).step(3)
    stage = scene.places(stepper.timeline.simulation)
    assert (len(stage["numbers"]), stage["all"]) == (1000, 2500)
    assert np.unique(np.diff(stage["numbers"])).tolist() == [2, 3]
    now = scene.moment(stepper.timeline.simulation, stepper.before, stepper.spread)
    supplier = stepper.timeline.simulation.state.supplier
    assert now["supplier"] == supplier[stage["numbers"]].tolist()
    for place in now["switched"]:
        number = stage["numbers"][place]
        assert stepper.before[number] != supplier[number]
    shown = stepper.picture()
    assert any("1,000 of 2,500 customers" in text.get_text() for text in shown.texts)


@pytest.mark.parametrize("colour", scene.COLOURS)
def test_the_scale_of_colours_fits_the_scenario_and_stays(scenario, colour):
    stepper = Stepper(scenario, alternative="relationship").step(30)
    low, high = stepper.spread[colour]
    market = stepper.timeline.simulation
    who = np.flatnonzero(market.state.supplier >= 0)
    values = scene.measured(market, colour)[market.state.supplier[who].astype(int), who]
    assert ((values >= low) & (values <= high)).mean() > 0.9
    assert np.percentile(values, 95) - np.percentile(values, 5) > 0.15 * (high - low), "more than one colour is used"
    before = stepper.spread
    stepper.set("market.heterogeneity", 2.0).choose("low price").step(5)
    assert stepper.spread == before
    words = scene.moment(market, None, before, colour)["scale"]
    assert words[0].startswith("≤ ")
    assert words[2] == scene.COLOURS[colour]


def test_a_strategy_that_fails_spares_the_scale(scenario):
    market = scenario.with_changes(UNASKED | {"firms.Our shop.strategy": {"kind": "dividing"}})
    low, high = Stepper(market).spread["trust"]
    assert low < high


def test_the_life_of_a_customer_goes_up_to_now(scenario):
    stepper = Stepper(scenario, alternative="relationship").step(12)
    life = stepper.life(7)
    assert len(life.chapters) == 12
    assert life.chapters[-1].after.supplier == stepper.timeline.simulation.state.supplier[7]


def test_table_text_and_still_picture_need_no_widgets(scenario):
    stepper = Stepper(scenario).step(6)
    assert list(stepper.table().index) == ["Our shop", "Rival"]
    assert "month 6 of 40" in repr(stepper)
    figure = stepper.picture()
    assert len(figure.axes) == 5  # network, scale of colours, three charts
    told = " ".join(text.get_text() for legend in figure.legends for text in legend.get_texts())
    for words in ("has no supplier yet", "has just switched", "shared context", "Our shop", "Rival"):
        assert words in told
    assert "the run before" not in told
    again = stepper.set("market.turbulence", 0.3).picture()
    assert "the run before" in [text.get_text() for legend in again.legends for text in legend.get_texts()]


def test_without_widgets_text_and_picture_are_shown(scenario, monkeypatch, capsys):
    pytest.importorskip("IPython")
    shown = []
    monkeypatch.setitem(sys.modules, "sim.notebook.panel", None)  # as if its import failed
    monkeypatch.setattr("IPython.display.display", shown.append)
    Stepper(scenario).step(2)._ipython_display_()
    assert "pip install" in capsys.readouterr().out
    assert shown[0]._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("package", ["ipywidgets", "anywidget"])
def test_a_python_without_widgets_shows_text_and_a_picture(package):
    code = f"""
import sys
sys.modules[{package!r}] = None  # as where it was never installed
import IPython.display
IPython.display.display = lambda shown: print(type(shown).__name__)
import sim
from sim.notebook import Stepper
scenario = sim.load({FILE!r}).with_changes({{"market.customers": 40, "market.rounds": 5}})
Stepper(scenario).step(2).set("market.turbulence", 0.5)._ipython_display_()
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=120)
    assert run.returncode == 0, run.stderr
    assert "month 2 of 5" in run.stdout
    assert f"pip install 'buyer-seller-sim[notebook]'; import of {package}" in run.stdout
    assert run.stdout.strip().endswith("Picture")


# ------------------------------------------------------------------------------------------------- in a real kernel


def test_pictures_are_shown_in_a_kernel_that_knows_neither_widgets_nor_inline_figures():
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    head = f"""
import sys
sys.modules["anywidget"] = None  # as where it was never installed
import sim
from sim.notebook import Stepper
from sim.stories import counterfactual, worlds
scenario = sim.load({str(Path(FILE).resolve())!r}).with_changes({{"market.customers": 40, "market.rounds": 6}})
"""
    shown = [
        "Stepper(scenario).step(3)", "Stepper(scenario).step(3).picture()", "sim.story(scenario, customer=3)",
        "sim.story(scenario, customer=3).picture()", "counterfactual(scenario, 3, 'relationship')",
        "worlds(scenario, scenario.alternative('relationship'))",
    ]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (head, *shown)])
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=environment)
    for code, cell in zip(shown, notebook.cells[1:], strict=True):
        pictures = [output.data["image/png"] for output in cell.outputs if "image/png" in output.get("data", {})]
        assert len(pictures) == 1, code
        assert len(pictures[0]) > 10_000
    said = "".join(output.get("text", "") for output in notebook.cells[3].outputs)
    assert said.startswith("Customer 3, Everyday low price")
    assert "Life(" not in said


# -------------------------------------------------------------------------------------------------------- errors


UNASKED = {"alternatives": [], "baseline": "", "factors": [], "examination": None}


class Dividing(Strategy):
    """Fails in round 4."""

    kind: Literal["dividing"] = "dividing"
    posture: ClassVar[Posture] = "mixed"

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=6.0 / max(0, 4 - view.round))


def shown_in_a_notebook(act):
    """The lines that IPython shows of the error that `act` raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the tests' business
        act()
    return caught.value._render_traceback_()


def test_an_error_in_a_notebook_is_its_words_and_the_readers_line(scenario):
    first, *places = shown_in_a_notebook(lambda: scenario.with_changes({"market.turbulence": 3}))
    assert first.endswith("market.turbulence: 3 is out of range; allowed: 0 to 1 (share per round)")
    assert len(places) == 1
    assert places[0].startswith("  asked for in line ")
    assert "of test_stepper.py: " in places[0]
    assert "with_changes" in places[0]


def test_of_a_strategy_that_raises_the_line_that_did_is_shown_too(scenario):
    market = scenario.with_changes({"firms.Our shop.strategy": {"kind": "dividing"}})
    first, asked, raised = shown_in_a_notebook(lambda: sim.simulate(market))
    assert 'firm "Our shop", strategy dividing, round 4: decide raised ZeroDivisionError' in first
    assert "simulate(market)" in asked
    assert raised.endswith("return Levers(price=6.0 / max(0, 4 - view.round))")


def test_ipython_itself_shows_no_more_than_that():
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    code = f"import sim\nmarket = sim.load({FILE!r})\nmarket.with_changes({{'market.rounds': -1}})"
    with redirect_stdout(io.StringIO()) as told:
        shell.instance().run_cell(code)
    lines = told.getvalue().strip().splitlines()
    assert len(lines) == 2
    assert "market.rounds: -1 is out of range; allowed: " in lines[0]
    assert lines[1].startswith("  asked for in line 3 of your cell: market.with_changes")


@pytest.mark.parametrize(
    "ask, words",
    [
        (lambda s: Stepper(s).step("five"), "rounds is 'five', not a whole number; allowed: 0 or more"),
        (lambda s: Stepper(s).step(-3), "rounds is -3; allowed: 0 or more"),
        (lambda s: Stepper(s).go(2.5), "round is 2.5, not a whole number; allowed: 0 or more"),
        (lambda s: Stepper("everyday_low_prise"), 'did you mean "everyday_low_price"?'),
        (
            lambda s: Stepper(7),
            'or the name or path of one such as "everyday_low_price"; got a int',
        ),
        (lambda s: Stepper(s, seed="x"), "seed is 'x', not a whole number"),
        (lambda s: Stepper(s).life(5), "customer 5 has no life yet; play a round first"),
        (lambda s: Stepper(s, controls=[3]), '3 is no path; give texts such as "market.turbulence"'),
        (lambda s: sim.simulate(s, rounds="x"), "rounds is 'x', not a whole number; allowed: 1 or more"),
        (lambda s: sim.simulate(s, seed=-1), "seed is -1; allowed: 0 to 9223372036854775807"),
        (lambda s: sim.simulate("everyday_low_price"), 'load it first: sim.load("everyday_low_price")'),
        (lambda s: sim.compare(s, seeds="five"), "seeds is 'five', not a whole number; allowed: 1 or more"),
        (lambda s: sim.compare(s, seeds=0), "seeds is 0; allowed: 1 or more"),
        (lambda s: sim.Market(s, driver="agent"), 'driver is \'agent\'; allowed: "compiled" and "agents"'),
        (lambda s: sim.Market(s).run("x"), "rounds is 'x', not a whole number"),
        (lambda s: sim.Market(s).relationship(500, 0), "there is no customer 500; this market has 0 to 79"),
        (lambda s: sim.load("everyday_low_prise"), 'did you mean "everyday_low_price"?'),
        (
            lambda s: sim.compare(s.with_changes({"market.rounds": 3}), seeds=2).table(["discounted_profitt"]),
            'did you mean "discounted_profit"?',
        ),
    ],
)
def test_the_commonest_mistakes_are_answered_in_a_line_with_what_is_allowed(scenario, ask, words):
    first, *places = shown_in_a_notebook(lambda: ask(scenario))
    assert words in first
    assert len(places) <= 1


class Bounded(Strategy):
    """Asks for less than nothing; its price has a bound of its own."""

    kind: Literal["bounded"] = "bounded"
    posture: ClassVar[Posture] = "mixed"
    price: float = declare(5.0, ge=0, le=100, unit="euro", description="price")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=-self.price)


def test_a_lever_out_of_range_is_answered_with_the_bounds_that_the_strategy_declares(scenario):
    market = scenario.with_changes({"firms.Our shop.strategy": {"kind": "bounded"}})
    first, *_ = shown_in_a_notebook(lambda: sim.simulate(market))
    assert first.endswith("strategy bounded, round 1: price is -5; allowed: 0 to 100 euro")


class Forgetful(Customer):
    """Fails in round 2, in a method that its own method calls."""

    def utility(self, firm):
        return super().utility(firm) / max(0, 2 - self.turn.round)


def test_of_a_customer_that_raises_it_is_said_which_when_and_in_which_method(scenario):
    first, asked, raised = shown_in_a_notebook(lambda: sim.Market(scenario, customer_class=Forgetful).run(3))
    assert re.match(r"CustomerError: customer \d+, Forgetful, round 2: utility raised ZeroDivisionError: ", first)
    assert "run(3)" in asked
    assert "max(0, 2 - self.turn.round)" in raised


def test_a_wrong_control_is_refused_where_it_was_written(scenario):
    with pytest.raises(ControlError, match=r'did you mean "market\.turbulence"'):
        Stepper(scenario, controls=["market.turbulenz"])


# ------------------------------------------------------------------------------------------------------- widgets


@pytest.fixture
def widgets():
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed (extra: notebook)")
    pytest.importorskip("anywidget", reason="anywidget is not installed (extra: notebook)")


@pytest.fixture
def panel(scenario, widgets):
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
    assert "markup" in [row.children[0].description for row in panel.dials.children[:-1]]
    assert panel.stepper.round == 10


def test_a_clicked_customer_opens_its_life(panel):
    panel._message(None, {"kind": "customer", "index": 3}, None)
    assert "play a round first" in panel.status.value
    button(panel, "Run").click()
    panel._message(None, {"kind": "customer", "index": 3}, None)
    heading, picture, text = panel.life.children
    assert bytes(picture.value).startswith(b"\x89PNG")
    assert "Customer 3" in text.children[0].value
    assert heading.children[0].value == "<b>Customer 3, up to month 10</b>"
    assert panel.canvas.chosen == 3


def test_an_opened_life_is_dated_brought_up_to_date_and_closed(panel):
    button(panel, "Run").click()
    panel.open(3)
    panel.show()
    button(panel, "Step").click()
    heading, refresh, close = panel.life.children[0].children
    assert heading.value.endswith("up to month 10</b> (the market is now in month 11)")
    refresh.click()
    assert "After 11 rounds" in panel.life.children[2].children[0].value
    close.click()
    assert panel.life.children == ()
    assert panel.canvas.chosen == -1
    for act in (
        lambda: button(panel, "Reset").click(),
        lambda: setattr(panel.dials.children[1].children[0], "value", 1.5),
    ):
        panel.stepper.go(5)
        panel.open(3)
        act()
        assert panel.life.children == (), "a life of another run is not left standing"


def test_what_differs_from_the_file_is_marked_and_can_be_taken_back(panel):
    rows, restore = panel.dials.children[:-1], panel.dials.children[-1]
    assert restore.disabled
    row = next(row for row in rows if row.children[0].description == "turbulence ν")
    row.children[0].value = 0.3
    assert "changed</b> (file: 0.02)" in row.children[1].value
    assert not restore.disabled
    restore.click()
    assert panel.stepper.changes == {}
    row = next(row for row in panel.dials.children[:-1] if row.children[0].description == "turbulence ν")
    assert row.children[0].value == 0.02
    assert "changed" not in row.children[1].value


def test_a_change_back_to_the_value_in_the_file_is_no_difference(scenario):
    stepper = Stepper(scenario).set("segments.households.openness", 0.5)
    assert stepper.differing() == {"segments.households.openness": (0.3, 0.5)}
    assert stepper.set("segments.households.openness", 0.3).differing() == {}


def test_menus_and_check_boxes_change_the_scenario(scenario, widgets):
    from sim.notebook.panel import Panel

    paths = ["market.choice", "mechanisms.trust", "market.discount_rate"]
    panel = Panel(Stepper(scenario, controls=paths).step(3))
    menu, box, rate = (row.children[0] for row in panel.dials.children[:-1])
    menu.value = "best"
    box.value = False
    assert panel.stepper.scenario.market.choice == "best"
    assert not panel.stepper.scenario.mechanisms.trust
    assert rate.readout_format == ".4f"


def test_the_comparison_says_what_was_changed_and_stands_above_a_life(scenario, widgets):
    from sim.notebook.panel import Panel

    panel = Panel(Stepper(scenario, compare=True).step(3).set("market.turbulence", 0.3))
    assert panel.box.children[-1] is panel.life
    compared = panel._compared()
    assert compared.claim_text == "Everyday low price, changed: market.turbulence 0.3"
    assert compared.market.turbulence == 0.3


def test_a_click_is_answered_whether_there_is_a_life_or_not(panel, monkeypatch):
    sent = []
    monkeypatch.setattr(panel.canvas, "send", sent.append)
    panel._message(None, {"kind": "customer", "index": 3}, None)
    button(panel, "Run").click()
    panel._message(None, {"kind": "customer", "index": 3}, None)
    assert sent == [{"kind": "answered", "opened": False}, {"kind": "answered", "opened": True}]


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


def test_a_strategy_that_raises_stops_playing_and_leaves_the_market_where_it_was(panel):
    panel.kind.value = "dividing"
    panel.playing.value = True
    for _ in range(6):
        panel._message(None, {"kind": "tick"}, None)
    assert panel.stepper.round == 3
    assert not panel.playing.value
    assert "round 4: decide raised ZeroDivisionError" in panel.status.value


def test_an_alternative_that_fails_is_not_left_standing_in_the_menu(scenario, panel):
    broken = scenario.with_changes({"alternatives.relationship.set": {"firms.Our shop.strategy": {"kind": "dividing"}}})
    again = type(panel)(Stepper(broken).step(6))
    again.alternative.value = "relationship"
    assert "ZeroDivisionError" in again.status.value
    assert again.alternative.value == ""
    assert again.stepper.round == 6


def test_what_nobody_foresaw_is_said_as_well(panel, monkeypatch):
    monkeypatch.setattr(panel.stepper, "step", lambda: {}["nothing"])
    with pytest.raises(KeyError):
        panel._message(None, {"kind": "tick"}, None)
    assert "KeyError: 'nothing' (not foreseen" in panel.status.value


# --------------------------------------------------------------------------------------------------------- speed


def test_the_steps_are_measured_by_make_bench():
    assert groups.ALL["stepper"] is benchmarks.stepper.stepper


def test_a_step_sends_little_and_no_more_than_500_customers_and_their_charts_need(widgets, monkeypatch):
    import comm

    monkeypatch.setattr(comm, "create_comm", comm.create_comm)  # put back what the wire replaces
    wire, sent = Wire(), []
    shown = benchmarks.stepper.panel()
    for step in (1, 100):
        shown.stepper.go(step - 1)
        shown.show()
        before = wire.sent
        click(shown)
        sent.append(wire.sent - before)
    assert 2_000 < sent[0] < 12_000
    assert sent[1] < sent[0] + 100 * 2 * 3 * 12  # 100 rounds of two firms in three charts, twelve letters a number


def test_a_step_late_in_a_run_costs_about_as_much_as_an_early_one(widgets):
    early, late = benchmarks.stepper.panel(), benchmarks.stepper.panel()
    late.stepper.go(90)
    taken = interleaved({"early": lambda: click(early), "late": lambda: click(late)}, 9)
    assert median(taken["late"]) < 4 * median(taken["early"])


def test_the_page_shows_the_words_of_a_scenario_and_does_nothing_else_with_them(tmp_path, widgets):
    from sim.notebook.app import page

    hostile = tmp_path / "hostile.toml"
    text = Path(FILE).read_text(encoding="utf-8")
    hostile.write_text(re.sub(r'^title = ".*"$', 'title = "<img src=x onerror=alert(1)>"', text, flags=re.M), "utf-8")
    heading = page([str(hostile)], str(hostile)).children[0]
    assert "&lt;img src=x onerror=alert(1)&gt;" in heading.value
    assert "<img" not in heading.value
