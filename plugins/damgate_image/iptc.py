"""IPTC-IIM, as far as a credit line goes."""

from __future__ import annotations

from collections.abc import Mapping

_PHOTOSHOP = b"Photoshop 3.0\x00"
_BLOCK = b"8BIM"
_IIM_BLOCK = 0x0404
_UTF8 = b"\x1b%G"  # value of 1:90
_MOST = 2000  # bytes written of one text; the standard's 32 and 128 are kept by nobody


def read(data: bytes) -> dict[int, str]:
    """Return the texts of record 2 by dataset number; {} where there is none. Takes raw IIM or Photoshop blocks."""
    found: dict[int, str] = {}
    iim, at, encoding = _iim(data), 0, ""
    while at + 5 <= len(iim) and iim[at] == 0x1C:
        record, dataset, size = iim[at + 1], iim[at + 2], int.from_bytes(iim[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:  # an extended length: nothing that we look for is so long
            break
        value, at = iim[at : at + size], at + size
        if (record, dataset) == (1, 90):
            encoding = "utf-8" if value == _UTF8 else ""
        elif record == 2 and dataset not in found:
            found[dataset] = _text(value, encoding)
    return found


def write(texts: Mapping[int, str]) -> bytes:
    """Return a Photoshop segment with these texts of record 2, in UTF-8."""
    iim = _dataset(1, 90, _UTF8) + _dataset(2, 0, b"\x00\x04")
    for dataset, text in texts.items():
        if text:
            iim += _dataset(2, dataset, text.encode()[:_MOST].decode("utf-8", "ignore").encode())
    block = _BLOCK + _IIM_BLOCK.to_bytes(2, "big") + b"\x00\x00" + len(iim).to_bytes(4, "big") + iim
    return _PHOTOSHOP + block + b"\x00" * (len(iim) & 1)


def _iim(data: bytes) -> bytes:
    """Return the IIM inside a Photoshop segment, or the data itself."""
    if not data.startswith((_PHOTOSHOP, _BLOCK)):
        return data
    at = len(_PHOTOSHOP) if data.startswith(_PHOTOSHOP) else 0
    while data[at : at + 4] == _BLOCK:
        kind = int.from_bytes(data[at + 4 : at + 6], "big")
        name = data[at + 6] if at + 6 < len(data) else 0
        at += 6 + name + 1 + ((name + 1) & 1)
        size = int.from_bytes(data[at : at + 4], "big")
        at += 4
        if kind == _IIM_BLOCK:
            return data[at : at + size]
        at += size + (size & 1)
    return b""


def _dataset(record: int, dataset: int, value: bytes) -> bytes:
    return bytes((0x1C, record, dataset)) + len(value).to_bytes(2, "big") + value


def _text(value: bytes, encoding: str) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode(encoding or "latin-1", "replace").strip()
