"""CompleteMultipartUpload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from xml.etree.ElementTree import Element

from damgate.core.errors import NoSuchUpload, NotFound, Refused
from damgate.core.objects import MOST_PARTS, NULL, Checksum, Claim, Completion, Given
from damgate.drive.buckets import Bucket
from damgate.drive.buckets.checksums import LENGTHS
from damgate.gateways.reply import Reply, uploaded
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import COMPOSITE, START, WHOLE, checksum_elements, read_checksum
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import number_in
from damgate.gateways.s3.objects.fields import conditions_of, fields_of
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, children, element, etag, malformed, read, text, url_encoded

LARGEST = 4 * 1024 * 1024  # bytes: ten thousand parts with their checksums


def complete_upload(asked: Asked, means: Means) -> Reply:
    """Make the object of the parts that the client names."""
    bucket = reach(asked, means)
    _ask_before_reading(asked, means, bucket)
    checksum, size = _checksum(asked), _size(asked)
    claims = tuple(_claim(part) for part in children(read(asked, "CompleteMultipartUpload", LARGEST), "Part"))
    if not 1 <= len(claims) <= MOST_PARTS:
        raise malformed(f"An upload is completed with 1 to {MOST_PARTS} parts.")
    made = means.buckets.complete(
        asked.bucket,
        asked.key,
        asked.parameter("uploadId") or "",
        Completion(claims, checksum, size),
        Given(conditions=conditions_of(fields_of(asked))),
    )
    reply = answer(
        "CompleteMultipartUploadResult",
        (
            element("Location", _location(asked)),
            element("Bucket", bucket.name),
            element("Key", made.key),
            etag(made.etag),
            checksum_elements(made.attributes.checksum),
        ),
        [("x-amz-version-id", made.version)] if made.version not in {"", NULL} else [],
    )
    return uploaded(reply)


def _ask_before_reading(asked: Asked, means: Means, bucket: Bucket) -> None:
    """Raise unless who asks has an upload here to complete, or sees what may have come of it: the list can be long."""
    try:
        means.buckets.upload(asked.bucket, asked.key, asked.parameter("uploadId") or "")
    except NoSuchUpload as error:
        try:
            bucket.stat(asked.key)
        except (NotFound, Refused):
            raise error from None


def _claim(part: Element) -> Claim:
    number, tag = number_in((text(part, "PartNumber") or "").strip()), (text(part, "ETag") or "").strip()
    if number is None or not tag:
        raise malformed("Each part needs its PartNumber and its ETag.")
    sums = {name: text(part, f"Checksum{name}") for name in LENGTHS}
    return Claim(number, tag.strip('"'), read_checksum(_said(sums), composite=True))


def _checksum(asked: Asked) -> Checksum | None:
    """Return what the headers say of the object: not of the XML that they come with."""
    kind = (asked.header(f"{START}type") or "").upper()
    if kind not in {"", WHOLE, COMPOSITE}:
        raise S3Fault("InvalidRequest", f"{START}type is {WHOLE} or {COMPOSITE}.")
    sums = {name: asked.header(START + name.lower()) for name in LENGTHS}
    found = read_checksum(_said(sums), composite=True)
    return replace(found, whole=kind == WHOLE) if found and kind else found


def _size(asked: Asked) -> int | None:
    """Return how large the client says that the object is."""
    value = asked.header("x-amz-mp-object-size")
    size = None if value is None else number_in(value)
    if value is not None and size is None:
        raise S3Fault("InvalidRequest", "x-amz-mp-object-size is a number of bytes.")
    return size


def _said(sums: Mapping[str, str | None]) -> dict[str, str]:
    return {name.lower(): value for name, value in sums.items() if value is not None}


def _location(asked: Asked) -> str:
    host = str(asked.environ.get("HTTP_HOST") or "")
    return f"{asked.environ.get('wsgi.url_scheme', 'http')}://{host}/{asked.bucket}/{url_encoded(asked.key)}"
