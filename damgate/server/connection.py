"""One client's connection."""

from __future__ import annotations

import math
import select
import selectors
import socket
import ssl
import struct
import time
from contextlib import suppress
from typing import Any

from cheroot.server import HTTPConnection

from damgate.server.request import Request
from damgate.server.strangers import Place
from damgate.server.wire import PIECE, ClientGone, open_stream

SENTENCE = b"Too many connections of this address wait without a login; try again in a moment.\n"
TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Connection: close\r\nRetry-After: 2\r\nServer: damgate\r\n\r\n%s" % (len(SENTENCE), SENTENCE)
)
HANDSHAKE = b"\x16"  # the first byte of whatever speaks TLS


class Connection(HTTPConnection):
    """A connection that waits for its client without a thread, and is closed so that the last answer can be read.

    Cheroot shakes hands for TLS in the thread that accepts, so that one silent client stops the server. It closes
    at once: with bytes of the client still unread, that is a TCP reset, and the 403 is lost; and the client of TLS
    cannot tell the end from a cut. Where Cheroot means to linger it leaves the socket to the garbage collector.
    """

    RequestHandlerClass = Request
    due = math.inf
    """When, on the monotonic clock, the client has had its time to send a head; never while it is merely idle."""
    place = Place(None, "")
    """Among the connections that nobody logged in on."""
    reset = False
    """Whether to close with a reset, because nothing else tells the client that the answer is not whole."""
    secure = False
    """Whether TLS is spoken."""
    misdirected = False
    """Whether the client does not speak TLS where it must."""
    leaving = False
    """Whether it was turned away, and only given the time to read so."""

    def __init__(self, server: Any, sock: Any, makefile: Any = None) -> None:
        """Belong to a server; the streams are our own, whichever Cheroot suggests."""
        del makefile
        super().__init__(server, sock, open_stream)
        self.due = time.monotonic() + server.settings.head_seconds
        self._greeting = server.tls is not None

    def communicate(self) -> bool:
        """Answer requests as long as the next one follows at once; tell whether the connection is to be kept.

        Cheroot watches a connection anew after each answer, and hands it to another thread for the next request: two
        wake-ups of threads, which cost more than the request of a client that asks for one file after another.
        """
        while super().communicate():  # type: ignore[no-untyped-call]  # stub
            try:
                if not self._next_follows():
                    return True
            except ClientGone:
                break
        return False

    def _next_follows(self) -> bool:
        """Wait a moment for the next head; what is here already goes the usual way, so that nobody is overtaken.

        Raises ClientGone.
        """
        if self.rfile.has_data():
            return False
        with self.server.staying() as may:
            if not may:
                return False
            waiting = select.poll()
            waiting.register(self.socket, select.POLLIN)
            here = waiting.poll(self.server.settings.stay_ms)
        return bool(here) and self.advance() == 0

    def advance(self) -> int:
        """Go on as far as nobody has to wait; give the event to wait for, 0 once a thread can serve a request.

        Raises ClientGone when nobody is there any more.
        """
        self.socket.setblocking(False)
        try:
            if self.leaving:
                self._discard()
            if self._greeting:
                self._greet()
            self.rfile.collect_head(self.server.settings.header_bytes)
            if self.place.over and not self.rfile.brings_login():
                self._turn_away()
        except (BlockingIOError, ssl.SSLWantReadError):
            event = selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            event = selectors.EVENT_WRITE
        except OSError as error:
            raise ClientGone(str(error)) from error
        else:
            self.socket.settimeout(self.server.timeout)
            self.due = math.inf
            return 0
        if self.rfile.has_data():
            self.due = min(self.due, time.monotonic() + self.server.settings.head_seconds)
        return event

    def welcome(self) -> None:
        """Take note that somebody has logged in here, by which the connection stops to count against its address."""
        self.place.leave()

    def take(self, place: Place) -> None:
        """Be at this place; on one that is over, a login must come soon."""
        self.place = place
        if place.over:
            self.due = time.monotonic() + self.server.settings.linger_seconds

    def close(self) -> None:
        """Close the socket, after a refusal once the client has had time to read it."""
        self.place.leave()
        linger = self.linger or (not self.rfile.closed and self.rfile.has_data())
        self.rfile.close()
        with suppress(OSError):  # the peer may be gone at each of these steps; then there is nobody to be polite to
            if self.reset:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self._end_tls(self.server.settings.linger_seconds)
                if linger:
                    self._linger()
                else:
                    self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def drop(self) -> None:
        """Close at once, as who watches many connections must."""
        self.place.leave()
        self.rfile.close()
        with suppress(OSError):
            self._end_tls(0)
        self.socket.close()

    def _turn_away(self) -> None:
        """Say that there are too many, without waiting; then nothing but the client's end is read."""
        self.leaving = True
        self.due = time.monotonic() + self.server.settings.linger_seconds
        self.rfile.close()
        self.socket.send(TOO_MANY)
        self._end_tls(0)
        self.socket.shutdown(socket.SHUT_WR)
        raise BlockingIOError  # the client has not read it yet

    def _discard(self) -> None:
        if socket.socket.recv(self.socket, PIECE):  # as it is, encrypted or not
            raise BlockingIOError  # more may come
        raise ClientGone("it has read what it was told")

    def _greet(self) -> None:
        """Shake hands for TLS, as far as the client has come."""
        if not self.secure:
            first = self.socket.recv(1, socket.MSG_PEEK)
            if first != HANDSHAKE:
                self.misdirected = True
                self._greeting = False
                return
            self.socket = self.server.tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.rfile, self.wfile = open_stream(self.socket, "rb"), open_stream(self.socket, "wb")
            self.secure = True
        self.socket.do_handshake()
        self._greeting = False

    def _end_tls(self, seconds: float) -> None:
        """Say that nothing more comes, so that the end cannot be taken for a cut; the client's own is not awaited."""
        if not self.secure or self._greeting:
            return
        room = select.poll()
        room.register(self.socket, select.POLLOUT)
        if room.poll(seconds * 1000):
            self.socket.setblocking(False)
            with suppress(ssl.SSLError):  # it looks for the client's end at once, and may find bytes of a body instead
                self.socket.unwrap()

    def _linger(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + float(self.server.settings.linger_seconds)
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            if not socket.socket.recv(self.socket, PIECE):
                return
