"""From the name of a bucket to the bucket: a state, a channel, or a plain one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from damgate.core.errors import BucketNotEmpty, BucketStands, BucketTaken, NotFound, Refused
from damgate.core.events import Event, Happening
from damgate.core.objects import CorsRule, Versioning, check_bucket_name
from damgate.core.rights import ANONYMOUS, Action, Actor
from damgate.drive.buckets import plain_asking
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.buckets.channels import ChannelBucket
from damgate.drive.buckets.plain import PlainBucket
from damgate.drive.buckets.states import StateBucket
from damgate.drive.context import Context
from damgate.ports.catalogue import Transaction
from damgate.ports.objects import Room, Settings


def all_buckets(context: Context, actor: Actor) -> list[Bucket]:
    """Return the buckets that the actor may look into; see `Buckets.all`."""
    with context.catalogue.read() as tx:
        plain = {room.name: _plain(context, actor, room) for room in tx.buckets.all()}
    every: dict[str, Bucket] = {**plain, **_of_the_drive(context, actor)}
    return [every[name] for name in sorted(every) if _may_look_into(every[name])]


def find(context: Context, actor: Actor, name: str) -> Bucket:
    """Return a bucket; see `Buckets.find`."""
    found = _of_the_drive(context, actor).get(name)
    if found is not None:
        return found
    with context.catalogue.read() as tx:
        return _plain(context, actor, plain_asking.standing_room(tx, name))


def _of_the_drive(context: Context, actor: Actor) -> dict[str, Bucket]:
    """Return the buckets that the configuration makes, each by its name: states and channels."""
    every: dict[str, Bucket] = {
        code: StateBucket(context, actor, state, code) for code, state in context.config.buckets().items()
    }
    for outlet in context.outlets.values():
        channel = ChannelBucket(context, actor, outlet)
        every.setdefault(channel.name, channel)
    return every


def _plain(context: Context, actor: Actor, room: Room) -> Bucket:
    return PlainBucket(context, actor, room)


def _may_look_into(bucket: Bucket) -> bool:
    try:
        bucket.ask_to_list()
    except (Refused, NotFound):
        return False
    return True


def make(context: Context, actor: Actor, name: str) -> Bucket:
    """Make a plain bucket; see `Buckets.make`."""
    with context.catalogue.write() as tx:
        standing = _of_the_drive(context, actor).get(name)
        room = tx.buckets.get(name)
        if standing is None and room is not None:
            standing = _plain(context, actor, room)
        if standing is not None:
            if _may_look_into(standing):
                raise BucketStands(f"The bucket {name} stands already.", place=name)
            raise BucketTaken(f"There is a bucket called “{name}” that is not yours; please choose another name.")
        check_bucket_name(name)
        if not context.config.s3.plain_buckets:
            raise Refused(
                "Buckets are the states and channels of this drive. For people to make buckets of their own,"
                " its operator writes plain-buckets = true below [s3] in damgate.toml."
            )
        if not plain_asking.allows(context, actor, Action.UPLOAD, actor.name):
            raise Refused("You may not make buckets; your roles do not include it.")
        made = Room(name, actor.name, round(context.clock.now(), 3))
        tx.buckets.put(made)
        _record(context, tx, actor, made, "made")
    return _plain(context, actor, made)


def remove(context: Context, actor: Actor, name: str) -> None:
    """Remove an empty plain bucket; see `Buckets.remove`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        if tx.objects.holds(name):
            raise BucketNotEmpty(f"The bucket {name} still holds objects, or former versions of some.", place=name)
        tx.buckets.remove(name)
        _record(context, tx, actor, room, "removed")


def cors(context: Context, name: str) -> tuple[CorsRule, ...]:
    """Return what pages of other sites may do with a bucket; see `Buckets.cors`."""
    return find(context, ANONYMOUS, name).cors


def set_cors(context: Context, actor: Actor, name: str, rules: Sequence[CorsRule]) -> None:
    """Let pages of other sites do this with a plain bucket; see `Buckets.set_cors`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        _settle(context, tx, actor, room, replace(room.settings, cors=tuple(rules)), "cors")


def set_versioning(context: Context, actor: Actor, name: str, versioning: Versioning) -> None:
    """Let a plain bucket keep versions from now on, or no longer; see `Buckets.set_versioning`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        _settle(context, tx, actor, room, replace(room.settings, versioning=versioning), "versioning")


def tags(context: Context, actor: Actor, name: str) -> Mapping[str, str]:
    """Return the tags of a bucket itself, which states and channels have none of; see `Buckets.tags`."""
    find(context, actor, name).ask_to_list()
    with context.catalogue.read() as tx:
        room = None if name in _of_the_drive(context, actor) else tx.buckets.get(name)
    return room.settings.tags if room is not None else {}


def set_tags(context: Context, actor: Actor, name: str, tags: Mapping[str, str]) -> None:
    """Give a plain bucket these tags; see `Buckets.set_tags`."""
    with context.catalogue.write() as tx:
        room = _manageable(context, tx, actor, name)
        _settle(context, tx, actor, room, replace(room.settings, tags=dict(tags)), "tags")


def _manageable(context: Context, tx: Transaction, actor: Actor, name: str) -> Room:
    """Return a plain bucket that the actor may manage."""
    if name in _of_the_drive(context, actor):
        raise Refused(f"The bucket {name} belongs to the drive; what it is stands in its damgate.toml.", place=name)
    room = plain_asking.standing_room(tx, name)
    plain_asking.ask(context, actor, Action.ADMIN, room)
    return room


def _settle(context: Context, tx: Transaction, actor: Actor, room: Room, settings: Settings, what: str) -> None:
    if settings != room.settings:
        tx.buckets.put(replace(room, settings=settings))
        _record(context, tx, actor, room, what)


def _record(context: Context, tx: Transaction, actor: Actor, room: Room, what: str) -> None:
    place = plain_asking.place(room.name)
    context.record(tx, Event(Happening.BUCKET_CHANGED, actor.name, place, detail={"what": what}))
