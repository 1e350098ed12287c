"""The head of a request: its first line, its fields, and where its body ends.

Cures of Cheroot: `Content-Length: -1`, `+5` and `1_0`, of two lengths the last, length beside chunked, `X y: z`
and `X_Forwarded_For` are taken by it; `//path` is refused; `//[` ends in a 500 and a raw `é` in a 400.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from damgate.server.lines import CONTROL, NAME, LineStream, Malformed, TooLong, read_fields, read_line

VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
ABSOLUTE = re.compile(rb"(?i:https?)://([^/?@]+)([/?].*|)", re.DOTALL)
SLASH = re.compile(rb"%2[Ff]")
METADATA = b"X-Amz-Meta-"
ONLY_ONCE = frozenset(
    {b"Authorization", b"Content-Length", b"Content-Type", b"Destination", b"Host", b"Transfer-Encoding"}
)


class RequestRefused(Exception):
    """A request that is answered before any app sees it, after which its connection is closed.

    Cheroot goes on to read, as the next request, what belonged to a refused one.
    """

    def __init__(self, status: str, sentence: str) -> None:
        """Keep the status line's code and reason, and a sentence for the body."""
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: the raw target in origin form (or `*`), and the host an absolute one named.

    Cheroot hands on a path of OPTIONS still encoded and `*` as `/*`, and refuses absolute targets and `//path`.
    """

    raw: bytes
    host: bytes | None

    @property
    def path(self) -> bytes:
        """The path, percent-decoded except for `%2F`; empty for `*`."""
        if self.raw == b"*":
            return b""
        encoded = self.raw.partition(b"?")[0]
        return b"%2F".join(unquote_to_bytes(part) for part in SLASH.split(encoded))

    @property
    def query(self) -> bytes:
        """What follows the first question mark, as sent."""
        return self.raw.partition(b"?")[2]


@dataclass(frozen=True, slots=True)
class Head:
    """A request head that means one thing only.

    Cheroot's leaves a choice: of two lengths it takes the last, and chunks before a length.
    """

    method: bytes
    target: Target
    version: tuple[int, int]
    fields: dict[bytes, bytes]

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return b"Transfer-Encoding" in self.fields

    @property
    def length(self) -> int:
        """The declared length of a body that is not chunked; 0 without one."""
        return int(self.fields.get(b"Content-Length", b"0"))

    @property
    def expects_continue(self) -> bool:
        """Whether the client holds its body back until it is asked for."""
        return self.version >= (1, 1) and b"100-continue" in _tokens(self.fields.get(b"Expect", b""))

    @property
    def closes(self) -> bool:
        """Whether the client wants the connection closed after the answer."""
        wishes = _tokens(self.fields.get(b"Connection", b""))
        if self.version >= (1, 1):
            return b"close" in wishes
        return b"close" in wishes or b"keep-alive" not in wishes


def read_head(stream: LineStream, limit: int, most: int) -> Head | None:
    """Read one request head; None when the peer closed before its first byte."""
    try:
        line = read_line(stream, limit)
        if line == b"":  # RFC 9112 §2.2: one empty line before a request is forgiven
            line = read_line(stream, limit)
    except TooLong as error:
        raise RequestRefused("414 URI Too Long", "The request line is longer than this server reads.") from error
    except Malformed as error:
        raise RequestRefused("400 Bad Request", str(error)) from error
    if line is None:
        return None
    method, target, version = _split_request_line(line)
    try:
        fields = _gather(read_fields(stream, limit - len(line) - 2, most))
    except TooLong as error:
        raise RequestRefused("431 Request Header Fields Too Large", str(error)) from error
    except Malformed as error:
        raise RequestRefused("400 Bad Request", str(error)) from error
    _check_framing(fields, version)
    if target.host is not None:
        fields[b"Host"] = target.host
    return Head(method, target, version, fields)


def _split_request_line(line: bytes) -> tuple[bytes, Target, tuple[int, int]]:
    parts = line.split(b" ")
    if len(parts) != 3:
        raise RequestRefused("400 Bad Request", "The request line must be a method, a target and a version.")
    method, raw, version = parts
    match = VERSION.fullmatch(version)
    if match is None:
        raise RequestRefused("400 Bad Request", "The request line must end with HTTP/1.1.")
    number = int(match[1]), int(match[2])
    if number not in {(1, 0), (1, 1)}:
        raise RequestRefused("505 HTTP Version Not Supported", "This server speaks HTTP/1.1.")
    if not NAME.fullmatch(method) or method != method.upper():
        raise RequestRefused("400 Bad Request", "The method must be a word in capital letters.")
    if method == b"CONNECT":
        raise RequestRefused("501 Not Implemented", "This server is no proxy.")
    return method, _target(method, raw), number


def _target(method: bytes, raw: bytes) -> Target:
    if CONTROL.search(raw) or b"\t" in raw or b"#" in raw:
        raise RequestRefused("400 Bad Request", "The target may not contain control characters or #.")
    if raw.startswith(b"/") or (raw == b"*" and method == b"OPTIONS"):
        return Target(raw, None)
    absolute = ABSOLUTE.fullmatch(raw)
    if absolute is None:
        raise RequestRefused("400 Bad Request", "The target must begin with a slash.")
    host, rest = absolute.groups()
    if not rest and method == b"OPTIONS":
        return Target(b"*", host)
    return Target(rest if rest.startswith(b"/") else b"/" + rest, host)


def _gather(lines: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Unite fields of one name as signatures do; drop names with `_`, which are sent to be taken for those with `-`.

    Those of S3's metadata stay: there it is the client that chooses the names.
    """
    fields: dict[bytes, bytes] = {}
    for name, value in lines:
        key = name.title()
        if b"_" in key and not key.startswith(METADATA):
            continue
        if key not in fields:
            fields[key] = value
        elif key in ONLY_ONCE:
            raise Malformed(f"{key.decode('ascii')} may be given only once.")
        else:
            fields[key] += (b"; " if key == b"Cookie" else b",") + value
    return fields


def _check_framing(fields: dict[bytes, bytes], version: tuple[int, int]) -> None:
    if version >= (1, 1) and b"Host" not in fields:
        raise RequestRefused("400 Bad Request", "A request of HTTP/1.1 must name its Host.")
    length = fields.get(b"Content-Length")
    coding = fields.get(b"Transfer-Encoding")
    if length is not None and not re.fullmatch(rb"[0-9]{1,18}", length):
        raise RequestRefused("400 Bad Request", "Content-Length must be a number of bytes.")
    if coding is None:
        return
    if length is not None:
        raise RequestRefused("400 Bad Request", "Content-Length and Transfer-Encoding exclude each other.")
    if version < (1, 1):
        raise RequestRefused("400 Bad Request", "HTTP/1.0 has no Transfer-Encoding.")
    if coding.lower() != b"chunked":
        raise RequestRefused("501 Not Implemented", "The only Transfer-Encoding taken is chunked.")


def _tokens(value: bytes) -> frozenset[bytes]:
    return frozenset(token.strip(b" \t").lower() for token in value.split(b","))
