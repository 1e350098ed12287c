"""Deleted nodes, and the names that people vacated a moment ago."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import bindparam, delete, select

from damgate.adapters.sql.schema import nodes, trash, vacated
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core import names
from damgate.core.assets import Kind
from damgate.ports.catalogue import PAGE, Trashed

VACATED_FOR = 3600.0  # seconds; nobody asks for longer

_ALL = select(trash.c.node, trash.c.parent, trash.c.path, trash.c.by, trash.c.at)
_GET = _ALL.where(trash.c.node == bindparam("node"))
_ENTRIES = _ALL.order_by(trash.c.at.desc(), trash.c.node)
_BEFORE = _ENTRIES.where(trash.c.at < bindparam("before"))
_FILES = (
    _ALL.join_from(trash, nodes, nodes.c.id == trash.c.node)
    .where(trash.c.path >= bindparam("start"), trash.c.path < bindparam("stop"), nodes.c.kind == Kind.ASSET.value)
    .order_by(trash.c.path, trash.c.at.desc(), trash.c.node)
    .limit(bindparam("limit"))
)
_PUT = upsert(trash, trash.c.node)
_REMOVE = delete(trash).where(trash.c.node == bindparam("node"))

_VACATE = upsert(vacated, vacated.c.parent, vacated.c.key, vacated.c.person)
_VACATED = select(vacated.c.asset).where(
    vacated.c.parent == bindparam("parent"),
    vacated.c.key == bindparam("key"),
    vacated.c.person == bindparam("person"),
    vacated.c.at >= bindparam("since"),
)
_OCCUPY = delete(vacated).where(vacated.c.parent == bindparam("parent"), vacated.c.key == bindparam("key"))
_FORGET_OLD = delete(vacated).where(vacated.c.at < bindparam("before"))


class SqlTrash(Store):
    """See `damgate.ports.catalogue.Trash`."""

    def put(self, trashed: Trashed) -> None:
        """Note that the node is in the trash."""
        self._rows.execute(_PUT, asdict(trashed))

    def get(self, node: str) -> Trashed | None:
        """Return the entry of this node."""
        row = self._rows.execute(_GET, {"node": node}).first()
        return None if row is None else Trashed(*row)

    def entries(self, *, before: float | None = None) -> list[Trashed]:
        """Return all entries, newest first; only those deleted before this instant if given."""
        if before is None:
            return [Trashed(*row) for row in self._rows.execute(_ENTRIES).all()]
        return [Trashed(*row) for row in self._rows.execute(_BEFORE, {"before": before}).all()]

    def files(self, start: str, stop: str, limit: int = PAGE) -> list[Trashed]:
        """Return a page of the files between two former paths, in byte order of paths, the last deleted first."""
        page = self._between(start, stop, limit)
        if len(page) == limit:  # what was deleted from the last path may go on
            last = page[-1].path
            whole = [one for one in page if one.path != last]
            return whole or self._between(last, last + "\0", -1)
        return page

    def _between(self, start: str, stop: str, limit: int) -> list[Trashed]:
        found = self._rows.execute(_FILES, {"start": start, "stop": stop, "limit": limit})
        return [Trashed(*row) for row in found.all()]

    def remove(self, node: str) -> None:
        """Forget the entry."""
        self._rows.execute(_REMOVE, {"node": node})

    def vacate(self, parent: str, name: str, person: str, asset: str, at: float) -> None:
        """Note that `person` took `asset` away from this name."""
        self._rows.execute(_FORGET_OLD, {"before": at - VACATED_FOR})
        row = {"parent": parent, "key": names.key(name), "person": person, "asset": asset, "at": at}
        self._rows.execute(_VACATE, row)

    def vacated(self, parent: str, name: str, person: str, since: float) -> str | None:
        """Return the asset that `person` last took away from this name since this instant."""
        wanted = {"parent": parent, "key": names.key(name), "person": person, "since": since}
        found: str | None = self._rows.execute(_VACATED, wanted).scalar()
        return found

    def occupy(self, parent: str, name: str) -> None:
        """Forget that this name was vacated, by anybody."""
        self._rows.execute(_OCCUPY, {"parent": parent, "key": names.key(name)})
