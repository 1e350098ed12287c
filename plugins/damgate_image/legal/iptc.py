"""IPTC-IIM, bare or in the blocks in which Photoshop keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from damgate_image.legal.blobs import decoded

PHOTOSHOP = b"Photoshop 3.0\x00"  # begins a JPEG's segment
IIM = 0x0404  # the blocks that hold metadata
EXIF = 0x0422
XMP = 0x0424
EXPIRES, EXPIRES_TIME, TAKEN, TAKEN_TIME = 37, 38, 55, 60
_BLOCK = b"8BIM"
_UTF8 = b"\x1b%G"  # value of 1:90
_MOST = 2000  # bytes written of one text; the standard's 32 and 128 are kept by nobody
_DATASETS = 1000  # that are read


def read(data: bytes) -> dict[int, tuple[str, ...]]:
    """Return the texts of record 2 by dataset number, each as often as it stands there; {} where there is none."""
    found: dict[int, tuple[str, ...]] = {}
    for _, (record, dataset, value) in zip(range(_DATASETS), _datasets(_bare(data)), strict=False):
        if record == 2 and (text := decoded(value).strip("\x00 \r\n\t")):
            found[dataset] = (*found.get(dataset, ()), text)
    return found


def blocks(data: bytes) -> dict[int, bytes]:
    """Return Photoshop's blocks by number; the first of each."""
    found: dict[int, bytes] = {}
    at = len(PHOTOSHOP) if data.startswith(PHOTOSHOP) else 0
    while data[at : at + 4] == _BLOCK:
        kind = int.from_bytes(data[at + 4 : at + 6], "big")
        name = data[at + 6] if at + 6 < len(data) else 0
        at += 6 + name + 1 + ((name + 1) & 1)
        size = int.from_bytes(data[at : at + 4], "big")
        at += 4
        found.setdefault(kind, data[at : at + size])
        at += size + (size & 1)
    return found


def write(texts: Mapping[int, Sequence[str]]) -> bytes:
    """Return bare IIM with these texts of record 2, in UTF-8."""
    iim = _dataset(1, 90, _UTF8) + _dataset(2, 0, b"\x00\x04")
    for dataset, each in sorted(texts.items()):
        for text in filter(None, each):
            iim += _dataset(2, dataset, text.encode()[:_MOST].decode("utf-8", "ignore").encode())
    return iim


def in_blocks(iim: bytes) -> bytes:
    """Return a Photoshop segment that holds this IIM."""
    block = _BLOCK + IIM.to_bytes(2, "big") + b"\x00\x00" + len(iim).to_bytes(4, "big") + iim
    return PHOTOSHOP + block + b"\x00" * (len(iim) & 1)


def _bare(data: bytes) -> bytes:
    return blocks(data).get(IIM, b"") if data.startswith((PHOTOSHOP, _BLOCK)) else data


def _datasets(iim: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 5 <= len(iim) and iim[at] == 0x1C:
        record, dataset, size = iim[at + 1], iim[at + 2], int.from_bytes(iim[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:  # an extended length: nothing that we look for is so long
            return
        yield record, dataset, iim[at : at + size]
        at += size


def _dataset(record: int, dataset: int, value: bytes) -> bytes:
    return bytes((0x1C, record, dataset)) + len(value).to_bytes(2, "big") + value
