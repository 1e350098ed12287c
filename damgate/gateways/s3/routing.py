"""Which operation a request asks for: by its method, by whether it names a key, and by its subresource."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from damgate import config
from damgate.core.rights import Actor
from damgate.drive import Buckets
from damgate.gateways.reply import Reply
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.subresources import subresource_of


@dataclass(frozen=True, slots=True)
class Means:
    """What an operation works with beside the request."""

    buckets: Buckets  # of who asks
    settings: config.S3
    buckets_of: Callable[[Actor], Buckets]  # of anybody else
    signer: Callable[[Mapping[str, str]], Actor]  # who signed the fields of a form; raises S3Fault
    now: Callable[[], float] = time.time  # seconds since 1970, UTC


Operation = Callable[[Asked, Means], Reply]
Table = Mapping[tuple[str, str], Operation]  # (method, subresource or "")


@dataclass(frozen=True, slots=True)
class Routes:
    """The operations on the whole of S3, on a bucket, and on an object.

    A subresource that is in none of the tables is answered with 501, for a client must not take a part of an answer for
    the whole.
    """

    service: Table
    bucket: Table
    object: Table

    def find(self, asked: Asked) -> Operation:
        """Return the operation; raises S3Fault where there is none."""
        table = self.object if asked.key else self.bucket if asked.bucket else self.service
        named = subresource_of(asked.parameters)
        operation = table.get((asked.method, named))
        if operation is not None:
            return operation
        if named and any(one == named for _, one in table):
            raise S3Fault("MethodNotAllowed", f"“?{named}” does not take the method {asked.method}.")
        if named:
            raise S3Fault("NotImplemented", f"damgate does not have “?{named}”.")
        raise S3Fault("MethodNotAllowed", f"The method {asked.method} is not for this kind of address.")
