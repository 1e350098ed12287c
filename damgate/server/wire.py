"""The two directions of one client's socket."""

from __future__ import annotations

import io
import socket
from typing import Any

from cheroot.makefile import StreamReader

PIECE = 64 * 1024


class ClientGone(Exception):
    """The client cannot be reached any more; whatever was still to be said is moot.

    Cheroot lets the socket's OSError pass, so an app's own (a lost object store, a full disk) looked like a lost
    client and was never answered.
    """


class Inlet:
    """What a body is read from: buffered lines and short reads, large reads straight from the socket.

    Cheroot's pure-Python buffer copies large bodies twice, and asks the socket again until a read is full.
    """

    def __init__(self, sock: socket.socket, reader: Any) -> None:
        """Read what `reader` has buffered first, then from `sock`."""
        self._socket = sock
        self._reader = reader

    def take(self, limit: int) -> bytes:
        """Give what is there, at least one byte and at most `limit`; empty when the peer has closed."""
        if self._reader.has_data() or limit < io.DEFAULT_BUFFER_SIZE:
            return bytes(self._reader.read1(limit))
        return bytes(self._reader.raw.read(limit))

    def readline(self, size: int, /) -> bytes:
        """Give one line with its end, or `size` bytes of it."""
        return bytes(self._reader.readline(size))

    @property
    def patience(self) -> float | None:
        """How many seconds a read waits for a byte."""
        return self._socket.gettimeout()

    @patience.setter
    def patience(self, seconds: float | None) -> None:
        self._socket.settimeout(seconds)


class Outlet:
    """What an answer is written to; every write is on its way when it returns.

    Cheroot copies all that is left of a large block after each partial send; this sends slices of it, each with
    the whole timeout, and raises `ClientGone` when they cannot be sent.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Write to `sock`."""
        self._socket = sock
        self.bytes_written = 0

    def write(self, data: bytes) -> int:
        """Send all of `data`."""
        view = memoryview(data)
        try:
            for start in range(0, len(view), PIECE):
                self._socket.sendall(view[start : start + PIECE])
        except OSError as error:
            raise ClientGone(str(error)) from error
        self.bytes_written += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


def open_stream(sock: socket.socket, mode: str, size: int = io.DEFAULT_BUFFER_SIZE) -> Any:
    """Open one direction of a socket, as Cheroot's `MakeFile` does."""
    return StreamReader(sock, mode, size) if "r" in mode else Outlet(sock)
