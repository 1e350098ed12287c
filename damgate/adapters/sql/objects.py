"""The versions of the objects in plain buckets."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, select, update

from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.said import attributes_as_text, read_attributes, read_tags, tags_as_text
from damgate.adapters.sql.schema import objects
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core.assets import Content
from damgate.core.objects import Object
from damgate.ports.objects import Stored

_o = objects.c
_of_bucket = _o.bucket == bindparam("of_bucket")
_of_key = _of_bucket & (_o.key == bindparam("of_key"))
_that = _of_key & (_o.number == bindparam("that"))
_standing = _o.latest.is_(True) & _o.marker.is_(False)  # as the index `objects_latest` says it

_WHOLE = select(
    _o.bucket, _o.key, _o.number, _o.version, _o.owner, _o.modified,
    _o.sha256, _o.md5, _o.size, _o.media_type, _o.attributes, _o.tags, _o.latest,
)  # fmt: skip
_LATEST = _WHOLE.where(_of_key).order_by(_o.number.desc()).limit(1)
_VERSION = _WHOLE.where(_of_key, _o.version == bindparam("of_version"))

_SHOWN = select(
    _o.number, _o.key, _o.size, _o.md5, _o.modified, _o.version, _o.latest, _o.marker, _o.owner, _o.media_type
)
_from = _of_bucket & (_o.key >= bindparam("position"))
_PAGE = _SHOWN.where(_from, _standing).order_by(_o.key).limit(bindparam("most"))
_VERSIONS = _SHOWN.where(_from).order_by(_o.key, _o.number.desc()).limit(bindparam("most"))
_OLDER = _SHOWN.where(_of_key, _o.number < bindparam("below")).order_by(_o.number.desc()).limit(bindparam("most"))

_NEWEST = select(func.max(_o.number)).where(_of_key)
_REMOVE = delete(objects).where(_that)
_SUPERSEDE = update(objects).where(_that).values(latest=False)
_SUCCEED = update(objects).where(_of_key, _o.number == _NEWEST.scalar_subquery()).values(latest=True)
_PUT = upsert(objects, _o.bucket, _o.key, _o.number)

_HOLDS = select(_o.number).where(_of_bucket).limit(1)
_USING = select(_o.bucket, _o.key).where(_o.sha256 == bindparam("content")).limit(1)


class SqlObjects(Store):
    """See `damgate.ports.objects.Objects`."""

    def latest(self, bucket: str, key: str) -> Stored | None:
        """Return the latest version of a key, be it a delete marker."""
        row = self._rows.execute(_LATEST, _place(bucket, key)).first()
        return None if row is None else _stored(row)

    def version(self, bucket: str, key: str, version: str) -> Stored | None:
        """Return the version of this id, be it a delete marker."""
        row = self._rows.execute(_VERSION, {**_place(bucket, key), "of_version": version}).first()
        return None if row is None else _stored(row)

    def put(self, stored: Stored) -> None:
        """Keep a version: as the latest where its number is the highest, in place of the one that has this number."""
        place = _place(stored.bucket, stored.key)
        newest = self._rows.execute(_NEWEST, place).scalar() or 0
        if stored.number > newest:
            self._rows.execute(_SUPERSEDE, {**place, "that": newest})
        self._rows.execute(_PUT, _row(stored, latest=stored.number >= newest))

    def remove(self, stored: Stored) -> None:
        """Forget a version; without the latest, the one before it is the latest."""
        place = _place(stored.bucket, stored.key)
        self._rows.execute(_REMOVE, {**place, "that": stored.number})
        self._rows.execute(_SUCCEED, place)

    def page(self, bucket: str, position: bytes, limit: int) -> list[Object]:
        """Return a page of the objects that stand here, from the key `position` on, in the order of their keys."""
        wanted = {"of_bucket": bucket, "position": position, "most": limit}
        return [_object(row) for row in self._rows.execute(_PAGE, wanted).all()]

    def versions(self, bucket: str, position: bytes, below: int | None, limit: int) -> list[tuple[int, Object]]:
        """Return a page of all versions with their numbers, from `position` on, of each key the newest first."""
        rows: list[Values] = []
        if below is not None:
            wanted = {"of_bucket": bucket, "of_key": position, "below": below, "most": limit}
            rows = self._rows.execute(_OLDER, wanted).all()
            position += b"\0"
        if len(rows) < limit:
            wanted = {"of_bucket": bucket, "position": position, "most": limit - len(rows)}
            rows = [*rows, *self._rows.execute(_VERSIONS, wanted).all()]
        return [(row[0], _object(row)) for row in rows]

    def holds(self, bucket: str) -> bool:
        """Tell whether anything is in the bucket, be it a delete marker."""
        return self._rows.execute(_HOLDS, {"of_bucket": bucket}).first() is not None

    def using(self, sha256: str) -> tuple[str, str] | None:
        """Return bucket and key of an object that has this content."""
        row = self._rows.execute(_USING, {"content": sha256}).first()
        return None if row is None else (row[0], row[1].decode())


def _place(bucket: str, key: str) -> dict[str, object]:
    return {"of_bucket": bucket, "of_key": key.encode()}


def _row(stored: Stored, *, latest: bool) -> dict[str, object]:
    content = stored.content
    return {
        "bucket": stored.bucket,
        "key": stored.key.encode(),
        "number": stored.number,
        "version": stored.version,
        "latest": latest,
        "marker": stored.marker,
        "owner": stored.owner,
        "modified": stored.modified,
        "sha256": content and content.sha256,
        "md5": content and content.md5,
        "size": content and content.size,
        "media_type": content and content.media_type,
        "attributes": attributes_as_text(stored.attributes),
        "tags": tags_as_text(stored.tags),
    }


def _stored(row: Values) -> Stored:
    bucket, key, number, version, owner, modified, sha256, md5, size, media_type, attributes, tags, latest = row
    return Stored(
        bucket, key.decode(), number, version, owner, modified,
        None if sha256 is None else Content(sha256, md5, size, media_type),
        read_attributes(attributes), read_tags(tags), latest,
    )  # fmt: skip


def _object(row: Values) -> Object:
    _, key, size, md5, modified, version, latest, marker, owner, media_type = row
    return Object(key.decode(), size or 0, md5 or "", modified, version, latest, marker, owner, media_type or "")
