"""An answer is whole, or visibly not; and it reaches the client."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from damgate.server import Server, listen

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
OLD = b"GET / HTTP/1.0\r\n\r\n"


def giving(status: str, headers: list[tuple[str, str]], *chunks: bytes | Exception) -> Any:
    """Make an app that gives these blocks, or raises one that is an error."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response(status, headers)
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    return app


def test_status_and_headers_pass_unchanged(start: Any) -> None:
    app = giving("299 Café: all is (fairly) well", [("Content-Length", "2"), ("X-A", "ü")], b"ok")
    answers = start(app).talk(GET + GET)
    assert [answer.reason for answer in answers] == ["Café: all is (fairly) well"] * 2
    assert {answer.headers["x-a"] for answer in answers} == {"ü"}
    assert {answer.headers["server"] for answer in answers} == {"damgate"}


def test_head_keeps_the_length_and_sends_no_body(start: Any) -> None:
    app = giving("200 OK", [("Content-Length", "5")], b"hello")
    head, get = start(app).talk(HEAD + GET, "HEAD", "GET")
    assert head.headers["content-length"] == get.headers["content-length"] == "5"
    assert (head.body, get.body) == (b"", b"hello")
    no_body = giving("200 OK", [("Content-Length", "5")])
    assert len(start(no_body).talk(HEAD + HEAD, "HEAD", "HEAD")) == 2


@pytest.mark.parametrize("status", ["304 Not Modified", "204 No Content"])
def test_an_answer_without_body_sends_none(status: str, start: Any) -> None:
    answers = start(giving(status, [], b"unwanted")).talk(GET + GET)
    assert [answer.whole for answer in answers] == [True, True]


def test_blocks_leave_as_they_are_made(start: Any) -> None:
    step = threading.Event()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"one"
        assert step.wait(20)
        yield b"two"

    wire = start(app).connect()
    wire.send(GET)
    wire.until(b"one")
    step.set()
    wire.end()
    assert [answer.body for answer in wire.answers()] == [b"onetwo"]


@pytest.mark.parametrize("close", ["close", "Close", "foo, close"])
def test_the_app_may_close_the_connection(close: str, start: Any) -> None:
    (answer,) = start(giving("200 OK", [("Connection", close), ("Content-Length", "0")])).talk(GET + GET)
    assert answer.headers["connection"] == "close"


BROKEN: dict[str, tuple[list[tuple[str, str]], list[bytes | Exception]]] = {
    "raises, counted": ([("Content-Length", "9")], [b"some", OSError(32, "of the app")]),
    "raises, chunked": ([], [b"some", ValueError("of the app")]),
    "raises a timeout": ([], [b"some", TimeoutError("timed out")]),
    "too short": ([("Content-Length", "9")], [b"some"]),
    "too long": ([("Content-Length", "6")], [b"some", b"more"]),
    "text": ([], [b"some", "text"]),  # type: ignore[list-item]  # what a careless app does
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_failing_app_never_leaves_an_answer_that_looks_whole(
    name: str, start: Any, caplog: pytest.LogCaptureFixture
) -> None:
    headers, chunks = BROKEN[name]
    with caplog.at_level(logging.ERROR, "damgate.server"):
        (answer,) = start(giving("200 OK", headers, *chunks)).talk(GET + GET)
    assert (answer.status, answer.body, answer.whole) == (200, b"some", False)
    assert "GET /" in caplog.text


def test_a_failing_app_resets_an_answer_that_has_no_other_end(start: Any) -> None:
    wire = start(giving("200 OK", [], b"some", ValueError("of the app"))).connect()
    wire.send(OLD)
    with pytest.raises(ConnectionResetError):
        wire.rest()


FAILING: dict[str, Any] = {
    "at once": lambda environ, start_response: 1 // 0,
    "no status": lambda environ, start_response: [b"body"],
    "no status, no body": lambda environ, start_response: [],
    "before the first block": giving("200 OK", [], ValueError()),
    "its own lost connection": giving("200 OK", [], ConnectionResetError(104, "backend")),
    "its own timeout": giving("200 OK", [], TimeoutError("timed out")),
    "too long at once": giving("200 OK", [("Content-Length", "1")], b"more"),
    "nothing of what was declared": giving("200 OK", [("Content-Length", "1")]),
    "header injection": giving("200 OK", [("X-A", "b\r\nX-C: d")], b""),
    "status injection": giving("200 OK\r\nX-C: d", [], b""),
    "header beyond latin-1": giving("200 OK", [("X-A", "→")], b""),
    "own framing": giving("200 OK", [("Transfer-Encoding", "chunked")], b"0\r\n\r\n"),
}


@pytest.mark.parametrize("name", FAILING)
def test_an_app_that_fails_before_its_answer_is_a_clean_500(name: str, start: Any) -> None:
    (answer,) = start(FAILING[name]).talk(GET + GET)
    assert (answer.status, answer.headers["connection"], answer.whole) == (500, "close", True)
    assert "x-c" not in answer.headers


def test_a_500_for_head_has_no_body(start: Any) -> None:
    wire = start(FAILING["at once"]).connect()
    wire.send(HEAD)
    assert wire.rest().endswith(b"\r\n\r\n")


def test_an_app_may_change_its_mind_before_the_first_block(start: Any) -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "100")])
        start_response("404 Not Found", [("Content-Length", "2")], (ValueError, ValueError(), None))
        return [b"no"]

    assert [answer.body for answer in start(app).talk(GET + GET)] == [b"no", b"no"]


def test_the_iterable_is_closed_when_the_client_leaves(start: Any) -> None:
    closed = threading.Event()

    class Blocks:
        def __iter__(self) -> Iterator[bytes]:
            while not closed.is_set():
                yield bytes(1 << 20)

        def close(self) -> None:
            closed.set()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Blocks()

    wire = start(app).connect()
    wire.send(GET)
    wire.until(b"200 OK")
    wire.sock.close()
    assert closed.wait(20)


def test_a_large_block_reaches_a_slow_reader(start: Any) -> None:
    size = 8 << 20
    wire = start(giving("200 OK", [("Content-Length", str(size))], bytes(size))).connect(receive_buffer=8192)
    wire.send(GET)
    wire.end()
    assert [len(answer.body) for answer in wire.answers()] == [size]


def test_ipv6_and_a_picked_port(start: Any) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        server = start(giving("200 OK", [("Content-Length", "2")], b"ok"), host="::1")
    except OSError:
        pytest.skip("no IPv6 on loopback")
    assert server.address[1] > 0
    assert [answer.body for answer in server.talk(GET)] == [b"ok"]


def test_a_lost_race_for_a_connection_is_harmless(caplog: pytest.LogCaptureFixture) -> None:
    sock = listen("127.0.0.1", 0)
    server = Server(sock, giving("200 OK", []))
    server.prepare()
    try:
        manager: Any = server._connections
        with caplog.at_level(logging.DEBUG):
            assert manager._from_server_socket(server.socket) is None
        assert not caplog.records
        assert server.socket.gettimeout() == 0
    finally:
        server.stop()
    assert sock.fileno() == -1
