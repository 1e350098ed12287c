"""TLS: what a server does over it as without, and peers that are silent, drip, or do not speak it."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from damgate.core.errors import IncompleteUpload, Misconfigured
from damgate.server import Identity, Server, Strangers, Tally, listen, open_context, own_identity
from tests.server.conftest import OPEN, QUICK, Running, Wire, parse

GET = b"GET / HTTP/1.1\r\nHost: h\r\n"
CLOSE = b"Connection: close\r\n\r\n"
PUT = b"PUT /file HTTP/1.1\r\nHost: h\r\n"
IMPATIENT = replace(QUICK, head_seconds=1.0, patience=0.5, least_rate=1000)


@dataclass(frozen=True)
class Tls:
    """Both sides' contexts."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    identity: Identity


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    found = own_identity(tmp_path_factory.mktemp("tls"), ["dam.example.com"], datetime.now(UTC))
    client = ssl.create_default_context(cafile=found.certificate)
    return Tls(open_context(found.certificate, found.key), client, found)


def encrypted(running: Running, tls: Tls, context: ssl.SSLContext | None = None, *, ragged: bool = False) -> Wire:
    """Connect and shake hands; without `ragged`, an end that was not announced is an error."""
    wrapped = (context or tls.client).wrap_socket(
        running.connect().sock, server_hostname="localhost", suppress_ragged_eofs=ragged
    )
    OPEN.append(wrapped)
    return Wire(wrapped)


