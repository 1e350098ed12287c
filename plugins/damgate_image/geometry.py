"""Where a rendition's pixels lie in the original: arithmetic only. Nothing is ever enlarged."""

from __future__ import annotations

from dataclasses import dataclass

from damgate_image.settings import Frame

GRAVITIES = {
    "centre": (0.5, 0.5), "north": (0.5, 0.0), "south": (0.5, 1.0), "west": (0.0, 0.5), "east": (1.0, 0.5),
    "north-west": (0.0, 0.0), "north-east": (1.0, 0.0), "south-west": (0.0, 1.0), "south-east": (1.0, 1.0),
}  # fmt: skip

Point = tuple[float, float]
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Scale the whole original to `width` × `height`, cut `cut` out of it, and lay that on a canvas at `at`."""

    width: int
    height: int
    cut: Area
    canvas: Size
    at: Size

    @property
    def cuts(self) -> bool:
        """Whether anything of the original is cut off."""
        return self.cut != Area(0, 0, self.width, self.height)

    @property
    def pads(self) -> bool:
        """Whether there is background beside the picture."""
        return self.canvas != (self.cut.width, self.cut.height)


def plan(frame: Frame, size: Size, point: Point, *, region: Area | None = None, most: int = 0) -> Plan:
    """Return how to make a rendition of an upright original of this size.

    `region` is what trimming leaves of it. Where something is cut off, `point` (in parts of width and height) stays in
    the picture, as near to its centre as can be. `most` is the width that a variant has at most.
    """
    region = region or Area(0, 0, *size)
    taken, out = _taken(frame, region)
    canvas = (frame.width, frame.height) if frame.fit == "pad" else out
    if most and most < canvas[0]:
        smaller = most / canvas[0]
        out, canvas = _scaled(out, smaller), (most, max(1, round(canvas[1] * smaller)))
    out = (min(out[0], canvas[0]), min(out[1], canvas[1]))
    across, down = out[0] / taken[0], out[1] / taken[1]
    whole = (_between(round(size[0] * across), out[0], size[0]), _between(round(size[1] * down), out[1], size[1]))
    left = _between(
        round(point[0] * whole[0] - out[0] / 2), *_room(region.left, region.width, across, out[0], whole[0])
    )
    top = _between(round(point[1] * whole[1] - out[1] / 2), *_room(region.top, region.height, down, out[1], whole[1]))
    cut = Area(left, top, *out)
    across_canvas, down_canvas = GRAVITIES.get(frame.gravity, (0.5, 0.5))
    at = (round((canvas[0] - out[0]) * across_canvas), round((canvas[1] - out[1]) * down_canvas))
    return Plan(*whole, cut, canvas, at)


def _taken(frame: Frame, region: Area) -> tuple[tuple[float, float], Size]:
    """Return how many of the original's pixels are taken, and how many they become."""
    width, height = region.width, region.height
    if frame.fit == "crop":
        size = (min(frame.width, width), min(frame.height, height))
        return size, size
    if frame.fit == "fill":
        scale = min(1.0, max(frame.width / width, frame.height / height))
        shape = frame.width / frame.height
        wide = min(float(frame.width), width * scale, height * scale * shape)
        out = (max(1, round(wide)), max(1, round(wide / shape)))
        return (min(width, wide / scale), min(height, wide / shape / scale)), out
    scale = min([1.0, *(limit / side for limit, side in ((frame.width, width), (frame.height, height)) if limit)])
    return (width, height), _scaled((width, height), scale)


def _scaled(size: Size, scale: float) -> Size:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _room(start: int, length: int, scale: float, out: int, whole: int) -> Size:
    """Return the first and last place of a cut that keeps it inside the region."""
    first = min(round(start * scale), whole - out)
    return first, max(first, min(round((start + length) * scale), whole) - out)


def _between(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))
