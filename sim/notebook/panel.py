"""The widgets of a stepper: buttons, controls made from declarations, the live picture, a table, and a life."""

from __future__ import annotations

import html
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from sim.figure import Picture
from sim.notebook import scene
from sim.notebook.canvas import NOBODY, Canvas
from sim.notebook.controls import Control, ControlError, Dial, Menu, digits, focus, kinds
from sim.scenario_errors import ScenarioError
from sim.stories import StoryError
from sim.strategies.base import StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.notebook.walk import Walk
    from sim.stories import Life

SPEEDS = {"1 a second": 1.0, "2 a second": 2.0, "5 a second": 5.0, "10 a second": 10.0, "full speed": 60.0}
WIDE = {"description_width": "170px"}
FITTING = {"width": "max-content"}  # as wide as its longest entry
SCROLLED = {"max_height": "420px", "overflow": "auto", "border": "1px solid #e4e6e8"}  # a long life pushes nothing away
HEADS = {"price": "price, euro", "profit to date": "profit to date, euro"}
WHOLE = ("customers", "purchases", "won", "lost", HEADS["profit to date"])
FORESEEN = (ScenarioError, StrategyError, StoryError, ControlError, ValueError)


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
        self.opened: Life | None = None
        self.slider = widgets.IntSlider(
            max=stepper.rounds, description="round", continuous_update=False, layout={"width": "420px"}
        )
        self.slider.add_class("sim-rounds")
        self.slider.observe(lambda change: self._wish(lambda: stepper.go(change["new"])), "value")
        parts = [self._buttons(), self._menus(), self.status, self.canvas, self.table, self._dials()]
        self.box = widgets.VBox([*parts, *(self._comparison() if stepper.compare else []), self.life])
        self.box.add_class("sim-stepper")
        self._stage()
        self.show()

    # -------------------------------------------------------------------------------------------------- widgets

    def _buttons(self) -> widgets.Widget:
        stepper, many = self.stepper, widgets.BoundedIntText(10, 1, 100_000, layout={"width": "70px"})
        self.playing = widgets.ToggleButton(description="Play", tooltip="Play until paused", layout={"width": "80px"})
        self.playing.add_class("sim-play")
        self.playing.observe(self._play, "value")
        speed = widgets.Dropdown(options=SPEEDS, value=5.0, layout=FITTING, tooltip="Speed of Play")
        widgets.dlink((speed, "value"), (self.canvas, "speed"))
        return widgets.HBox(
            [
                self._button("Reset", self._reset, "To the beginning; this run stays as a dotted line"),
                self._button("Back", stepper.back, "One round back, exactly"),
                self._button("Step", stepper.step, "Play one round"),
                self._button("Run", lambda: stepper.run(many.value), "Play that many rounds"),
                many, self.playing, speed, self.slider,
            ],
            layout={"flex_flow": "row wrap"},
        )  # fmt: skip

    def _button(self, name: str, act: Callable[[], Any], tip: str, rebuild: bool = False) -> widgets.Button:
        button = widgets.Button(description=name, tooltip=tip, layout={"width": f"{max(70, 30 + 9 * len(name))}px"})
        button.add_class(f"sim-{name.lower().replace(' ', '-')}")
        button.on_click(lambda _: self._wish(act, rebuild))
        return button

    def _reset(self) -> None:
        self.close()
        self.stepper.reset()

    def _menus(self) -> widgets.Widget:
        stepper = self.stepper
        names = [one.name for one in stepper.base.alternatives]
        self.alternative = widgets.Dropdown(
            options=[("as in the file", ""), *((name, name) for name in names)], value=stepper.alternative or "",
            description="alternative", style={"description_width": "initial"}, layout=FITTING,
        )  # fmt: skip
        self.alternative.observe(
            lambda change: self._wish(lambda: stepper.choose(change["new"] or None), rebuild=True), "value"
        )
        firm, own = focus(stepper.scenario), self._own_kind()
        self.kind = widgets.Dropdown(
            options=sorted({*kinds(), own}), value=own, description=f"{firm} plays", layout=FITTING,
            style={"description_width": "initial"}, tooltip="Its strategy, with default settings",
        )  # fmt: skip
        self.kind.observe(lambda change: self._wish(lambda: stepper.play(change["new"]), rebuild=True), "value")
        self.colour = widgets.Dropdown(
            options=list(scene.COLOURS), description="colour by", style={"description_width": "initial"},
            layout=FITTING,
        )  # fmt: skip
        self.colour.observe(lambda _: self.show(), "value")
        menus = [self.alternative] if names else []
        return widgets.HBox([*menus, self.kind, self.colour], layout={"flex_flow": "row wrap", "grid_gap": "18px"})

    def _own_kind(self) -> str:
        scenario = self.stepper.scenario
        return next(one.strategy.kind for one in scenario.firms if one.name == focus(scenario))

    def _dials(self) -> widgets.Widget:
        self.dials = widgets.VBox()
        self.notes: dict[str, tuple[widgets.HTML, Control]] = {}
        self.restore = self._button("File's values", self.stepper.undo, "Take every change back", rebuild=True)
        self._make_dials()
        return self.dials

    def _make_dials(self) -> None:
        rows = []
        self.notes = {}
        for control in self.stepper.controls():
            widget, note = _widget(control), widgets.HTML()
            widget.add_class(f"sim-dial-{control.path.split('.')[-1]}")
            widget.observe(lambda change, path=control.path: self._turn(path, change), "value")
            self.notes[control.path] = note, control
            rows.append(widgets.HBox([widget, note]))
        self.dials.children = [*rows, self.restore]

    def _comparison(self) -> list[widgets.Widget]:
        seeds = widgets.BoundedIntText(5, 2, 200, description="seeds", layout={"width": "150px"})
        area = widgets.VBox()
        area.add_class("sim-comparison")

        def compare() -> None:
            from sim.charts import comparison_picture
            from sim.experiments.compare import compare as experiment

            comparison = experiment(self._compared(), seeds.value, workers=1)
            area.children = [image(comparison_picture(comparison))]

        return [widgets.HBox([self._button("Compare", compare, "All alternatives over paired seeds"), seeds]), area]

    def _compared(self) -> Any:
        """The scenario with its alternatives and all changes; its picture says what was changed."""
        base, changes = self.stepper.base, self.stepper.changes
        if not changes:
            return base
        told = ", ".join(f"{path} {_said(now)}" for path, now in changes.items())
        return base.with_changes(changes | {"claim": "", "claim_text": f"{base.title}, changed: {told}"})

    # --------------------------------------------------------------------------------------------------- wishes

    def _message(self, _: Any, message: dict[str, Any], __: Any) -> None:
        if message.get("kind") == "tick":
            self._wish(self.stepper.step)
            if self.stepper.round >= self.stepper.rounds:
                self.playing.value = False
        elif message.get("kind") == "customer":
            before, self.opened = self.opened, None
            try:
                self._wish(lambda: self.open(int(message["index"])))
            finally:
                answer = {"kind": "answered", "opened": self.opened is not None}
                self.opened = self.opened or before
                self.canvas.send(answer)

    def _play(self, change: dict[str, Any]) -> None:
        self.playing.description = "Pause" if change["new"] else "Play"
        if change["new"] and self.stepper.round >= self.stepper.rounds:
            self._wish(self._reset)
        self.canvas.playing = change["new"]

    def _turn(self, path: str, change: dict[str, Any]) -> None:
        with self._reverting(change):
            self._wish(lambda: self.stepper.set(path, change["new"]))

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
        played = self.stepper.scenario
        try:
            act()
            self.status.value = ""
        except FORESEEN as error:
            self._say(str(error))
        except Exception as error:  # a kernel writes it to its log only, where no reader looks
            self._say(f"{type(error).__name__}: {error} (not foreseen; the kernel's log says where)")
            raise
        finally:
            if self.stepper.scenario is not played:
                self.close()  # it is the life of another world
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
        self.kind.options = sorted({*kinds(), self._own_kind()})
        self.kind.value = self._own_kind()
        self.alternative.value = self.stepper.alternative or ""
        self._busy = False
        self.show()

    # ----------------------------------------------------------------------------------------------------- a life

    def open(self, customer: int) -> None:
        """The life of a customer up to now, below everything else. Raises StoryError where it has none yet."""
        life = self.opened = self.stepper.life(customer)
        text = html.escape(life.text((1, len(life.chapters))), quote=False)
        self.life.children = [
            widgets.HBox([
                widgets.HTML(),
                self._button("Up to now", lambda: self.open(customer), "Tell it up to the present round"),
                self._button("Close", self.close, "Close this life"),
            ]),
            image(life.picture()),
            widgets.VBox([widgets.HTML(f"<pre>{text}</pre>")], layout=SCROLLED),
        ]  # fmt: skip
        self.canvas.chosen = customer

    def close(self) -> None:
        """Show no life."""
        self.opened, self.life.children, self.canvas.chosen = None, (), NOBODY

    def _date(self) -> None:
        """Say up to which round the life that is shown goes."""
        if self.opened is None or not self.life.children:
            return
        told, now, length = len(self.opened.chapters), self.stepper.round, self.stepper.scenario.market.round_length
        later = "" if told == now else f" (the market is now in {html.escape(length)} {now})"
        heading, refresh, _ = self.life.children[0].children
        heading.value = f"<b>Customer {self.opened.customer}, up to {html.escape(length)} {told}</b>{later}"
        refresh.disabled = told == now

    # ------------------------------------------------------------------------------------------------- pictures

    def _stage(self) -> None:
        self.canvas.scene = scene.places(self.stepper.timeline.simulation)

    def show(self) -> None:
        """Bring everything shown up to date."""
        stepper, simulation = self.stepper, self.stepper.timeline.simulation
        busy, self._busy = self._busy, True
        self.slider.max = stepper.rounds
        self.slider.value = stepper.round
        self._busy = busy
        self.table.value = _table(stepper)
        self._mark()
        self._date()
        self.canvas.series = scene.series(simulation)
        self.canvas.ghost = stepper.ghost
        self.canvas.frame = scene.moment(simulation, stepper.before, stepper.spread, self.colour.value)

    def _mark(self) -> None:
        """Unit and meaning beside each control, and where it is not as in the file."""
        differing = self.stepper.differing()
        for path, (note, control) in self.notes.items():
            plain = control.unit in ("1", "yes/no", "on/off")
            meaning = control.meaning if plain else f"{control.unit}: {control.meaning}"
            words = f"<span style='color:#5f6368'>{html.escape(meaning)}</span>"
            if path in differing:
                words = f"<b style='color:#b00020'>changed</b> (file: {_said(differing[path][0])}) {words}"
            note.value = words
        self.restore.disabled = not differing


