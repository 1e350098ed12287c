"""Files that exist only so that a Mac leaves the drive in peace."""

from __future__ import annotations

from damgate.core.places import Names
from damgate.drive import Entry

NAMES = frozenset({".metadata_never_index", ".ql_disablethumbnails"})
_MADE = 1_577_836_800  # 2020-01-01: any date that never changes
_EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def hint(path: Names) -> Entry | None:
    """Return the empty file at `path`, if it is one: Spotlight and Quick Look read them as "do not index me"."""
    if len(path) != 1 or path[0] not in NAMES:
        return None
    return Entry(path[0], folder=False, id="", created=_MADE, modified=_MADE, etag=_EMPTY_MD5, writable=False)
