"""See `Recovery`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class Recovery(Strategy):
    """Makes it easy to complain, and puts right more than went wrong.

    Source: complaint management as defence (Fornell & Wernerfelt 1987, Journal of Marketing Research 24); service
    recovery (Hart, Heskett & Sasser 1990, "The profitable art of service recovery", Harvard Business Review; Tax, Brown
    & Chandrashekaran 1998, Journal of Marketing 62).
    """

    kind: Literal["recovery"] = "recovery"
    posture: ClassVar[Posture] = "relational"

    price: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="the price, the same for all")
    listening: float = parameter(1.0, ge=0, le=1, unit="share", description="how far channels are two-way")
    care: float = parameter(1.2, ge=0, le=2, unit="share", description="of a voiced failure's loss made good")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price, listening=self.listening, care=self.care, memory=True)
