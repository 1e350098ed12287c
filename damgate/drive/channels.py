"""Looking into channels: from a channel path or an asset's id to its placement, and whether it may be seen."""

from __future__ import annotations

from dataclasses import dataclass

from damgate.core import names
from damgate.core.assets import Kind, Node
from damgate.core.channels import Outlet
from damgate.core.errors import Gone, MovedElsewhere, NotFound, Refused
from damgate.core.places import InChannel, Names, text
from damgate.core.publishing import Placement
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.drive import publishing
from damgate.drive.context import Context
from damgate.drive.entries import Entry
from damgate.drive.tree import area_of
from damgate.ports.catalogue import ROOT, Transaction


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a path below a channel leads: a folder that it mirrors, or a placement with its asset."""

    outlet: Outlet
    state: str  # "" for the channel's own folder when it has several states
    area: str
    folders: tuple[Node, ...]  # from the state's folder down; to the folder itself where it is one
    placement: Placement | None
    node: Node | None  # the asset of the placement

    @property
    def folder(self) -> bool:
        """Whether the path leads to a folder."""
        return self.placement is None


def find_outlet(context: Context, channel: str) -> Outlet:
    """Return a configured channel."""
    outlet = context.outlets.get(names.key(channel))
    if outlet is None:
        raise NotFound(f"There is no channel “{channel}”.", place=text(publishing.full_path(channel, ())))
    return outlet


def look(context: Context, tx: Transaction, actor: Actor, place: InChannel) -> Placed:
    """Walk a path below a channel for an actor: who may see nothing here learns neither what is here nor what was."""
    may_look = _may_look(context, actor, find_outlet(context, place.channel), place.rest)
    try:
        found: Placed | Exception = find_placed(context, tx, place)
    except MovedElsewhere as moved:
        present = _may_look(context, actor, find_outlet(context, place.channel), moved.location[2:])
        found, may_look = (moved, True) if present else (_nothing(place), may_look)
    except (NotFound, Gone) as error:
        found = error
    if not may_look:
        raise NotFound(f"There is no channel “{place.channel}” that you may see.")
    if isinstance(found, Exception):
        raise found
    return found


def _may_look(context: Context, actor: Actor, outlet: Outlet, rest: Names) -> bool:
    """Tell whether the actor may list or see anything at a path below a channel's folder."""
    states = outlet.delivery.states
    if len(states) > 1 and rest:
        states = tuple(one for one in states if names.key(one) == names.key(rest[0])) or states
        rest = rest[1:]
    subjects = (
        Subject(outlet.name, area_of(context, (state, *rest)), state, own=own)
        for state in states
        for own in (False, True)
    )
    return any(
        context.policy.allows(actor, Action.LIST, one) or context.policy.allows(actor, Action.PREVIEW, one)
        for one in subjects
    )


def find_placed(context: Context, tx: Transaction, place: InChannel) -> Placed:
    """Walk a path below a channel; raises NotFound, or Gone and MovedElsewhere where something was once."""
    outlet = find_outlet(context, place.channel)
    states = outlet.delivery.states
    rest = place.rest
    if len(states) > 1:
        if not rest:
            return Placed(outlet, "", "-", (), None, None)
        state = next((one for one in states if names.key(one) == names.key(rest[0])), None)
        if state is None:
            raise _nothing(place)
        rest = rest[1:]
    else:
        state = states[0]
    node = tx.nodes.child(ROOT, state, "")
    if node is None:
        raise _nothing(place)
    folders = [node]
    for index, name in enumerate(rest):
        placement = tx.placements.at(outlet.name, folders[-1].id, name) if index == len(rest) - 1 else None
        child = None if placement else tx.nodes.child(folders[-1].id, name, "")
        if child is not None and child.is_folder:
            folders.append(child)
            continue
        if placement is None:
            raise _former(context, tx, outlet, place)
        return _with_asset(context, tx, outlet, tuple(folders), placement)
    area = area_of(context, tuple(one.name for one in folders))
    return Placed(outlet, state, area, tuple(folders), None, None)


def _with_asset(
    context: Context, tx: Transaction, outlet: Outlet, folders: tuple[Node, ...], placement: Placement
) -> Placed:
    asset = tx.nodes.get(placement.asset)
    if asset is None or asset.kind is not Kind.ASSET:
        raise Gone(f"“{placement.name}” has been withdrawn.")
    area = area_of(context, tuple(one.name for one in folders))
    return Placed(outlet, folders[0].name, area, folders, placement, asset)


