"""What a notebook shows of a life, a fork or two worlds: the words, then the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.figure import Picture


class Shown:
    """Told by `str`; as the last line of a cell told and drawn, in any kernel."""

    def text(self) -> str:
        """The words."""
        raise NotImplementedError

    def picture(self) -> Picture:
        """The picture."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _ipython_display_(self) -> None:
        from IPython.display import display

        print(self)
        display(self.picture())
