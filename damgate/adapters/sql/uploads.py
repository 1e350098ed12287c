"""Uploads in parts that are not completed."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select, tuple_

from damgate.adapters.sql import said
from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import parts, uploads
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core.assets import Content
from damgate.core.objects import Part, Upload

_u, _p = uploads.c, parts.c
_UPLOADS = select(_u.id, _u.bucket, _u.key, _u.by, _u.at, _u.attributes, _u.tags, _u.algorithm, _u.whole)
_GET = _UPLOADS.where(_u.id == bindparam("upload"))
_PAGE = (
    _UPLOADS.where(
        _u.bucket == bindparam("inside"),
        tuple_(_u.key, _u.id) > tuple_(bindparam("after_key"), bindparam("after_id")),
    )
    .order_by(_u.key, _u.id)
    .limit(bindparam("most"))
)
_BEGUN = _UPLOADS.where(_u.at < bindparam("before")).order_by(_u.at).limit(bindparam("most"))
_ADD = insert(uploads)
_REMOVE = delete(uploads).where(_u.id == bindparam("upload"))

_PARTS = (
    select(_p.number, _p.sha256, _p.md5, _p.size, _p.media_type, _p.at, _p.checksum, _p.taken)
    .where(_p.upload == bindparam("which"), _p.number > bindparam("after"))
    .order_by(_p.number)
    .limit(bindparam("most"))
)
_PUT_PART = upsert(parts, _p.upload, _p.number)


class SqlUploads(Store):
    """See `damgate.ports.uploads.Uploads`."""

    def add(self, upload: Upload) -> None:
        """Keep an upload that was begun."""
        row = {
            "id": upload.id,
            "bucket": upload.bucket,
            "key": upload.key.encode(),
            "by": upload.by,
            "at": upload.at,
            "attributes": said.attributes_as_text(upload.attributes),
            "tags": said.tags_as_text(upload.tags),
            "algorithm": upload.algorithm,
            "whole": upload.whole,
        }
        self._rows.execute(_ADD, row)

    def get(self, upload: str) -> Upload | None:
        """Return the upload of this id."""
        row = self._rows.execute(_GET, {"upload": upload}).first()
        return None if row is None else _upload(row)

    def page(self, bucket: str, *, after: tuple[bytes, str], limit: int) -> list[Upload]:
        """Return a page of the uploads of a bucket by key and id, from beyond `after`."""
        key, upload = after
        values = {"inside": bucket, "after_key": key, "after_id": upload, "most": limit}
        return [_upload(row) for row in self._rows.execute(_PAGE, values).all()]

    def remove(self, upload: str) -> None:
        """Forget an upload; its parts go with it."""
        self._rows.execute(_REMOVE, {"upload": upload})

    def put_part(self, upload: str, part: Part) -> None:
        """Keep a part, in place of an earlier one of its number."""
        row = {
            "upload": upload,
            "number": part.number,
            "sha256": part.content.sha256,
            "md5": part.content.md5,
            "size": part.content.size,
            "media_type": part.content.media_type,
            "checksum": said.checksum_as_text(part.checksum),
            "taken": said.taken_as_text(part.taken),
            "at": part.at,
        }
        self._rows.execute(_PUT_PART, row)

    def parts(self, upload: str, *, after: int = 0, limit: int) -> list[Part]:
        """Return a page of the parts of an upload by number, from beyond `after`."""
        values = {"which": upload, "after": after, "most": limit}
        return [_part(row) for row in self._rows.execute(_PARTS, values).all()]

    def begun(self, before: float, *, limit: int) -> list[Upload]:
        """Return uploads that were begun before this instant, the oldest first."""
        return [_upload(row) for row in self._rows.execute(_BEGUN, {"before": before, "most": limit}).all()]


def _upload(row: Values) -> Upload:
    upload, bucket, key, by, at, attributes, tags, algorithm, whole = row
    return Upload(
        upload, bucket, bytes(key).decode(), by, at, said.read_attributes(attributes), said.read_tags(tags),
        algorithm, bool(whole),
    )  # fmt: skip


def _part(row: Values) -> Part:
    number, sha256, md5, size, media_type, at, checksum, taken = row
    content = Content(sha256, md5, size, media_type)
    return Part(number, content, at, said.read_checksum(checksum), said.read_taken(taken))
