"""From the name of a bucket to the bucket: a state, a channel, or a plain one."""

from __future__ import annotations

from damgate.core.errors import NotFound, Refused
from damgate.core.objects import CorsRule
from damgate.core.rights import ANONYMOUS, Actor
from damgate.drive.buckets import scoped
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.buckets.channels.bucket import ChannelBucket
from damgate.drive.buckets.plain import asking
from damgate.drive.buckets.plain.bucket import PlainBucket
from damgate.drive.buckets.states.bucket import StateBucket
from damgate.drive.context import Context


def all_buckets(context: Context, actor: Actor) -> list[Bucket]:
    """Return the buckets that the actor may look into; see `Buckets.all`."""
    with context.catalogue.read() as tx:
        every: dict[str, Bucket] = {room.name: PlainBucket(context, actor, room) for room in tx.buckets.all()}
    for name in (*context.buckets, *(outlet.delivery.bucket for outlet in context.outlets.values())):
        found = of_the_drive(context, actor, name)
        if found is not None:
            every[name] = found
    reached = [every[name] for name in sorted(every) if scoped.reaches(actor, name)]
    return [scoped.limited(bucket, actor) for bucket in reached if may_look_into(bucket)]


def find(context: Context, actor: Actor, name: str) -> Bucket:
    """Return a bucket; see `Buckets.find`."""
    found = of_the_drive(context, actor, name)
    if found is None:
        with context.catalogue.read() as tx:
            found = PlainBucket(context, actor, asking.standing_room(tx, name))
    return scoped.limited(found, actor)


def of_the_drive(context: Context, actor: Actor, name: str) -> Bucket | None:
    """Return a bucket that the configuration makes: a state's, or a channel's."""
    state = context.buckets.get(name)
    if state is not None:
        return StateBucket(context, actor, state, name)
    channels = (ChannelBucket(context, actor, outlet) for outlet in context.outlets.values())
    return next((channel for channel in channels if channel.name == name), None)


def may_look_into(bucket: Bucket) -> bool:
    """Tell whether its actor may see what is in it."""
    try:
        bucket.ask_to_list()
    except (Refused, NotFound):
        return False
    return True


def cors(context: Context, name: str) -> tuple[CorsRule, ...]:
    """Return what pages of other sites may do with a bucket; see `Buckets.cors`."""
    return find(context, ANONYMOUS, name).cors
