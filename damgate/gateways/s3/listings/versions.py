"""ListObjectVersions."""

from __future__ import annotations

from damgate.core.objects import NULL, Listing, Object, Wanted
from damgate.gateways.reply import Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.listings.pages import Spelling, common_prefixes, limit, refuse_unordered, spelling
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, element, etag, optional, person, time


def list_object_versions(asked: Asked, means: Means) -> Reply:
    """Answer a page of all versions and delete markers; where a bucket keeps none, each object is its null version."""
    refuse_unordered(asked)
    spelled, encoding = spelling(asked)
    key, version = asked.parameter("key-marker") or "", asked.parameter("version-id-marker") or ""
    if version and not key:
        raise S3Fault(
            "InvalidArgument", "A version marker needs a key marker beside it.", ArgumentName="version-id-marker"
        )
    bucket = reach(asked, means)
    wanted = Wanted(
        prefix=asked.parameter("prefix") or "",
        delimiter=asked.parameter("delimiter") or "",
        after=key,
        version=version if bucket.versioning else "",  # elsewhere a key has no more than its null version
        limit=limit(asked),
    )
    page = bucket.list_versions(wanted)
    return answer(
        "ListVersionsResult",
        (
            element("Name", bucket.name),
            element("Prefix", spelled(wanted.prefix)),
            element("KeyMarker", spelled(key)),
            element("VersionIdMarker", version),
            optional("NextKeyMarker", spelled(page.next)),
            optional("NextVersionIdMarker", _next_version(page)),
            element("MaxKeys", wanted.limit),
            optional("Delimiter", spelled(wanted.delimiter)),
            encoding,
            element("IsTruncated", page.truncated),
            *(_one(one, bucket.owner, spelled) for one in page.objects),
            common_prefixes(page.prefixes, spelled),
        ),
    )


def _next_version(page: Listing) -> str:
    """Return within which version to go on; every truncated page names one, but for those that end with a prefix."""
    ends_with_object = bool(page.objects) and page.next == page.objects[-1].key
    return page.next_version or (NULL if ends_with_object else "")


def _one(one: Object, owner: str, spelled: Spelling) -> str:
    named = (
        f"{element('Key', spelled(one.key))}{element('VersionId', one.version or NULL)}"
        f"{element('IsLatest', one.latest)}{time('LastModified', one.modified)}"
    )
    whose = person("Owner", one.owner or owner)
    if one.marker:
        return f"<DeleteMarker>{named}{whose}</DeleteMarker>"
    return (
        f"<Version>{named}{etag(one.etag)}<Size>{one.size}</Size>{whose}<StorageClass>STANDARD</StorageClass></Version>"
    )
