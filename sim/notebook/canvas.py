"""The live picture as a widget: the kernel sends numbers, canvas.js draws them. Needs anywidget."""

from pathlib import Path

import anywidget
import traitlets

HERE = Path(__file__).parent
NOBODY = -1  # no customer's life is open


class Canvas(anywidget.AnyWidget):
    """Network, charts and legend.

    Sends {"kind": "tick"} while playing and {"kind": "customer", "index": i} when clicked, and waits for
    {"kind": "answered", "opened": bool} after that.
    """

    _esm = (HERE / "canvas.js").read_text(encoding="utf-8")
    _css = (HERE / "canvas.css").read_text(encoding="utf-8")
    scene = traitlets.Dict().tag(sync=True)  # scene.places
    series = traitlets.Dict().tag(sync=True)  # scene.series
    ghost = traitlets.Dict().tag(sync=True)  # those of the run before
    chosen = traitlets.Int(NOBODY).tag(sync=True)  # the customer whose life is open
    frame = traitlets.Dict().tag(sync=True)  # scene.moment; sent last, it is what makes the picture change
    playing = traitlets.Bool(False).tag(sync=True)
    speed = traitlets.Float(4.0).tag(sync=True)  # rounds per second
