"""Published results as limits of the model. API: a file `rNN_*.py` ends in `REPLICATION = Replication(...)`.

What is declared is in `sim.replications.replication`: `run(full) -> Found(checks, seen)` plays scenarios with the
ordinary engine, `draw(ax, seen)` draws what was seen. Scenario files stand beside the modules;
`scenario("r01_loyalty")` reads one.
"""

import importlib
import pkgutil
import re

from sim.replications.replication import Check, Found, Replication, scenario

__all__ = ["Check", "Found", "Replication", "replications", "scenario"]


def replications() -> dict[str, Replication]:
    """Every replication by its name ("R1", "R2", …), in the order of their numbers; found by walking this package."""
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__) if re.match(r"r\d\d_", m.name))
    found = [importlib.import_module(f"{__name__}.{name}").REPLICATION for name in modules]
    return {item.name: item for item in found}
