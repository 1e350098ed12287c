"""PUT and MKCOL: new files, next versions, scratch, folders."""

from __future__ import annotations

from dataclasses import dataclass

from damgate.core import names
from damgate.core.assets import Content, Kind, Node
from damgate.core.conditions import UNCONDITIONAL, Conditions
from damgate.core.errors import AlreadyExists, Busy, MethodRefused, NoSpace, NotFound, Refused, TooLarge
from damgate.core.events import Event, Happening
from damgate.core.places import ChannelsFolder, InState, Names, text
from damgate.core.rights import Action, Actor
from damgate.drive import asking, revising
from damgate.drive.context import Context
from damgate.drive.entries import Entry, Written
from damgate.drive.room import has_room
from damgate.drive.tree import Spot, below_state, entry, locate, new_id, refuse_other_spelling
from damgate.ports.blobs import Body
from damgate.ports.catalogue import Transaction

MOMENT = 1.0  # seconds for which the answers of before the upload need no new look at the time


@dataclass(frozen=True, slots=True)
class Asked:
    """When everything was asked before the first byte: at a revision of the catalogue, and an instant."""

    revision: int
    at: float

    def still_holds(self, context: Context) -> bool:
        """Tell, within the write transaction, whether nothing was committed since, nor locks had time to run out."""
        return context.clock.now() - self.at < MOMENT and context.catalogue.revision() == self.revision


def write(
    context: Context,
    actor: Actor,
    path: Names,
    body: Body,
    conditions: Conditions,
    expected: int | None,
    declared: int | None,
) -> Written:
    """Write a whole file; see `Drive.write`. Asked before the first byte and again inside the transaction."""
    if not path or (isinstance(context.place(path), InState | ChannelsFolder) and len(path) == 1):
        raise MethodRefused(f"{text(path)} is a folder; a file cannot take its place.", place=text(path))
    place = below_state(context, path, "put files into")
    asked = Asked(context.catalogue.revision(), context.clock.now())
    with context.catalogue.read() as tx:
        spot = locate(context, tx, actor, place)
        ask(context, tx, actor, spot, conditions)
    limit = require_room(context, max(expected or 0, declared or 0))
    with context.blobs.stage(body, expected=expected, limit=limit) as staged:
        staged.keep()
        with context.catalogue.write() as tx:
            require_kept(context, staged.content)
            if not asked.still_holds(context):
                spot = locate(context, tx, actor, place)
                ask(context, tx, actor, spot, conditions)
            node, created = keep(context, tx, actor, spot, staged.content)
            tx.locks.settle(node.id, conditions.tokens)
    context.poke()
    return Written(entry(node), created)


def require_room(context: Context, announced: int) -> int | None:
    """Raise unless so many bytes may come and fit; returns how many may come at most, None for any number."""
    limit = context.config.server.largest_upload or None
    if limit is not None and announced > limit:
        raise TooLarge(f"Files can be {limit:,} bytes at most here.")
    if not has_room(context.blobs, announced):
        raise NoSpace("The disk of damgate is nearly full; nothing was changed. Please tell its operator.")
    return limit


def require_kept(context: Context, content: Content) -> None:
    """Raise Busy unless the bytes still stand, now that the transaction keeps them from being swept."""
    if not context.blobs.exists(content.sha256, content.size):
        raise Busy("The same bytes were being swept away this moment; please send the file again.", retry_after=1)


def ask(context: Context, tx: Transaction, actor: Actor, spot: Spot, conditions: Conditions) -> None:
    """Raise unless `actor` may write a file at `spot` now."""
    standing = spot.node
    asking.ask_to_reach(context, actor, spot)
    spot.require_parent()
    if standing is None or standing.kind is Kind.RESERVED:
        revising.ask_to_take(context, tx, actor, spot)
    elif standing.is_folder:
        raise MethodRefused(f"{text(spot.path)} is a folder; a file cannot take its place.", place=text(spot.path))
    else:
        refuse_other_spelling(spot, standing)
        asking.refuse_if_closed(context, spot, standing)
        if standing.kind is Kind.ASSET:
            asking.ask(context, actor, Action.EDIT, spot.subject(actor))
        elif not spot.scratch:  # what a program set aside under a name of its own
            asking.ask_to_add(context, actor, spot)
    asking.demand(context, tx, actor, conditions, spot)
    free = standing is None or standing.kind is Kind.RESERVED
    asking.require_locks(context, tx, actor, conditions, spot, names_change=free)


