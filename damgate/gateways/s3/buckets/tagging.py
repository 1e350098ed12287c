"""The tags of a bucket itself."""

from __future__ import annotations

from damgate.gateways.reply import Reply, empty
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.objects.tagging import read_tags, tag_set
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import answer, read


def get_bucket_tags(asked: Asked, means: Means) -> Reply:
    """Answer the tags of a bucket."""
    reach(asked, means)
    tags = means.buckets.tags(asked.bucket)
    if not tags:
        raise S3Fault("NoSuchTagSet", "No tags are set for this bucket.", BucketName=asked.bucket)
    return answer("Tagging", tag_set(tags))


def put_bucket_tags(asked: Asked, means: Means) -> Reply:
    """Give a plain bucket these tags in place of those that it has."""
    reach(asked, means)
    means.buckets.set_tags(asked.bucket, read_tags(read(asked, "Tagging")))
    return empty(204)


def delete_bucket_tags(asked: Asked, means: Means) -> Reply:
    """Take all tags from a plain bucket."""
    reach(asked, means)
    means.buckets.set_tags(asked.bucket, {})
    return empty(204)
