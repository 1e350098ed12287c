"""Finished renditions, and failures to make one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import bindparam, case, delete, select

from damgate.adapters.sql.schema import placements, renditions
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core.publishing import Rendition
from damgate.ports.catalogue import PAGE

_r = renditions.c
_ALL = select(_r.key, _r.media_type, _r.size, _r.md5, _r.sha256, _r.made, _r.fault, _r.width, _r.height, _r.tool)
_GET = _ALL.where(_r.key == bindparam("key"))
_PAGE = _ALL.where(_r.key > bindparam("after")).order_by(_r.key).limit(PAGE)
_PUT = upsert(renditions, _r.key)
_shown = select(placements.c.shown).union_all(select(placements.c.wanted))
_UNUSED = (
    select(_r.key)
    .where(_r.made < bindparam("before"), case((_r.main == "", _r.key), else_=_r.main).not_in(_shown))
    .limit(PAGE)
)
_REMOVE = delete(renditions).where(_r.key == bindparam("key"))


class SqlRenditions(Store):
    """See `damgate.ports.catalogue.Renditions`."""

    def get(self, key: str) -> Rendition | None:
        """Return the rendition of this key."""
        row = self._rows.execute(_GET, {"key": key}).first()
        return None if row is None else Rendition(*row)

    def put(self, rendition: Rendition) -> None:
        """Keep it, or replace it."""
        self._rows.execute(_PUT, asdict(rendition))

    def all(self) -> Iterator[Rendition]:
        """Yield every rendition."""
        after = ""
        while page := [Rendition(*row) for row in self._rows.execute(_PAGE, {"after": after}).all()]:
            yield from page
            after = page[-1].key

    def unused(self, before: float) -> list[str]:
        """Return a page of keys that no placement shows or wants, of renditions made before this instant."""
        return [key for (key,) in self._rows.execute(_UNUSED, {"before": before}).all()]

    def remove(self, key: str) -> None:
        """Forget a rendition."""
        self._rows.execute(_REMOVE, {"key": key})
