"""ListMultipartUploads and ListParts."""

from __future__ import annotations

from damgate.core.objects import Part, Upload, Wanted
from damgate.gateways.reply import Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import checksum_element, kind_of
from damgate.gateways.s3.listings.pages import Spelling, common_prefixes, limit, number, spelling
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, element, etag, optional, person, time


def list_uploads(asked: Asked, means: Means) -> Reply:
    """Answer a page of the uploads of a bucket that are not completed."""
    spelled, encoding = spelling(asked)
    key, upload = asked.parameter("key-marker") or "", asked.parameter("upload-id-marker") or ""
    wanted = Wanted(
        prefix=asked.parameter("prefix") or "",
        delimiter=asked.parameter("delimiter") or "",
        after=key,
        version=upload if key else "",
        limit=limit(asked, "max-uploads"),
    )
    bucket = reach(asked, means)
    page = means.buckets.uploads(asked.bucket, wanted)
    return answer(
        "ListMultipartUploadsResult",
        (
            element("Bucket", bucket.name),
            element("KeyMarker", spelled(key)),
            element("UploadIdMarker", upload),
            optional("NextKeyMarker", spelled(page.next)),
            optional("NextUploadIdMarker", page.next_id),
            optional("Delimiter", spelled(wanted.delimiter)),
            element("Prefix", spelled(wanted.prefix)),
            encoding,
            element("MaxUploads", wanted.limit),
            element("IsTruncated", bool(page.next)),
            *(_upload(one, bucket.owner, spelled) for one in page.uploads),
            common_prefixes(page.prefixes, spelled),
        ),
    )


def list_parts(asked: Asked, means: Means) -> Reply:
    """Answer a page of the parts of an upload."""
    spelled, encoding = spelling(asked)
    most, after = limit(asked, "max-parts"), number(asked, "part-number-marker", 0)
    bucket = reach(asked, means)
    upload = means.buckets.upload(asked.bucket, asked.key, asked.parameter("uploadId") or "")
    found = means.buckets.parts(asked.bucket, asked.key, upload.id, after=after, limit=most + 1) if most else ()
    page = found[:most]
    truncated = len(found) > most
    return answer(
        "ListPartsResult",
        (
            element("Bucket", bucket.name),
            element("Key", spelled(asked.key)),
            encoding,
            element("UploadId", upload.id),
            person("Initiator", upload.by),
            person("Owner", bucket.owner or upload.by),
            "<StorageClass>STANDARD</StorageClass>",
            element("PartNumberMarker", after),
            element("NextPartNumberMarker", page[-1].number) if truncated else "",
            element("MaxParts", most),
            element("IsTruncated", truncated),
            _checksums(upload),
            *(_part(one) for one in page),
        ),
    )


def _upload(one: Upload, owner: str, spelled: Spelling) -> str:
    return (
        f"<Upload>{element('Key', spelled(one.key))}{element('UploadId', one.id)}{person('Initiator', one.by)}"
        f"{person('Owner', owner or one.by)}<StorageClass>STANDARD</StorageClass>{time('Initiated', one.at)}"
        f"{_checksums(one)}</Upload>"
    )


def _checksums(upload: Upload) -> str:
    if not upload.algorithm:
        return ""
    return element("ChecksumAlgorithm", upload.algorithm) + element("ChecksumType", kind_of(whole=upload.whole))


def _part(part: Part) -> str:
    return (
        f"<Part>{element('PartNumber', part.number)}{time('LastModified', part.at)}{etag(part.content.md5)}"
        f"<Size>{part.content.size}</Size>{checksum_element(part.checksum)}</Part>"
    )
