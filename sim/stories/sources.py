"""What a story is about: a scenario, its name, or the results of a run that is to be repeated."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sim.in_words import whole
from sim.results import Results
from sim.scenario import Scenario, parse, scenario_of
from sim.stories.chapter import StoryError

type Source = Scenario | Results | str | Path


class Played(NamedTuple):
    """A market as it is played."""

    scenario: Scenario
    seed: int
    rounds: int
    alternative: str | None  # its name


def played(source: Source, alternative: str | None, seed: int | None, rounds: int | None) -> Played:
    """The market of a source; what is None is as the scenario or the run has it."""
    if isinstance(source, Results):
        if alternative is not None:
            raise StoryError("results are of one alternative already; give the scenario to choose another")
        scenario, alternative = parse(source.scenario, "results"), source.alternative
        usual = source.seed, source.rounds
    else:
        scenario = scenario_of(source)
        scenario = scenario if alternative is None else scenario.alternative(alternative)
        usual = scenario.seed, scenario.market.rounds
    return Played(
        scenario,
        usual[0] if seed is None else seed,
        usual[1] if rounds is None else whole("rounds", rounds, 1),
        alternative,
    )
