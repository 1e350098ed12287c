"""`/healthz` and `/readyz`: whether the process lives, and whether it can serve."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from damgate.core.errors import MethodRefused
from damgate.gateways.reply import Reply, whole
from damgate.gateways.request import Request

PATHS = frozenset({("healthz",), ("readyz",)})
NO_STORE = ("Cache-Control", "no-store")
REMEMBERED = 1.0  # seconds: anybody may ask, and a look writes to the disk


@dataclass(frozen=True, slots=True)
class Readiness:
    """How the server is: complaints keep it from serving, remarks are for its operator to know."""

    complaints: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Health:
    """Answers the two addresses."""

    def __init__(self, look: Callable[[], Readiness]) -> None:
        """Find out by `look`, once a second at most."""
        self._look = look
        self._looking = threading.Lock()
        self._seen: tuple[float, Readiness] | None = None

    def answer(self, request: Request) -> Reply:
        """Return 200 or 503, with the reasons."""
        if request.method not in {"GET", "HEAD"}:
            raise MethodRefused("This address is only read.")
        if request.path == ("healthz",):
            return whole(200, b"ok\n", "text/plain; charset=utf-8", [NO_STORE])
        now = self._readiness()
        told = {"ready": not now.complaints, "complaints": now.complaints, "remarks": now.remarks}
        return whole(503 if now.complaints else 200, json.dumps(told).encode() + b"\n", "application/json", [NO_STORE])

    def _readiness(self) -> Readiness:
        with self._looking:
            if self._seen is None or time.monotonic() - self._seen[0] > REMEMBERED:
                self._seen = (time.monotonic(), self._look())
            return self._seen[1]
