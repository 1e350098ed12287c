"""PutObject."""

from __future__ import annotations

from damgate.gateways.reply import Reply, empty, uploaded
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import checksum_headers
from damgate.gateways.s3.objects.copying import copy
from damgate.gateways.s3.objects.fields import given_of
from damgate.gateways.s3.objects.showing import written
from damgate.gateways.s3.objects.sources import SOURCE
from damgate.gateways.s3.reaching import reach
from damgate.gateways.s3.routing import Means


def put(asked: Asked, means: Means) -> Reply:
    """Write a whole object, or copy one: both are a PUT, and the header that names a source tells which."""
    if asked.header(SOURCE) is not None:
        return copy(asked, means)
    bucket, given = reach(asked, means), given_of(asked)
    made = bucket.put(asked.key, asked.payload, given)
    return uploaded(empty(200, [*written(made), *checksum_headers(made.attributes.checksum)]))
