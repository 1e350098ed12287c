"""From any picture to sRGB on white, to a size, to the bytes of a format."""

from __future__ import annotations

import pyvips

from damgate_image import engine
from damgate_preview.drawn import Picture

_WHITE = [255, 255, 255]
_CLEAN = ("exif-", "iptc-", "xmp-", "icc-", "png-comment", "gainmap")


def colour(image: Picture) -> dict[str, str]:
    """Return how libvips is told to come to sRGB; it crashes on untagged CMYK that is given no profile."""
    if image.get_typeof("icc-profile-data"):
        return {"output_profile": "srgb"}
    return {"input_profile": "cmyk", "output_profile": "srgb"} if image.interpretation == "cmyk" else {}


def fitted(image: Picture, width: int, height: int) -> Picture:
    """Return an upright picture in sRGB, on white, no larger than this and no larger than it was."""
    small = image.thumbnail_image(width, height=height, size="down", intent="relative", **colour(image)).copy_memory()
    if small.interpretation != "srgb":
        small = small.colourspace("srgb")
    return small.flatten(background=_WHITE).cast("uchar") if small.hasalpha() else small.cast("uchar")


def encoded(image: Picture, form: str, quality: int) -> bytes:
    """Return the bytes of a picture in sRGB, without metadata but its profile."""
    clean = image.copy()
    for field in clean.get_fields():
        if field.startswith(_CLEAN) or field == "orientation":
            clean.remove(field)
    clean.set_type(pyvips.GValue.blob_type, "icc-profile-data", engine.srgb())
    if form == "webp":
        return bytes(clean.webpsave_buffer(Q=quality, effort=2, keep="icc"))
    if form == "avif":
        return bytes(clean.heifsave_buffer(Q=max(1, quality - 15), compression="av1", effort=2, keep="icc"))
    return bytes(clean.jpegsave_buffer(Q=quality, keep="icc", optimize_coding=True))
