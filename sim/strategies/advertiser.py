"""See `Advertiser`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class Advertiser(Strategy):
    """Mass communication: a standard product at a posted price, made known to strangers by steady advertising.

    Source: advertising as the external influence on adoption (Bass 1969, "A new product growth model for consumer
    durables", Management Science 15).
    """

    kind: Literal["advertiser"] = "advertiser"
    posture: ClassVar[Posture] = "transactional"

    price: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="the price, for everybody")
    advertising: float = parameter(
        0.03,
        ge=0,
        le=1,
        unit="probability per round",
        symbol="a",
        description="chance that a stranger hears of the firm",
    )

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price, advertising=self.advertising)
