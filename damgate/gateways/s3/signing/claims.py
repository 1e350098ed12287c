"""What a request says of its own signature of version 4: in the Authorization header, or in its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.signing.canonical import SignedHeaders, signed_headers
from damgate.gateways.s3.signing.credential import Credential, read_credential
from damgate.gateways.s3.signing.moments import WEEK, WINDOW, moment_of, stamp_of
from damgate.gateways.s3.signing.signed import UNSIGNED

ALGORITHM = "AWS4-HMAC-SHA256"
ASYMMETRIC = "AWS4-ECDSA-P256-SHA256"
IN_HEADER = "AuthorizationHeaderMalformed"
IN_QUERY = "AuthorizationQueryParametersError"
PARAMETERS = frozenset({"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"})  # by which an address is signed
STREAMED = frozenset(
    {
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    }
)

_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_SECONDS = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_PARTS = frozenset({"Credential", "SignedHeaders", "Signature"})
_NEEDED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders")


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature of version 4, with everything that it stands on beside the request."""

    credential: Credential
    headers: SignedHeaders
    signature: str
    stamp: str
    at: float  # the instant of the stamp, in seconds since 1970, UTC
    payload: str  # see `Signed`
    expires: int | None = None  # seconds after the stamp; None: signed for now alone, in a header

    def check_time(self, now: float) -> None:
        """Raise S3Fault unless the request was signed for now."""
        if self.expires is None:
            if abs(now - self.at) > WINDOW:
                raise S3Fault(
                    "RequestTimeTooSkewed",
                    "The clock of the client and that of damgate differ by more than 15 minutes.",
                    RequestTime=self.stamp,
                )
        elif self.at - now > WINDOW:
            raise S3Fault("AccessDenied", "Request is not yet valid.")
        elif self.expires <= 0 or now >= self.at + self.expires:
            raise S3Fault("AccessDenied", "Request has expired.")


def in_header(asked: Asked, written: str) -> Claim:
    """Read the Authorization header; raises S3Fault where it is none of version 4."""
    algorithm, _, rest = written.strip().partition(" ")
    _check_algorithm(algorithm, written)
    parts: dict[str, str] = {}
    for piece in rest.split(","):
        name, _, value = piece.strip().partition("=")
        if name not in _PARTS or name in parts or not value:
            raise S3Fault(IN_HEADER, "The Authorization header is not Credential=…, SignedHeaders=…, Signature=….")
        parts[name] = value
    if parts.keys() != _PARTS:
        raise S3Fault(IN_HEADER, "The Authorization header lacks Credential, SignedHeaders or Signature.")
    credential = read_credential(parts["Credential"], IN_HEADER)
    stamp = asked.header("x-amz-date") or stamp_of(asked.header("Date") or "")
    at = moment_of(stamp)
    if at is None:
        raise S3Fault("AccessDenied", "A signed request needs a valid x-amz-date or Date header.")
    _check_date(credential, stamp, IN_HEADER)
    payload = payload_in(asked.environ)
    if payload is None:
        raise S3Fault("InvalidRequest", "Missing required header for this request: x-amz-content-sha256.")
    return Claim(credential, _headers(parts["SignedHeaders"], IN_HEADER), parts["Signature"], stamp, at, payload)


def in_query(asked: Asked, pairs: Mapping[str, str]) -> Claim:
    """Read the parameters of a presigned address (values encoded); raises S3Fault where one is missing or wrong."""
    given = {
        name: unquote_to_bytes(value).decode("latin-1") if "%" in value else value
        for name, value in pairs.items()
        if name.startswith("X-Amz-")
    }
    signature = given.get("X-Amz-Signature")
    if not signature or any(not given.get(name) for name in _NEEDED):
        raise S3Fault(IN_QUERY, f"A presigned address needs {', '.join(_NEEDED)} and X-Amz-Signature.")
    algorithm, written, stamp, expires, headers = (given[name] for name in _NEEDED)
    if algorithm == ASYMMETRIC:
        raise S3Fault("NotImplemented", f"damgate does not verify {ASYMMETRIC}.")
    if algorithm != ALGORITHM:
        raise S3Fault(IN_QUERY, f"X-Amz-Algorithm only supports {ALGORITHM}.")
    credential = read_credential(written, IN_QUERY)
    at = moment_of(stamp)
    if at is None:
        raise S3Fault(IN_QUERY, "X-Amz-Date must be written as YYYYMMDDTHHMMSSZ.")
    _check_date(credential, stamp, IN_QUERY)
    if not _SECONDS.fullmatch(expires) or int(expires) > WEEK:
        raise S3Fault(IN_QUERY, f"X-Amz-Expires must be a number of seconds from 1 to {WEEK}, a week.")
    payload = payload_in(asked.environ) or check_payload(given.get("X-Amz-Content-Sha256") or UNSIGNED)
    return Claim(credential, _headers(headers, IN_QUERY), signature, stamp, at, payload, int(expires))


def payload_in(environ: Mapping[str, Any]) -> str | None:
    """Return what x-amz-content-sha256 says of the body, None where it was not sent; raises S3Fault."""
    value = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    return None if value is None else check_payload(str(value).strip())


def check_payload(value: str) -> str:
    """Return a way to send a body that can be verified, else raise S3Fault."""
    if value == UNSIGNED or value in STREAMED or _HEX.fullmatch(value):
        return value
    if value.startswith("STREAMING-"):
        raise S3Fault("NotImplemented", f"damgate does not verify bodies that are sent as {value[:80]}.")
    raise S3Fault(
        "InvalidArgument", f"x-amz-content-sha256 must be {UNSIGNED}, a STREAMING-… mode, or a SHA-256 in hex."
    )


def _check_algorithm(algorithm: str, written: str) -> None:
    if algorithm == ALGORITHM:
        return
    if algorithm == ASYMMETRIC:
        raise S3Fault("NotImplemented", f"damgate does not verify {ASYMMETRIC}.")
    if written.startswith("AWS "):
        raise S3Fault("InvalidRequest", f"Signatures of version 2 are not taken in headers. Please use {ALGORITHM}.")
    raise S3Fault("InvalidArgument", f"Unsupported Authorization Type; this door takes {ALGORITHM}.")


def _check_date(credential: Credential, stamp: str, code: str) -> None:
    if not stamp.startswith(credential.date):
        raise S3Fault(code, f"The credential is of the day {credential.date}, the request of {stamp[:8]}.")


def _headers(written: str, code: str) -> SignedHeaders:
    headers = signed_headers(written)
    if headers is None:
        raise S3Fault(code, "SignedHeaders must be names in lower case, with semicolons between them.")
    return headers
