"""CopyObject."""

from __future__ import annotations

from damgate.core.objects import Given, Object
from damgate.gateways.reply import Headers, Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import checksum_elements
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import Fields, attributes_of, check_fields, conditions_of, fields_of, tags_of
from damgate.gateways.s3.objects.showing import written
from damgate.gateways.s3.objects.sources import source_of
from damgate.gateways.s3.reaching import reach, reach_source
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, etag, time


def copy(asked: Asked, means: Means) -> Reply:
    """Copy an object, or, between two states, do what the drive's configuration says a copy is."""
    fields = fields_of(asked)
    check_fields(fields)
    source = source_of(asked)
    reach(asked, means)
    reach_source(asked, means, source)
    described = _replaces(fields, "x-amz-metadata-directive")
    retagged = _replaces(fields, "x-amz-tagging-directive")
    given = Given(
        attributes=attributes_of(fields),
        tags=(tags_of(fields) or {}) if retagged else None,
        conditions=conditions_of(fields),
    )
    made = means.buckets.copy(source, asked.bucket, asked.key, given, described=described)
    headers: Headers = [one for one in written(made) if one[0] != "ETag"]
    if source.version:
        headers.append(("x-amz-copy-source-version-id", source.version))
    return answer("CopyObjectResult", _result(made), headers)


def _replaces(fields: Fields, name: str) -> bool:
    directive = fields.get(name, "COPY")
    if directive not in {"COPY", "REPLACE"}:
        raise S3Fault("InvalidArgument", f"{name} is COPY or REPLACE.")
    return directive == "REPLACE"


def _result(made: Object) -> str:
    return time("LastModified", made.modified) + etag(made.etag) + checksum_elements(made.attributes.checksum)
