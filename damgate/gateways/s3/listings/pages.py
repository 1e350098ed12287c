"""Which page of a list is asked for, and how its keys are spelled."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import number_in
from damgate.gateways.s3.xml import element, url_encoded

MOST = 1000  # what one page of any list holds

_LARGEST = 2**31 - 1
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")

Spelling = Callable[[str], str]


def number(asked: Asked, name: str, default: int) -> int:
    """Return a parameter that counts something; "" is as good as none."""
    value = asked.parameter(name)
    if not value:
        return default
    found = number_in(value)
    if found is None or found > _LARGEST:
        raise S3Fault("InvalidArgument", f"“{name}” must be a number from 0 to {_LARGEST}.", ArgumentName=name)
    return found


def limit(asked: Asked, name: str = "max-keys") -> int:
    """Return how much a page may hold: never more than 1000."""
    return min(number(asked, name, MOST), MOST)


def spelling(asked: Asked) -> tuple[Spelling, str]:
    """Return how keys are to be spelled, and the element that says so."""
    kind = asked.parameter("encoding-type")
    if not kind:
        return str, ""
    if kind.lower() != "url":
        raise S3Fault("InvalidArgument", "“encoding-type” can be “url” alone.", ArgumentName="encoding-type")
    return url_encoded, element("EncodingType", "url")


def refuse_unordered(asked: Asked) -> None:
    """Refuse a list that is in no order: damgate has none."""
    if (asked.parameter("allow-unordered") or "").lower() == "true":
        raise S3Fault("InvalidArgument", "damgate lists in order alone.", ArgumentName="allow-unordered")


def common_prefixes(prefixes: tuple[str, ...], spelled: Spelling) -> str:
    """Write what a delimiter rolled up."""
    return "".join(f"<CommonPrefixes>{element('Prefix', spelled(one))}</CommonPrefixes>" for one in prefixes)


def token(position: str) -> str:
    """Return a continuation token: where to go on, for the client to hand back and not to read."""
    return urlsafe_b64encode(position.encode()).decode().rstrip("=")


def position_of(value: str) -> str:
    """Return where a continuation token goes on; raises S3Fault for what never was one."""
    try:
        if not _TOKEN.fullmatch(value):
            raise ValueError
        return urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        raise S3Fault(
            "InvalidArgument",
            "The continuation token is none that damgate gave out.",
            ArgumentName="continuation-token",
        ) from None
