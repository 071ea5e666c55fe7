"""See `CrmBlaster`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class CrmBlaster(Strategy):
    """The vocabulary of relationships: a database, many one-way contacts, nobody listening.

    Source: Fournier, Dobscha & Mick (1998, "Preventing the premature death of relationship marketing", Harvard Business
    Review).
    """

    kind: Literal["crm_blaster"] = "crm_blaster"
    posture: ClassVar[Posture] = "pseudo-relational"

    price: float = parameter(6.5, ge=0, le=1e6, unit="euro", description="the price, the same for all")
    contacts: float = parameter(2.0, ge=0, le=30, unit="contacts/round", description="to each identified customer")
    personalisation: float = parameter(0.1, ge=0, le=1, unit="share", description="first-name tailoring")
    opt_out_fee: float = parameter(0.0, ge=0, le=1e6, unit="euro", description="asked for being left alone")

    def decide(self, view: FirmView) -> Levers:
        return Levers(
            price=self.price,
            contacts=self.contacts,
            personalisation=self.personalisation,
            opt_out_fee=self.opt_out_fee,
            memory=True,
        )
