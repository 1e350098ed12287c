"""A request's body as the app reads it: one that knows whether it was cut."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from damgate.core.errors import IncompleteUpload
from damgate.server.lines import Malformed, read_fields, read_line
from damgate.server.wire import PIECE, ClientGone, Inlet

CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;.*)?", re.DOTALL)
CHUNK_LINE = 4096
LARGEST_CHUNK = 1 << 62
TRAILER_BYTES = 8 * 1024
TRAILER_FIELDS = 32


class Frames(Protocol):
    """Where a body ends on the wire."""

    finished: bool
    """Whether its last byte has been taken off the wire."""

    def fewest(self) -> int:
        """Give how many bytes are still to come, at least."""
        ...

    def take(self, limit: int) -> bytes:
        """Give some bytes; empty only at the true end. A cut raises Malformed or OSError."""
        ...


class Counted:
    """A body of declared length.

    Cheroot takes what the peer sent before it stopped for the whole.
    """

    def __init__(self, inlet: Inlet, length: int) -> None:
        """Expect `length` bytes."""
        self._inlet = inlet
        self._left = length
        self.finished = length == 0

    def fewest(self) -> int:
        """Give how many bytes are still to come."""
        return self._left

    def take(self, limit: int) -> bytes:
        """Give some bytes; empty only after the last."""
        if self.finished:
            return b""
        data = self._inlet.take(min(limit, self._left))
        if not data:
            raise Malformed(f"{self._left} bytes were missing")
        self._left -= len(data)
        self.finished = self._left == 0
        return data


class Chunked:
    """A body in chunks, decoded as it comes.

    Cheroot collects each chunk whole in a growing buffer (quadratic in its size, and unbounded), takes any line
    that `int(…, 16)` takes, and leaves the trailers to be read as the next request.
    """

    def __init__(self, inlet: Inlet) -> None:
        """Expect the line of the first chunk."""
        self._inlet = inlet
        self._left = 0
        self._first = True
        self.finished = False

    def fewest(self) -> int:
        """Give what is left of the present chunk."""
        return self._left

    def take(self, limit: int) -> bytes:
        """Give some bytes; empty only after the last chunk and its trailers."""
        if self.finished:
            return b""
        if not self._left:
            self._left = self._next_size()
            if not self._left:
                read_fields(self._inlet, TRAILER_BYTES, TRAILER_FIELDS)
                self.finished = True
                return b""
        data = self._inlet.take(min(limit, self._left))
        if not data:
            raise Malformed("a chunk was cut")
        self._left -= len(data)
        return data

    def _next_size(self) -> int:
        if not self._first and read_line(self._inlet, 2) != b"":
            raise Malformed("a chunk was cut")
        self._first = False
        line = read_line(self._inlet, CHUNK_LINE)
        if line is None:
            raise Malformed("the last chunk was missing")
        match = CHUNK_SIZE.fullmatch(line)
        if match is None or int(match[1], 16) > LARGEST_CHUNK:
            raise Malformed("a chunk did not begin with its size")
        return int(match[1], 16)


class Pace:
    """How slowly a body may come: a client that drips holds a thread, and Cheroot lets it for ever."""

    def __init__(self, patience: float = 30.0, least_rate: int = 1024) -> None:
        """After `patience` seconds of waiting, want `least_rate` bytes for each second."""
        self._patience = patience
        self._least_rate = least_rate
        self._waited = 0.0
        self._got = 0

    def take(self, frames: Frames, limit: int) -> bytes:
        """Take some bytes; raises Malformed where they come too slowly."""
        start = time.monotonic()
        data = frames.take(limit)
        self._waited += time.monotonic() - start
        self._got += len(data)
        if self._waited > self._patience and self._got < self._waited * self._least_rate:
            raise Malformed("it came too slowly")
        return data


class Body:
    """`wsgi.input`: reads like a file, and raises IncompleteUpload where the peer stopped before the end.

    Cheroot gives a cut body a normal end, so that half a picture is kept as a whole one; and it says
    `100 Continue` before the app has seen the request, so that a refusal comes after the upload.
    """

    def __init__(
        self, inlet: Inlet, frames: Frames, ask: Callable[[], None] | None = None, pace: Pace | None = None
    ) -> None:
        """Read `frames` off `inlet`; `ask` is called once, before the first byte that is needed from the client."""
        self._pace = pace or Pace()
        self._inlet = inlet
        self._frames = frames
        self._ask = None if frames.finished else ask
        self._line = b""
        self._cut: str | None = None

    @property
    def finished(self) -> bool:
        """Whether the last byte has been taken off the wire, so that a next request may follow."""
        return self._frames.finished

    @property
    def unasked(self) -> bool:
        """Whether the client still waits to be asked for the body."""
        return self._ask is not None

    @property
    def cut(self) -> bool:
        """Whether the body ended before its end; nothing that follows on the wire can be trusted."""
        return self._cut is not None

    def refuse(self) -> None:
        """Decide never to ask for a body that was not sent yet."""
        if self._ask is not None:
            self._ask = None
            self._cut = "it was answered before it was asked for"

    def read(self, size: int | None = -1) -> bytes:
        """Give `size` bytes, fewer only at the end; all of them without a size."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        pieces = []
        while size:
            piece = self._take(min(size, PIECE))
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readline(self, size: int | None = -1) -> bytes:
        """Give one line with its end, at most `size` bytes of it."""
        pieces = []
        left = -1 if size is None or size < 0 else size
        while left:
            piece = self._take(PIECE if left < 0 else min(left, PIECE))
            end = piece.find(b"\n") + 1
            if end:
                self._line = piece[end:] + self._line
                piece = piece[:end]
            pieces.append(piece)
            if end or not piece:
                break
            left -= len(piece)
        return b"".join(pieces)

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """Give lines until `hint` bytes are passed."""
        lines = []
        left = hint or -1
        for line in self:
            lines.append(line)
            if 0 < left <= len(line):
                break
            left -= len(line) if left > 0 else 0
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def drain(self, most: int, seconds: float) -> bool:
        """Throw the rest away if it is short and comes soon; say whether the end was reached."""
        self._line = b""
        patience = self._inlet.patience
        until = time.monotonic() + seconds
        try:
            while not self.finished:
                left = until - time.monotonic()
                if left <= 0 or self._frames.fewest() > most or self.cut or self.unasked:
                    return False
                self._inlet.patience = left
                most -= len(self._take(PIECE))
                if most < 0:
                    return False
        except IncompleteUpload:
            return False
        finally:
            self._inlet.patience = patience
        return True

    def _take(self, limit: int) -> bytes:
        if self._line:
            piece, self._line = self._line[:limit], self._line[limit:]
            return piece
        if self._cut is None:
            try:
                if self._ask is not None:
                    ask, self._ask = self._ask, None
                    ask()
                return self._pace.take(self._frames, limit)
            except Malformed as error:
                self._cut = str(error)
            except TimeoutError:
                self._cut = "the client fell silent"
            except (OSError, ClientGone):
                self._cut = "the connection was lost"
        raise IncompleteUpload(f"The upload ended before its last byte: {self._cut}. Nothing was changed.")
