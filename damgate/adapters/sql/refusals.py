"""What was refused to whom."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import refusals
from damgate.adapters.sql.store import Store
from damgate.core.errors import RefusedItem
from damgate.ports.catalogue import RefusedGesture

_r = refusals.c
_ALL = select(_r.person, _r.source, _r.target, _r.at, _r["items"])
_OF = _ALL.where(_r.person == bindparam("person")).order_by(_r.at.desc(), _r.id.desc())
_JOINED = (
    _ALL.add_columns(_r.id)
    .where(_r.person == bindparam("person"), _r.source == bindparam("source"), _r.target == bindparam("target"))
    .where(_r.at >= bindparam("since"))
    .order_by(_r.at.desc(), _r.id.desc())
    .limit(1)
)
_ADD = insert(refusals)
_UPDATE = update(refusals).where(_r.id == bindparam("entry")).values(at=bindparam("when"), items=bindparam("texts"))
_CLEAR = delete(refusals).where(_r.person == bindparam("person"))


class SqlRefusals(Store):
    """See `damgate.ports.catalogue.Refusals`."""

    def put(self, gesture: RefusedGesture, *, join_since: float) -> None:
        """Keep a refusal; a recent one of the same gesture takes its items in, the latest word on a path stays."""
        wanted = {"person": gesture.person, "source": gesture.source, "target": gesture.target}
        row = self._rows.execute(_JOINED, {**wanted, "since": join_since}).first()
        if row is None:
            self._rows.execute(_ADD, {**wanted, "at": gesture.at, "items": _json(gesture.items)})
            return
        items = {item.path: item for item in (*_gesture(row[:-1]).items, *gesture.items)}
        self._rows.execute(_UPDATE, {"entry": row[-1], "when": gesture.at, "texts": _json(tuple(items.values()))})

    def of(self, person: str) -> list[RefusedGesture]:
        """Return a person's entries, newest first."""
        return [_gesture(row) for row in self._rows.execute(_OF, {"person": person}).all()]

    def clear(self, person: str) -> None:
        """Forget them."""
        self._rows.execute(_CLEAR, {"person": person})


def _json(items: tuple[RefusedItem, ...]) -> str:
    return msgspec.json.encode(items).decode()


def _gesture(row: Values) -> RefusedGesture:
    person, source, target, at, items = row
    return RefusedGesture(person, source, target, at, msgspec.json.decode(items, type=tuple[RefusedItem, ...]))
