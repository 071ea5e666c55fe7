"""See `OutcomePartner`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class OutcomePartner(Strategy):
    """Sells the hole, not the drill: is paid a share of the value in use, and so bears the risk of failure.

    As its income is the customer's success it knows its customers, tailors and listens. `quote` is for those who
    compare list prices; nobody pays it.
    Source: performance-based contracts (Kim, Cohen & Netessine 2007, "Performance contracting in after-sales service
    supply chains", Management Science 53; Ng, Maull & Yip 2009, European Management Journal 27).
    """

    kind: Literal["outcome_partner"] = "outcome_partner"
    posture: ClassVar[Posture] = "relational"

    outcome_share: float = parameter(0.8, gt=0, le=1, unit="share", symbol="θ", description="of the value in use paid")
    quote: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="public estimate of what that comes to")
    personalisation: float = parameter(
        0.8, ge=0, le=1, unit="share", description="how far the offer follows the belief"
    )
    listening: float = parameter(0.8, ge=0, le=1, unit="share", description="how far channels are two-way")
    care: float = parameter(0.5, ge=0, le=2, unit="share", description="of a voiced failure's loss made good")

    def decide(self, view: FirmView) -> Levers:
        return Levers(
            price=self.quote,
            outcome_share=self.outcome_share,
            personalisation=self.personalisation,
            listening=self.listening,
            care=self.care,
            memory=True,
        )
