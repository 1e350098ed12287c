"""PNG: metadata stands in chunks, before or behind the pixels."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from damgate_image.legal.blobs import LARGEST, Blobs, decoded, read_at

_SIGNATURE = 8  # bytes
_XMP = b"XML:com.adobe.xmp"
_RAW = b"Raw profile type "  # ImageMagick's way of keeping what a JPEG had, in hexadecimal
_TEXTS = {b"Author": "creator", b"Copyright": "copyright", b"Title": "title", b"Description": "caption"}
_EXIF = b"eXIf"
_PROFILES = (b"xmp", b"exif", b"iptc", b"8bim")
_WANTED = frozenset({_EXIF, _XMP, *_TEXTS, *(_RAW + name for name in _PROFILES)})
_CHUNKS = 200_000  # that are looked at; pixels often come in pieces of 8 kB


def read(file: BinaryIO) -> Blobs:
    """Return what a PNG says of itself."""
    found: dict[bytes, bytes] = {}
    for kind, data in _chunks(file):
        keyword, _, rest = (_EXIF, b"", data) if kind == _EXIF else data.partition(b"\x00")
        if keyword in _WANTED and keyword not in found:
            found[keyword] = _text(kind, rest)
    raw = {name: _hexadecimal(found.get(_RAW + name, b"")) for name in _PROFILES}
    return Blobs(
        found.get(_XMP) or raw[b"xmp"],
        found.get(_EXIF) or raw[b"exif"],
        raw[b"iptc"] or raw[b"8bim"],
        tuple(
            (name, decoded(found[keyword]), f"PNG {keyword.decode()}")
            for keyword, name in _TEXTS.items()
            if keyword in found
        ),
    )


def into(picture: bytes, xmp: bytes) -> bytes:
    """Return a PNG with this XMP, before its pixels."""
    after = _SIGNATURE + 12 + int.from_bytes(picture[8:12], "big")  # behind IHDR
    body = b"iTXt" + _XMP + b"\x00\x00\x00\x00\x00" + xmp
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return picture[:after] + chunk + picture[after:]


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    at = _SIGNATURE
    for _ in range(_CHUNKS):
        start = read_at(file, at, 8)
        size, kind = int.from_bytes(start[:4], "big"), start[4:]
        if len(kind) < 4 or kind == b"IEND":
            return
        if kind in {_EXIF, b"tEXt", b"zTXt", b"iTXt"}:
            yield kind, read_at(file, at + 8, size)
        at += 12 + size


def _text(kind: bytes, data: bytes) -> bytes:
    """Return what a chunk holds behind its keyword."""
    if kind == b"zTXt":
        return _inflated(data[1:])
    if kind == b"iTXt":
        text = data[2:].partition(b"\x00")[2].partition(b"\x00")[2]  # behind the language and its keyword
        return _inflated(text) if data[:1] == b"\x01" else text
    return data


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, LARGEST)
    except zlib.error:
        return b""


def _hexadecimal(text: bytes) -> bytes:
    """Return what ImageMagick wrote: a line with the name, one with the length, then the bytes."""
    try:
        return bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))
    except ValueError:
        return b""
