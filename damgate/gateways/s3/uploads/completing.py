"""CompleteMultipartUpload."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from damgate.core.errors import NoSuchUpload, NotFound, Refused
from damgate.core.objects import MOST_PARTS, NULL, Claim, Completion, Given
from damgate.drive.buckets import Bucket
from damgate.drive.buckets.checksums import LENGTHS
from damgate.gateways.reply import Reply, uploaded
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import conditions_of, fields_of
from damgate.gateways.s3.objects.showing import kind_of
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Rooms
from damgate.gateways.s3.uploads.sums import checksum_of_object, claimed, written_checksum
from damgate.gateways.s3.xml import answer, children, element, etag, malformed, read, text, url_encoded

LARGEST = 4 * 1024 * 1024  # bytes: ten thousand parts with their checksums

_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_SIZE = re.compile(r"[0-9]{1,18}", re.ASCII)


def complete_upload(asked: Asked, rooms: Rooms) -> Reply:
    """Make the object of the parts that the client names."""
    bucket = reach(asked, rooms)
    _ask_before_reading(asked, rooms, bucket)
    size = asked.header("x-amz-mp-object-size")
    if size is not None and not _SIZE.fullmatch(size):
        raise S3Fault("InvalidRequest", "x-amz-mp-object-size is a number of bytes.")
    checksum = checksum_of_object(asked)
    claims = tuple(_claim(part) for part in children(read(asked, "CompleteMultipartUpload", LARGEST), "Part"))
    if not 1 <= len(claims) <= MOST_PARTS:
        raise malformed(f"An upload is completed with 1 to {MOST_PARTS} parts.")
    made = rooms.buckets.complete(
        asked.bucket,
        asked.key,
        asked.parameter("uploadId") or "",
        Completion(claims, checksum, None if size is None else int(size)),
        Given(conditions=conditions_of(fields_of(asked))),
    )
    kept = made.attributes.checksum
    reply = answer(
        "CompleteMultipartUploadResult",
        (
            element("Location", _location(asked)),
            element("Bucket", bucket.name),
            element("Key", made.key),
            etag(made.etag),
            written_checksum(kept),
            element("ChecksumType", kind_of(whole=kept.whole)) if kept else "",
        ),
        [("x-amz-version-id", made.version)] if made.version not in {"", NULL} else [],
    )
    return uploaded(reply)


def _ask_before_reading(asked: Asked, rooms: Rooms, bucket: Bucket) -> None:
    """Raise unless who asks has an upload here to complete, or sees what may have come of it: the list can be long."""
    try:
        rooms.buckets.upload(asked.bucket, asked.key, asked.parameter("uploadId") or "")
    except NoSuchUpload as error:
        try:
            bucket.stat(asked.key)
        except (NotFound, Refused):
            raise error from None


def _claim(part: Element) -> Claim:
    number, tag = (text(part, "PartNumber") or "").strip(), (text(part, "ETag") or "").strip()
    if not _NUMBER.fullmatch(number) or not tag:
        raise malformed("Each part needs its PartNumber and its ETag.")
    return Claim(int(number), tag.strip('"'), claimed({name: text(part, f"Checksum{name}") for name in LENGTHS}))


def _location(asked: Asked) -> str:
    host = str(asked.environ.get("HTTP_HOST") or "")
    return f"{asked.environ.get('wsgi.url_scheme', 'http')}://{host}/{asked.bucket}/{url_encoded(asked.key)}"
