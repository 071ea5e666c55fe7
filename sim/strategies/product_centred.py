"""See `ProductCentred`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class ProductCentred(Strategy):
    """A standard product at cost plus a mark-up; customers are not remembered.

    Source: cost-plus pricing as Hall & Hitch (1939, Oxford Economic Papers 2) found it among firms; the product
    concept of Levitt (1960, "Marketing myopia", Harvard Business Review).
    """

    kind: Literal["product_centred"] = "product_centred"
    posture: ClassVar[Posture] = "transactional"

    markup: float = parameter(0.5, ge=0, le=10, unit="share of unit cost", description="mark-up on unit cost")
    assortment: float = parameter(1.0, ge=1, le=1e4, unit="variants", description="size of the range")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=view.unit_cost * (1.0 + self.markup), assortment=self.assortment)
