"""See `GraceThenFee`."""

from typing import ClassVar, Literal

import numpy as np

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class GraceThenFee(Strategy):
    """Free of charge for the first rounds of a customer's tenure, then a fee on every purchase.

    Tenure counts from the round of the first purchase, which is the first free one; strangers are not charged.
    Source: from free to fee in Pauwels & Weiss (2008, "Moving from free to fee", Journal of Marketing 72); contracts
    that begin cheap because customers underestimate what follows in DellaVigna & Malmendier (2004, "Contract design and
    self-control", Quarterly Journal of Economics 119).
    """

    kind: Literal["grace_then_fee"] = "grace_then_fee"
    posture: ClassVar[Posture] = "transactional"

    price: float = parameter(5.5, ge=0, le=1e6, unit="euro", description="the price, the same for all")
    free_rounds: int = parameter(3, ge=1, le=32_000, unit="rounds", description="of tenure without the fee")
    fee: float = parameter(1.5, ge=0, le=1e6, unit="euro", description="surcharge from then on")
    transparency: float = parameter(0.0, ge=0, le=1, unit="share", description="of the fee told beforehand")

    def decide(self, view: FirmView) -> Levers:
        charged = view.tenure >= self.free_rounds  # strangers have tenure 0
        return Levers(
            price=self.price, surcharge=np.where(charged, self.fee, 0.0), transparency=self.transparency, memory=True
        )
