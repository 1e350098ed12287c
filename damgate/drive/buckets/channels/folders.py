"""The folders of a channel's bucket: those of its states, with what can be had of them now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.channels import Outlet
from damgate.core.objects import Object
from damgate.core.publishing import Placement
from damgate.core.rights import Actor
from damgate.drive import channels
from damgate.drive.buckets.walking import Folder
from damgate.drive.context import Context
from damgate.drive.tree import area_of
from damgate.ports.catalogue import PAGE, ROOT

Placed = tuple[bytes, "Object | ChannelFolder"]


@dataclass(frozen=True, slots=True)
class ChannelFolder(Folder):
    """A folder that a channel mirrors; it is no object."""

    nodes: tuple[Node, ...]  # from the state's folder down; none for the channel itself where it has several states


@dataclass(frozen=True, slots=True)
class ChannelFolders:
    """See `walking.Folders`. No transaction is open while what was read is told."""

    context: Context
    actor: Actor
    outlet: Outlet

    def top(self) -> ChannelFolder | None:
        """Return the channel's own folder."""
        states = self.outlet.delivery.states
        if len(states) > 1:
            return ChannelFolder("", None, filled=False, nodes=())
        root = self._state(states[0])
        return ChannelFolder("", None, filled=False, nodes=(root,)) if root and self._is_seen((root,)) else None

    def _state(self, state: str) -> Node | None:
        with self.context.catalogue.read() as tx:
            return tx.nodes.child(ROOT, state, "")

    def _is_seen(self, nodes: tuple[Node, ...]) -> bool:
        """Tell whether the actor may list what the channel has of a folder, or of an area below it."""
        path = tuple(one.name for one in nodes)
        return channels.may_list(self.context, self.actor, self.outlet, area_of(self.context, path), path[0])

    def enter(self, folder: ChannelFolder, name: bytes) -> ChannelFolder | None:
        """Return the folder of exactly this name, if the actor sees it."""
        said = name.decode("utf-8", "replace")
        if not folder.nodes:
            node = self._state(said) if said in self.outlet.delivery.states else None
        else:
            with self.context.catalogue.read() as tx:
                node = tx.nodes.child(folder.nodes[-1].id, said, "")
                placed = tx.placements.at(self.outlet.name, folder.nodes[-1].id, said)
            node = node if placed is None and node is not None and node.is_folder else None
        if node is None or node.name.encode() != name or not self._is_seen((*folder.nodes, node)):
            return None
        return self._inner(folder, node)

    def _inner(self, folder: ChannelFolder, node: Node) -> ChannelFolder:
        return ChannelFolder(f"{folder.key}{node.name}/", None, filled=False, nodes=(*folder.nodes, node))

    def children(self, folder: ChannelFolder, after: bytes, rows: int) -> Iterator[Object | ChannelFolder]:
        """Yield what the actor sees in a folder: what is ready, and the folders there."""
        if not folder.nodes:
            for name in sorted(self.outlet.delivery.states, key=lambda one: names.sort_key(one, folder=True)):
                inner = self.enter(folder, name.encode()) if names.sort_key(name, folder=True) > after else None
                if inner is not None:
                    yield inner
            return
        both = (self._folders(folder, after, rows), self._placements(folder, after, rows))
        for _, found in merge(*both, key=lambda one: one[0]):
            yield found

    def _folders(self, folder: ChannelFolder, after: bytes, rows: int) -> Iterator[Placed]:
        parent = folder.nodes[-1].id
        while True:
            with self.context.catalogue.read() as tx:
                page = tx.nodes.children(parent, "", after=after, limit=rows, kind=Kind.FOLDER)
                hidden = {one.id for one in page if tx.placements.at(self.outlet.name, parent, one.name)}
            for node in page:
                if node.id not in hidden and self._is_seen((*folder.nodes, node)):
                    yield names.sort_key(node.name, folder=True), self._inner(folder, node)
            if len(page) < rows:
                return
            after, rows = names.sort_key(page[-1].name, folder=True), min(2 * rows, PAGE)

    def _placements(self, folder: ChannelFolder, after: bytes, rows: int) -> Iterator[Placed]:
        path = tuple(one.name for one in folder.nodes)
        manages = channels.manages(self.context, self.actor, area_of(self.context, path), path[0])
        while True:
            now = None if manages else self.context.clock.now()
            with self.context.catalogue.read() as tx:
                page = tx.placements.page(self.outlet.name, folder.nodes[-1].id, now, after=after, limit=rows)
            for placement in page:
                yield names.sort_key(placement.name, folder=False), object_of(folder.key + placement.name, placement)
            if len(page) < rows:
                return
            after, rows = names.sort_key(page[-1].name, folder=False), min(2 * rows, PAGE)


def object_of(key: str, placement: Placement) -> Object:
    """Return a placement as an object: exactly the rendition that a read returns."""
    return Object(key, placement.size, placement.md5, float(placement.modified), media_type=placement.media_type)
