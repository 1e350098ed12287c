"""The keys of a state's bucket: its tree, depth first in the order of siblings, which is the byte order of keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.objects import Object
from damgate.core.places import Names
from damgate.core.rights import Actor
from damgate.drive import asking, listing
from damgate.drive.buckets import standing
from damgate.drive.context import Context
from damgate.drive.tree import area_of, visible
from damgate.ports.catalogue import PAGE, ROOT, Transaction

FIRST = 50  # rows of a folder's first page where a walk may leave it at once; each further page is twice as long


@dataclass(frozen=True, slots=True)
class Level:
    """A folder on the way, and what keys of what stands in it begin with."""

    folder: Node
    path: Names  # with the state

    @property
    def prefix(self) -> str:
        """The folder's own key; "" for the state's folder."""
        return "".join(f"{name}/" for name in self.path[1:])


@dataclass(frozen=True, slots=True)
class Child:
    """What stands in a folder; of a folder whether it is implied, and if so whether something surely stands in it."""

    node: Node
    implied: bool = False
    filled: bool = False


class TreeKeys:
    """The keys of a state as its actor sees it: what `Drive.list` shows, no folder that is only implied."""

    def __init__(self, context: Context, actor: Actor, state: str, *, rows: int = PAGE) -> None:
        """Read `rows` rows of a folder at a time, at most."""
        self._context = context
        self._actor = actor
        self._state = state
        self._rows = min(rows, PAGE)

    def since(self, position: bytes, *, folders: bool) -> Iterator[Object | str]:
        """Yield the objects whose key is not below `position`; see `Keys.since`."""
        *above, last = position.split(b"/")
        levels = self._way(above)
        if folders:
            return self._direct(levels[-1], last) if len(levels) > len(above) else iter(())
        return self._from(levels, above, last)

    def _from(self, levels: list[Level], above: list[bytes], last: bytes) -> Iterator[Object | str]:
        for depth in reversed(range(len(levels))):
            level = levels[depth]
            if depth < len(above):
                yield from self._below(level, above[depth] + b"/")
                continue
            if not last:
                yield from self._own(level)
            yield from self._below(level, _before(last))

    def _way(self, above: list[bytes]) -> list[Level]:
        """Return the folders that a position leads through, as far as they stand and are seen."""
        with self._context.catalogue.read() as tx:
            root = tx.nodes.child(ROOT, self._state, "")
            levels = [Level(root, (self._state,))] if root else []
            for written in above if root else ():
                folder = self._folder(tx, levels[-1], written)
                if folder is None:
                    break
                levels.append(folder)
        return levels

    def _folder(self, tx: Transaction, level: Level, written: bytes) -> Level | None:
        name = written.decode("utf-8", "replace")
        node = tx.nodes.child(level.folder.id, name, self._actor.name)
        if node is None or node.name.encode() != written or not self._is_shown(level, node):
            return None
        return Level(node, (*level.path, name)) if node.is_folder else None

    def _own(self, level: Level) -> Iterator[Object]:
        """Yield the object that a folder is, unless it is only implied."""
        if len(level.path) > 1:
            with self._context.catalogue.read() as tx:
                implied = tx.implied.holds(level.folder.id)
            if not implied:
                yield standing.object_of(level.prefix, level.folder)

    def _below(self, level: Level, after: bytes) -> Iterator[Object | str]:
        """Yield the objects below a folder whose first name comes after these bytes."""
        prefix = level.prefix
        for child in self._children(level, after, FIRST):
            node = child.node
            if not node.is_folder:
                yield standing.object_of(prefix + node.name, node)
                continue
            inner = Level(node, (*level.path, node.name))
            if not child.implied:
                yield standing.object_of(inner.prefix, node)
            yield from self._below(inner, b"")

    def _direct(self, level: Level, last: bytes) -> Iterator[Object | str]:
        """Yield what stands directly in a folder; a folder there by its key, if anything is listed below it."""
        prefix = level.prefix
        if not last:
            yield from self._own(level)
        for child in self._children(level, _before(last), self._rows):
            node = child.node
            if not node.is_folder:
                yield standing.object_of(prefix + node.name, node)
            elif not child.implied or self._holds(level, child):
                yield f"{prefix}{node.name}/"

    def _holds(self, level: Level, child: Child) -> bool:
        if child.filled and not self._context.areas:
            return True
        inner = Level(child.node, (*level.path, child.node.name))
        return next(self._below(inner, b""), None) is not None

    def _children(self, level: Level, after: bytes, rows: int) -> Iterator[Child]:
        """Yield what the actor sees in a folder, from beyond `after`; no transaction is open in between."""
        area = area_of(self._context, level.path)
        kind = None if asking.may_list(self._context, self._actor, area, self._state) else Kind.FOLDER
        while True:
            rows = min(rows, self._rows)
            with self._context.catalogue.read() as tx:
                page = tx.nodes.children(level.folder.id, self._actor.name, after=after, limit=rows, kind=kind)
                folders = [node.id for node in page if node.is_folder]
                implied = tx.implied.among(folders) if folders else {}
            for node in page:
                if self._is_shown(level, node):
                    yield Child(node, node.id in implied, implied.get(node.id, False))
            if len(page) < rows:
                return
            after = names.sort_key(page[-1].name, folder=page[-1].is_folder)
            rows *= 2

    def _is_shown(self, level: Level, node: Node) -> bool:
        if node.is_folder:
            path = (*level.path, node.name)
            return not self._context.areas or listing.shown_folder(self._context, self._actor, path, self._state)
        if node.kind is Kind.RESERVED or not visible(self._context, node, self._actor):
            return False
        return not (node.holder and names.is_litter(node.name))


def _before(position: bytes) -> bytes:
    """Return bytes that a name comes after if, and only if, it is not below `position`; no name holds the byte 255."""
    if not position or position.endswith(b"\0"):
        return position[:-1]
    return position[:-1] + bytes([position[-1] - 1]) + b"\xff"
