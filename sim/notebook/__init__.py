"""Step through a market in a notebook or on a page. Widgets are imported only when they are shown."""

from sim.notebook.controls import ControlError
from sim.notebook.stepper import Stepper

__all__ = ["ControlError", "Stepper"]
