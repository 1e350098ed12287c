"""What may be done with a plain bucket: policy, and conditions."""

from __future__ import annotations

from damgate.core.conditions import Conditions, Names, Standing
from damgate.core.errors import NoSuchBucket, NotFound, Refused
from damgate.core.rights import BUCKETS_VIEW, Action, Actor, Subject
from damgate.drive.context import Context
from damgate.ports.catalogue import Transaction
from damgate.ports.objects import Room, Stored

_WORDS = {
    Action.LIST: "see what is in",
    Action.DOWNLOAD: "read",
    Action.UPLOAD: "add to",
    Action.EDIT: "change what is in",
    Action.DELETE: "delete from",
    Action.ADMIN: "manage",
}


def allows(context: Context, actor: Actor, action: Action, owner: str) -> bool:
    """Tell whether policy lets the actor do this with a bucket of `owner`."""
    return context.policy.allows(actor, action, Subject(BUCKETS_VIEW, "-", "-", own=owner == actor.name))


def ask(context: Context, actor: Actor, action: Action, room: Room) -> None:
    """Raise Refused with a sentence unless policy allows it."""
    if not allows(context, actor, action, room.owner):
        whose = "" if room.owner == actor.name else ", which belongs to somebody else"
        raise Refused(f"You may not {_WORDS[action]} the bucket {room.name}{whose}; your roles do not include it.")


def standing_room(tx: Transaction, name: str) -> Room:
    """Return a bucket as it is now; raises NoSuchBucket."""
    room = tx.buckets.get(name)
    if room is None:
        raise no_bucket(name)
    return room


def no_bucket(name: str) -> NoSuchBucket:
    """Return the error for a name that no bucket has."""
    return NoSuchBucket(f"There is no bucket called “{name}”.", place=name)


def missing(context: Context, actor: Actor, room: Room, key: str) -> Exception:
    """Return the error for a key that is not there: only who may list learns that it is not."""
    if not allows(context, actor, Action.LIST, room.owner):
        return Refused(f"You may not see what is in the bucket {room.name}; your roles do not include it.")
    return NotFound(f"There is no object “{key}” in the bucket {room.name}.", place=place(room.name, key))


def demand(conditions: Conditions, stored: Stored | None, key: str) -> None:
    """Raise unless the conditions hold for a version, of which a delete marker counts as none.

    If-Match for what is not there is NotFound.
    """
    content = stored.content if stored is not None else None
    if content is None and conditions.if_match is not None:
        raise NotFound(f"There is no object “{key}” that could be the one you know (If-Match).")
    conditions.demand(content.md5 if content is not None else None, _elsewhere)


def _elsewhere(_: Names | None) -> Standing:
    return Standing("", frozenset())  # no lock is ever held here


def place(bucket: str, key: str = "") -> str:
    """Return how an object is called in sentences and in the audit log."""
    return f"s3://{bucket}/{key}" if key else f"s3://{bucket}"
