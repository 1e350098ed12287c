"""Photoshop documents: metadata stands in the image resources."""

from __future__ import annotations

from typing import BinaryIO

from damgate_image.legal import iptc
from damgate_image.legal.blobs import LARGEST, Blobs, read_at

_HEADER = 26  # bytes


def read(file: BinaryIO) -> Blobs:
    """Return what a Photoshop document says of itself."""
    at = _HEADER + 4 + int.from_bytes(read_at(file, _HEADER, 4), "big")  # behind the palette
    size = int.from_bytes(read_at(file, at, 4), "big")
    found = iptc.blocks(read_at(file, at + 4, min(size, LARGEST)))
    return Blobs(found.get(iptc.XMP, b""), found.get(iptc.EXIF, b""), found.get(iptc.IIM, b""))
