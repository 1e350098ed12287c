"""Bytes on their way into a bucket: limits and room are looked at before the first of them."""

from __future__ import annotations

from damgate.core.errors import NoSpace, TooLarge
from damgate.core.objects import LARGEST_PUT
from damgate.drive.buckets.bucket import Payload
from damgate.drive.context import Context
from damgate.drive.writing import RESERVE, RESERVED_PART
from damgate.ports.blobs import Staged


def receive(context: Context, body: Payload, declared: int | None) -> Staged:
    """Read `body`, of which the client declared so many bytes, to its end and make it durable."""
    limit = min(context.config.server.largest_upload or LARGEST_PUT, LARGEST_PUT)
    if declared is not None and declared > limit:
        raise TooLarge(f"One request can bring {limit:,} bytes at most here.")
    reserve = min(RESERVE, context.blobs.total_bytes() // RESERVED_PART)
    if (declared or 0) + reserve > context.blobs.free_bytes():
        raise NoSpace("The disk of damgate is nearly full; nothing was changed. Please tell its operator.")
    return context.blobs.stage(body, limit=limit)
