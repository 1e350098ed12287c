"""For how long caches may keep a file, and what they purge it by."""

from __future__ import annotations

from damgate.drive import Opened
from damgate.gateways.reply import Headers


def keeping(opened: Opened) -> str:
    """Return the value of Cache-Control."""
    if not (opened.public or opened.lasting or opened.signed):
        return "private, no-cache"
    whose = "public" if opened.public else "private"
    return f"{whose}, max-age={opened.max_age}" + (", immutable" if opened.lasting else "")


def purging(opened: Opened) -> Headers:
    """Return what a cache may purge a public rendition by."""
    if not (opened.public and opened.channel):
        return []
    return [("Cache-Tag", f"asset-{opened.entry.id}, channel-{opened.channel}")]
