"""From pixels to the bytes of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyvips

from damgate_image import engine
from damgate_image.engine import Image, guarded
from damgate_image.settings import Colours, Encoding

_LEAST_QUALITY = 10  # below, nobody wants to see it
_LOSSLESS = frozenset({"png", "tiff", "gif"})
_LEFT_BEHIND = ("exif-", "iptc-", "xmp-", "icc-", "png-comment", "gif-comment", "gainmap", "photoshop-", "gif-palette")
_AVIF_SCALE = 0.77  # AVIF at 63 looks like JPEG at 82


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file's bytes, and the quality that they were given; 0 where the format has none."""

    data: bytes
    quality: int


def encoded(
    image: Image, encoding: Encoding, colours: Colours, finish: Callable[[bytes], bytes] = lambda data: data
) -> Encoded:
    """Return the file, with as much quality as its greatest size allows; ValueError where even the least is too large.

    `finish` adds what else belongs into the file, and counts.
    """
    clean = _cleaned(image, encoding, colours)

    def at(quality: int) -> Encoded:
        return Encoded(finish(guarded(lambda: _saved(clean, encoding.form, quality, colours))), quality)

    most = encoding.max_bytes
    if encoding.form in _LOSSLESS:
        made = at(0)
        if most and len(made.data) > most:
            raise ValueError(f"The {encoding.form.upper()} has {len(made.data)} bytes; max-bytes allows {most}.")
        return made
    made = at(encoding.quality)
    return made if not most or len(made.data) <= most else _within(most, encoding.quality, at)


def mezzanine(image: Image) -> bytes:
    """Return the uncompressed TIFF that renditions are made from."""
    # No pyramid: its levels are halved by plain averages, and a rendition near one of them comes out 10 to 20 dB worse
    # (1200 pixels of 2560 do), for one or two milliseconds less.
    clean = _cleaned(image, Encoding(), Colours())
    return bytes(guarded(lambda: clean.tiffsave_buffer(compression="none", keep="none")))


def _within(most: int, quality: int, at: Callable[[int], Encoded]) -> Encoded:
    best, too_much = at(min(_LEAST_QUALITY, quality)), quality
    if len(best.data) > most:
        raise ValueError(
            f"The rendition has {len(best.data)} bytes at the lowest quality, {best.quality}; max-bytes allows {most}."
        )
    while too_much - best.quality > 1:
        tried = at((best.quality + too_much) // 2)
        if len(tried.data) <= most:
            best = tried
        else:
            too_much = tried.quality
    return best


def _cleaned(image: Image, encoding: Encoding, colours: Colours) -> Image:
    """Return an image that says nothing of its origin, but which colours it has."""
    per_millimetre = encoding.dpi / 25.4
    clean = image.copy(xres=per_millimetre, yres=per_millimetre)
    for field in clean.get_fields():
        if field.startswith(_LEFT_BEHIND) or field == "orientation":
            clean.remove(field)
    clean.set_type(pyvips.GValue.blob_type, "icc-profile-data", colours.profile or engine.srgb())
    return clean


def _saved(image: Image, form: str, quality: int, colours: Colours) -> bytes:
    return bytes(_SAVERS[form](image, quality, colours))


def _jpeg(image: Image, quality: int, _: Colours) -> Any:
    jpeg = bytes(image.jpegsave_buffer(Q=quality, keep="icc", optimize_coding=True))
    if jpeg[2:4] == b"\xff\xe0":
        return jpeg
    # Without EXIF libvips does not say how many dots there are to the inch.
    dots = round(image.xres * 25.4).to_bytes(2, "big")
    return jpeg[:2] + b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x01" + dots + dots + b"\x00\x00" + jpeg[2:]


def _png(image: Image, _: int, colours: Colours) -> Any:
    return image.pngsave_buffer(bitdepth=colours.depth, keep="icc")


def _webp(image: Image, quality: int, _: Colours) -> Any:
    return image.webpsave_buffer(Q=quality, effort=2, keep="icc")


def _avif(image: Image, quality: int, _: Colours) -> Any:
    # Effort 4, the default, takes twenty times as long for a tenth of the bytes.
    scaled = max(1, round(quality * _AVIF_SCALE))
    return image.heifsave_buffer(Q=scaled, compression="av1", bitdepth=8, effort=1, keep="icc")


def _tiff(image: Image, _: int, __: Colours) -> Any:
    return image.tiffsave_buffer(compression="lzw", predictor="horizontal", resunit="inch", keep="icc")


def _gif(image: Image, _: int, __: Colours) -> Any:
    return image.gifsave_buffer(effort=4, keep="none")


_SAVERS: dict[str, Callable[[Image, int, Colours], Any]] = {
    "jpeg": _jpeg, "png": _png, "webp": _webp, "avif": _avif, "tiff": _tiff, "gif": _gif,
}  # fmt: skip
