"""How many runs of an experiment there are, and how many are over."""

from typing import NamedTuple


class Counts(NamedTuple):
    """Runs of an experiment: in all (each once), done, failed."""

    total: int
    done: int
    failed: int

    @property
    def left(self) -> int:
        """Runs that have neither succeeded nor failed."""
        return self.total - self.done - self.failed
