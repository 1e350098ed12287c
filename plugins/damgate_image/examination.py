"""The facts of a picture: its upright size, and whether it is whole."""

from __future__ import annotations

from pathlib import Path

import pyvips

from damgate import Facts
from damgate_image import engine, legal, sources
from damgate_image.kinds import RAW
from damgate_image.sources.opened import Opened

_GIANT = 12_000_000  # pixels from which a progressive JPEG belongs in the slow lane


def examine(path: Path, media_type: str) -> Facts:
    """Return the facts; a picture that cannot be decoded is damaged, in the words of the library."""
    width = height = None
    slow, tags = media_type in RAW, legal.tags(path, media_type)
    try:
        opened = sources.opened(path, media_type)
        width, height = opened.full if any(opened.full) else opened.size
        slow = slow or (opened.progressive and width * height > _GIANT)
        engine.guarded(lambda: _read_to_the_end(opened, media_type))
    except ValueError as error:
        return Facts(media_type, width, height, damaged=_clause(str(error)), slow=slow, tags=tags)
    return Facts(media_type, width, height, slow=slow, tags=tags)


def _read_to_the_end(opened: Opened, media_type: str) -> None:
    if opened.pixels is not None:
        opened.pixels()
        return
    # A JPEG decoded to an eighth still has every byte read, in half the time. Other formats have embedded thumbnails
    # that `thumbnail` would take instead, so they are streamed in full.
    shrink = {"shrink": 8} if media_type == "image/jpeg" else {}
    pyvips.Image.new_from_file(opened.path, access="sequential", fail_on=opened.strictness, **shrink).avg()


def _clause(sentence: str) -> str:
    """Return a sentence as the end of another: “the file is damaged: …”."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
