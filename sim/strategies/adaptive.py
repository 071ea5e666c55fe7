"""See `Adaptive`."""

import math
from typing import ClassVar, Literal

import numpy as np

from sim.parameter import parameter
from sim.strategies.base import FirmView, Levers, Posture, Strategy

MARKS = ("price", "surcharge", "memory")  # the levers by which it knows again what it did


class Adaptive(Strategy):
    """Tries low prices, relationships and hidden fees in turn, and does more of what has earned more.

    A bandit with three arms. It plays one arm for an epoch of `epoch` rounds and is rewarded with the profit per round
    of its own books, discounted to the start of the epoch and scaled to [0, 1] over all epochs so far. Each arm is
    tried once; then comes the arm with the highest  mean reward + exploration·sqrt(2 ln n / n_arm),  n epochs in all
    and n_arm of them with the arm. What it did in the past it reads from the levers it posted.

    A bandit takes rewards to be the arm's own. Here one posture leaves the next its customers' trust or anger, so the
    comparison is biased against what takes long to pay: a finding about short-sighted learning, not a mistake in it.
    Source: UCB1 (Auer, Cesa-Bianchi & Fischer 2002, "Finite-time analysis of the multiarmed bandit problem", Machine
    Learning 47), which has exploration 1.
    """

    kind: Literal["adaptive"] = "adaptive"
    posture: ClassVar[Posture] = "mixed"

    epoch: int = parameter(6, ge=1, le=32_000, unit="rounds", description="for which an arm is played")
    exploration: float = parameter(0.25, ge=0, le=100, unit="1", description="weight of what is uncertain")
    low_price: float = parameter(5.0, ge=0, le=1e6, unit="euro", description="price of the low-price arm")
    relational_price: float = parameter(7.0, ge=0, le=1e6, unit="euro", description="price of the relational arm")
    fee_price: float = parameter(4.5, ge=0, le=1e6, unit="euro", description="list price of the arm with fees")
    surcharge: float = parameter(2.0, ge=0, le=1e6, unit="euro", description="hidden fee of the arm with fees")
    personalisation: float = parameter(0.8, ge=0, le=1, unit="share", description="of the relational arm")
    contacts: float = parameter(0.25, ge=0, le=30, unit="contacts/round", description="of the relational arm")
    listening: float = parameter(0.8, ge=0, le=1, unit="share", description="of the relational arm")
    care: float = parameter(0.5, ge=0, le=2, unit="share", description="of a voiced failure's loss, relational arm")

    def decide(self, view: FirmView) -> Levers:
        arms = self.arms()
        played = self._played(view, arms)
        if played.size and played[-1] >= 0 and (view.round - 1) % self.epoch:
            return arms[played[-1]]  # the epoch is not over
        return arms[self._best(played, view.account("profit"), view.discount_rate, len(arms))]

    def arms(self) -> tuple[Levers, ...]:
        """Low price, relationship, fees."""
        return (
            Levers(price=self.low_price),
            Levers(
                price=self.relational_price,
                personalisation=self.personalisation,
                contacts=self.contacts,
                listening=self.listening,
                care=self.care,
                memory=True,
            ),
            Levers(price=self.fee_price, surcharge=self.surcharge),
        )

    def _played(self, view: FirmView, arms: tuple[Levers, ...]) -> np.ndarray:
        """(rounds,) the arm of each round so far, −1 where it was none (not in the market, or another strategy)."""
        posted = np.array([view.posted(name) for name in MARKS])
        played = np.full(posted.shape[1], -1)
        for arm, levers in enumerate(arms):
            marks = np.array([[float(getattr(levers, name))] for name in MARKS])
            played[(posted == marks).all(axis=0)] = arm
        return played

    def _best(self, played: np.ndarray, profit: np.ndarray, discount_rate: float, arms: int) -> int:
        """The arm of the next epoch."""
        rounds = np.arange(played.size)
        epochs = rounds // self.epoch
        weight = np.where(played >= 0, (1.0 + discount_rate) ** -(rounds % self.epoch), 0.0)
        weights, sums = np.bincount(epochs, weight), np.bincount(epochs, weight * profit)
        arm_of = np.full(weights.size, -1)
        arm_of[epochs] = played  # the epoch's last round decides
        counted = (arm_of >= 0) & (weights > 0.0)
        times = np.bincount(arm_of[counted], minlength=arms)
        if not times.all():
            return int(np.argmin(times > 0))  # the first that was not tried
        reward = sums[counted] / weights[counted]
        lowest, spread = reward.min(), np.ptp(reward)
        scaled = (reward - lowest) / spread if spread > 0.0 else np.zeros(reward.size)
        mean = np.bincount(arm_of[counted], scaled, minlength=arms) / times
        return int(np.argmax(mean + self.exploration * np.sqrt(2.0 * math.log(reward.size) / times)))
