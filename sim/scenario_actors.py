"""Who acts in a scenario file, and what happens to them: segments, firms, network, events and alternatives.

K is the number of dimensions of the market. "(idea)" after a source: the mechanism comes from there, its size is an
assumption.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny
from pydantic_core import PydanticCustomError

from sim.distribution import Distribution
from sim.parameter import Declared, parameter
from sim.strategies.base import Strategy, registry


def _usable_in_paths(name: str) -> str:
    """Names are steps of dotted paths, beside positions 0, 1, 2, …"""
    if not name or name != name.strip() or "." in name or name.isdecimal() or not name.isprintable():
        raise ValueError(f'"{name}" cannot be a name: at least one letter, no dot, no space at either end')
    return name


Name = Annotated[str, AfterValidator(_usable_in_paths)]
# a TOML array arrives as a list, so the tuple may not insist on its type; its numbers still do
Vector = Annotated[tuple[float, ...], Field(strict=False)]


class Segment(Declared):
    """A group of customers; each draws its traits from these distributions."""

    name: Name = Field(description="unique name")
    share: float = parameter(1, ge=0, le=1, unit="share", description="part of all customers; the shares sum to 1")
    need_mean: Vector = parameter(
        (), unit="1", symbol="μ", description="centre of the segment's needs, K numbers; zeros if left out"
    )
    price_sensitivity: Distribution = parameter(
        {"dist": "lognormal", "mu": 0, "sigma": 0.2},
        gt=0,
        unit="utils/euro",
        symbol="α",
        description="weight of a euro paid",
    )
    relational_orientation: Distribution = parameter(
        {"dist": "beta", "a": 2, "b": 2},
        ge=0,
        le=1,
        unit="share",
        symbol="ρ",
        source="Garbarino & Johnson 1999 (idea)",
        description="how much trust counts for the customer",
    )
    openness: Distribution = parameter(
        0.3, ge=0, le=1, unit="share", symbol="d", description="how much the customer discloses unasked"
    )
    contact_tolerance: Distribution = parameter(
        1, ge=0, unit="contacts", symbol="κ", description="fatigue of all firms borne without stress"
    )
    purchase_rate: Distribution = parameter(
        {"dist": "gamma", "mean": 0.5, "shape": 4},
        ge=0,
        unit="occasions per round",
        symbol="λ",
        source="Ehrenberg 1959 (idea)",
        description="a need arises with probability min(λ, 1)",
    )
    inertia: Distribution = parameter(
        0,
        ge=0,
        unit="utils",
        symbol="ι",
        source="Dubé, Hitsch & Rossi 2010 (idea)",
        description="utility lost by leaving the last supplier for whatever other",
    )
    talkativeness: Distribution = parameter(
        0.1,
        ge=0,
        le=1,
        unit="probability per round",
        symbol="ω",
        description="chance to hear another customer's last experience",
    )
    attrition: Distribution = parameter(
        0,
        ge=0,
        le=1,
        unit="probability per purchase",
        symbol="p_a",
        source="Fader, Hardie & Lee 2005 (idea)",
        description="chance to leave the market for good after a purchase",
    )


def _by_kind(given: Any) -> Any:
    """A strategy is looked up when it is needed, so one defined in a notebook is as good as one of the library."""
    if not isinstance(given, dict):
        raise PydanticCustomError("model_type", "expected a table")
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in registry():
        # worded like the choice among events or networks, with the kinds known by then
        raise PydanticCustomError("union_tag_invalid", "unknown kind")
    return registry()[kind].model_validate(given)


AnyStrategy = Annotated[SerializeAsAny[Strategy], BeforeValidator(_by_kind)]


class Firm(Declared):
    """A firm: what it offers, what it can do, what things cost it, and its strategy."""

    name: Name = Field(description="unique name")
    position: Vector = parameter(
        (), unit="1", symbol="p", description="its standard offer in the space of needs, K numbers; zeros if left out"
    )
    quality: float = parameter(1, ge=0, unit="1", symbol="Q", description="quality; 1 is the standard of the market")
    unit_cost: float = parameter(4, ge=0, unit="euro per unit", symbol="c", description="cost of a standard unit")
    failure_rate: float = parameter(
        0.05, ge=0, le=1, unit="probability per purchase", symbol="π", description="chance that a delivery fails"
    )
    reading: float = parameter(
        0.5, ge=0, le=1, unit="share", symbol="r_r", description="capability to read a customer's situation"
    )
    relevance: float = parameter(
        0.5, ge=0, le=1, unit="share", symbol="r_g", description="capability to grasp what is relevant"
    )
    imagination: float = parameter(
        0.5, ge=0, le=1, unit="share", symbol="r_m", description="capability to imagine what could be"
    )
    awareness: float = parameter(
        1, ge=0, le=1, unit="share", symbol="A(0)", description="customers that know the firm at the start"
    )
    taste: Distribution | None = parameter(
        None,
        unit="utils",
        source="Goodhardt, Ehrenberg & Chatfield 1984 (idea)",
        description="lasting taste of each customer for the firm; none if left out",
    )
    contact_cost: float = parameter(0.05, ge=0, unit="euro per contact", symbol="c_m", description="cost of a contact")
    personalisation_cost: float = parameter(
        1, ge=0, unit="euro per unit", symbol="c_g", description="cost of a fully personalised unit"
    )
    listening_cost: float = parameter(
        0.05,
        ge=0,
        unit="euro per identified customer and round",
        symbol="c_ℓ",
        description="cost of listening with full attention",
    )
    identification_cost: float = parameter(
        0,
        ge=0,
        unit="euro per identified customer and round",
        symbol="c_I",
        description="cost of keeping a customer's record",
    )
    advertising_cost: float = parameter(
        0.02, ge=0, unit="euro per customer of the market and round", description="cost of advertising that reaches all"
    )
    content_cost: float = parameter(100, ge=0, unit="euro per round", description="cost of content at its full level")
    quality_cost: float = parameter(
        0.5,
        ge=0,
        unit="share of unit cost",
        symbol="e_q",
        description="rise of unit cost per unit of the quality lever",
    )
    standardisation_efficiency: float = parameter(
        0, ge=0, le=1, unit="share of unit cost", description="unit cost saved when nothing is personalised"
    )
    present_from_start: bool = parameter(True, unit="yes/no", description="false: comes in by an entry event")
    strategy: AnyStrategy = Field(description="kind of strategy and its own settings")


class NoNetwork(Declared):
    """Customers never hear each other."""

    kind: Literal["none"] = "none"


class RandomMixing(Declared):
    """A customer may hear any other."""

    kind: Literal["mixing"] = "mixing"


class WattsStrogatz(Declared):
    """Small world: a ring of neighbours, some ties rewired (Watts & Strogatz 1998)."""

    kind: Literal["watts_strogatz"] = "watts_strogatz"
    neighbours: int = parameter(
        8, ge=2, unit="customers", source="Watts & Strogatz 1998 (idea)", description="ties of a customer"
    )
    rewiring: float = parameter(
        0.1,
        ge=0,
        le=1,
        unit="probability",
        source="Watts & Strogatz 1998 (idea)",
        description="chance that a tie is rewired",
    )


class BarabasiAlbert(Declared):
    """Few customers know very many (Barabási & Albert 1999)."""

    kind: Literal["barabasi_albert"] = "barabasi_albert"
    links: int = parameter(
        4, ge=1, unit="customers", source="Barabási & Albert 1999 (idea)", description="ties a newcomer brings"
    )


class StochasticBlock(Declared):
    """Customers mostly know those of their own segment (Holland, Laskey & Leinhardt 1983)."""

    kind: Literal["stochastic_block"] = "stochastic_block"
    mean_degree: float = parameter(
        8,
        ge=0,
        unit="customers",
        source="Holland, Laskey & Leinhardt 1983 (idea)",
        description="average ties of a customer",
    )
    within: float = parameter(0.8, ge=0, le=1, unit="share", description="ties inside the own segment")


class EdgeList(Declared):
    """Ties read from a file: two customer numbers a line."""

    kind: Literal["edge_list"] = "edge_list"
    file: str = Field(description="path relative to the scenario file, in its folder or below")


Network = Annotated[
    NoNetwork | RandomMixing | WattsStrogatz | BarabasiAlbert | StochasticBlock | EdgeList, Field(discriminator="kind")
]


class _Event(Declared):
    round: int = parameter(
        ge=1, le=32_000, unit="round", description="at the start of which round it happens; the first is 1"
    )


class _FirmEvent(_Event):
    firm: str = Field(description="name of the firm")


class _PassingEvent(_FirmEvent):
    duration: int | None = parameter(None, ge=1, unit="rounds", description="how long it lasts; to the end if left out")


class FailureSpike(_FirmEvent):
    """Deliveries of a firm fail more (or less) often for some rounds."""

    kind: Literal["failure_spike"] = "failure_spike"
    failure_rate: float = parameter(
        ge=0, le=1, unit="probability per purchase", symbol="π", description="failure rate meanwhile"
    )
    duration: int = parameter(ge=1, unit="rounds", description="how long it lasts")


class CostShock(_PassingEvent):
    """The unit cost of a firm changes."""

    kind: Literal["cost_shock"] = "cost_shock"
    unit_cost: float = parameter(ge=0, unit="euro per unit", symbol="c", description="unit cost from then on")


class QualityShock(_PassingEvent):
    """The quality of a firm changes."""

    kind: Literal["quality_shock"] = "quality_shock"
    quality: float = parameter(ge=0, unit="1", symbol="Q", description="quality from then on")


class Entry(_FirmEvent):
    """A firm comes into the market."""

    kind: Literal["entry"] = "entry"


class Exit(_FirmEvent):
    """A firm leaves the market."""

    kind: Literal["exit"] = "exit"


class StrategyChange(_PassingEvent):
    """A firm plays another strategy."""

    kind: Literal["strategy"] = "strategy"
    strategy: AnyStrategy = Field(description="kind of strategy and its own settings")


class NeedShift(_Event):
    """All needs move."""

    kind: Literal["need_shift"] = "need_shift"
    shift: Vector = parameter(unit="1", description="by how much, K numbers")


Event = Annotated[
    FailureSpike | CostShock | QualityShock | Entry | Exit | StrategyChange | NeedShift, Field(discriminator="kind")
]


class Alternative(Declared):
    """A named variation of the scenario, to be compared with the others."""

    name: Name = Field(description="unique name")
    focus: str = Field("", description="firm whose profit is compared; that of the scenario if left out")
    set: dict[str, Any] = Field(
        {}, description='changes by dotted path in quotes, such as "firms.Honest.strategy.price" = 7.5'
    )
