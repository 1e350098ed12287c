"""Accounts, and wrong passwords."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import failures, generations, people
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core import names
from damgate.core.people import Person

FAILURES_FOR = 86400.0  # seconds; nobody asks for longer

_p = people.c
_ALL = select(_p.name, _p.roles, _p.password, _p.until, _p.disabled, _p.epoch, _p.created)
_GET = _ALL.where(_p.key == bindparam("key"))
_EVERY = _ALL.order_by(_p.key)
_PUT = upsert(people, _p.key)

_PEOPLE = "people"
_GENERATION = select(generations.c.value).where(generations.c.name == _PEOPLE)
BUMP = (
    insert_or(generations)
    .values(name=_PEOPLE, value=1)
    .on_conflict_do_update(index_elements=[generations.c.name], set_={"value": generations.c.value + 1})
)

_COUNT = insert(failures)
_FAILURES = select(func.coalesce(func.sum(failures.c.score), 0)).where(
    failures.c.counter == bindparam("counter"), failures.c.at >= bindparam("since")
)
_FORGIVE = delete(failures).where(failures.c.counter == bindparam("counter"))
_FORGET_OLD = delete(failures).where(failures.c.at < bindparam("before"))


class SqlPeople(Store):
    """See `damgate.ports.catalogue.People`."""

    def get(self, name: str) -> Person | None:
        """Return the account of this name, compared by key."""
        row = self._rows.execute(_GET, {"key": names.key(name)}).first()
        return None if row is None else _person(row)

    def put(self, person: Person) -> None:
        """Keep an account, new or changed; the generation rises."""
        row = {
            "key": names.key(person.name),
            "name": person.name,
            "roles": msgspec.json.encode(person.roles).decode(),
            "password": person.password,
            "until": person.until,
            "disabled": person.disabled,
            "epoch": person.epoch,
            "created": person.created,
        }
        self._rows.execute(_PUT, row)
        self._rows.execute(BUMP)

    def all(self) -> list[Person]:
        """Return every account, by name."""
        return [_person(row) for row in self._rows.execute(_EVERY).all()]

    def generation(self) -> int:
        """Return a number that rises with every change of any account."""
        return self._rows.execute(_GENERATION).scalar() or 0

    def count_failure(self, counter: str, score: int, now: float) -> None:
        """Add `score` to a counter of wrong logins."""
        self._rows.execute(_FORGET_OLD, {"before": now - FAILURES_FOR})
        self._rows.execute(_COUNT, {"counter": counter, "score": score, "at": now})

    def failures(self, counter: str, since: float) -> int:
        """Return the score that a counter gathered since this instant."""
        return int(self._rows.execute(_FAILURES, {"counter": counter, "since": since}).scalar())

    def forgive(self, counter: str) -> None:
        """Empty a counter."""
        self._rows.execute(_FORGIVE, {"counter": counter})


def _person(row: Values) -> Person:
    name, roles, *rest = row
    return Person(name, msgspec.json.decode(roles, type=tuple[str, ...]), *rest)
