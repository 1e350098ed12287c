"""The tree: names, and what stands at them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, delete, exists, literal, or_, select, tuple_, update

from damgate.adapters.sql.rows import Collision, Rows, Values
from damgate.adapters.sql.schema import FOLDER, NOBODY, SCRATCH, locks, nodes
from damgate.adapters.sql.sqlite import upsert
from damgate.adapters.sql.store import Store
from damgate.core import names
from damgate.core.assets import Content, Kind, Node
from damgate.core.errors import AlreadyExists
from damgate.ports.catalogue import PAGE
from damgate.ports.clock import Clock

_KINDS = {kind.value: kind for kind in Kind}
_COLUMNS = (
    nodes.c.id,
    nodes.c.parent,
    nodes.c.name,
    nodes.c.kind,
    nodes.c.holder,
    nodes.c.owner,
    nodes.c.created,
    nodes.c.modified,
    nodes.c.sha256,
    nodes.c.md5,
    nodes.c.size,
    nodes.c.media_type,
    nodes.c.version,
)

_locked = exists().where(locks.c.node == nodes.c.id, locks.c.expires > bindparam("now"))
_GET = select(*_COLUMNS).where(nodes.c.id == bindparam("id"))
_CHILD = (
    select(*_COLUMNS)
    .where(nodes.c.parent == bindparam("parent"), nodes.c.key == bindparam("key"))
    .where(nodes.c.holder.in_([NOBODY, bindparam("person")]))
    .order_by(nodes.c.holder)  # the shared one first
)
_shared = nodes.alias("shared")
_hidden = exists().where(
    _shared.c.parent == bindparam("parent"), _shared.c.holder == "", _shared.c.key == nodes.c.key
)  # a person's scratch behind a shared thing of the same name
_CHILDREN = (
    select(*_COLUMNS)
    .where(nodes.c.parent == bindparam("parent"), nodes.c.sort > bindparam("after"))
    .where(or_(nodes.c.holder == "", (nodes.c.holder == bindparam("person")) & ~_hidden))
    .where(or_(nodes.c.kind != Kind.RESERVED.value, nodes.c.owner == bindparam("person")))
    .order_by(nodes.c.sort)
    .limit(bindparam("limit"))
)
_CHILDREN_OF = {kind: _CHILDREN.where(nodes.c.kind == kind.value) for kind in Kind}
_CHILDREN_OF[Kind.FOLDER] = _CHILDREN.where(nodes.c.kind == FOLDER)
_ALL_CHILDREN = (
    select(*_COLUMNS)
    .where(nodes.c.parent == bindparam("parent"))
    .where(tuple_(nodes.c.sort, nodes.c.holder) > tuple_(bindparam("after"), bindparam("holder")))
    .order_by(nodes.c.sort, nodes.c.holder)
    .limit(PAGE)
)
_PUT = upsert(nodes, nodes.c.id)
_STANDING = select(nodes.c.name).where(
    nodes.c.parent == bindparam("parent"), nodes.c.holder == bindparam("holder"), nodes.c.key == bindparam("key")
)
_HOLDS = select(nodes.c.name).where(nodes.c.parent == bindparam("parent")).limit(1)
_CLEAR = delete(nodes).where(
    nodes.c.parent == bindparam("parent"),
    nodes.c.holder == bindparam("holder"),
    nodes.c.key == bindparam("key"),
    nodes.c.kind == Kind.RESERVED.value,
    ~_locked,
)
_REMOVE = delete(nodes).where(nodes.c.id == bindparam("id"))
_TOUCH = update(nodes).where(nodes.c.id == bindparam("node")).values(touched=bindparam("at"))

_self = select(*_COLUMNS, literal(0).label("height")).where(nodes.c.id == bindparam("id")).cte("up", recursive=True)
_up = _self.union_all(select(*_COLUMNS, _self.c.height + 1).where(nodes.c.id == _self.c.parent, _self.c.height < PAGE))
_ANCESTRY = select(*[column for column in _up.c if column.name != "height"]).order_by(_up.c.height.desc())

_ASSETS = (
    select(nodes.c.id)
    .where(nodes.c.id > bindparam("after"), nodes.c.kind == Kind.ASSET.value)
    .order_by(nodes.c.id)
    .limit(bindparam("limit"))
)

_inner = nodes.alias("inner")
_STALE = (
    select(*_COLUMNS)
    .where(nodes.c.touched < bindparam("since"), or_(nodes.c.kind == SCRATCH, nodes.c.holder != NOBODY))
    .where(or_(nodes.c.kind == SCRATCH, nodes.c.kind == FOLDER))
    .where(~_locked)
    .where(~exists().where(_inner.c.parent == nodes.c.id))
    .order_by(nodes.c.touched)
    .limit(bindparam("limit"))
)


class SqlNodes(Store):
    """See `damgate.ports.catalogue.Nodes`."""

    def __init__(self, rows: Rows, clock: Clock) -> None:
        """Speak through this connection; the clock says when a node was last put."""
        super().__init__(rows)
        self._clock = clock

    def get(self, node: str) -> Node | None:
        """Return the node of this id, wherever it stands."""
        row = self._rows.execute(_GET, {"id": node}).first()
        return None if row is None else _node(row)

    def child(self, parent: str, name: str, person: str) -> Node | None:
        """Return what stands at `name` for `person`; a shared thing before a held one.

        Folders are remembered: what people ask for one after the other mostly stands in the same one.
        """
        key = names.key(name)
        remembered = self._rows.remembered()
        known: Node | None = remembered.get((parent, key, person))
        if known is not None:
            return known
        row = self._rows.execute(_CHILD, {"parent": parent, "key": key, "person": person}).first()
        node = None if row is None else _node(row)
        if node is not None and node.is_folder:
            remembered[parent, key, person] = node
        return node

    def children(
        self, parent: str, person: str, *, after: bytes = b"", limit: int = PAGE, kind: Kind | None = None
    ) -> list[Node]:
        """Return a page of what `person` sees in a folder, of all kinds or one, in sort order from beyond `after`."""
        wanted = {"parent": parent, "person": person, "after": after, "limit": limit}
        statement = _CHILDREN if kind is None else _CHILDREN_OF[kind]
        return [_node(row) for row in self._rows.execute(statement, wanted).all()]

    def put(self, node: Node) -> None:
        """Insert the node, or replace the row of its id; a taken name raises AlreadyExists.

        A reservation whose lock ran out does not take a name: it goes.
        """
        content = node.content
        row = {
            "id": node.id,
            "parent": node.parent,
            "name": node.name,
            "key": names.key(node.name),
            "sort": names.sort_key(node.name, folder=node.is_folder),
            "kind": node.kind.value,
            "holder": node.holder,
            "owner": node.owner,
            "created": node.created,
            "modified": node.modified,
            "touched": self._clock.now(),
            "sha256": content and content.sha256,
            "md5": content and content.md5,
            "size": content and content.size,
            "media_type": content and content.media_type,
            "version": node.version,
        }
        try:
            self._rows.execute(_PUT, row)
        except Collision as error:
            place = {name: row[name] for name in ("parent", "holder", "key")}
            if self._rows.execute(_CLEAR, {**place, "now": row["touched"]}).rowcount:
                self._rows.execute(_PUT, row)
                return
            standing = self._rows.execute(_STANDING, place).scalar()
            if standing is None:
                raise
            raise AlreadyExists(f"“{node.name}” exists as “{standing}” here; please choose another name.") from error

    def remove(self, node: str) -> None:
        """Delete the row of this id, its locks and dead properties; raises ValueError while anything stands below."""
        inner = self._rows.execute(_HOLDS, {"parent": node}).scalar()
        if inner is not None:
            raise ValueError(f"node {node} still holds {inner!r}")
        self._rows.execute(_REMOVE, {"id": node})

    def ancestry(self, node: str) -> tuple[Node, ...]:
        """Return the nodes from the outermost folder down to `node` itself."""
        return tuple(_node(row) for row in self._rows.execute(_ANCESTRY, {"id": node}).all())

    def below(self, node: str) -> Iterator[Node]:
        """Yield every node below `node`, depth first in sort order; what was yielded may be changed meanwhile."""
        open_folders = [self._everything_in(node)]
        while open_folders:
            inner = next(open_folders[-1], None)
            if inner is None:
                open_folders.pop()
                continue
            yield inner
            if inner.is_folder:
                open_folders.append(self._everything_in(inner.id))

    def assets(self, *, after: str = "", limit: int = PAGE) -> list[str]:
        """Return a page of the ids of all assets, in the trash too."""
        return [node for (node,) in self._rows.execute(_ASSETS, {"after": after, "limit": limit}).all()]

    def stale_scratch(self, untouched_since: float, limit: int = PAGE) -> list[Node]:
        """Return scratch files and empty held folders that were last put or touched before this instant."""
        wanted = {"since": untouched_since, "now": self._clock.now(), "limit": limit}
        return [_node(row) for row in self._rows.execute(_STALE, wanted).all()]

    def touch(self, node: str, at: float) -> None:
        """Note that a scratch node was used."""
        self._rows.execute(_TOUCH, {"node": node, "at": at})

    def _everything_in(self, parent: str) -> Iterator[Node]:
        after, holder = b"", ""
        while page := self._rows.execute(_ALL_CHILDREN, {"parent": parent, "after": after, "holder": holder}).all():
            for row in page:
                node = _node(row)
                after, holder = names.sort_key(node.name, folder=node.is_folder), node.holder
                yield node
            if len(page) < PAGE:
                return


def _node(row: Values) -> Node:
    node, parent, name, kind, holder, owner, created, modified, sha256, md5, size, media_type, version = row
    content = None if sha256 is None else Content(sha256, md5, size, media_type)
    return Node(node, parent, name, _KINDS[kind], created, modified, holder, owner, content, version)
