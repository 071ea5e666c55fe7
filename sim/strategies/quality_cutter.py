"""See `QualityCutter`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class QualityCutter(Strategy):
    """Lives off its good name: good quality until a day comes, then cheaper stuff at the same price.

    What is saved depends on the firm's `quality_cost`. Whether it pays depends on how soon customers notice, and on
    what their further custom is worth.

    Source: cheating on quality in Klein & Leffler (1981, "The role of market forces in assuring contractual
    performance", Journal of Political Economy 89) and Shapiro (1983, "Premiums for high quality products as returns to
    reputations", Quarterly Journal of Economics 98).
    """

    kind: Literal["quality_cutter"] = "quality_cutter"
    posture: ClassVar[Posture] = "transactional"

    price: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="the price, before and after")
    quality: float = parameter(1.0, ge=0, le=10, unit="factor", description="of the firm's quality, until the cut")
    cut_to: float = parameter(0.6, ge=0, le=10, unit="factor", description="of the firm's quality, from the cut on")
    cut_round: int = parameter(25, ge=1, le=32_000, unit="round", description="the first round of lower quality")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price, quality=self.quality if view.round < self.cut_round else self.cut_to)
