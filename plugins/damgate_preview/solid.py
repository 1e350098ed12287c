"""Triangles to a picture, without a graphics card: exact, with numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from damgate_preview.drawn import Beyond

Array = Any  # numpy's arrays, whose exact types tell a reader nothing here

_LARGEST = 64  # pixels of the side of a triangle; larger ones are cut
_MOST = 2_500_000  # triangles after cutting
_WORK = 80_000_000  # pixels tested against triangles
_CHUNK = 2_000_000
_LIGHT = np.array([-0.35, 0.65, 0.68])
_GROUND = (240, 243, 247)
_MATERIAL = (122, 156, 196)


def draw(triangles: Array, colours: Array | None, width: int, height: int) -> Image.Image:
    """Return a picture of triangles (n × 3 × 3, y upwards), seen from the front, the right and above.

    `colours` are those of the triangles (n × 3, 0 to 255). Drawn twice as large as wanted and made smaller. Beyond
    where even half the size takes too long.
    """
    seen = _turned(triangles)
    shades = _shades(seen, colours)
    for scale in (2.0, 1.0, 0.5):
        w, h = int(width * scale), int(height * scale)
        placed = _placed(seen, w, h)
        cut = _cut(placed, shades) if _area(placed) < _WORK / 3 else None
        if cut is not None and _work(cut[0]) <= _WORK:
            return Image.fromarray(_painted(*cut, w, h)).resize((width, height), Image.Resampling.LANCZOS)
    raise Beyond("Its triangles are too large and too many to be drawn")


def _turned(triangles: Array) -> Array:
    around, down = np.radians(-35), np.radians(22)
    turn = np.array([[np.cos(around), 0, np.sin(around)], [0, 1, 0], [-np.sin(around), 0, np.cos(around)]])
    tilt = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    return triangles @ (tilt @ turn).T


def _placed(seen: Array, width: int, height: int) -> Array:
    """Return the triangles in pixels; the third coordinate stays the distance towards the eye."""
    flat = seen.reshape(-1, 3)
    low, high = flat.min(axis=0), flat.max(axis=0)
    size = np.maximum(high - low, 1e-12)
    zoom = min(0.86 * width / size[0], 0.86 * height / size[1])
    centre = (low + high) / 2
    placed = (seen - centre) * [zoom, -zoom, zoom] + [width / 2, height / 2, 0]
    return placed.astype(np.float32)


def _shades(seen: Array, colours: Array | None) -> Array:
    normals = np.cross(seen[:, 1] - seen[:, 0], seen[:, 2] - seen[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals /= np.where(lengths > 0, lengths, 1)
    normals *= np.where(normals[:, 2:] < 0, -1, 1)  # both sides of a triangle are seen
    light = np.clip(normals @ (_LIGHT / np.linalg.norm(_LIGHT)), 0, 1)[:, None]
    base = np.array(_MATERIAL) if colours is None else colours.astype(np.float32)
    return np.clip(base * (0.35 + 0.75 * light), 0, 255).astype(np.uint8)


def _boxes(placed: Array) -> tuple[Array, Array]:
    """Return the first pixel of each triangle, and the power of two that its square of pixels has as a side."""
    first = np.floor(placed[:, :, :2].min(axis=1)).astype(np.int64)
    last = np.ceil(placed[:, :, :2].max(axis=1)).astype(np.int64)
    side = np.maximum((last - first).max(axis=1), 1)
    return first, np.ceil(np.log2(side)).astype(np.int64)


def _area(placed: Array) -> float:
    a, b, c = placed[:, :, :2].astype(np.float64).transpose(1, 0, 2)
    first, second = b - a, c - a
    return float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum() / 2)


def _cut(placed: Array, shades: Array) -> tuple[Array, Array] | None:
    """Return the triangles, large ones cut through their longest edge until none is; None if they become too many."""
    small, colours = [], []
    while len(placed):
        large = (placed[:, :, :2].max(axis=1) - placed[:, :, :2].min(axis=1)).max(axis=1) > _LARGEST
        small.append(placed[~large])
        colours.append(shades[~large])
        placed, shades = placed[large], shades[large]
        if 2 * len(placed) + sum(map(len, small)) > _MOST:
            return None
        edges = np.linalg.norm((placed - np.roll(placed, -1, axis=1))[:, :, :2], axis=2)
        order = (np.argmax(edges, axis=1)[:, None] + np.arange(3)) % 3
        a, b, c = np.take_along_axis(placed, order[:, :, None], axis=1).transpose(1, 0, 2)  # a–b is the longest
        middle = (a + b) / 2
        placed = np.concatenate([np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)])
        shades = np.concatenate([shades, shades])
    return np.concatenate(small), np.concatenate(colours)


def _work(placed: Array) -> int:
    return int((4.0 ** _boxes(placed)[1]).sum())


def _painted(placed: Array, shades: Array, width: int, height: int) -> Array:
    picture = np.empty((height * width, 3), np.uint8)
    picture[:] = _GROUND
    nearest = np.full(height * width, -np.inf, np.float32)
    first, power = _boxes(placed)
    for each in np.unique(power):
        side = 1 << int(each)
        members = np.flatnonzero(power == each)
        step = max(1, _CHUNK // (side * side))
        for start in range(0, len(members), step):
            some = members[start : start + step]
            _paint(picture, nearest, (placed[some], first[some], shades[some]), side, (width, height))
    return picture.reshape(height, width, 3)


def _paint(picture: Array, nearest: Array, some: tuple[Array, Array, Array], side: int, size: tuple[int, int]) -> None:
    """Test each pixel of the squares around some triangles, and paint those that lie inside and nearer."""
    corners, first, shades = some
    offset = np.arange(side)
    x = first[:, 0, None, None] + offset[None, None, :]
    y = first[:, 1, None, None] + offset[None, :, None]
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (corners[:, i].T[:, :, None, None] for i in range(3))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    px, py = x + np.float32(0.5), y + np.float32(0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        v = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) / area
        w = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / area
    edge = np.float32(-1e-4)
    inside = (v >= edge) & (w >= edge) & (v + w <= 1 - edge) & (x >= 0) & (y >= 0) & (x < size[0]) & (y < size[1])
    which, row, column = np.nonzero(inside)
    depth = (az + v * (bz - az) + w * (cz - az))[which, row, column]
    spot = (first[which, 1] + row) * size[0] + first[which, 0] + column
    order = np.argsort(depth, kind="stable")  # the last one written to a pixel stays: the nearest
    spot, depth, which = spot[order], depth[order], which[order]
    closer = depth > nearest[spot]
    nearest[spot[closer]] = depth[closer]
    picture[spot[closer]] = shades[which[closer]]
