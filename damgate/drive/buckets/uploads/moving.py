"""A copy in parts that is a transition: large files are handed on by the clients that cut every large copy in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from damgate.core.errors import NotFound, Refused
from damgate.core.objects import Given, Object, Part, Source, Taken, Upload
from damgate.core.rights import Actor
from damgate.drive.buckets import copying, finding
from damgate.drive.buckets.bucket import Bucket
from damgate.drive.context import Context


def is_transition(context: Context, place: Bucket, upload: Upload, used: Sequence[Part]) -> bool:
    """Tell whether any of the parts was taken from a state out of which a copy to here is a transition."""
    sources = {(part.taken.bucket, part.taken.key) for part in used if part.taken is not None}
    return any(copying.is_transition(context, Source(*source), place.name, upload.key) for source in sources)


def move(context: Context, actor: Actor, place: Bucket, upload: Upload, used: Sequence[Part], given: Given) -> Object:
    """Make the transition that the parts stand for, and end the upload; raises Refused where they are no whole copy."""
    whole = _whole(used)
    if whole is None:
        raise _no_copy(upload)
    source = Source(whole.bucket, whole.key, if_match=(whole.etag,))
    try:
        if finding.find(context, actor, whole.bucket).stat(whole.key).size != whole.stop:
            raise _no_copy(upload)
        given = Given(tags=upload.tags or None, conditions=given.conditions)
        made = copying.copy(context, actor, source, place.name, upload.key, given, described=False)
    except NotFound:
        made = place.stat(upload.key)
        if made.etag != whole.etag:
            raise
        # It went before, and the answer got lost.
    with context.catalogue.write() as tx:
        tx.uploads.remove(upload.id)
    return made


def _whole(used: Sequence[Part]) -> Taken | None:
    """Return what the parts are a copy of from its first byte on; None where they are none."""
    first, end = used[0].taken, 0
    for part in used:
        if first is None or part.taken is None or part.taken != replace(first, start=end, stop=part.taken.stop):
            return None
        end = part.taken.stop
    return None if first is None else replace(first, start=0, stop=end)


def _no_copy(upload: Upload) -> Refused:
    return Refused(
        "A copy from that state to this one is the transition of the whole file; these parts are not all of it.",
        place=upload.key,
    )
