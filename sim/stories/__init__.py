"""The life of one customer, told and drawn; the same customer's life, and the same market, in another world."""

from sim.stories.chapter import StoryError
from sim.stories.fork import Fork, counterfactual
from sim.stories.life import Life, Replay, story
from sim.stories.pick import KINDS, NobodyError, Picked, pick
from sim.stories.sources import played
from sim.stories.worlds import Worlds, worlds

__all__ = [
    "KINDS", "Fork", "Life", "NobodyError", "Picked", "Replay", "StoryError", "Worlds", "counterfactual", "pick",
    "played", "story", "worlds",
]  # fmt: skip
