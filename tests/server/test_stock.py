"""What Cheroot does out of the box, row by row, and what this server does: a probe must tell the two apart.

The probes are short forms; the other files of this folder test each subject at length. Not probed in the stock
server, because it would keep the test waiting: bodies that drip, and memory that an unread body takes.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server as StockServer

from damgate.core.errors import IncompleteUpload
from damgate.server import Identity, Server, listen, open_context, own_identity
from tests.server.conftest import QUICK, Wire, parse

THREADS = 3
PATIENCE = 1.5  # seconds that a good client waits; the stock server lets go of a silent one after STOCK_TIMEOUT
STOCK_TIMEOUT = 4
GET = b"GET /next HTTP/1.1\r\nHost: h\r\n"
PUT = b"PUT /first HTTP/1.1\r\nHost: h\r\n"
CLOSE = b"Connection: close\r\n\r\n"
CHUNKED = PUT + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass
class Bench:
    """A server under test, and what its app has seen."""

    port: int
    trusting: ssl.SSLContext
    seen: list[str] = field(default_factory=list)
    environ: dict[str, Any] = field(default_factory=dict)
    cut: bool = False
    open: list[socket.socket] = field(default_factory=list)

    def connect(self) -> Wire:
        self.open.append(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE))
        return Wire(self.open[-1])

    def talk(self, data: bytes) -> list[int]:
        """Send bytes; give the status of each answer that comes in time."""
        wire = self.connect()
        wire.send(data)
        return statuses(wire)

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Do what the path says."""
        path = environ["PATH_INFO"]
        self.seen.append(path)
        self.environ = environ
        headers = [("Content-Length", "2")]
        if environ.get("HTTP_X_CLOSE"):
            headers.append(("Connection", "close"))
        if environ.get("HTTP_X_READ"):
            try:
                environ["wsgi.input"].read(*map(int, filter(None, [environ["HTTP_X_READ"].strip("a")])))
            except IncompleteUpload:
                self.cut = True
        start_response("403 Forbidden" if path == "/first" else "200 OK", headers)
        return [b"ok"]


def statuses(wire: Wire) -> list[int]:
    try:
        wire.rest()
    except TimeoutError:
        pass
    except ConnectionResetError:
        wire.received += b"HTTP/1.1 999 reset\r\nContent-Length: 0\r\n\r\n"
    return [answer.status for answer in parse(bytes(wire.received))]


@contextmanager
def ours(bench: Bench, identity: Identity | None) -> Iterator[int]:
    sock = listen("127.0.0.1", 0)
    tls = open_context(identity.certificate, identity.key) if identity else None
    server = Server(sock, bench.app, replace(QUICK, threads=THREADS), tls=tls)
    server.prepare()
    with _serving(server):
        yield sock.getsockname()[1]


@contextmanager
def stock(bench: Bench, identity: Identity | None) -> Iterator[int]:
    server = StockServer(("127.0.0.1", 0), bench.app, numthreads=THREADS, max=THREADS, timeout=STOCK_TIMEOUT)
    server.shutdown_timeout = 1
    server.error_log = lambda *_, **__: None  # type: ignore[method-assign]
    if identity:
        server.ssl_adapter = BuiltinSSLAdapter(str(identity.certificate), str(identity.key))
    server.prepare()
    with _serving(server):
        yield server.bind_addr[1]


@contextmanager
def _serving(server: Any) -> Iterator[None]:
    server.expiration_interval = 0.05  # how soon it looks whether to stop
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


def served_beside(bench: Bench, sent: bytes) -> bool:
    """Whether a good client is served while more others than there are threads have sent only this."""
    for _ in range(THREADS * 2):
        bench.connect().send(sent)
    time.sleep(0.1)
    return bench.talk(GET + CLOSE) == [200]


def silent_tls(bench: Bench) -> bool:
    bench.connect()
    time.sleep(0.1)
    try:
        with bench.trusting.wrap_socket(bench.connect().sock, server_hostname="localhost"):
            return True
    except TimeoutError:
        return False


def refused(head: bytes) -> Callable[[Bench], bool]:
    """Make a probe: the app sees nothing of this request, and it is answered with 400."""

    def probe(bench: Bench) -> bool:
        return bench.talk(PUT + head + b"\r\nhello") == [400] and not bench.seen

    return probe


def sees(request: bytes, path: str) -> Callable[[Bench], bool]:
    """Make a probe: the app sees this path."""

    def probe(bench: Bench) -> bool:
        return bench.talk(request + b" HTTP/1.1\r\nHost: h\r\n" + CLOSE) == [200] and bench.seen == [path]

    return probe


def unread_chunks_are_no_request(bench: Bench) -> bool:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(GET + b"\r\n"), GET + b"\r\n")
    return bench.talk(CHUNKED + body + GET + CLOSE) == [403, 200] and bench.seen == ["/first", "/next"]


def unread_chunks_are_no_request_after_a_close(bench: Bench) -> bool:
    head = PUT + b"X-Close: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    return bench.talk(head + b"5\r\nhello\r\n0\r\n\r\n" + GET + CLOSE) == [403]


