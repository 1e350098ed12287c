"""The folders of a state's bucket: its tree, as `Drive.list` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.objects import Object
from damgate.core.places import Names
from damgate.core.rights import Actor
from damgate.drive import asking, listing
from damgate.drive.buckets.states import standing
from damgate.drive.buckets.walking import Folder
from damgate.drive.context import Context
from damgate.drive.tree import area_of, visible
from damgate.ports.catalogue import PAGE, ROOT


@dataclass(frozen=True, slots=True)
class TreeFolder(Folder):
    """A folder of the tree; one that is only implied is no object."""

    node: Node
    path: Names  # with the state


@dataclass(frozen=True, slots=True)
class TreeFolders:
    """See `walking.Folders`. No transaction is open while what was read is told."""

    context: Context
    actor: Actor
    state: str

    def top(self) -> TreeFolder | None:
        """Return the state's folder."""
        with self.context.catalogue.read() as tx:
            root = tx.nodes.child(ROOT, self.state, "")
        return TreeFolder("", None, filled=False, node=root, path=(self.state,)) if root else None

    def enter(self, folder: TreeFolder, name: bytes) -> TreeFolder | None:
        """Return the folder of exactly this name, if the actor sees it."""
        with self.context.catalogue.read() as tx:
            node = tx.nodes.child(folder.node.id, name.decode("utf-8", "replace"), self.actor.name)
            if node is None or node.name.encode() != name or not node.is_folder or not self._is_shown(folder, node):
                return None
            return self._inner(folder, node, implied=tx.implied.holds(node.id))

    def children(self, folder: TreeFolder, after: bytes, rows: int) -> Iterator[Object | TreeFolder]:
        """Yield what the actor sees in a folder."""
        area = area_of(self.context, folder.path)
        kind = None if asking.may_list(self.context, self.actor, area, self.state) else Kind.FOLDER
        while True:
            with self.context.catalogue.read() as tx:
                page = tx.nodes.children(folder.node.id, self.actor.name, after=after, limit=rows, kind=kind)
                inner = [node.id for node in page if node.is_folder]
                implied = tx.implied.among(inner) if inner else {}
            for node in page:
                if not self._is_shown(folder, node):
                    continue
                if node.is_folder:
                    yield self._inner(folder, node, implied=node.id in implied, filled=implied.get(node.id, False))
                else:
                    yield standing.object_of(folder.key + node.name, node)
            if len(page) < rows:
                return
            after = names.sort_key(page[-1].name, folder=page[-1].is_folder)
            rows = min(2 * rows, PAGE)

    def _inner(self, folder: TreeFolder, node: Node, *, implied: bool, filled: bool = False) -> TreeFolder:
        key = f"{folder.key}{node.name}/"
        own = None if implied else standing.object_of(key, node)
        seen = filled and not self.context.areas  # else what stands there may be hidden
        return TreeFolder(key, own, seen, node, (*folder.path, node.name))

    def _is_shown(self, folder: TreeFolder, node: Node) -> bool:
        if node.is_folder:
            path = (*folder.path, node.name)
            return not self.context.areas or listing.shown_folder(self.context, self.actor, path, self.state)
        if node.kind is Kind.RESERVED or not visible(self.context, node, self.actor):
            return False
        return not (node.holder and names.is_litter(node.name))
