"""Making and removing plain buckets, and what is said of them as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from damgate.core.errors import BadRequest, BucketNotEmpty, BucketStands, BucketTaken, Refused
from damgate.core.events import Event, Happening
from damgate.core.objects import CorsRule, Versioning, check_bucket_name
from damgate.core.rights import Action, Actor
from damgate.drive.buckets import finding, scoped
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.buckets.plain import asking
from damgate.drive.buckets.plain.bucket import PlainBucket
from damgate.drive.context import Context
from damgate.ports.catalogue import Transaction
from damgate.ports.objects import Room, Settings


def make(context: Context, actor: Actor, name: str) -> Bucket:
    """Make a plain bucket; see `Buckets.make`."""
    with context.catalogue.read() as tx:  # some clients make the bucket anew before each file
        _refuse_taken(context, tx, actor, name)
    check_bucket_name(name)
    scoped.ask_to_manage(actor, name)
    if not context.config.s3.plain_buckets:
        raise Refused(
            "Buckets are the states and channels of this drive. For people to make buckets of their own,"
            " its operator writes plain-buckets = true below [s3] in damgate.toml."
        )
    if not asking.allows(context, actor, Action.UPLOAD, actor.name):
        raise Refused("You may not make buckets; your roles do not include it.")
    made = Room(name, actor.name, round(context.clock.now(), 3))
    with context.catalogue.write() as tx:
        _refuse_taken(context, tx, actor, name)
        tx.buckets.put(made)
        _record(context, tx, actor, made, "made")
    return scoped.limited(PlainBucket(context, actor, made), actor)


def _refuse_taken(context: Context, tx: Transaction, actor: Actor, name: str) -> None:
    """Raise where a bucket of this name stands: BucketStands to who may look into it."""
    standing, room = finding.of_the_drive(context, actor, name), tx.buckets.get(name)
    if standing is None and room is not None:
        standing = PlainBucket(context, actor, room)
    if standing is None:
        return
    if scoped.reaches(actor, name) and finding.may_look_into(standing):
        raise BucketStands(f"The bucket {name} stands already.", place=name)
    raise BucketTaken(f"There is a bucket called “{name}” that is not yours; please choose another name.", place=name)


def remove(context: Context, actor: Actor, name: str) -> None:
    """Remove an empty plain bucket; see `Buckets.remove`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        if tx.objects.holds(name):
            raise BucketNotEmpty(f"The bucket {name} still holds objects, or former versions of some.", place=name)
        tx.buckets.remove(name)  # with the uploads into it, of which S3 clients expect no word
        _record(context, tx, actor, room, "removed")


def set_cors(context: Context, actor: Actor, name: str, rules: Sequence[CorsRule]) -> None:
    """Let pages of other sites do this with a plain bucket; see `Buckets.set_cors`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        _settle(context, tx, actor, room, replace(room.settings, cors=tuple(rules)), "cors")


def set_versioning(context: Context, actor: Actor, name: str, versioning: Versioning) -> None:
    """Let a plain bucket keep versions from now on, or no longer; see `Buckets.set_versioning`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        if versioning is Versioning.NEVER and room.settings.versioning is not versioning:
            raise BadRequest("A bucket that kept versions once can only stop to: its versions stay.")
        _settle(context, tx, actor, room, replace(room.settings, versioning=versioning), "versioning")


def tags(context: Context, actor: Actor, name: str) -> Mapping[str, str]:
    """Return the tags of a bucket itself, which states and channels have none of; see `Buckets.tags`."""
    finding.find(context, actor, name).ask_to_list()
    with context.catalogue.read() as tx:
        room = None if finding.of_the_drive(context, actor, name) else tx.buckets.get(name)
    return room.settings.tags if room is not None else {}


def set_tags(context: Context, actor: Actor, name: str, tags: Mapping[str, str]) -> None:
    """Give a plain bucket these tags; see `Buckets.set_tags`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        _settle(context, tx, actor, room, replace(room.settings, tags=dict(tags)), "tags")


def _manageable(context: Context, tx: Transaction, actor: Actor, name: str) -> Room:
    """Return a plain bucket that the actor may manage."""
    scoped.ask_to_manage(actor, name)
    if finding.of_the_drive(context, actor, name) is not None:
        raise Refused(f"The bucket {name} belongs to the drive; what it is stands in its damgate.toml.", place=name)
    room = asking.standing_room(tx, name)
    asking.ask(context, actor, Action.ADMIN, room)
    return room


def _settle(context: Context, tx: Transaction, actor: Actor, room: Room, settings: Settings, what: str) -> None:
    if settings != room.settings:
        tx.buckets.put(replace(room, settings=settings))
        _record(context, tx, actor, room, what)


def _record(context: Context, tx: Transaction, actor: Actor, room: Room, what: str) -> None:
    place = asking.place(room.name)
    context.record(tx, Event(Happening.BUCKET_CHANGED, actor.name, place, detail={"what": what}))
