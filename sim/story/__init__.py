"""The life of one customer, told and drawn; the same customer's life, and the same market, in another world."""

from sim.story.chapter import StoryError
from sim.story.fork import Fork, counterfactual
from sim.story.life import Life, Replay, biography, played
from sim.story.pick import KINDS, NobodyError, pick
from sim.story.worlds import Worlds, worlds

__all__ = [
    "KINDS", "Fork", "Life", "NobodyError", "Replay", "StoryError", "Worlds", "biography", "counterfactual", "pick",
    "played", "worlds",
]  # fmt: skip
