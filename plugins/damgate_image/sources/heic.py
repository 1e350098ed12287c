"""HEIC, by libheif: the libvips wheel has no HEVC."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pillow_heif

from damgate_image import engine
from damgate_image.engine import Image
from damgate_image.sources.opened import PIXELS, Opened
from damgate_image.sources.pillow import image_of


def opened(path: Path, media_type: str) -> Opened:  # noqa: ARG001  (libheif tells the brands apart)
    """Read the header of a HEIC; ValueError where that fails or it claims too much."""
    engine.load()
    pillow_heif.options.DECODE_THREADS = 1
    file = engine.guarded(lambda: pillow_heif.open_heif(path, convert_hdr_to_8bit=True), *PIXELS)
    width, height = file.size
    engine.check_size(width, height, most=engine.MOST_WHOLE)
    profile = file.info.get("icc_profile") or b""
    return Opened(
        width,
        height,
        tool=f"libheif {pillow_heif.libheif_version()}",
        pixels=lambda: _pixels(file, profile),
        tagged=bool(profile),
    )


def _pixels(file: Any, profile: bytes) -> Image:
    # libheif turns the picture upright itself; the EXIF orientation must not be applied again.
    return image_of(engine.guarded(file.to_pillow, *PIXELS), profile)
