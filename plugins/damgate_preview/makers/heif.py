"""HEIC and HEIF, which this libvips does not read."""

from __future__ import annotations

import pillow_heif

from damgate_image import engine
from damgate_preview.drawn import Drawn, Original, check_size, from_pillow, tool


def draw(original: Original, box: int) -> Drawn | None:  # noqa: ARG001  (scaled by who encodes)
    """Draw the picture. libheif turns it upright itself."""
    engine.load()
    opened = pillow_heif.open_heif(original.path, convert_hdr_to_8bit=True)
    check_size(*opened.size)
    picture = opened.to_pillow()
    picture.info["icc_profile"] = opened.info.get("icc_profile")
    return Drawn(from_pillow(picture), tool("pillow-heif"))
