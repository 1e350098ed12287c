"""CreateMultipartUpload and AbortMultipartUpload."""

from __future__ import annotations

from damgate.core.errors import Refused
from damgate.core.objects import Given
from damgate.drive.buckets.checksums import COMBINED, DEFAULT
from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import COMPOSITE, WHOLE, algorithm_called, kind_of
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.fields import attributes_of, check_fields, fields_of, tags_of
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, element


def begin_upload(asked: Asked, means: Means) -> Reply:
    """Begin an upload in parts, with everything that its object will have."""
    bucket = reach(asked, means)
    if asked.actor.anonymous:
        raise Refused("Uploads in parts must be signed: nobody else could tell whose their parts are.")
    fields = fields_of(asked)
    check_fields(fields)
    algorithm, whole = _checksums(asked)
    given = Given(attributes=attributes_of(fields), tags=tags_of(fields))
    upload = means.buckets.begin(asked.bucket, asked.key, given, algorithm=algorithm, whole=whole)
    headers = (
        [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind_of(whole=whole))] if algorithm else []
    )
    inside = element("Bucket", bucket.name), element("Key", asked.key), element("UploadId", upload.id)
    return answer("InitiateMultipartUploadResult", inside, headers)


def abort_upload(asked: Asked, means: Means) -> Reply:
    """Give up an upload and its parts."""
    reach(asked, means)
    means.buckets.abort(asked.bucket, asked.key, asked.parameter("uploadId") or "")
    return empty(204)


def _checksums(asked: Asked) -> tuple[str, bool]:
    """Return with which checksums the parts will come, and whether the object's is to be one of all its bytes."""
    named = asked.header("x-amz-checksum-algorithm")
    kind = (asked.header("x-amz-checksum-type") or "").upper()
    if not named:
        if kind:
            raise S3Fault("InvalidRequest", "x-amz-checksum-type needs x-amz-checksum-algorithm beside it.")
        return "", False
    algorithm = algorithm_called(named)
    kind = kind or (WHOLE if algorithm == DEFAULT else COMPOSITE)
    possible = {WHOLE} if algorithm == DEFAULT else {COMPOSITE, WHOLE} if algorithm in COMBINED else {COMPOSITE}
    if kind not in possible:
        raise S3Fault("InvalidRequest", f"The {kind} checksum type cannot be used with {algorithm}.")
    return algorithm, kind == WHOLE
