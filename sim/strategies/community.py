"""See `Community`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class Community(Strategy):
    """Useful content for all and an open ear, but nobody is addressed by name: many to one.

    Source: brand communities (Muniz & O'Guinn 2001, Journal of Consumer Research 27; McAlexander, Schouten & Koenig
    2002, "Building brand community", Journal of Marketing 66).
    """

    kind: Literal["community"] = "community"
    posture: ClassVar[Posture] = "relational"

    price: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="the price, the same for all")
    content: float = parameter(0.5, ge=0, le=1, unit="share", description="useful content for all who know the firm")
    listening: float = parameter(0.5, ge=0, le=1, unit="share", description="how far channels are two-way")
    care: float = parameter(0.5, ge=0, le=2, unit="share", description="of a voiced failure's loss made good")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price, content=self.content, listening=self.listening, care=self.care)
