"""What plugins keep."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert

from damgate.adapters.sql.schema import documents
from damgate.adapters.sql.store import Store
from damgate.ports.documents import Document

_GET = select(documents.c.content, documents.c.generation).where(documents.c.plugin == bindparam("plugin"))
_FIRST = insert(documents)
_PUT = _FIRST.on_conflict_do_update(
    index_elements=[documents.c.plugin],
    set_={"content": _FIRST.excluded.content, "generation": _FIRST.excluded.generation},
    where=documents.c.generation + 1 == _FIRST.excluded.generation,
)


class SqlDocuments(Store):
    """See `damgate.ports.documents.Documents`."""

    def get(self, plugin: str) -> Document:
        """Return a plugin's document."""
        row = self._rows.execute(_GET, {"plugin": plugin}).first()
        return Document() if row is None else Document(*row)

    def put(self, plugin: str, content: str, *, seen: int) -> bool:
        """Replace a plugin's document."""
        row = {"plugin": plugin, "generation": seen + 1, "content": content}
        return self._rows.execute(_PUT, row).rowcount == 1
