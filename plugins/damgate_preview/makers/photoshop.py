"""Photoshop documents: the picture of all layers merged, which Photoshop stores at the end, in 1, 8 or 16 bit."""

from __future__ import annotations

import struct
from typing import BinaryIO

import pyvips
from PIL import Image

from damgate_preview.drawn import Drawn, Original, Picture, check_size, tool

_BANDS = {1: 1, 2: 1, 3: 3, 4: 4, 8: 1, 9: 3}  # of the colour mode: grey, indexed, RGB, CMYK, duotone, Lab
_INDEXED, _CMYK, _LAB = 2, 4, 9
_ICC, _VERSION = 1039, 1057  # resources: the profile; what the file says of how it was saved


def draw(original: Original, box: int) -> Drawn | None:  # noqa: ARG001  (scaled by who encodes)
    """Draw the merged picture; None where it is stored in a way that is not read here."""
    with original.path.open("rb") as file:
        signature, version, channels, height, width, depth, mode = struct.unpack(">4sH6xHIIHH", file.read(26))
        if signature != b"8BPS":
            raise ValueError("It is no Photoshop document")
        check_size(width, height)
        if mode not in _BANDS or depth not in {8, 16} or channels < _BANDS[mode]:
            return None
        palette = file.read(int.from_bytes(file.read(4), "big"))
        resources = _resources(file.read(int.from_bytes(file.read(4), "big")))
        if resources.get(_VERSION, b"")[4:5] == b"\x00":
            return None  # saved without: in its place stands a note that says so
        file.seek(int.from_bytes(file.read(4 if version == 1 else 8), "big"), 1)
        planes = _planes(file, _BANDS[mode], channels, (width, height), depth, 2 if version == 1 else 4)
    return Drawn(
        _joined(planes, (width, height), mode, palette, resources.get(_ICC, b"")), f"merged picture, {tool('pillow')}"
    )


def _resources(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        name = data[at + 6]
        start = at + 7 + name + (name + 1) % 2
        size = int.from_bytes(data[start : start + 4], "big")
        found[int.from_bytes(data[at + 4 : at + 6], "big")] = data[start + 4 : start + 4 + size]
        at = start + 4 + size + size % 2
    return found


def _planes(file: BinaryIO, bands: int, channels: int, size: tuple[int, int], depth: int, length: int) -> list[bytes]:
    """Return the planes of the picture, 8 bit a pixel."""
    width, height = size
    row = width * depth // 8
    compression = int.from_bytes(file.read(2), "big")
    if compression == 0:
        packed = [file.read(row * height) for _ in range(bands)]
    elif compression == 1:
        counts = file.read(channels * height * length)
        rows = [int.from_bytes(counts[i : i + length], "big") for i in range(0, len(counts), length)]
        sizes = [sum(rows[i * height : (i + 1) * height]) for i in range(bands)]
        read = [file.read(size) for size in sizes]
        packed = [Image.frombytes("L", (row, height), each, "packbits", "L").tobytes() for each in read]
    else:
        raise ValueError("Its merged picture is compressed in an unknown way")
    if any(len(plane) != row * height for plane in packed):
        raise ValueError("Its merged picture ends too early")
    return [plane[::2] for plane in packed] if depth == 16 else packed


def _joined(planes: list[bytes], size: tuple[int, int], mode: int, palette: bytes, profile: bytes) -> Picture:
    images = [pyvips.Image.new_from_memory(plane, *size, 1, "uchar") for plane in planes]
    if mode == _INDEXED:
        table = Image.frombytes("L", (256, 3), palette[:768]).transpose(Image.Transpose.TRANSPOSE).tobytes()
        return images[0].maplut(pyvips.Image.new_from_memory(table, 256, 1, 3, "uchar")).copy(interpretation="srgb")
    joined = images[0].bandjoin(images[1:]) if len(images) > 1 else images[0]
    if mode == _LAB:
        scaled = joined.linear([100 / 255, 1, 1], [0, -128, -128])
        return scaled.copy(interpretation="lab").colourspace("srgb")
    if mode == _CMYK:
        joined = joined.invert()
    joined = joined.copy(interpretation={1: "b-w", 3: "srgb", 4: "cmyk"}[len(images)])
    if profile:
        joined.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return joined
