"""The audit log, and where each of its readers has got to."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import bindparam, func, insert, select

from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import cursors, journal
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core.events import Event, Happening
from damgate.ports.catalogue import PAGE

_e = journal.c
_ALL = select(_e.what, _e.by, _e.path, _e.asset, _e.detail, _e.at, _e.number)
_AFTER = _ALL.where(_e.number > bindparam("number")).order_by(_e.number).limit(bindparam("limit"))
_FIRST = select(func.min(_e.number)).where(_e.at >= bindparam("at"))
_LAST = select(func.coalesce(func.max(_e.number), 0))
_APPEND = insert(journal)
_CURSOR = select(cursors.c.number).where(cursors.c.reader == bindparam("reader"))
_SET_CURSOR = upsert(cursors, cursors.c.reader)

_Detail = dict[str, str | int | float]


class SqlJournal(Store):
    """See `damgate.ports.catalogue.Journal`."""

    def append(self, event: Event) -> None:
        """Add an event; its number is given here."""
        row = {
            "what": event.what.value,
            "by": event.by,
            "path": event.path,
            "asset": event.asset,
            "detail": msgspec.json.encode(dict(event.detail)).decode(),
            "at": event.at,
        }
        self._rows.execute(_APPEND, row)

    def after(self, number: int, limit: int = PAGE) -> list[Event]:
        """Return the events beyond `number`, oldest first."""
        return [_event(row) for row in self._rows.execute(_AFTER, {"number": number, "limit": limit}).all()]

    def since(self, at: float) -> Iterator[Event]:
        """Yield the events from this instant on, oldest first."""
        first = self._rows.execute(_FIRST, {"at": at}).scalar()
        number = self.last() if first is None else first - 1
        while page := self.after(number):
            yield from (event for event in page if event.at >= at)
            number = page[-1].number

    def last(self) -> int:
        """Return the number of the newest event, 0 where there is none."""
        return int(self._rows.execute(_LAST).scalar())

    def cursor(self, reader: str) -> int | None:
        """Return the number of the last event that `reader` has dealt with, None where it never read."""
        found: int | None = self._rows.execute(_CURSOR, {"reader": reader}).scalar()
        return found

    def set_cursor(self, reader: str, number: int) -> None:
        """Keep how far `reader` has got."""
        self._rows.execute(_SET_CURSOR, {"reader": reader, "number": number})


def _event(row: Values) -> Event:
    what, by, path, asset, detail, at, number = row
    return Event(Happening(what), by, path, asset, msgspec.json.decode(detail, type=_Detail), at, number)