def hello(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def digest(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the digest of the body."""
    found, body = hashlib.sha256(), environ["wsgi.input"]
    while piece := body.read(1 << 20):
        found.update(piece)
    start_response("200 OK", [("Content-Length", "64")])
    return [found.hexdigest().encode()]


def refuse(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("403 Forbidden", [("Content-Length", "2")])
    return [b"no"]


def asks(running: Running, tls: Tls) -> Wire:
    """Send a whole request on a connection of its own."""
    wire = encrypted(running, tls)
    wire.send(GET + b"\r\n")
    wire.until(b"hello")
    return wire


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "dam.example.com"])
def test_a_client_that_trusts_the_certificate_is_served_under_every_name(
    version: ssl.TLSVersion, name: str, start: Any, tls: Tls
) -> None:
    seen = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ["wsgi.url_scheme"])
        return hello(environ, start_response)

    context = ssl.create_default_context(cafile=tls.identity.certificate)
    context.minimum_version = context.maximum_version = version
    wrapped = context.wrap_socket(start(app, tls=tls.server).connect().sock, server_hostname=name)
    OPEN.append(wrapped)
    wire = Wire(wrapped)
    wire.send(GET + CLOSE)
    assert [answer.body for answer in wire.answers()] == [b"hello"]
    assert seen == ["https"]


def test_an_old_version_is_not_spoken(start: Any, tls: Tls) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        encrypted(start(hello, tls=tls.server), tls, context)


@pytest.mark.parametrize("chunked", [False, True], ids=["counted", "chunked"])
def test_bodies_pass_whole_in_both_directions(chunked: bool, start: Any, tls: Tls) -> None:
    data = bytes(range(256)) * (5 << 12)  # 5 MiB
    running = start(digest, tls=tls.server)
    wire = encrypted(running, tls)
    for size in (0, 1, 16_383, 16_384, 16_385, len(data)):
        body = data[:size]
        framing = b"Content-Length: %d\r\n\r\n%s" % (size, body)
        if chunked:
            chunk = b"%x\r\n%s\r\n" % (size, body) if size else b""
            framing = b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"0\r\n\r\n"
        wire.received.clear()
        wire.send(PUT + framing)
        wire.until(hashlib.sha256(body).hexdigest().encode())

    def giving(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [] if chunked else [("Content-Length", str(len(data)))])
        yield data

    start(giving, tls=tls.server)
    wire.received.clear()
    wire.send(GET + CLOSE)
    (answer,) = wire.answers()
    assert answer.body == data
    assert answer.whole


def test_requests_that_come_in_one_record_are_all_answered(start: Any, tls: Tls) -> None:
    wire = encrypted(start(hello, tls=tls.server), tls)
    wire.send((GET + b"\r\n") * 50 + GET + CLOSE)
    assert [answer.body for answer in wire.answers()] == [b"hello"] * 51


def test_a_head_in_pieces_is_answered_once_it_is_whole(start: Any, tls: Tls) -> None:
    wire = asks(start(hello, tls=tls.server), tls)
    wire.received.clear()
    for byte in GET:
        wire.send(bytes([byte]))
        time.sleep(0.001)
    assert wire.quiet(0.2)
    wire.send(b"\r\n")
    wire.until(b"hello")


def test_a_head_too_large_is_refused(start: Any, tls: Tls) -> None:
    wire = encrypted(start(hello, tls=tls.server), tls)
    wire.send(GET + b"X: " + b"y" * 200_000 + b"\r\n\r\n")
    assert [answer.status for answer in wire.answers()] == [431]


def test_a_refusal_can_be_read_while_the_body_still_comes(start: Any, tls: Tls) -> None:
    wire = encrypted(start(refuse, tls=tls.server), tls)
    wire.send(PUT + b"Content-Length: 100000000\r\n\r\n" + bytes(3 << 20))
    (answer,) = wire.answers()
    assert (answer.status, answer.headers["connection"]) == (403, "close")


def test_a_refused_client_may_send_its_body_before_the_connection_ends(start: Any, tls: Tls) -> None:
    wire = encrypted(start(refuse, replace(QUICK, linger_seconds=20), tls=tls.server), tls)
    wire.send(PUT + b"Content-Length: 3000000\r\n\r\n" + bytes(1_000_000))
    wire.until(b"\r\n\r\nno")
    assert wire.quiet(0.5)
    wire.sock.sendall(bytes(2_000_000))
    (answer,) = wire.answers()
    assert (answer.status, answer.headers["connection"]) == (403, "close")


def test_the_end_of_an_answer_is_announced_and_a_broken_one_is_not(start: Any, tls: Tls) -> None:
    wire = encrypted(start(hello, tls=tls.server), tls)
    wire.send(b"GET / HTTP/1.0\r\n\r\n")
    assert wire.rest().endswith(b"hello")

    def broken(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield b"some"
        raise ValueError("of the app")

    wire = encrypted(start(broken, tls=tls.server), tls)
    wire.send(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
        wire.rest()


@pytest.mark.parametrize("announced", [False, True])
def test_a_cut_body_is_known_as_cut(announced: bool, start: Any, tls: Tls) -> None:
    cut = threading.Event()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            environ["wsgi.input"].read()
        except IncompleteUpload:
            cut.set()
            raise
        return hello(environ, start_response)

    wire = encrypted(start(app, tls=tls.server), tls)
    wire.send(PUT + b"Content-Length: 1000\r\n\r\n" + b"x" * 999)
    if announced:
        assert isinstance(wire.sock, ssl.SSLSocket)
        wire.sock.settimeout(0.1)
        with pytest.raises((ssl.SSLError, TimeoutError)):
            wire.sock.unwrap()
    wire.sock.close()
    assert cut.wait(20)


def test_a_body_that_drips_is_cut(start: Any, tls: Tls) -> None:
    wire = encrypted(start(digest, IMPATIENT, tls=tls.server), tls)
    wire.send(PUT + b"Content-Length: 1000\r\n\r\n")
    for _ in range(40):
        wire.send(b"x")
        time.sleep(0.05)
    wire.until(b"too slowly")


def client_hello(tls: Tls) -> bytes:
    """The first bytes of a client that shakes hands."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        tls.client.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("how", ["silent", "one byte", "half a hello", "no answer to the server", "no head"])
def test_more_waiting_clients_than_threads_do_not_stop_the_server(how: str, start: Any, tls: Tls) -> None:
    running = start(hello, tls=tls.server)
    hello_bytes = client_hello(tls)
    for _ in range(QUICK.threads * 5):
        if how == "no head":
            encrypted(running, tls).send(b"GET / H")
            continue
        wire = running.connect()
        sent = {"silent": b"", "one byte": hello_bytes[:1], "half a hello": hello_bytes[:100]}
        wire.send(sent.get(how, hello_bytes))
    time.sleep(0.2)
    begun = time.monotonic()
    asks(running, tls)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("how", ["silent", "half a hello", "no answer to the server", "no head", "dripping"])
def test_a_client_that_does_not_come_to_its_head_is_let_go(how: str, start: Any, tls: Tls) -> None:
    running = start(hello, IMPATIENT, tls=tls.server)
    idle = asks(running, tls)
    begun = time.monotonic()
    if how == "no head":
        wire = encrypted(running, tls)
        wire.send(b"GET / H")
    else:
        wire = running.connect()
        sent = client_hello(tls)
        wire.send({"silent": b"", "half a hello": sent[:100], "no answer to the server": sent}.get(how, b""))
        for byte in sent if how == "dripping" else b"":
            wire.send(bytes([byte]))
            time.sleep(0.02)
            if not wire.quiet(0):
                break
    try:
        wire.rest()
    except ConnectionError:
        assert how == "dripping"  # its bytes reach a closed connection
    assert 0.9 * IMPATIENT.head_seconds < time.monotonic() - begun < IMPATIENT.head_seconds * 4
    idle.received.clear()
    idle.send(GET + b"\r\n")  # who is merely idle keeps the connection
    idle.until(b"hello")


@pytest.mark.parametrize("head", [GET, b"PROPFIND / HTTP/1.1\r\n", b"options * HTTP/1.0\r\n"])
def test_plain_http_is_told_so(head: bytes, start: Any, tls: Tls) -> None:
    wire = start(hello, tls=tls.server).connect()
    wire.send(head + b"\r\n")
    (answer,) = parse(wire.rest())
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert answer.body == b"This port speaks TLS: its addresses begin with https://.\n"


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x00\x05hello", b"\x16" + b"x" * 500, b"\x15\x03\x01\x00\x02\x01\x00"])
def test_what_is_no_handshake_is_let_go(sent: bytes, start: Any, tls: Tls) -> None:
    running = start(hello, IMPATIENT, tls=tls.server)
    wire = running.connect()
    wire.send(sent)
    with suppress(ConnectionResetError):  # as good
        assert b"HTTP" not in wire.rest()
    asks(running, tls)


def test_nothing_leaves_as_plain_text_after_a_shutdown(tls: Tls) -> None:
    near, far = socket.socketpair()
    with near, far:
        server = tls.server.wrap_socket(far, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.do_handshake)
        thread.start()
        client = tls.client.wrap_socket(near, server_hostname="localhost")
        thread.join()
        server.shutdown(socket.SHUT_RD)
        server.sendall(b"secret")
        assert client.recv(100) == b"secret"
        client.close()
        server.close()


def test_a_certificate_without_its_key_is_named(tls: Tls, tmp_path: Any) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.pem"):
        open_context(tmp_path / "nowhere.pem", tmp_path / "key.pem")


def test_one_more_than_the_cap_is_told_so_over_tls_too(tls: Tls) -> None:
    sock = listen("127.0.0.1", 0)
    server = Server(sock, hello, QUICK, tls=tls.server, strangers=Strangers(Tally(), 0, 2))
    server.prepare()
    running = Running(server, threading.Thread(target=server.serve), sock.getsockname(), sock.family)
    running.thread.start()
    held = [running.connect() for _ in range(2)]
    try:
        late = encrypted(running, tls)
        late.send(GET + b"\r\n")
        assert [answer.status for answer in late.answers()] == [503]
        knowing = encrypted(running, tls)
        knowing.send(GET + b"Authorization: x\r\n\r\n")
        assert [answer.status for answer in knowing.answers()] == [200]
    finally:
        for wire in held:
            wire.sock.close()
        server.stop()
        running.thread.join()
