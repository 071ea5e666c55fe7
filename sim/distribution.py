"""How a trait is spread over customers: a number for all, or one of six distributions.

In a scenario file a distribution is written `openness = 0.3` (the same for everybody) or as a table such as
`openness = {dist = "beta", a = 2, b = 2}`. Here they are only declared; they are drawn where customers are made.
"""

from math import inf
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sim.parameter import Declared, parameter


class _Distribution(Declared):
    """Compared with a number, a distribution stands for all its draws: `openness <= 1` is true if none can exceed 1.

    The bounds of a trait (`ge`, `le`, `gt` of its `parameter`) are checked by just these comparisons, so that no draw
    is ever cut off silently.
    """

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest value a draw can take."""
        return -inf, inf

    def __ge__(self, bound: float) -> bool:
        return self.support[0] >= bound

    def __gt__(self, bound: float) -> bool:
        return self.support[0] > bound

    def __le__(self, bound: float) -> bool:
        return self.support[1] <= bound


class Fixed(_Distribution):
    """The same value for every customer; a plain number in a scenario file means this."""

    dist: Literal["fixed"] = "fixed"
    value: float = parameter(unit="of the trait", description="the value")

    @property
    def support(self) -> tuple[float, float]:
        return self.value, self.value


class Uniform(_Distribution):
    """Every value between two limits is equally likely."""

    dist: Literal["uniform"] = "uniform"
    low: float = parameter(unit="of the trait", description="lower limit")
    high: float = parameter(unit="of the trait", description="upper limit, not below the lower one")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} is above high {self.high:g}; low must not exceed high")
        return self

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Normal(_Distribution):
    """Bell-shaped; can be any number, so only for traits without bounds."""

    dist: Literal["normal"] = "normal"
    mean: float = parameter(unit="of the trait", description="mean")
    sd: float = parameter(ge=0, unit="of the trait", description="standard deviation")


class LogNormal(_Distribution):
    """exp of a normal: positive, with a long upper tail."""

    dist: Literal["lognormal"] = "lognormal"
    mu: float = parameter(unit="1", symbol="μ", description="mean of the logarithm; the median is exp(μ)")
    sigma: float = parameter(ge=0, unit="1", symbol="σ", description="standard deviation of the logarithm")

    @property
    def support(self) -> tuple[float, float]:
        # exp(μ + σξ) comes as close to 0 as you like but never reaches it
        return 5e-324, inf


class Beta(_Distribution):
    """A share: between 0 and 1, with mean a/(a+b)."""

    dist: Literal["beta"] = "beta"
    a: float = parameter(gt=0, unit="1", symbol="a", description="weight towards 1")
    b: float = parameter(gt=0, unit="1", symbol="b", description="weight towards 0")

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, 1.0


class Gamma(_Distribution):
    """Positive rates: coefficient of variation 1/sqrt(shape)."""

    dist: Literal["gamma"] = "gamma"
    mean: float = parameter(gt=0, unit="of the trait", description="mean")
    shape: float = parameter(gt=0, unit="1", description="shape; the greater, the more alike the customers")

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, inf


class LogGamma(_Distribution):
    """Logarithm of a Gamma(shape, 1): with logit choice these tastes give Dirichlet choice probabilities.

    Source: Goodhardt, Ehrenberg & Chatfield 1984.
    """

    dist: Literal["log_gamma"] = "log_gamma"
    shape: float = parameter(gt=0, unit="1", description="shape: the firm's weight in the Dirichlet")


_Table = Annotated[Fixed | Uniform | Normal | LogNormal | Beta | Gamma | LogGamma, Field(discriminator="dist")]


def _as_table(given: Any) -> Any:
    number = isinstance(given, (int, float)) and not isinstance(given, bool)
    return {"dist": "fixed", "value": given} if number else given


# named, so that the JSON schema says it once
type Distribution = Annotated[_Table, BeforeValidator(_as_table, json_schema_input_type=float | _Table)]
