"""Which kinds of picture are read, by which library, and which are written."""

from __future__ import annotations

from collections.abc import Mapping

from damgate import Produced

VIPS = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif"})
HEIC = frozenset({"image/heic", "image/heif"})
RAW = frozenset({"image/x-raw"})
PILLOW: Mapping[str, str] = {  # to Pillow's name of the format, the only one it may try
    "image/vnd.adobe.photoshop": "PSD", "image/jp2": "JPEG2000", "image/j2c": "JPEG2000", "image/bmp": "BMP",
    "image/x-icon": "ICO", "image/x-tga": "TGA", "image/x-portable-anymap": "PPM", "image/vnd-ms.dds": "DDS",
    "image/icns": "ICNS", "image/qoi": "QOI",
}  # fmt: skip
READS = VIPS | HEIC | RAW | frozenset(PILLOW)

WRITES: Mapping[str, Produced] = {
    "jpeg": Produced("image/jpeg", "jpg"),
    "png": Produced("image/png", "png"),
    "webp": Produced("image/webp", "webp"),
    "avif": Produced("image/avif", "avif"),
    "tiff": Produced("image/tiff", "tif"),
    "gif": Produced("image/gif", "gif"),
}
FORMS: Mapping[str, str] = {
    "jpg": "jpeg",
    "webp": "webp",
    "avif": "avif",
}  # what every web channel offers beside its own
MOVING = frozenset({"gif", "webp"})
CLEAR = frozenset({"png", "webp", "avif", "tiff", "gif"})  # can be transparent
DEEP = frozenset({"png", "tiff"})  # can have 16 bits
INKS = frozenset({"jpeg", "tiff"})  # can be CMYK


def form_for(wanted: str, media_type: str) -> str:
    """Return what an original becomes: the format, or for `same` its own kind, or JPEG where nobody writes that."""
    if wanted != "same":
        return wanted
    return next((form for form, made in WRITES.items() if made.media_type == media_type), "jpeg")
