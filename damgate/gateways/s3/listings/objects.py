"""ListObjects and ListObjectsV2."""

from __future__ import annotations

from damgate.core.objects import Listing, Object, Wanted
from damgate.drive.buckets import Bucket
from damgate.gateways.reply import Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.listings.pages import (
    Spelling,
    common_prefixes,
    limit,
    position_of,
    refuse_unordered,
    spelling,
    token,
)
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, element, etag, optional, person, time


def list_objects(asked: Asked, means: Means) -> Reply:
    """Answer a page of the objects of a bucket, as version 1 or 2 of the operation."""
    return _second(asked, means) if asked.parameter("list-type") == "2" else _first(asked, means)


def _first(asked: Asked, means: Means) -> Reply:
    refuse_unordered(asked)
    spelled, encoding = spelling(asked)
    marker = asked.parameter("marker") or ""
    wanted = _wanted(asked, marker)
    bucket = reach(asked, means)
    page = bucket.list(wanted)
    going_on = optional("NextMarker", spelled(page.next)) if wanted.delimiter else ""
    return answer(
        "ListBucketResult",
        (
            element("Name", bucket.name),
            element("Prefix", wanted.prefix),  # as it came: clients of this version do not decode it
            element("Marker", spelled(marker)),
            going_on,
            element("MaxKeys", wanted.limit),
            optional("Delimiter", spelled(wanted.delimiter)),
            encoding,
            element("IsTruncated", page.truncated),
            _contents(page, bucket, spelled, owners=True),
            common_prefixes(page.prefixes, spelled),
        ),
    )


def _second(asked: Asked, means: Means) -> Reply:
    refuse_unordered(asked)
    spelled, encoding = spelling(asked)
    start, continued = asked.parameter("start-after"), asked.parameter("continuation-token")
    wanted = _wanted(asked, position_of(continued) if continued else start or "")
    owners = (asked.parameter("fetch-owner") or "").lower() == "true"
    bucket = reach(asked, means)
    page = bucket.list(wanted)
    return answer(
        "ListBucketResult",
        (
            element("Name", bucket.name),
            element("Prefix", spelled(wanted.prefix)),
            "" if start is None else element("StartAfter", spelled(start)),
            "" if continued is None else element("ContinuationToken", continued),
            element("NextContinuationToken", token(page.next)) if page.truncated else "",
            element("KeyCount", len(page.objects) + len(page.prefixes)),
            element("MaxKeys", wanted.limit),
            optional("Delimiter", spelled(wanted.delimiter)),
            encoding,
            element("IsTruncated", page.truncated),
            _contents(page, bucket, spelled, owners=owners),
            common_prefixes(page.prefixes, spelled),
        ),
    )


def _wanted(asked: Asked, after: str) -> Wanted:
    return Wanted(
        prefix=asked.parameter("prefix") or "",
        delimiter=asked.parameter("delimiter") or "",
        after=after,
        limit=limit(asked),
    )


def _contents(page: Listing, bucket: Bucket, spelled: Spelling, *, owners: bool) -> str:
    return "".join(_one(one, bucket.owner if owners else None, spelled) for one in page.objects)


def _one(one: Object, owner: str | None, spelled: Spelling) -> str:
    return (
        f"<Contents>{element('Key', spelled(one.key))}{time('LastModified', one.modified)}{etag(one.etag)}"
        f"<Size>{one.size}</Size>{'' if owner is None else person('Owner', one.owner or owner)}"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )
