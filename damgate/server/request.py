"""One request on a connection, and the way its answer leaves it."""

from __future__ import annotations

import email.utils
from typing import Any

from cheroot.server import HTTPRequest

from damgate.server.body import Body, Chunked, Counted, Pace
from damgate.server.head import RequestRefused, read_head
from damgate.server.wire import ClientGone, Inlet


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

    def send_headers(self) -> None:
        """Send the status line and headers, with the truth about what becomes of the connection."""
        said = [value for name, value in self.outheaders if name.lower() == b"connection"]
        self.outheaders = [header for header in self.outheaders if header[0].lower() != b"connection"]
        if any(token.strip().lower() == b"close" for value in said for token in value.split(b",")):
            self.close_connection = True
        if self.body is not None and not self.close_connection:
            if self.body.unasked:
                self.body.refuse()
                self.close_connection = True
            elif self.body.cut:
                self.close_connection = True
            elif int(self.status[:3]) >= 400:  # a refusal: the app will read no further
                self._settle()
        if self.conn.place.crowded:  # between requests, others of its address need the place more
            self.close_connection = True
        super().send_headers()

    def end(self) -> None:
        """Say that the answer is whole."""
        self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")
        self._ended = True

    def abandon(self) -> None:
        """Leave the answer visibly unfinished: no last chunk, too few bytes, or where neither shows, a reset."""
        self.close_connection = True
        sized = any(name.lower() == b"content-length" for name, _ in self.outheaders)
        self.conn.reset = not (self._ended or self.chunked_write or sized)

    def simple_response(self, status: str, msg: str = "") -> None:
        """Answer in the server's own words, and close the connection."""
        self.close_connection = self.sent_headers = self.conn.linger = True
        text = f"{msg or status[4:]}\n".encode()
        head = (
            f"{self.server.protocol} {status}\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(text)}\r\n"
            "Connection: close\r\n"
            f"Date: {email.utils.formatdate(usegmt=True)}\r\n"
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
