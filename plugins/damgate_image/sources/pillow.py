"""Kinds that Pillow reads and libvips' wheel does not: PSD, JPEG 2000, BMP, TGA, ICO, PPM, DDS."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import PIL
import pyvips
from PIL import Image as Pillow

from damgate_image import engine
from damgate_image.engine import Image
from damgate_image.kinds import PILLOW
from damgate_image.sources import layered
from damgate_image.sources.opened import PIXELS, Opened

_BOMBS = (*PIXELS, Pillow.DecompressionBombError, Pillow.DecompressionBombWarning)
_MODES = {"L": "b-w", "LA": "b-w", "RGB": "srgb", "RGBA": "srgb", "CMYK": "cmyk", "I;16": "grey16"}


def opened(path: Path, media_type: str) -> Opened:
    """Read the header of a picture that Pillow reads; ValueError where that fails or it claims too much."""
    engine.load()
    form = PILLOW[media_type]
    return layered.opened(path) if form == "PSD" and layered.is_needed(path) else opened_as(path, form)


def opened_as(path: Path, form: str) -> Opened:
    """Read the header of a picture of the form that Pillow knows by this name; raises as `opened`."""
    picture = engine.guarded(lambda: _opened(path, form), *_BOMBS)
    width, height = picture.size
    engine.check_size(width, height, most=engine.MOST_WHOLE)
    profile = picture.info.get("icc_profile") or b""
    return Opened(
        width,
        height,
        tool=f"Pillow {PIL.__version__}",
        pixels=lambda: image_of(engine.guarded(lambda: _loaded(picture), *_BOMBS), profile),
        tagged=bool(profile),
        cmyk=picture.mode == "CMYK",
        lab=picture.mode == "LAB",
    )


def _opened(path: Path, form: str) -> Any:
    Pillow.MAX_IMAGE_PIXELS = engine.MOST_WHOLE
    with warnings.catch_warnings():
        warnings.simplefilter("error", Pillow.DecompressionBombWarning)
        return Pillow.open(path, formats=[form])


def _loaded(picture: Any) -> Any:
    picture.load()
    return picture


def image_of(picture: Any, profile: bytes = b"") -> Image:
    """Return a decoded Pillow picture as libvips' image, which borrows nothing of it."""
    if picture.mode == "LAB":
        image = pyvips.Image.new_from_memory(picture.tobytes(), picture.width, picture.height, 3, "uchar")
        image = image ^ [0, 128, 128]  # Pillow hands out a and b as signed bytes
        return (image * [100 / 255, 1, 1] + [0, -128, -128]).copy(interpretation="lab")
    if picture.mode == "I":  # a PPM of 16 bits
        picture = picture.convert("I;16")
    if picture.mode not in _MODES:
        clear = "A" in picture.mode or "transparency" in picture.info
        picture = picture.convert("RGBA" if clear else "RGB")
    deep = picture.mode == "I;16"
    image = pyvips.Image.new_from_memory(
        picture.tobytes(), picture.width, picture.height, len(picture.getbands()), "ushort" if deep else "uchar"
    ).copy(interpretation=_MODES[picture.mode])
    if profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return image
