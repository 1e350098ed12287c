"""Time, so that tests can hold it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        ...
