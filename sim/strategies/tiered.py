"""See `Tiered`."""

from typing import ClassVar, Literal

import numpy as np

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class Tiered(Strategy):
    """A relationship for the customers with the highest margins so far, a plain transaction for the rest.

    The best are at most the share `top` of the known customers. Customers with the same margin are treated alike: if
    they do not all fit among the best, none of them does.
    Source: the customer pyramid (Zeithaml, Rust & Lemon 2001, "The customer pyramid", California Management Review 43).
    """

    kind: Literal["tiered"] = "tiered"
    posture: ClassVar[Posture] = "mixed"

    top: float = parameter(0.2, ge=0, le=1, unit="share", description="of known customers treated as the best")
    price: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="for everybody but the best")
    best_price: float = parameter(7.0, ge=0, le=1e6, unit="euro", description="for the best, with service")
    personalisation: float = parameter(
        0.8, ge=0, le=1, unit="share", description="how far the offer to the best follows the belief"
    )
    contacts: float = parameter(0.25, ge=0, le=30, unit="contacts/round", description="to each of the best")
    care: float = parameter(
        0.8, ge=0, le=2, unit="share", description="of a voiced failure's loss, made good to the best"
    )
    listening: float = parameter(0.5, ge=0, le=1, unit="share", description="how far channels are two-way, for all")

    def decide(self, view: FirmView) -> Levers:
        best = self.best(view)
        return Levers(
            price=np.where(best, self.best_price, self.price),
            list_price=self.price,
            personalisation=np.where(best, self.personalisation, 0.0),
            contacts=np.where(best, self.contacts, 0.0),
            care=np.where(best, self.care, 0.0),
            listening=self.listening,
            memory=True,
        )

    def best(self, view: FirmView) -> np.ndarray:
        """(C,) bool: known customers with a margin above that of all but the first `top`·n of the n known ones."""
        known, margin = view.identified, view.margin
        of_known = margin[known]
        places = int(self.top * of_known.size)
        if places == of_known.size:
            return known
        first_without = of_known.size - 1 - places
        return known & (margin > np.partition(of_known, first_without)[first_without])
