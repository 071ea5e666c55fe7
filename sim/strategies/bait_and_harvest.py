"""See `BaitAndHarvest`."""

from typing import ClassVar, Literal

import numpy as np

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class BaitAndHarvest(Strategy):
    """A bargain until a customer has got used to the firm, a rip-off from then on.

    What the customer would leave behind cannot be seen; the firm takes the number of purchases for it. Whoever stays
    away is baited again.
    Source: bargains then rip-offs under switching costs (Klemperer 1987, "Markets with consumer switching costs",
    Quarterly Journal of Economics 102; Farrell & Klemperer 2007, Handbook of Industrial Organization 3).
    """

    kind: Literal["bait_and_harvest"] = "bait_and_harvest"
    posture: ClassVar[Posture] = "transactional"

    bait: float = parameter(4.5, ge=0, le=1e6, unit="euro", description="price for strangers and new customers")
    harvest: float = parameter(7.0, ge=0, le=1e6, unit="euro", description="price for those who are used to the firm")
    purchases: int = parameter(4, ge=1, le=32_000, unit="purchases", description="after which a customer is harvested")
    patience: int = parameter(
        6, ge=1, le=32_000, unit="rounds", description="without a purchase, after which a customer is baited again"
    )

    def decide(self, view: FirmView) -> Levers:
        hooked = (view.frequency >= self.purchases) & (view.recency <= self.patience)  # strangers have frequency 0
        return Levers(price=np.where(hooked, self.harvest, self.bait), list_price=self.bait, memory=True)
