"""See `Milker`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class Milker(Strategy):
    """Relational until enough customers are on its books, then dear, with hidden fees, and deaf.

    It counts the customers it has identified, not how attached they are. Should the base shrink below `base` again, by
    turnover, it goes back to building it.
    Source: investing in market share and harvesting it (Klemperer 1995, "Competition when consumers have switching
    costs", Review of Economic Studies 62); milking a reputation (Shapiro 1983, Quarterly Journal of Economics 98).
    """

    kind: Literal["milker"] = "milker"
    posture: ClassVar[Posture] = "mixed"

    base: float = parameter(
        0.8, ge=0, le=1, unit="share", description="of the market's customers identified, from which on it extracts"
    )
    price: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="while it builds the base")
    personalisation: float = parameter(0.6, ge=0, le=1, unit="share", description="while it builds the base")
    contacts: float = parameter(0.25, ge=0, le=30, unit="contacts/round", description="while it builds the base")
    listening: float = parameter(0.6, ge=0, le=1, unit="share", description="while it builds the base")
    care: float = parameter(0.5, ge=0, le=2, unit="share", description="of a voiced failure's loss, until then")
    milking_price: float = parameter(6.5, ge=0, le=1e6, unit="euro", description="when it extracts")
    surcharge: float = parameter(1.5, ge=0, le=1e6, unit="euro", description="hidden, when it extracts")

    def decide(self, view: FirmView) -> Levers:
        known = view.account("identified")
        if known.size and known[-1] >= self.base * view.customers:
            return Levers(price=self.milking_price, surcharge=self.surcharge, memory=True)
        return Levers(
            price=self.price,
            personalisation=self.personalisation,
            contacts=self.contacts,
            listening=self.listening,
            care=self.care,
            memory=True,
        )
