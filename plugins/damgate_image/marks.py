"""Logos and words, laid over a rendition."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from html import escape
from io import BytesIO

import pyvips
from PIL import ImageFont

from damgate_image import colour
from damgate_image.engine import Image, filed, guarded
from damgate_image.settings import Colours, Logo, Marks, Text

PLACES = {
    "lower-right": (1.0, 1.0), "lower-left": (0.0, 1.0), "upper-right": (1.0, 0.0), "upper-left": (0.0, 0.0),
    "centre": (0.5, 0.5),
}  # fmt: skip

_LEAST_ROOM = 1.5  # times its own size that a mark wants
_LEAST_TEXT = 8  # pixels
_NO_FONT = (
    "The text “{}” could not be drawn. Put a font that has its letters into the drive's folder, and name it in the "
    "recipe with font."
)


def laid(image: Image, marks: Marks, colours: Colours) -> Image:
    """Return one picture with its marks; without them where it is too small."""
    if max(image.width, image.height) < marks.least:
        return image
    margin = round(marks.margin * image.width) if marks.margin < 1 else int(marks.margin)
    if marks.logo is not None:
        share = marks.logo.width
        over = _logo(marks.logo, max(1, int(image.width * share)), max(1, int(image.height * share)))
        image = _over(image, over, marks.logo.place, margin, colours)
    if marks.text is not None:
        over = _words(marks.text, image.width, max(1, image.width - 2 * margin))
        image = _over(image, over, marks.text.place, margin, colours)
    return image


def _over(image: Image, over: Image, place: str, margin: int, colours: Colours) -> Image:
    wide, high = image.width - over.width, image.height - over.height
    if image.height < _LEAST_ROOM * over.height or wide < 0:
        return image
    across, down = PLACES[place]
    x, y = _between(margin, wide, across), _between(margin, high, down)
    # Composited over its own region only: over the whole picture it costs three times as much.
    patch = image.crop(x, y, over.width, over.height)
    return image.insert(_blended(patch, over, colours), x, y)


def _between(margin: int, room: int, part: float) -> int:
    margin = min(margin, room // 2)
    return margin + int((room - 2 * margin) * part)


def _blended(patch: Image, over: Image, colours: Colours) -> Image:
    if colours.plain:
        mixed = patch.composite2(over, "over")
        return (mixed if patch.hasalpha() else mixed.flatten()).cast("uchar")
    # libvips composites RGB only; this is the same sum in any space.
    ink = colour.proofed(over[:3].copy(interpretation="srgb"), colours)
    covering, solid = over[3] / 255, 65_535 if patch.format == "ushort" else 255
    if not patch.hasalpha():
        return (ink * covering + patch * (1 - covering)).cast(patch.format).copy(interpretation=patch.interpretation)
    below, under = patch[: patch.bands - 1], patch[patch.bands - 1] / solid * (1 - covering)
    alpha = covering + under
    shades = (alpha > 0).ifthenelse((ink * covering + below * under) / alpha, 0)
    return shades.bandjoin(alpha * solid).cast(patch.format).copy(interpretation=patch.interpretation)


@functools.lru_cache(maxsize=16)
def _logo(logo: Logo, width: int, height: int) -> Image:
    """Return the logo at a size, in sRGB with alpha."""
    return _faded(colour.mark(logo.picture, width, height), logo.opacity)


@functools.lru_cache(maxsize=16)
def _words(text: Text, width: int, most: int) -> Image:
    """Return the words as a picture for a rendition of this width; smaller letters where they would not fit."""
    size = max(_LEAST_TEXT, round(width * text.size))
    shape = _letters(text, size)
    if shape.width > most:
        shape = _letters(text, max(1, int(size * most / shape.width)))
    colours = (pyvips.Image.black(shape.width, shape.height, bands=3) + list(text.colour)).cast("uchar")
    return _faded(colours.bandjoin(shape).copy(interpretation="srgb"), text.opacity)


def _letters(text: Text, size: int) -> Image:
    """Return the shapes of the letters: one band, 255 where there is ink."""
    settings: dict[str, object] = {"font": f"sans {size}"}
    if text.font:
        family, style = ImageFont.truetype(BytesIO(text.font), 10).getname()
        settings = {"font": f"{family} {style} {size}", "fontfile": filed(text.font)}
    try:
        shape = _drawn(text.words, settings)
        # Where there is no font at all, Pango draws the same empty box for every letter.
        blank = not text.font and _drawn("i", settings).width == _drawn("M", settings).width
    except ValueError as error:
        raise ValueError(_NO_FONT.format(text.words)) from error
    if blank:
        raise ValueError(_NO_FONT.format(text.words))
    return shape


def _drawn(words: str, settings: Mapping[str, object]) -> Image:
    # Escaped, because Pango takes markup; 72 dots to the inch make its points pixels.
    return guarded(lambda: pyvips.Image.text(escape(words), dpi=72, **settings).copy_memory())


def _faded(image: Image, opacity: float) -> Image:
    return (image * [1, 1, 1, opacity]).cast("uchar").copy(interpretation="srgb").copy_memory()
