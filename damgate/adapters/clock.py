"""The system's clock."""

from __future__ import annotations

import time


class SystemClock:
    """Tells the time of the machine."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()
