"""What a picture must be looked at for before it can be planned: its empty edges, and where the eye goes."""

from __future__ import annotations

import math

from damgate import Focal
from damgate_image import colour
from damgate_image.engine import guarded
from damgate_image.geometry import GRAVITIES, Area, Point
from damgate_image.settings import Frame
from damgate_image.sources.opened import Opened

_TRIM_SIDE = 1024  # pixels at which edges are looked for
_TRIM_TOLERANCE = 10  # of 255, by which background may differ from itself
_ATTENTION_SIDE = 256  # always the same, so that all widths of a picture show the same crop


def point(frame: Frame, focal: Focal | None, opened: Opened) -> Point:
    """Return the point that a crop keeps, in parts of the upright picture."""
    if frame.gravity == "attention":
        return _attention(frame, opened) if frame.fit in {"fill", "crop"} else GRAVITIES["centre"]
    if frame.gravity == "focal":
        return (focal.x, focal.y) if focal else GRAVITIES["centre"]
    return GRAVITIES[frame.gravity]


def region(opened: Opened, size: tuple[int, int]) -> Area:
    """Return what is left of an original of this size without the edges that look like its upper left corner."""
    width, height = _within(opened.size, _TRIM_SIDE)
    image = colour.shrunk(opened, width, height)
    if image.hasalpha() and image(0, 0)[3] < _TRIM_TOLERANCE:
        seen, corner = image[3], [0.0]
    else:
        seen = colour.flattened(image, (255, 255, 255))
        corner = list(seen(0, 0))
    left, top, wide, high = guarded(lambda: seen.find_trim(threshold=_TRIM_TOLERANCE, background=corner))
    if not wide or not high:
        return Area(0, 0, *size)
    # A pixel of the small picture may hold an edge: better too little is trimmed than too much.
    across, down = size[0] / width, size[1] / height
    reduced = int(across > 1)
    first = (max(0, math.floor((left - reduced) * across)), max(0, math.floor((top - reduced) * down)))
    last = (
        min(size[0], math.ceil((left + wide + reduced) * across)),
        min(size[1], math.ceil((top + high + reduced) * down)),
    )
    return Area(*first, last[0] - first[0], last[1] - first[1])


def _attention(frame: Frame, opened: Opened) -> Point:
    width, height = _within(opened.size, _ATTENTION_SIDE)
    image = colour.flattened(colour.shrunk(opened, width, height), (255, 255, 255))
    scale = min(width / frame.width, height / frame.height)
    wide, high = max(1, int(frame.width * scale)), max(1, int(frame.height * scale))
    _, seen = guarded(lambda: image.smartcrop(wide, high, interesting="attention", attention_x=True, attention_y=True))
    return (seen["attention_x"] + 0.5) / width, (seen["attention_y"] + 0.5) / height


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
