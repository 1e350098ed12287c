"""The recipe: from an untrusted picture to a clean JPEG. Measured and explained in the comments where it looks odd."""

from __future__ import annotations

import functools
from typing import Any

import pyvips

from damgate import Source
from damgate_image import engine, legal
from damgate_image.channel import ImageChannel, Logo
from damgate_image.engine import Image, guarded

_LARGEST_SHARE = 0.22  # of the picture's width, and of its height, that a logo may take
_WHITE = [255, 255, 255]


def warm(channel: ImageChannel) -> None:
    """Do everything once that the first picture would otherwise wait for; ValueError for a logo that is none."""
    engine.load()
    engine.srgb()
    image = _place_logo(pyvips.Image.black(channel.box, channel.box, bands=3).copy(interpretation="srgb"), channel.logo)
    guarded(lambda: _jpeg(image, channel.quality))


def render(channel: ImageChannel, source: Source) -> bytes:
    """Return the rendition; ValueError where the picture cannot be decoded to its end."""
    if source.media_type in engine.HEIC:
        image = _fitted_heic(engine.heic(source.path), channel.box)
    else:
        image = _fitted(source, channel.box, engine.header(source.path))
    image = guarded(lambda: _place_logo(_three_bands(image), channel.logo))
    jpeg = guarded(lambda: _jpeg(image, channel.quality))
    return legal.into(jpeg, "image/jpeg", legal.statement_for(source))


def _fitted(source: Source, box: int, header: engine.Header) -> Image:
    # The branch is by the header because `output_profile` on untagged RGB doubles the time, and its absence on
    # untagged CMYK crashes libvips 8.18.7 (use after free).
    settings = _colour(tagged=header.tagged, cmyk=header.interpretation == "cmyk")
    # `copy_memory` costs nothing measurable, and the result of `thumbnail` can be read only once.
    settings["fail_on"] = header.strictness
    return guarded(
        lambda: pyvips.Image.thumbnail(
            str(source.path), box, height=box, size="down", intent="relative", **settings
        ).copy_memory()
    )


def _fitted_heic(opened: Any, box: int) -> Image:
    image = engine.heic_pixels(opened)
    profile = opened.info.get("icc_profile")
    if profile:
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    settings = _colour(tagged=bool(profile), cmyk=False)
    return guarded(
        lambda: image.thumbnail_image(box, height=box, size="down", intent="relative", **settings).copy_memory()
    )


def _colour(*, tagged: bool, cmyk: bool) -> dict[str, str]:
    if tagged:
        return {"output_profile": "srgb"}
    return {"input_profile": "cmyk", "output_profile": "srgb"} if cmyk else {}


def _three_bands(image: Image) -> Image:
    """Return sRGB on white: grey would lose its profile on saving, and a JPEG has no transparency."""
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    return image.flatten(background=_WHITE).cast("uchar") if image.hasalpha() else image.cast("uchar")


def _place_logo(image: Image, logo: Logo | None) -> Image:
    if logo is None:
        return image
    over = _scaled(logo, max(1, int(image.width * _LARGEST_SHARE)), max(1, int(image.height * _LARGEST_SHARE)))
    margin = min(logo.margin, (image.width - over.width) // 2, (image.height - over.height) // 2)
    if image.width < 1.5 * over.width or image.height < 1.5 * over.height:
        return image
    right, low = image.width - over.width - margin, image.height - over.height - margin
    x, y = {
        "lower-right": (right, low),
        "lower-left": (margin, low),
        "upper-right": (right, margin),
        "upper-left": (margin, margin),
        "centre": ((image.width - over.width) // 2, (image.height - over.height) // 2),
    }[logo.place]
    # Composited over its own region only: over the whole picture it costs three times as much.
    patch = image.crop(x, y, over.width, over.height).composite2(over, "over").flatten().cast("uchar")
    return image.insert(patch, x, y)


@functools.lru_cache(maxsize=16)
def _scaled(logo: Logo, width: int, height: int) -> Image:
    """Return the logo at a size, in sRGB with alpha."""
    # `thumbnail` premultiplies: no grey fringe around it.
    plain = guarded(lambda: pyvips.Image.new_from_buffer(logo.picture, ""))
    engine.check_size(plain.width, plain.height)
    settings = _colour(tagged=plain.get_typeof("icc-profile-data") != 0, cmyk=plain.interpretation == "cmyk")
    image = guarded(
        lambda: pyvips.Image.thumbnail_buffer(logo.picture, width, height=height, size="down", **settings).copy_memory()
    )
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if not image.hasalpha():
        image = image.bandjoin(255)
    return (image * [1, 1, 1, logo.opacity]).cast("uchar").copy(interpretation="srgb").copy_memory()


def _jpeg(image: Image, quality: int) -> bytes:
    clean = image.copy()
    for field in clean.get_fields():
        if field.startswith(("exif-", "iptc-", "xmp-", "icc-", "png-comment", "gainmap")) or field == "orientation":
            clean.remove(field)
    clean.set_type(pyvips.GValue.blob_type, "icc-profile-data", engine.srgb())
    return bytes(clean.jpegsave_buffer(Q=quality, keep="icc", optimize_coding=True))
