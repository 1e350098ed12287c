"""One client's connection."""

from __future__ import annotations

import math
import re
import select
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from cheroot.server import HTTPConnection

from damgate.server.request import Request
from damgate.server.wire import PIECE, open_stream

END_OF_HEAD = re.compile(rb"\n\r?\n")


class Connection(HTTPConnection):
    """A connection that is closed so that the client can read the last answer.

    Cheroot closes at once: with bytes of the client still unread, that is a TCP reset, and the 403 is lost. Where
    it means to linger it leaves the socket to the garbage collector.
    """

    RequestHandlerClass = Request
    head_due_since = math.inf
    """When, on the monotonic clock, the client began to owe us a head; never while it is merely idle."""
    reset = False
    """Whether to close with a reset, because nothing else tells the client that the answer is not whole."""

    def __init__(self, server: Any, sock: Any, makefile: Any = None) -> None:
        """Belong to a server; the streams are our own, whichever Cheroot suggests."""
        del makefile
        super().__init__(server, sock, open_stream)
        self.head_due_since = time.monotonic()
        self._wanted = 1

    def communicate(self) -> bool:
        """Answer requests as long as the next one follows at once; tell whether the connection is to be kept.

        Cheroot watches a connection anew after each answer, and hands it to another thread for the next request: two
        wake-ups of threads, which cost more than the request of a client that asks for one file after another.
        """
        while super().communicate():  # type: ignore[no-untyped-call]  # stub
            if not self._next_follows():
                return True
        return False

    def _next_follows(self) -> bool:
        """Wait a moment for the next head; what is here already goes the usual way, so that nobody is overtaken."""
        if self.rfile.has_data():
            return False
        with self.server.staying() as may:
            if not may:
                return False
            waiting = select.poll()
            waiting.register(self.socket, select.POLLIN)
            here = waiting.poll(self.server.settings.stay_ms)
        return bool(here) and not self.lacks_head()

    def lacks_head(self) -> bool:
        """Tell whether a thread would have to wait for the rest of the next request's head.

        If so, the socket counts as readable only when there are more bytes than now.
        """
        buffered = self.rfile.peek() if self.rfile.has_data() else b""
        here = self._peek()
        head = buffered + (here or b"")
        whole = END_OF_HEAD.search(head) or len(head) > self.server.settings.header_bytes
        closed = here is not None and len(here) < self._wanted
        if whole or closed:
            self._want(1)
            self.head_due_since = math.inf
            return False
        self._want(len(here or b"") + 1)
        self.head_due_since = min(self.head_due_since, time.monotonic())
        return True

    def _peek(self) -> bytes | None:
        """Return what is here and unread, None where nothing is yet."""
        self.socket.setblocking(False)
        try:
            return bytes(self.socket.recv(self.server.settings.header_bytes + 1, socket.MSG_PEEK))
        except BlockingIOError:
            return None
        except OSError:
            return b""  # the peer is gone, as the thread will find
        finally:
            self.socket.settimeout(self.server.timeout)

    def _want(self, count: int) -> None:
        if count != self._wanted:
            self._wanted = count
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)

    def close(self) -> None:
        """Close the socket, after a refusal once the client has had time to read it."""
        linger = self.linger or (not self.rfile.closed and self.rfile.has_data())
        self.rfile.close()
        with suppress(OSError):  # the peer may be gone at each of these steps; then there is nobody to be polite to
            if self.reset:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif linger:
                self._linger()
            else:
                self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def _linger(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + float(self.server.settings.linger_seconds)
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            if not self.socket.recv(PIECE):
                return
