"""SVG drawings.

librsvg gets them as bytes without an address, so that nothing they refer to is loaded: from a path it would read the
files beside them, and resvg reads any file whose path they name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pyvips

from damgate_image import engine
from damgate_preview.drawn import LARGEST_PART, Beyond, Drawn, Original, Picture, vips_tool

_LOADER = "VipsForeignLoadSvgBuffer"


def draw(original: Original, box: int) -> Drawn | None:
    """Draw it at the size that is wanted, however large it claims to be."""
    if original.size > LARGEST_PART // 4:
        raise Beyond("It is too large for a drawing")
    text = original.path.read_bytes()

    def decode() -> Picture:
        # Drawings have no pixels of their own: a small one is drawn as large as a page.
        return pyvips.Image.thumbnail_buffer(text, box, height=box, size="both").copy_memory()

    engine.load()
    with _allowed():
        image = engine.guarded(decode)
    return Drawn(image, f"{vips_tool()} (librsvg)")


@contextlib.contextmanager
def _allowed() -> Iterator[None]:
    """Unlock the loader for this one picture: elsewhere bytes that look like SVG must not reach it."""
    pyvips.operation_block_set(_LOADER, False)
    try:
        yield
    finally:
        pyvips.operation_block_set(_LOADER, True)
