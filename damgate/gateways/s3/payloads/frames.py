"""aws-chunked: bodies in chunks of their own, with a signature in front of each and a checksum behind the last."""

from __future__ import annotations

import re

from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.payloads.seals import Seals
from damgate.ports.blobs import Body

LONGEST_LINE = 4096  # bytes of the line before a chunk, and of a trailer
MOST_TRAILERS = 4
LEAST_CHUNK = 8 * 1024  # bytes of every signed chunk but the last: each of them costs a signature
PIECE = 64 * 1024

_HEAD = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;chunk-signature=([0-9A-Za-z]{1,128}))?")
_TRAILER = re.compile(rb"([a-z0-9-]+):([\x20-\x7e]*)\n?")  # minio-go ends its lines with LF CR LF


class Frames:
    """A body without its frames; nothing is read ahead of what is wanted, but for the lines of the frames."""

    def __init__(self, body: Body, decoded: int, seals: Seals | None, trailer: str) -> None:
        """Expect `decoded` bytes in all; `trailer` is the header that comes behind them, "" where none does."""
        self._lines = _Lines(body)
        self._left = decoded  # of all
        self._chunk = 0  # bytes left of the present chunk
        self._small = False  # a chunk was so small that only the last may be
        self._seals = seals
        self._trailer = trailer
        self._begun = self._over = False
        self.value = ""  # what the trailer said, once the end was read

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, nothing only at the proven end; raises S3Fault."""
        while not self._over:
            if not self._chunk:
                self._next()
                continue
            piece = self._lines.take(min(size, self._chunk))
            if not piece:
                raise _broken("it ended within a chunk")
            self._chunk -= len(piece)
            if self._seals:
                self._seals.add(piece)
            return piece
        return b""

    def _next(self) -> None:
        """Pass the end of a chunk and the line of the next; behind the last, read all that is left."""
        if self._begun:
            if self._seals:
                self._seals.close()
            if self._lines.line() != b"":
                raise _broken("a chunk was longer than it said")
        self._begun = True
        head = _HEAD.fullmatch(self._lines.line())
        if head is None or (head[2] is None) != (self._seals is None):
            raise _broken("a chunk did not begin with its size and signature")
        self._chunk = int(head[1], 16)
        if self._chunk > self._left:
            raise _broken("its chunks hold more bytes than x-amz-decoded-content-length says")
        self._left -= self._chunk
        if self._seals:
            self._check_size()
            self._seals.open(head[2].decode())
        if not self._chunk:
            self._end()

    def _check_size(self) -> None:
        if self._small and self._chunk:
            raise S3Fault("InvalidChunkSizeError", "Only the last chunk may be smaller than 8 KiB.")
        self._small = self._chunk < LEAST_CHUNK

    def _end(self) -> None:
        if self._seals:
            self._seals.close()
        if self._left:
            raise _broken("its chunks hold fewer bytes than x-amz-decoded-content-length says")
        found = self._trailers()
        if self._seals and self._seals.trailing:
            self._seals.close_trailer(found)
        if found.keys() != ({self._trailer} if self._trailer else set()):
            raise S3Fault("MalformedTrailerError", "What came behind the bytes is not what x-amz-trailer announced.")
        self.value = found.get(self._trailer, "")
        if self._lines.take(1):
            raise _broken("something came behind its end")
        self._over = True

    def _trailers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while line := self._lines.line():
            match = _TRAILER.fullmatch(line)
            if match is None or len(found) == MOST_TRAILERS or match[1].decode() in found:
                raise S3Fault("MalformedTrailerError", "What came behind the bytes is not a header in lower case.")
            found[match[1].decode()] = match[2].decode().strip()
        return found


class _Lines:
    """A body of which now and then a line is read."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._ahead = b""
        self._at = 0  # what of it was taken already

    def take(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        piece = self._ahead[self._at : self._at + size]
        self._at += len(piece)
        return piece or self._body.read(size)

    def line(self) -> bytes:
        """Return a line without its CR LF; raises S3Fault where there is none."""
        while (end := self._ahead.find(b"\r\n", self._at, self._at + LONGEST_LINE)) < 0:
            rest = self._ahead[self._at :]
            more = b"" if len(rest) >= LONGEST_LINE else self._body.read(PIECE)
            if not more:
                raise _broken("it ended within a line, or a line was too long")
            self._ahead, self._at = rest + more, 0
        found, self._at = self._ahead[self._at : end], end + 2
        return found


def _broken(how: str) -> S3Fault:
    return S3Fault("IncompleteBody", f"The body is not what its headers say: {how}. Nothing was changed.")
