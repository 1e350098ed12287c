"""Beginning an upload, and keeping the parts that are sent."""

from __future__ import annotations

import secrets

from damgate.core.assets import Content
from damgate.core.errors import BadRequest, NotSupported, Refused
from damgate.core.objects import Checksum, Given, Part, Taken, Upload
from damgate.core.rights import Actor
from damgate.drive.buckets import copying, finding, scoped
from damgate.drive.buckets.bucket import Bucket, Payload
from damgate.drive.buckets.checksums import COMBINED, DEFAULT, LENGTHS, Summing
from damgate.drive.buckets.receiving import receive
from damgate.drive.buckets.uploads import begun
from damgate.drive.context import Context
from damgate.drive.entries import PIECE
from damgate.drive.writing import require_kept


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
    return f"{int(now * 1_000_000):014x}{secrets.token_hex(16)}"


def put_part(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, number: int, body: Payload, declared: int | None
) -> Part:
    """Keep one part; see `Buckets.put_part`."""
    place, found = begun.to_add_to(context, actor, bucket, key, upload, number)
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
            raise begun.gone()
        require_kept(context, content)
        tx.uploads.put_part(upload.id, part)
    return part


def _sum(context: Context, content: Content, algorithm: str) -> Checksum:
    summing = Summing(algorithm)
    with context.blobs.open(content.sha256, content.size) as file:
        while piece := file.read(PIECE):
            summing.update(piece)
    return summing.checksum
