"""What the kernels read but do not change: parameters, and the firms as they act this round."""

from typing import NamedTuple

import numpy as np

from sim.compiled import kernel, rule
from sim.strategies.base import LEVERS

CHOICE_RULES = ("logit", "hotelling", "best")
LOGIT, HOTELLING, BEST = range(len(CHOICE_RULES))

PERSONAL = sum(lever.personal for lever in LEVERS)  # the first rows of LEVERS may differ by customer
(
    PRICE, SURCHARGE, CONTACTS, PERSONALISATION, CARE, TRANSPARENCY, OUTCOME_SHARE, EXIT_FEE, QUALITY, ASSORTMENT,
    OPT_OUT_FEE, LISTENING, MEMORY, ADVERTISING, CONTENT, POOLING,
) = range(len(LEVERS))  # fmt: skip

# Traits of a firm that customers' rounds depend on: names in the scenario's [[firms]].
FIRM_TRAITS = (
    "quality", "unit_cost", "failure_rate", "reading", "relevance", "imagination", "personalisation_cost",
    "quality_cost", "standardisation_efficiency",
)  # fmt: skip
(
    FIRM_QUALITY,
    UNIT_COST,
    FAILURE_RATE,
    READING,
    RELEVANCE,
    IMAGINATION,
    PERSONALISATION_COST,
    QUALITY_COST,
    EFFICIENCY,
) = range(len(FIRM_TRAITS))


class Parameters(NamedTuple):
    """Numbers of [market], [relationship] and [learning] under the names they have in the scenario."""

    choice: int
    outside_option: bool
    outside_utility: float
    choice_precision: float
    transport_cost: float
    base_value: float
    heterogeneity: float
    turbulence: float
    turnover: float
    value_noise: float
    failure_loss: float
    latent_dimensions: int
    search_effort: float
    choice_effort: float
    trust_weight: float
    price_tolerance: float
    context_gain: float
    one_sided_context: float
    fatigue_weight: float
    fatigue_carryover: float
    salience: float
    opt_out_threshold: float
    cocreation: float
    value_learning: float
    forgetting: float
    prior_value: float
    surcharge_learning: float
    trust_gain: float
    trust_loss: float
    goodwill_scale: float
    loss_aversion: float
    transparency_credit: float
    voice_floor: float
    aspiration_learning: float
    hearsay_weight: float
    bad_news_bias: float
    observation_noise: float


class Firms(NamedTuple):
    """F firms as they act this round."""

    trait: np.ndarray  # (9, F) float64, rows of FIRM_TRAITS
    position: np.ndarray  # (F, K) float64
    present: np.ndarray  # (F,) uint8, in the market
    average: np.ndarray  # (F, K) float64, mean belief about the customers the firm knows; zeros where it does not pool
    lever: np.ndarray  # (16, F) float64, rows of LEVERS; the list price where prices are personal
    slot: np.ndarray  # (5, F) int64, row of `personal`, or −1 where the lever is one number
    personal: np.ndarray  # (P, C) float64


@rule
def lever(firms, row, j, i):
    """The lever of firm j towards customer i, for one of the five rows that may be personal."""
    slot = firms.slot[row, j]
    return firms.personal[slot, i] if slot >= 0 else firms.lever[row, j]


@kernel
def levers(firms, row, j, lo, towards):
    """Write the lever of firm j towards the customers from lo on into `towards`, so that a loop need not ask."""
    slot = firms.slot[row, j]
    if slot < 0:
        same = firms.lever[row, j]
        for a in range(towards.size):
            towards[a] = same
    else:
        personal = firms.personal[slot, lo : lo + towards.size]
        for a in range(towards.size):
            towards[a] = personal[a]


def parameters(scenario) -> Parameters:
    """The kernels' parameters of a scenario."""
    found = {}
    for section in (scenario.market, scenario.relationship, scenario.learning):
        found |= {name: getattr(section, name) for name in Parameters._fields if hasattr(section, name)}
    kinds = Parameters.__annotations__
    found["choice"] = CHOICE_RULES.index(found["choice"])
    return Parameters(**{name: kinds[name](value) for name, value in found.items()})
