"""EXIF, as far as a credit line goes: two texts of the first directory of a TIFF header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

ARTIST = 315
COPYRIGHT = 33432
_ASCII = 2


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
    entries, values, start = b"", b"", 8 + 2 + 12 * len(texts) + 4
    for tag, text in sorted(texts.items()):
        value = text.encode() + b"\x00"
        value += b"\x00" * max(0, 5 - len(value))  # four bytes or fewer would have to stand in the entry itself
        entries += tag.to_bytes(2, "big") + _ASCII.to_bytes(2, "big") + len(value).to_bytes(4, "big")
        entries += (start + len(values)).to_bytes(4, "big")
        values += value + b"\x00" * (len(value) & 1)
    return b"MM\x00*" + (8).to_bytes(4, "big") + len(texts).to_bytes(2, "big") + entries + b"\x00\x00\x00\x00" + values
