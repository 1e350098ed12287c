"""One line for each request, written when its last byte went out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

LONGEST = 1024  # characters of a path that are worth keeping
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def access_log() -> Any:
    """Return the logger of these lines, put together once: at each line that would cost more than to write it."""
    return structlog.get_logger("damgate.access").bind()


@dataclass(slots=True)
class Line:
    """What is known of a request so far."""

    id: str
    method: str
    path: str
    address: str = ""
    started: float = field(default_factory=time.perf_counter)
    actor: str = "-"
    status: int = 0
    received: int = 0
    sent: int = 0
    seconds: float = 0.0
    uploaded: bool = False  # a whole file was brought and kept
    code: str = ""  # of S3's error, where it was answered with one

    def write(self, log: Any) -> None:
        """Write the line."""
        log.info(
            "request",
            id=self.id,
            method=sanitize(self.method),
            path=sanitize(self.path),
            status=self.status,
            bytes=self.sent,
            ms=round(self.seconds * 1000, 1),
            address=sanitize(self.address),
            actor=sanitize(self.actor),
            **({"code": self.code} if self.code else {}),
        )


class Readable(Protocol):
    """A request's body as the server makes it."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        ...


class Incoming:
    """A request's body that is counted as it comes in."""

    def __init__(self, body: Readable, line: Line) -> None:
        """Read `body` for the request of `line`."""
        self._body = body
        self._line = line

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, nothing only at the proven end."""
        piece = self._body.read(size)
        self._line.received += len(piece)
        return piece


class Outgoing:
    """A body that is counted as it goes out, and closed whatever happens to it."""

    def __init__(self, body: Iterable[bytes], line: Line, over: Callable[[Line], None]) -> None:
        """Send `body`, then hand `line` to `over`, once."""
        self._body = body
        self._line = line
        self._over = over
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        line = self._line
        for piece in self._body:
            line.sent += len(piece)
            yield piece

    def close(self) -> None:
        """End the request."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            if not self._closed:
                self._closed = True
                self._line.seconds = time.perf_counter() - self._line.started
                self._over(self._line)


def sanitize(text: str) -> str:
    """Make what a client sent harmless to a terminal and to whoever reads the log."""
    if text.isascii() and text.isprintable():
        return text[:LONGEST]
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text[:LONGEST])
