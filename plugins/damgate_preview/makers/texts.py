"""Text, code, Markdown, JSON, XML: the first lines on a page."""

from __future__ import annotations

from damgate_preview import cards
from damgate_preview.drawn import Drawn, Original, from_pillow
from damgate_preview.kinds import bytes_in_words, kind

_LINES = 60
_READ = 64 << 10  # bytes


def draw(original: Original, box: int) -> Drawn | None:
    """Draw the page; None where it is no text."""
    text, more = beginning(original)
    lines = text.splitlines()
    if "\x00" in text or not any(line.strip() for line in lines):
        return None
    heading = bytes_in_words(original.size) if more or len(lines) > _LINES else _count(len(lines))
    return Drawn(from_pillow(cards.text_page(lines[:_LINES], box, heading, kind(original.media_type))), "text")


def beginning(original: Original) -> tuple[str, bool]:
    """Return the first characters of a text, and whether it goes on."""
    with original.path.open("rb") as file:
        data = file.read(_READ)
    more = original.size > len(data)
    return data.decode("utf-8-sig", "ignore" if more else "replace"), more


def _count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"
