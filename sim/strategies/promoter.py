"""See `Promoter`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class Promoter(Strategy):
    """A high list price, cut deeply every few rounds.

    The first round of each period is the promotion. Source: high-low pricing (Hoch, Drèze & Purk 1994, "EDLP, hi-lo,
    and margin arithmetic", Journal of Marketing 58); why sales exist, Varian (1980, "A model of sales", American
    Economic Review 70), who has them at random where this firm keeps a calendar.
    """

    kind: Literal["promoter"] = "promoter"
    posture: ClassVar[Posture] = "transactional"

    price: float = parameter(6.5, ge=0, le=1e6, unit="euro", description="list price between promotions")
    depth: float = parameter(0.3, ge=0, le=1, unit="share of price", description="discount in a promotion")
    period: int = parameter(4, ge=1, le=32_000, unit="rounds", description="from one promotion to the next")

    def decide(self, view: FirmView) -> Levers:
        promotion = (view.round - 1) % self.period == 0
        return Levers(price=self.price * (1.0 - self.depth) if promotion else self.price)
