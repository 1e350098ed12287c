"""Pages that Adobe's programs leave in a file: JPEGs in its XMP, and Photoshop's thumbnail."""

from __future__ import annotations

import base64
import binascii
import mmap
import re

from damgate_preview.drawn import LARGEST_PART, Drawn, Original
from damgate_preview.makers import pictures

_IMAGE = re.compile(
    rb"<xmpGImg:image>(.{16,67108864}?)</xmpGImg:image>|xmpGImg:image=\"([^\"]{16,67108864})\"", re.DOTALL
)
_PHOTOSHOP = re.compile(rb"8BIM\x04\x0c\x00\x00(.{4})\x00\x00\x00\x01", re.DOTALL)
_MOST = 8  # pictures that are looked at: those of the pages come before that of the whole file


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the largest of the first pictures that it holds."""
    with original.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = _of_xmp(data)
        if found:
            return Drawn(pictures.embedded(found, box), "embedded in XMP")
        if match := _PHOTOSHOP.search(data, 0, 64 << 20):
            size = min(int.from_bytes(match.group(1), "big"), LARGEST_PART)
            return Drawn(
                pictures.embedded(data[match.end() + 24 : match.start() + 12 + size], box), "embedded thumbnail"
            )
    return None


def _of_xmp(data: mmap.mmap) -> bytes:
    best, at = b"", 0
    for _ in range(_MOST):
        at = data.find(b"xmpGImg:image", at)
        if at < 0:
            break
        match = _IMAGE.match(data, at - 1) or _IMAGE.match(data, at)
        at += 13
        if match is None:
            continue
        at = match.end()
        text = re.sub(rb"&#x[Aa];|\s+", b"", match.group(1) or match.group(2))
        try:
            picture = base64.b64decode(text, validate=True)
        except binascii.Error:
            continue  # another one may be whole
        if len(picture) > len(best):
            best = picture
    return best
