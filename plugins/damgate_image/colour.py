"""Shrinking and converting: the only place that makes thumbnails, because one way there crashes libvips."""

from __future__ import annotations

import pyvips

from damgate_image import engine
from damgate_image.engine import Image, guarded
from damgate_image.settings import Colour, Colours
from damgate_image.sources.opened import Opened


def shrunk(opened: Opened, width: int, height: int, *, linear: bool = False, frames: bool = False) -> Image:
    """Return an original upright at this size, in 8-bit sRGB, decoded no further than that takes.

    With `frames` it is all frames of an animation, one below the other.
    """
    settings = _branch(tagged=opened.tagged, cmyk=opened.cmyk)
    settings |= {"height": height, "size": "force", "intent": "relative", "linear": linear}
    pixels = (lambda: _evened(_whole(opened), opened)) if opened.lab or linear else opened.pixels
    if pixels is not None:
        return _srgb(guarded(lambda: pixels().thumbnail_image(width, **settings).copy_memory()))
    settings["fail_on"] = opened.strictness
    path = opened.path + ("[n=-1]" if frames else "")
    # `copy_memory` costs nothing measurable, and the result of `thumbnail` can be read only once.
    return _srgb(guarded(lambda: pyvips.Image.thumbnail(path, width, **settings).copy_memory()))


def mark(picture: bytes, width: int, height: int) -> Image:
    """Return a logo that fits into this size, in sRGB with alpha; it is never enlarged."""
    # `thumbnail` premultiplies: no grey fringe around it.
    plain = guarded(lambda: pyvips.Image.new_from_buffer(picture, ""))
    engine.check_size(plain.width, plain.height)
    settings = _branch(tagged=plain.get_typeof("icc-profile-data") != 0, cmyk=plain.interpretation == "cmyk")
    settings |= {"height": height, "size": "down"}
    image = _srgb(guarded(lambda: pyvips.Image.thumbnail_buffer(picture, width, **settings).copy_memory()))
    return image if image.hasalpha() else image.bandjoin(255)


def deep(opened: Opened, width: int, height: int, colours: Colours, *, through_rgb: bool = False) -> Image:
    """Return an original upright at this size, in the depth and profile that the channel asks for.

    Slower than `shrunk`, which only knows 8-bit sRGB. `through_rgb` stops at 16-bit sRGB: `proofed` goes on from there.
    """
    image = guarded(lambda: _whole(opened))
    sideways = image.get_typeof("orientation") and image.get("orientation") >= 5
    across, down = (height, width) if sideways else (width, height)
    if (image.width, image.height) != (across, down):
        small = image.premultiply() if image.hasalpha() else image
        small = small.resize(across / image.width, vscale=down / image.height)
        image = (small.unpremultiply() if image.hasalpha() else small).cast(image.format)
    image = guarded(lambda: image.copy_memory().autorot())
    if colours.background is not None or image.interpretation == "cmyk":
        image = flattened(_known(image), colours.background or (255, 255, 255))
    if through_rgb:
        return _exported(image, Colours(depth=16, intent=colours.intent, black_point=colours.black_point))
    return _exported(image, colours)


def proofed(image: Image, colours: Colours) -> Image:
    """Return an RGB image in the depth and profile that the channel asks for."""
    return image if colours.plain else _exported(image, colours)


def flattened(image: Image, background: Colour) -> Image:
    """Return an image without transparency, on a background that is given in sRGB."""
    if not image.hasalpha():
        return image
    most = 65_535 if image.format == "ushort" else 255
    return image.flatten(background=[part * most / 255 for part in background], max_alpha=most).cast(image.format)


def painted(colour: Colour, colours: Colours) -> list[float]:
    """Return an sRGB colour as the channel's pixels have it."""
    dot = (pyvips.Image.black(1, 1, bands=3) + list(colour)).cast("uchar").copy(interpretation="srgb")
    return list(proofed(dot, colours)(0, 0))


def _branch(*, tagged: bool, cmyk: bool) -> dict[str, object]:
    # By the header, because `output_profile` on untagged RGB doubles the time, and its absence on untagged CMYK
    # crashes libvips 8.18.7 (use after free).
    if tagged:
        return {"output_profile": "srgb"}
    return {"input_profile": "cmyk", "output_profile": "srgb"} if cmyk else {}


def _srgb(image: Image) -> Image:
    """Return grey as RGB too: it would lose its profile on saving."""
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    return image if image.format == "uchar" else image.cast("uchar")


def _whole(opened: Opened) -> Image:
    if opened.pixels is not None:
        return opened.pixels()
    return pyvips.Image.new_from_file(opened.path, access="sequential", fail_on=opened.strictness)


def _evened(image: Image, opened: Opened) -> Image:
    """Return an image of which libvips' thumbnail gets the colours right."""
    if opened.lab:
        return _from_lab(image).copy_memory()
    # It knows no linear light for grey.
    return image.colourspace("srgb") if image.interpretation == "b-w" and not opened.tagged else image


def _from_lab(image: Image, depth: int = 8) -> Image:
    """Return Lab as sRGB: libvips' own Lab is seen under D65, that of files under D50."""
    return image.colourspace("lab").icc_export(output_profile="srgb", intent="relative", depth=depth)


def _known(image: Image) -> Image:
    """Return what is neither RGB nor CMYK nor has a profile as RGB, in no less depth."""
    if image.interpretation in {"lab", "labs"}:
        return _from_lab(image, 16)
    if image.interpretation in {"srgb", "rgb16", "cmyk", "rgb"} or image.get_typeof("icc-profile-data"):
        return image
    return image.colourspace("srgb" if image.format == "uchar" else "rgb16")


def _exported(image: Image, colours: Colours) -> Image:
    image = _known(image)
    cmyk = image.interpretation == "cmyk"
    alpha = image[image.bands - 1] if image.hasalpha() else None
    if alpha is not None:
        image = image[: image.bands - 1]
    profile = engine.filed(colours.profile) if colours.profile else "srgb"
    made = guarded(
        lambda: image.icc_transform(
            profile,
            embedded=True,
            input_profile="cmyk" if cmyk else "srgb",
            intent=colours.intent,
            black_point_compensation=colours.black_point,
            depth=colours.depth,
        ).copy_memory()
    )
    if alpha is None:
        return made
    scale = (65_535 if colours.depth == 16 else 255) / (65_535 if alpha.format == "ushort" else 255)
    return made.bandjoin((alpha * scale).cast(made.format)).copy(interpretation=made.interpretation)
