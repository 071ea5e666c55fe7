"""See `BestResponse`."""

import math
from typing import ClassVar, Literal

import numpy as np

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy

COSTS_OF_A_SALE = ("production", "personalisation", "compensation")
HIGHEST_PRICE = 1e6  # euro; where demand does not react to price at all, it would rise for ever


class BestResponse(Strategy):
    """Tests small price changes, learns from its sales how demand reacts, and moves to the price of the highest profit.

    It is myopic: it looks at the profit of the round. A price p is best where margin m = p − c satisfies b·m = 1, with
    b = −d ln(sales)/dp; so after every cycle of tests ln m ← ln m + gain·(1 − b·m), by at most `largest_step`, and the
    gain falls with the number of cycles (Robbins & Monro 1951) down to a floor that lets it follow a changing market.

    In a cycle of N rounds the price is half of the time above and half of the time below its centre, by `test_size`.
    So that rivals who test at the same time do not disturb each other, firms alternate in orthogonal (Walsh) patterns
    by the alphabetical rank of their names, and turn their pattern around at random from cycle to cycle, so that no
    rhythm of a rival can be taken for an effect of the own price. c is the cost per sale found in the books. It opens
    at the average of the list prices it sees, or at `opening_markup` on cost if there are none above cost.

    Source: price tests by simultaneous perturbation (Kiefer & Wolfowitz 1952, Annals of Mathematical Statistics 23;
    Spall 1992, IEEE Transactions on Automatic Control 37); its rest points are those of Bertrand competition
    (Anderson, de Palma & Thisse 1992, Discrete Choice Theory of Product Differentiation).
    """

    kind: Literal["best_response"] = "best_response"
    posture: ClassVar[Posture] = "transactional"

    opening_markup: float = parameter(0.5, gt=0, le=100, unit="share of unit cost", description="first mark-up on cost")
    test_size: float = parameter(0.05, gt=0, le=0.5, unit="share of price", description="how far tests depart from it")
    gain: float = parameter(0.5, gt=0, le=1, unit="1", description="of the first step")
    least_gain: float = parameter(0.05, gt=0, le=1, unit="1", description="of all later steps")
    largest_step: float = parameter(0.3, gt=0, le=1, unit="share of margin", description="in one cycle")

    def decide(self, view: FirmView) -> Levers:
        rivals, asked = view.rivals, view.account("price")
        rank = 1 + sum(rival.name < view.firm["name"] for rival in rivals)
        length = 1 << (1 + len(rivals)).bit_length()  # N, the least power of two with a pattern for every firm
        if not asked.size or np.isnan(asked[-1]):  # not in the market last round
            centre = self._opening(view)
        else:
            centre = float(asked[-1]) / (1.0 + self.test_size * _side(rank, view.round - 1, length))
            if view.round % length == 1 and asked.size >= length and not np.isnan(asked[-length:]).any():
                centre = self._improved(view, centre, length)
        return Levers(price=centre * (1.0 + self.test_size * _side(rank, view.round, length)))

    def _opening(self, view: FirmView) -> float:
        seen = [rival.list_price for rival in view.rivals if rival.list_price > view.unit_cost]
        return float(np.mean(seen)) if seen else view.unit_cost * (1.0 + self.opening_markup) or 1.0

    def _improved(self, view: FirmView, centre: float, length: int) -> float:
        """The centre of the next cycle, from what was asked and sold in the last one."""
        prices, sales = view.account("price")[-length:], view.account("purchases")[-length:]
        costs = sum(view.account(name)[-length:].sum() for name in COSTS_OF_A_SALE)
        cost = float(costs / sales.sum()) if sales.any() else view.unit_cost
        dear = prices > centre
        if dear.all() or not dear.any():  # firms came or went, and with them the pattern
            return centre
        logs = np.log(sales + 0.5)  # a half: to sell nothing does not prove b infinite
        reaction = (logs[~dear].mean() - logs[dear].mean()) / (prices[dear].mean() - prices[~dear].mean())
        margin = max(centre - cost, 0.01 * centre)
        gain = max(self.least_gain, self.gain * (view.round // length) ** -0.6)
        step = gain * (1.0 - reaction * margin) if sales.any() else -self.largest_step
        moved = cost + margin * math.exp(min(self.largest_step, max(-self.largest_step, step)))
        return min(moved, HIGHEST_PRICE)


def _side(rank: int, round: int, length: int) -> int:
    """+1 or −1: whether a firm of this rank is above or below its centre in `round`.

    The Walsh function of the firm's rank, turned around in half of the cycles; which, is decided by mixing the bits of
    rank and cycle, as the strategy has no luck of its own.
    """
    cycle, place = divmod(round - 1, length)
    mixed = (cycle * 0x9E3779B97F4A7C15 + rank * 0xBF58476D1CE4E5B9) % 2**64
    mixed = ((mixed ^ (mixed >> 29)) * 0x94D049BB133111EB) % 2**64
    return 1 - 2 * (((rank & place).bit_count() + (mixed >> 63)) & 1)
