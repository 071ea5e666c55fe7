"""See `LockIn`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class LockIn(Strategy):
    """A contract that costs a fee to leave.

    Source: penalties for leaving that keep customers from a better entrant (Aghion & Bolton 1987, "Contracts as a
    barrier to entry", American Economic Review 77); contractual switching costs in Klemperer (1987, Quarterly Journal
    of Economics 102).
    """

    kind: Literal["lock_in"] = "lock_in"
    posture: ClassVar[Posture] = "transactional"

    price: float = parameter(5.5, ge=0, le=1e6, unit="euro", description="the price, the same for all")
    exit_fee: float = parameter(3.0, ge=0, le=1e6, unit="euro", description="for going to another supplier")

    def decide(self, view: FirmView) -> Levers:
        return Levers(price=self.price, exit_fee=self.exit_fee)
