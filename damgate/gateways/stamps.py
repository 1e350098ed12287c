"""Dates and entity tags as they stand in headers and properties."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_TAGS = re.compile(r'[ \t]*(?:(W/)?"([^"\x00-\x1f\x7f]*)"|([^\s",]+))[ \t]*(?:,|$)')
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EARLIEST, _LATEST = 0, 253_402_300_799  # 1970 to 9999: what every client can read


@lru_cache(maxsize=4096)
def _day(days: int) -> tuple[str, str]:
    at = time.gmtime(days * 86400)
    spoken = f"{_WEEKDAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year:04}"
    return spoken, f"{at.tm_year:04}-{at.tm_mon:02}-{at.tm_mday:02}"


@lru_cache(maxsize=16384)
def http_date(at: int) -> str:
    """Write seconds since 1970 as `Mon, 23 Nov 2026 21:39:00 GMT`."""
    days, rest = divmod(min(max(at, _EARLIEST), _LATEST), 86400)
    return f"{_day(days)[0]} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02} GMT"


@lru_cache(maxsize=16384)
def iso_date(at: int) -> str:
    """Write seconds since 1970 as `2026-11-23T21:39:00Z`."""
    days, rest = divmod(min(max(at, _EARLIEST), _LATEST), 86400)
    return f"{_day(days)[1]}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def parse_http_date(value: str) -> int | None:
    """Read any of the three HTTP date forms; None where it is none, so that its condition is ignored."""
    if not value:
        return None
    try:
        at = parsedate_to_datetime(value)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).timestamp())
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def now() -> str:
    """Return the present moment as a header writes it."""
    return http_date(int(datetime.now(UTC).timestamp()))


def parse_etags(value: str, *, weak: bool) -> tuple[str, ...]:
    """Read the value of If-Match (`weak` False: weak tags can never match) or If-None-Match; ("*",) means any."""
    if value.strip() == "*":
        return ("*",)
    found = []
    position = 0
    while match := _TAGS.match(value, position):
        mark, quoted, bare = match.groups()
        if weak or not mark:
            found.append(quoted if bare is None else bare)
        position = match.end()
        if position >= len(value):
            break
    return tuple(tag for tag in found if tag != "*")