def a_refusal_does_not_wait_for_the_body(bench: Bench) -> bool:
    wire = bench.connect()
    wire.send(PUT + b"Content-Length: 50000000\r\n\r\n")
    try:
        return wire.until(b"ok").startswith(b"HTTP/1.1 403 ")
    except TimeoutError:
        return False


def a_chunk_is_given_as_it_comes(bench: Bench) -> bool:
    wire = bench.connect()
    wire.send(PUT.replace(b"first", b"next") + b"X-Read: 5\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\nhello")
    try:
        return wire.until(b"ok").startswith(b"HTTP/1.1 200 ")
    except TimeoutError:
        return False


def trailers_are_no_request(bench: Bench) -> bool:
    head = PUT + b"X-Read: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    return bench.talk(head + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n" + GET + CLOSE) == [403, 200]


def the_app_may_close(bench: Bench) -> bool:
    return bench.talk(PUT + b"X-Close: 1\r\n\r\n" + GET + CLOSE) == [403]


def a_refusal_comes_before_the_body_is_asked_for(bench: Bench) -> bool:
    return bench.talk(PUT + b"Content-Length: 5\r\nExpect: 100-continue\r\n" + CLOSE) == [403]


def the_body_is_asked_for_in_any_spelling(bench: Bench) -> bool:
    wire = bench.connect()
    wire.send(PUT + b"X-Read: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n" + CLOSE)
    try:
        wire.until(b"100 Continue")
    except (TimeoutError, AssertionError):
        return False
    wire.send(b"hello")
    return statuses(wire) == [100, 403]


def underscores_are_no_dashes(bench: Bench) -> bool:
    bench.talk(GET + b"X_Forwarded_For: 10.1.1.1\r\n" + CLOSE)
    return "HTTP_X_FORWARDED_FOR" not in bench.environ


def a_cut_body_is_known_as_cut(bench: Bench) -> bool:
    wire = bench.connect()
    wire.send(PUT + b"X-Read: a\r\nContent-Length: 10\r\n\r\nhello")
    wire.end()
    statuses(wire)
    return bench.seen == ["/first"] and bench.cut


def a_refusal_can_be_read(bench: Bench) -> bool:
    wire = bench.connect()
    wire.send(PUT + b"Content-Length: 2000000\r\n" + CLOSE)
    try:
        for _ in range(5):  # the answer is there, and the client sends on before it reads
            time.sleep(0.1)
            wire.sock.sendall(bytes(100_000))
    except ConnectionError:  # many clients look no further
        return False
    wire.end()
    return statuses(wire) == [403]


ROWS: dict[str, Callable[[Bench], bool]] = {
    "silent clients hold no thread": lambda bench: served_beside(bench, b""),
    "slow heads hold no thread": lambda bench: served_beside(bench, b"GET / HTTP/1.1\r\nHo"),
    "silent clients of TLS do not stop the server": silent_tls,
    "unread chunks are no request": unread_chunks_are_no_request,
    "unread chunks are no request after a close": unread_chunks_are_no_request_after_a_close,
    "a refusal does not wait for the body": a_refusal_does_not_wait_for_the_body,
    "a chunk is given as it comes": a_chunk_is_given_as_it_comes,
    "negative length": refused(b"Content-Length: -1\r\n"),
    "signed length": refused(b"Content-Length: +5\r\n"),
    "length with underscore": refused(b"Content-Length: 0_5\r\n"),
    "two lengths": refused(b"Content-Length: 0\r\nContent-Length: 5\r\n"),
    "length and chunks": refused(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    "blank in a name": refused(b"X y: z\r\nContent-Length: 5\r\n"),
    "trailers are no request": trailers_are_no_request,
    "the app may close": the_app_may_close,
    "a refusal comes before the body is asked for": a_refusal_comes_before_the_body_is_asked_for,
    "the body is asked for in any spelling": the_body_is_asked_for_in_any_spelling,
    "OPTIONS decodes its path": sees(b"OPTIONS /a%20b/", "/a b/"),
    "OPTIONS of the server has no path": sees(b"OPTIONS *", ""),
    "an absolute target": sees(b"GET http://h/a%20b", "/a b"),
    "a path of two slashes": sees(b"GET //key", "//key"),
    "raw UTF-8": sees(b"GET /caf\xc3\xa9", "/cafÃ©"),
    "underscores are no dashes": underscores_are_no_dashes,
    "a cut body is known as cut": a_cut_body_is_known_as_cut,
    "a refusal can be read": a_refusal_can_be_read,
}


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder: Path = tmp_path_factory.mktemp("tls")
    return own_identity(folder, [], datetime.now(UTC))


@pytest.mark.parametrize("server", [ours, stock], ids=["ours", "stock"])
@pytest.mark.parametrize("row", ROWS)
def test_a_row_holds_here_and_not_in_the_stock_server(row: str, server: Any, identity: Identity) -> None:
    bench = Bench(0, ssl.create_default_context(cafile=identity.certificate))
    with server(bench, identity if "TLS" in row else None) as bench.port:
        try:
            assert ROWS[row](bench) == (server is ours)
        finally:
            for sock in bench.open:
                sock.close()
