"""What clients of buckets said of the tree's nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, delete, exists, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from damgate.adapters.sql.said import attributes_as_text, read_attributes
from damgate.adapters.sql.schema import attributes, implied_folders, keywords, nodes
from damgate.adapters.sql.sqlite import among, upsert
from damgate.adapters.sql.store import Store
from damgate.core.assets import Kind
from damgate.core.objects import Attributes

_at = (attributes.c.node == bindparam("of"), attributes.c.version == bindparam("number"))
_OF = select(attributes.c.content).where(*_at)
_PUT = upsert(attributes, attributes.c.node, attributes.c.version)
_FORGET = delete(attributes).where(*_at)

_KEYWORDS = (
    select(keywords.c.name, keywords.c.value).where(keywords.c.node == bindparam("of")).order_by(keywords.c.name)
)
_CLEAR = delete(keywords).where(keywords.c.node == bindparam("of"))
_ADD = insert(keywords)

_IMPLIED = select(implied_folders.c.node).where(implied_folders.c.node == bindparam("of"))
_IMPLY = insert_or(implied_folders).on_conflict_do_nothing()
_MEAN = delete(implied_folders).where(implied_folders.c.node == bindparam("of"))
_filled = exists().where(nodes.c.parent == implied_folders.c.node, nodes.c.kind == Kind.ASSET.value, nodes.c.size > 0)
_AMONG = select(implied_folders.c.node, _filled).where(among(implied_folders.c.node, "folders"))


class SqlAttributes(Store):
    """See `damgate.ports.attributes.AttributesOfNodes`."""

    def of(self, node: str, version: int) -> Attributes:
        """Return the attributes; empty ones where nothing was said."""
        text = self._rows.execute(_OF, {"of": node, "number": version}).scalar()
        return Attributes() if text is None else read_attributes(text)

    def put(self, node: str, version: int, attributes: Attributes) -> None:
        """Keep the attributes in place of those that stand."""
        if attributes == Attributes():
            self.forget(node, version)
        else:
            row = {"node": node, "version": version, "content": attributes_as_text(attributes)}
            self._rows.execute(_PUT, row)

    def forget(self, node: str, version: int) -> None:
        """Forget what was said of a version."""
        self._rows.execute(_FORGET, {"of": node, "number": version})


class SqlKeywords(Store):
    """See `damgate.ports.attributes.Keywords`."""

    def of(self, node: str) -> Mapping[str, str]:
        """Return name → value."""
        return dict(self._rows.execute(_KEYWORDS, {"of": node}).all())

    def put(self, node: str, keywords: Mapping[str, str]) -> None:
        """Keep these in place of those that stand."""
        self._rows.execute(_CLEAR, {"of": node})
        for name, value in keywords.items():
            self._rows.execute(_ADD, {"node": node, "name": name, "value": value})


class SqlImplied(Store):
    """See `damgate.ports.attributes.ImpliedFolders`."""

    def put(self, node: str) -> None:
        """Note that a folder is implied."""
        self._rows.execute(_IMPLY, {"node": node})

    def remove(self, node: str) -> None:
        """Note that somebody means a folder to stand."""
        self._rows.execute(_MEAN, {"of": node})

    def holds(self, node: str) -> bool:
        """Tell whether a folder is implied."""
        return self._rows.execute(_IMPLIED, {"of": node}).scalar() is not None

    def among(self, nodes: Sequence[str]) -> Mapping[str, bool]:
        """Return which of these folders are implied, and of each whether a file with bytes stands directly in it."""
        return {node: bool(filled) for node, filled in self._rows.execute(_AMONG, {"folders": nodes}).all()}
