"""The two directions of one client's socket."""

from __future__ import annotations

import io
import re
import socket
import ssl
from typing import Any

PIECE = 64 * 1024
AHEAD = 16 * 1024  # bytes of one record of TLS
END_OF_HEAD = re.compile(rb"\n\r?\n")
NOWHERE = 3  # -1, and the length of an empty line with the end of the line before it
LOGIN = re.compile(rb"\nauthorization:|\A[^\n?]*\?[^\n]*\bsignature=", re.IGNORECASE)  # in a header or the address
LONGEST_END = 2  # bytes of an end that may be there when its last byte comes


class ClientGone(Exception):
    """The client cannot be reached any more; whatever was still to be said is moot.

    Cheroot lets the socket's OSError pass, so an app's own (a lost object store, a full disk) looked like a lost
    client and was never answered.
    """


class Inlet:
    """What a client sends: a head is taken as it comes, without waiting; a body as it is asked for.

    Cheroot gives a thread to who reads, so that it waits there; and its pure-Python buffer copies large bodies
    twice, and asks the socket again until a read is full.
    """

    bytes_read = 0
    """For the statistics of Cheroot, which are off."""

    def __init__(self, sock: socket.socket) -> None:
        """Read from `sock`."""
        self._socket = sock
        self._ahead = bytearray()
        self._searched = 0
        self.closed = False

    def collect_head(self, limit: int) -> None:
        """Take what is here until a thread can read a head, or refuse one longer than `limit`, without waiting.

        The socket must not block: what it raises where nothing is there yet passes. Raises ClientGone when the
        peer has closed and said nothing.
        """
        while not END_OF_HEAD.search(self._ahead, self._searched) and len(self._ahead) <= limit:
            self._searched = max(0, len(self._ahead) - LONGEST_END)
            data = self._socket.recv(AHEAD)
            if not data:
                if self._ahead:
                    break
                raise ClientGone("the connection was closed")
            self._ahead += data
        self._searched = 0

    def brings_login(self) -> bool:
        """Tell whether the head that was collected says who asks, truly or not."""
        end = END_OF_HEAD.search(self._ahead)
        return LOGIN.search(self._ahead, 0, end.end() if end else len(self._ahead)) is not None

    def has_data(self) -> bool:
        """Tell whether there are bytes that the kernel does not show as readable."""
        return bool(self._ahead) or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0)

    def take(self, limit: int) -> bytes:
        """Give what is there, at least one byte and at most `limit`; empty when the peer has closed."""
        if not self._ahead:
            if limit >= AHEAD:
                return self._socket.recv(limit)
            self._ahead += self._socket.recv(AHEAD)
        return self._cut(limit)

    def readline(self, size: int, /) -> bytes:
        """Give one line with its end, or `size` bytes of it."""
        searched = 0
        while not (end := self._ahead.find(b"\n", searched, size) + 1) and len(self._ahead) < size:
            searched = len(self._ahead)
            data = self._socket.recv(AHEAD)
            if not data:
                break
            self._ahead += data
        return self._cut(end or size)

    def block(self, size: int, /) -> bytes:
        """Show the lines up to an empty one, which stay to be read; nothing where they are not all here, or longer."""
        end = 2 if self._ahead.startswith(b"\r\n") else self._ahead.find(b"\r\n\r\n", 0, size) + 4
        return b"" if end == NOWHERE or end > size else bytes(self._ahead[:end])

    def skip(self, size: int, /) -> None:
        """Take what was shown."""
        del self._ahead[:size]

    def close(self) -> None:
        """Forget what was not read."""
        self.closed = True
        self._ahead.clear()

    @property
    def patience(self) -> float | None:
        """How many seconds a read waits for a byte."""
        return self._socket.gettimeout()

    @patience.setter
    def patience(self, seconds: float | None) -> None:
        self._socket.settimeout(seconds)

    def _cut(self, size: int) -> bytes:
        data = bytes(self._ahead[:size])
        del self._ahead[:size]
        return data


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
    del size
    return Inlet(sock) if "r" in mode else Outlet(sock)
