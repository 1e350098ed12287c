"""Contents that came in parts: their identity, told from that of their parts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from damgate.core.assets import Content
from damgate.core.objects import Part

_FIRST_LINE = "damgate parts\n"


def identity(parts: Sequence[Part]) -> str:
    """Return what stands for the SHA-256 of a content of these parts.

    It is of another family of hashes: nobody can make a file whose SHA-256 it is, to be taken for the content.
    """
    lines = (f"{part.content.sha256} {part.content.size}\n" for part in parts)
    return hashlib.blake2s("".join((_FIRST_LINE, *lines)).encode()).hexdigest()


def joined(parts: Sequence[Part]) -> Content:
    """Return the content that these parts make, one behind the other."""
    total = hashlib.md5(usedforsecurity=False)
    for part in parts:
        total.update(bytes.fromhex(part.content.md5))
    return Content(
        identity(parts),
        f"{total.hexdigest()}-{len(parts)}",
        sum(part.content.size for part in parts),
        parts[0].content.media_type,  # all parts but the last are long enough to tell
    )


def came_in_parts(etag: str) -> bool:
    """Tell whether an ETag is that of a content of parts, and no MD5 of its bytes."""
    return "-" in etag
