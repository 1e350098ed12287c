"""DELETE, the trash, and the way back out of it."""

from __future__ import annotations

from dataclasses import replace

from damgate.core.assets import Kind, Node
from damgate.core.conditions import UNCONDITIONAL, Conditions
from damgate.core.errors import AlreadyExists, NotFound, Refused
from damgate.core.events import Event, Happening
from damgate.core.places import InState, Names, RefusalsFile, text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.drive import asking, locking, publishing
from damgate.drive.context import Context
from damgate.drive.tree import Spot, below_state, locate, owned, visible
from damgate.ports.catalogue import Transaction, Trashed, trash_parent


def remove(context: Context, actor: Actor, path: Names, conditions: Conditions, *, to_replace: bool = False) -> None:
    """Move to the trash; see `Drive.remove`."""
    if isinstance(context.place(path), RefusalsFile):
        with context.catalogue.write() as tx:
            tx.refusals.clear(actor.name)
        return
    place = below_state(context, path, "delete")
    with context.catalogue.write() as tx:
        spot = locate(context, tx, actor, place)
        asking.ask_to_see(context, actor, spot)
        node = spot.standing
        if not visible(context, node, actor):
            raise NotFound(f"There is nothing at {text(path)}.", place=text(path))
        if not (to_replace and _makes_room(context, tx, actor, spot)):
            take_away(context, tx, actor, spot, conditions)
            return
        require_free(context, tx, actor, spot, conditions)
        tx.trash.vacate(spot.parent.id, node.name, actor.name, node.id, context.clock.now())


def take_away(context: Context, tx: Transaction, actor: Actor, spot: Spot, conditions: Conditions) -> None:
    """Move what stands at `spot` to the trash, where the actor may; scratch goes for good."""
    ask_to_remove(context, tx, actor, spot)
    require_free(context, tx, actor, spot, conditions)
    discard(context, tx, actor, spot, spot.standing)


def require_free(context: Context, tx: Transaction, actor: Actor, spot: Spot, conditions: Conditions) -> None:
    """Raise unless the request's conditions hold for what stands at `spot`, and no lock keeps it there."""
    asking.demand(context, tx, actor, conditions, spot)
    asking.require_locks(context, tx, actor, conditions, spot, names_change=True, whole_tree=True)


def _makes_room(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> bool:
    """Tell whether the actor may not delete what stands here, but may move its revision here from another state."""
    node = spot.standing
    may_delete = context.policy.allows(actor, Action.DELETE, spot.subject(actor))
    if node.kind is not Kind.ASSET or may_delete:
        return False
    for edge in context.workflow.enters(spot.state):
        revision = locate(context, tx, actor, InState(edge.source, spot.path[1:]))
        if revision.node is not None and revision.node.kind is Kind.ASSET:
            own = owned(revision.node, actor)
            if context.policy.allows(actor, Action.MOVE, Subject(DRIVE_VIEW, revision.area, str(edge), own=own)):
                return True
    return False


def ask_to_remove(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> None:
    """Raise Refused unless the actor may delete what stands at `spot`, and everything below it."""
    node = spot.standing
    if node.holder or node.kind is Kind.RESERVED:
        return
    classes = asking.classes_below(context, tx, actor, spot, node)
    if not classes and asking.may_make_folders(context, actor, spot):
        return
    for subject in classes or {spot.subject(actor)}:
        asking.ask(context, actor, Action.DELETE, subject)


def discard(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node) -> None:
    """Take a node away from its name: assets and folders into the trash, scratch and reservations for good."""
    if node.holder or node.kind is Kind.RESERVED:
        purge(tx, node)
        return
    to_trash(context, tx, actor, spot, node)
    if node.kind is Kind.ASSET:
        tx.trash.vacate(spot.parent.id, node.name, actor.name, node.id, context.clock.now())
    context.record(tx, Event(Happening.TRASHED, actor.name, text(spot.path), node.id))


def to_trash(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node) -> None:
    """Put a node with all below it into the trash; its locks end and its names in channels are withdrawn."""
    withdraw(context, tx, node)
    locking.end_all(context, tx, node)
    tx.nodes.put(replace(node, parent=trash_parent(node.id)))
    tx.trash.put(Trashed(node.id, spot.parent.id, text(spot.path), actor.name, context.clock.now()))


def withdraw(context: Context, tx: Transaction, node: Node) -> None:
    """Take an asset, or every asset below a folder, out of all channels."""
    for one in tx.nodes.below(node.id) if node.is_folder else (node,):
        if one.kind is Kind.ASSET:
            publishing.settle(context, tx, one, ())


def purge(tx: Transaction, node: Node) -> int:
    """Delete rows for good, deepest first; returns how many assets went. Their bytes are swept later."""
    everything = [node, *tx.nodes.below(node.id)] if node.is_folder else [node]
    for one in reversed(everything):
        if one.kind is Kind.ASSET:
            tx.assets.forget(one.id)
        tx.nodes.remove(one.id)
    return sum(one.kind is Kind.ASSET for one in everything)


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
    """Let what is in the trash stand at `spot` again, where the actor may add things."""
    parent = spot.parent
    if spot.node is not None:
        place = text(spot.path)
        raise AlreadyExists(f"Something stands at {place}; rename it, then restore again.", place=place)
    asking.ask_to_add(context, actor, spot, folder=node.is_folder)
    asking.require_locks(context, tx, actor, UNCONDITIONAL, spot, names_change=True)
    tx.nodes.put(replace(node, parent=parent.id))
    tx.trash.remove(node.id)
    tx.trash.occupy(parent.id, node.name)
    _publish_below(context, tx, replace(node, parent=parent.id), spot)
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
            purge_trashed(context, tx, one, actor.name)
            gone += 1
    if wanted is not None and not gone:
        raise NotFound(f"Nothing was deleted from {wanted}; see: damgate trash list.")
    return gone


def purge_trashed(context: Context, tx: Transaction, trashed: Trashed, by: str) -> None:
    """Purge one entry of the trash."""
    node = tx.nodes.get(trashed.node)
    if node is not None:
        purge(tx, node)
    tx.trash.remove(trashed.node)
    context.record(tx, Event(Happening.PURGED, by, trashed.path, trashed.node))
