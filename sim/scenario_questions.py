"""What a scenario file asks: the factors that are varied and the examination that turns a claim into a number.

They change nothing in a run. `sim.experiments.claims` reads them; `sim.experiments.verdict` says how it is judged.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from sim.parameter import Declared
from sim.scenario_actors import Name

Round = Annotated[int, Field(ge=1)]


class Level(Declared):
    """One level of a factor that takes more than one number, with a name for people."""

    name: str = Field(min_length=1, description="what this level is called")
    set: dict[str, Any] = Field({}, description="changes to the scenario by dotted path in quotes, before alternatives")
    alternatives: dict[str, dict[str, Any]] = Field(
        {}, description="name of an alternative -> further changes to that alternative alone"
    )
    window: tuple[Round, Round] | None = Field(
        None, strict=False, description="first and last round that the measure is taken over; the run ends with it"
    )


class Factor(Declared):
    """A condition that is varied: values of one entry (`path`), or named levels that change several entries."""

    name: Name = Field(description="unique name, with its unit")
    path: str = Field("", description="dotted path of the entry that is varied")
    values: tuple[Any, ...] = Field((), strict=False, description="values of that entry, in order")
    alternative: str = Field("", description="the entry is that of this alternative alone; else of the scenario")
    levels: tuple[Level, ...] = Field((), strict=False, description="instead of path and values")
    signs: tuple[Literal[1, -1], ...] = Field(
        (), strict=False, description="where the claim expects the opposite at a level: -1 there, 1 elsewhere"
    )

    @property
    def choices(self) -> tuple[Level, ...]:
        """The levels, also where they were written as values."""
        if self.levels:
            return self.levels
        changes = ({self.path: value} for value in self.values)
        if self.alternative:
            return tuple(
                Level(name=written(value), alternatives={self.alternative: change})
                for value, change in zip(self.values, changes, strict=True)
            )
        return tuple(Level(name=written(value), set=change) for value, change in zip(self.values, changes, strict=True))

    @property
    def numbers(self) -> list[float] | None:
        """The values, where they are numbers in rising order; None otherwise."""
        plain = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in self.values)
        rising = plain and all(a < b for a, b in zip(self.values, self.values[1:], strict=False))
        return [float(value) for value in self.values] if self.values and rising else None


class Seeds(Declared):
    """Paired runs of every alternative in every cell."""

    quick: Annotated[int, Field(ge=2)] = Field(3, description="for a first look")
    full: Annotated[int, Field(ge=2)] = Field(8, description="for the documentation")


class Examination(Declared):
    """How the claim is decided: effect = measure of contrast[0] less measure of contrast[1], seed by seed."""

    measure: str = Field(description="name of a measure in sim.analysis.metrics.METRICS")
    contrast: tuple[str, ...] = Field(
        strict=False,
        min_length=1,
        max_length=2,
        description="two alternatives (or two firms where there are no alternatives); one alone is held against zero",
    )
    sign: Literal[1, -1] = Field(1, description="what the claim expects of the effect: 1 positive, -1 negative")
    smallest_effect: float = Field(gt=0, description="smallest effect of interest, in `unit`")
    unit: Literal["measure", "percent"] = Field(
        "measure", description="unit of the effect: that of the measure, or percent of the measure of contrast[1]"
    )
    moderator: str = Field(
        "", description="a factor: the effect is then how much the contrast exceeds that at the factor's first level"
    )
    window: tuple[Round, Round] | None = Field(
        None, strict=False, description="first and last round the measure is taken over, where no level says otherwise"
    )
    treatment: str = Field("", description="mechanism that the contrast itself consists of; it explains no verdict")
    short: str = Field("", description="the claim in a few words, for tables; claim_text if left out")
    seeds: Seeds = Field({}, validate_default=True, description="number of paired runs")


def written(value: Any) -> str:
    """A value of a factor as people write it."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"