def keep(context: Context, tx: Transaction, actor: Actor, spot: Spot, content: Content) -> tuple[Node, bool]:
    """Let stored content stand at `spot`, where `ask` allows it; returns the node, and whether its name is new."""
    standing = spot.node
    if standing is not None and standing.kind is Kind.ASSET:
        return revising.revise(context, tx, actor, spot, standing, content), False
    if spot.scratch:
        node = revising.litter(context, tx, actor, spot, content, standing)
        return node, standing is None or standing.kind is Kind.RESERVED
    return add_file(context, tx, actor, spot, content), True


def add_file(context: Context, tx: Transaction, actor: Actor, spot: Spot, content: Content) -> Node:
    """Put content at a free name: the asset that the actor just took away from it, else a new one."""
    found = revising.vacated(context, tx, actor, spot)
    if found:
        back = revising.bring_back(context, tx, actor, spot, found)
        return revising.revise(context, tx, actor, spot, back, content)
    return revising.make_asset(context, tx, actor, spot, content)


def make_folder(context: Context, actor: Actor, path: Names, conditions: Conditions) -> Entry:
    """Make a folder; see `Drive.make_folder`."""
    place = context.place(path)
    if not path or not isinstance(place, InState) or not place.rest:
        if isinstance(place, InState) or (len(path) == 1 and names.key(path[0]) == "channels") or not path:
            raise AlreadyExists(f"{text(path)} stands already.", place=text(path))
        place = below_state(context, path, "make folders in")
    with context.catalogue.write() as tx:
        spot = locate(context, tx, actor, place)
        ask_for_folder(context, tx, actor, spot, conditions)
        folder = new_folder(context, actor, spot)
        put_folder(context, tx, actor, spot, folder)
        return entry(folder)


def ask_for_folder(context: Context, tx: Transaction, actor: Actor, spot: Spot, conditions: Conditions) -> None:
    """Raise unless `actor` may make a folder at `spot` now."""
    asking.ask_to_reach(context, actor, spot, folder=True)
    spot.require_parent()
    if spot.node is not None:
        raise AlreadyExists(f"It exists as {spot.node.name}.", place=text(spot.path))
    names.check_name(spot.name)
    asking.ask_to_add(context, actor, spot, folder=True, scratch=_is_scratch_folder(spot))
    asking.demand(context, tx, actor, conditions, spot)
    asking.require_locks(context, tx, actor, conditions, spot, names_change=True)


def new_folder(context: Context, actor: Actor, spot: Spot) -> Node:
    """Return the folder that is to stand at `spot`."""
    now = context.clock.now()
    holder = actor.name if _is_scratch_folder(spot) else ""
    return Node(new_id(), spot.parent.id, spot.name, Kind.FOLDER, now, int(now), holder=holder, owner=actor.name)


def put_folder(context: Context, tx: Transaction, actor: Actor, spot: Spot, folder: Node) -> None:
    """Let a new folder stand at `spot`."""
    tx.nodes.put(folder)
    if not folder.holder:
        context.record(tx, Event(Happening.FOLDER_MADE, actor.name, text(spot.path), folder.id))


def _is_scratch_folder(spot: Spot) -> bool:
    return names.is_scratch_folder(spot.name) or bool(spot.parent.holder)


def restore_version(context: Context, actor: Actor, path: Names, number: int) -> Written:
    """Make an old version current again; see `Drive.restore_version`."""
    place = below_state(context, path, "restore")
    with context.catalogue.write() as tx:
        spot = locate(context, tx, actor, place)
        asking.ask_to_see(context, actor, spot)
        node = spot.standing
        if node.kind is not Kind.ASSET:
            raise Refused("Only files have versions.", place=text(path))
        asking.refuse_if_closed(context, spot, node)
        asking.ask(context, actor, Action.EDIT, spot.subject(actor))
        asking.require_locks(context, tx, actor, UNCONDITIONAL, spot, names_change=False)
        old = next((one for one in tx.versions.of(node.id) if one.number == number), None)
        if old is None:
            raise NotFound(f"{text(path)} has no version {number}; see: damgate versions.")
        written = Written(entry(revising.revise(context, tx, actor, spot, node, old.content)), created=False)
    context.poke()
    return written
