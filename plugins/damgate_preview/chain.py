"""Which maker draws what: the embedded preview first, a cheap renderer second, a heavy converter third, a card last."""

from __future__ import annotations

import errno
import importlib
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

from damgate_preview import apart, cards
from damgate_preview.drawn import Beyond, Drawn, Original, from_pillow, sentence

Maker = Callable[[Original, int], Drawn | None]

_OOXML = "application/vnd.openxmlformats-officedocument."
# Patterns of media types, and the modules of `makers` that are tried, in this order.
_MAKERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("image/svg+xml", ("svg",)),
    ("image/vnd.adobe.photoshop", ("photoshop", "thumbnails")),
    ("image/x-raw", ("raw",)),
    ("image/hei[cf]", ("heif",)),
    ("image/openraster", ("covers", "listing")),
    ("image/*", ("pictures", "rarities")),
    ("application/pdf", ("pdf", "thumbnails")),
    ("application/postscript", ("postscript", "thumbnails")),
    ("application/x-indesign", ("thumbnails",)),
    (_OOXML + "spreadsheetml.sheet", ("covers", "workbooks")),
    (_OOXML + "*", ("covers", "pages", "words")),
    ("application/vnd.oasis.opendocument.*", ("covers", "pages", "words")),
    ("application/x-ole-storage", ("pages",)),
    ("application/rtf", ("pages",)),
    ("application/x-tar", ("tapes",)),
    ("application/gzip", ("tapes",)),
    ("application/x-bzip2", ("tapes",)),
    ("application/x-xz", ("tapes",)),
    ("application/xml", ("texts",)),
    ("model/3mf", ("covers", "listing")),
    ("model/*", ("models",)),
    ("font/*", ("fonts",)),
    ("audio/*", ("sounds", "films")),
    ("video/*", ("films",)),
    ("message/rfc822", ("mails",)),
    ("text/plain", ("sheets", "texts")),
    ("text/*", ("texts",)),
    # What else is made of ZIP: iWork, Sketch, XD, Krita, Procreate, EPUB, comics.
    ("application/*zip*", ("covers", "listing")),
    ("application/vnd.*", ("covers", "listing")),
    ("application/x-*", ("covers", "listing")),
)
# What hands the file to a large library of C, or may need long for it.
_APART = {"fonts", "heif", "models", "pdf", "rarities", "raw", "svg", "words", "workbooks"}
_FULL = {errno.ENOSPC, errno.EDQUOT}


def draw(original: Original, box: int) -> Drawn:
    """Return a picture of a file; of one that cannot be drawn, a card that says what it is and what is wrong."""
    trouble: list[Exception] = []
    for name in makers(original.media_type):
        try:
            drawn = apart.draw(name, original, box) if name in _APART else _maker(name)(original, box)
        except Exception as error:  # whatever a library raises over a hostile file is the file's fault
            if isinstance(error, OSError) and error.errno in _FULL:
                raise
            trouble.append(error)
            continue
        if drawn is not None:
            return replace(drawn, tool=f"{drawn.tool}, after: {sentence(trouble[0])}") if trouble else drawn
    if not trouble:
        return Drawn(from_pillow(cards.type_card(original, box)), "card")
    words = sentence(trouble[0])
    damaged = not isinstance(trouble[0], (Beyond, MemoryError))
    card = cards.type_card(original, box, words, damaged=damaged)
    return Drawn(from_pillow(card), f"card ({'damaged: ' if damaged else ''}{words})")


def _maker(name: str) -> Maker:
    maker: Maker = importlib.import_module(f"damgate_preview.makers.{name}").draw  # with the libraries it alone needs
    return maker


def makers(media_type: str) -> tuple[str, ...]:
    """Return the makers that are tried for a media type."""
    return next((names for pattern, names in _MAKERS if fnmatchcase(media_type, pattern)), ())
