"""Text as a mask, drawn by Pango: what our own font lacks comes from the fonts of the machine."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pyvips
from PIL import Image

_LONGEST = 20_000  # characters of one text that are drawn


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks."""

    size: int  # pixels
    colour: str = "#1f2430"
    bold: bool = False
    mono: bool = False


@functools.cache
def font_file(*, bold: bool) -> str:
    """Return the path of our font."""
    found = importlib.util.find_spec("font_source_sans_pro")  # not imported: only its files are wanted
    if found is None or not found.submodule_search_locations:
        raise ValueError("Previews need the package font-source-sans-pro, which is not installed.")
    weight = "Semibold" if bold else "Regular"
    return str(Path(found.submodule_search_locations[0]) / "files" / f"SourceSansPro-{weight}.ttf")


def clean(text: str) -> str:
    """Return text without what steers a terminal, a printer or the direction of writing."""
    spaced = text.replace("\t", "    ")
    return "".join(c if c == "\n" or c.isprintable() else " " if c.isspace() else "·" for c in spaced)


def mask(text: str, style: Style, width: int = 0) -> tuple[Image.Image, int, int] | None:
    """Return the letters of a text as a grey picture and where it starts; None where there is nothing to see.

    With a `width` lines are broken to it.
    """
    text = clean(text[:_LONGEST])
    if not text.strip():
        return None
    family = "Source Code Pro,DejaVu Sans Mono,Liberation Mono,monospace" if style.mono else "Source Sans Pro"
    font = f"{family} {'Semi-Bold' if style.bold and not style.mono else ''} {style.size}px"
    wide = {"width": width, "wrap": "word-char"} if width else {}
    image = pyvips.Image.text(escape(text), font=font, fontfile=font_file(bold=style.bold), dpi=72, **wide)
    grey = image.extract_band(0).cast("uchar")
    letters = Image.frombytes("L", (grey.width, grey.height), bytes(grey.write_to_memory()))
    return letters, image.get("xoffset"), image.get("yoffset")


def write(
    canvas: Image.Image, at: tuple[int, int], text: str, style: Style, *, width: int = 0, height: int = 0
) -> tuple[int, int]:
    """Draw a text whose first line has its upper left corner at `at`; return the size of what was drawn.

    What would go beyond `height` is left out.
    """
    made = mask(text, style, width)
    if made is None:
        return 0, 0
    letters, x, y = made
    if height and letters.height + y > height:
        letters = letters.crop((0, 0, letters.width, max(1, height - y)))
    canvas.paste(style.colour, (at[0] + x, at[1] + y), letters)
    return letters.width + x, letters.height + y


def shortened(text: str, style: Style, width: int) -> str:
    """Return a single line cut to a width, with an ellipsis where something is missing."""
    line = " ".join(text.split())
    for most in (400, 200):
        line = line if len(line) <= most else line[:most] + "…"
    made = mask(line, style)
    while made is not None and made[0].width + made[1] > width and len(line) > 2:
        part = width / (made[0].width + made[1])
        line = line.rstrip("…")[: max(1, int(len(line) * part) - 1)] + "…"
        made = mask(line, style)
    return line
