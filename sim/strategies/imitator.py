"""See `Imitator`."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import ValidationError

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Rival, Strategy, registry


class Imitator(Strategy):
    """Copies the kind of strategy of the firm that reports the highest profit, if that beats its own way.

    Its own way is a plain product at `price`. It goes by the mean profit per round of the last `window` rounds: of each
    rival, those published last; of its own way, those in which it went it last. Of a rival it learns the kind of
    strategy, not the settings, so it plays that kind with the settings of the library. A rival who is an imitator too
    shows nothing that could be copied.
    Source: "imitate the best" (Vega-Redondo 1997, "The evolution of Walrasian behavior", Econometrica 65; Schlag 1998,
    "Why imitate, and if so, how?", Journal of Economic Theory 78).
    """

    kind: Literal["imitator"] = "imitator"
    posture: ClassVar[Posture] = "mixed"

    price: float = parameter(6.0, ge=0, le=1e6, unit="euro", description="while it goes its own way")
    window: int = parameter(12, ge=1, le=32_000, unit="rounds", description="over which profits are compared")

    def decide(self, view: FirmView) -> Levers:
        most, model = self._own_profit(view), None
        for rival in view.rivals:  # of two with the same profit, the first
            profit = float(rival.profit[-self.window :].mean()) if rival.profit.size >= self.window else -np.inf
            if profit > most and (copied := _strategy_of(rival)) is not None:
                most, model = profit, copied
        return Levers(price=self.price) if model is None else model.decide(view)

    def _own_profit(self, view: FirmView) -> float:
        """Euro per round of its own way; infinite until that has been tried for long enough to tell."""
        own_way = (view.posted("price") == self.price) & (view.posted("memory") == 0.0)
        profit = view.account("profit")[own_way][-self.window :]
        return float(profit.mean()) if profit.size == self.window else np.inf


def _strategy_of(rival: Rival) -> Strategy | None:
    """What the rival is known to do, with the library's settings; None if it is not known or has none."""
    cls = registry().get(rival.strategy or "")
    if cls is None or issubclass(cls, Imitator):
        return None
    try:
        return cls()
    except ValidationError:  # a strategy from elsewhere that cannot be had without settings
        return None
