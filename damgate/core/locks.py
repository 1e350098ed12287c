"""WebDAV locks, as the catalogue keeps them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lock:
    """A write lock on a node, and on all below it where `deep`."""

    token: str  # urn:uuid:…
    node: str
    deep: bool
    exclusive: bool
    person: str
    owner: str  # the client's own words, an XML fragment or ""
    timeout: int  # granted seconds
    expires: float  # seconds since 1970, UTC
