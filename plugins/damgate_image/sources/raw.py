"""Cameras' raw files: the preview that the camera put in, else a decode at half size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyvips

from damgate_image import engine
from damgate_image.engine import Image
from damgate_image.sources.opened import PIXELS, Opened
from damgate_image.sources.vips import field

_LEAST_PREVIEW = 1000  # pixels of the longer side: a smaller one is a thumbnail, not a preview
_TURNS = {0: 1, 3: 3, 5: 8, 6: 6}  # LibRaw's flip as EXIF orientation


def opened(path: Path, media_type: str) -> Opened:  # noqa: ARG001  (LibRaw knows the cameras)
    """Read the header of a raw file; ValueError where that fails or it claims too much."""
    engine.load()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy comes with rawpy; its threads would eat address space
    import rawpy  # noqa: PLC0415  (after that)

    failures = (*PIXELS, rawpy.LibRawError)
    raw = engine.guarded(lambda: rawpy.imread(str(path)), *failures)
    engine.check_size(raw.sizes.width, raw.sizes.height, most=engine.MOST_WHOLE)
    full = _upright(raw.sizes.width, raw.sizes.height, _TURNS.get(raw.sizes.flip, 1))
    preview = _preview(raw, rawpy, full)
    if preview is not None:
        return preview
    width, height = ((side + 1) // 2 for side in full)
    return Opened(
        width,
        height,
        tool=f"{_tool(rawpy)}, half size",
        pixels=lambda: engine.guarded(lambda: _developed(raw, rawpy), *failures),
        full=full,
    )


def _preview(raw: Any, rawpy: Any, full: tuple[int, int]) -> Opened | None:
    """Return the embedded preview; None where there is none that is worth it."""
    try:
        thumbnail = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if thumbnail.format != rawpy.ThumbFormat.JPEG:
        return None
    jpeg = bytes(thumbnail.data)
    try:
        image = engine.guarded(lambda: pyvips.Image.new_from_buffer(jpeg, "", access="sequential"))
    except ValueError:  # the sensor's data may be whole though its preview is not
        return None
    engine.check_size(image.width, image.height)
    if max(image.width, image.height) < min(_LEAST_PREVIEW, max(full) // 2):
        return None
    own = field(image, "orientation", 1)
    turn = own if own != 1 else _TURNS.get(raw.sizes.flip, 1)
    width, height = _upright(image.width, image.height, turn)
    return Opened(
        width,
        height,
        tool=f"{_tool(rawpy)}, embedded preview",
        pixels=lambda: _turned(jpeg, turn),
        tagged=image.get_typeof("icc-profile-data") != 0,
        cmyk=image.interpretation == "cmyk",
        full=full,
    )


def _tool(rawpy: Any) -> str:
    return "LibRaw " + ".".join(map(str, rawpy.libraw_version))


def _upright(width: int, height: int, orientation: int) -> tuple[int, int]:
    return (height, width) if orientation >= 5 else (width, height)


def _turned(jpeg: bytes, turn: int) -> Image:
    image = engine.guarded(
        lambda: pyvips.Image.new_from_buffer(jpeg, "", access="sequential", fail_on="truncated").copy_memory()
    ).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", turn)
    return image


def _developed(raw: Any, rawpy: Any) -> Image:
    pixels = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8, output_color=rawpy.ColorSpace.sRGB)
    height, width, bands = pixels.shape
    return pyvips.Image.new_from_memory(pixels.tobytes(), width, height, bands, "uchar").copy(interpretation="srgb")
