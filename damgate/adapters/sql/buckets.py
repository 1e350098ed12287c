"""Plain buckets."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, select

from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import buckets, uploads
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.ports.objects import Room, Settings

_ALL = select(buckets.c.name, buckets.c.owner, buckets.c.created, buckets.c.settings).order_by(buckets.c.name)
_GET = _ALL.where(buckets.c.name == bindparam("bucket"))
_PUT = upsert(buckets, buckets.c.name)
_REMOVE = delete(buckets).where(buckets.c.name == bindparam("bucket"))
_END_UPLOADS = delete(uploads).where(uploads.c.bucket == bindparam("from_bucket"))


class SqlBuckets(Store):
    """See `damgate.ports.objects.PlainBuckets`."""

    def get(self, name: str) -> Room | None:
        """Return the bucket of this name."""
        row = self._rows.execute(_GET, {"bucket": name}).first()
        return None if row is None else _room(row)

    def all(self) -> list[Room]:
        """Return every bucket, by name."""
        return [_room(row) for row in self._rows.execute(_ALL).all()]

    def put(self, room: Room) -> None:
        """Keep a bucket, new or changed."""
        settings = msgspec.json.encode(room.settings).decode()
        row = {"name": room.name, "owner": room.owner, "created": room.created, "settings": settings}
        self._rows.execute(_PUT, row)

    def remove(self, name: str) -> None:
        """Forget a bucket, and the uploads that were begun in it."""
        self._rows.execute(_END_UPLOADS, {"from_bucket": name})
        self._rows.execute(_REMOVE, {"bucket": name})


def _room(row: Values) -> Room:
    name, owner, created, settings = row
    return Room(name, owner, created, msgspec.json.decode(settings, type=Settings))
