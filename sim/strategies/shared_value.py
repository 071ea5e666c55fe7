"""See `SharedValue`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class SharedValue(Strategy):
    """An open, fair price: says what everything costs, remembers its customers and passes part of the margin back.

    `fair_margin` is the mark-up on own cost that would be taken alone; the share `given_back` of it goes to customers.
    Source: Porter & Kramer (2011, "Creating shared value", Harvard Business Review); dual entitlement (Kahneman,
    Knetsch & Thaler 1986, American Economic Review 76).
    """

    kind: Literal["shared_value"] = "shared_value"
    posture: ClassVar[Posture] = "relational"

    fair_margin: float = parameter(3.5, ge=0, le=1e6, unit="euro", description="margin on unit cost before sharing")
    given_back: float = parameter(0.3, ge=0, le=1, unit="share", description="of that margin given to the customer")
    personalisation: float = parameter(
        0.5, ge=0, le=1, unit="share", description="how far the offer follows the belief"
    )
    listening: float = parameter(0.6, ge=0, le=1, unit="share", description="how far channels are two-way")
    care: float = parameter(0.8, ge=0, le=2, unit="share", description="of a voiced failure's loss made good")

    def decide(self, view: FirmView) -> Levers:
        return Levers(
            price=view.unit_cost + self.fair_margin * (1.0 - self.given_back),
            personalisation=self.personalisation,
            listening=self.listening,
            care=self.care,
            transparency=1.0,
            memory=True,
        )
