"""What stands on a figure: its words and where they are, for tests that do not depend on pixels."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

TOLERATED = 6  # pixels by which boxes of text may overlap: they are larger than the letters


def figure_of(drawn: Axes | Figure) -> Figure:
    """The whole figure."""
    return drawn.figure if isinstance(drawn, Axes) else drawn


def words(figure: Figure) -> list[str]:
    """Every text."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text that is drawn, with the box it takes (pixels)."""
    renderer = FigureCanvasAgg(figure).get_renderer()  # a page of a PDF has no canvas of its own
    figure.draw_without_rendering()
    found = []
    for axes in [inner for outer in figure.axes for inner in (outer, *outer.child_axes)]:
        inside = {text for child in axes.child_axes for text in child.findobj(Text)}
        across, upwards = axes.get_xticklabels(), axes.get_yticklabels()
        for text in axes.findobj(Text):
            if text in across or text in upwards:  # ticks outside the limits exist but are not drawn
                x, y = text.get_position()
                low, high = sorted(axes.get_xlim() if text in across else axes.get_ylim())
                if not low <= (x if text in across else y) <= high or not axes.axison:
                    continue
            if text not in inside and text.get_text() and text.get_visible():
                found.append((text.get_text(), text.get_window_extent(renderer)))
    found += [(text.get_text(), text.get_window_extent(renderer)) for text in figure.texts]
    return found


def check_readable(figure: Figure, smallest: float) -> None:
    """No text is cut off, overlaps another, or is smaller than so many points."""
    width, height = figure.get_size_inches() * figure.dpi
    found = boxes(figure)
    for text, box in found:
        assert box.x0 >= 0, f"{text!r} is cut off at the left"
        assert box.y0 >= 0, f"{text!r} is cut off below"
        assert box.x1 <= width, f"{text!r} is cut off at the right"
        assert box.y1 <= height, f"{text!r} is cut off above"
    for k, (text, box) in enumerate(found):
        for other, second in found[k + 1 :]:
            wide = min(box.x1, second.x1) - max(box.x0, second.x0)
            tall = min(box.y1, second.y1) - max(box.y0, second.y0)
            assert min(wide, tall) <= TOLERATED, f"{text!r} overlaps {other!r}"
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= smallest
