"""Pictures that libvips reads itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyvips

from damgate_image import engine
from damgate_image.engine import Image
from damgate_image.sources import pillow
from damgate_image.sources.opened import Opened


def opened(path: Path, media_type: str) -> Opened:  # noqa: ARG001  (the file itself says what it is, to an allow-list)
    """Read the header of a picture that libvips loads; ValueError where it cannot be read or claims too much."""
    engine.load()
    try:
        image = engine.guarded(lambda: pyvips.Image.new_from_file(str(path), access="sequential"))
    except ValueError as error:
        if "bad labq format" not in str(error):
            raise
        return pillow.opened_as(path, "TIFF")  # libvips 8.18 reads no Lab TIFF of 8 bits, not even its own
    engine.check_size(image.width, image.height)
    loader = image.get("vips-loader")
    turned = field(image, "orientation", 1) >= 5
    return Opened(
        width=image.height if turned else image.width,
        height=image.width if turned else image.height,
        tool=engine.version(),
        path=str(path),
        tagged=image.get_typeof("icc-profile-data") != 0,
        cmyk=image.interpretation == "cmyk",
        lab=image.interpretation in {"lab", "labs"},
        # A TIFF's pages are documents, and a HEIF's are other pictures.
        frames=field(image, "n-pages", 1) if loader.startswith(("gif", "webp")) else 1,
        progressive=bool(loader.startswith("jpeg") and field(image, "interlaced", 0)),
        # A TIFF that lost its strips is a white picture, not a short one.
        strictness="error" if loader.startswith("tiff") else "truncated",
    )


def field(image: Image, name: str, default: Any) -> Any:
    """Return a header field of an image, or the default where it has none."""
    return image.get(name) if image.get_typeof(name) else default
