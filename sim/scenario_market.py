"""The parameters of a scenario file that describe the market itself: its surroundings, relationships and learning.

Money is in euro, a round is what `market.round_length` says (a month), shares and probabilities are between 0 and 1.
"(idea)" after a source: the mechanism comes from there, its size is an assumption.
"""

from typing import Literal

from sim.parameter import Declared, parameter


class Market(Declared):
    """Size, length and surroundings of the market, and how customers choose."""

    customers: int = parameter(
        2000, ge=1, le=20_000_000, unit="customers", symbol="C", description="number of customers"
    )
    rounds: int = parameter(120, ge=1, le=32_000, unit="rounds", symbol="T", description="horizon")
    round_length: str = parameter(
        "month", unit="label", description="what a round stands for; only shown, never computed with"
    )
    discount_rate: float = parameter(
        0.005, ge=0, le=1, unit="share per round", symbol="i", description="discount rate of profits"
    )
    dimensions: int = parameter(
        4, ge=1, le=16, unit="dimensions", symbol="K", description="dimensions of needs and offers"
    )
    latent_dimensions: int = parameter(
        1,
        ge=0,
        le=16,
        unit="dimensions",
        symbol="K_l",
        description="how many of them, the last ones, customers cannot express themselves",
    )
    base_value: float = parameter(
        10, ge=0, unit="euro", symbol="V", description="value in use of a perfectly fitting offer"
    )
    heterogeneity: float = parameter(1, ge=0, unit="1", symbol="σ_n", description="spread of needs between customers")
    turbulence: float = parameter(
        0.02, ge=0, le=1, unit="share per round", symbol="ν", description="speed at which needs drift"
    )
    turnover: float = parameter(
        0,
        ge=0,
        le=1,
        unit="probability per round",
        symbol="χ",
        description="chance that a customer is replaced by a fresh one",
    )
    choice: Literal["logit", "hotelling", "best"] = parameter(
        "logit",
        unit="rule",
        source="logit: McFadden 1974; hotelling: Hotelling 1929",
        description="how a customer chooses: by logit, between the two ends of a line, or always the best",
    )
    choice_precision: float = parameter(
        1,
        ge=0,
        unit="1/util",
        symbol="β",
        source="McFadden 1974",
        description="precision of logit choice; 0 is pure chance",
    )
    outside_option: bool = parameter(True, unit="yes/no", description="whether a customer may buy nothing")
    outside_utility: float = parameter(0, unit="utils", symbol="U_0", description="utility of buying nothing")
    transport_cost: float = parameter(
        1,
        ge=0,
        unit="utils",
        symbol="t",
        source="Hotelling 1929",
        description="loss over the whole line, hotelling choice only",
    )
    value_noise: float = parameter(0.5, ge=0, unit="euro", symbol="σ_v", description="chance spread of value in use")
    failure_loss: float = parameter(4, ge=0, unit="euro", symbol="L", description="value lost when a delivery fails")
    report_lag: int = parameter(
        12, ge=1, unit="rounds", description="age of the profits that rivals can see, as of an annual report"
    )


class Relationship(Declared):
    """What the pair of customer and firm does to effort, utility and patience."""

    search_effort: float = parameter(
        2, ge=0, unit="euro", symbol="e_0", description="effort of a purchase without shared context"
    )
    choice_effort: float = parameter(
        0.3,
        ge=0,
        unit="euro",
        symbol="e_a",
        source="Hick 1952 (idea)",
        description="further effort per ln(assortment size)",
    )
    trust_weight: float = parameter(
        1.5,
        ge=0,
        unit="utils",
        symbol="w_τ",
        source="Morgan & Hunt 1994 (idea)",
        description="utility of full trust to a wholly relational customer",
    )
    price_tolerance: float = parameter(
        # at 1 a price could stop mattering at all, and no loss could be expressed in euro
        0.4,
        ge=0,
        le=0.99,
        unit="share",
        symbol="θ_r",
        description="how far trust softens the weight of price",
    )
    context_gain: float = parameter(
        0.2,
        ge=0,
        le=1,
        unit="share per encounter",
        symbol="κ_x",
        description="shared context gained where both know each other",
    )
    one_sided_context: float = parameter(
        0.3,
        ge=0,
        le=1,
        unit="share",
        symbol="χ_1",
        description="fraction of that gain where the firm does not know the customer",
    )
    context_decay: float = parameter(
        0.03,
        ge=0,
        le=1,
        unit="share per round",
        symbol="δ_x",
        description="context lost in a round without an encounter",
    )
    fatigue_weight: float = parameter(1, ge=0, unit="utils", symbol="w_f", description="annoyance per unit of fatigue")
    fatigue_carryover: float = parameter(
        0.7, ge=0, le=1, unit="share per round", symbol="φ_f", description="fatigue left after a round"
    )
    salience: float = parameter(
        0.3,
        ge=0,
        unit="utils",
        symbol="ν_s",
        source="Ehrenberg 1974 (idea)",
        description="utility of being reminded by contacts",
    )
    opt_out_threshold: float = parameter(
        0.5, ge=0, unit="utils", symbol="ω_o", description="annoyance above which a customer opts out of contacts"
    )
    cocreation: float = parameter(
        0.3,
        ge=0,
        unit="share",
        symbol="ω_c",
        source="Vargo & Lusch 2004 (idea)",
        description="value added together at full trust, context, openness and imagination",
    )
    initial_expectation: float = parameter(
        6.5, unit="euro", symbol="v̂(0)", description="value expected of an untried firm"
    )
    initial_surcharge: float = parameter(
        0, unit="euro", symbol="ê(0)", description="surcharge expected of an untried firm"
    )
    initial_trust: float = parameter(
        0.3, ge=0, le=1, unit="share", symbol="τ(0)", description="trust in an untried firm"
    )
    initial_context: float = parameter(
        0, ge=0, le=1, unit="share", symbol="x(0)", description="shared context with an untried firm"
    )
    initial_aspiration: float = parameter(
        0, unit="euro", symbol="a(0)", source="Simon 1955 (idea)", description="surplus a new customer is content with"
    )


