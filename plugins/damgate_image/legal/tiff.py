"""TIFF directories: those of TIFF files, and of EXIF, which is one."""

from __future__ import annotations

import struct
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from damgate_image.legal.blobs import Blobs, read_at

XMP = 700
IPTC = 33723
PHOTOSHOP = 34377  # the same blocks that a JPEG has, IPTC among them
EXIF = 34665

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, 6: 1, UNDEFINED: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
         16: 8, 17: 8, 18: 8}  # fmt: skip
_MOST = 4096  # entries of one directory


@dataclass(frozen=True, slots=True)
class Header:
    """The first bytes of a TIFF: its byte order, and how wide its numbers are."""

    order: str  # of struct: < or >
    big: bool  # BigTIFF
    first: int  # where its first directory stands

    def number(self, data: bytes) -> int:
        """Read a whole number."""
        return int.from_bytes(data, "little" if self.order == "<" else "big")


def header(file: BinaryIO) -> Header | None:
    """Read the header; None where it is no TIFF."""
    start = read_at(file, 0, 16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None or len(start) < 8:
        return None
    kind, first = struct.unpack(order + "HI", start[2:8])
    if kind == 43 and len(start) == 16:
        return Header(order, big=True, first=struct.unpack(order + "Q", start[8:])[0])
    return Header(order, big=False, first=first) if kind == 42 else None


def fields(file: BinaryIO, head: Header, at: int, wanted: Container[int]) -> dict[int, bytes]:
    """Return the bytes of those values of the directory at an offset that are wanted, by tag."""
    wide, counted = (8, 8) if head.big else (4, 2)
    long = 4 + 2 * wide
    count = min(head.number(read_at(file, at, counted)), _MOST)
    block = read_at(file, at + counted, count * long)
    found: dict[int, bytes] = {}
    for place in range(0, len(block) - long + 1, long):
        tag, kind = struct.unpack_from(head.order + "HH", block, place)
        if tag not in wanted or tag in found:
            continue
        size = head.number(block[place + 4 : place + 4 + wide]) * SIZES.get(kind, 0)
        value = block[place + 4 + wide : place + long]
        found[tag] = value[:size] if size <= wide else read_at(file, head.number(value), size)
    return found


def read(file: BinaryIO) -> Blobs:
    """Return what a TIFF file says of itself; its first page speaks for all. Its own texts are read as EXIF."""
    head = header(file)
    found = fields(file, head, head.first, {XMP, IPTC, PHOTOSHOP}) if head else {}
    return Blobs(found.get(XMP, b""), b"", found.get(IPTC) or found.get(PHOTOSHOP) or b"")


def into(picture: bytes, said: Mapping[int, tuple[int, bytes]]) -> bytes:
    """Return a TIFF with these values (kind and value by tag) in its first directory, which moves to its end."""
    order = {b"II": "<", b"MM": ">"}.get(picture[:2])
    if order is None or struct.unpack_from(order + "H", picture, 2)[0] != 42:
        raise ValueError("This is no TIFF that metadata can be written into.")
    (first,) = struct.unpack_from(order + "I", picture, 4)
    (count,) = struct.unpack_from(order + "H", picture, first)
    after = first + 2 + 12 * count
    kept = {
        struct.unpack_from(order + "H", picture, at)[0]: picture[at : at + 12] for at in range(first + 2, after, 12)
    }
    start = len(picture) + (len(picture) & 1)
    body, values = dict(kept), b""
    far = start + 2 + 12 * len({*kept, *said}) + 4
    for tag, (kind, value) in sorted(said.items()):
        place = value.ljust(4, b"\x00") if len(value) <= 4 else struct.pack(order + "I", far + len(values))
        body[tag] = struct.pack(order + "HHI", tag, kind, len(value) // SIZES[kind]) + place
        if len(value) > 4:
            values += value + b"\x00" * (len(value) & 1)
    directory = struct.pack(order + "H", len(body)) + b"".join(body[tag] for tag in sorted(body))
    moved = picture[:4] + struct.pack(order + "I", start) + picture[8:] + b"\x00" * (len(picture) & 1)
    return moved + directory + picture[after : after + 4] + values
