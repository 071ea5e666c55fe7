"""See `LearningRelationship`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class LearningRelationship(Strategy):
    """Remembers each customer, asks, listens and tailors: one to one.

    Source: the learning relationship of Peppers & Rogers (1993, The One to One Future) and Pine, Peppers & Rogers
    (1995, "Do you want to keep your customers forever?", Harvard Business Review).
    """

    kind: Literal["learning_relationship"] = "learning_relationship"
    posture: ClassVar[Posture] = "relational"

    price: float = parameter(7.5, ge=0, le=1e6, unit="euro", description="the price, the same for all")
    personalisation: float = parameter(
        0.8, ge=0, le=1, unit="share", description="how far the offer follows the belief"
    )
    contacts: float = parameter(0.25, ge=0, le=30, unit="contacts/round", description="to each identified customer")
    listening: float = parameter(0.8, ge=0, le=1, unit="share", description="how far channels are two-way")
    pooling: float = parameter(0.0, ge=0, le=1, unit="share", description="of the average customer in each belief")
    care: float = parameter(0.5, ge=0, le=2, unit="share", description="of a voiced failure's loss made good")
    assortment: float = parameter(1.0, ge=1, le=1e4, unit="variants", description="size of the range shown")

    def decide(self, view: FirmView) -> Levers:
        return Levers(
            price=self.price,
            personalisation=self.personalisation,
            contacts=self.contacts,
            listening=self.listening,
            care=self.care,
            pooling=self.pooling,
            assortment=self.assortment,
            memory=True,
        )
