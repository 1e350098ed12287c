"""From a request to the bucket that it names."""

from __future__ import annotations

from damgate.core.errors import Refused
from damgate.core.objects import Source
from damgate.drive.buckets import Bucket
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import NOBODY


def reach(asked: Asked, means: Means) -> Bucket:
    """Return the bucket; raises Refused where it is not whose the client takes it for."""
    bucket = means.buckets.find(asked.bucket)
    _expect_owner(asked, "x-amz-expected-bucket-owner", bucket)
    return bucket


def look_into(asked: Asked, means: Means) -> Bucket:
    """Return the bucket, if who asks may see what is in it."""
    bucket = reach(asked, means)
    bucket.ask_to_list()
    return bucket


def reach_source(asked: Asked, means: Means, source: Source) -> None:
    """Raise Refused where the bucket that a copy is taken from is not whose the client takes it for."""
    _expect_owner(asked, "x-amz-source-expected-bucket-owner", means.buckets.find(source.bucket))


def _expect_owner(asked: Asked, header: str, bucket: Bucket) -> None:
    expected = asked.header(header)
    if expected is None:
        return
    if bucket.owner:
        bucket.ask_to_list()  # whose it is, nobody else can find out by asking for one after the other
    if expected != (bucket.owner or NOBODY):
        raise Refused(f"The bucket “{bucket.name}” does not belong to {expected} ({header}).")
