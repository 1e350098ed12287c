"""Which assets stand in which channel, under which name, showing which rendition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.channels import Outlet, candidate_names
from damgate.core.events import Event, Happening
from damgate.core.places import CHANNELS, Names
from damgate.core.publishing import Placement, Rendition
from damgate.drive.context import Context
from damgate.ports.catalogue import Transaction, trash_parent

RENDER = "render"


def settle(
    context: Context,
    tx: Transaction,
    node: Node,
    folders: Sequence[Node],
    *,
    renamed: bool = False,
    noted: bool = False,
) -> None:
    """Bring an asset's placements in line with where it stands and what it is now.

    `folders` are those that it stands in, from the state's folder down; none where it left the tree.
    `renamed` tells that its name or folder changed, which gives it a new name in each channel; `noted` that
    its former paths are remembered already (`folder_renamed`).
    """
    standing = {placement.channel: placement for placement in tx.placements.of(node.id)}
    particulars = tx.assets.particulars(node.id) if folders and node.content else None
    for outlet in context.outlets.values():
        placement = standing.pop(outlet.name, None)
        fits = bool(folders) and node.kind is Kind.ASSET and not outlet.misfit(folders[0].name, node.content)
        if not fits or node.content is None or particulars is None:
            if placement:
                _leave(context, tx, placement, noted=noted)
            continue
        wanted = context.renditions.key(outlet.channel, node.content, node.name, particulars)
        if placement and not renamed and placement.folder == folders[-1].id:
            if placement.wanted != wanted:
                _want(context, tx, replace(placement, wanted=wanted, fault=""))
            continue
        if placement:
            _leave(context, tx, placement, noted=noted)
        name = _free_name(tx, outlet, node, folders[-1].id)
        now = context.clock.now()
        fresh = Placement(outlet.name, folders[-1].id, name, node.id, now, wanted)
        if placement and placement.shown:  # promise 2: a rename shows the last good rendition at once
            fresh = replace(placement, folder=folders[-1].id, name=name, since=now, wanted=wanted, fault="")
        _want(context, tx, fresh)
    for placement in standing.values():  # of channels that are no longer configured
        _leave(context, tx, placement, noted=noted)


def _want(context: Context, tx: Transaction, placement: Placement) -> None:
    """Keep a placement whose rendition is wanted; show it at once where it is stored already, else ask for it."""
    tx.placements.put(placement)
    rendition = tx.renditions.get(placement.wanted)
    if rendition is not None:
        show(context, tx, rendition)
    elif placement.shown != placement.wanted:
        tx.jobs.enqueue(RENDER, f"{placement.channel}/{placement.asset}")


def show(context: Context, tx: Transaction, rendition: Rendition) -> None:
    """Let every name that wants this rendition show it: size, ETag and date flip at once."""
    for placement in tx.placements.wanting(rendition.key):
        if rendition.fault:
            if placement.fault != rendition.fault:
                tx.placements.put(replace(placement, fault=rendition.fault))
                detail = {"channel": placement.channel, "reason": rendition.fault}
                context.record(tx, Event(Happening.RENDER_FAILED, "damgate", asset=placement.asset, detail=detail))
            continue
        same = placement.shown and placement.md5 == rendition.md5
        if same and placement.shown == rendition.key and not placement.fault:
            continue
        date = placement.modified if same else max(placement.modified + 1, int(context.clock.now()))
        tx.placements.put(
            replace(
                placement,
                shown=rendition.key,
                size=rendition.size,
                md5=rendition.md5,
                media_type=rendition.media_type,
                modified=date,
                fault="",
            )
        )
        made: dict[str, str | int | float] = {"channel": placement.channel, "bytes": rendition.size}
        context.record(tx, Event(Happening.RENDERED, "damgate", asset=placement.asset, detail=made))


def _free_name(tx: Transaction, outlet: Outlet, node: Node, folder: str) -> str:
    produced = outlet.channel.produces(node.content.media_type) if node.content else None
    extension = produced.extension if produced else "bin"
    choices = candidate_names(node.name, extension, node.id)
    return next((name for name in choices if _is_free(tx, outlet, folder, name)), choices[-1])


def _is_free(tx: Transaction, outlet: Outlet, folder: str, name: str) -> bool:
    if tx.placements.at(outlet.name, folder, name) is not None:
        return False
    mirrored = tx.nodes.child(folder, name, "")
    return mirrored is None or not mirrored.is_folder


def _leave(context: Context, tx: Transaction, placement: Placement, *, noted: bool) -> None:
    if not noted:
        path = placement_path(context, tx, placement)
        tx.placements.leave(placement.channel, former_key(path), placement.asset, context.clock.now())
    tx.placements.remove(placement.channel, placement.asset, context.clock.now())


def placement_path(context: Context, tx: Transaction, placement: Placement) -> Names:
    """Return the names below the channel's folder under which a placement is found."""
    chain = tx.nodes.ancestry(placement.folder)
    return (*channel_folders(context.outlets.get(placement.channel), chain), placement.name)


def channel_folders(outlet: Outlet | None, chain: Sequence[Node]) -> Names:
    """Return the names of the folders below a channel that mirror `chain` (a state's folder first)."""
    several = outlet is not None and len(outlet.delivery.states) > 1
    return tuple(node.name for node in (chain if several else chain[1:]))


def full_path(channel: str, below: Names) -> Names:
    """Return the drive path of something in a channel."""
    return (CHANNELS, channel, *below)


def former_key(below: Names) -> str:
    """Return the text under which a former channel path is remembered."""
    return "/".join(names.key(name) for name in below)


def folder_renamed(context: Context, tx: Transaction, before: Sequence[Node], folder: Node) -> None:
    """Remember where everything below a folder was in the channels, before its name or place changes.

    `before` is the chain down to the folder as it was.
    """
    prefix = {outlet.name: channel_folders(outlet, before) for outlet in context.outlets.values()}
    now = context.clock.now()
    paths: dict[str, Names] = {folder.id: ()}
    for node in tx.nodes.below(folder.id):
        if node.is_folder:
            paths[node.id] = (*paths[node.parent], node.name)
        elif node.kind is Kind.ASSET:
            tx.offers.touch(node.id)
            for placement in tx.placements.of(node.id):
                path = (*prefix.get(placement.channel, ()), *paths[node.parent], placement.name)
                tx.placements.leave(placement.channel, former_key(path), placement.asset, now)


def in_trash(chain: Sequence[Node]) -> bool:
    """Tell whether an ancestry begins in the trash."""
    return bool(chain) and chain[0].parent == trash_parent(chain[0].id)
