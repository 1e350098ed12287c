"""One request on a connection, and the way its answer leaves it."""

from __future__ import annotations

import email.utils
import sys
import time
from functools import lru_cache
from typing import Any

from cheroot.server import HTTPRequest

from damgate.server.body import Body, Chunked, Counted, Pace
from damgate.server.head import RequestRefused, read_head
from damgate.server.wire import ClientGone, Inlet

JOINED = 64 * 1024  # bytes of a first block that leave in one piece with the headers


class Request(HTTPRequest):
    """A request whose framing is beyond doubt, or that is refused and its connection closed.

    Cures of Cheroot: an unread chunked body becomes the next request; an unread counted one is read into memory
    at once; `Connection: close` of the app or `Close` of the client does not close; its own error answers count
    characters instead of bytes and leave the connection's fate open.
    """

    def __init__(self, server: Any, conn: Any) -> None:
        """Belong to a server and a connection."""
        super().__init__(server, conn)
        self.scheme = b"https" if conn.secure else b"http"
        self.method = b""
        self.body: Body | None = None
        self._ended = False
        self._head = b""

    def parse_request(self) -> None:
        """Read the head; `ready` tells whether it may be answered by the app."""
        settings = self.server.settings
        if self.conn.misdirected:
            self.simple_response("400 Bad Request", "This port speaks TLS: its addresses begin with https://.")
            return
        try:
            head = read_head(self.conn.rfile, settings.header_bytes, settings.header_fields)
        except RequestRefused as refusal:
            self.simple_response(refusal.status, refusal.sentence)
            return
        if head is None:
            return
        self.started_request = True
        self.method = head.method
        self.uri = head.target.raw
        self.path = head.target.path
        self.qs = head.target.query
        self.authority = head.target.host or b""
        self.request_protocol = b"HTTP/%d.%d" % head.version
        self.response_protocol = self.request_protocol.decode("ascii")
        self.inheaders = head.fields
        self.close_connection = head.closes
        self.chunked_read = head.chunked
        inlet: Inlet = self.conn.rfile
        frames = Chunked(inlet) if head.chunked else Counted(inlet, head.length)
        pace = Pace(settings.patience, settings.least_rate)
        self.rfile = self.body = Body(inlet, frames, self._ask if head.expects_continue else None, pace)
        self.ready = True

    def respond(self) -> None:
        """Let the app answer, then make sure that nothing of this request is left for the next."""
        self.server.gateway(self).respond()
        if not self.close_connection:
            self._settle()
        if self.body is not None and not self.body.finished:
            self.conn.linger = True
            # KDE sends on before it looks for an answer, and takes a connection that ends meanwhile for broken.
            self.body.drain(sys.maxsize, self.server.settings.linger_seconds)

    def send_headers(self) -> None:
        """Put the status line and headers together, with the truth about what becomes of the connection.

        They leave with the first block of the body, or with its end.
        """
        names = {name.lower(): value for name, value in self.outheaders}
        if b"close" in names.pop(b"connection", b"").lower().replace(b" ", b"").split(b","):
            self.close_connection = True
        status = int(self.status[:3])
        self._settle_for(status)
        if b"content-length" not in names and status >= 200 and status not in {204, 205, 304}:
            if self.response_protocol == "HTTP/1.1" and self.method != b"HEAD":
                self.chunked_write = True
            else:
                self.close_connection = True  # nothing else says where the body ends
        if not self.close_connection and not self.server.can_add_keepalive_connection:
            self.close_connection = True
        lines = [self.server.protocol.encode() + b" " + self.status]
        lines += [name + b": " + value for name, value in self.outheaders if name.lower() != b"connection"]
        if self.chunked_write:
            lines.append(b"Transfer-Encoding: chunked")
        if self.close_connection:
            lines.append(b"Connection: close")
        elif self.response_protocol != "HTTP/1.1":
            lines.append(b"Connection: Keep-Alive")
        if b"date" not in names:
            lines.append(b"Date: " + _date(int(time.time())))
        lines.append(b"Server: " + self.server.server_name.encode())
        self._head = b"\r\n".join(lines) + b"\r\n\r\n"

    def write(self, chunk: bytes) -> None:
        """Send a block of the body, the first one behind the headers."""
        framed = b"%x\r\n%s\r\n" % (len(chunk), chunk) if self.chunked_write else chunk
        self._send(framed)

    def end(self) -> None:
        """Say that the answer is whole."""
        self.ensure_headers_sent()
        self._send(b"0\r\n\r\n" if self.chunked_write else b"")
        self._ended = True

    def abandon(self) -> None:
        """Leave the answer visibly unfinished: no last chunk, too few bytes, or where neither shows, a reset."""
        self._send(b"")
        self.close_connection = True
        sized = any(name.lower() == b"content-length" for name, _ in self.outheaders)
        self.conn.reset = not (self._ended or self.chunked_write or sized)

    def _send(self, data: bytes) -> None:
        head, self._head = self._head, b""
        if head and len(data) <= JOINED:
            data = head + data
        elif head:
            self.conn.wfile.write(head)
        if data:
            self.conn.wfile.write(data)

    def _settle_for(self, status: int) -> None:
        """Decide what becomes of a body that is not read yet, and of the connection."""
        if self.body is not None and not self.close_connection:
            if self.body.unasked:
                self.body.refuse()
                self.close_connection = True
            elif self.body.cut:
                self.close_connection = True
            elif status >= 400:  # a refusal: the app will read no further
                self._settle()
        if self.conn.place.crowded:  # between requests, others of its address need the place more
            self.close_connection = True

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer in the server's own words, and close the connection."""
        self.close_connection = self.sent_headers = self.conn.linger = True
        text = f"{msg or status[4:]}\n".encode()
        head = (
            f"{self.server.protocol} {status}\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(text)}\r\n"
            "Connection: close\r\n"
            f"Date: {_date(int(time.time())).decode()}\r\n"
            f"Server: {self.server.server_name}\r\n\r\n"
        )
        try:
            self.conn.wfile.write(head.encode("latin-1") + (b"" if self.method == b"HEAD" else text))
        except ClientGone:
            self.conn.linger = False

    def _settle(self) -> None:
        """Throw away what is left of the body, or else give up the connection."""
        settings = self.server.settings
        if self.body is not None and not self.body.drain(settings.drain_bytes, settings.drain_seconds):
            self.close_connection = True

    def _ask(self) -> None:
        self.conn.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


@lru_cache(maxsize=2)
def _date(at: int) -> bytes:
    return email.utils.formatdate(at, usegmt=True).encode()
