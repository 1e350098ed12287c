"""EXIF, as far as a credit line goes: two texts of the first directory of a TIFF header."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Literal

ARTIST = 315
COPYRIGHT = 33432
_ASCII, _SHORT, _RATIONAL = 2, 3, 5
_SIZES = {_ASCII: 1, _SHORT: 2, _RATIONAL: 8}  # bytes
_PER_INCH, _INCH, _CENTRED = struct.pack(">II", 72, 1), struct.pack(">H", 2), struct.pack(">H", 1)


def read(blob: bytes) -> dict[int, str]:
    """Return the texts that EXIF data has, by tag; {} where it is unreadable."""
    tiff = blob.removeprefix(b"Exif\x00\x00")
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    if tiff[:4] not in {b"II*\x00", b"MM\x00*"}:
        return {}

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)

    first, found = number(4, 4), dict[int, str]()
    for entry in range(first + 2, first + 2 + 12 * number(first, 2), 12):
        tag, kind, count = number(entry, 2), number(entry + 2, 2), number(entry + 4, 4)
        if tag in {ARTIST, COPYRIGHT} and kind == _ASCII and count <= 65_536:
            at = entry + 8 if count <= 4 else number(entry + 8, 4)
            found[tag] = joined(tiff[at : at + count].decode("utf-8", "replace"))
    return found


def joined(text: str) -> str:
    """Return a text as one: a copyright may be two, the photographer's and the editor's, with a NUL between them."""
    return ", ".join(filter(None, (part.strip() for part in text.split("\x00"))))


def write(texts: Mapping[int, str]) -> bytes:
    """Return a TIFF header with these texts, in UTF-8 as all current software reads them."""
    fields = [(tag, _ASCII, text.encode() + b"\x00") for tag, text in texts.items()]
    # What the EXIF standard wants to stand beside them; validators complain without.
    fields += [(282, _RATIONAL, _PER_INCH), (283, _RATIONAL, _PER_INCH), (296, _SHORT, _INCH), (531, _SHORT, _CENTRED)]
    entries, values, start = b"", b"", 8 + 2 + 12 * len(fields) + 4
    for tag, kind, value in sorted(fields):
        entries += struct.pack(">HHI", tag, kind, len(value) // _SIZES[kind])
        if len(value) <= 4:
            entries += value.ljust(4, b"\x00")
        else:
            entries += struct.pack(">I", start + len(values))
            values += value + b"\x00" * (len(value) & 1)
    return b"MM\x00*" + struct.pack(">IH", 8, len(fields)) + entries + b"\x00\x00\x00\x00" + values
