"""Objects that come in parts: begun, sent part by part, given up. `uploads_completing` makes the object of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from damgate.core.assets import Content
from damgate.core.errors import BadName, BadRequest, NoSuchUpload, NotSupported, Refused
from damgate.core.objects import MOST_PARTS, Checksum, Given, Part, Taken, Upload
from damgate.core.rights import BUCKETS_VIEW, DRIVE_VIEW, Action, Actor, Subject
from damgate.drive.buckets import copying, finding, scoped
from damgate.drive.buckets.bucket import Bucket, Payload
from damgate.drive.buckets.checksums import COMBINED, DEFAULT, LENGTHS, Summing
from damgate.drive.buckets.receiving import receive
from damgate.drive.context import Context
from damgate.drive.entries import PIECE
from damgate.drive.writing import require_kept
from damgate.ports.catalogue import Transaction


def begin(
    context: Context, actor: Actor, bucket: str, key: str, given: Given, *, algorithm: str, whole: bool
) -> Upload:
    """Begin an upload; see `Buckets.begin`."""
    if algorithm and algorithm not in LENGTHS:
        raise NotSupported(f"Checksums of the kind {algorithm} are not known here; {', '.join(LENGTHS)} are.")
    if whole and algorithm not in COMBINED:
        raise BadRequest(f"A checksum of the whole cannot be told from those of parts with {algorithm or 'none'}.")
    place = finding.find(context, actor, bucket)
    _ask_to_begin(context, actor, place, key, given)
    now = context.clock.now()
    upload = Upload(
        _new_id(now), place.name, key, actor.name, now, given.attributes, given.tags or {}, algorithm,
        whole=whole or algorithm == DEFAULT,
    )  # fmt: skip
    with context.catalogue.write() as tx:
        finding.find(context, actor, bucket)  # it may be removed by now
        tx.uploads.add(upload)
    return upload


def _ask_to_begin(context: Context, actor: Actor, place: Bucket, key: str, given: Given) -> None:
    """Raise unless something may be written here, or come here from another state by a copy."""
    try:
        place.ask_to_write(key, given)
    except Refused:
        scoped.ask(actor, place.name, key, writing=True)
        if not copying.may_come(context, actor, place.name, key):
            raise


def _new_id(now: float) -> str:
    """Return 128 random bits behind the time, so that uploads of one key stand in the order of their begin."""
    return f"{int(now * 1000):012x}{secrets.token_hex(16)}"


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


def put_part(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, number: int, body: Payload, declared: int | None
) -> Part:
    """Keep one part; see `Buckets.put_part`."""
    place, found = to_add_to(context, actor, bucket, key, upload, number)
    place.ask_to_write(key, Given(declared=declared))
    with receive(context, body, declared) as staged:
        staged.keep()
        return keep_part(context, found, number, staged.content, body.checksum)


def keep_part(
    context: Context,
    upload: Upload,
    number: int,
    content: Content,
    checksum: Checksum | None,
    taken: Taken | None = None,
) -> Part:
    """Keep a part whose bytes are stored; where the upload wants another checksum than is known, they are read."""
    if upload.algorithm and (checksum is None or checksum.algorithm != upload.algorithm):
        checksum = _sum(context, content, upload.algorithm)
    part = Part(number, content, context.clock.now(), checksum, taken)
    with context.catalogue.write() as tx:
        if tx.uploads.get(upload.id) is None:
            raise gone()
        require_kept(context, content)
        tx.uploads.put_part(upload.id, part)
    return part


def _sum(context: Context, content: Content, algorithm: str) -> Checksum:
    summing = Summing(algorithm)
    with context.blobs.open(content.sha256, content.size) as file:
        while piece := file.read(PIECE):
            summing.update(piece)
    return summing.checksum


def abort(context: Context, actor: Actor, bucket: str, key: str, upload: str) -> None:
    """Give up an upload; see `Buckets.abort`."""
    place = finding.find(context, actor, bucket)
    scoped.ask(actor, place.name, key, writing=True)
    with context.catalogue.write() as tx:
        tx.uploads.remove(standing(context, tx, actor, place, key, upload).id)


def parts(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, *, after: int, limit: int
) -> Sequence[Part]:
    """Return the parts of an upload; see `Buckets.parts`."""
    place = finding.find(context, actor, bucket)
    with context.catalogue.read() as tx:
        found = standing(context, tx, actor, place, key, upload)
        return tx.uploads.parts(found.id, after=after, limit=limit)


def parts_of(context: Context, actor: Actor, bucket: str, key: str, version: str) -> Sequence[Part]:
    """Return the parts that an object came in; see `Buckets.parts_of`."""
    content = finding.find(context, actor, bucket).content(key, version)
    if content is None:
        return ()
    with context.catalogue.read() as tx:
        return tx.segments.of(content.sha256)
