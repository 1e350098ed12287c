"""The credit line's places in a TIFF. Pillow reads the directory, wherever it stands; no pixel is decoded."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, TiffImagePlugin

from damgate_image import exif

_IPTC = 33723
_PHOTOSHOP = 34377  # the same blocks that a JPEG has, IPTC among them


def read(path: Path) -> tuple[dict[int, str], bytes]:
    """Return the texts by tag, and the IPTC data; nothing where Pillow, stricter than libvips, refuses the header."""
    try:
        with Image.open(path, formats=["TIFF"]) as image:
            tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else None
            if tags is None:
                return {}, b""
            found = {tag: exif.joined(str(tags[tag])) for tag in (exif.ARTIST, exif.COPYRIGHT) if tag in tags}
            return found, _bytes(tags.get(_IPTC), tags.prefix) or _bytes(tags.get(_PHOTOSHOP), tags.prefix)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, OverflowError, Image.DecompressionBombError):
        return {}, b""  # a picture without a credit line is still a picture


def _bytes(value: object, prefix: bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, tuple):  # IPTC is often declared as LONGs
        return b"".join(int(number).to_bytes(4, "little" if prefix == b"II" else "big") for number in value)
    return b""
