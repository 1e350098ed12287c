"""Which assets stand in which channel, under which name, showing which rendition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from damgate.core import names
from damgate.core.assets import Content, Facts, Kind, Node
from damgate.core.channels import UNEXAMINED, Candidate, Outlet, is_slow
from damgate.core.events import Event, Happening
from damgate.core.places import CHANNELS, Names
from damgate.core.publishing import Placement, Rendition
from damgate.drive.context import Context
from damgate.media.orders import Order
from damgate.ports.catalogue import Transaction, trash_parent

RENDER, EXAMINE, FILL = "render", "examine", "fill"  # kinds of job


def settle(
    context: Context,
    tx: Transaction,
    node: Node,
    folders: Sequence[Node],
    *,
    renamed: bool = False,
    noted: bool = False,
    unchanged: bool = False,
    ask: bool = True,
) -> None:
    """Bring an asset's placements in line with where it stands and what it is now.

    `folders` are those that it stands in, from the state's folder down; none where it left the tree.
    `renamed` tells that its name or folder changed, which gives it a new name in each channel; `noted` that
    its former paths are remembered already (`folder_renamed`); `unchanged` that the asset is what it was: what stands
    and shows something stays as it is, whatever the recipe says now. Without `ask`, no job is asked for.
    """
    standing = {placement.channel: placement for placement in tx.placements.of(node.id)}
    particulars = tx.assets.particulars(node.id) if folders and node.content else None
    asset = candidate(context, tx, node, folders)
    for outlet in context.outlets.values():
        placement = standing.pop(outlet.name, None)
        here = bool(folders) and node.kind is Kind.ASSET
        why = outlet.misfit(asset) if here else "it left"
        if here and why == UNEXAMINED:
            tx.jobs.enqueue(EXAMINE, node.id)
        if (why and (why != UNEXAMINED or not placement)) or node.content is None or particulars is None:
            if placement:
                _leave(context, tx, placement, noted=noted)
            continue
        wanted = "" if why else Order(outlet.channel, node.content, node.name, particulars).key
        if placement and not renamed and placement.folder == folders[-1].id:
            stays = unchanged and placement.shown and placement.wanted and not placement.fault
            if placement.wanted != wanted and not stays:
                _want(context, tx, outlet, node.content, replace(placement, wanted=wanted, fault=""), ask=ask)
            continue
        if placement:
            _leave(context, tx, placement, noted=noted)
        name = _free_name(tx, outlet, asset, node.id, folders[-1].id)
        now = context.clock.now()
        fresh = Placement(outlet.name, folders[-1].id, name, node.id, now, wanted)
        if placement and placement.shown:  # promise 2: a rename shows the last good rendition at once
            fresh = replace(placement, folder=folders[-1].id, name=name, since=now, wanted=wanted, fault="")
        _want(context, tx, outlet, node.content, fresh, ask=ask)
    for placement in standing.values():  # of channels that are no longer configured
        _leave(context, tx, placement, noted=noted)


def settle_again(context: Context, tx: Transaction, asset: str, *, ask: bool = True) -> None:
    """Bring an asset's placements in line with what the channels take now; the asset is what it was."""
    node = tx.nodes.get(asset)
    chain = tx.nodes.ancestry(asset) if node else ()
    if node is not None and chain and not in_trash(chain):
        settle(context, tx, node, chain[:-1], unchanged=True, ask=ask)


def settle_below(context: Context, tx: Transaction, folder: Node, folders: Sequence[Node]) -> None:
    """Let the assets below a folder that got another path leave the channels that do not take from there."""
    if not any(outlet.delivery.folders for outlet in context.outlets.values()):
        return
    chains: dict[str, tuple[Node, ...]] = {folder.id: (*folders, folder)}
    for node in list(tx.nodes.below(folder.id)):
        if node.is_folder:
            chains[node.id] = (*chains[node.parent], node)
        elif node.kind is Kind.ASSET:
            settle(context, tx, node, chains[node.parent], noted=True, unchanged=True)


def candidate(context: Context, tx: Transaction, node: Node, folders: Sequence[Node]) -> Candidate:
    """Return an asset as the channels look at it; `folders` as for `settle`."""
    content, facts = node.content, None
    if content is not None and any(outlet.needs_facts for outlet in context.outlets.values()):
        facts = tx.versions.facts(content.sha256)
        if facts is None and not context.examinations.needed(content):
            facts = Facts(content.media_type)
    state = folders[0].name if folders else ""
    return Candidate(state, tuple(one.name for one in folders[1:]), node.name, content, facts)


def is_pending(outlet: Outlet, placement: Placement) -> bool:
    """Tell whether a rendition is to be made of its own accord: one that is not read yet may wait for its reader."""
    if placement.fault or placement.wanted in {"", placement.shown}:
        return False
    return outlet.delivery.ahead or bool(placement.shown)


def _want(
    context: Context, tx: Transaction, outlet: Outlet, content: Content, placement: Placement, *, ask: bool
) -> None:
    """Keep a placement whose rendition is wanted; show it at once where it is stored already, else ask for it."""
    tx.placements.put(placement)
    rendition = tx.renditions.get(placement.wanted)
    if rendition is not None:
        show(context, tx, rendition)
    elif ask and is_pending(outlet, placement):
        ask_for_rendering(tx, outlet, content, placement)


def job_key(placement: Placement) -> str:
    """Return the key of the job that renders for a placement."""
    return f"{placement.channel}/{placement.asset}"


def ask_for_rendering(
    tx: Transaction, outlet: Outlet, content: Content, placement: Placement, *, later: bool = False
) -> None:
    """Let the background make what a placement wants, in the lane that it belongs to."""
    slow = is_slow(outlet.channel, content.media_type, tx.versions.facts(content.sha256))
    tx.jobs.enqueue(RENDER, job_key(placement), slow=slow, later=later)


def flip(context: Context, tx: Transaction, channel: str, asset: str, rendition: Rendition) -> Placement | None:
    """Let an asset's name in a channel show this rendition, if it is what the channel makes of the asset now.

    Returns the placement as it is then, None where the asset left the channel.
    """
    outlet, node = context.outlets[channel], tx.nodes.get(asset)
    placement = placed(tx, channel, asset)
    if placement is None or node is None or node.content is None:
        return None
    if Order(outlet.channel, node.content, node.name, tx.assets.particulars(asset)).key == rendition.key:
        if placement.wanted != rendition.key:
            tx.placements.put(replace(placement, wanted=rendition.key, fault=""))
        show(context, tx, rendition)
    return placed(tx, channel, asset)


def placed(tx: Transaction, channel: str, asset: str) -> Placement | None:
    """Return the placement of an asset in a channel."""
    return next((one for one in tx.placements.of(asset) if one.channel == channel), None)


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


def _free_name(tx: Transaction, outlet: Outlet, asset: Candidate, identity: str, folder: str) -> str:
    produced = outlet.channel.produces(asset.content.media_type) if asset.content else None
    choices = outlet.names_for(asset, produced.extension if produced else "bin", identity)
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
