"""A file's metadata as it stands there: undecoded, and not to be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

LARGEST = 4 << 20  # bytes of one blob that are looked at
_FARTHEST = 1 << 48  # bytes into a file
LONGEST = 2000  # characters of a text
# What XML cannot carry, what moves a cursor, and what turns the direction of the text around it.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Blobs:
    """XMP, EXIF, IPTC (as bare IIM or in Photoshop's blocks), and texts with the names and origins of their tags."""

    xmp: bytes = b""
    exif: bytes = b""
    iptc: bytes = b""
    texts: tuple[tuple[str, str, str], ...] = ()


def read_at(file: BinaryIO, at: int, size: int) -> bytes:
    """Return the bytes at an offset, fewer where the file ends; none where it claims what is absurd."""
    if size > LARGEST or at > _FARTHEST:
        return b""
    file.seek(at)
    return file.read(size)


def decoded(value: bytes) -> str:
    """Return a text of EXIF or IPTC: UTF-8 as current software writes it, else the Latin-1 of old."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def clean(text: str) -> str:
    """Return text that XML, IPTC and EXIF can all carry, on one line."""
    return " ".join(_UNFIT.sub(" ", text).split())[:LONGEST].rstrip()
