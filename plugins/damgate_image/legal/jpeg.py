"""JPEG: metadata stands in segments before the pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from damgate_image.legal import iptc
from damgate_image.legal.blobs import LARGEST, Blobs, read_at

LARGEST_XMP = 65_533 - 29  # bytes of a packet that one segment can hold
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_EXIF = b"Exif\x00\x00"
_SEGMENTS = 10_000  # that are looked at
_APP0, _APP1, _APP13, _SCAN = 0xE0, 0xE1, 0xED, 0xDA


def read(file: BinaryIO) -> Blobs:
    """Return what a JPEG says of itself."""
    xmp = exif_data = photoshop = b""
    for marker, payload in _segments(file):
        if marker == _APP1 and payload.startswith(_XMP):
            xmp = xmp or payload[len(_XMP) :]
        elif marker == _APP1 and payload.startswith(_EXIF):
            exif_data = exif_data or payload
        elif marker == _APP13 and payload.startswith(iptc.PHOTOSHOP) and len(photoshop) < LARGEST:
            photoshop += payload[len(iptc.PHOTOSHOP) :] if photoshop else payload  # a long one takes several segments
    return Blobs(xmp, exif_data, photoshop)


def into(picture: bytes, xmp: bytes, iim: bytes, exif_data: bytes) -> bytes:
    """Return a JPEG with these, behind its JFIF header."""
    segments = _segment(_APP1, exif_data) if exif_data else b""
    segments += _segment(_APP1, _XMP + xmp) if xmp else b""
    segments += _segment(_APP13, iptc.in_blocks(iim)) if iim else b""
    after = 4 + int.from_bytes(picture[4:6], "big") if picture[2:4] == bytes((0xFF, _APP0)) else 2
    return picture[:after] + segments + picture[after:]


def dots(picture: bytes) -> int:
    """Return how many dots there are to the inch; 72 where a JPEG does not say."""
    if picture[2:4] != bytes((0xFF, _APP0)) or picture[6:10] != b"JFIF":
        return 72
    unit, density = picture[13], int.from_bytes(picture[14:16], "big")
    return {1: density, 2: round(density * 2.54)}.get(unit, 72)


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    at = 2
    for _ in range(_SEGMENTS):
        start = read_at(file, at, 4)
        if len(start) < 4 or start[0] != 0xFF:
            return
        marker, size = start[1], int.from_bytes(start[2:], "big")
        if marker == 0xFF:  # a byte of padding
            at += 1
            continue
        if marker == _SCAN or size < 2:
            return
        if marker in {_APP1, _APP13}:
            yield marker, read_at(file, at + 4, size - 2)
        at += 2 + size


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload
