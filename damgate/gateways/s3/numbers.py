"""Numbers as requests write them."""

from __future__ import annotations

import re

from damgate.core.objects import MOST_PARTS
from damgate.gateways.s3.asked import Asked
from damgate.gateways.s3.faults import S3Fault

_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


def number_in(text: str) -> int | None:
    """Return what is written in digits alone, None for everything else."""
    return int(text) if _DIGITS.fullmatch(text) else None


def part_number(asked: Asked) -> int:
    """Return which part a request is about; raises S3Fault where there can be none of that number."""
    value = asked.parameter("partNumber") or ""
    number = number_in(value)
    if number is None or not 1 <= number <= MOST_PARTS:
        raise S3Fault(
            "InvalidArgument",
            f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=value,
        )
    return number
