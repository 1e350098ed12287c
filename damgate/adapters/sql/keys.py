"""Access keys."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from damgate.adapters.sql.people import BUMP
from damgate.adapters.sql.rows import Values
from damgate.adapters.sql.schema import access_keys
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core.people import AccessKey
from damgate.core.rights import Scope

_k = access_keys.c
_COLUMNS = (_k.access, _k.person, _k.label, _k.scope, _k.until, _k.disabled, _k.created)
_GET = select(*_COLUMNS, _k.secret).where(_k.access == bindparam("key"))
_EVERY = select(*_COLUMNS).order_by(_k.person, _k.created, _k.access)
_PUT = upsert(access_keys, _k.access)


class SqlKeys(Store):
    """See `damgate.ports.keys.Keys`."""

    def get(self, access: str) -> tuple[AccessKey, bytes] | None:
        """Return a key and its sealed secret."""
        row = self._rows.execute(_GET, {"key": access}).first()
        return None if row is None else (_key(row[:-1]), bytes(row[-1]))

    def put(self, key: AccessKey, secret: bytes) -> None:
        """Keep a key, new or changed; the generation of the accounts rises."""
        row = {
            "access": key.access,
            "person": key.person,
            "secret": secret,
            "label": key.label,
            "scope": msgspec.json.encode(key.scope).decode(),
            "until": key.until,
            "disabled": key.disabled,
            "created": key.created,
        }
        self._rows.execute(_PUT, row)
        self._rows.execute(BUMP)

    def all(self) -> list[AccessKey]:
        """Return every key: by person, of each in the order in which they were made."""
        return [_key(row) for row in self._rows.execute(_EVERY).all()]


def _key(row: Values) -> AccessKey:
    access, person, label, scope, *rest = row
    return AccessKey(access, person, label, msgspec.json.decode(scope, type=Scope), *rest)
