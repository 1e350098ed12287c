"""Requirement 19: a refused upload of 300 MB costs no memory, its answer can be read, and its connection stays honest.

python -m tests.soak.refused [--short]
"""

from __future__ import annotations

import argparse
import base64
import http.client
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import product

from tests.live.served import Served, login
from tests.soak.report import show, verdict
from tests.soak.serving import serving
from tests.soak.watching import MB, forget_peaks, held

LONG, SHORT = 300 * MB, 12 * MB
PIECE = 256 * 1024
GROWTH = 10 * MB  # what a worker may take more, at its peak
LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'


@dataclass(frozen=True)
class Refusal:
    """An upload that must be refused: by whom, where to, and how."""

    name: str
    authorization: str
    path: str
    status: int


@dataclass(frozen=True)
class Way:
    """How the client sends: in chunks or with a length; asking first; and how fast (bytes in a second, 0 = at once)."""

    chunked: bool
    asks: bool
    rate: int = 0

    @property
    def name(self) -> str:
        """What it is called in the table."""
        pace = f", {self.rate // MB} MB/s" if self.rate else ""
        return ("chunks" if self.chunked else "length") + (", asks first" if self.asks else "") + pace


@dataclass(frozen=True)
class Met:
    """What a client met: the final status (0 where it could not be read), how much it sent, what came afterwards."""

    status: int
    sent: int
    next_request: str
    seconds: float


