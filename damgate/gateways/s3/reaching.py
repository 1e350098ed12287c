"""From a request to the bucket that it names."""

from __future__ import annotations

from damgate.core.errors import Refused
from damgate.drive.buckets import Bucket
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.routing import Rooms
from damgate.gateways.s3.xml import NOBODY


def reach(asked: Asked, rooms: Rooms) -> Bucket:
    """Return the bucket; raises Refused where it is not whose the client takes it for."""
    bucket = rooms.buckets.find(asked.bucket)
    expect_owner(asked, "x-amz-expected-bucket-owner", bucket)
    return bucket


def expect_owner(asked: Asked, header: str, bucket: Bucket) -> None:
    """Refuse what is meant for a bucket of somebody else, as the client says in a header."""
    expected = asked.header(header)
    if expected is not None and expected != (bucket.owner or NOBODY):
        raise Refused(f"The bucket “{bucket.name}” does not belong to {expected} ({header}).")
