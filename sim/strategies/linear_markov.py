"""See `LinearMarkov`."""

from typing import ClassVar, Literal

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy


class LinearMarkov(Strategy):
    """Harvests customers who are slow to switch: the more of last round's customers were its own, the dearer.

    Price = base + slope · s, where s is the firm's lead: its share x of last round's purchases above an equal share 1/n
    of n firms, in units in which a monopolist has 1, (x − 1/n)/(1 − 1/n). With two firms s is the own less the other's
    share. What a firm can count are its own sales; its share is taken to be sales per customer of the market, which is
    exact where everybody buys. In the first round, and while it is alone in the market, it asks the base.

    Source: linear Markov strategies of the switching-cost duopoly (Beggs & Klemperer 1992, "Multi-period competition
    with switching costs", Econometrica 60; Klemperer 1995, Review of Economic Studies 62).
    """

    kind: Literal["linear_markov"] = "linear_markov"
    posture: ClassVar[Posture] = "transactional"

    base: float = parameter(6.0, ge=0, le=1e6, unit="euro", symbol="P", description="price at equal shares")
    slope: float = parameter(
        0.5, ge=-1e6, le=1e6, unit="euro", symbol="e", description="added to the price by a lead of 1, all customers"
    )

    def decide(self, view: FirmView) -> Levers:
        sold, firms = view.account("purchases"), 1 + len(view.rivals)
        if not sold.size or firms == 1:
            return Levers(price=self.base)
        lead = (sold[-1] / view.customers - 1.0 / firms) / (1.0 - 1.0 / firms)
        return Levers(price=max(0.0, self.base + self.slope * float(lead)))
