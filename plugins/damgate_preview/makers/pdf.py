"""PDF, and what Illustrator saves that is PDF too: the first page."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from damgate_preview.drawn import Beyond, Drawn, Original, Picture, from_pillow, tool

_LONGEST_SIDE = 50_000  # points: 17 m


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the first page at the size that is wanted."""
    return Drawn(first_page(original.path, box), tool("pypdfium2"))


def first_page(path: Path, box: int) -> Picture:
    """Return the first page of a PDF; ValueError where there is none that can be drawn."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Beyond("It is protected by a password") from error
        raise ValueError("It cannot be opened as a PDF document") from error
    try:
        page = document[0]
        width, height = page.get_size()
        if not (0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE):
            raise ValueError(f"Its first page claims a size of {width:g} × {height:g} points")
        scale = box / max(width, height)
        bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
        return from_pillow(bitmap.to_pil().convert("RGB"))
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise ValueError("Its first page cannot be drawn") from error
    finally:
        document.close()