def look_by_id(context: Context, tx: Transaction, actor: Actor, channel: str, asset: str) -> Placed:
    """Return the placement of an asset in a channel; who may see nothing in the channel is not told what was."""
    try:
        return find_by_id(context, tx, channel, asset)
    except Gone:
        if _may_look(context, actor, find_outlet(context, channel), ()):
            raise
        raise NotFound("There is no such picture in this channel.") from None


def find_by_id(context: Context, tx: Transaction, channel: str, asset: str) -> Placed:
    """Return the placement of an asset in a channel; Gone where it has left it."""
    outlet = find_outlet(context, channel)
    current = tx.assets.alias(asset) or asset
    placement = next((one for one in tx.placements.of(current) if one.channel == outlet.name), None)
    if placement is not None:
        return _with_asset(context, tx, outlet, tx.nodes.ancestry(placement.folder), placement)
    chain = tx.nodes.ancestry(current) if tx.nodes.get(current) else ()
    if publishing.in_trash(chain) or tx.placements.was_in(outlet.name, current):
        raise Gone("This picture has been withdrawn.")
    raise NotFound("There is no such picture in this channel.")


def _nothing(place: InChannel) -> NotFound:
    path = text(publishing.full_path(place.channel, place.rest))
    return NotFound(f"There is nothing at {path}.", place=path)


def _former(context: Context, tx: Transaction, outlet: Outlet, place: InChannel) -> Exception:
    asset = tx.placements.former(outlet.name, publishing.former_key(place.rest))
    if asset is None:
        return _nothing(place)
    current = tx.assets.alias(asset) or asset
    placement = next((one for one in tx.placements.of(current) if one.channel == outlet.name), None)
    if placement is None:
        return Gone("This picture has been withdrawn.", place=text(publishing.full_path(outlet.name, place.rest)))
    below = publishing.placement_path(context, tx, placement)
    return MovedElsewhere("This picture has moved.", location=publishing.full_path(outlet.name, below))


def ask_for(context: Context, tx: Transaction, actor: Actor, placed: Placed) -> None:
    """Ask policy and rights whether `actor` may have this rendition now, whatever is cached."""
    own = placed.node is not None and placed.node.owner == actor.name
    subject = Subject(placed.outlet.name, placed.area, placed.state, own=own)
    if not context.policy.allows(actor, Action.PREVIEW, subject):
        raise Refused(f"You may not see what is in the channel {placed.outlet.name}.")
    if placed.node is not None:
        require_rights(context, tx, actor, placed.node, placed.area, placed.state)


def require_rights(context: Context, tx: Transaction, actor: Actor, node: Node, area: str, state: str) -> None:
    """Refuse what lies outside its rights window, to all but who manages the drive (promise 8)."""
    rights = tx.assets.rights(node.id)
    now = context.clock.now()
    if not rights.usable(now) and not manages(context, actor, area, state):
        if actor.stranger and rights.usable_until is not None and now >= rights.usable_until:
            raise Gone("This picture may not be used any more.")  # a login would not help, and shops should drop it
        raise Refused(f"“{node.name}” may not be used: {rights.reason(now)}.")


def manages(context: Context, actor: Actor, area: str, state: str) -> bool:
    """Tell whether the actor manages this part of the drive, and so sees what others may not use."""
    return context.policy.allows(actor, Action.ADMIN, Subject(DRIVE_VIEW, area, state, own=False))


def may_list(context: Context, actor: Actor, outlet: Outlet, area: str = "-", state: str = "") -> bool:
    """Tell whether the actor may list what a channel has of a state ("": of any)."""
    return any(
        context.policy.allows(actor, Action.LIST, Subject(outlet.name, area, one, own=False))
        for one in ((state,) if state else outlet.delivery.states)
    )


def entry_of(placement: Placement) -> Entry:
    """Return what a door shows of a placement: exactly the rendition that a read returns."""
    return Entry(
        placement.name, False, placement.asset, placement.since, placement.modified,
        placement.size, placement.md5, placement.media_type, writable=False,
    )  # fmt: skip
