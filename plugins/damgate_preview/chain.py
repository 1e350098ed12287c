"""Which maker draws what: the embedded preview first, a cheap renderer second, a heavy converter third, a card last."""

from __future__ import annotations

import errno
import importlib
from dataclasses import replace
from fnmatch import fnmatchcase

from damgate_preview import cards
from damgate_preview.drawn import Beyond, Drawn, Original, from_pillow

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
    (_OOXML + "spreadsheetml.sheet", ("covers", "workbooks", "pages", "listing")),
    (_OOXML + "*", ("covers", "pages", "words", "listing")),
    ("application/vnd.oasis.opendocument.*", ("covers", "pages", "words", "listing")),
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
_FULL = {errno.ENOSPC, errno.EDQUOT}


def draw(original: Original, box: int) -> Drawn:
    """Return a picture of a file; of one that cannot be drawn, a card that says what it is and what is wrong."""
    trouble: list[Exception] = []
    for name in makers(original.media_type):
        maker = importlib.import_module(f"damgate_preview.makers.{name}")  # with the libraries that only it needs
        try:
            drawn: Drawn | None = maker.draw(original, box)
        except Exception as error:  # whatever a library raises over a hostile file is the file's fault
            if isinstance(error, OSError) and error.errno in _FULL:
                raise
            trouble.append(error)
            continue
        if drawn is not None:
            return replace(drawn, tool=f"{drawn.tool}, after: {_sentence(trouble[0])}") if trouble else drawn
    if not trouble:
        return Drawn(from_pillow(cards.type_card(original, box)), "card")
    words = _sentence(trouble[0])
    damaged = not isinstance(trouble[0], (Beyond, MemoryError))
    card = cards.type_card(original, box, words, damaged=damaged)
    return Drawn(from_pillow(card), f"card ({'damaged: ' if damaged else ''}{words})")


def makers(media_type: str) -> tuple[str, ...]:
    """Return the makers that are tried for a media type."""
    return next((names for pattern, names in _MAKERS if fnmatchcase(media_type, pattern)), ())


def _sentence(error: Exception) -> str:
    """Return what a library said as one line, without the path of our private copy."""
    if isinstance(error, MemoryError):
        return "drawing it takes more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    words = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    words = words.removeprefix("The picture could not be decoded: ")
    return words[:200]
