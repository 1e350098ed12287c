"""Bytes on a connection, fed to the parsers of heads and bodies; h11 gives a second opinion on all that is accepted."""

import re
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from random import Random

import h11

from damgate.core.errors import IncompleteUpload
from damgate.server.body import Body, Chunked, Counted
from damgate.server.head import ONLY_ONCE, Head, RequestRefused, read_head
from damgate.server.settings import Settings
from damgate.server.wire import ClientGone, Inlet
from tests.fuzz import texts, words
from tests.fuzz.findings import Finding

SLOW = 0.05  # seconds of this process's own time
MOST = 4  # requests on a connection
LARGEST = 100_000
SMALL = 4_000  # bytes that are read once more, in small pieces
REFUSALS = frozenset({"400", "414", "431", "501", "505"})
_BLANK = re.compile(rb"\n[0-9A-Fa-f]+[ \t]+;")
_KNOWN = frozenset({b"GET", b"PUT", b"POST", b"OPTIONS", b"PROPFIND"})
_LINES = (
    *(b"GET /x HTTP/1.1\r\n", b"PUT /Inbox/a.jpg HTTP/1.1\r\n", b"POST / HTTP/1.0\r\n", b"OPTIONS * HTTP/1.1\r\n"),
    *(b"PROPFIND http://h/x HTTP/1.1\r\n", b"GET /%2e%2f%00\xe9?a=b HTTP/1.1\r\n", b"get / HTTP/1.1\r\n", b"\r\n"),
)
_FIELDS = (
    *(b"Host: h\r\n",) * 4,
    *(b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"content-length: 3\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"transfer-encoding: Chunked\r\n", b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"X:\r\n"),
    *(b"Expect: 100-continue\r\n", b"Authorization: Basic YTpi\r\n", b"X: \xe9\r\n", b"Cookie: a\r\n", b"X_Y: z\r\n"),
    *(b" folded\r\n", b"X: y\n"),
)
_BODIES = (
    *(b"", b"hello", b"hel", b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"),
    *(b"A\r\n0123456789\r\n", b"5\r\nhelloX", b"FFFFFFFFFFFFFFFF\r\n", b"0\r\nX: y\r\n", b"5 \r\nhello\r\n0\r\n\r\n"),
)
_SCRAPS = (
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b",", b"\x0b", b"\x85", b"\xff", b"-", b"+", b"0x", b"_"),
    *(b"\r\n\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: h\r\n", b"x" * 9000),
)


@dataclass(frozen=True)
class Step:
    """What one request of a connection came to: `whole`, `cut` or `refused`."""

    kind: str
    start: int
    method: bytes = b""
    target: bytes = b""
    fields: tuple[tuple[bytes, bytes], ...] = ()
    content: bytes = b""
    stop: int = 0
    said: str = ""

    def shown(self) -> tuple[Hashable, ...]:
        """Return what is remarkable about it."""
        known = self.method if self.method in _KNOWN else b"?"
        names = tuple(name for name, _ in self.fields if name in ONLY_ONCE)
        said = "".join(letter for letter in self.said if not letter.isdigit())
        return self.kind, known, said, names, self.target[:1], min(len(self.content), 6)


class _Socket:
    """A connection that brings no more than a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size, self._at = data, size, 0

    def recv(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + min(self._size, size)]
        self._at += len(piece)
        return piece

    def taken(self, stream: Inlet) -> int:
        return self._at - len(stream._ahead)

    def gettimeout(self) -> float:
        return 1.0

    def settimeout(self, _seconds: float | None) -> None:
        pass


class Wire:
    """The parsers as a target: each input is what one connection brings."""

    slow = SLOW

    def __init__(self) -> None:
        """Start with the settings of a server."""
        self.slowest = 0.0
        self._settings = Settings()

    def seeds(self) -> Sequence[bytes]:
        """Return the connections of the corpus."""
        return [texts.read(text) for _, text in words.corpus("wire.txt")]

    def new(self, rng: Random) -> bytes:
        """Make a connection of a few requests."""
        made = b""
        for _ in range(rng.choice((1, 1, 2, 3))):
            fields = b"".join(rng.choice(_FIELDS) for _ in range(rng.choice((1, 2, 3, 5))))
            made += rng.choice(_LINES) + fields + b"\r\n" + rng.choice(_BODIES)
        return made

    def changed(self, rng: Random, one: bytes, other: bytes) -> bytes:
        """Make a connection that is nearly like one, with parts of another."""
        for _ in range(rng.choice((1, 1, 2, 4))):
            start = rng.randint(0, len(one))
            stop = start + rng.choice((0, 1, 2, 8, 40))
            way = rng.randrange(5)
            begin = rng.randint(0, len(other))
            put = (
                rng.choice(_SCRAPS),
                bytes([rng.randrange(256)]),
                b"",
                one[start:stop] * 2,
                other[begin : begin + 40],
            )[way]
            one = one[:start] + put + one[stop:]
        return one[:LARGEST]

    def run(self, one: bytes) -> set[Hashable]:
        """Read it whole and in pieces; raise Finding unless both mean the same, and h11 agrees."""
        started = time.process_time()
        steps = self.read(one, len(one) or 1)
        self.slowest = max(self.slowest, time.process_time() - started)
        size = 1 + len(one) % 7
        if len(one) < SMALL and self.read(one, size) != steps:
            raise Finding("framing", f"in pieces of {size} bytes it means something else than {steps}")
        for step in steps:
            if step.kind == "whole":
                _compare(one[step.start :], step, len(one) - step.stop)
        shown = [step.shown() for step in steps]
        return {*shown, tuple(one[0] for one in shown)}

    def read(self, data: bytes, size: int) -> tuple[Step, ...]:
        """Return what each request of a connection comes to, where no more than `size` bytes come at a time."""
        sock = _Socket(data, size)
        stream = Inlet(sock)  # type: ignore[arg-type]
        steps: list[Step] = []
        while len(steps) < MOST:
            start = sock.taken(stream)
            try:
                stream.collect_head(self._settings.header_bytes)
                head = read_head(stream, self._settings.header_bytes, self._settings.header_fields)
            except RequestRefused as refusal:
                if refusal.status[:3] not in REFUSALS or not str(refusal):
                    raise Finding("refusal", refusal.status) from refusal
                steps.append(Step("refused", start, said=f"{refusal.status[:3]} {refusal}"))
                break
            except ClientGone:
                break
            except Exception as error:
                raise Finding("crash", f"in the head: {error!r}") from error
            if head is None:
                break
            steps.append(_read_body(stream, head, start))
            if steps[-1].kind != "whole" or head.closes:
                break
            steps[-1] = replace(steps[-1], stop=sock.taken(stream))
        return tuple(steps)

    def fresh(self) -> None:
        """Start over: there is nothing to put back."""

    def tick(self) -> None:
        """Let time pass: nothing hangs on it."""

    def spell(self, one: bytes) -> str:
        """Write a connection down."""
        return texts.spell(one) + "\n"

    def read_spelled(self, text: str) -> list[bytes]:
        """Read what was written down, without comments."""
        return [texts.read(line) for line in text.splitlines() if not line.startswith("#")]

    def close(self) -> None:
        """End: there is nothing open."""


def _read_body(inlet: Inlet, head: Head, start: int) -> Step:
    if head.chunked and b"Content-Length" in head.fields:  # h11 and we would agree, and a proxy might not
        raise Finding("framing", "a length beside chunks was taken")
    body = Body(inlet, Chunked(inlet) if head.chunked else Counted(inlet, head.length))
    try:
        content = body.read()
    except IncompleteUpload as error:
        return Step("cut", start, head.method, said=str(error).partition(": ")[2])
    except Exception as error:
        raise Finding("crash", f"in the body: {error!r}") from error
    if not head.chunked and len(content) != head.length:
        raise Finding("framing", f"{len(content)} bytes where {head.length} were declared")
    return Step("whole", start, head.method, head.target.raw, tuple(head.fields.items()), content)


def _compare(data: bytes, step: Step, left: int) -> None:
    """Raise Finding unless h11 reads the same request off the same bytes, and leaves as many."""
    other = h11.Connection(h11.SERVER, max_incomplete_event_size=2 * LARGEST)
    data = data.removeprefix(b"\r\n")  # which RFC 9112 forgives, and h11 does not
    other.receive_data(data)
    request, content = None, b""
    try:
        request = other.next_event()
        while isinstance(event := other.next_event(), h11.Data):
            content += event.data
    except h11.RemoteProtocolError as error:
        trailers = request is not None and content == step.content  # which we drop, and h11 looks at
        blank = "chunk header" in str(error) and _BLANK.search(data)  # RFC 9112 allows it before a semicolon
        if trailers or blank or _beyond_ascii(data):
            return
        raise Finding("framing", f"h11 refuses it: {error}: {step}") from error
    if not isinstance(request, h11.Request) or not isinstance(event, h11.EndOfMessage):
        raise Finding("framing", f"h11 reads {request} and {event}: {step}")
    if (request.method, content) != (step.method, step.content):
        raise Finding("framing", f"h11 reads {request.method!r} and {content!r}: {step}")
    if step.stop and len(other.trailing_data[0]) != left:
        raise Finding("framing", f"h11 goes on at {len(other.trailing_data[0])} bytes before the end: {step}")


def _beyond_ascii(data: bytes) -> bool:
    """Tell whether a request line holds letters that we take as they are, and h11 refuses."""
    return any(byte > 0x7E for byte in data.partition(b"\r\n")[0])