def _widget(control: Control) -> widgets.Widget:
    """The slider, menu or check box of a control."""
    about = {"description": control.label, "style": WIDE, "tooltip": control.meaning, "value": control.value}
    if isinstance(control, Menu):
        return widgets.Dropdown(options=control.options, layout={"flex": "0 0 450px", "width": "450px"}, **about)
    if not isinstance(control, Dial):
        return widgets.Checkbox(indent=True, layout={"flex": "0 0 450px"}, **about)
    kind = widgets.IntSlider if control.whole else widgets.FloatSlider
    places = {} if control.whole else {"readout_format": f".{digits(control.step)}f"}
    return kind(
        min=control.low, max=control.high, step=control.step, continuous_update=False, layout={"flex": "0 0 450px"},
        **places, **about,
    )  # fmt: skip


def _table(stepper: Walk) -> str:
    """The table of the market, with units."""
    rows = stepper.table().rename(columns=HEADS)
    return rows.to_html(
        border=0, na_rep="", classes="sim-market", formatters=dict.fromkeys(WHOLE, "{:,.0f}".format),
        float_format="{:,.2f}".format,
    )  # fmt: skip


def _said(value: Any) -> str:
    """A value as it stands in the file; of a strategy its kind."""
    if isinstance(value, dict):
        return str(value.get("kind", "a table"))
    if isinstance(value, bool):
        return str(value).lower()
    return "not there" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def image(figure: Picture) -> widgets.Image:
    """A picture as a widget."""
    return widgets.Image(value=figure.png(), format="png", layout={"max_width": "980px"})
