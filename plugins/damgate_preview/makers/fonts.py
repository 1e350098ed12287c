"""Fonts: a specimen."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from damgate_preview.drawn import LARGEST_PART, Beyond, Drawn, Original, from_pillow, tool

_LINES = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789 & ! ? € @ % ( )")
_SENTENCE = "The quick brown fox jumps over the lazy dog."
_INK, _GREY, _PAPER = "#1f2430", "#6b7280", "#ffffff"


def draw(original: Original, box: int) -> Drawn | None:
    """Draw its name, its letters, and a sentence in several sizes, all in the font itself."""
    if original.size > LARGEST_PART:
        raise Beyond("It is larger than fonts are")
    try:
        family, style = _font(original.path, 20).getname()
    except OSError as error:
        raise ValueError("It cannot be opened as a font") from error
    canvas = Image.new("RGB", (box, box * 3 // 4), _PAPER)
    pen = ImageDraw.Draw(canvas)
    edge, y = box // 20, box // 18
    name = " ".join(part for part in (family, style) if part)
    y = _line(pen, original.path, (edge, y), name, box // 16, _INK, box - 2 * edge) + box // 60
    pen.line((edge, y, box - edge, y), fill=_GREY, width=max(1, box // 800))
    y += box // 40
    for line in _LINES:
        y = _line(pen, original.path, (edge, y), line, box // 22, _INK, box - 2 * edge)
    y += box // 40
    for part in (60, 42, 30, 20):
        y = _line(pen, original.path, (edge, y), _SENTENCE, box // part, _GREY, box - 2 * edge)
    return Drawn(from_pillow(canvas), tool("pillow"))


def _line(
    pen: ImageDraw.ImageDraw, path: Path, at: tuple[int, int], text: str, size: int, colour: str, width: int
) -> int:
    """Draw a line, smaller where it would be too wide; return where the next one begins."""
    font = _font(path, size)
    while font.getlength(text) > width and size > 8:
        size = max(8, min(size - 1, int(size * width / font.getlength(text))))
        font = _font(path, size)
    pen.text(at, text, colour, font)
    return at[1] + round(size * 1.4)


def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    # Basic layout: a hostile font gets no shaping engine to play with.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
