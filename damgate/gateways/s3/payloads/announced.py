"""What the headers of a request say of its body, before any of it is read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from damgate.core.objects import Checksum
from damgate.drive.buckets.checksums import DEFAULT
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.checksums import START, algorithm_called, read_checksum
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import number_in

_VARIABLE = "HTTP_X_AMZ_CHECKSUM_"
_WITH_DOCUMENT = frozenset({"acl", "tagging", "retention", "legal-hold"})  # subresources of objects


@dataclass(frozen=True, slots=True)
class Announced:
    """Checksums that the bytes have to have, and where the one is that comes behind them."""

    md5: bytes | None
    checksum: Checksum | None
    trailer: str  # the header of the checksum behind the bytes; "" = none comes there
    decoded: int  # how many bytes there are within the frames; 0 where there are no frames

    @property
    def algorithm(self) -> str:
        """The algorithm of the checksum that is to be made of the bytes."""
        if self.trailer:
            return algorithm_called(self.trailer.removeprefix(START))
        return self.checksum.algorithm if self.checksum else DEFAULT


def announced(asked: Asked, streaming: str) -> Announced:
    """Read the headers of a body that is sent in this streaming mode, "" in none.

    Raises S3Fault where they cannot all be true, or are not understood.
    """
    _check_length(asked)
    about_object = asked.method == "POST" and "uploadId" in asked.parameters  # completing: the checksum is no body's
    checksum = None if about_object else _checksum(asked.environ)
    trailer = _trailer(asked, streaming)
    if checksum and trailer:
        raise S3Fault("InvalidRequest", "Expecting a single x-amz-checksum- header.")
    said = Announced(_md5(asked), checksum, trailer, decoded_length(asked) if streaming else 0)
    named = asked.header("x-amz-sdk-checksum-algorithm")
    if named is not None and not about_object:
        _check_named(named, said)
    return said


def decoded_length(asked: Asked) -> int:
    """Return how many bytes there are within the frames of chunks; raises S3Fault where the client does not say."""
    value = asked.header("x-amz-decoded-content-length")
    if value is None:
        raise S3Fault("MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.")
    decoded = number_in(value)
    if decoded is None:
        raise S3Fault("InvalidArgument", "x-amz-decoded-content-length must be a number of bytes.")
    return decoded


def _check_length(asked: Asked) -> None:
    """Refuse to write an object of which nobody says where it ends; what has a small document may come without."""
    writes = asked.method == "PUT" and bool(asked.key) and "HTTP_X_AMZ_COPY_SOURCE" not in asked.environ
    if writes and asked.declared is None and not asked.has_body and _WITH_DOCUMENT.isdisjoint(asked.parameters):
        raise S3Fault("MissingContentLength", "You must provide the Content-Length HTTP header.")


def _checksum(environ: Mapping[str, Any]) -> Checksum | None:
    found = {
        name.removeprefix(_VARIABLE).lower(): str(value).strip()
        for name, value in environ.items()
        if name.startswith(_VARIABLE)
    }
    return read_checksum(found)


def _trailer(asked: Asked, streaming: str) -> str:
    name = (asked.header("x-amz-trailer") or "").lower()
    if not name:
        return ""
    if not streaming.endswith("-TRAILER"):
        raise S3Fault("InvalidRequest", "x-amz-trailer is for bodies that are sent as STREAMING-…-TRAILER.")
    if not name.startswith(START) or "," in name:
        raise S3Fault("InvalidRequest", "The value specified in the x-amz-trailer header is not supported.")
    algorithm_called(name.removeprefix(START))
    return name


def _check_named(named: str, said: Announced) -> None:
    if not said.trailer and not said.checksum:
        raise S3Fault(
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers "
            "were found.",
        )
    if algorithm_called(named) != said.algorithm:
        raise S3Fault("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")


def _md5(asked: Asked) -> bytes | None:
    value = asked.header("Content-MD5")
    if value is None:
        return None
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise S3Fault("InvalidDigest", "The Content-MD5 you specified is not an MD5 in base64.")
    return digest
