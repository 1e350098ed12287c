"""The picture between an original and its renditions."""

from __future__ import annotations

from pathlib import Path

from damgate import Made, Source
from damgate_image import colour, encoding, sources
from damgate_image.channel import MEZZANINE_SIDE
from damgate_image.sources.opened import Opened


def render(source: Source, into: Path) -> Made:
    """Write the mezzanine of an original; ValueError where it cannot be decoded to its end."""
    original = sources.opened(source.path, source.media_type)
    return write(original, original, into)


def size(original: Opened) -> tuple[int, int]:
    """Return how large an original's mezzanine is."""
    scale = min(1.0, MEZZANINE_SIDE / max(original.size))
    return max(1, round(original.width * scale)), max(1, round(original.height * scale))


def write(original: Opened, base: Opened, into: Path) -> Made:
    """Write the mezzanine, its pixels taken from `base`."""
    image = colour.shrunk(base, *size(original))
    into.write_bytes(encoding.mezzanine(image))
    return Made(image.width, image.height, tool=base.tool)
