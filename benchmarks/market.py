"""The reference market of the benchmarks: ten firms that between them use every mechanism of the model.

What is switched on: contacts of four firms (two of them listening, one with a fee for being left alone), content,
advertising where not everybody knows the firm, surcharges hidden and open, an exit fee, payment by outcome,
personalisation, care, ranges of more than one variant, word of mouth by random mixing, drifting needs, attrition.
Off, as in most scenarios: turnover, pooled beliefs, tastes, forgetting.
"""

from typing import Any, Literal

from sim.parameter import parameter
from sim.scenario import Scenario, parse
from sim.strategies.base import LEVERS, Levers, Strategy


class Posted(Strategy):
    """Sets the levers it is given, whatever happens: a fixed point of reference for measurements."""

    kind: Literal["posted"] = "posted"

    price: float = parameter(6.0, ge=0, unit="euro", description="price of one unit")
    levers: dict[str, float] = parameter({}, unit="that of each lever", description="all other levers that are not 0")

    def decide(self, view) -> Levers:
        return Levers(price=self.price, **self.levers)


def _posted(name: str, price: float, *, awareness: float = 1.0, **levers: float) -> dict[str, Any]:
    known = {lever.name for lever in LEVERS}
    if not levers.keys() <= known:
        raise KeyError(f"not levers: {levers.keys() - known}")
    return {"name": name, "awareness": awareness, "strategy": {"kind": "posted", "price": price, "levers": levers}}


def _library(name: str, kind: str, awareness: float = 1.0, **fields: float) -> dict[str, Any]:
    return {"name": name, "awareness": awareness, "strategy": {"kind": kind, **fields}}


FIRMS = (
    _library("standard", "product_centred", assortment=8.0),
    _library("cheap", "everyday_low_price"),
    _library("fees", "fee_extractor"),
    _library("learning", "learning_relationship"),
    _library("shared", "shared_value"),
    _library("blaster", "crm_blaster"),
    _posted("advertiser", 6.0, awareness=0.3, advertising=0.05, assortment=3.0),
    _posted("community", 7.0, content=0.5, listening=0.5, memory=1.0),
    _posted("club", 5.5, exit_fee=1.5, opt_out_fee=0.3, contacts=0.5, memory=1.0, surcharge=0.5, transparency=0.5),
    _posted("partner", 0.0, outcome_share=0.85, contacts=0.2, listening=1.0, personalisation=0.9, memory=1.0, care=1.0),
)


def reference_market(customers: int, firms: int = 10, rounds: int = 100, seed: int = 1, **market: Any) -> Scenario:
    """The reference market; `firms` are the ten above, again and again; `market` are other settings of [market]."""
    chosen = [FIRMS[j % len(FIRMS)] for j in range(firms)]
    return parse(
        {
            "title": "Benchmark",
            "seed": seed,
            "market": {"customers": customers, "rounds": rounds, **market},
            "segments": [{"name": "customers", "attrition": 0.001, "inertia": 0.1}],
            "firms": [{**firm, "name": f"{firm['name']} {j}"} for j, firm in enumerate(chosen)],
            "network": {"kind": "mixing"},
        }
    )
