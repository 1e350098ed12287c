"""What a request at the S3 door is about: bucket, key and parameters, out of its target and its host."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from damgate.core.errors import BadName, BadRequest
from damgate.core.objects import LONGEST_KEY, check_key
from damgate.gateways.s3.faults import S3Fault

_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r":[0-9]*$")


@dataclass(frozen=True, slots=True)
class Address:
    """A decoded target. `bucket` is "" for the whole of S3, `key` for the bucket itself; `query` is as it was sent."""

    bucket: str
    key: str
    query: str
    parameters: Mapping[str, str]  # the first of each name; "" where no value was sent


def read_address(raw: str, host: str, domain: str) -> Address:
    """Read a request target in origin form and its Host (both latin-1, as WSGI hands them over).

    A host below `domain` names the bucket itself; under any other name the bucket is what the path begins with. Keys
    are decoded once and left as they are: empty names and a plus are parts of them as any other.
    """
    path, _, query = raw.partition("?")
    if not path.startswith("/") or "#" in raw:
        raise BadRequest("The address must begin with a slash, and hold no “#”.")
    bucket = _bucket_of(host, domain)
    named, slash, rest = (bucket, "", path[1:]) if bucket else path[1:].partition("/")
    if slash and not named:
        raise S3Fault("InvalidBucketName", "The address names no bucket before its key.")
    key = _decoded(rest, "key")
    if len(key.encode()) > LONGEST_KEY:
        raise S3Fault("KeyTooLongError", f"A key can be {LONGEST_KEY} bytes long at most.")
    return Address(_decoded(named, "bucket"), check_key(key) if key else "", query, _parameters(query))


def _bucket_of(host: str, domain: str) -> str:
    """Return the bucket that a host names; "" where the path does."""
    name = _PORT.sub("", host.strip()).rstrip(".").lower()
    below = "." + domain.strip(".").lower()
    return name.removesuffix(below) if domain and name.endswith(below) else ""


def _decoded(written: str, what: str) -> str:
    if _BROKEN_PERCENT.search(written):
        raise BadRequest(f"The {what} holds a “%” that encodes nothing.")
    try:
        return unquote_to_bytes(written.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise BadName(f"The {what} is not UTF-8.") from None


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.replace("+", " ").partition("=")
        if name:
            found.setdefault(_decoded(name, "query"), _decoded(value, "query"))
    return found
