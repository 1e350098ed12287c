"""Pictures that libvips reads."""

from __future__ import annotations

from pathlib import Path

import pyvips

from damgate_image import engine
from damgate_preview.drawn import Drawn, Original, Picture, check_size, vips_tool
from damgate_preview.encode import colour

VIPS = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif"})


def draw(original: Original, box: int) -> Drawn | None:
    """Draw a picture, decoded no larger than needed."""
    if original.media_type not in VIPS:
        return None
    return Drawn(opened(original.path, box), vips_tool())


def opened(path: Path, box: int) -> Picture:
    """Return the picture in a file, upright; ValueError where it is damaged."""
    engine.load()

    def decode() -> Picture:
        header = pyvips.Image.new_from_file(str(path), access="sequential")
        return pyvips.Image.thumbnail(str(path), box, **_settings(header, box)).copy_memory()

    return engine.guarded(decode)


def embedded(picture: bytes, box: int) -> Picture:
    """Return a picture that stood inside of another file, upright; ValueError where it is none or damaged."""
    engine.load()

    def decode() -> Picture:
        header = pyvips.Image.new_from_buffer(picture, "", access="sequential")
        return pyvips.Image.thumbnail_buffer(picture, box, **_settings(header, box)).copy_memory()

    return engine.guarded(decode)


def _settings(header: Picture, box: int) -> dict[str, object]:
    check_size(header.width, header.height)
    # A TIFF that lost its strips is a white picture, not a short one.
    strict = "error" if header.get("vips-loader").startswith("tiff") else "truncated"
    return {"height": box, "size": "down", "intent": "relative", "fail_on": strict, **colour(header)}
