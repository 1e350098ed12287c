"""Headers that keep a stranger's file from acting in a reader's browser."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from damgate.drive import Opened
from damgate.gateways.reply import Headers

INLINE = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif", "image/avif",
        "video/mp4", "video/webm", "audio/webm", "audio/mpeg",
    }
)  # fmt: skip
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,100}(; ?[a-z-]+=[A-Za-z0-9_.-]+)?")


HARMLESS: Headers = [
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]  # of whatever type it is, it does not act as a page of this origin


def content_headers(opened: Opened) -> Headers:
    """Return what a browser may do with this file: show known media and renditions, else only save it."""
    media_type = checked_type(opened.entry.media_type)
    showing = "inline" if opened.rendition or media_type in INLINE else "attachment"
    return [
        ("Content-Type", media_type),
        ("Content-Disposition", f"{showing}; filename*=UTF-8''{_spelt(opened.entry.name)}"),
        *HARMLESS,
    ]


@lru_cache(maxsize=1024)
def checked_type(media_type: str) -> str:
    """Return a media type that is safe in a header; no bytes yet are no type yet."""
    known = media_type != "application/x-empty" and _MEDIA_TYPE.fullmatch(media_type)
    return media_type if known else "application/octet-stream"


@lru_cache(maxsize=1024)
def _spelt(name: str) -> str:
    """Spell a file's name as RFC 8187 wants it."""
    return quote(name, safe="!#$&+-.^_`|~")
