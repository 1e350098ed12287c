"""Pictures that Pillow reads and libvips does not."""

from __future__ import annotations

import warnings

from PIL import Image, ImageOps

from damgate_preview.drawn import Drawn, Original, check_size, from_pillow, tool

_FORMATS = {
    "image/bmp": "BMP", "image/jp2": "JPEG2000", "image/j2c": "JPEG2000", "image/x-icon": "ICO", "image/icns": "ICNS",
    "image/x-tga": "TGA", "image/vnd-ms.dds": "DDS", "image/x-portable-anymap": "PPM", "image/x-pcx": "PCX",
    "image/x-sgi": "SGI", "image/qoi": "QOI",
}  # fmt: skip


def draw(original: Original, box: int) -> Drawn | None:  # noqa: ARG001  (scaled by who encodes)
    """Draw the picture, or the largest of an icon's."""
    kind = _FORMATS.get(original.media_type)
    if kind is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit follows
        with Image.open(original.path, formats=[kind]) as opened:
            check_size(*opened.size)
            return Drawn(from_pillow(ImageOps.exif_transpose(opened)), tool("pillow"))
