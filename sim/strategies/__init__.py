"""Firm strategies, one file each; a file put here is found by itself (see docs/extending.md)."""

from sim.strategies.base import FirmView, Levers, Rival, Strategy, StrategyError, registry

__all__ = ["FirmView", "Levers", "Rival", "Strategy", "StrategyError", "registry"]
