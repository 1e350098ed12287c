"""HEIF files, HEIC and AVIF: metadata are items, of which the file keeps a table."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from damgate_image.legal.blobs import Blobs

_XMP_TYPE = b"application/rdf+xml\x00"


def read_heic(file: BinaryIO) -> Blobs:
    """Return what a HEIC says of itself."""
    import pillow_heif  # noqa: PLC0415  (in a decoder process only)

    info = pillow_heif.open_heif(file).info
    return Blobs(info.get("xmp") or b"", info.get("exif") or b"")


def read_avif(file: BinaryIO) -> Blobs:
    """Return what an AVIF says of itself."""
    from PIL import AvifImagePlugin  # noqa: PLC0415  (in a decoder process only)

    # The class itself, because `Image.open` refuses by pixels what libvips decodes.
    info = AvifImagePlugin.AvifImageFile(file).info
    return Blobs(info.get("xmp") or b"", info.get("exif") or b"")


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    data: bytes  # behind size and kind

    def __bytes__(self) -> bytes:
        return (len(self.data) + 8).to_bytes(4, "big") + self.kind + self.data


def into_avif(picture: bytes, xmp: bytes) -> bytes:
    """Return an AVIF, as encoders write it, with this XMP at its end, and an item in its table that points there."""
    boxes = list(_boxes(picture))
    meta = next((box for box in boxes if box.kind == b"meta"), None)
    _understood(meta is not None)
    assert meta is not None
    # The table grows, and what lies behind it moves: two rounds, because how far is known after the first.
    grown = len(_with_item(meta, 0, 0, len(xmp)).data) - len(meta.data)
    new = _with_item(meta, grown, len(picture) + grown + 8, len(xmp))
    return b"".join(bytes(new if box is meta else box) for box in (*boxes, _Box(b"mdat", xmp)))


def _boxes(data: bytes) -> Iterator[_Box]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        _understood(8 <= size <= len(data) - at)
        yield _Box(data[at + 4 : at + 8], data[at + 8 : at + size])
        at += size


def _with_item(meta: _Box, moved: int, at: int, size: int) -> _Box:
    """Return the table of items with one more, of `size` bytes at `at`; all others moved by so much."""
    inner = list(_boxes(meta.data[4:]))
    kinds = {box.kind: box for box in inner}
    _understood({b"pitm", b"iinf", b"iloc"} <= kinds.keys())
    iinf, iloc, iref = kinds[b"iinf"], kinds[b"iloc"], kinds.get(b"iref", _Box(b"iref", bytes(4)))
    _understood(not kinds[b"pitm"].data[0] and not iinf.data[0] and not iloc.data[0] and not iref.data[0])
    item = 1 + max(int.from_bytes(each.data[4:6], "big") for each in _boxes(iinf.data[6:]))
    entry = struct.pack(">IHH4s", 0x02000000, item, 0, b"mime") + b"\x00" + _XMP_TYPE
    described = struct.pack(">HH2s", item, 1, kinds[b"pitm"].data[4:])
    changed = {
        b"iinf": _Box(b"iinf", _counted(iinf.data) + bytes(_Box(b"infe", entry))),
        b"iloc": _Box(b"iloc", _moved(iloc.data, moved) + struct.pack(">HHHII", item, 0, 1, at, size)),
        b"iref": _Box(b"iref", iref.data + bytes(_Box(b"cdsc", described))),
    }
    if b"iref" not in kinds:
        inner.append(iref)
    return _Box(b"meta", meta.data[:4] + b"".join(bytes(changed.get(box.kind, box)) for box in inner))


def _counted(iinf: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", iinf, 4)
    return iinf[:4] + struct.pack(">H", count + 1) + iinf[6:]


def _moved(iloc: bytes, by: int) -> bytes:
    """Return the places of items, each moved, with room for one more, and no common offsets."""
    _understood(iloc[4] == 0x44 and iloc[5] in {0x00, 0x40})
    base = iloc[5] >> 4
    (count,) = struct.unpack_from(">H", iloc, 6)
    written, at = iloc[:4] + struct.pack(">BBH", 0x44, 0, count + 1), 8
    for _ in range(count):
        item, where = struct.unpack_from(">HH", iloc, at)
        start = int.from_bytes(iloc[at + 4 : at + 4 + base], "big")
        (extents,) = struct.unpack_from(">H", iloc, at + 4 + base)
        at += 6 + base
        written += struct.pack(">HHH", item, where, extents)
        for _ in range(extents):
            offset, length = struct.unpack_from(">II", iloc, at)
            written += struct.pack(">II", start + offset + by, length)
            at += 8
    return written


def _understood(as_encoders_write: bool) -> None:
    if not as_encoders_write:
        raise ValueError("This is no AVIF that metadata can be written into.")
