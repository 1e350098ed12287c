"""The manifests of contents that came in parts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, exists, or_, select

from damgate.adapters.sql import said
from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import SCRATCH, nodes, objects, parts, segments, versions
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core.assets import Content
from damgate.core.objects import Part

_s = segments.c
_PUT = upsert(segments, _s.content, _s.number)
_OF = (
    select(_s.number, _s.sha256, _s.md5, _s.size, _s.checksum)
    .where(_s.content == bindparam("whole"))
    .order_by(_s.number)
)

_first = select(_s.content).where(_s.number == 1)
_page = _first.where(_s.content > bindparam("after")).order_by(_s.content).limit(bindparam("most"))
_needed = or_(
    exists().where(versions.c.sha256 == _s.content),
    exists().where(nodes.c.kind == SCRATCH, nodes.c.sha256 == _s.content),
    exists().where(objects.c.sha256 == _s.content),
    exists().where(parts.c.sha256 == _s.sha256),  # between completing an upload and keeping what came of it
)
_ALL = _page
_UNUSED = _page.where(~_needed)
_FORGET = delete(segments).where(
    _s.content == bindparam("whole"), _s.content.in_(_first.where(_s.content == bindparam("whole"), ~_needed))
)


class SqlSegments(Store):
    """See `damgate.ports.uploads.Segments`."""

    def put(self, content: str, parts: Sequence[Part]) -> None:
        """Keep what the content of this identity is made of."""
        for number, part in enumerate(parts, start=1):
            row = {
                "content": content,
                "number": number,
                "sha256": part.content.sha256,
                "md5": part.content.md5,
                "size": part.content.size,
                "checksum": said.checksum_as_text(part.checksum),
            }
            self._rows.execute(_PUT, row)

    def of(self, content: str) -> list[Part]:
        """Return the parts of a content, none where it did not come in parts."""
        return [_part(row) for row in self._rows.execute(_OF, {"whole": content}).all()]

    def unused(self, *, after: str = "", limit: int) -> list[str]:
        """Return a page of contents that nothing refers to, from beyond `after`."""
        return [one for (one,) in self._rows.execute(_UNUSED, {"after": after, "most": limit}).all()]

    def forget(self, content: str) -> None:
        """Forget what a content is made of, unless something refers to it."""
        self._rows.execute(_FORGET, {"whole": content})

    def all(self, *, after: str = "", limit: int) -> list[str]:
        """Return a page of the contents that came in parts, from beyond `after`."""
        return [one for (one,) in self._rows.execute(_ALL, {"after": after, "most": limit}).all()]


def _part(row: Values) -> Part:
    number, sha256, md5, size, checksum = row
    return Part(number, Content(sha256, md5, size, ""), 0.0, said.read_checksum(checksum))
