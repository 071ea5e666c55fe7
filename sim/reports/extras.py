"""Libraries that only some formats need: a plain sentence where one is missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from sim.results import ResultsError


class MissingExtra(ResultsError):
    """A format needs a library that is not installed; the message says how to install it."""


def need(module: str, what: str) -> ModuleType:
    """The module. Raises MissingExtra where it is not installed; `what` cannot be made then."""
    try:
        return import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        message = f"{what} needs {name}, which is not installed: pip install 'buyer-seller-sim[report]'"
        raise MissingExtra(message) from None
