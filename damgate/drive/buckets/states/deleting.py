"""Deleting objects from a state's bucket: into the trash, out of it again, and old versions for good."""

from __future__ import annotations

from damgate.core.assets import Kind, Node
from damgate.core.conditions import UNCONDITIONAL
from damgate.core.errors import NoSuchVersion, Refused
from damgate.core.events import Event, Happening
from damgate.core.objects import NULL, Deleted, Given
from damgate.core.places import text
from damgate.core.rights import Action, Actor
from damgate.drive import asking, channels, parents, removing, restoring
from damgate.drive.buckets.states import history, putting, standing
from damgate.drive.context import Context
from damgate.drive.tree import Spot
from damgate.ports.catalogue import Transaction


def delete(context: Context, actor: Actor, state: str, key: str, given: Given, version: str) -> Deleted:
    """Delete an object, or one version of it; see `Bucket.delete`. What is not there is deleted already."""
    with context.catalogue.write() as tx:
        spot, node = standing.find(context, tx, actor, state, key)
        if version not in {"", NULL}:
            try:
                done = _delete_version(context, tx, actor, spot, node, version)
            except NoSuchVersion:
                return Deleted(version=version)
        elif node is None or (version == NULL != standing.version_of(node)):
            putting.demand(given, key, node)
            return Deleted(version=version)
        else:
            putting.demand(given, key, node)
            done = _take_away(context, tx, actor, spot, node)
    context.poke()
    return done


def _take_away(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node) -> Deleted:
    if node.is_folder and any(not one.holder for one in tx.nodes.below(node.id)):
        _ask_to_remove_folder(context, actor, spot)
        tx.implied.put(node.id)  # what stands in it stays, and so does its name on the drive
        return Deleted()
    removing.take_away(context, tx, actor, spot, UNCONDITIONAL)
    parents.prune(context, tx, spot.folders)
    trashed = tx.trash.get(node.id) if node.kind is Kind.ASSET else None
    return Deleted(marker=True, version=history.marker_of(trashed)) if trashed else Deleted()


def _ask_to_remove_folder(context: Context, actor: Actor, spot: Spot) -> None:
    if not asking.may_make_folders(context, actor, spot):
        asking.ask(context, actor, Action.DELETE, spot.subject(actor))


def _delete_version(
    context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node | None, version: str
) -> Deleted:
    if version.startswith(history.MARKER):
        trashed = history.in_trash(context, tx, actor, spot, version.removeprefix(history.MARKER))
        _restore(context, tx, actor, spot, trashed.node)
        return Deleted(marker=True, version=version)
    asset, number = history.parse(version)
    if node is None or node.id != asset:
        history.in_trash(context, tx, actor, spot, asset)
        node = tx.nodes.get(asset)
    if node is None or all(one.number != number for one in tx.versions.of(asset)):
        raise history.no_version()
    if number == node.version:
        raise Refused(
            "This is the file's current version, which cannot be purged alone; delete the file, or write the next one.",
            place=text(spot.path),
        )
    if not channels.manages(context, actor, spot.area, spot.state):
        raise Refused("Only who manages the drive may purge a version for good.", place=text(spot.path))
    tx.versions.remove(asset, number)
    tx.attributes.forget(asset, number)
    context.record(tx, Event(Happening.PURGED, actor.name, text(spot.path), asset, {"version": number}))
    return Deleted(version=version)


def _restore(context: Context, tx: Transaction, actor: Actor, spot: Spot, trashed: str) -> None:
    """Take a delete marker away: what it hides stands again."""
    node = tx.nodes.get(trashed)
    if node is None:
        raise history.no_version()
    restoring.put_back(context, tx, actor, spot, node)
