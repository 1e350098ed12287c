"""Buckets as they stand: which there are, and where."""

from __future__ import annotations

from damgate.core.errors import Refused
from damgate.gateways.reply import Reply, whole
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.listings.pages import number, position_of, token
from damgate.gateways.s3.reaching import look_into
from damgate.gateways.s3.routing import Means
from damgate.gateways.s3.xml import MEDIA_TYPE, answer, element, escape, optional, person, time

MOST = 10_000  # buckets on one page
UNNAMED = "us-east-1"  # the region that clients are told by an empty name


def list_buckets(asked: Asked, means: Means) -> Reply:
    """Answer the buckets that the person may look into."""
    if asked.actor.anonymous:
        raise Refused("Only who signs the request is told which buckets there are.")
    limit, prefix = number(asked, "max-buckets", MOST), asked.parameter("prefix") or ""
    if not 1 <= limit <= MOST:
        raise S3Fault("InvalidArgument", f"“max-buckets” can be 1 to {MOST}.", ArgumentName="max-buckets")
    continued = asked.parameter("continuation-token")
    after = position_of(continued) if continued else ""
    region = means.settings.region
    here = asked.parameter("bucket-region") in {None, region}
    found = [one for one in means.buckets.all() if here and one.name.startswith(prefix) and one.name > after]
    page = found[:limit]
    return answer(
        "ListAllMyBucketsResult",
        (
            person("Owner", asked.actor.name),
            "<Buckets>",
            *(
                f"<Bucket>{element('Name', one.name)}{time('CreationDate', one.created)}"
                f"{element('BucketRegion', region)}</Bucket>"
                for one in page
            ),
            "</Buckets>",
            optional("Prefix", prefix),
            element("ContinuationToken", token(page[-1].name)) if len(found) > limit else "",
        ),
    )


def head_bucket(asked: Asked, means: Means) -> Reply:
    """Answer that the bucket is there, and where."""
    look_into(asked, means)
    return whole(200, b"", MEDIA_TYPE, [("x-amz-bucket-region", means.settings.region)])


def get_location(asked: Asked, means: Means) -> Reply:
    """Answer the region of a bucket."""
    look_into(asked, means)
    region = means.settings.region
    return answer("LocationConstraint", "" if region == UNNAMED else escape(region))
