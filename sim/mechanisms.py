"""Switches: each mechanism of the model can be taken out of a scenario, to see what it carries.

A switch that is off takes effect through parameters and levers that exist anyway, so that no rule knows of it: the
market is one in which the mechanism cannot do anything. What it would have moved stays where it began.
"""

from typing import Any

from sim.parameter import Declared, parameter
from sim.scenario_actors import NoNetwork


def _switch(description: str) -> Any:
    return parameter(True, unit="on/off", source="switch", description=description)


class Mechanisms(Declared):
    """What is at work in the market; a mechanism set to false is taken out."""

    word_of_mouth: bool = _switch("customers hear of others' experience; off: nobody hears anybody (network none)")
    contacts: bool = _switch("firms' messages to customers they know; off: none are sent, nor paid for")
    surcharges: bool = _switch("surcharges on the list price; off: none is charged and none expected")
    beliefs: bool = _switch("firms learn what customers need; off: their first belief, the firm's own position, stays")
    cocreation: bool = _switch("working together raises value; off: ω_c = 0")
    recovery: bool = _switch("voiced failures are made good; off: care is 0, customers may still complain")
    context: bool = _switch("shared context grows and fades; off: it stays x(0), content has no effect")
    trust: bool = _switch("trust moves with evidence, fees and hearsay; off: it stays τ(0)")
    turnover: bool = _switch("fresh customers replace others; off: χ = 0")
    drift: bool = _switch("needs change from round to round; off: ν = 0; need_shift events stay")


# Entries of the scenario's tables that a switch overrides, by mechanism.
ENTRIES: dict[str, dict[str, dict[str, Any]]] = {
    "word_of_mouth": {"": {"network": NoNetwork(kind="none")}},
    "surcharges": {"relationship": {"initial_surcharge": 0.0}},
    # without latent dimensions all learn at the expressed rate, which is 0: imagination is left to cocreation
    "beliefs": {"market": {"latent_dimensions": 0}, "firms": {"reading": 0.0}},
    "cocreation": {"relationship": {"cocreation": 0.0}},
    "context": {"relationship": {"context_gain": 0.0, "context_decay": 0.0}},
    # all trust is then the same number, and hearsay moves it from that number to that number
    "trust": {"learning": {"trust_gain": 0.0, "trust_loss": 0.0}},
    "turnover": {"market": {"turnover": 0.0}},
    "drift": {"market": {"turbulence": 0.0}},
}
# Levers that are 0 whatever the strategy says: here the mechanism is what the firm does.
LEVERS = {"contacts": "contacts", "surcharges": "surcharge", "recovery": "care"}

NAMES = tuple(Mechanisms.model_fields)


def switched_off(scenario: Any) -> tuple[str, ...]:
    """Mechanisms that the scenario takes out."""
    return tuple(name for name in NAMES if not getattr(scenario.mechanisms, name))


def idle_levers(scenario: Any) -> frozenset[str]:
    """Levers that are 0 because of a switch."""
    return frozenset(LEVERS[name] for name in switched_off(scenario) if name in LEVERS)


def as_played[S: Declared](scenario: S) -> S:
    """The scenario with the parameters that its switches override, for the engine; it is not validated again."""
    tables: dict[str, dict[str, Any]] = {}
    for name in switched_off(scenario):
        for table, entries in ENTRIES.get(name, {}).items():
            tables.setdefault(table, {}).update(entries)
    changed = tables.pop("", {})
    if "firms" in tables:
        entries = tables.pop("firms")
        changed["firms"] = tuple(firm.model_copy(update=entries) for firm in scenario.firms)
    changed |= {table: getattr(scenario, table).model_copy(update=entries) for table, entries in tables.items()}
    return scenario.model_copy(update=changed) if changed else scenario
