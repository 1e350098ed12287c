"""Lines of HTTP framing, as strict as RFC 9112 allows.

Cheroot strips and guesses; two parsers that guess differently are what request smuggling is made of.
"""

from __future__ import annotations

import re
from typing import Protocol

NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)\r\n")
FIELDS = re.compile(rb"(?:%s)*\r\n" % FIELD.pattern.replace(b"(", b"(?:"))


class LineStream(Protocol):
    """Something that lines are read from: the buffered half of a socket."""

    def readline(self, size: int, /) -> bytes:
        """Give one line with its end, or `size` bytes of it."""
        ...

    def block(self, size: int, /) -> bytes:
        """Show the lines up to an empty one, which stay to be read; nothing where they are not all here, or longer."""
        ...

    def skip(self, size: int, /) -> None:
        """Take what was shown."""
        ...


class Malformed(Exception):
    """The bytes are no HTTP; the text says what is wrong with them."""


class TooLong(Malformed):
    """A line, or all of them together, passed its limit."""


def read_line(stream: LineStream, limit: int) -> bytes | None:
    """Give the next line without its CRLF, at most `limit` bytes with it; None when the peer has closed."""
    line = stream.readline(limit + 1)
    if not line:
        return None
    if len(line) > limit:
        raise TooLong("A line is longer than this server reads.")
    if not line.endswith(b"\r\n"):
        raise Malformed("Lines must end with CR LF.")
    line = line[:-2]
    if b"\r" in line or b"\0" in line:
        raise Malformed("A line may not contain CR or NUL.")
    return line


def read_fields(stream: LineStream, limit: int, most: int) -> list[tuple[bytes, bytes]]:
    """Give the header (or trailer) fields up to the empty line, in order, names as sent."""
    block = stream.block(limit)
    if (
        FIELDS.fullmatch(block) and block.count(b"\n") <= most + 1
    ):  # as nearly always; else the lines tell what is wrong
        stream.skip(len(block))
        return [(name, value.strip(b" \t")) for name, value in FIELD.findall(block)]
    fields: list[tuple[bytes, bytes]] = []
    while True:
        line = read_line(stream, limit)
        if line is None:
            raise Malformed("The header ended before its empty line.")
        limit -= len(line) + 2
        if not line:
            return fields
        if len(fields) == most:
            raise TooLong(f"More than {most} header fields.")
        fields.append(split_field(line))


def split_field(line: bytes) -> tuple[bytes, bytes]:
    """Give name and value of one field line."""
    if line[:1] in b" \t":
        raise Malformed("Folded header lines are obsolete and not accepted.")
    name, colon, value = line.partition(b":")
    if not colon or not NAME.fullmatch(name):
        raise Malformed("A header line must be a name, a colon and a value, without space before the colon.")
    value = value.strip(b" \t")
    if CONTROL.search(value):
        raise Malformed("A header value may not contain control characters.")
    return name, value
