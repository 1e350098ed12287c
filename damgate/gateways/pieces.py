"""A file, or a part of it, as the body of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from damgate.drive import Opened
from damgate.gateways.ranges import Span


class Pieces:
    """A file's bytes as a body; closing it closes the file, however far the reading came."""

    def __init__(self, opened: Opened, span: Span | None) -> None:
        """Prepare the whole, or the bytes of `span`; raises Corrupt before anything was sent where that is known."""
        self._opened = opened
        self._pieces = opened.pieces() if span is None else opened.pieces(span.start, span.stop)

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Let go of the file."""
        with suppress(AttributeError):
            self._pieces.close()  # type: ignore[attr-defined]  # a generator has it, an iterator has not
        self._opened.close()
