"""`Stepper`: a market to step through, go back in, change and ask, in a notebook, a page or plain Python."""

from __future__ import annotations

from typing import Any

from sim.notebook.walk import Walk


class Stepper(Walk):
    """A market at some round. Shown as the last line of a cell it is a panel of buttons, sliders and live pictures.

    scenario     what is played, or its name or file; `alternative`: one of its alternatives; seed: default its own
    controls     dotted paths of what gets a slider, menu or check box; default: what the scenario varies, and what
                 usually matters
    compare      with a button that compares the alternatives over several seeds

    Without ipywidgets and anywidget it is shown as text and a picture, and everything below works as well:

        stepper.step(5); stepper.back(2); stepper.go(30); stepper.set("market.turbulence", 0.3); stepper.life(17)

    A change plays the market anew with the same luck up to the present round; the run before stays as a ghost.
    """

    def panel(self) -> Any:
        """The widgets. Raises ImportError where ipywidgets or anywidget is missing."""
        from sim.notebook.panel import Panel

        return Panel(self).box

    def _ipython_display_(self) -> None:
        """The panel, with a table for where a saved notebook is read without a kernel."""
        from IPython.display import display

        try:
            shown = self.panel()._repr_mimebundle_()
        except ImportError as error:
            print(f"{self!r}\n\n(For buttons and sliders: pip install 'buyer-seller-sim[notebook]'; {error})")
            display(self.picture())
            return
        display(shown | {"text/plain": repr(self)}, raw=True)
