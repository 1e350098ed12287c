"""Opening files, and telling what stands at a path."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

from damgate.core.assets import Kind, Node
from damgate.core.errors import Gone, MethodRefused, NotFound, Refused
from damgate.core.places import (
    CHANNELS,
    REFUSALS,
    ChannelsFolder,
    InChannel,
    InState,
    Names,
    Nowhere,
    RefusalsFile,
    Root,
    text,
)
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.drive import asking, channels, publishing, refusing, rendering
from damgate.drive.context import Context
from damgate.drive.entries import Entry, Opened
from damgate.drive.tree import Spot, area_of, entry, locate, visible
from damgate.ports.catalogue import ROOT, Transaction


def stat(context: Context, actor: Actor, path: Names) -> Entry:
    """Return what stands at a path; see `Drive.stat`."""
    place = context.place(path)
    if isinstance(place, RefusalsFile):
        return _refusals_entry(*refusing.read_refusals(context, actor))
    if isinstance(place, InChannel):
        return _stat_placed(context, actor, place)
    if isinstance(place, ChannelsFolder):
        return virtual_folder(context, CHANNELS)
    if isinstance(place, Root):
        return virtual_folder(context, "")
    if isinstance(place, Nowhere):
        raise NotFound(f"There is nothing at {text(path)}.", place=text(path))
    with context.catalogue.read() as tx:
        return entry(_find(context, tx, actor, place)[1])


def virtual_folder(context: Context, name: str) -> Entry:
    """Return the entry of a folder that no node stands for; it is as old as the drive."""
    with context.catalogue.read() as tx:
        first = tx.nodes.child(ROOT, context.workflow.states[0].name, "")
    born = first.created if first else context.clock.now()
    return Entry(name, folder=True, id="", created=born, modified=int(born), writable=False)


def _find(context: Context, tx: Transaction, actor: Actor, place: InState) -> tuple[Spot, Node]:
    spot = locate(context, tx, actor, place)
    if place.rest and not asking.leads_to_an_area(context, actor, spot.path, spot.state):
        asking.ask_to_see(context, actor, spot)  # the states themselves are no secret to people who log in
    node = spot.standing
    if not visible(context, node, actor):
        raise NotFound(f"There is nothing at {text(spot.path)}.", place=text(spot.path))
    return spot, node


def _stat_placed(context: Context, actor: Actor, place: InChannel) -> Entry:
    with context.catalogue.read() as tx:
        placed = channels.look(context, tx, actor, place)
        if placed.folder:
            if not channels.may_list(context, actor, placed.outlet, placed.area, placed.state):
                raise NotFound(f"There is no channel “{place.channel}” that you may see.")
            return _placed_folder(context, placed)
        channels.ask_for(context, tx, actor, placed)
    return channels.entry_of(rendering.stand_ready(context, placed))


def _placed_folder(context: Context, placed: channels.Placed) -> Entry:
    last = placed.folders[-1] if len(placed.folders) > 1 else None
    if last is None:
        return virtual_folder(context, placed.outlet.name)
    return Entry(last.name, folder=True, id=last.id, created=last.created, modified=last.modified, writable=False)


def open_path(context: Context, actor: Actor, path: Names) -> Opened:
    """Open a file; see `Drive.open`."""
    place = context.place(path)
    if isinstance(place, RefusalsFile):
        body, at = refusing.read_refusals(context, actor)
        return Opened(_refusals_entry(body, at), io.BytesIO(body))
    if isinstance(place, InChannel):
        with context.catalogue.read() as tx:
            placed = channels.look(context, tx, actor, place)
            channels.ask_for(context, tx, actor, placed)
        if placed.folder:
            raise MethodRefused("This is a folder.", place=text(path))
        return replace(rendering.open_placed(context, placed), channel=placed.outlet.name)
    if isinstance(place, Root | ChannelsFolder):
        raise MethodRefused("This is a folder.", place=text(path))
    if isinstance(place, Nowhere):
        raise NotFound(f"There is nothing at {text(path)}.", place=text(path))
    with context.catalogue.read() as tx:
        spot, node = _find(context, tx, actor, place)
        if node.is_folder:
            raise MethodRefused("This is a folder.", place=text(path))
        return open_original(context, tx, actor, spot, node)


def open_original(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node) -> Opened:
    """Open a file of a state, standing at `spot`; asks download, and the window of its rights."""
    ask_for_original(context, tx, actor, spot, node)
    if node.content is None or node.content.size == 0:
        return Opened(entry(node), io.BytesIO())
    content = node.content
    return Opened(
        entry(node),
        context.blobs.open(content.sha256, content.size),
        intact=context.intact,
        stored=context.blobs.stored(content.sha256),
    )


def ask_for_original(context: Context, tx: Transaction, actor: Actor, spot: Spot, node: Node) -> None:
    """Raise Refused unless `actor` may have the bytes of a file now."""
    if node.kind is Kind.ASSET:
        if not context.policy.allows(actor, Action.DOWNLOAD, spot.subject(actor, node)):
            raise Refused(f"You may not open originals in {spot.state}.")
        channels.require_rights(context, tx, actor, node, spot.area, spot.state)


def open_asset(context: Context, actor: Actor, asset: str) -> Opened:
    """Open the current original of an asset by its id; see `Drive.open_asset`."""
    with context.catalogue.read() as tx:
        node = tx.nodes.get(tx.assets.alias(asset) or asset)
        if node is None or node.kind is not Kind.ASSET:
            raise NotFound("There is no such file.")
        chain = tx.nodes.ancestry(node.id)
        if publishing.in_trash(chain):
            raise _deleted(context, tx, actor, chain[0], node)
        path = tuple(one.name for one in chain)
        spot = Spot(path, chain[0].name, area_of(context, path), chain[:-1], node)
        if not visible(context, node, actor):
            raise NotFound("There is no such file.")
        try:
            return open_original(context, tx, actor, spot, node)
        except Refused as refused:  # a link grants nothing, and tells nothing
            raise NotFound("There is no such file that you may open.") from refused


def _deleted(context: Context, tx: Transaction, actor: Actor, top: Node, node: Node) -> Exception:
    """Say that a file is gone to those who could have read it where it stood; to others there never was one."""
    trashed = tx.trash.get(top.id)
    place = context.place(tuple(trashed.path.strip("/").split("/"))) if trashed else None
    if isinstance(place, InState):
        area = area_of(context, (place.state, *place.rest))
        if context.policy.allows(
            actor, Action.DOWNLOAD, Subject(DRIVE_VIEW, area, place.state, own=node.owner == actor.name)
        ):
            return Gone("This file has been deleted.")
    return NotFound("There is no such file.")


def _refusals_entry(body: bytes, at: float) -> Entry:
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return Entry(REFUSALS, False, "", at, int(at), len(body), etag, "text/plain", writable=False)


def refusals_entry(context: Context, actor: Actor) -> Entry | None:
    """Return the entry of the actor's `/Refusals.txt`, None where there is none."""
    try:
        return _refusals_entry(*refusing.read_refusals(context, actor))
    except NotFound:
        return None
