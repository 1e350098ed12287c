"""The facts of a picture: its upright size, and whether it is whole."""

from __future__ import annotations

from pathlib import Path

import pyvips

from damgate import Facts
from damgate_image import engine, legal


def examine(path: Path, media_type: str) -> Facts:
    """Return the facts; a picture that cannot be decoded is damaged, in the words of the library."""
    width = height = None
    tags = legal.tags(path, media_type)
    try:
        if media_type in engine.HEIC:
            opened = engine.heic(path)
            width, height = opened.size
            engine.heic_pixels(opened)
        else:
            header = engine.header(path)
            width, height = header.upright
            engine.guarded(lambda: _read_to_the_end(path, media_type, header.strictness))
    except ValueError as error:
        return Facts(media_type, width, height, damaged=_clause(str(error)), tags=tags)
    return Facts(media_type, width, height, tags=tags)


def _read_to_the_end(path: Path, media_type: str, strictness: str) -> None:
    # A JPEG decoded to an eighth still has every byte read, in half the time. Other formats have embedded thumbnails
    # that `thumbnail` would take instead, so they are streamed in full.
    shrink = {"shrink": 8} if media_type == "image/jpeg" else {}
    pyvips.Image.new_from_file(str(path), access="sequential", fail_on=strictness, **shrink).avg()


def _clause(sentence: str) -> str:
    """Return a sentence as the end of another: “the file is damaged: …”."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