@dataclass(frozen=True)
class Result:
    """One refused upload, and what the worker held, in bytes; `empty` is its peak when the same upload had no bytes.

    Looking at a password takes 48 MB for a moment, by design, whatever is uploaded with it.
    """

    refusal: Refusal
    way: Way
    met: Met
    empty: int
    peak: int
    before: int
    after: int

    @property
    def wrong(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if self.met.status != self.refusal.status:
            return f"the client read {self.met.status or 'nothing'}, not {self.refusal.status}"
        if self.met.next_request not in {"right", "closed"}:
            return f"the next request was answered {self.met.next_request}"
        if self.way.asks and self.met.sent:
            return "it was asked for its body"
        if max(self.peak - self.empty, self.after - self.before) > GROWTH:
            return "the worker grew with the upload"
        return ""


def refusals() -> tuple[Refusal, ...]:
    """Return one upload for each reason to refuse it; `prepare` makes them hold."""
    wrong = "Basic " + base64.b64encode(b"carl:not the password").decode()
    return (
        Refusal("wrong password", wrong, "/Inbox/refused.bin", 401),
        Refusal("no right", login("vera"), "/Inbox/refused.bin", 403),
        Refusal("closed state", login("mia"), "/Approved/closed.bin", 403),
        Refusal("locked", login("mia"), "/Inbox/locked.bin", 423),
    )


def prepare(served: Served) -> None:
    """Put the files there that `refusals` speak of."""
    assert served.ask("mia", "PUT", "/Approved/closed.bin", b"approved").status == 201
    assert served.ask("carl", "PUT", "/Inbox/locked.bin", b"locked").status == 201
    assert served.ask("carl", "LOCK", "/Inbox/locked.bin", LOCK, Depth="0").status == 200
    assert served.ask("mia", "PUT", "/Inbox/marker", b"marker").status == 201


def ways(*, slow: bool) -> list[Way]:
    """Return how clients send; the slow ones are still sending when the server is tired of listening."""
    at_once = [Way(chunked, asks) for chunked, asks in product((False, True), (False, True))]
    return [*at_once, *(Way(chunked, asks=False, rate=60 * MB) for chunked in (False, True) if slow)]


def run(served: Served, size: int, *, slow: bool) -> Iterator[Result]:
    """Try every refusal in every way, with bodies of `size` bytes, at a drive of one worker."""
    prepare(served)
    for refusal, way in product(refusals(), ways(slow=slow)):
        forget_peaks(served)
        upload(served, refusal, way, 0)
        (before,) = held(served).values()
        forget_peaks(served)
        met = upload(served, refusal, way, size)
        (after,) = held(served).values()
        yield Result(refusal, way, met, before.peak, after.peak, before.resident, after.resident)


def upload(served: Served, refusal: Refusal, way: Way, size: int) -> Met:
    """Send an upload as a simple client does: all of it, and only then read; a refusal is not looked for before."""
    head = [
        f"PUT {refusal.path} HTTP/1.1",
        f"Host: 127.0.0.1:{served.port}",
        f"Authorization: {refusal.authorization}",
        "Transfer-Encoding: chunked" if way.chunked else f"Content-Length: {size}",
        *(["Expect: 100-continue"] if way.asks else []),
    ]
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as sock, sock.makefile("rb") as reader:
        sock.sendall("\r\n".join([*head, "", ""]).encode())
        sent, (status, _) = 0, _answer(reader) if way.asks else (100, b"")
        if status == 100:
            sent = _send(sock, _framed(size) if way.chunked else _pieces(size), way.rate)
            status, _ = _answer(reader)
        after = _next(sock, reader, served.port)
        return Met(status, sent, after, time.monotonic() - begun)


def _pieces(size: int) -> Iterator[bytes]:
    piece = bytes(PIECE)
    for start in range(0, size, PIECE):
        yield piece[: min(PIECE, size - start)]


def _framed(size: int) -> Iterator[bytes]:
    for piece in _pieces(size):
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _send(sock: socket.socket, pieces: Iterable[bytes], rate: int) -> int:
    """Send until all is sent or the server has gone away; return how many bytes went."""
    sent, begun = 0, time.monotonic()
    try:
        for piece in pieces:
            sock.sendall(piece)
            sent += len(piece)
            if rate:
                time.sleep(max(0.0, begun + sent / rate - time.monotonic()))
    except ConnectionError:
        return sent
    return sent


def _answer(reader: BufferedReader) -> tuple[int, bytes]:
    """Read one answer: its status, 0 where there is none to read, and its body."""
    try:
        line = reader.readline()
        if not line:
            return 0, b""
        length = http.client.parse_headers(reader).get("Content-Length")
        return int(line.split()[1]), reader.read(int(length or 0))
    except ConnectionError:
        return 0, b""


def _next(sock: socket.socket, reader: BufferedReader, port: int) -> str:
    """Say what becomes of a next request on the connection: right, closed, or the status of a wrong answer."""
    own = f"Host: 127.0.0.1:{port}\r\nAuthorization: {login('mia')}\r\n\r\n"
    try:
        sock.sendall(f"GET /Inbox/marker HTTP/1.1\r\n{own}".encode())
    except ConnectionError:
        return "closed"
    status, body = _answer(reader)
    if (status, body) == (200, b"marker"):
        return "right"
    return str(status) if status else "closed"


def main() -> int:
    """Run it with 300 MB, or 12 MB."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="bodies of 12 MB, and none of the slow clients")
    short = parser.parse_args().short
    with serving() as served:
        results = list(run(served, SHORT if short else LONG, slow=not short))
    rows = [
        (
            one.refusal.name, one.way.name, one.met.status or "–", f"{one.met.sent / MB:.1f}", one.met.next_request,
            f"{one.met.seconds:.2f}", *(f"{count / MB:.1f}" for count in (one.empty, one.peak, one.before, one.after)),
            one.wrong or "right",
        )
        for one in results
    ]  # fmt: skip
    columns = (
        "refused",
        "sent as",
        "status",
        "MB sent",
        "next request",
        "s",
        "MB peak of an empty one",
        "peak",
        "before",
        "after",
        "",
    )
    show("Refused uploads", columns, rows)
    return verdict([f"{one.refusal.name}, {one.way.name}: {one.wrong}" for one in results if one.wrong])


if __name__ == "__main__":
    sys.exit(main())
