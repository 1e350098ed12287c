"""Photoshop's files of 16 and 32 bits, of which Pillow reads none."""

from __future__ import annotations

from pathlib import Path

import psd_tools

from damgate_image import engine
from damgate_image.engine import Image
from damgate_image.sources.opened import PIXELS, Opened

_HEADER = 26  # bytes
_PROFILE = 1039  # the image resource with the ICC profile
_MODES = {1: "grey", 3: "RGB", 4: "CMYK", 9: "Lab"}


def is_needed(path: Path) -> bool:
    """Tell whether a PSD has more than 8 bits, or is a PSB."""
    header = _header(path)
    return int.from_bytes(header[22:24], "big") > 8 or header[4:6] == b"\x00\x02"


def opened(path: Path) -> Opened:
    """Read the header of a PSD; ValueError where it claims too much or is of a colour mode that nobody merges."""
    header = _header(path)
    height, width = int.from_bytes(header[14:18], "big"), int.from_bytes(header[18:22], "big")
    engine.check_size(width, height, most=engine.MOST_WHOLE)
    mode = int.from_bytes(header[24:26], "big")
    if mode not in _MODES:
        raise ValueError("The picture could not be decoded: its colour mode is none that is read here.")
    file = engine.guarded(lambda: psd_tools.PSDImage.open(path), *PIXELS)
    profile = file.image_resources.get_data(_PROFILE) or b""
    return Opened(
        width,
        height,
        tool=f"psd-tools {psd_tools.__version__}",
        pixels=lambda: _pixels(file, profile),
        tagged=bool(profile),
        cmyk=_MODES[mode] == "CMYK",
    )


def _pixels(file: psd_tools.PSDImage, profile: bytes) -> Image:
    from damgate_image.sources.pillow import image_of  # noqa: PLC0415  (that module asks this one)

    merged = engine.guarded(lambda: file.topil(apply_icc=False), *PIXELS)
    if merged is None:
        raise ValueError("The picture could not be decoded: it was saved without a merged picture.")
    return image_of(merged, profile)


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(b"8BPS"):
        raise ValueError("The picture could not be decoded: its header is cut.")
    return header
