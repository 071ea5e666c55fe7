"""See `EverydayLowPrice`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class EverydayLowPrice(Strategy):
    """Efficiency and control: one low price for everybody, always, and nothing else.

    Source: cost leadership (Porter 1980, Competitive Strategy); everyday low pricing against promotion in Hoch, Drèze &
    Purk (1994, "EDLP, hi-lo, and margin arithmetic", Journal of Marketing 58).
    """

    kind: Literal["everyday_low_price"] = "everyday_low_price"
    posture: ClassVar[Posture] = "transactional"

    price: float = parameter(5.0, ge=0, le=1e6, unit="euro", description="the price, every day")
    assortment: float = parameter(1.0, ge=1, le=1e4, unit="variants", description="size of the range")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price, assortment=self.assortment)
