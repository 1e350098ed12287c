"""Whether a bucket keeps versions."""

from __future__ import annotations

from damgate.core.objects import Versioning
from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.reaching import look_into
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, malformed, optional, read, text


def get_versioning(asked: Asked, means: Means) -> Reply:
    """Answer whether the bucket keeps versions."""
    return answer("VersioningConfiguration", optional("Status", look_into(asked, means).versioning.value))


def put_versioning(asked: Asked, means: Means) -> Reply:
    """Let a plain bucket keep versions, or no longer; the drive's own stay as they are."""
    found = read(asked, "VersioningConfiguration")
    if text(found, "MfaDelete") == "Enabled" or asked.header("x-amz-mfa"):
        raise S3Fault("NotImplemented", "damgate does not have MFA delete.")
    status = text(found, "Status")
    if status not in {Versioning.ENABLED.value, Versioning.SUSPENDED.value}:
        raise malformed("Versioning can be “Enabled” or “Suspended”.")
    bucket = look_into(asked, means)
    if not bucket.owner:
        if bucket.versioning.value == status:
            return empty(200)
        raise S3Fault("InvalidBucketState", "This bucket is a part of the drive, which decides what keeps versions.")
    means.buckets.set_versioning(asked.bucket, Versioning(status))
    return empty(200)
