"""A camera's raw file, made by hand: a DNG with the sensor's numbers and, if wanted, a preview."""

from __future__ import annotations

import struct

from PIL import Image

SHORT, LONG, RATIONAL, SRATIONAL, BYTE, ASCII = 3, 4, 5, 10, 1, 2
_FORMATS = {SHORT: "H", LONG: "I", BYTE: "B"}


def dng(sensor: Image.Image, preview: bytes = b"", size: tuple[int, int] = (0, 0), orientation: int = 1) -> bytes:
    """Return a DNG of what a sensor saw: the RGB picture through a mosaic of red, green, green and blue."""
    width, height = sensor.size
    raw = bytearray(2 * width * height)
    pixels = sensor.tobytes()
    for y in range(height):
        for x in range(width):
            channel = ((0, 1), (1, 2))[y % 2][x % 2]
            level = pixels[3 * (y * width + x) + channel]
            struct.pack_into("<H", raw, 2 * (y * width + x), round((level / 255) ** 2.2 * 4095))
    mosaic: dict[int, tuple[int, list[int]]] = {
        254: (LONG, [0]), 256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [16]), 259: (SHORT, [1]),
        262: (SHORT, [32_803]), 277: (SHORT, [1]), 278: (LONG, [height]), 279: (LONG, [len(raw)]),
        33_421: (SHORT, [2, 2]), 33_422: (BYTE, [0, 1, 1, 2]), 50_717: (LONG, [4095]),
    }  # fmt: skip
    camera: dict[int, tuple[int, list[int]]] = {
        271: (ASCII, [*b"Handmade\0"]), 272: (ASCII, [*b"One\0"]), 274: (SHORT, [orientation]),
        50_706: (BYTE, [1, 4, 0, 0]), 50_708: (ASCII, [*b"Handmade One\0"]),
        50_721: (SRATIONAL, [32_405, 10_000, -15_371, 10_000, -4985, 10_000, -9693, 10_000, 18_760, 10_000, 416, 10_000,
                             556, 10_000, -2040, 10_000, 10_572, 10_000]),
        50_728: (RATIONAL, [1, 1, 1, 1, 1, 1]), 50_778: (SHORT, [21]),
    }  # fmt: skip
    if not preview:
        return _file([(mosaic | camera, bytes(raw))])
    shown: dict[int, tuple[int, list[int]]] = {
        254: (LONG, [1]), 256: (LONG, [size[0]]), 257: (LONG, [size[1]]), 258: (SHORT, [8, 8, 8]), 259: (SHORT, [7]),
        262: (SHORT, [6]), 277: (SHORT, [3]), 278: (LONG, [size[1]]), 279: (LONG, [len(preview)]),
    }  # fmt: skip
    return _file([(shown | camera, preview), (mosaic, bytes(raw))])


def _file(folders: list[tuple[dict[int, tuple[int, list[int]]], bytes]]) -> bytes:
    """Return a little-endian TIFF: the first folder, and the second as its sub-folder."""
    at, places, parts = 8, list[tuple[int, int]](), list[tuple[dict[int, tuple[int, list[int]]], bytes]]()
    for tags, data in folders:
        here = dict(tags) | {273: (LONG, [0])}
        if len(folders) > 1 and not places:
            here[330] = (LONG, [0])
        table = 2 + 12 * len(here) + 4
        extra = sum(size + size % 2 for size in (len(_packed(*value)) for value in here.values()) if size > 4)
        places.append((at, at + table + extra))
        parts.append((here, data))
        at += table + extra + len(data) + len(data) % 2
    made = b"II*\0" + struct.pack("<I", 8)
    for number, (tags, data) in enumerate(parts):
        start, strip = places[number]
        tags[273] = (LONG, [strip])
        if 330 in tags:
            tags[330] = (LONG, [places[1][0]])
        outside, entries = b"", struct.pack("<H", len(tags))
        for tag, (kind, values) in sorted(tags.items()):
            packed = _packed(kind, values)
            count = len(values) // (2 if kind in {RATIONAL, SRATIONAL} else 1)
            if len(packed) > 4:
                place = start + 2 + 12 * len(tags) + 4 + len(outside)
                outside += packed + b"\0" * (len(packed) % 2)
                packed = struct.pack("<I", place)
            entries += struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0")
        made += entries + struct.pack("<I", 0) + outside + data + b"\0" * (len(data) % 2)
    return made


def _packed(kind: int, values: list[int]) -> bytes:
    if kind == ASCII:
        return bytes(values)
    letter = {RATIONAL: "I", SRATIONAL: "i"}.get(kind) or _FORMATS[kind]
    return struct.pack(f"<{len(values)}{letter}", *values)
