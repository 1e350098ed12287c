"""For how long caches may keep a file, and what they purge it by."""

from __future__ import annotations

from damgate.drive import Opened
from damgate.gateways.reply import Headers

_SHARING = frozenset({"public", "private", "s-maxage"})


def keeping(opened: Opened) -> str:
    """Return the value of Cache-Control."""
    if not (opened.public or opened.lasting or opened.signed):
        return "private, no-cache"
    whose = "public" if opened.public else "private"
    return f"{whose}, max-age={opened.max_age}" + (", immutable" if opened.lasting else "")


def kept_by_one(value: str) -> str:
    """Return a Cache-Control that somebody gave a file, for the reader's own cache alone.

    A cache that many share would hand the file to those whom nobody asked about.
    """
    said = [one for part in value.split(",") if (one := part.strip())]
    names = [one.partition("=")[0].rstrip().lower() for one in said]
    return ", ".join(["private", *(one for one, name in zip(said, names, strict=True) if name not in _SHARING)])


def purging(opened: Opened) -> Headers:
    """Return what a cache may purge a public rendition by."""
    if not (opened.public and opened.channel):
        return []
    return [("Cache-Tag", f"asset-{opened.entry.id}, channel-{opened.channel}")]
