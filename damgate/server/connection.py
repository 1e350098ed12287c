"""One client's connection."""

from __future__ import annotations

import math
import selectors
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from cheroot.server import HTTPConnection

from damgate.server.request import Request
from damgate.server.wire import PIECE, ClientGone, open_stream


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

    def advance(self) -> int:
        """Go on as far as nobody has to wait; give the event to wait for, 0 once a thread can serve a request.

        Raises ClientGone when nobody is there any more.
        """
        self.socket.setblocking(False)
        try:
            self.rfile.collect_head(self.server.settings.header_bytes)
        except BlockingIOError:
            pass
        except OSError as error:
            raise ClientGone(str(error)) from error
        else:
            self.socket.settimeout(self.server.timeout)
            self.head_due_since = math.inf
            return 0
        if self.rfile.has_data():
            self.head_due_since = min(self.head_due_since, time.monotonic())
        return selectors.EVENT_READ

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

    def drop(self) -> None:
        """Close at once, as who watches many connections must."""
        self.rfile.close()
        self.socket.close()

    def _linger(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + float(self.server.settings.linger_seconds)
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            if not self.socket.recv(PIECE):
                return