class Learning(Declared):
    """How expectations, trust and aspirations move with experience and hearsay."""

    value_learning: float = parameter(
        0.3,
        ge=0,
        le=1,
        unit="share per encounter",
        symbol="γ",
        source="Weisbuch, Kirman & Herreiner 2000 (idea)",
        description="step of the expectation towards the value just had",
    )
    forgetting: float = parameter(
        0,
        ge=0,
        le=1,
        unit="share per round",
        symbol="φ",
        source="Weisbuch, Kirman & Herreiner 2000 (idea)",
        description="step of the expectation of firms not chosen towards the prior value",
    )
    prior_value: float = parameter(6.5, unit="euro", symbol="v_0", description="value towards which forgetting leads")
    surcharge_learning: float = parameter(
        0.3,
        ge=0,
        le=1,
        unit="share per encounter",
        symbol="λ_e",
        source="Gabaix & Laibson 2006 (idea)",
        description="step of the expected surcharge towards the one just paid",
    )
    trust_gain: float = parameter(
        0.1,
        ge=0,
        le=1,
        unit="share per encounter",
        symbol="η⁺",
        source="Slovic 1993 (idea)",
        description="rise of trust after full evidence of goodwill",
    )
    trust_loss: float = parameter(
        0.25,
        ge=0,
        le=1,
        unit="share per encounter",
        symbol="η⁻",
        source="Slovic 1993 (idea)",
        description="fall of trust after full evidence of ill will; faster than the rise",
    )
    goodwill_scale: float = parameter(
        3, gt=0, unit="euro", symbol="κ_z", description="surplus above aspiration that is full evidence"
    )
    loss_aversion: float = parameter(
        1.5,
        ge=0,
        unit="1",
        symbol="λ_L",
        source="Kahneman & Tversky 1979 (idea)",
        description="weight of a euro of unexpected surcharge",
    )
    transparency_credit: float = parameter(
        0.1, ge=0, le=1, unit="evidence", symbol="ψ_t", description="goodwill earned by full transparency"
    )
    voice_floor: float = parameter(
        0.2,
        ge=0,
        le=1,
        unit="probability",
        symbol="ψ_0",
        source="Hirschman 1970 (idea)",
        description="chance that a failed customer without trust complains where the firm listens",
    )
    aspiration_learning: float = parameter(
        0.1,
        ge=0,
        le=1,
        unit="share per encounter",
        symbol="λ_a",
        source="Simon 1955 (idea)",
        description="step of the aspiration towards the surplus just had",
    )
    hearsay_weight: float = parameter(
        0.2,
        ge=0,
        le=1,
        unit="share",
        symbol="λ_w",
        source="Arndt 1967 (idea)",
        description="step towards what another customer says, without context of one's own",
    )
    bad_news_bias: float = parameter(
        1,
        ge=0,
        unit="1",
        symbol="b_n",
        source="Baumeister et al. 2001 (idea)",
        description="how much more bad news weighs",
    )
    observation_noise: float = parameter(
        0.3, ge=0, unit="1", symbol="σ_o", description="noise in what an encounter shows the firm of a need"
    )
