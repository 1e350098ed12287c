"""The trash: what is in it, the way back out of it, and its end."""

from __future__ import annotations

from dataclasses import replace

from damgate.core.assets import Kind, Node
from damgate.core.conditions import UNCONDITIONAL
from damgate.core.errors import AlreadyExists, NotFound, Refused
from damgate.core.events import Event, Happening
from damgate.core.places import InState, Names, text
from damgate.core.rights import Action, Actor
from damgate.drive import asking, parents, publishing, removing
from damgate.drive.context import Context
from damgate.drive.tree import Spot, below_state, locate
from damgate.ports.catalogue import Transaction, Trashed


def trash(context: Context, actor: Actor) -> list[Trashed]:
    """Return what the actor deleted, or everything for who manages the drive."""
    with context.catalogue.read() as tx:
        return [one for one in tx.trash.entries() if may_restore(context, actor, one)]


def may_restore(context: Context, actor: Actor, trashed: Trashed) -> bool:
    """Tell whether the actor may know of something in the trash, and bring it back."""
    return trashed.by == actor.name or _manages(context, actor, trashed.path)


def _manages(context: Context, actor: Actor, path: str) -> bool:
    place = context.place(tuple(path.strip("/").split("/")))
    if not isinstance(place, InState):
        return "admin" in actor.roles
    spot = Spot((place.state, *place.rest), place.state, "-", (), None)
    return context.policy.allows(actor, Action.ADMIN, spot.subject(actor))


def restore(context: Context, actor: Actor, path: str) -> Names:
    """Bring back the latest thing deleted from `path`; see `Drive.restore`."""
    wanted = "/" + path.strip("/")
    found = next((one for one in trash(context, actor) if one.path == wanted), None)
    if found is None:
        raise NotFound(f"Nothing was deleted from {wanted}; see: damgate trash list.")
    with context.catalogue.write() as tx:
        node = tx.nodes.get(found.node)
        if node is None or tx.trash.get(found.node) is None:
            raise NotFound(f"{wanted} is not in the trash any more.")
        spot = locate(context, tx, actor, below_state(context, tuple(wanted.strip("/").split("/")), "restore"))
        put_back(context, tx, actor, spot, node)
    context.poke()
    return spot.path


def put_back(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node) -> None:
    """Let what is in the trash stand at `spot` again, where the actor may add things.

    Folders that went with it, because nothing else stood in them, come back with it.
    """
    spot, missing = parents.complete(context, tx, actor, spot)
    if spot.node is not None:
        place = text(spot.path)
        raise AlreadyExists(f"Something stands at {place}; rename it, then restore again.", place=place)
    asking.ask_to_add(context, actor, spot, folder=node.is_folder)
    asking.require_locks(context, tx, actor, UNCONDITIONAL, spot, names_change=True)
    parents.ask(context, tx, actor, missing)
    parents.make(context, tx, actor, missing)
    back = replace(node, parent=spot.parent.id)
    tx.nodes.put(back)
    tx.trash.remove(node.id)
    tx.trash.occupy(back.parent, node.name)
    _publish_below(context, tx, back, spot)
    context.record(tx, Event(Happening.RESTORED, actor.name, text(spot.path), node.id))


def _publish_below(context: Context, tx: Transaction, node: Node, spot: Spot) -> None:
    if node.kind is Kind.ASSET:
        publishing.settle(context, tx, node, spot.folders)
        return
    chains = {node.id: (*spot.folders, node)}
    for one in tx.nodes.below(node.id):
        if one.is_folder:
            chains[one.id] = (*chains[one.parent], one)
        elif one.kind is Kind.ASSET:
            publishing.settle(context, tx, one, chains[one.parent])


def empty_trash(context: Context, actor: Actor, path: str | None) -> int:
    """Purge what was deleted from `path`, or everything; only for who manages the drive."""
    wanted = None if path is None else "/" + path.strip("/")
    gone = 0
    with context.catalogue.write() as tx:
        for one in tx.trash.entries():
            if wanted is not None and one.path != wanted:
                continue
            if not _manages(context, actor, one.path):
                raise Refused("Only who manages the drive may empty its trash.")
            removing.purge_trashed(context, tx, one, actor.name)
            gone += 1
    if wanted is not None and not gone:
        raise NotFound(f"Nothing was deleted from {wanted}; see: damgate trash list.")
    return gone
