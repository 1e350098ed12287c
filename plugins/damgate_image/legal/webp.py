"""WebP: metadata stands in chunks of a RIFF file, which its header must announce."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from damgate_image.legal.blobs import Blobs, read_at

_START = 12  # bytes: RIFF, the size, WEBP
_HAS_ALPHA, _HAS_XMP = 0x10, 0x04
_CHUNKS = 10_000  # that are looked at


def read(file: BinaryIO) -> Blobs:
    """Return what a WebP says of itself."""
    found: dict[bytes, bytes] = {}
    for kind, at, size in _chunks(file):
        if kind in {b"EXIF", b"XMP "}:
            found.setdefault(kind, read_at(file, at, size))
    return Blobs(found.get(b"XMP ", b""), found.get(b"EXIF", b""))


def into(picture: bytes, xmp: bytes) -> bytes:
    """Return a WebP with this XMP at its end."""
    kind, body = picture[12:16], picture[_START:]
    if kind == b"VP8X":
        body = body[:8] + bytes((body[8] | _HAS_XMP,)) + body[9:]
    else:
        width, height, alpha = _size(picture)
        flags = _HAS_XMP | (_HAS_ALPHA if alpha else 0)
        canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        body = _chunk(b"VP8X", bytes((flags, 0, 0, 0)) + canvas) + body
    body += _chunk(b"XMP ", xmp)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _size(picture: bytes) -> tuple[int, int, bool]:
    """Return width, height and whether there is transparency, of a WebP without an extended header."""
    if picture[12:16] == b"VP8L":
        bits = int.from_bytes(picture[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = (int.from_bytes(picture[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width, height, False


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    at = _START
    for _ in range(_CHUNKS):
        start = read_at(file, at, 8)
        if len(start) < 8:
            return
        size = int.from_bytes(start[4:], "little")
        yield start[:4], at + 8, size
        at += 8 + size + (size & 1)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + b"\x00" * (len(data) & 1)
