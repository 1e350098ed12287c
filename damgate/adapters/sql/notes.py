"""Single values of the drive."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from damgate.adapters.sql.schema import notes
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store

_GET = select(notes.c.value).where(notes.c.name == bindparam("name"))
_PUT = upsert(notes, notes.c.name)


class SqlNotes(Store):
    """See `damgate.ports.catalogue.Notes`."""

    def get(self, name: str) -> str | None:
        """Return a value."""
        found: str | None = self._rows.execute(_GET, {"name": name}).scalar()
        return found

    def put(self, name: str, value: str) -> None:
        """Keep a value."""
        self._rows.execute(_PUT, {"name": name, "value": value})
