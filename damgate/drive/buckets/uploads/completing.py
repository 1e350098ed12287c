"""Making an object of the parts that a client names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from damgate.core import manifests
from damgate.core.errors import (
    BadDigest,
    BadPart,
    BadRequest,
    NoSuchUpload,
    NotFound,
    PartOrder,
    PartTooSmall,
    Refused,
    TooLarge,
)
from damgate.core.objects import LEAST_PART, MOST_PARTS, Checksum, Claim, Completion, Given, Object, Part, Upload
from damgate.core.rights import Actor
from damgate.drive.buckets import finding
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.buckets.checksums import COMBINED, combined, composite
from damgate.drive.buckets.uploads import begun, moving
from damgate.drive.context import Context
from damgate.ports.catalogue import Transaction


def complete(
    context: Context, actor: Actor, bucket: str, key: str, upload: str, completion: Completion, given: Given
) -> Object:
    """Make the object; see `Buckets.complete`."""
    claims = _in_order(completion.claims)
    place = finding.find(context, actor, bucket)
    try:
        with context.catalogue.read() as tx:
            found = begun.standing(context, tx, actor, place, key, upload)
            sent = {part.number: part for part in tx.uploads.parts(found.id, limit=MOST_PARTS)}
        used = [_claimed(sent, claim) for claim in claims]
        checksum = _check(context, found, used, completion)
        if moving.is_transition(context, place, found, used):
            return moving.move(context, actor, place, found, used, given)
        place.ask_to_write(key, given)
        return _keep(context, place, found, used, checksum, given)
    except NoSuchUpload:
        return _completed_before(place, key, claims)


def _in_order(claims: Sequence[Claim]) -> Sequence[Claim]:
    """Return one claim for each number: a client that sent a part twice may name both, of which the last counts."""
    if not claims:
        raise BadRequest("An object of no parts cannot be made; name at least one.")
    if any(former.number > latter.number for former, latter in pairwise(claims)):
        raise PartOrder("The parts are to be named in the order of their numbers.")
    return list({claim.number: claim for claim in claims}.values())


def _claimed(sent: Mapping[int, Part], claim: Claim) -> Part:
    part = sent.get(claim.number)
    if part is None:
        raise BadPart(f"Part {claim.number} was never sent.")
    if part.content.md5 != claim.etag:
        raise BadPart(f"Part {claim.number} is another one: its ETag is “{part.content.md5}”.")
    if claim.checksum is not None and claim.checksum != part.checksum:
        raise BadPart(f"Part {claim.number} has another checksum than the one that is named.")
    return part


def _check(context: Context, upload: Upload, used: Sequence[Part], completion: Completion) -> Checksum | None:
    """Raise unless the parts make what the client says they do; return the checksum that the object gets."""
    for part in used[:-1]:
        if part.content.size < LEAST_PART:
            raise PartTooSmall(f"Part {part.number} has {part.content.size:,} bytes; all but the last need 5 MiB.")
    size = sum(part.content.size for part in used)
    if completion.size is not None and completion.size != size:
        raise BadRequest(f"The parts have {size:,} bytes together, not the {completion.size:,} that were announced.")
    limit = context.config.server.largest_upload
    if limit and size > limit:
        raise TooLarge(f"Files can be {limit:,} bytes at most here.")
    possible = _checksums(used)
    if completion.checksum is not None:
        _compare(possible, completion.checksum)
    whole = upload.whole or not upload.algorithm
    return next((one for one in possible if one.whole is whole), possible[-1] if possible else None)


def _checksums(used: Sequence[Part]) -> list[Checksum]:
    """Return what can be told of the whole by the checksums of the parts, if all are of one kind."""
    kinds = {part.checksum.algorithm if part.checksum else "" for part in used}
    if len(kinds) > 1 or "" in kinds:
        return []
    return [combined(used), composite(used)] if kinds <= COMBINED else [composite(used)]


def _compare(possible: Sequence[Checksum], announced: Checksum) -> None:
    if not any(one.algorithm == announced.algorithm for one in possible):
        raise BadRequest(f"The parts came with other checksums than {announced.algorithm}, which is announced.")
    if not any(one.value == announced.value for one in possible):
        raise BadDigest(f"The parts do not make the {announced.algorithm} that was announced; nothing was changed.")


def _keep(
    context: Context, place: Bucket, upload: Upload, used: Sequence[Part], checksum: Checksum | None, given: Given
) -> Object:
    """Keep the object and end the upload in one transaction.

    What the object is made of is written down before, so that its bytes stand when it is kept. Where it ends between
    the two, the upload still stands, and keeps the list from being swept.
    """
    content = manifests.joined(used)
    described = Given(replace(upload.attributes, checksum=checksum), upload.tags or None, given.conditions)

    def end(tx: Transaction) -> None:
        if tx.uploads.get(upload.id) is None:
            raise begun.gone()  # another request completed it, or gave it up
        tx.uploads.remove(upload.id)

    with context.catalogue.write() as tx:
        if tx.uploads.get(upload.id) is None:
            raise begun.gone()
        tx.segments.put(content.sha256, used)
    return place.keep(upload.key, content, described, end)


def _completed_before(place: Bucket, key: str, claims: Sequence[Claim]) -> Object:
    """Return the object that stands, where it is what these parts make: the answer got lost, and the client asks again.

    Raises NoSuchUpload where it is not.
    """
    try:
        md5s = b"".join(bytes.fromhex(claim.etag) for claim in claims)
        known = place.stat(key)
    except (ValueError, NotFound, Refused):
        raise begun.gone() from None
    if known.etag != f"{hashlib.md5(md5s, usedforsecurity=False).hexdigest()}-{len(claims)}":
        raise begun.gone()
    return known
