"""How much of the disk is left free, whatever comes, so that deleting and reading still work."""

from __future__ import annotations

from damgate.ports.blobs import Blobs

RESERVE = 64 * 1024 * 1024  # bytes …
RESERVED_PART = 20  # … of a small disk only one in so many


def has_room(blobs: Blobs, size: int) -> bool:
    """Tell whether so many bytes more fit on the disk."""
    return size + min(RESERVE, blobs.total_bytes() // RESERVED_PART) <= blobs.free_bytes()
