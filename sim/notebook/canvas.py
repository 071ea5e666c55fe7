"""The live picture as a widget: the kernel sends numbers, canvas.js draws them. Needs anywidget."""

from pathlib import Path

import anywidget
import traitlets

STYLE = ".sim-canvas { display: flex; flex-wrap: wrap; gap: 12px; background: white; }"


class Canvas(anywidget.AnyWidget):
    """Network and charts; sends {"kind": "tick"} while playing and {"kind": "customer", "index": i} when clicked."""

    _esm = (Path(__file__).parent / "canvas.js").read_text(encoding="utf-8")
    _css = STYLE
    scene = traitlets.Dict().tag(sync=True)  # scene.places
    series = traitlets.Dict().tag(sync=True)  # scene.series
    ghost = traitlets.Dict().tag(sync=True)  # those of the run before
    frame = traitlets.Dict().tag(sync=True)  # scene.moment; sent last, it is what makes the picture change
    playing = traitlets.Bool(False).tag(sync=True)
    speed = traitlets.Float(4.0).tag(sync=True)  # rounds per second
