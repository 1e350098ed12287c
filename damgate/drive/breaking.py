"""The locks of everybody, for who manages the drive: seeing them, and breaking one that its program forgot."""

from __future__ import annotations

from damgate.core import names
from damgate.core.errors import NotFound, Refused
from damgate.core.events import Event, Happening
from damgate.core.places import text
from damgate.core.rights import DRIVE_VIEW, Action, Actor, Subject
from damgate.drive import locking
from damgate.drive.context import Context
from damgate.drive.entries import LockView
from damgate.drive.tree import area_of
from damgate.ports.catalogue import Transaction


def held(context: Context, actor: Actor) -> list[LockView]:
    """Return the locks that the actor may break, and their own; see `Drive.locks`."""
    with context.catalogue.read() as tx:
        views = _all(context, tx)
    return [view for view in views if view.lock.person == actor.name or _manages(context, actor, view)]


def break_lock(context: Context, actor: Actor, which: str) -> list[LockView]:
    """End locks of others, by token or path; see `Drive.break_lock`."""
    path = tuple(map(names.key, (part for part in which.split("/") if part)))
    with context.catalogue.write() as tx:
        found = [
            view for view in _all(context, tx) if view.lock.token == which or tuple(map(names.key, view.root)) == path
        ]
        if not found:
            raise NotFound(f"No lock holds at {which}; see: damgate lock list.")
        for view in found:
            if not _manages(context, actor, view):
                raise Refused("Only who manages the drive may break a lock.", place=text(view.root))
            locking.end(context, tx, view.lock)
            detail = {"person": view.lock.person, "token": view.lock.token}
            context.record(tx, Event(Happening.LOCK_BROKEN, actor.name, text(view.root), view.lock.node, detail))
    return found


def _all(context: Context, tx: Transaction) -> list[LockView]:
    views = []
    for one in tx.locks.all(context.clock.now()):
        chain = tx.nodes.ancestry(one.node)
        views.append(LockView(one, tuple(node.name for node in chain), chain[-1].is_folder))
    return views


def _manages(context: Context, actor: Actor, view: LockView) -> bool:
    subject = Subject(DRIVE_VIEW, area_of(context, view.root), view.root[0], own=view.lock.person == actor.name)
    return context.policy.allows(actor, Action.ADMIN, subject)
