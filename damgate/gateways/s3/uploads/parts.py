"""UploadPart and UploadPartCopy."""

from __future__ import annotations

import re

from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import checksum_element, checksum_headers
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import part_number
from damgate.gateways.s3.objects.fields import check_fields, fields_of
from damgate.gateways.s3.objects.sources import source_of
from damgate.gateways.s3.payloads import length_of
from damgate.gateways.s3.reaching import reach, reach_source
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, etag, time

_SPAN = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})", re.ASCII)


def put_part(asked: Asked, means: Means) -> Reply:
    """Keep one part."""
    check_fields(fields_of(asked))
    number, declared = part_number(asked), length_of(asked)
    reach(asked, means)
    part = means.buckets.put_part(asked.bucket, asked.key, _upload(asked), number, asked.payload, declared)
    return empty(200, [("ETag", f'"{part.content.md5}"'), *checksum_headers(part.checksum)[:1]])


def copy_part(asked: Asked, means: Means) -> Reply:
    """Make one part of an object that stands already, or of some of its bytes."""
    check_fields(fields_of(asked))
    number, source, span = part_number(asked), source_of(asked), _span(asked)
    reach(asked, means)
    reach_source(asked, means, source)
    part = means.buckets.copy_part(asked.bucket, asked.key, _upload(asked), number, source, span)
    inside = time("LastModified", part.at), etag(part.content.md5), checksum_element(part.checksum)
    return answer(
        "CopyPartResult", inside, [("x-amz-copy-source-version-id", source.version)] if source.version else []
    )


def _upload(asked: Asked) -> str:
    return asked.parameter("uploadId") or ""


def _span(asked: Asked) -> tuple[int, int] | None:
    """Return the bytes that a part is to be made of; unlike a reader's range, a wrong one is not passed over."""
    value = asked.header("x-amz-copy-source-range")
    if value is None:
        return None
    found = _SPAN.fullmatch(value)
    if found is None or int(found[1]) > int(found[2]):
        raise S3Fault(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            ArgumentName="x-amz-copy-source-range",
            ArgumentValue=value,
        )
    return int(found[1]), int(found[2]) + 1
