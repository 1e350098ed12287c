"""The keys of buckets that show the tree: paths, without the slash that they would begin with."""

from __future__ import annotations

from damgate.core.errors import NotFound
from damgate.core.places import Names


def names_in(key: str) -> Names:
    """Return the names that a key is made of; a folder's key ends in a slash."""
    return tuple(key.removesuffix("/").split("/"))


def missing(key: str) -> NotFound:
    """Return the error that says that nothing stands at a key."""
    return NotFound(f"There is no “{key}” here.", place=key)
