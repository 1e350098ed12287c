"""The policy of a form: what its signer lets others send with it, and until when."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from damgate.core.errors import Refused
from damgate.core.objects import LARGEST_PUT
from damgate.gateways.s3.faults import S3Fault
from damgate.gateways.s3.numbers import number_in

_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_UNNAMED = frozenset({"policy", "signature", "awsaccesskeyid", "x-amz-signature"})  # what a policy cannot speak of
_UNNAMED_STARTS = ("x-ignore-", "x-amz-checksum-")


@dataclass(frozen=True, slots=True)
class Condition:
    """What one field must be, or begin with."""

    field: str  # in lower case
    value: str
    whole: bool

    def holds(self, fields: Mapping[str, str]) -> bool:
        """Compare with the fields of a form; each of several content types must begin so."""
        value = fields.get(self.field)
        if value is None:
            return False
        if self.whole:
            return value == self.value
        several = value.split(",") if self.field == "content-type" else [value]
        return all(one.startswith(self.value) for one in several)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that was read, but not compared with anything yet."""

    until: float  # seconds since 1970, UTC
    conditions: tuple[Condition, ...] = ()
    least: int = 0  # bytes of the file
    most: int = LARGEST_PUT

    def check(self, fields: Mapping[str, str], now: float) -> None:
        """Raise Refused unless it lets all fields of a form, by names in lower case, be sent at `now`."""
        if now >= self.until:
            raise Refused("The policy of this form has expired.")
        for condition in self.conditions:
            if not condition.holds(fields):
                raise Refused(f"The policy of this form does not allow what it says as “{condition.field}”.")
        named = {condition.field for condition in self.conditions}
        for field in fields:
            if field not in named | _UNNAMED and not field.startswith(_UNNAMED_STARTS):
                raise Refused(f"The policy of this form does not name its field “{field}”.")


def parse_policy(encoded: str) -> Policy:
    """Read the field `policy` of a form; raises S3Fault InvalidPolicyDocument."""
    try:
        document = json.loads(base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _wrong("it is no JSON in base64") from None
    if not isinstance(document, dict) or not isinstance(document.get("conditions"), list):
        raise _wrong("it has no “conditions”")
    least, most, conditions = 0, LARGEST_PUT, []
    for item in document["conditions"]:
        if isinstance(item, list) and item and str(item[0]).lower() == "content-length-range":
            low, high = _range(item)
            least, most = max(least, low), min(most, high)
        else:
            conditions += _conditions(item)
    return Policy(_expiration(document.get("expiration")), tuple(conditions), least, most)


def _expiration(value: Any) -> float:
    if not isinstance(value, str) or not _EXPIRATION.fullmatch(value):
        raise _wrong("its “expiration” is no time such as 2026-11-23T21:39:00Z")
    try:
        return datetime.fromisoformat(value).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise _wrong("its “expiration” is no time") from None


def _conditions(item: Any) -> list[Condition]:
    if isinstance(item, dict) and item and all(isinstance(value, str) for value in item.values()):
        return [Condition(field.lower(), value, whole=True) for field, value in item.items()]
    if isinstance(item, list) and len(item) == 3 and all(isinstance(value, str) for value in item):
        operator, field, value = item
        if operator.lower() in {"eq", "starts-with"} and field.startswith("$"):
            return [Condition(field[1:].lower(), value, whole=operator.lower() == "eq")]
    raise _wrong("one of its conditions is none that S3 knows")


def _range(item: list[Any]) -> tuple[int, int]:
    numbers = item[1:]
    if len(numbers) != 2 or not all(_counts(one) for one in numbers):
        raise _wrong("“content-length-range” takes two numbers of bytes")
    return int(numbers[0]), int(numbers[1])


def _counts(value: Any) -> bool:
    if isinstance(value, str):
        return number_in(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _wrong(why: str) -> S3Fault:
    return S3Fault("InvalidPolicyDocument", f"The policy of this form cannot be read: {why}.")
