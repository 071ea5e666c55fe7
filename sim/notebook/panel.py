"""The widgets of a stepper: buttons, sliders made from declarations, the live picture, a table, and a life."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from sim.notebook import controls, scene
from sim.notebook.canvas import Canvas
from sim.scenario_errors import ScenarioError
from sim.stories import StoryError
from sim.strategies.base import StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.notebook.walk import Walk

SPEEDS = {"1 a second": 1.0, "2 a second": 2.0, "5 a second": 5.0, "10 a second": 10.0, "full speed": 60.0}
WIDE = {"description_width": "150px"}
WHOLE = ("purchases", "won", "lost", "profit to date")
FORESEEN = (ScenarioError, StrategyError, StoryError, controls.ControlError, ValueError)


class Panel:
    """The widgets, in `box`; they change the stepper, and `show` brings them up to date."""

    def __init__(self, stepper: Walk) -> None:
        self.stepper = stepper
        self._busy = False  # the panel itself is setting a widget: not a wish of the user
        self.canvas = Canvas()
        self.canvas.on_msg(self._message)
        self.status = widgets.HTML()
        self.status.add_class("sim-status")
        self.table = widgets.HTML()
        self.life = widgets.VBox()
        self.life.add_class("sim-life")
        self.slider = widgets.IntSlider(
            max=stepper.rounds, description="round", continuous_update=False, layout={"width": "420px"}
        )
        self.slider.add_class("sim-rounds")
        self.slider.observe(lambda change: self._wish(lambda: stepper.go(change["new"])), "value")
        self.box = widgets.VBox(
            [self._buttons(), self._menus(), self.status, self.canvas, self.table, self._dials(), self.life]
        )
        if stepper.compare:
            self.box.children = (*self.box.children, *self._comparison())
        self._stage()
        self.show()

    # -------------------------------------------------------------------------------------------------- widgets

    def _buttons(self) -> widgets.Widget:
        stepper, many = self.stepper, widgets.BoundedIntText(10, 1, 100_000, layout={"width": "70px"})
        self.playing = widgets.ToggleButton(description="Play", icon="", tooltip="Play until paused")
        self.playing.add_class("sim-play")
        self.playing.observe(self._play, "value")
        speed = widgets.Dropdown(options=SPEEDS, value=5.0, layout={"width": "150px"}, tooltip="Speed of Play")
        widgets.dlink((speed, "value"), (self.canvas, "speed"))
        return widgets.HBox(
            [
                self._button("Reset", stepper.reset, "To the beginning; this run stays as a dotted line"),
                self._button("Back", stepper.back, "One round back, exactly"),
                self._button("Step", stepper.step, "Play one round"),
                self._button("Run", lambda: stepper.run(many.value), "Play that many rounds"),
                many, self.playing, speed, self.slider,
            ],
            layout={"flex_flow": "row wrap"},
        )  # fmt: skip

    def _button(self, name: str, act: Callable[[], Any], tip: str) -> widgets.Button:
        button = widgets.Button(description=name, tooltip=tip, layout={"width": "70px" if len(name) < 6 else "90px"})
        button.add_class(f"sim-{name.lower()}")
        button.on_click(lambda _: self._wish(act))
        return button

    def _menus(self) -> widgets.Widget:
        stepper = self.stepper
        names = [one.name for one in stepper.base.alternatives]
        self.alternative = widgets.Dropdown(
            options=[("as in the file", ""), *((name, name) for name in names)], value=stepper.alternative or "",
            description="alternative", style=WIDE,
        )  # fmt: skip
        self.alternative.observe(
            lambda change: self._wish(lambda: stepper.choose(change["new"] or None), rebuild=True), "value"
        )
        firm = controls.focus(stepper.scenario)
        known = controls.kinds()
        own = next(one.strategy.kind for one in stepper.scenario.firms if one.name == firm)
        self.kind = widgets.Dropdown(
            options=sorted({*known, own}), value=own, description=f"{firm} plays", style=WIDE,
            tooltip="Its strategy, with default settings",
        )  # fmt: skip
        self.kind.observe(lambda change: self._wish(lambda: stepper.play(change["new"]), rebuild=True), "value")
        colour = widgets.Dropdown(options=scene.COLOURS, description="colour by", style=WIDE)
        colour.observe(lambda _: self.show(), "value")
        self.colour = colour
        menus = [self.alternative] if names else []
        return widgets.HBox([*menus, self.kind, colour], layout={"flex_flow": "row wrap"})

    def _dials(self) -> widgets.Widget:
        self.dials = widgets.VBox()
        self._make_dials()
        return self.dials

    def _make_dials(self) -> None:
        rows = []
        for dial in controls.dials(self.stepper.scenario, self.stepper.controls):
            kind = widgets.IntSlider if dial.whole else widgets.FloatSlider
            slider = kind(
                value=dial.value, min=dial.low, max=dial.high, step=dial.step, description=dial.label, style=WIDE,
                continuous_update=False, tooltip=dial.meaning, layout={"flex": "0 0 460px"},
            )  # fmt: skip
            slider.add_class(f"sim-dial-{dial.path.split('.')[-1]}")
            slider.observe(lambda change, dial=dial: self._turn(dial, change), "value")
            meaning = dial.meaning if dial.unit == "1" else f"{dial.unit}: {dial.meaning}"
            words = f"<span style='color:#5f6368'>{html.escape(meaning)}</span>"
            rows.append(widgets.HBox([slider, widgets.HTML(words)]))
        self.dials.children = rows

    def _comparison(self) -> list[widgets.Widget]:
        seeds = widgets.BoundedIntText(5, 2, 200, description="seeds", layout={"width": "150px"})
        area = widgets.VBox()
        area.add_class("sim-comparison")

        def compare() -> None:
            from sim.charts import comparison_picture
            from sim.experiments.compare import compare as experiment

            comparison = experiment(self.stepper.base.with_changes(self.stepper.changes), seeds.value, workers=1)
            area.children = [image(comparison_picture(comparison))]

        return [widgets.HBox([self._button("Compare", compare, "All alternatives over paired seeds"), seeds]), area]

    # --------------------------------------------------------------------------------------------------- wishes

    def _message(self, _: Any, message: dict[str, Any], __: Any) -> None:
        if message.get("kind") == "tick":
            self._wish(self.stepper.step)
            if self.stepper.round >= self.stepper.rounds:
                self.playing.value = False
        elif message.get("kind") == "customer":
            self._wish(lambda: self._open(int(message["index"])))

    def _play(self, change: dict[str, Any]) -> None:
        self.playing.description = "Pause" if change["new"] else "Play"
        if change["new"] and self.stepper.round >= self.stepper.rounds:
            self._wish(self.stepper.reset)
        self.canvas.playing = change["new"]

    def _turn(self, dial: controls.Dial, change: dict[str, Any]) -> None:
        with self._reverting(change):
            self._wish(lambda: self.stepper.set(dial.path, change["new"]))

    @contextmanager
    def _reverting(self, change: dict[str, Any]) -> Iterator[None]:
        """Put a slider back if what it asks for is refused."""
        before = self.stepper.changes
        yield
        if not self._busy and self.stepper.changes is before:
            self._busy = True
            change["owner"].value = change["old"]
            self._busy = False

    def _wish(self, act: Callable[[], Any], rebuild: bool = False) -> None:
        """Do what was asked for; what is wrong with it is said in words, also where nobody has foreseen it."""
        if self._busy:
            return
        try:
            act()
            self.status.value = ""
        except FORESEEN as error:
            self._say(str(error))
        except Exception as error:  # a kernel writes it to its log only, where no reader looks
            self._say(f"{type(error).__name__}: {error} (not foreseen; the kernel's log says where)")
            raise
        finally:
            self.show()
            if rebuild:
                self._rebuild()

    def _say(self, words: str) -> None:
        """What went wrong; playing stops."""
        self.playing.value = False
        words = html.escape(words, quote=False)
        self.status.value = f"<pre style='color:#b00020; white-space:pre-wrap'>{words}</pre>"

    def _rebuild(self) -> None:
        """Stage, menus and sliders of the scenario that is now played."""
        self._busy = True
        self._stage()
        self._make_dials()
        firm = controls.focus(self.stepper.scenario)
        self.kind.value = next(one.strategy.kind for one in self.stepper.scenario.firms if one.name == firm)
        self.alternative.value = self.stepper.alternative or ""
        self._busy = False

    def _open(self, customer: int) -> None:
        """The life of a customer, below the table."""
        if self.stepper.round == 0:
            raise StoryError(f"customer {customer} has no life yet; play a round first")
        life = self.stepper.life(customer)
        text = widgets.HTML(f"<pre style='white-space:pre-wrap'>{html.escape(life.text(), quote=False)}</pre>")
        self.life.children = [image(life.picture()), text]

    # ------------------------------------------------------------------------------------------------- pictures

    def _stage(self) -> None:
        self.canvas.scene = scene.places(self.stepper.timeline.simulation)
        self.show()

    def show(self) -> None:
        """Bring everything shown up to date."""
        stepper, simulation = self.stepper, self.stepper.timeline.simulation
        busy, self._busy = self._busy, True
        self.slider.max = stepper.rounds
        self.slider.value = stepper.round
        self._busy = busy
        self.table.value = stepper.table().to_html(
            border=0, na_rep="", justify="left", formatters=dict.fromkeys(WHOLE, "{:,.0f}".format),
            float_format="{:,.2f}".format,
        )  # fmt: skip
        self.canvas.series = scene.series(simulation)
        self.canvas.ghost = stepper.ghost
        self.canvas.frame = scene.moment(simulation, stepper.before, self.colour.value)


def image(figure: Any) -> widgets.Image:
    """A matplotlib figure as a widget."""
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=80)
        return widgets.Image(value=file.getvalue(), format="png", layout={"max_width": "980px"})
