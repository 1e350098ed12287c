"""EXIF: the texts of its first two directories."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO

from damgate_image.legal import tiff
from damgate_image.legal.blobs import decoded

DESCRIPTION = 270
MAKE = 271
MODEL = 272
ARTIST = 315
COPYRIGHT = 33432
TAKEN = 36867
TAKEN_ZONE = 36881
LENS = 42036
NAMES = {DESCRIPTION: "ImageDescription", MAKE: "Make", MODEL: "Model", ARTIST: "Artist", COPYRIGHT: "Copyright",
         TAKEN: "DateTimeOriginal", TAKEN_ZONE: "OffsetTimeOriginal", LENS: "LensModel"}  # fmt: skip
_START = b"Exif\x00\x00"
_LONGEST = 65_536  # bytes of a text
_INCH, _CENTRED = struct.pack(">H", 2), struct.pack(">H", 1)


def read(blob: bytes) -> dict[int, str]:
    """Return the texts that EXIF data has, by tag; {} where it is unreadable."""
    return read_file(BytesIO(blob.removeprefix(_START)))


def read_file(file: BinaryIO) -> dict[int, str]:
    """Return the texts of a TIFF file."""
    head = tiff.header(file)
    if head is None:
        return {}
    found = tiff.fields(file, head, head.first, {*NAMES, tiff.EXIF})
    if len(below := found.get(tiff.EXIF, b"")) == 4:  # followed once: a directory that leads back to itself ends here
        found = tiff.fields(file, head, head.number(below), NAMES) | found
    return {tag: _text(found[tag]) for tag in NAMES if tag in found and len(found[tag]) <= _LONGEST}


def _text(value: bytes) -> str:
    """Return a text as one: a copyright may be two, the photographer's and the editor's, with a NUL between them."""
    return ", ".join(filter(None, (part.strip() for part in decoded(value).split("\x00"))))


def write(texts: Mapping[int, str], dots: int = 72) -> bytes:
    """Return EXIF data with these texts, in UTF-8 as all current software reads them, and the dots to the inch."""
    fields = {tag: (tiff.ASCII, text.encode() + b"\x00") for tag, text in texts.items()}
    # What the EXIF standard wants to stand beside them; validators complain without.
    per_inch = struct.pack(">II", dots, 1)
    fields |= {282: (tiff.RATIONAL, per_inch), 283: (tiff.RATIONAL, per_inch)}
    fields |= {296: (tiff.SHORT, _INCH), 531: (tiff.SHORT, _CENTRED)}
    empty = b"MM\x00*" + struct.pack(">IH", 8, 0) + bytes(4)
    return _START + tiff.into(empty, fields)
