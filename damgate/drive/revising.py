"""Giving an asset its next version; making assets; bringing one back to a name it just lost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from damgate.core import names
from damgate.core.assets import Content, Kind, Node, Version
from damgate.core.events import Event, Happening
from damgate.core.places import text
from damgate.core.rights import Action, Actor, Rights
from damgate.drive import asking, publishing
from damgate.drive.context import Context
from damgate.drive.tree import Spot, check_new_name, new_id
from damgate.ports.catalogue import Transaction

SAME_ASSET = 60.0  # seconds for which a name that a person vacated is still the same asset


def make_asset(
    context: Context, tx: Transaction, actor: Actor, spot: Spot, content: Content, rights: Rights | None = None
) -> Node:
    """Make a new asset at a free (or reserved) name."""
    now = context.clock.now()
    reserved = spot.node.id if spot.node is not None and spot.node.kind is Kind.RESERVED else None
    node = Node(
        reserved or new_id(), spot.parent.id, spot.name, Kind.ASSET, now, int(now),
        owner=actor.name, content=content, version=1,
    )  # fmt: skip
    tx.nodes.put(node)
    tx.versions.add(Version(node.id, 1, content, actor.name, now))
    if rights is not None:
        tx.assets.set_rights(node.id, rights)
    unreviewed = content.size > 0 and context.workflow.state(spot.state).closed
    what = Happening.PUBLISHED_UNREVIEWED if unreviewed else Happening.ADDED
    context.record(tx, Event(what, actor.name, text(spot.path), node.id, {"bytes": content.size}))
    _follow_up(context, tx, node, content)
    publishing.settle(context, tx, node, spot.folders)
    return node


def revise(
    context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node, content: Content, author: str = ""
) -> Node:
    """Give an asset its next version; equal bytes make none, and an empty version is replaced, not followed.

    `author` is who made the content, where that is not the actor (who approves a revision).
    """
    if node.content is not None and node.content.sha256 == content.sha256:
        return node
    now = context.clock.now()
    emptied = node.content is not None and node.content.size == 0
    number = node.version if emptied else node.version + 1
    version = Version(node.id, number, content, author or actor.name, now)
    if emptied:
        tx.versions.replace(version)
        tx.attributes.forget(node.id, number)  # they were said of the empty file
    else:
        tx.versions.add(version)
    revised = replace(node, content=content, version=number, modified=max(node.modified + 1, int(now)))
    tx.nodes.put(revised)
    tx.assets.clear_transition(node.id)  # an undo takes back a move, not what was written since
    _keep_so_many(context, tx, node.id)
    detail = {"version": number, "bytes": content.size}
    context.record(tx, Event(Happening.REVISED, actor.name, text(spot.path), node.id, detail))
    _follow_up(context, tx, revised, content)
    publishing.settle(context, tx, revised, spot.folders)
    return revised


def _follow_up(context: Context, tx: Transaction, node: Node, content: Content) -> None:
    if context.examinations.needed(content) and tx.versions.facts(content.sha256) is None:
        tx.jobs.enqueue(publishing.EXAMINE, node.id)


def _keep_so_many(context: Context, tx: Transaction, asset: str) -> None:
    most = context.config.keeping.versions
    if most:
        for version in tx.versions.of(asset)[most:]:
            tx.versions.remove(asset, version.number)
            tx.attributes.forget(asset, version.number)


def litter(
    context: Context, tx: Transaction, actor: Actor, spot: Spot, content: Content, standing: Node | None
) -> Node:
    """Keep a scratch file: its maker's alone, no asset, no history."""
    now = context.clock.now()
    date = int(now) if standing is None else max(standing.modified + 1, int(now))
    identity = standing.id if standing else new_id()
    node = Node(
        identity, spot.parent.id, spot.name, Kind.SCRATCH, now, date,
        holder=actor.name, owner=actor.name, content=content,
    )  # fmt: skip
    tx.nodes.put(node)
    return node


@dataclass(frozen=True, slots=True)
class Vacated:
    """An asset that the actor took away from a name a moment ago; `aside` is where it stands, None in the trash."""

    node: Node
    aside: Node | None


def left_by(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> str | None:
    """Return the id of the asset that the actor took away from this name within 60 s, or said to be about to."""
    return tx.trash.vacated(spot.parent.id, spot.name, actor.name, context.clock.now() - SAME_ASSET)


def vacated(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> Vacated | None:
    """Return the asset that belongs at this free name because the actor deleted or set it aside within 60 s."""
    asset = left_by(context, tx, actor, spot)
    node = tx.nodes.get(asset) if asset else None
    if node is None or node.kind is not Kind.ASSET:
        return None
    known = names.key(node.name) == names.key(spot.name) or names.is_backup_name(node.name, spot.name)
    trashed = tx.trash.get(node.id)
    if trashed is not None:
        return Vacated(node, None) if known and (trashed.parent, trashed.by) == (spot.parent.id, actor.name) else None
    return Vacated(node, node) if known and node.parent == spot.parent.id else None


def ask_to_take(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> None:
    """Ask for a free name: to edit the asset that the actor just took away from it, else to add something new."""
    check_new_name(spot)
    found = None if spot.scratch else vacated(context, tx, actor, spot)
    if found:
        asking.refuse_if_closed(context, spot, found.node)
        asking.ask(context, actor, Action.EDIT, spot.subject(actor, found.node))
    else:
        asking.ask_to_add(context, actor, spot)


def bring_back(context: Context, tx: Transaction, actor: Actor, spot: Spot, found: Vacated) -> Node:
    """Put a vacated asset back at its name; what an application set aside stays there as scratch."""
    clear_reservation(tx, spot, keeper=found.node.id)
    back = replace(found.node, parent=spot.parent.id, name=spot.name)
    tx.nodes.put(back)
    if found.aside is None:
        tx.trash.remove(back.id)
    elif found.aside.content is not None:
        beside = replace(spot, path=(*spot.path[:-1], found.aside.name), node=None)
        litter(context, tx, actor, beside, found.aside.content, None)
    tx.trash.occupy(spot.parent.id, spot.name)
    publishing.settle(context, tx, back, spot.folders, renamed=True)
    return back


def clear_reservation(tx: Transaction, spot: Spot, keeper: str | None = None) -> None:
    """Remove a reservation at `spot`; its locks go over to `keeper`, or end."""
    reserved = spot.node
    if reserved is None or reserved.kind is not Kind.RESERVED:
        return
    locks = tx.locks.on([reserved.id], 0.0)
    tx.nodes.remove(reserved.id)
    for lock in locks if keeper else ():
        tx.locks.add(replace(lock, node=keeper or ""))
