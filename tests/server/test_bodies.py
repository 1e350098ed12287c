"""Row 11 of the threat model: a body that was cut never looks whole; and no body costs memory."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damgate.core.errors import IncompleteUpload
from damgate.server import Settings
from damgate.server.body import Body, Chunked, Counted
from damgate.server.wire import Inlet

PUT = b"PUT /file HTTP/1.1\r\nHost: h\r\n"
CHUNKED = PUT + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE_COUNTED = PUT + b"Content-Length: 10\r\n\r\n0123456789"
WHOLE_CHUNKED = CHUNKED + b"4\r\n0123\r\n6;x=y\r\n456789\r\n0\r\nX-Sum: 1\r\n\r\n"


class Recorder:
    """An app that reads as told and keeps what became of each body."""

    def __init__(self, size: int = 3) -> None:
        self.size = size
        self.ends: list[str] = []
        self.data = b""
        self.over = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            while data := environ["wsgi.input"].read(self.size):
                self.data += data
            self.ends.append("end")
        except IncompleteUpload as error:
            self.ends.append("cut")
            with pytest.raises(IncompleteUpload):
                environ["wsgi.input"].read(1)
            start_response("400 Bad Request", [])
            return [str(error).encode()]
        finally:
            self.over.set()
        start_response("201 Created", [("Content-Length", "0")])
        return []


@pytest.mark.parametrize("request_", [WHOLE_COUNTED, WHOLE_CHUNKED], ids=["counted", "chunked"])
def test_a_body_cut_at_any_byte_is_known_as_cut(request_: bytes, start: Any) -> None:
    head = request_.index(b"\r\n\r\n") + 4
    for end in range(head, len(request_)):
        app = Recorder()
        (answer,) = start(app).talk(request_[:end])
        assert (app.ends, answer.status) == (["cut"], 400), request_[head:end]
        assert answer.headers["connection"] == "close"
        assert b"0123456789".startswith(app.data)
    app = Recorder()
    (answer,) = start(app).talk(request_)
    assert (app.ends, app.data, answer.status) == (["end"], b"0123456789", 201)


@pytest.mark.parametrize("request_", [WHOLE_COUNTED, WHOLE_CHUNKED], ids=["counted", "chunked"])
def test_a_client_that_falls_silent_has_cut_its_body(request_: bytes, start: Any) -> None:
    app = Recorder()
    wire = start(app, Settings(threads=2, timeout=1, drain_seconds=0.5, linger_seconds=0.5)).connect()
    wire.send(request_[:-3])
    (answer,) = wire.answers()
    assert (app.ends, answer.status) == (["cut"], 400)


def test_a_reset_connection_has_cut_its_body(start: Any) -> None:
    app = Recorder()
    wire = start(app).connect()
    wire.send(WHOLE_COUNTED[:-3])
    wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.sock.close()
    assert app.over.wait(20)
    assert app.ends == ["cut"]


def test_a_cut_that_the_app_does_not_know_of_is_answered(start: Any) -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        start_response("201 Created", [])
        return []

    (answer,) = start(app).talk(WHOLE_CHUNKED[:-1])
    assert answer.status == 400
    assert b"before its last byte" in answer.body


def waiting(expect: bytes, framing: bytes = b"Content-Length: 10\r\n") -> bytes:
    return PUT + framing + b"Expect: " + expect + b"\r\n\r\n"


@pytest.mark.parametrize("expect", [b"100-continue", b"100-Continue"])
@pytest.mark.parametrize("framing", [b"Content-Length: 10\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_the_body_is_asked_for_at_the_first_read(expect: bytes, framing: bytes, start: Any) -> None:
    app = Recorder()
    wire = start(app).connect()
    wire.send(waiting(expect, framing))
    wire.until(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert app.data == b""
    wire.send(b"a\r\n0123456789\r\n0\r\n\r\n" if b"chunked" in framing else b"0123456789")
    wire.end()
    assert [answer.status for answer in wire.answers()] == [100, 201]
    assert app.data == b"0123456789"


def test_a_refusal_comes_before_the_body_is_asked_for(start: Any) -> None:
    paths = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        paths.append(environ["REQUEST_URI"])
        start_response("507 Insufficient Storage", [("Content-Length", "4")])
        return [b"full"]

    wire = start(app).connect()
    wire.send(waiting(b"100-continue") + b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
    (answer,) = wire.answers()
    assert (answer.status, answer.body, answer.headers["connection"]) == (507, b"full", "close")
    assert paths == ["/file"]


def test_a_refused_client_may_send_its_body_before_the_connection_ends(start: Any) -> None:
    def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("401 Unauthorized", [("Content-Length", "4")])
        return [b"name"]

    wire = start(app, Settings(threads=2, drain_bytes=1000, linger_seconds=20)).connect()
    wire.send(PUT + b"Content-Length: 3000000\r\n\r\n" + bytes(1_000_000))
    wire.until(b"name")
    assert wire.quiet(0.5)
    wire.sock.sendall(bytes(2_000_000))
    (answer,) = wire.answers()
    assert (answer.status, answer.headers["connection"]) == (401, "close")


def test_a_body_is_not_asked_for_after_the_answer_has_begun(start: Any) -> None:
    ends = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        yield b"early"
        with pytest.raises(IncompleteUpload):
            environ["wsgi.input"].read()
        ends.append("cut")

    wire = start(app).connect()
    wire.send(waiting(b"100-continue"))
    (answer,) = wire.answers()
    assert (answer.status, answer.body, ends) == (200, b"early", ["cut"])


@pytest.mark.parametrize(
    "head",
    [
        waiting(b"100-continue", b"Content-Length: 0\r\n"),
        waiting(b"100-continue", b""),
        b"PUT / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx",
        waiting(b"something-else", b"Content-Length: 1\r\n") + b"x",
    ],
)
def test_nothing_is_asked_for_that_nobody_holds_back(head: bytes, start: Any) -> None:
    assert [answer.status for answer in start(Recorder()).talk(head)] == [201]


def test_an_app_may_answer_while_the_body_still_comes(start: Any) -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "10")])
        for _ in range(5):
            yield environ["wsgi.input"].read(2)

    wire = start(app).connect()
    wire.send(PUT + b"Content-Length: 10\r\n\r\n")
    for piece in (b"01", b"23", b"45", b"67", b"89"):
        wire.send(piece)
        wire.until(piece)
    wire.end()
    assert [answer.body for answer in wire.answers()] == [b"0123456789"]


class Tap:
    """Counts the bytes that are moved inside a body, by what is asked of the inlet."""

    def __init__(self, data: bytes) -> None:
        self.data = memoryview(data)
        self.at = 0
        self.takes = 0
        self.largest = 0
        self.patience: float | None = None

    def take(self, limit: int) -> bytes:
        self.takes += 1
        piece = bytes(self.data[self.at : self.at + min(limit, 65536)])
        self.at += len(piece)
        self.largest = max(self.largest, limit)
        return piece

    def readline(self, size: int, /) -> bytes:
        end = bytes(self.data[self.at : self.at + size]).find(b"\n") + 1 or size
        line = bytes(self.data[self.at : self.at + end])
        self.at += len(line)
        return line

    def block(self, size: int, /) -> bytes:
        return bytes(self.data[self.at : self.at + size])

    def skip(self, size: int, /) -> None:
        self.at += size


@pytest.mark.parametrize("megabytes", [4, 16])
def test_one_large_chunk_is_streamed_in_linear_time(megabytes: int) -> None:
    size = megabytes << 20
    tap = Tap(b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n")
    body = Body(tap, Chunked(tap))  # type: ignore[arg-type]  # stands in for the socket
    got = 0
    while data := body.read(65536):
        got += len(data)
    assert got == size
    assert tap.takes <= size // 65536 + 2
    assert tap.largest <= 65536
    assert body.finished


def test_a_large_chunk_arrives_over_a_socket(start: Any) -> None:
    size = 16 << 20
    sizes = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        while data := environ["wsgi.input"].read(1 << 20):
            sizes.append(len(data))
        start_response("201 Created", [("Content-Length", "0")])
        return []

    wire = start(app).connect()
    wire.send(CHUNKED + b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n")
    wire.end()
    assert [answer.status for answer in wire.answers()] == [201]
    assert sizes == [1 << 20] * 16


def over_a_socket(raw: bytes, frames: Callable[[Inlet], Any]) -> tuple[Body, list[socket.socket]]:
    near, far = socket.socketpair()
    near.sendall(raw)
    near.shutdown(socket.SHUT_WR)
    inlet = Inlet(far)
    return Body(inlet, frames(inlet)), [near, far]


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    asked=st.lists(st.tuples(st.sampled_from(["read", "readline"]), st.integers(1, 50)), max_size=30),
    chunked=st.booleans(),
)
def test_a_body_reads_like_a_file(pieces: list[bytes], asked: list[tuple[str, int]], chunked: bool) -> None:
    whole = b"".join(pieces)
    if chunked:
        raw = b"".join(b"%X;e\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        body, sockets = over_a_socket(raw, Chunked)
    else:
        body, sockets = over_a_socket(whole, lambda inlet: Counted(inlet, len(whole)))
    rest = whole
    for method, size in asked:
        want = rest[:size]
        if method == "readline" and b"\n" in want:
            want = want[: want.index(b"\n") + 1]
        assert getattr(body, method)(size) == want
        rest = rest[len(want) :]
    assert b"".join(body.readlines()) == rest
    assert body.read() == body.read(5) == body.readline() == b""
    assert list(body) == []
    assert body.finished
    for one in sockets:
        one.close()


REFUSING = """
import threading
from damgate.server import Server, listen
def app(environ, start_response):
    start_response("403 Forbidden", [("Content-Length", "2")])
    return [b"no"]
sock = listen("127.0.0.1", 0)
server = Server(sock, app)
server.prepare()
print("port", sock.getsockname()[1], flush=True)
server.serve()
"""


def peak(pid: int) -> int:
    """Give the largest resident size so far, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads /proc")  # noqa: PTH110
@pytest.mark.parametrize("chunked", [True, False])
def test_a_refused_upload_costs_no_memory(chunked: bool, launch: Any) -> None:
    process = launch(REFUSING)
    assert process.get() == b"no"
    before = peak(process.popen.pid)
    size = 64 << 20
    framing = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % size if chunked else b"Content-Length: 300000000\r\n\r\n"
    piece = bytes(1 << 20)
    with socket.create_connection(("127.0.0.1", process.port), timeout=30) as sock:
        sock.sendall(PUT + framing)
        try:
            for _ in range(64):
                sock.sendall(piece)
        except ConnectionError:
            pass
        assert sock.recv(65536).startswith(b"HTTP/1.1 403 ")
    assert process.get() == b"no"
    assert peak(process.popen.pid) - before < 8 << 20
