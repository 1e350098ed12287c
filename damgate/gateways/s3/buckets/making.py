"""CreateBucket and DeleteBucket."""

from __future__ import annotations

from contextlib import suppress

from damgate.core.errors import BucketStands
from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.acl import check_ownership
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import body_of, parse

_GRANTS = ("read", "write", "read-acp", "write-acp", "full-control")


def create_bucket(asked: Asked, means: Means) -> Reply:
    """Make a plain bucket. One that the person has is as good: clients ask for it before they write into it."""
    if (asked.header("x-amz-bucket-object-lock-enabled") or "false").lower() == "true":
        raise S3Fault("NotImplemented", "damgate does not have object lock.")
    _refuse_grants(asked)
    if body := body_of(asked):
        parse(body, "CreateBucketConfiguration")  # wherever it is wanted, it is made here
    with suppress(BucketStands):
        means.buckets.make(asked.bucket)
    return empty(200, [("Location", f"/{asked.bucket}")])


def _refuse_grants(asked: Asked) -> None:
    acl = asked.header("x-amz-acl") or "private"
    ownership = asked.header("x-amz-object-ownership")
    if ownership:
        check_ownership(ownership)
    if acl != "private" or any(asked.header(f"x-amz-grant-{one}") for one in _GRANTS):
        raise S3Fault(
            "InvalidBucketAclWithObjectOwnership",
            "Buckets are private: who may do what is said by the policy of the drive, and not by ACLs.",
        )


def delete_bucket(asked: Asked, means: Means) -> Reply:
    """Remove an empty plain bucket."""
    reach(asked, means)
    means.buckets.remove(asked.bucket)
    return empty(204)
