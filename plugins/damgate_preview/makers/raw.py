"""Camera raw files: the JPEG that the camera put into it, else the sensor's picture at half its size."""

from __future__ import annotations

import pyvips
import rawpy
from PIL import Image

from damgate_preview.drawn import Drawn, Original, Picture, check_size, from_pillow, tool
from damgate_preview.makers import pictures

_TURNS = {3: "d180", 5: "d270", 6: "d90"}  # how libraw says that a camera was held
_SMALL = 480  # pixels; a smaller embedded picture is not worth showing where the sensor's can be developed


def draw(original: Original, box: int) -> Drawn | None:
    """Draw it upright."""
    try:
        with rawpy.imread(str(original.path)) as raw:
            check_size(raw.sizes.raw_width, raw.sizes.raw_height)
            embedded = _embedded(raw, box)
            if embedded is not None and max(embedded.width, embedded.height) >= min(box, _SMALL):
                return Drawn(embedded, f"embedded, {tool('rawpy')}")
            developed = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
    except rawpy.LibRawError as error:
        raise ValueError(f"It cannot be read as a raw file ({_said(error)})") from error
    return Drawn(from_pillow(Image.fromarray(developed)), f"developed, {tool('rawpy')}")


def _embedded(raw: rawpy.RawPy, box: int) -> Picture | None:
    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if isinstance(thumb.data, bytes):
        image = pictures.embedded(thumb.data, box)
        turned = pyvips.Image.new_from_buffer(thumb.data, "").get_typeof("orientation") != 0
    else:
        image, turned = from_pillow(Image.fromarray(thumb.data)), False
    turn = _TURNS.get(raw.sizes.flip)
    return image.rot(turn) if turn and not turned else image


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
