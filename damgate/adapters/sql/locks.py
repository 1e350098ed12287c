"""Locks on nodes, and what was refused under them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, delete, func, insert, select, update

from damgate.adapters.sql.schema import locks, nodes, refused_writes
from damgate.adapters.sql.sqlite import among, upsert
from damgate.adapters.sql.store import Store
from damgate.core.locks import Lock

_ALL = select(
    locks.c.token,
    locks.c.node,
    locks.c.deep,
    locks.c.exclusive,
    locks.c.person,
    locks.c.owner,
    locks.c.timeout,
    locks.c.expires,
)
_alive = locks.c.expires > bindparam("now")
_GET = _ALL.where(locks.c.token == bindparam("token"), _alive)
_ON = _ALL.where(among(locks.c.node, "nodes"), _alive).order_by(locks.c.token)

# Locks are few and nodes are many, so `below` climbs from every lock instead of searching the whole tree.
_first = select(locks.c.token, nodes.c.parent).where(nodes.c.id == locks.c.node, _alive).cte("up", recursive=True)
_up = _first.union(select(_first.c.token, nodes.c.parent).where(nodes.c.id == _first.c.parent))
_BELOW = _ALL.where(
    locks.c.token.in_(select(_up.c.token).where(_up.c.parent == bindparam("node"))),
).order_by(locks.c.token)

_ADD = insert(locks)
_RENEW = (
    update(locks)
    .where(locks.c.token == bindparam("of"))
    .values(timeout=bindparam("seconds"), expires=bindparam("until"))
)
_REMOVE = delete(locks).where(locks.c.token == bindparam("token"))
_REMOVE_ON = delete(locks).where(locks.c.node == bindparam("node"))
_COUNT = select(func.count()).select_from(locks).where(locks.c.person == bindparam("person"), _alive)
_ALIVE = _ALL.where(_alive).order_by(locks.c.expires, locks.c.token)
_REFUSE = upsert(refused_writes, refused_writes.c.token)
_REFUSAL = select(refused_writes.c.sentence).where(refused_writes.c.token == bindparam("token"))
_SETTLE = delete(refused_writes).where(
    among(refused_writes.c.token, "tokens"),
    refused_writes.c.token.in_(select(locks.c.token).where(locks.c.node == bindparam("node"))),
)
_EXPIRED = _ALL.where(locks.c.expires <= bindparam("now")).order_by(locks.c.expires)


class SqlLocks(Store):
    """See `damgate.ports.catalogue.Locks`."""

    def add(self, lock: Lock) -> None:
        """Keep a lock."""
        self._rows.execute(_ADD, asdict(lock))

    def get(self, token: str, now: float) -> Lock | None:
        """Return the lock of this token."""
        row = self._rows.execute(_GET, {"token": token, "now": now}).first()
        return None if row is None else Lock(*row)

    def on(self, nodes: Sequence[str], now: float) -> list[Lock]:
        """Return the locks whose root is one of these nodes."""
        return [Lock(*row) for row in self._rows.execute(_ON, {"nodes": nodes, "now": now}).all()]

    def below(self, node: str, now: float) -> list[Lock]:
        """Return the locks whose root stands somewhere below `node`."""
        return [Lock(*row) for row in self._rows.execute(_BELOW, {"node": node, "now": now}).all()]

    def renew(self, token: str, timeout: int, expires: float) -> None:
        """Let a lock live until `expires`."""
        self._rows.execute(_RENEW, {"of": token, "seconds": timeout, "until": expires})

    def remove(self, token: str) -> None:
        """End a lock."""
        self._rows.execute(_REMOVE, {"token": token})

    def remove_on(self, node: str) -> None:
        """End the locks whose root is this node."""
        self._rows.execute(_REMOVE_ON, {"node": node})

    def count(self, person: str, now: float) -> int:
        """Count the locks of a person."""
        return int(self._rows.execute(_COUNT, {"person": person, "now": now}).scalar())

    def all(self, now: float) -> list[Lock]:
        """Return every lock, the one that ends first first."""
        return [Lock(*row) for row in self._rows.execute(_ALIVE, {"now": now}).all()]

    def refuse(self, token: str, sentence: str) -> None:
        """Note that a write under this lock was refused, and why."""
        self._rows.execute(_REFUSE, {"token": token, "sentence": sentence})

    def refusal(self, token: str) -> str | None:
        """Return why the latest write under this lock was refused, None where it was not."""
        found: str | None = self._rows.execute(_REFUSAL, {"token": token}).scalar()
        return found

    def settle(self, node: str, tokens: Collection[str]) -> None:
        """Forget what was refused under these locks of a node: a later write was kept."""
        if tokens:
            self._rows.execute(_SETTLE, {"node": node, "tokens": list(tokens)})

    def expired(self, now: float) -> list[Lock]:
        """Return the locks that have run out."""
        return [Lock(*row) for row in self._rows.execute(_EXPIRED, {"now": now}).all()]
