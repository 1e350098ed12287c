"""Uploads that were begun and are not completed: whose they are, and giving them up."""

from __future__ import annotations

from damgate.core.errors import BadName, NoSuchUpload, Refused
from damgate.core.objects import MOST_PARTS, Upload
from damgate.core.rights import BUCKETS_VIEW, DRIVE_VIEW, Action, Actor, Subject
from damgate.drive.buckets import finding, scoped
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.context import Context
from damgate.ports.catalogue import Transaction


def find(context: Context, actor: Actor, bucket: str, key: str, upload: str) -> Upload:
    """Return an upload that is not completed; see `Buckets.upload`."""
    place = finding.find(context, actor, bucket)
    with context.catalogue.read() as tx:
        return standing(context, tx, actor, place, key, upload)


def standing(context: Context, tx: Transaction, actor: Actor, place: Bucket, key: str, upload: str) -> Upload:
    """Return an upload that the actor began, or may manage."""
    scoped.ask(actor, place.name, key, writing=False)
    found = tx.uploads.get(upload)
    if found is None or (found.bucket, found.key) != (place.name, key):
        raise gone()
    if not may_touch(context, actor, place, found):
        raise Refused("This upload was begun by somebody else.")
    return found


def may_touch(context: Context, actor: Actor, place: Bucket, upload: Upload) -> bool:
    """Tell whether an upload is the actor's own, or stands in a bucket or a drive that they manage."""
    if actor.name in (upload.by, place.owner):
        return True
    view = BUCKETS_VIEW if place.owner else DRIVE_VIEW
    return context.policy.allows(actor, Action.ADMIN, Subject(view, "-", "-", own=False))


def gone() -> NoSuchUpload:
    """Return the error that says so."""
    return NoSuchUpload("There is no upload of this id: it was never begun, was completed, or was given up.")


def to_add_to(context: Context, actor: Actor, bucket: str, key: str, upload: str, number: int) -> tuple[Bucket, Upload]:
    """Return an upload that is the actor's to add a part of this number to, and where it leads."""
    if not 1 <= number <= MOST_PARTS:
        raise BadName(f"Parts are numbered from 1 to {MOST_PARTS:,}.")
    place = finding.find(context, actor, bucket)
    with context.catalogue.read() as tx:
        return place, standing(context, tx, actor, place, key, upload)


def abort(context: Context, actor: Actor, bucket: str, key: str, upload: str) -> None:
    """Give up an upload; see `Buckets.abort`."""
    place = finding.find(context, actor, bucket)
    scoped.ask(actor, place.name, key, writing=True)
    with context.catalogue.write() as tx:
        tx.uploads.remove(standing(context, tx, actor, place, key, upload).id)
