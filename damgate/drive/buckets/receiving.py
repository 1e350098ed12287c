"""Bytes on their way into a bucket: limits and room are looked at before the first of them."""

from __future__ import annotations

from damgate.core.errors import TooLarge
from damgate.core.objects import LARGEST_PUT
from damgate.drive.buckets.bucket import Payload
from damgate.drive.context import Context
from damgate.drive.writing import require_room
from damgate.ports.blobs import Staged


def receive(context: Context, body: Payload, declared: int | None) -> Staged:
    """Read `body`, of which the client declared so many bytes, to its end and make it durable."""
    if declared is not None and declared > LARGEST_PUT:
        raise TooLarge(f"One request can bring {LARGEST_PUT:,} bytes at most here; larger files come in parts.")
    limit = require_room(context, declared or 0)
    return context.blobs.stage(body, limit=min(limit or LARGEST_PUT, LARGEST_PUT))
