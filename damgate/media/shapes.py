"""Telling files that have neither a signature nor a rhythm by the shape of what they hold: models, fonts, archives."""

from __future__ import annotations

import math
import re
import struct

_FACET = struct.Struct("<12fH")
_BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", re.DOTALL)
_PNM = re.compile(rb"P[1-6](\s+(#[^\n]*\n\s*)*)\d{1,6}\s+\d{1,6}\s")
_DIGITS = re.compile(rb"[0-7 ]{6}[\x00 ]")
_FLAVOURS = {b"\x00\x01\x00\x00", b"true"}


def media_type(head: bytes) -> str:
    """Return the media type; "" where it is none of these."""
    if head[257:262] == b"ustar" and _DIGITS.match(head, 101):
        return "application/x-tar"
    if head[:4] in _FLAVOURS and 0 < int.from_bytes(head[4:6], "big") < 100 and head[12:16].strip().isascii():
        return "font/ttf"
    if _BZIP2.match(head):
        return "application/x-bzip2"
    if _PNM.match(head):
        return "image/x-portable-anymap"
    if _is_stl(head):
        return "model/stl"
    return "image/x-tga" if _is_tga(head) else ""


def _is_stl(head: bytes) -> bool:
    """Tell a binary STL: 80 bytes of anything, a count, and triangles whose normals are as long as normals are."""
    count = int.from_bytes(head[80:84], "little")
    inside = min(count, (len(head) - 84) // _FACET.size)
    if inside < 1 or count >= 1 << 27:
        return False
    for number in range(inside):
        *numbers, _ = _FACET.unpack_from(head, 84 + number * _FACET.size)
        length = math.hypot(*numbers[:3])
        if (length and not 0.9 < length < 1.1) or not all(abs(value) < 1e12 for value in numbers):
            return False
    return any(head[84 : 84 + inside * _FACET.size])


def _is_tga(head: bytes) -> bool:
    """Tell a Targa picture by a header whose every field is possible."""
    if len(head) < 18 or head[1] > 1 or head[2] not in {1, 2, 3, 9, 10, 11}:
        return False
    mapped = head[2] in {1, 9}
    width, height, depth = (int.from_bytes(head[at : at + 2], "little") for at in (12, 14, 16))
    depth &= 0xFF
    palette = head[3:8] == b"\x00\x00\x00\x00\x00" if not mapped else head[7] in {15, 16, 24, 32}
    depths = {8} if mapped else {8, 16} if head[2] in {3, 11} else {15, 16, 24, 32}
    return bool(head[1]) == mapped and palette and bool(width and height) and depth in depths and not head[17] & 0xC0
