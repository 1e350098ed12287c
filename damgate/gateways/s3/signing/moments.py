"""Instants as signatures write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from damgate.gateways.stamps import parse_http_date

WINDOW = 15 * 60  # seconds by which a client's clock may be wrong
WEEK = 7 * 24 * 3600

_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z", re.ASCII)


def moment_of(stamp: str) -> float | None:
    """Return the seconds since 1970 of `20130524T000000Z`, None where it is no such instant."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return None
    try:
        year, month, day, hour, minute, second = map(int, match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def stamp_of(date: str) -> str:
    """Write the value of a Date header as a stamp; "" where it is no date."""
    at = parse_http_date(date)
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
