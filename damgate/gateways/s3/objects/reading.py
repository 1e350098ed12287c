"""GetObject and HeadObject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from damgate.core.errors import Busy
from damgate.core.objects import Object, Part
from damgate.drive import Opened
from damgate.drive.buckets import Bucket
from damgate.gateways.conditions import decide
from damgate.gateways.keeping import keeping, kept_by_one, purging
from damgate.gateways.pieces import Pieces
from damgate.gateways.ranges import Span, asked_span
from damgate.gateways.reply import Headers, Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import checksum_headers
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import part_number
from damgate.gateways.s3.objects.fields import version_of
from damgate.gateways.s3.objects.showing import described, overrides_of, spoken, validators
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.safety import checked_type


def get(asked: Asked, means: Means) -> Reply:
    """Answer with an object, a part or a range of it, or the word that it is unchanged."""
    bucket, version, overrides = reach(asked, means), version_of(asked), overrides_of(asked)
    found, opened = bucket.open(asked.key, version)  # also for HEAD: it asks the same, and caches learn the same
    try:
        reply = _answer(asked, means, found, opened, {**_headers_of(bucket, found), **overrides})
    except BaseException:
        opened.close()
        raise
    if not isinstance(reply.body, Pieces):
        opened.close()
    return reply


def _headers_of(bucket: Bucket, found: Object) -> dict[str, str]:
    """Return what was said of an object when it was written; who uploads to the drive does not publish by that."""
    said = dict(found.attributes.headers)
    if "Cache-Control" in said and not bucket.owner:
        said["Cache-Control"] = kept_by_one(said["Cache-Control"])
    return said


def _answer(asked: Asked, means: Means, found: Object, opened: Opened, given: Mapping[str, str]) -> Reply:
    said = {"Content-Type": checked_type(found.media_type), "Cache-Control": keeping(opened), **given}
    headers = validators(found)
    if decide(asked, found.etag, int(found.modified), exactly=False) == 304:
        return Reply(304, [*headers, ("Cache-Control", spoken(said["Cache-Control"]))])
    span, more = _share(asked, means, found)
    length = found.size if span is None else span.stop - span.start
    headers += [*described(found, said), *more, ("Content-Length", str(length))]
    if span is not None:
        headers.append(("Content-Range", f"bytes {span.start}-{span.stop - 1}/{found.size}"))
    status = 200 if span is None else 206
    headers += purging(opened)
    return Reply(status, headers, () if asked.method == "HEAD" else Pieces(opened, span))


def _share(asked: Asked, means: Means, found: Object) -> tuple[Span | None, Headers]:
    """Return which bytes are asked for, None for all, and the headers that speak of just these."""
    compared = (asked.header("x-amz-checksum-mode") or "").upper() == "ENABLED"
    number = _part_number(asked)
    if number is None:
        span = asked_span(asked, f'"{found.etag}"', int(found.modified), found.size, strict=True)
        return span, checksum_headers(found.attributes.checksum) if compared and span is None else []
    parts = parts_of(asked, means, found)
    if number > max(1, len(parts)):
        raise S3Fault("InvalidPartNumber", f"The object has no part {number}.")
    if not parts:
        span = Span(0, found.size) if found.size else None
        return span, checksum_headers(found.attributes.checksum) if compared else []
    part = parts[number - 1]
    start = sum(one.content.size for one in parts[: number - 1])
    headers = [("x-amz-mp-parts-count", str(len(parts)))]
    if compared and part.checksum is not None:
        whole = found.attributes.checksum is None or found.attributes.checksum.whole
        headers += checksum_headers(part.checksum, whole=whole)
    return Span(start, start + part.content.size), headers


def _part_number(asked: Asked) -> int | None:
    if asked.parameter("partNumber") is None:
        return None
    if asked.header("Range") is not None:
        raise S3Fault("InvalidRequest", "A request asks for a part or for a range, not for both.")
    return part_number(asked)


def parts_of(asked: Asked, means: Means, found: Object) -> Sequence[Part]:
    """Return the parts that an object came in, none where it came whole; its ETag tells which and how many."""
    _, dash, count = found.etag.partition("-")
    if not dash:
        return ()
    parts = means.buckets.parts_of(asked.bucket, asked.key, found.version)
    if str(len(parts)) != count:
        raise Busy("Other bytes take the place of this object just now; ask again.", retry_after=1)
    return parts
