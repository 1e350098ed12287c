"""Dead properties: XML that clients keep on a node."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, insert, select

from damgate.adapters.sql.schema import properties
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store

_p = properties.c
_OF = select(_p.namespace, _p.name, _p.xml).where(_p.node == bindparam("node")).order_by(_p.namespace, _p.name)
_PUT = upsert(properties, _p.node, _p.namespace, _p.name)
_REMOVE = delete(properties).where(
    _p.node == bindparam("node"), _p.namespace == bindparam("namespace"), _p.name == bindparam("name")
)
_CLEAR = delete(properties).where(_p.node == bindparam("node"))
_COPY = insert(properties).from_select(
    ["node", "namespace", "name", "xml"],
    select(bindparam("target"), _p.namespace, _p.name, _p.xml).where(_p.node == bindparam("source")),
)


class SqlProperties(Store):
    """See `damgate.ports.catalogue.Properties`."""

    def of(self, node: str) -> Mapping[tuple[str, str], str]:
        """Return (namespace, local name) → XML element text."""
        return {(space, name): xml for space, name, xml in self._rows.execute(_OF, {"node": node}).all()}

    def put(self, node: str, name: tuple[str, str], xml: str) -> None:
        """Keep a property."""
        self._rows.execute(_PUT, {"node": node, "namespace": name[0], "name": name[1], "xml": xml})

    def remove(self, node: str, name: tuple[str, str]) -> None:
        """Forget a property, if it is there."""
        self._rows.execute(_REMOVE, {"node": node, "namespace": name[0], "name": name[1]})

    def copy(self, source: str, target: str) -> None:
        """Give `target` the properties of `source`, and no others."""
        if source != target:
            self._rows.execute(_CLEAR, {"node": target})
            self._rows.execute(_COPY, {"source": source, "target": target})
