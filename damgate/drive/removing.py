"""DELETE: into the trash, and for good."""

from __future__ import annotations

from dataclasses import replace

from damgate.core.assets import Kind, Node
from damgate.core.conditions import Conditions
from damgate.core.errors import NotFound
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


def purge_trashed(context: Context, tx: Transaction, trashed: Trashed, by: str) -> None:
    """Purge one entry of the trash."""
    node = tx.nodes.get(trashed.node)
    if node is not None:
        purge(tx, node)
    tx.trash.remove(trashed.node)
    context.record(tx, Event(Happening.PURGED, by, trashed.path, trashed.node))
