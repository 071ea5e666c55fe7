"""See `FeeExtractor`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class FeeExtractor(Strategy):
    """A low list price, and surcharges that show up after the commitment.

    Source: shrouded add-ons (Gabaix & Laibson 2006, Quarterly Journal of Economics 121); drip pricing (Ellison 2005,
    QJE 120).
    """

    kind: Literal["fee_extractor"] = "fee_extractor"
    posture: ClassVar[Posture] = "transactional"

    price: float = parameter(4.5, ge=0, le=1e6, unit="euro", description="list price")
    surcharge: float = parameter(2.0, ge=0, le=1e6, unit="euro", description="added after the commitment")
    transparency: float = parameter(0.0, ge=0, le=1, unit="share", description="of the surcharge told beforehand")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price, surcharge=self.surcharge, transparency=self.transparency)
