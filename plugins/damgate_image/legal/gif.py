"""GIF: XMP stands in an application extension, unblocked, with a trailer that old readers stumble over safely."""

from __future__ import annotations

from typing import BinaryIO

from damgate_image.legal.blobs import LARGEST, Blobs, read_at

_XMP = b"\x21\xff\x0bXMP DataXMP"
_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def read(file: BinaryIO) -> Blobs:
    """Return what a GIF says of itself, as far as it stands near its begin or end."""
    size = file.seek(0, 2)
    for at in (0, max(0, size - LARGEST)):
        _, found, rest = read_at(file, at, LARGEST).partition(_XMP)
        if found:
            return Blobs(rest.partition(_TRAILER[:3])[0])
    return Blobs()


def into(picture: bytes, xmp: bytes) -> bytes:
    """Return a GIF with this XMP, before its first frame."""
    colours = picture[10]
    after = 13 + (3 << ((colours & 7) + 1) if colours & 0x80 else 0)  # behind the palette
    # Extensions came with 89a.
    return b"GIF89a" + picture[6:after] + _XMP + xmp + _TRAILER + picture[after:]
