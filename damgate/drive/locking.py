"""LOCK and UNLOCK: write locks in the catalogue, one truth for all processes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from damgate.core.assets import Kind, Node
from damgate.core.conditions import Conditions
from damgate.core.errors import Locked, LockMismatch, NotFound, PreconditionFailed, Refused, TooManyLocks
from damgate.core.locks import Lock
from damgate.core.places import InState, Names, text
from damgate.core.rights import Action, Actor, Subject
from damgate.drive import asking, revising
from damgate.drive.context import Context
from damgate.drive.entries import Entry, LockRequest, LockView
from damgate.drive.tree import Spot, below_state, locate, new_id, visible
from damgate.ports.catalogue import Transaction

SHORTEST, LONGEST = 180, 3600  # seconds; Office needs three minutes


def granted(asked: int) -> int:
    """Return the seconds that a lock gets for what was asked (0 and endless ask for the most)."""
    return min(max(asked, SHORTEST), LONGEST) if asked > 0 else LONGEST


def lock(
    context: Context, actor: Actor, path: Names, request: LockRequest, conditions: Conditions
) -> tuple[LockView, bool]:
    """Lock a file or folder, or reserve a free name; see `Drive.lock`."""
    place = below_state(context, path, "lock")
    now = context.clock.now()
    with context.catalogue.write() as tx:
        spot = locate(context, tx, actor, place)
        _ask(context, tx, actor, spot, deep=request.deep)
        asking.demand(context, tx, actor, conditions, spot)
        _refuse_conflict(context, tx, actor, spot, request, conditions)
        _refuse_too_many(context, tx, actor, spot)
        created = spot.node is None
        node = spot.node or _reserve(context, tx, actor, spot)
        timeout = granted(request.timeout)
        deep = request.deep and node.is_folder
        token = f"urn:uuid:{uuid.uuid4()}"
        made = Lock(token, node.id, deep, request.exclusive, actor.name, request.owner, timeout, now + timeout)
        tx.locks.add(made)
        return LockView(made, spot.path, node.is_folder), created


def _refuse_too_many(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> None:
    """Raise TooManyLocks where the actor, or what stands at `spot`, has as many locks as may be."""
    now, limits = context.clock.now(), context.config.server
    if tx.locks.count(actor.name, now) >= limits.locks_per_person:
        raise TooManyLocks("You hold too many locks; close some files, or wait until old locks run out.")
    if spot.node is not None and len(tx.locks.on([spot.node.id], now)) >= limits.locks_per_file:
        raise TooManyLocks(
            "It is open in too many programs at once; close it in some, or wait until old locks run out.",
            place=text(spot.path),
        )


def _ask(context: Context, tx: Transaction, actor: Actor, spot: Spot, *, deep: bool) -> None:
    node = spot.node
    asking.ask_to_reach(context, actor, spot)
    spot.require_parent()
    if node is None or node.kind is Kind.RESERVED:
        revising.ask_to_take(context, tx, actor, spot)
    elif not node.holder:
        asking.ask_to_see(context, actor, spot)
        if not visible(context, node, actor):
            raise NotFound(f"There is nothing at {text(spot.path)}.")
        asking.refuse_if_closed(context, spot, node)
        below = asking.classes_below(context, tx, actor, spot, node) if deep else set[Subject]()
        for subject in {spot.subject(actor), *below}:
            asking.ask(context, actor, Action.EDIT, subject)


def _refuse_conflict(
    context: Context, tx: Transaction, actor: Actor, spot: Spot, request: LockRequest, conditions: Conditions
) -> None:
    now = context.clock.now()
    above = [folder.id for folder in spot.folders]
    around = [
        one
        for one in tx.locks.on([*above, *([spot.node.id] if spot.node else [])], now)
        if one.deep or (spot.node and one.node == spot.node.id)
    ]
    if request.deep and spot.node is not None and spot.node.is_folder:
        around += tx.locks.below(spot.node.id, now)
    for one in around:
        if one.exclusive or request.exclusive:
            place = text(tuple(node.name for node in tx.nodes.ancestry(one.node)))
            raise Locked(f"{one.person} has locked it.", place=place)
    if spot.node is None:
        asking.require_locks(context, tx, actor, conditions, spot, names_change=True)


def _reserve(context: Context, tx: Transaction, actor: Actor, spot: Spot) -> Node:
    now = context.clock.now()
    stale = tx.nodes.child(spot.parent.id, spot.name, actor.name)
    if stale is not None:  # a reservation whose lock ran out
        tx.nodes.remove(stale.id)
    holder = actor.name if spot.scratch else ""
    node = Node(new_id(), spot.parent.id, spot.name, Kind.RESERVED, now, int(now), holder=holder, owner=actor.name)
    tx.nodes.put(node)
    return node


def refresh(context: Context, actor: Actor, path: Names, timeout: int, conditions: Conditions) -> LockView:
    """Let a lock live longer; see `Drive.refresh_lock`."""
    now = context.clock.now()
    with context.catalogue.write() as tx:
        spot = locate(context, tx, actor, below_state(context, path, "lock"))
        for view in _covering(context, tx, spot):
            if view.lock.token in conditions.tokens and view.lock.person == actor.name:
                seconds = granted(timeout)
                tx.locks.renew(view.lock.token, seconds, now + seconds)
                return replace(view, lock=replace(view.lock, timeout=seconds, expires=now + seconds))
    raise PreconditionFailed("This lock does not exist any more; please lock again.", place=text(path))


def unlock(context: Context, actor: Actor, path: Names, token: str) -> None:
    """End a lock, also where it then raises Refused because of a write; see `Drive.unlock`."""
    with context.catalogue.write() as tx:
        spot = locate(context, tx, actor, below_state(context, path, "unlock"))
        found = next((view.lock for view in _covering(context, tx, spot) if view.lock.token == token), None)
        if found is None:
            raise LockMismatch("No lock of this token holds here.", place=text(path))
        if found.person != actor.name:
            raise Refused(f"This is the lock of {found.person}.", place=text(path))
        refusal = tx.locks.refusal(token)
        end(context, tx, found)
    if refusal is not None:
        raise Refused(refusal, place=text(path))


def end(context: Context, tx: Transaction, lock: Lock) -> None:
    """Remove a lock, and the reservation that only it kept."""
    tx.locks.remove(lock.token)
    node = tx.nodes.get(lock.node)
    if node is not None and node.kind is Kind.RESERVED and not tx.locks.on([node.id], context.clock.now()):
        tx.nodes.remove(node.id)


def end_all(context: Context, tx: Transaction, node: Node) -> None:
    """End every lock on a node and below it, with the reservations that they kept: it is being taken away."""
    tx.locks.remove_on(node.id)
    for lock in tx.locks.below(node.id, context.clock.now()) if node.is_folder else ():
        end(context, tx, lock)


def note_refused_write(context: Context, actor: Actor, path: Names, conditions: Conditions, sentence: str) -> None:
    """Keep why a write was refused, until its lock is released; see `Drive.note_refused_write`."""
    place = context.place(path)
    if not conditions.tokens or not isinstance(place, InState) or not place.rest:
        return
    with context.catalogue.write() as tx:
        node = locate(context, tx, actor, place).node
        for held in tx.locks.on([node.id], context.clock.now()) if node else ():
            if held.token in conditions.tokens and held.person == actor.name:
                tx.locks.refuse(held.token, sentence)


def _covering(context: Context, tx: Transaction, spot: Spot) -> list[LockView]:
    now = context.clock.now()
    chain = [*spot.folders, *([spot.node] if spot.node else [])]
    views = []
    for one in tx.locks.on([node.id for node in chain], now):
        depth = next(index for index, node in enumerate(chain) if node.id == one.node)
        if one.deep or (spot.node is not None and one.node == spot.node.id):
            root = tuple(node.name for node in chain[: depth + 1])
            views.append(LockView(one, root, chain[depth].is_folder))
    return views


def locks_on(context: Context, actor: Actor, path: Names, entries: Sequence[Entry]) -> Mapping[str, Sequence[LockView]]:
    """Return the locks that hold for each entry; see `Drive.locks_on`."""
    place = context.place(path)
    if not isinstance(place, InState):
        return {}
    now = context.clock.now()
    with context.catalogue.read() as tx:
        spot = locate(context, tx, actor, place)
        views = {view.lock.token: view for view in _covering(context, tx, spot)}
        own = spot.node.id if spot.node else ""
        inherited = [view for view in views.values() if view.lock.deep or len(entries) == 1]
        ids = [one.id for one in entries if one.id and one.id != own]
        by_id = {one.id: one for one in entries}
        found = {one.id: [view for view in inherited if view.lock.deep or view.lock.node == one.id] for one in entries}
        for held in tx.locks.on(ids, now):
            entry = by_id[held.node]
            if held.token not in {view.lock.token for view in found[entry.id]}:
                found[entry.id].append(LockView(held, (*path, entry.name), entry.folder))
    return found
