"""What a program must know of the machine that it runs on."""

from __future__ import annotations

import os


def cores() -> int:
    """How many cores this process may use: those it is bound to (affinity), which Python 3.12 does not know of."""
    return getattr(os, "process_cpu_count", os.cpu_count)() or 1
